// Channels recognised separately say what each would say alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/google_clients.h"
#include "tests/support/riva_client.h"

namespace oido::test {
namespace {

using testing::HasSubstr;

// Samples of all channels in turn; 16 bit, of equal length.
std::string Interleave(const std::vector<std::string>& channels) {
  std::string all;
  for (size_t at = 0; at < channels[0].size(); at += 2)
    for (const std::string& channel : channels) all += channel.substr(at, 2);
  return all;
}

std::vector<std::string> Voices(int channels) {
  std::vector<std::string> voices;
  for (int i = 0; i < channels; ++i)
    voices.push_back(MakeAudio(static_cast<uint32_t>(i) + 2, 2500));
  return voices;
}

void SetSeparate(int channels, v1::RecognitionConfig* config) {
  config->set_audio_channel_count(channels);
  config->set_enable_separate_recognition_per_channel(true);
}

// The final results of a channel, to the last digit; the tag is not looked at.
template <typename Results>
std::string Finals(const Results& results, int tag) {
  std::string finals;
  for (auto result : results) {
    if (!result.is_final() || result.channel_tag() != tag) continue;
    result.set_channel_tag(0);
    finals += result.DebugString();
  }
  return finals;
}

template <typename Responses>
auto AllResults(const Responses& responses) {
  std::vector<std::decay_t<decltype(responses[0].results(0))>> results;
  for (const auto& response : responses)
    results.insert(results.end(), response.results().begin(),
                   response.results().end());
  return results;
}

// Of one channel, in any protocol.
template <typename Responses>
std::string Text(const Responses& responses, int tag) {
  std::string text;
  for (const auto& result : AllResults(responses))
    if (result.is_final() && result.channel_tag() == tag)
      text += result.alternatives(0).transcript();
  return text;
}

class ChannelsTest : public testing::Test {
 protected:
  using Change = std::function<void(v1::RecognitionConfig*)>;

  // A stream of pieces of random lengths, each with a marker behind it.
  std::vector<v1::StreamingRecognizeResponse> Stream(const std::string& audio,
                                                     const Change& change) {
    const auto stub = server_.NewStub();
    ClientStream stream(stub.get());
    v1::StreamingRecognizeRequest config = ConfigRequest();
    change(config.mutable_streaming_config()->mutable_config());
    stream.Send(config);
    std::uniform_int_distribution<size_t> piece_bytes(1, 20000);
    for (size_t begin = 0; begin < audio.size();) {
      const size_t size = piece_bytes(random_);
      stream.Send(AudioRequest(audio.substr(begin, size)));
      EXPECT_TRUE(stream.Sync());
      begin += size;
    }
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return stream.responses();
  }

  std::vector<v1::StreamingRecognizeResponse> Alone(const std::string& audio) {
    return Stream(audio, [](v1::RecognitionConfig*) {});
  }

  const unsigned seed_ = std::random_device{}();
  std::mt19937 random_{seed_};
  TestServer server_;
};

TEST_F(ChannelsTest, EachSaysWhatItWouldSayAloneHoweverTheBytesAreCut) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  for (const int channels : {1, 2, 8}) {
    const std::vector<std::string> voices = Voices(channels);
    const auto together = Stream(
        Interleave(voices),
        [&](v1::RecognitionConfig* config) { SetSeparate(channels, config); });
    for (int i = 0; i < channels; ++i) {
      const std::string alone = Finals(AllResults(Alone(voices[i])), 0);
      ASSERT_FALSE(alone.empty());
      EXPECT_EQ(Finals(AllResults(together), i + 1), alone) << "channel " << i;
    }
  }
}

TEST_F(ChannelsTest, AMarkerComesBackOnceAndBehindAllChannels) {
  const auto stub = server_.NewStub();
  ClientStream stream(stub.get());
  v1::StreamingRecognizeRequest config = ConfigRequest();
  SetSeparate(3, config.mutable_streaming_config()->mutable_config());
  stream.Send(config);
  const std::string audio = Interleave(Voices(3));
  std::vector<std::string> sent;
  for (size_t begin = 0; begin < audio.size(); begin += 9600) {
    stream.Send(AudioRequest(audio.substr(begin, 9600)));
    v1::StreamingRecognizeRequest request;
    sent.push_back("m" + std::to_string(sent.size()));
    request.mutable_control()->mutable_marker()->set_id(sent.back());
    stream.Send(request);
  }
  stream.HalfClose();
  EXPECT_TRUE(stream.Finish().ok());
  std::vector<std::string> came;
  for (const auto& response : stream.responses())
    came.insert(came.end(), response.markers().begin(),
                response.markers().end());
  EXPECT_EQ(came, sent);
}

TEST_F(ChannelsTest, WholeRecordingsAreInTheOrderOfTheAudio) {
  const std::vector<std::string> voices = Voices(2);
  v1::RecognizeRequest request;
  *request.mutable_config() = ConfigRequest().streaming_config().config();
  SetSeparate(2, request.mutable_config());
  request.set_audio_content(Interleave(voices));
  grpc::ClientContext context;
  v1::RecognizeResponse response;
  const auto status =
      server_.NewStub()->Recognize(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.audio_processed().nanos(), 500000000);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(Finals(response.results(), i + 1),
              Finals(AllResults(Alone(voices[i])), 0));
  for (int i = 1; i < response.results_size(); ++i) {
    const auto& before = response.results(i - 1).result_end_time();
    const auto& after = response.results(i).result_end_time();
    EXPECT_LE(std::make_pair(before.seconds(), before.nanos()),
              std::make_pair(after.seconds(), after.nanos()));
  }
}

TEST_F(ChannelsTest, HowManyThereAreMustBeSaid) {
  const auto stub = server_.NewStub();
  ClientStream stream(stub.get());
  v1::StreamingRecognizeRequest config = ConfigRequest();
  SetSeparate(0, config.mutable_streaming_config()->mutable_config());
  stream.Send(config);
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(),
              HasSubstr("streaming_config.config.audio_channel_count: 0"));
}

