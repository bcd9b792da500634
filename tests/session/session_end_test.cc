// How a session ends when the client goes or the model fails, at every phase.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "tests/support/session_fixture.h"

namespace oido::test {
namespace {

using server::Session;
using testing::HasSubstr;
using testing::IsEmpty;

class SessionEndTest : public SessionFixture {};

TEST_F(SessionEndTest, ModelErrorEndsTheStreamsOfTheBatchAndNoOthers) {
  const Stream first = Open();
  const Stream second = Open();
  first.session->PushAudio(MakeAudio(28, 300));
  second.session->PushAudio(MakeAudio(28, 300));
  queue_.set_hook(
      [](const auto&) { return absl::UnknownError("onednn says no"); });
  queue_.RunTurn();
  queue_.set_hook(nullptr);
  for (const Stream& stream : {first, second}) {
    const absl::Status status = stream.transport->WaitForEnd();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(status.message()), HasSubstr("onednn says no"));
  }
  EXPECT_THAT(Recognize(MakeAudio(28, 2000)), testing::Not(IsEmpty()));
}

TEST_F(SessionEndTest, ExceptionOfALibraryEndsTheStreamOnly) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(28, 300));
  queue_.set_hook([](const auto&) -> absl::Status {
    throw std::runtime_error("out of memory");
  });
  queue_.RunTurn();
  queue_.set_hook(nullptr);
  EXPECT_EQ(stream.transport->WaitForEnd().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Recognize(MakeAudio(28, 2000)), testing::Not(IsEmpty()));
}

// Throws once, at the call that it is told to.
class ThrowingClock final : public server::Clock {
 public:
  absl::Duration Now() const override {
    if (calls_ > 0 && --calls_ == 0) throw std::runtime_error("no memory");
    return absl::Seconds(1000);
  }
  void ThrowAtCall(int calls) { calls_ = calls; }

 private:
  mutable int calls_ = 0;
};

// A session asks for the time where it may as well run out of memory.
TEST(WorkerExceptionTest, EndsTheStreamWhereverItIsThrown) {
  ThrowingClock clock;
  ManualQueue queue(&clock);
  const auto expect_failed = [&](const Stream& stream) {
    queue.RunTurn();
    queue.set_hook(nullptr);
    const absl::Status status = stream.transport->WaitForEnd();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(status.message()), HasSubstr("no memory"));
  };
  const Stream preparing = OpenStream(&queue, &clock);
  preparing.session->PushAudio(MakeAudio(28, 300));
  clock.ThrowAtCall(2);  // the first one begins the turn
  expect_failed(preparing);

  const Stream finishing = OpenStream(&queue, &clock);
  finishing.session->PushAudio(MakeAudio(28, 300));
  queue.set_hook([&](const auto& step) {
    clock.ThrowAtCall(2);  // the first one measures the step
    return step();
  });
  expect_failed(finishing);

  const Stream unharmed = OpenStream(&queue, &clock);
  unharmed.session->PushAudio(MakeAudio(28, 300));
  unharmed.session->HalfClose();
  queue.RunUntilIdle();
  EXPECT_TRUE(unharmed.transport->WaitForEnd().ok());
}

TEST_F(SessionEndTest, CancelBeforeTheConfiguration) {
  const Stream stream = OpenUnconfigured(&queue_, &clock_);
  stream.session->Cancel();
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(SessionEndTest, CancelWhileWaitingFreesTheRecognizerAtOnce) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(29, 300));
  queue_.RunUntilIdle();
  stream.session->Cancel();
  EXPECT_LE(stream.session->size_bytes(), sizeof(Session));
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(SessionEndTest, CancelWhileQueuedLeavesBeforeTheBatch) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(29, 300));
  ASSERT_EQ(queue_.size(), 1u);
  stream.session->Cancel();
  EXPECT_LE(stream.session->size_bytes(), sizeof(Session));
  int steps = 0;
  queue_.set_hook([&](const auto& step) { return ++steps, step(); });
  queue_.RunUntilIdle();
  EXPECT_EQ(steps, 0);
}

TEST_F(SessionEndTest, CancelInsideTheModelStepFreesWhenGivenBack) {
  const Stream stream = Open();
  const Stream neighbour = Open();
  const std::string audio = MakeAudio(29, 2000);
  stream.session->PushAudio(audio);
  neighbour.session->PushAudio(audio);
  queue_.set_hook([&](const auto& step) {
    stream.session->Cancel();
    return step();
  });
  queue_.RunTurn();
  queue_.set_hook(nullptr);
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
  EXPECT_LE(stream.session->size_bytes(), sizeof(Session));
  EXPECT_TRUE(Finish(neighbour).ok());
  EXPECT_EQ(Describe(neighbour.transport->updates()),
            Joined(Recognize(audio), {}, 0));
}

TEST_F(SessionEndTest, CancelAfterHalfClose) {
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(29, 300));
  stream.session->HalfClose();
  queue_.RunTurn();
  stream.session->Cancel();
  queue_.RunUntilIdle();
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(SessionEndTest, CancelWhileResultsWaitToBeRead) {
  StreamOptions options;
  options.reading = RecordingTransport::Reading::kNo;
  const Stream stream = Open(options);
  stream.session->PushAudio(MakeAudio(29, 3000));
  stream.session->HalfClose();
  queue_.RunUntilIdle();
  stream.session->Cancel();
  stream.transport->StartReading();
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
  EXPECT_THAT(stream.transport->updates(), IsEmpty());
}

TEST_F(SessionEndTest, NothingComesAfterTheEnd) {
  const Stream stream = Open();
  EXPECT_TRUE(Finish(stream).ok());
  stream.session->PushAudio(MakeAudio(29, 300));
  stream.session->PushFinalize();
  stream.session->HalfClose();
  stream.session->Fail(absl::InternalError("late"));
  stream.session->Cancel();
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_FALSE(stream.session->WantsInput());
  EXPECT_FALSE(stream.session->TakeEnd().has_value());
}

}  // namespace
}  // namespace oido::test
