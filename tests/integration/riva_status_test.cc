// What clients of Riva may send and what is refused how, each followed by a
// good stream on the same server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/riva_client.h"

namespace oido::test {
namespace {

using testing::HasSubstr;
using RivaStatusTest = RivaTest;

TEST_F(RivaStatusTest, WhatStockClientsSendIsAccepted) {
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
    std::vector<RivaRequest> requests = RivaRequests(MakeAudio(1, 500), 3200);
    wishes[i](requests.front().mutable_streaming_config()->mutable_config());
    const auto stream = Talk(requests);
    EXPECT_TRUE(stream.status.ok()) << i << stream.status.error_message();
    EXPECT_EQ(stream.responses.size(), requests.size()) << i;
  }
}

TEST_F(RivaStatusTest, BadStreams) {
  using Config = riva::RecognitionConfig;
  const auto with = [](const std::function<void(Config*)>& change) {
    RivaRequest request = RivaConfig();
    change(request.mutable_streaming_config()->mutable_config());
    return std::vector<RivaRequest>{request};
  };
  struct Case {
    std::vector<RivaRequest> requests;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{}, "streaming_config"},
      {{RivaAudio("abcd")}, "streaming_config"},
      {{RivaConfig(), RivaConfig()}, "streaming_config"},
      {{RivaConfig(), RivaRequest()}, "streaming_request"},
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

TEST_F(RivaStatusTest, BytesThatAreNoMessage) {
  RawCall call(server_.address(),
               "/nvidia.riva.asr.RivaSpeechRecognition/StreamingRecognize");
  call.Send("\xff\xff\xff");
  EXPECT_EQ(call.Read(), std::nullopt);
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(RivaOptionTest, MayBeSwitchedOff) {
  server::ServerOptions options;
  options.riva_api = false;
  TestServer server(options);
  const auto stub =
      riva::RivaSpeechRecognition::NewStub(Connect(server.address()));
  EXPECT_EQ(StreamAll<RivaResponse>(stub.get(), RivaRequests("ab", 2))
                .status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace oido::test
