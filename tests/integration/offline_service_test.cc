// Recordings and streams on one server with an offline and a streaming model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/service_harness.h"
#include "tests/support/window_gate.h"

namespace oido::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

v1::RecognizeRequest Recording(const std::string& audio,
                               const std::string& model) {
  v1::RecognizeRequest request;
  *request.mutable_config() = ConfigRequest().streaming_config().config();
  request.mutable_config()->set_model(model);
  request.set_audio_content(audio);
  return request;
}

// A unary call on a thread of its own.
class Call {
 public:
  Call(v1::SpeechRecognizer::Stub* stub, const std::string& audio,
       const std::string& model = "")
      : request_(Recording(audio, model)), thread_([this, stub] {
          status_ = stub->Recognize(&context_, request_, &response_);
          done_ = true;
        }) {}
  ~Call() {
    if (thread_.joinable()) thread_.join();
  }

  void Cancel() { context_.TryCancel(); }
  bool done() const { return done_; }
  grpc::Status Status() {
    if (thread_.joinable()) thread_.join();
    return status_;
  }
  // Everything in the results, to the last digit.
  std::string Results() {
    EXPECT_TRUE(Status().ok()) << status_.error_message();
    std::string text;
    for (const auto& result : response_.results())
      text += result.SerializeAsString();
    return text;
  }

 private:
  grpc::ClientContext context_;
  const v1::RecognizeRequest request_;
  v1::RecognizeResponse response_;
  grpc::Status status_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

class OfflineServiceTest : public testing::Test {
 protected:
  OfflineServiceTest() {
    server::ServerOptions options;
    options.max_offline_recordings = 2;
    server::Engines engines;
    engines.window_runner = gate_.Factory();
    server_ = std::make_unique<TestServer>(options, MixedModels(), engines);
    stub_ = server_->NewStub();
  }
  ~OfflineServiceTest() override { gate_.Open(); }

  grpc::Status Stream(const std::string& model, std::string* finals) {
    ClientStream stream(stub_.get());
    v1::StreamingRecognizeRequest config = ConfigRequest();
    config.mutable_streaming_config()->mutable_config()->set_model(model);
    stream.Send(config);
    stream.SendPieces(audio_, 6400);
    stream.HalfClose();
    const grpc::Status status = stream.Finish();
    *finals = stream.Finals();
    return status;
  }

  const std::string audio_ = MakeAudio(1, 3000);
  WindowGate gate_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::SpeechRecognizer::Stub> stub_;
};

TEST_F(OfflineServiceTest, RecordingsGoToTheOfflineModelUnlessAnotherIsNamed) {
  std::string streamed;
  ASSERT_TRUE(Stream("", &streamed).ok());
  const std::string by_default = Call(stub_.get(), audio_).Results();
  EXPECT_FALSE(by_default.empty());
  EXPECT_EQ(Call(stub_.get(), audio_, "whole").Results(), by_default);
  EXPECT_EQ(gate_.windows(), 2);
  EXPECT_EQ(Call(stub_.get(), audio_, "babble").Results(), streamed);
  EXPECT_NE(by_default, streamed);
  EXPECT_EQ(gate_.windows(), 2);
}

TEST_F(OfflineServiceTest, StreamOnTheOfflineModelIsRefusedWithAReason) {
  std::string finals;
  const grpc::Status status = Stream("whole", &finals);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(),
              AllOf(HasSubstr("streaming_config.config.model: \"whole\""),
                    HasSubstr("whole recording"), HasSubstr("\"babble\"")));
  EXPECT_THAT(status.error_details(),
              HasSubstr("streaming_config.config.model"));
}

TEST_F(OfflineServiceTest, ListModelsTellsThemApart) {
  v1::ListModelsResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->ListModels(&context, {}, &response).ok());
  ASSERT_EQ(response.models_size(), 2);
  EXPECT_EQ(response.models(0).name(), "whole");
  EXPECT_TRUE(response.models(0).offline());
  EXPECT_TRUE(response.models(0).is_default());
  EXPECT_EQ(response.models(1).name(), "babble");
  EXPECT_FALSE(response.models(1).offline());
  EXPECT_TRUE(response.models(1).is_default());
}