TEST_F(ChannelsTest, AnErrorInTheAudioIsToldOnce) {
  const auto stub = server_.NewStub();
  ClientStream stream(stub.get());
  v1::StreamingRecognizeRequest config = ConfigRequest();
  SetSeparate(2, config.mutable_streaming_config()->mutable_config());
  stream.Send(config);
  stream.Send(AudioRequest(Interleave(Voices(2)).substr(0, 64001)));
  stream.HalfClose();
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("sample"));
}

TEST(ChannelsLimitTest, EachIsAStream) {
  server::ServerOptions options;
  options.max_streams = 3;
  TestServer server(options);
  const auto stub = server.NewStub();
  const auto open = [&](int channels) {
    ClientStream stream(stub.get());
    v1::StreamingRecognizeRequest config = ConfigRequest();
    SetSeparate(channels, config.mutable_streaming_config()->mutable_config());
    stream.Send(config);
    stream.SendPieces(Interleave(Voices(channels)), 6400);
    stream.HalfClose();
    return stream.Finish();
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(open(4).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    const grpc::Status status = open(3);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
}

using RivaChannelsTest = RivaTest;

TEST_F(RivaChannelsTest, AreTaggedAndAnswerEachMessageOnce) {
  const std::vector<std::string> voices = Voices(2);
  std::vector<RivaRequest> requests = RivaRequests(Interleave(voices), 6400);
  riva::RecognitionConfig* config =
      requests[0].mutable_streaming_config()->mutable_config();
  config->set_audio_channel_count(2);
  config->set_enable_separate_recognition_per_channel(true);
  const auto stream = Talk(requests);
  ASSERT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_EQ(stream.responses.size(), requests.size());
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(Text(stream.responses, i + 1), FinalText(Native(voices[i])));
}

using GoogleChannelsTest = GoogleTest;

TEST_F(GoogleChannelsTest, AreTaggedInBothVersions) {
  const std::vector<std::string> voices = Voices(2);
  const std::string audio = Interleave(voices);
  gv1::StreamingRecognizeRequest first = V1Config();
  gv1::RecognitionConfig* v1_config =
      first.mutable_streaming_config()->mutable_config();
  v1_config->set_audio_channel_count(2);
  v1_config->set_enable_separate_recognition_per_channel(true);
  gv2::StreamingRecognizeRequest second = V2Config();
  gv2::RecognitionConfig* v2_config =
      second.mutable_streaming_config()->mutable_config();
  v2_config->mutable_explicit_decoding_config()->set_audio_channel_count(2);
  v2_config->mutable_features()->set_multi_channel_mode(
      gv2::RecognitionFeatures::SEPARATE_RECOGNITION_PER_CHANNEL);
  const auto v1_stream = V1Talk({first, V1Audio(audio)});
  const auto v2_stream = V2Talk({second, V2Audio(audio)});
  for (int i = 0; i < 2; ++i) {
    const std::string alone = FinalText(Native(voices[i]));
    EXPECT_EQ(Text(v1_stream.responses, i + 1), alone);
    EXPECT_EQ(Text(v2_stream.responses, i + 1), alone);
  }
}

}  // namespace
}  // namespace oido::test
