// The service over real gRPC: what works, and what eight clients at once get.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ServiceTest : public testing::Test {
 protected:
  std::string Recognize(const std::string& audio, size_t piece_bytes) {
    ClientStream stream(stub_.get());
    stream.Send(ConfigRequest());
    stream.SendPieces(audio, piece_bytes);
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return stream.Finals();
  }

  TestServer server_;
  std::unique_ptr<v1::SpeechRecognizer::Stub> stub_ = server_.NewStub();
};

TEST_F(ServiceTest, ChunkingDoesNotMatter) {
  const std::string audio = MakeAudio(1, 1500);
  const std::string whole = Recognize(audio, audio.size());
  EXPECT_FALSE(whole.empty());
  for (const size_t piece_bytes : {1, 777, 640, 3200}) {
    EXPECT_EQ(Recognize(audio, piece_bytes), whole) << piece_bytes << " bytes";
  }
}

TEST_F(ServiceTest, EightAtOnceAreAsAlone) {
  std::vector<std::string> alone;
  for (uint32_t i = 0; i < 8; ++i)
    alone.push_back(Recognize(MakeAudio(i, 3000), 640));
  std::vector<std::string> together(8);
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < 8; ++i) {
    threads.emplace_back(
        [&, i] { together[i] = Recognize(MakeAudio(i, 3000), 640); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(together, alone);
}

TEST_F(ServiceTest, ResponsesHaveWhatTheSchemaPromises) {
  ClientStream stream(stub_.get());
  v1::StreamingRecognizeRequest config = ConfigRequest();
  config.mutable_streaming_config()->set_interim_results(true);
  stream.Send(config);
  // Waiting for each second keeps its interim result from being replaced by the
  // next one's before it was sent.
  const std::string audio = MakeAudio(2, 4000);
  for (size_t begin = 0; begin < audio.size(); begin += audio.size() / 4) {
    stream.SendPieces(audio.substr(begin, audio.size() / 4), 640);
    ASSERT_TRUE(stream.Sync());
  }
  stream.HalfClose();
  ASSERT_TRUE(stream.Finish().ok());
  int finals = 0;
  int interims = 0;
  int64_t processed_ms = 0;
  const auto to_ms = [](const google::protobuf::Duration& duration) {
    return duration.seconds() * 1000 + duration.nanos() / 1000000;
  };
  for (const v1::StreamingRecognizeResponse& response : stream.responses()) {
    EXPECT_EQ(response.request_id(), "test");
    EXPECT_GE(to_ms(response.audio_processed()), processed_ms);
    processed_ms = to_ms(response.audio_processed());
    EXPECT_GE(to_ms(response.audio_received()), processed_ms);
    EXPECT_FALSE(response.results().empty() && response.markers().empty());
    for (int i = 0; i < response.results_size(); ++i) {
      const v1::StreamingRecognitionResult& result = response.results(i);
      ASSERT_EQ(result.alternatives().size(), 1);
      const v1::SpeechRecognitionAlternative& alternative =
          result.alternatives(0);
      EXPECT_FALSE(alternative.words().empty());
      const bool first_text = finals == 0 && i == 0;
      EXPECT_EQ(alternative.transcript().front() == ' ', !first_text);
      EXPECT_LE(to_ms(result.result_end_time()), processed_ms);
      if (result.is_final()) {
        EXPECT_EQ(i, 0);
        ++finals;
        EXPECT_GT(alternative.confidence(), 0.0f);
        EXPECT_EQ(result.stability(), 0.0f);
      } else {
        ++interims;
        EXPECT_EQ(alternative.confidence(), 0.0f);
        EXPECT_TRUE(result.stability() == 0.9f || result.stability() == 0.1f);
      }
    }
  }
  EXPECT_GE(finals, 2);
  EXPECT_GE(interims, 3);
  EXPECT_LE(processed_ms, 4000);
}

TEST_F(ServiceTest, OnlyWhatWasAskedForIsFilled) {
  ClientStream stream(stub_.get());
  v1::StreamingRecognizeRequest config = ConfigRequest();
  config.mutable_streaming_config()
      ->mutable_config()
      ->set_enable_word_time_offsets(false);
  config.mutable_streaming_config()
      ->mutable_config()
      ->set_enable_word_confidence(false);
  stream.Send(config);
  stream.SendPieces(MakeAudio(2, 2000), 640);
  stream.HalfClose();
  ASSERT_TRUE(stream.Finish().ok());
  ASSERT_FALSE(stream.responses().empty());
  for (const v1::StreamingRecognizeResponse& response : stream.responses()) {
    ASSERT_EQ(response.results().size(), 1);
    EXPECT_TRUE(response.results(0).is_final());
    EXPECT_TRUE(response.results(0).alternatives(0).words().empty());
  }
}

TEST_F(ServiceTest, FinalizeAndMarkerAreAnsweredWhileTheStreamIsOpen) {
  ClientStream stream(stub_.get());
  stream.Send(ConfigRequest());
  stream.Send(AudioRequest(MakeAudio(3, 400)));
  v1::StreamingRecognizeRequest control;
  control.mutable_control()->mutable_finalize();
  stream.Send(control);
  control.mutable_control()->mutable_marker()->set_id("here");
  stream.Send(control);
  bool final_came = false;
  while (true) {
    const auto response = stream.Read();
    ASSERT_TRUE(response.has_value());
    for (const auto& result : response->results())
      final_came = final_came || result.is_final();
    if (response->markers().empty()) continue;
    EXPECT_THAT(response->markers(), ElementsAre("here"));
    break;
  }
  EXPECT_TRUE(final_came);
  stream.HalfClose();
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(ServiceTest, SingleUtteranceEndsTheStreamWithItsEvents) {
  ClientStream stream(stub_.get());
  v1::StreamingRecognizeRequest request = ConfigRequest();
  v1::StreamingRecognitionConfig& config = *request.mutable_streaming_config();
  config.mutable_config()->set_enable_word_time_offsets(true);
  config.mutable_endpointing()->set_trailing_silence_ms(300);
  config.set_single_utterance(true);
  config.set_enable_speech_events(true);
  stream.Send(request);
  stream.Send(AudioRequest(MakeAudio(3, 6000)));
  ASSERT_TRUE(stream.Finish().ok());  // the client has not half-closed
  int finals = 0;
  std::vector<v1::SpeechEvent::Type> events;
  for (const v1::StreamingRecognizeResponse& response : stream.responses()) {
    for (const auto& event : response.events()) events.push_back(event.type());
    for (const auto& result : response.results()) {
      finals += result.is_final() ? 1 : 0;
      EXPECT_EQ(result.alternatives(0).words(0).id(), 1u);
    }
  }
  EXPECT_EQ(finals, 1);
  ASSERT_GE(events.size(), 2u);
  EXPECT_EQ(events.front(), v1::SpeechEvent::SPEECH_START);
  EXPECT_EQ(events.back(), v1::SpeechEvent::END_OF_SINGLE_UTTERANCE);
}

TEST_F(ServiceTest, ClientThatReadsOnlyAfterSendingGetsEverything) {
  const std::string audio = MakeAudio(4, 60000);
  EXPECT_EQ(Recognize(audio, 32000), Recognize(audio, 640));
}

TEST_F(ServiceTest, RecognizeSaysWhatAStreamSays) {
  const std::string audio = MakeAudio(5, 20000);
  v1::RecognizeRequest request;
  *request.mutable_config() = ConfigRequest().streaming_config().config();
  request.set_audio_content(audio);
  v1::RecognizeResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->Recognize(&context, request, &response).ok());
  std::string finals;
  for (const auto& result : response.results())
    finals += result.SerializeAsString();
  EXPECT_EQ(finals, Recognize(audio, 640));
  EXPECT_EQ(response.audio_processed().seconds(), 20);
}

TEST_F(ServiceTest, WavFileNeedsNoEncoding) {
  const std::string audio = MakeAudio(6, 1500);
  const auto le = [](uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i)
      text.push_back(static_cast<char>(value >> (8 * i)));
    return text;
  };
  const auto size = static_cast<uint32_t>(audio.size());
  const std::string header =
      absl::StrCat("RIFF", le(36 + size, 4), "WAVEfmt ", le(16, 4), le(1, 2),
                   le(1, 2), le(16000, 4), le(32000, 4), le(2, 2)) +
      absl::StrCat(le(16, 2), "data", le(size, 4));
  ClientStream stream(stub_.get());
  v1::StreamingRecognizeRequest config = ConfigRequest();
  config.mutable_streaming_config()->mutable_config()->set_encoding(
      v1::AUDIO_ENCODING_UNSPECIFIED);
  config.mutable_streaming_config()->mutable_config()->set_sample_rate_hertz(0);
  stream.Send(config);
  stream.SendPieces(header + audio, 11);
  stream.HalfClose();
  EXPECT_TRUE(stream.Finish().ok());
  EXPECT_EQ(stream.Finals(), Recognize(audio, 640));
}

TEST_F(ServiceTest, ListModelsTellsWhatIsLoaded) {
  v1::ListModelsResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(
      stub_->ListModels(&context, v1::ListModelsRequest(), &response).ok());
  ASSERT_EQ(response.models().size(), 1);
  EXPECT_EQ(response.models(0).name(), "babble");
  EXPECT_EQ(response.models(0).language_code(), "en-US");
  EXPECT_EQ(response.models(0).sample_rate_hertz(), 16000);
  EXPECT_TRUE(response.models(0).is_default());
  EXPECT_EQ(response.models(0).step().nanos(), 30000000);
}

TEST_F(ServiceTest, HealthIsServing) {
  EXPECT_EQ(CheckHealth(server_.address()), "\x08\x01");
}

TEST_F(ServiceTest, ReflectionListsTheService) {
  RawCall call(
      server_.address(),
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
  // ServerReflectionRequest.list_services (field 7, a string) = "*".
  ASSERT_TRUE(call.Send("\x3a\x01*"));
  EXPECT_THAT(call.Read().value_or(""), HasSubstr("oido.v1.SpeechRecognizer"));
  call.HalfClose();
  EXPECT_TRUE(call.Finish().ok());
}

TEST_F(ServiceTest, ShutdownInTheMiddleOfStreamsEndsThem) {
  ClientStream stream(stub_.get());
  stream.Send(ConfigRequest());
  stream.Send(AudioRequest(MakeAudio(7, 2000)));
  ASSERT_TRUE(stream.Sync());
  server_.Stop();
  EXPECT_FALSE(stream.Finish().ok());
}

// A session and its transport once held each other for ever.
TEST(ServiceMemoryTest, NothingOfAStreamIsLeftAfterItsEnd) {
  const auto& model = BabblingModels().models().front();
  const long references = model.use_count();
  {
    TestServer server;
    const auto stub = server.NewStub();
    ClientStream finished(stub.get());
    finished.Send(ConfigRequest());
    finished.Send(AudioRequest(MakeAudio(1, 500)));
    finished.HalfClose();
    EXPECT_TRUE(finished.Finish().ok());
    ClientStream cancelled(stub.get());
    cancelled.Send(ConfigRequest());
    EXPECT_TRUE(cancelled.Sync());
    cancelled.Cancel();
    cancelled.Finish();
    v1::RecognizeRequest request;
    *request.mutable_config() = ConfigRequest().streaming_config().config();
    v1::RecognizeResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(stub->Recognize(&context, request, &response).ok());
  }
  EXPECT_EQ(model.use_count(), references);
}

TEST(ServiceDrainTest, RunningStreamsFinishAndNewOnesAreRefused) {
  TestServer server;
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  stream.Send(AudioRequest(MakeAudio(8, 3000)));
  ASSERT_TRUE(stream.Sync());
  std::thread drain([&] { server.server().Drain(absl::Minutes(5)); });
  while (CheckHealth(server.address()) != "\x08\x02") {
  }
  // Health turns first; the refusal follows at once.
  grpc::Status refused;
  do {
    ClientStream late(stub.get());
    late.Send(ConfigRequest());
    late.HalfClose();
    refused = late.Finish();
  } while (refused.ok());
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  stream.Send(AudioRequest(MakeAudio(9, 1000)));
  stream.HalfClose();
  EXPECT_TRUE(stream.Finish().ok());
  drain.join();
}

TEST(ServiceDrainTest, StreamsThatDoNotFinishGetTheirFinalsAndUnavailable) {
  TestServer server;
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  stream.Send(AudioRequest(MakeAudio(8, 3000)));
  ASSERT_TRUE(stream.Sync());
  std::thread drain([&] { server.server().Drain(absl::ZeroDuration()); });
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  drain.join();
}

}  // namespace
}  // namespace oido::test
