// A thousand open streams of the shipped model fit into 64 KiB each.
#include <gtest/gtest.h>

#include <iostream>

#include "server/server.h"
#include "tests/support/service_harness.h"
#include "tests/support/stream_memory.h"

namespace oido::test {
namespace {

// 64 KiB together. gRPC's part is the same whatever the model is.
constexpr size_t kSessionLimit = 36 << 10;
constexpr size_t kRestLimit = 28 << 10;

// Sanitizers keep shadow memory and what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPlainMemory = false;
#else
constexpr bool kPlainMemory = true;
#endif

// First, because it must fork before gRPC runs.
TEST(StreamMemoryTest, AThousandIdleStreamsBesideTheirSessions) {
  if (!kPlainMemory) GTEST_SKIP() << "resident memory is the sanitizer's";
  StreamMemoryPlan plan;
  plan.streams_per_channel = 100;
  const StreamMemory memory = MeasureStreams(BabblingModels(), plan);
  const auto streams = static_cast<size_t>(plan.streams);
  std::cout << memory.resident / streams << " bytes a stream, "
            << memory.sessions / streams << " of them the session's\n";
  EXPECT_LE((memory.resident - memory.sessions) / streams, kRestLimit);
  EXPECT_GE(memory.resident, memory.sessions);
}

TEST(StreamMemoryTest, AnIdleSessionOfTheShippedModel) {
  const auto models = server::ModelSet::Load({"models/oido-en"});
  ASSERT_TRUE(models.ok()) << models.status();
  TestServer server({}, *models, {});
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  stream.SendPieces(MakeAudio(1, 1000), 3200);
  ASSERT_TRUE(stream.Sync());
  const size_t bytes = server.server().registry().size_bytes();
  std::cout << bytes << " bytes\n";
  EXPECT_LE(bytes, kSessionLimit);
}

}  // namespace
}  // namespace oido::test
