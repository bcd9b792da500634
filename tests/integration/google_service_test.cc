// The services that clients of Google Speech-to-Text know, against the native
// one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "google_speech/v1.grpc.pb.h"
#include "google_speech/v2.grpc.pb.h"
#include "tests/support/foreign_call.h"
#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

namespace gv1 = google::cloud::speech::v1;
namespace gv2 = google::cloud::speech::v2;
using testing::HasSubstr;

constexpr char kRecognizer[] = "projects/p/locations/global/recognizers/_";

gv1::StreamingRecognizeRequest V1Config() {
  gv1::StreamingRecognizeRequest request;
  gv1::RecognitionConfig* config =
      request.mutable_streaming_config()->mutable_config();
  config->set_encoding(gv1::RecognitionConfig::LINEAR16);
  config->set_sample_rate_hertz(16000);
  config->set_language_code("en-US");
  config->set_enable_word_time_offsets(true);
  return request;
}

gv1::StreamingRecognizeRequest V1Audio(const std::string& bytes) {
  gv1::StreamingRecognizeRequest request;
  request.set_audio_content(bytes);
  return request;
}

gv2::StreamingRecognizeRequest V2Config() {
  gv2::StreamingRecognizeRequest request;
  request.set_recognizer(kRecognizer);
  gv2::RecognitionConfig* config =
      request.mutable_streaming_config()->mutable_config();
  gv2::ExplicitDecodingConfig* decoding =
      config->mutable_explicit_decoding_config();
  decoding->set_encoding(gv2::ExplicitDecodingConfig::LINEAR16);
  decoding->set_sample_rate_hertz(16000);
  config->add_language_codes("en-US");
  config->mutable_features()->set_enable_word_time_offsets(true);
  return request;
}

gv2::StreamingRecognizeRequest V2Audio(const std::string& bytes) {
  gv2::StreamingRecognizeRequest request;
  request.set_audio(bytes);
  return request;
}

// Half a second of silence, as long as it takes for one to be noticed.
std::string Silence(int duration_ms) { return std::string(duration_ms * 32, 0); }

class GoogleServiceTest : public testing::Test {
 protected:
  // Whatever a client did, the next one is served.
  ~GoogleServiceTest() override {
    const std::string audio = MakeAudio(1, 1000);
    const auto stream = V1Talk({V1Config(), V1Audio(audio)});
    EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
    EXPECT_EQ(FinalText(stream.responses), FinalText(Native(audio)));
  }

  ForeignStream<gv1::StreamingRecognizeResponse> V1Talk(
      const std::vector<gv1::StreamingRecognizeRequest>& requests) {
    return StreamAll<gv1::StreamingRecognizeResponse>(v1_.get(), requests);
  }
  ForeignStream<gv2::StreamingRecognizeResponse> V2Talk(
      const std::vector<gv2::StreamingRecognizeRequest>& requests) {
    return StreamAll<gv2::StreamingRecognizeResponse>(v2_.get(), requests);
  }

  // Of the native service.
  std::vector<v1::StreamingRecognizeResponse> Native(
      const std::string& audio,
      const std::function<void(v1::StreamingRecognitionConfig*)>& change = {}) {
    const auto stub = server_.NewStub();
    ClientStream stream(stub.get());
    v1::StreamingRecognizeRequest config = ConfigRequest();
    if (change) change(config.mutable_streaming_config());
    stream.Send(config);
    stream.SendPieces(audio, 640);
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return stream.responses();
  }

  TestServer server_;
  std::unique_ptr<gv1::Speech::Stub> v1_ =
      gv1::Speech::NewStub(Connect(server_.address()));
  std::unique_ptr<gv2::Speech::Stub> v2_ =
      gv2::Speech::NewStub(Connect(server_.address()));
};