TEST_F(OfflineServiceTest, RecordingsAtOnceSayWhatEachSaysAlone) {
  const std::string other = MakeAudio(2, 40000);
  const std::string alone = Call(stub_.get(), audio_).Results();
  const std::string other_alone = Call(stub_.get(), other).Results();
  Call first(stub_.get(), audio_);
  Call second(stub_.get(), other);
  EXPECT_EQ(first.Results(), alone);
  EXPECT_EQ(second.Results(), other_alone);
}

TEST_F(OfflineServiceTest, OneTooManyIsRefusedNamingTheLimit) {
  gate_.Close();
  Call running(stub_.get(), audio_);
  gate_.WaitForWindows(1);
  // One of these waits for the only worker, whichever comes first.
  Call one(stub_.get(), audio_);
  Call other(stub_.get(), audio_);
  while (!one.done() && !other.done()) std::this_thread::yield();
  const grpc::Status refused = one.done() ? one.Status() : other.Status();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(
      refused.error_message(),
      HasSubstr("max_offline_recordings: 2 recordings are in hand, limit 2"));
  EXPECT_THAT(refused.error_details(), HasSubstr("google.rpc.RetryInfo"));
  // The streaming model is not concerned.
  EXPECT_TRUE(Call(stub_.get(), audio_, "babble").Status().ok());
  gate_.Open();
  EXPECT_TRUE(running.Status().ok());
  EXPECT_NE(one.Status().ok(), other.Status().ok());
  EXPECT_TRUE(Call(stub_.get(), audio_).Status().ok());
}

TEST_F(OfflineServiceTest, StreamsGoOnWhileTheOfflineWorkerIsBusy) {
  std::string before;
  ASSERT_TRUE(Stream("", &before).ok());
  gate_.Close();
  Call recording(stub_.get(), audio_);
  gate_.WaitForWindows(1);
  std::string meanwhile;
  EXPECT_TRUE(Stream("", &meanwhile).ok());
  EXPECT_EQ(meanwhile, before);
  gate_.Open();
  EXPECT_TRUE(recording.Status().ok());
}

TEST_F(OfflineServiceTest, CancelledRecordingMakesRoomForTheNext) {
  gate_.Close();
  Call running(stub_.get(), MakeAudio(4, 60000));
  gate_.WaitForWindows(1);
  Call waiting(stub_.get(), MakeAudio(5, 60000));
  while (server_->server().registry().size() < 2) std::this_thread::yield();
  running.Cancel();
  waiting.Cancel();
  EXPECT_EQ(running.Status().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(waiting.Status().error_code(), grpc::StatusCode::CANCELLED);
  while (server_->server().registry().size() > 0) std::this_thread::yield();
  Call next(stub_.get(), audio_);
  Call after(stub_.get(), audio_);
  gate_.Open();
  EXPECT_EQ(next.Results(), after.Results());
  // Neither of the cancelled ones got a further window.
  EXPECT_EQ(gate_.windows(), 3);
}

TEST_F(OfflineServiceTest, DrainWaitsForARecordingInHand) {
  const std::string alone = Call(stub_.get(), audio_).Results();
  gate_.Close();
  Call recording(stub_.get(), audio_);
  gate_.WaitForWindows(2);
  std::thread drain([&] { server_->server().Drain(absl::Minutes(5)); });
  while (CheckHealth(server_->address()) != "\x08\x02") {
  }
  gate_.Open();
  EXPECT_EQ(recording.Results(), alone);
  drain.join();
}

TEST_F(OfflineServiceTest, StopInTheMiddleOfARecordingEndsIt) {
  gate_.Close();
  Call recording(stub_.get(), MakeAudio(6, 60000));
  gate_.WaitForWindows(1);
  std::thread opener([&] {
    EXPECT_FALSE(recording.Status().ok());
    gate_.Open();
  });
  server_.reset();
  opener.join();
  EXPECT_EQ(gate_.windows(), 1);
}

}  // namespace
}  // namespace oido::test
