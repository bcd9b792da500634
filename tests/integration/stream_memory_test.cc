// A thousand open streams of the shipped model, ten a connection, fit into 64
// KiB each, gRPC's part included.
#include "tests/support/stream_memory.h"

#include <gtest/gtest.h>

#include <iostream>

#include "server/server.h"
#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

constexpr size_t kLimit = 64 << 10;
constexpr size_t kSessionLimit = 32 << 10;  // of that

// Sanitizers keep shadow memory and what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPlainMemory = false;
#else
constexpr bool kPlainMemory = true;
#endif

// First, because it must fork before gRPC runs.
TEST(StreamMemoryTest, AThousandIdleStreamsOnAHundredConnections) {
  if (!kPlainMemory) GTEST_SKIP() << "resident memory is the sanitizer's";
  const auto models = server::ModelSet::Load({"models/oido-en"});
  ASSERT_TRUE(models.ok()) << models.status();
  StreamMemoryPlan plan;
  plan.streams_per_channel = 10;
  const StreamMemory memory = MeasureStreams(*models, plan);
  const auto streams = static_cast<size_t>(plan.streams);
  std::cout << memory.resident / streams << " bytes a stream, "
            << memory.sessions / streams << " of them the session's\n";
  EXPECT_LE(memory.resident / streams, kLimit);
  EXPECT_GT(memory.sessions / streams, 10000u);  // they are open
}

// What an idle session of the shipped model holds after a second of noise.
size_t SessionBytes(v1::DecodingConfig::Method method) {
  const auto models = server::ModelSet::Load({"models/oido-en"});
  EXPECT_TRUE(models.ok()) << models.status();
  if (!models.ok()) return 0;
  TestServer server({}, *models, {});
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  v1::StreamingRecognizeRequest config = ConfigRequest();
  config.mutable_streaming_config()
      ->mutable_config()
      ->mutable_decoding()
      ->set_method(method);
  stream.Send(config);
  stream.SendPieces(MakeAudio(1, 1000), 3200);
  EXPECT_TRUE(stream.Sync());
  const size_t bytes = server.server().registry().size_bytes();
  std::cout << bytes << " bytes\n";
  return bytes;
}

TEST(StreamMemoryTest, AnIdleSessionThatSpells) {
  EXPECT_LE(SessionBytes(v1::DecodingConfig::LETTERS), kSessionLimit);
}

TEST(StreamMemoryTest, AnIdleSessionThatSearchesWords) {
  EXPECT_LE(SessionBytes(v1::DecodingConfig::METHOD_UNSPECIFIED),
            kSessionLimit);
}

}  // namespace
}  // namespace oido::test
