// Tests of server/requests: the limits of every field a client may set.
#include "server/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/cord.h"
#include "server/errors.h"
#include "tests/support/manual_queue.h"
#include "tests/support/session_harness.h"

namespace oido::server {
namespace {

using testing::HasSubstr;

v1::RecognitionConfig GoodConfig() {
  v1::RecognitionConfig config;
  config.set_encoding(v1::LINEAR16);
  config.set_sample_rate_hertz(16000);
  return config;
}

absl::Status Check(const v1::RecognitionConfig& config) {
  return CheckConfig(config, "config.", test::BabblingModels(),
                     ModelUse::kRecording)
      .status();
}

// INVALID_ARGUMENT whose detail and message name the field, and the value too.
void ExpectFieldError(const absl::Status& status, const std::string& field,
                      const std::string& value) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
  EXPECT_EQ(status.GetPayload(kFieldPayload), absl::Cord(field));
  EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  EXPECT_THAT(std::string(status.message()), HasSubstr(value));
}

TEST(CheckConfigTest, TakesWhatIsDocumented) {
  EXPECT_TRUE(Check(GoodConfig()).ok());
  v1::RecognitionConfig wav;
  EXPECT_TRUE(Check(wav).ok());
  wav.set_sample_rate_hertz(8000);
  EXPECT_TRUE(Check(wav).ok());
  for (const int rate : {8000, 11025, 44100, 48000}) {
    v1::RecognitionConfig config = GoodConfig();
    config.set_sample_rate_hertz(rate);
    EXPECT_TRUE(Check(config).ok()) << rate;
  }
  for (const char* language : {"", "en", "en-US", "EN-us"}) {
    v1::RecognitionConfig config = GoodConfig();
    config.set_language_code(language);
    EXPECT_TRUE(Check(config).ok()) << language;
  }
  v1::RecognitionConfig config = GoodConfig();
  config.set_audio_channel_count(1);
  config.set_model("babble");
  EXPECT_TRUE(Check(config).ok());
}

TEST(CheckConfigTest, NamesTheFieldTheValueAndTheLimit) {
  for (const int rate : {-1, 0, 1, 7999, 48001, 2147483647}) {
    v1::RecognitionConfig config = GoodConfig();
    config.set_sample_rate_hertz(rate);
    ExpectFieldError(Check(config), "config.sample_rate_hertz",
                     std::to_string(rate));
    EXPECT_THAT(std::string(Check(config).message()), HasSubstr("8000..48000"));
  }
  for (const int channels : {-1, 9, 1000}) {
    v1::RecognitionConfig config = GoodConfig();
    config.set_audio_channel_count(channels);
    ExpectFieldError(Check(config), "config.audio_channel_count",
                     std::to_string(channels));
  }
  for (const int encoding : {7, -7, 2147483647}) {
    v1::RecognitionConfig config = GoodConfig();
    config.set_encoding(static_cast<v1::AudioEncoding>(encoding));
    ExpectFieldError(Check(config), "config.encoding",
                     std::to_string(encoding));
  }
  for (const char* language : {"de", "en-GB", "e", "en-"}) {
    v1::RecognitionConfig config = GoodConfig();
    config.set_language_code(language);
    ExpectFieldError(Check(config), "config.language_code", language);
  }
}

TEST(CheckConfigTest, UnknownModelListsWhatThereIs) {
  v1::RecognitionConfig config = GoodConfig();
  config.set_model("no-such");
  const absl::Status status = Check(config);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("\"no-such\"; there is \"babble\""));
}

TEST(CheckConfigTest, LongValuesAreCutBetweenCharacters) {
  v1::RecognitionConfig config = GoodConfig();
  std::string language = "x";
  for (int i = 0; i < 1000; ++i) language += "\xC3\xA9";
  config.set_language_code(language);
  const std::string message(Check(config).message());
  EXPECT_LT(message.size(), 300u);
  EXPECT_THAT(message, HasSubstr("\xC3\xA9\" is not"));
}

