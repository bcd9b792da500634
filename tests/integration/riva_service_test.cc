// The service that clients of Riva know, against the native one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "riva/asr.grpc.pb.h"
#include "tests/support/foreign_call.h"
#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

namespace riva = nvidia::riva::asr;
using Request = riva::StreamingRecognizeRequest;
using Response = riva::StreamingRecognizeResponse;
using testing::HasSubstr;

Request RivaConfig() {
  Request request;
  riva::StreamingRecognitionConfig* streaming =
      request.mutable_streaming_config();
  streaming->set_interim_results(true);
  riva::RecognitionConfig* config = streaming->mutable_config();
  config->set_encoding(nvidia::riva::LINEAR_PCM);
  config->set_sample_rate_hertz(16000);
  config->set_language_code("en-US");
  config->set_max_alternatives(1);
  config->set_enable_word_time_offsets(true);
  return request;
}

Request RivaAudio(const std::string& bytes) {
  Request request;
  request.set_audio_content(bytes);
  return request;
}

std::vector<Request> RivaRequests(const std::string& audio,
                                  size_t piece_bytes) {
  std::vector<Request> requests = {RivaConfig()};
  for (size_t begin = 0; begin < audio.size(); begin += piece_bytes)
    requests.push_back(RivaAudio(audio.substr(begin, piece_bytes)));
  return requests;
}

class RivaServiceTest : public testing::Test {
 protected:
  // Whatever a client did, the next one is served.
  ~RivaServiceTest() override {
    const auto stream = Talk(RivaRequests(MakeAudio(1, 1000), 640));
    EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
    EXPECT_FALSE(FinalText(stream.responses).empty());
  }

  ForeignStream<Response> Talk(const std::vector<Request>& requests) {
    return StreamAll<Response>(stub_.get(), requests);
  }

  // Of the native service.
  std::vector<v1::StreamingRecognizeResponse> Native(const std::string& audio) {
    const auto stub = server_.NewStub();
    ClientStream stream(stub.get());
    stream.Send(ConfigRequest());
    stream.SendPieces(audio, 640);
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return stream.responses();
  }

  TestServer server_;
  std::unique_ptr<riva::RivaSpeechRecognition::Stub> stub_ =
      riva::RivaSpeechRecognition::NewStub(Connect(server_.address()));
};

TEST_F(RivaServiceTest, OneResponseForEachAudioMessageAndOneMoreAtTheEnd) {
  const std::string audio = MakeAudio(2, 3000);
  for (const size_t piece_bytes : {size_t{640}, size_t{3200}, audio.size()}) {
    std::vector<Request> requests = RivaRequests(audio, piece_bytes);
    requests.push_back(RivaAudio(""));
    const auto stream = Talk(requests);
    EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
    EXPECT_EQ(stream.responses.size(), requests.size());
    EXPECT_EQ(FinalText(stream.responses), FinalText(Native(audio)));
  }
}

TEST_F(RivaServiceTest, ResultsAreInRivasTerms) {
  const std::string audio = MakeAudio(2, 3000);
  const auto stream = Talk(RivaRequests(audio, 640));
  std::vector<v1::WordInfo> native_words;
  for (const auto& response : Native(audio)) {
    for (const auto& result : response.results()) {
      for (const auto& word : result.alternatives(0).words())
        native_words.push_back(word);
    }
  }
  size_t words = 0;
  int interims = 0;
  for (const Response& response : stream.responses) {
    int interims_here = 0;
    for (const riva::StreamingRecognitionResult& result : response.results()) {
      ASSERT_EQ(result.alternatives_size(), 1);
      EXPECT_EQ(result.channel_tag(), 1);
      EXPECT_LE(result.audio_processed(), 3.0f);
      EXPECT_LT(result.stability(), 1.0f);
      if (!result.is_final()) {
        ++interims_here;
        continue;
      }
      EXPECT_EQ(interims_here, 0) << "finals come first";
      EXPECT_GT(result.alternatives(0).confidence(), 0.0f);
      for (const riva::WordInfo& word : result.alternatives(0).words()) {
        ASSERT_LT(words, native_words.size());
        const v1::WordInfo& native = native_words[words++];
        EXPECT_EQ(word.word(), native.word());
        EXPECT_EQ(word.start_time(), native.start_time().seconds() * 1000 +
                                         native.start_time().nanos() / 1000000);
        EXPECT_EQ(word.confidence(), native.confidence());
        EXPECT_LE(word.start_time(), word.end_time());
      }
    }
    EXPECT_LE(interims_here, 1);
    interims += interims_here;
  }
  EXPECT_EQ(words, native_words.size());
  EXPECT_GT(words, 0u);
  EXPECT_GT(interims, 0);
}