TEST_F(GoogleServiceTest, BothVersionsSayWhatTheNativeApiSays) {
  const std::string audio = MakeAudio(2, 3000);
  const auto native = Native(audio);
  ASSERT_FALSE(FinalText(native).empty());
  const auto first = V1Talk({V1Config(), V1Audio(audio)});
  const auto second = V2Talk({V2Config(), V2Audio(audio)});
  ASSERT_TRUE(first.status.ok()) << first.status.error_message();
  ASSERT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_EQ(FinalText(first.responses), FinalText(native));
  EXPECT_EQ(FinalText(second.responses), FinalText(native));
  // No acknowledgements, and nothing for silence.
  ASSERT_EQ(first.responses.size(), native.size());
  ASSERT_EQ(second.responses.size(), native.size());
  for (size_t i = 0; i < native.size(); ++i) {
    const auto& wanted = native[i].results(0);
    const auto& v1_result = first.responses[i].results(0);
    const auto& v2_result = second.responses[i].results(0);
    EXPECT_EQ(v1_result.language_code(), "en-US");
    EXPECT_EQ(v2_result.language_code(), "en-US");
    EXPECT_EQ(v1_result.result_end_time().SerializeAsString(),
              wanted.result_end_time().SerializeAsString());
    EXPECT_EQ(v2_result.result_end_offset().SerializeAsString(),
              wanted.result_end_time().SerializeAsString());
    ASSERT_EQ(v1_result.alternatives(0).words_size(),
              wanted.alternatives(0).words_size());
    for (int j = 0; j < wanted.alternatives(0).words_size(); ++j) {
      const auto& word = wanted.alternatives(0).words(j);
      const auto& v1_word = v1_result.alternatives(0).words(j);
      const auto& v2_word = v2_result.alternatives(0).words(j);
      EXPECT_EQ(v1_word.word(), word.word());
      EXPECT_EQ(v2_word.word(), word.word());
      EXPECT_EQ(v1_word.start_time().SerializeAsString(),
                word.start_time().SerializeAsString());
      EXPECT_EQ(v2_word.end_offset().SerializeAsString(),
                word.end_time().SerializeAsString());
      EXPECT_EQ(v1_word.confidence(), 0.0f) << "was not asked for";
    }
  }
}

TEST_F(GoogleServiceTest, InterimResultsHaveAStabilityAndNoConfidence) {
  auto config = V1Config();
  config.mutable_streaming_config()->set_interim_results(true);
  grpc::ClientContext context;
  const auto stream = v1_->StreamingRecognize(&context);
  stream->Write(config);
  stream->Write(V1Audio(MakeAudio(2, 1000)));
  gv1::StreamingRecognizeResponse response;
  bool interim = false;
  while (!interim && stream->Read(&response)) {
    for (const auto& result : response.results()) {
      if (result.is_final()) continue;
      interim = true;
      EXPECT_GT(result.stability(), 0.0f);
      EXPECT_EQ(result.alternatives(0).confidence(), 0.0f);
    }
  }
  EXPECT_TRUE(interim);
  stream->WritesDone();
  while (stream->Read(&response)) {
  }
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GoogleServiceTest, SingleUtteranceTellsItsEndBeforeItsResult) {
  auto config = V1Config();
  config.mutable_streaming_config()->set_single_utterance(true);
  const auto stream = V1Talk({config, V1Audio(MakeAudio(2, 4000))});
  ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
  ASSERT_EQ(stream.responses.size(), 2u);
  EXPECT_EQ(stream.responses[0].speech_event_type(),
            gv1::StreamingRecognizeResponse::END_OF_SINGLE_UTTERANCE);
  EXPECT_EQ(stream.responses[0].results_size(), 0);
  EXPECT_TRUE(stream.responses[1].results(0).is_final());
}

TEST_F(GoogleServiceTest, SpeechEventsAreThoseOfTheNativeApi) {
  const std::string audio = MakeAudio(2, 2000) + Silence(2000);
  std::vector<std::string> native;
  for (const auto& response :
       Native(audio, [](auto* c) { c->set_enable_speech_events(true); })) {
    for (const auto& event : response.events())
      native.push_back(event.time().SerializeAsString());
  }
  ASSERT_FALSE(native.empty());
  auto first = V1Config();
  first.mutable_streaming_config()->set_enable_voice_activity_events(true);
  std::vector<std::string> events;
  for (const auto& response :
       V1Talk({first, V1Audio(audio)}).responses) {
    if (response.speech_event_type() == 0) continue;
    EXPECT_EQ(response.results_size(), 0);
    events.push_back(response.speech_event_time().SerializeAsString());
  }
  EXPECT_EQ(events, native);
  auto second = V2Config();
  second.mutable_streaming_config()
      ->mutable_streaming_features()
      ->set_enable_voice_activity_events(true);
  events.clear();
  for (const auto& response :
       V2Talk({second, V2Audio(audio)}).responses) {
    if (response.speech_event_type() != 0)
      events.push_back(response.speech_event_offset().SerializeAsString());
  }
  EXPECT_EQ(events, native);
}

