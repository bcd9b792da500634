// Tests of server/session_registry.
#include "server/session_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "server/errors.h"
#include "tests/support/manual_queue.h"
#include "tests/support/session_harness.h"

namespace oido::server {
namespace {

class SessionRegistryTest : public testing::Test {
 protected:
  test::Stream Open() { return test::OpenStream(&queue_, &clock_); }

  test::FakeClock clock_;
  test::ManualQueue queue_{&clock_};
  SessionRegistry registry_{
      {.max_streams = 2, .idle_timeout = absl::Seconds(60)}, &clock_};
};

TEST_F(SessionRegistryTest, OneTooManyIsRefusedUntilAPlaceIsFree) {
  const test::Stream first = Open();
  const test::Stream second = Open();
  const test::Stream third = Open();
  EXPECT_TRUE(registry_.Add(first.session).ok());
  EXPECT_TRUE(registry_.Add(second.session).ok());
  const absl::Status full = registry_.Add(third.session);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.message()), testing::HasSubstr("limit 2"));
  EXPECT_TRUE(full.GetPayload(kRetryPayload).has_value());
  registry_.Remove(first.session.get());
  EXPECT_TRUE(registry_.Add(third.session).ok());
  EXPECT_EQ(registry_.size(), 2u);
}

TEST_F(SessionRegistryTest, RemovingTwiceOrUnknownIsHarmless) {
  const test::Stream stream = Open();
  registry_.Remove(stream.session.get());
  EXPECT_TRUE(registry_.Add(stream.session).ok());
  registry_.Remove(stream.session.get());
  registry_.Remove(stream.session.get());
  EXPECT_EQ(registry_.size(), 0u);
}

TEST_F(SessionRegistryTest, DrainRefusesNewAndWaitsForTheOld) {
  const test::Stream stream = Open();
  EXPECT_TRUE(registry_.Add(stream.session).ok());
  registry_.BeginDrain();
  EXPECT_EQ(registry_.Add(Open().session).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_FALSE(registry_.WaitUntilEmpty(absl::ZeroDuration()));
  std::thread closer([&] { registry_.Remove(stream.session.get()); });
  EXPECT_TRUE(registry_.WaitUntilEmpty(absl::Minutes(5)));
  closer.join();
}

TEST_F(SessionRegistryTest, ExpireAllEndsTheInputOfEveryStream) {
  const test::Stream stream = Open();
  EXPECT_TRUE(registry_.Add(stream.session).ok());
  stream.session->PushAudio(test::MakeAudio(1, 500));
  registry_.ExpireAll(absl::UnavailableError("going"));
  queue_.RunUntilIdle();
  EXPECT_EQ(stream.transport->WaitForEnd(), absl::UnavailableError("going"));
  EXPECT_FALSE(stream.transport->updates().empty());
}

TEST_F(SessionRegistryTest, SweepSaysWhenTheNextIsDue) {
  EXPECT_EQ(registry_.Sweep(), absl::InfiniteDuration());
  const absl::Duration begin = clock_.Now();
  const test::Stream stream = Open();
  EXPECT_TRUE(registry_.Add(stream.session).ok());
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(registry_.Sweep(), begin + absl::Seconds(60));
  clock_.Advance(absl::Seconds(50));
  registry_.Sweep();
  queue_.RunUntilIdle();
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_F(SessionRegistryTest, TheSweeperStopsWhenTold) {
  const test::Stream stream = Open();
  std::thread sweeper([&] { registry_.SweepUntilStopped(); });
  EXPECT_TRUE(registry_.Add(stream.session).ok());
  registry_.Stop();
  sweeper.join();
}

TEST_F(SessionRegistryTest, CountsTheMemoryOfAll) {
  const test::Stream first = Open();
  EXPECT_TRUE(registry_.Add(first.session).ok());
  const size_t one = registry_.size_bytes();
  EXPECT_GT(one, sizeof(Session));
  const test::Stream second = Open();
  EXPECT_TRUE(registry_.Add(second.session).ok());
  EXPECT_EQ(registry_.size_bytes(), 2 * one);
}

}  // namespace
}  // namespace oido::server