TEST_F(RivaServiceTest, ForcedEndOfUtteranceIsFinalInItsOwnResponse) {
  grpc::ClientContext context;
  const auto stream = stub_->StreamingRecognize(&context);
  stream->Write(RivaConfig());
  Request request = RivaAudio(MakeAudio(3, 400));
  (*request.mutable_runtime_config())["force_eou"] = "true";
  stream->Write(request);
  Response response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_GE(response.results_size(), 1);
  EXPECT_TRUE(response.results(0).is_final());
  // It may come alone, and the stream goes on.
  request.clear_audio_content();
  stream->Write(request);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.results_size(), 0);
  stream->Write(RivaAudio(MakeAudio(3, 400)));
  ASSERT_TRUE(stream->Read(&response));
  stream->WritesDone();
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RivaServiceTest, WhatStockClientsSendIsAccepted) {
  using Config = riva::RecognitionConfig;
  const std::vector<std::function<void(Config*)>> wishes = {
      [](Config* config) { config->set_model("parakeet-1.1b-en-US"); },
      [](Config* config) { config->add_speech_contexts()->set_boost(10); },
      [](Config* config) {
        riva::SpeechContext* context = config->add_speech_contexts();
        context->add_phrases("AntiBERTa");
        context->set_boost(-100);
      },
      [](Config* config) { config->set_enable_automatic_punctuation(true); },
      [](Config* config) { config->set_verbatim_transcripts(true); },
      [](Config* config) { config->set_profanity_filter(true); },
      [](Config* config) {
        config->mutable_diarization_config()->set_max_speaker_count(4);
      },
      [](Config* config) {
        config->mutable_diarization_config()->set_enable_speaker_diarization(
            true);
      },
      [](Config* config) {
        config->mutable_endpointing_config()->set_stop_history(320);
        config->mutable_endpointing_config()->set_stop_threshold(-1.0f);
        config->mutable_endpointing_config()->set_start_history(-1);
      },
      [](Config* config) {
        config->mutable_endpointing_config()->set_stop_history(1);
      },
      [](Config* config) {
        (*config->mutable_custom_configuration())["a"] = "b";
      },
      [](Config* config) { config->set_audio_channel_count(1); },
      [](Config* config) { config->set_max_alternatives(100); },
      [](Config* config) { config->set_max_alternatives(-1); },
      [](Config* config) { config->set_language_code("multi"); },
      [](Config* config) { config->clear_language_code(); }};
  for (size_t i = 0; i < wishes.size(); ++i) {
    std::vector<Request> requests = RivaRequests(MakeAudio(1, 500), 3200);
    wishes[i](requests.front().mutable_streaming_config()->mutable_config());
    const auto stream = Talk(requests);
    EXPECT_TRUE(stream.status.ok()) << i << stream.status.error_message();
    EXPECT_EQ(stream.responses.size(), requests.size()) << i;
  }
}

TEST_F(RivaServiceTest, EveryFinalHasAsManyAlternativesAsWereAskedFor) {
  std::vector<Request> requests = RivaRequests(MakeAudio(2, 3000), 640);
  requests.front()
      .mutable_streaming_config()
      ->mutable_config()
      ->set_max_alternatives(3);
  int finals = 0;
  for (const Response& response : Talk(requests).responses) {
    for (const auto& result : response.results()) {
      if (!result.is_final()) continue;
      ++finals;
      EXPECT_EQ(result.alternatives_size(), 3);
    }
  }
  EXPECT_GT(finals, 1);
}

