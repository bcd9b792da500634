// The service that clients of Riva know, against the native one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/riva_client.h"

namespace oido::test {
namespace {

class RivaServiceTest : public RivaTest {
 protected:
  // Waits for the response to each piece before it sends the next, so that what
  // is interim does not depend on how busy the machine is.
  ForeignStream<RivaResponse> TalkByTurns(const std::string& audio) {
    ForeignStream<RivaResponse> result;
    grpc::ClientContext context;
    const auto stream = stub_->StreamingRecognize(&context);
    RivaResponse response;
    for (const RivaRequest& request : RivaRequests(audio, 3200)) {
      EXPECT_TRUE(stream->Write(request));
      if (request.has_streaming_config()) continue;
      EXPECT_TRUE(stream->Read(&response));
      result.responses.push_back(response);
    }
    stream->WritesDone();
    while (stream->Read(&response)) result.responses.push_back(response);
    result.status = stream->Finish();
    return result;
  }
};

TEST_F(RivaServiceTest, OneResponseForEachAudioMessageAndOneMoreAtTheEnd) {
  const std::string audio = MakeAudio(2, 3000);
  for (const size_t piece_bytes : {size_t{640}, size_t{3200}, audio.size()}) {
    std::vector<RivaRequest> requests = RivaRequests(audio, piece_bytes);
    requests.push_back(RivaAudio(""));
    const auto stream = Talk(requests);
    EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
    EXPECT_EQ(stream.responses.size(), requests.size());
    EXPECT_EQ(FinalText(stream.responses), FinalText(Native(audio)));
  }
}

TEST_F(RivaServiceTest, ResultsAreInRivasTerms) {
  const std::string audio = MakeAudio(2, 3000);
  const ForeignStream<RivaResponse> stream = TalkByTurns(audio);
  std::vector<v1::WordInfo> native_words;
  for (const auto& response : Native(audio)) {
    for (const auto& result : response.results()) {
      for (const auto& word : result.alternatives(0).words())
        native_words.push_back(word);
    }
  }
  size_t words = 0;
  int interims = 0;
  for (const RivaResponse& response : stream.responses) {
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
  RivaRequest request = RivaAudio(MakeAudio(3, 400));
  (*request.mutable_runtime_config())["force_eou"] = "true";
  stream->Write(request);
  RivaResponse response;
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

TEST_F(RivaServiceTest, EveryFinalHasAsManyAlternativesAsWereAskedFor) {
  std::vector<RivaRequest> requests = RivaRequests(MakeAudio(2, 3000), 640);
  requests.front()
      .mutable_streaming_config()
      ->mutable_config()
      ->set_max_alternatives(3);
  int finals = 0;
  for (const RivaResponse& response : Talk(requests).responses) {
    for (const auto& result : response.results()) {
      if (!result.is_final()) continue;
      ++finals;
      EXPECT_EQ(result.alternatives_size(), 3);
    }
  }
  EXPECT_GT(finals, 1);
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

}  // namespace
}  // namespace oido::test