TEST(CheckStreamingConfigTest, RequestIdIsLimited) {
  v1::StreamingRecognitionConfig config;
  *config.mutable_config() = GoodConfig();
  config.set_request_id(std::string(128, 'x'));
  EXPECT_TRUE(CheckStreamingConfig(config, test::BabblingModels()).ok());
  config.set_request_id(std::string(129, 'x'));
  ExpectFieldError(
      CheckStreamingConfig(config, test::BabblingModels()).status(),
      "streaming_config.request_id", "129 bytes, limit 128");
}

TEST(CheckStreamingConfigTest, TimesOfTheStreamAreLimited) {
  struct Case {
    const char* field;
    int low;
    int high;
    void (*set)(v1::StreamingRecognitionConfig*, int);
  };
  using Config = v1::StreamingRecognitionConfig;
  const Case cases[] = {
      {"endpointing.trailing_silence_ms", 100, 60000,
       [](Config* c, int ms) {
         c->mutable_endpointing()->set_trailing_silence_ms(ms);
       }},
      {"endpointing.start_silence_ms", 500, 600000,
       [](Config* c, int ms) {
         c->mutable_endpointing()->set_start_silence_ms(ms);
       }},
      {"endpointing.max_utterance_ms", 1000, 600000,
       [](Config* c, int ms) {
         c->mutable_endpointing()->set_max_utterance_ms(ms);
       }},
      {"max_final_delay_ms", 100, 20000,
       [](Config* c, int ms) { c->set_max_final_delay_ms(ms); }},
      {"speech_start_timeout_ms", 500, 600000,
       [](Config* c, int ms) { c->set_speech_start_timeout_ms(ms); }},
      {"speech_end_timeout_ms", 500, 600000,
       [](Config* c, int ms) { c->set_speech_end_timeout_ms(ms); }},
  };
  for (const Case& c : cases) {
    Config config;
    *config.mutable_config() = GoodConfig();
    for (const int ms : {c.low, c.high}) {
      c.set(&config, ms);
      const auto result = CheckStreamingConfig(config, test::BabblingModels());
      EXPECT_TRUE(result.ok()) << result.status();
    }
    for (const int ms : {c.low - 1, c.high + 1, -1}) {
      c.set(&config, ms);
      const absl::Status status =
          CheckStreamingConfig(config, test::BabblingModels()).status();
      ExpectFieldError(status, std::string("streaming_config.") + c.field,
                       std::to_string(ms));
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr(std::to_string(c.high)));
    }
  }
}

TEST(CheckStreamingConfigTest, NoEndpointsAndRulesForThemExcludeEachOther) {
  v1::StreamingRecognitionConfig config;
  *config.mutable_config() = GoodConfig();
  config.mutable_endpointing()->set_off(true);
  EXPECT_TRUE(CheckStreamingConfig(config, test::BabblingModels()).ok());
  config.mutable_endpointing()->set_trailing_silence_ms(500);
  ExpectFieldError(
      CheckStreamingConfig(config, test::BabblingModels()).status(),
      "streaming_config.endpointing.off", "true");
}

TEST(CheckConfigTest, RecordingsGoToTheOfflineModelUnlessAnotherIsNamed) {
  const auto chosen = [](const std::string& name, ModelUse use) {
    v1::RecognitionConfig config = GoodConfig();
    config.set_model(name);
    return CheckConfig(config, "config.", test::MixedModels(), use)
        ->model->bundle->name;
  };
  EXPECT_EQ(chosen("", ModelUse::kRecording), "whole");
  EXPECT_EQ(chosen("whole", ModelUse::kRecording), "whole");
  EXPECT_EQ(chosen("babble", ModelUse::kRecording), "babble");
  EXPECT_EQ(chosen("", ModelUse::kStream), "babble");
  EXPECT_EQ(chosen("babble", ModelUse::kStream), "babble");
}