TEST_F(RivaServiceTest, BadStreams) {
  using Config = riva::RecognitionConfig;
  const auto with = [](const std::function<void(Config*)>& change) {
    Request request = RivaConfig();
    change(request.mutable_streaming_config()->mutable_config());
    return std::vector<Request>{request};
  };
  struct Case {
    std::vector<Request> requests;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{}, "streaming_config"},
      {{RivaAudio("abcd")}, "streaming_config"},
      {{RivaConfig(), RivaConfig()}, "streaming_config"},
      {{RivaConfig(), Request()}, "streaming_request"},
      {{RivaConfig(), RivaAudio("abc")}, "sample"},
      {with([](Config* c) { c->set_sample_rate_hertz(7); }),
       "sample_rate_hertz: 7"},
      {with([](Config* c) { c->set_audio_channel_count(-1); }),
       "audio_channel_count"},
      {with([](Config* c) { c->set_language_code("xx-XX"); }), "xx-XX"},
      {with([](Config* c) {
         c->set_encoding(static_cast<nvidia::riva::AudioEncoding>(77));
       }),
       "77"}};
  for (const Case& bad : cases) {
    const auto stream = Talk(bad.requests);
    EXPECT_EQ(stream.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
        << bad.message << ": " << stream.status.error_message();
    EXPECT_THAT(stream.status.error_message(), HasSubstr(bad.message));
  }
}

TEST_F(RivaServiceTest, BytesThatAreNoMessage) {
  RawCall call(server_.address(),
               "/nvidia.riva.asr.RivaSpeechRecognition/StreamingRecognize");
  call.Send("\xff\xff\xff");
  EXPECT_EQ(call.Read(), std::nullopt);
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(RivaServiceTest, WholeRecording) {
  const std::string audio = MakeAudio(2, 3000);
  riva::RecognizeRequest request;
  *request.mutable_config() = RivaConfig().streaming_config().config();
  request.set_audio(audio);
  request.mutable_id()->set_value("mine");
  riva::RecognizeResponse response;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->Recognize(&context, request, &response).ok());
  }
  std::string text;
  for (const auto& result : response.results())
    text += result.alternatives(0).transcript();
  EXPECT_EQ(text, FinalText(Native(audio)));
  EXPECT_EQ(response.id().value(), "mine");
  request.clear_config();
  grpc::ClientContext context;
  EXPECT_EQ(stub_->Recognize(&context, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(RivaServiceTest, ConfigurationHasWhatClientsReadUnasked) {
  riva::RivaSpeechRecognitionConfigRequest request;
  riva::RivaSpeechRecognitionConfigResponse response;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(
        stub_->GetRivaSpeechRecognitionConfig(&context, request, &response)
            .ok());
  }
  ASSERT_EQ(response.model_config_size(), 1);
  const auto& parameters = response.model_config(0).parameters();
  EXPECT_EQ(parameters.at("type"), "online");
  EXPECT_EQ(parameters.at("language_code"),
            BabblingModels().models().front()->bundle->language_code);
  EXPECT_EQ(parameters.at("sample_rate_hertz"), "16000");
  request.set_model_name("nobody");
  grpc::ClientContext context;
  EXPECT_EQ(stub_->GetRivaSpeechRecognitionConfig(&context, request, &response)
                .error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST(RivaServiceOptionTest, MayBeSwitchedOff) {
  server::ServerOptions options;
  options.riva_api = false;
  TestServer server(options);
  const auto stub =
      riva::RivaSpeechRecognition::NewStub(Connect(server.address()));
  EXPECT_EQ(StreamAll<Response>(stub.get(), RivaRequests("ab", 2))
                .status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace oido::test
