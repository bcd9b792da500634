// The services that clients of Google Speech-to-Text know, against the native
// one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/google_clients.h"

namespace oido::test {
namespace {

using GoogleServiceTest = GoogleTest;

std::string Silence(int duration_ms) {
  return std::string(duration_ms * 32, 0);
}

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
  ASSERT_EQ(stream.responses[1].results_size(), 1);
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
  for (const auto& response : V1Talk({first, V1Audio(audio)}).responses) {
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
  for (const auto& response : V2Talk({second, V2Audio(audio)}).responses) {
    if (response.speech_event_type() != 0)
      events.push_back(response.speech_event_offset().SerializeAsString());
  }
  EXPECT_EQ(events, native);
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

}  // namespace
}  // namespace oido::test