TEST(CheckStreamingConfigTest, OfflineModelIsRefusedWithTheOnesThatStream) {
  v1::StreamingRecognitionConfig config;
  *config.mutable_config() = GoodConfig();
  config.mutable_config()->set_model("whole");
  const absl::Status status =
      CheckStreamingConfig(config, test::MixedModels()).status();
  ExpectFieldError(status, "streaming_config.config.model", "\"whole\"");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("needs the whole recording and serves Recognize only; "
                        "streaming models: \"babble\""));
}

TEST(CheckStreamingConfigTest, WithoutAStreamingModelNoneIsFound) {
  const test::TempDir directory;
  WriteBundle(test::BabblingOfflineBundle("whole"), directory.path());
  const auto models = ModelSet::Load({directory.path()});
  ASSERT_TRUE(models.ok()) << models.status();
  v1::StreamingRecognitionConfig config;
  *config.mutable_config() = GoodConfig();
  const absl::Status status = CheckStreamingConfig(config, *models).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no streaming model is loaded; for Recognize there is "
                        "\"whole\""));
  config.mutable_config()->set_model("whole");
  EXPECT_THAT(CheckStreamingConfig(config, *models).status().ToString(),
              HasSubstr("streaming models: none"));
}

TEST(CheckStreamingConfigTest, FieldsHaveTheirWholePath) {
  ExpectFieldError(
      [] {
        v1::StreamingRecognitionConfig config;
        config.mutable_config()->set_encoding(v1::FLOAT32);
        return CheckStreamingConfig(config, test::BabblingModels()).status();
      }(),
      "streaming_config.config.sample_rate_hertz", "0");
}

class PushInputTest : public testing::Test {
 protected:
  PushInputTest() { sessions_.Add(stream_.session); }

  absl::Status Push(v1::StreamingRecognizeRequest request) {
    return PushInput(&request, 1000, &sessions_);
  }

  test::FakeClock clock_;
  test::ManualQueue queue_{&clock_};
  test::Stream stream_ = test::OpenStream(&queue_, &clock_);
  ChannelSessions sessions_;
};

TEST_F(PushInputTest, AudioMessagesAreLimited) {
  v1::StreamingRecognizeRequest request;
  request.set_audio_content(std::string(1000, '\0'));
  EXPECT_TRUE(Push(request).ok());
  request.set_audio_content(std::string(1001, '\0'));
  ExpectFieldError(Push(request), "audio_content", "1001 bytes, limit 1000");
}

TEST_F(PushInputTest, MarkerIdsAreLimited) {
  v1::StreamingRecognizeRequest request;
  request.mutable_control()->mutable_marker()->set_id(std::string(128, 'x'));
  EXPECT_TRUE(Push(request).ok());
  request.mutable_control()->mutable_marker()->set_id(std::string(129, 'x'));
  ExpectFieldError(Push(request), "control.marker.id", "129 bytes, limit 128");
}

TEST_F(PushInputTest, EmptyMessagesAndControlsAreRefused) {
  ExpectFieldError(Push({}), "request", "audio_content");
  v1::StreamingRecognizeRequest request;
  request.mutable_control();
  ExpectFieldError(Push(request), "control.command", "finalize");
}

TEST(ParseMessageTest, GarbageIsRefusedWithTheType) {
  const std::string garbage = "\xff\xff\xff garbage";
  const grpc::Slice slice(garbage);
  grpc::ByteBuffer bytes(&slice, 1);
  v1::StreamingRecognizeRequest request;
  const absl::Status status = ParseMessage(&bytes, &request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("oido.v1.StreamingRecognizeRequest"));
}

TEST(ParseMessageTest, WhatWasSerializedComesBack) {
  v1::RecognizeRequest request;
  request.set_audio_content(std::string(100000, 'x'));
  const grpc::Slice slice(request.SerializeAsString());
  grpc::ByteBuffer bytes(&slice, 1);
  v1::RecognizeRequest parsed;
  ASSERT_TRUE(ParseMessage(&bytes, &parsed).ok());
  EXPECT_EQ(parsed.audio_content(), request.audio_content());
}

}  // namespace
}  // namespace oido::server