TEST_F(GoogleServiceTest, SilenceForTooLongEndsTheStream) {
  auto config = V1Config();
  config.mutable_streaming_config()->set_enable_voice_activity_events(true);
  config.mutable_streaming_config()
      ->mutable_voice_activity_timeout()
      ->mutable_speech_start_timeout()
      ->set_nanos(500'000'000);
  std::vector<v1::SpeechEvent> native;
  const std::string audio = Silence(3000);
  for (const auto& response : Native(audio, [](auto* c) {
         c->set_speech_start_timeout_ms(500);
       })) {
    for (const auto& event : response.events()) native.push_back(event);
  }
  int timeouts = 0;
  const auto stream = V1Talk({config, V1Audio(audio)});
  EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
  for (const auto& response : stream.responses)
    timeouts += response.speech_event_type() ==
                gv1::StreamingRecognizeResponse::SPEECH_ACTIVITY_TIMEOUT;
  EXPECT_EQ(timeouts, static_cast<int>(native.size()));
}

TEST_F(GoogleServiceTest, WhatMigratingClientsSendIsAccepted) {
  using Config = gv1::RecognitionConfig;
  const std::vector<std::function<void(Config*)>> wishes = {
      [](Config* c) { c->set_model("latest_long"); },
      [](Config* c) { c->set_enable_automatic_punctuation(true); },
      [](Config* c) { c->set_profanity_filter(true); },
      [](Config* c) { c->set_audio_channel_count(1); },
      [](Config* c) { c->set_max_alternatives(30); },
      [](Config* c) { c->add_speech_contexts()->add_phrases("$TIME"); },
      [](Config* c) {
        auto* set = c->mutable_adaptation()->add_phrase_sets();
        set->set_boost(20);
        set->add_phrases()->set_value("Dashwood");
        set->add_phrases()->set_boost(5);
      },
      [](Config* c) {
        c->mutable_adaptation()->add_phrase_set_references("projects/p/x");
      },
      [](Config* c) {
        c->set_language_code("de-DE");
        c->add_alternative_language_codes("en-US");
      },
      [](Config* c) {
        c->mutable_diarization_config()->set_enable_speaker_diarization(true);
      }};
  for (size_t i = 0; i < wishes.size(); ++i) {
    auto config = V1Config();
    wishes[i](config.mutable_streaming_config()->mutable_config());
    const auto stream = V1Talk({config, V1Audio(MakeAudio(1, 300))});
    EXPECT_TRUE(stream.status.ok()) << i << stream.status.error_message();
  }
}

struct V1Case {
  std::vector<gv1::StreamingRecognizeRequest> requests;
  grpc::StatusCode code;
  std::string message;
};

std::vector<V1Case> BadV1Streams() {
  using Config = gv1::StreamingRecognitionConfig;
  constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
  const auto with = [](const std::function<void(Config*)>& change) {
    gv1::StreamingRecognizeRequest request = V1Config();
    change(request.mutable_streaming_config());
    return std::vector<gv1::StreamingRecognizeRequest>{request};
  };
  return {
      {{}, kInvalid, "streaming_config"},
      {{V1Audio("abcd")}, kInvalid, "streaming_config"},
      {{V1Config(), V1Config()}, kInvalid, "streaming_config"},
      {{V1Config(), {}}, kInvalid, "streaming_request"},
      {{V1Config(), V1Audio("abc")}, kInvalid, "sample"},
      {with([](Config* c) {
         c->mutable_config()->set_encoding(gv1::RecognitionConfig::AMR);
       }),
       kInvalid, "encoding: 4"},
      {with([](Config* c) { c->mutable_config()->set_sample_rate_hertz(7); }),
       kInvalid, "sample_rate_hertz: 7"},
      {with([](Config* c) { c->mutable_config()->set_max_alternatives(31); }),
       kInvalid, "max_alternatives: 31"},
      {with([](Config* c) { c->mutable_config()->set_max_alternatives(-1); }),
       kInvalid, "max_alternatives: -1"},
      {with([](Config* c) { c->mutable_config()->set_language_code("xx-XX"); }),
       kInvalid, "xx-XX"},
      {with([](Config* c) {
         c->mutable_voice_activity_timeout()
             ->mutable_speech_end_timeout()
             ->set_seconds(1'000'000'000'000);
       }),
       kInvalid, "speech_end_timeout"},
      {with([](Config* c) {
         c->mutable_voice_activity_timeout()
             ->mutable_speech_end_timeout()
             ->set_seconds(-1'000'000'000'000);
       }),
       kInvalid, "speech_end_timeout"},
  };
}

TEST_F(GoogleServiceTest, BadStreamsOfV1) {
  for (const V1Case& bad : BadV1Streams()) {
    const auto stream = V1Talk(bad.requests);
    EXPECT_EQ(stream.status.error_code(), bad.code)
        << bad.message << ": " << stream.status.error_message();
    EXPECT_THAT(stream.status.error_message(), HasSubstr(bad.message));
  }
}

