// What clients of Google Speech-to-Text may send and what is refused how, each
// followed by a good stream on the same server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/google_clients.h"

namespace oido::test {
namespace {

using testing::HasSubstr;
using GoogleStatusTest = GoogleTest;

TEST_F(GoogleStatusTest, WhatMigratingClientsSendIsAccepted) {
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

TEST_F(GoogleStatusTest, BadStreamsOfV1) {
  for (const V1Case& bad : BadV1Streams()) {
    const auto stream = V1Talk(bad.requests);
    EXPECT_EQ(stream.status.error_code(), bad.code)
        << bad.message << ": " << stream.status.error_message();
    EXPECT_THAT(stream.status.error_message(), HasSubstr(bad.message));
  }
}

TEST_F(GoogleStatusTest, BadStreamsOfV2) {
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

TEST_F(GoogleStatusTest, RefusedRecordings) {
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

TEST_F(GoogleStatusTest, BytesThatAreNoMessage) {
  for (const char* service : {"v1", "v2"}) {
    RawCall call(server_.address(), std::string("/google.cloud.speech.") +
                                        service + ".Speech/StreamingRecognize");
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
  EXPECT_EQ(
      StreamAll<gv1::StreamingRecognizeResponse>(
          stub.get(), std::vector<gv1::StreamingRecognizeRequest>{V1Config()})
          .status.error_code(),
      grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace oido::test
