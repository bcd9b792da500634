// A thousand open streams of the shipped model fit into 64 KiB each.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/service_harness.h"
#include "tests/support/stream_memory.h"

namespace oido::test {
namespace {

constexpr size_t kLimit = 64 << 10;

// Sanitizers keep shadow memory and what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPlainMemory = false;
#else
constexpr bool kPlainMemory = true;
#endif

TEST(StreamMemoryTest, AThousandIdleStreams) {
  if (!kPlainMemory) GTEST_SKIP() << "resident memory is the sanitizer's";
  const auto models = server::ModelSet::Load({"models/oido-en"});
  ASSERT_TRUE(models.ok()) << models.status();
  StreamMemoryPlan plan;
  plan.streams_per_channel = 10;
  const StreamMemory memory = MeasureStreams(*models, plan);
  std::cout << memory.resident / plan.streams << " bytes a stream, "
            << memory.sessions / plan.streams << " of them the session's\n";
  EXPECT_LE(memory.resident / plan.streams, kLimit);
  // What is left is for gRPC.
  EXPECT_LE(memory.sessions / plan.streams, kLimit / 2);
  EXPECT_GE(memory.resident, memory.sessions * 9 / 10);
}

}  // namespace
}  // namespace oido::test