TEST_F(GoogleServiceTest, BadStreamsOfV2) {
  struct Case {
    std::function<void(gv2::StreamingRecognizeRequest*)> change;
    grpc::StatusCode code;
    std::string message;
  };
  using Request = gv2::StreamingRecognizeRequest;
  const std::vector<Case> cases = {
      {[](Request* r) { r->clear_recognizer(); },
       grpc::StatusCode::INVALID_ARGUMENT, "recognizer"},
      {[](Request* r) { r->set_recognizer("projects/p/recognizers/_"); },
       grpc::StatusCode::INVALID_ARGUMENT, "recognizer"},
      {[](Request* r) { r->clear_streaming_config(); },
       grpc::StatusCode::INVALID_ARGUMENT, "streaming_request"},
      {[](Request* r) {
         r->mutable_streaming_config()
             ->mutable_config()
             ->mutable_explicit_decoding_config()
             ->set_encoding(gv2::ExplicitDecodingConfig::MP3);
       },
       grpc::StatusCode::INVALID_ARGUMENT, "encoding: 7"},
      {[](Request* r) {
         r->mutable_streaming_config()
             ->mutable_config()
             ->mutable_translation_config()
             ->set_target_language("de-DE");
       },
       grpc::StatusCode::UNIMPLEMENTED, "translation_config"}};
  for (const Case& bad : cases) {
    Request request = V2Config();
    bad.change(&request);
    const auto stream = V2Talk({request});
    EXPECT_EQ(stream.status.error_code(), bad.code) << bad.message;
    EXPECT_THAT(stream.status.error_message(), HasSubstr(bad.message));
  }
}

TEST_F(GoogleServiceTest, WholeRecordings) {
  const std::string audio = MakeAudio(2, 3000);
  gv1::RecognizeRequest first;
  *first.mutable_config() = V1Config().streaming_config().config();
  first.mutable_audio()->set_content(audio);
  gv1::RecognizeResponse v1_answer;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(v1_->Recognize(&context, first, &v1_answer).ok());
  }
  gv2::RecognizeRequest second;
  second.set_recognizer(kRecognizer);
  *second.mutable_config() = V2Config().streaming_config().config();
  second.set_content(audio);
  gv2::RecognizeResponse v2_answer;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(v2_->Recognize(&context, second, &v2_answer).ok());
  }
  std::string v1_text;
  for (const auto& result : v1_answer.results())
    v1_text += result.alternatives(0).transcript();
  std::string v2_text;
  for (const auto& result : v2_answer.results())
    v2_text += result.alternatives(0).transcript();
  EXPECT_EQ(v1_text, FinalText(Native(audio)));
  EXPECT_EQ(v2_text, v1_text);
  EXPECT_EQ(v1_answer.total_billed_time().seconds(), 3);
  EXPECT_EQ(v2_answer.metadata().total_billed_duration().seconds(), 3);
}

TEST_F(GoogleServiceTest, RefusedRecordings) {
  const auto code = [&](const gv1::RecognizeRequest& request) {
    grpc::ClientContext context;
    gv1::RecognizeResponse response;
    return v1_->Recognize(&context, request, &response).error_code();
  };
  gv1::RecognizeRequest request;
  EXPECT_EQ(code(request), grpc::StatusCode::INVALID_ARGUMENT);
  *request.mutable_config() = V1Config().streaming_config().config();
  EXPECT_EQ(code(request), grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_audio()->set_uri("gs://bucket/file");
  EXPECT_EQ(code(request), grpc::StatusCode::UNIMPLEMENTED);
  grpc::ClientContext context;
  google::longrunning::Operation operation;
  const grpc::Status status =
      v1_->LongRunningRecognize(&context, {}, &operation);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(status.error_message(), HasSubstr("StreamingRecognize"));
  grpc::ClientContext other_context;
  EXPECT_EQ(v2_->BatchRecognize(&other_context, {}, &operation).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(GoogleServiceTest, BytesThatAreNoMessage) {
  for (const char* service : {"v1", "v2"}) {
    RawCall call(server_.address(),
                 std::string("/google.cloud.speech.") + service +
                     ".Speech/StreamingRecognize");
    call.Send("\xff\xff\xff");
    EXPECT_EQ(call.Read(), std::nullopt);
    EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST(GoogleServiceOptionTest, MayBeSwitchedOff) {
  server::ServerOptions options;
  options.google_api = false;
  TestServer server(options);
  const auto stub = gv1::Speech::NewStub(Connect(server.address()));
  EXPECT_EQ(StreamAll<gv1::StreamingRecognizeResponse>(
                stub.get(),
                std::vector<gv1::StreamingRecognizeRequest>{V1Config()})
                .status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace oido::test
