// Every encoding in the other protocols' names, against the native one's.
#include <gtest/gtest.h>
#include <sndfile.h>

#include <cctype>
#include <string>
#include <vector>

#include "tests/support/encoded_audio.h"
#include "tests/support/google_clients.h"
#include "tests/support/riva_client.h"

namespace oido::test {
namespace {

using V1Encoding = gv1::RecognitionConfig;
using V2Encoding = gv2::ExplicitDecodingConfig;

struct Case {
  const char* name;
  int sndfile_format;
  v1::AudioEncoding native;
  nvidia::riva::AudioEncoding riva;
  gv1::RecognitionConfig::AudioEncoding google_v1;
  gv2::ExplicitDecodingConfig::AudioEncoding google_v2;
};

// v1 has no name for A-law; a file says for itself what it is.
const Case kCases[] = {
    {"FLAC", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, v1::FLAC, nvidia::riva::FLAC,
     V1Encoding::FLAC, V2Encoding::FLAC},
    {"Ogg Opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, v1::OGG_OPUS,
     nvidia::riva::OGGOPUS, V1Encoding::OGG_OPUS, V2Encoding::OGG_OPUS},
    {"mu-law", SF_FORMAT_RAW | SF_FORMAT_ULAW, v1::MULAW, nvidia::riva::MULAW,
     V1Encoding::MULAW, V2Encoding::MULAW},
    {"A-law", SF_FORMAT_WAV | SF_FORMAT_ALAW, v1::ALAW, nvidia::riva::ALAW,
     V1Encoding::ENCODING_UNSPECIFIED, V2Encoding::ALAW},
};

std::string Encode(int format) {
  features::Audio audio;
  audio.rate_hz = 16000;
  const std::string linear = MakeAudio(4, 2000);
  for (size_t at = 0; at + 1 < linear.size(); at += 2) {
    const auto low = static_cast<unsigned char>(linear[at]);
    const auto high = static_cast<signed char>(linear[at + 1]);
    audio.samples.push_back(static_cast<float>(high * 256 + low) / 32768.0f);
  }
  return features::EncodeWithSndfile(audio, format);
}

class CompatEncodingsTest : public RivaTest,
                            public testing::WithParamInterface<Case> {
 protected:
  std::string NativeText(const std::string& audio) {
    const auto stub = server_.NewStub();
    ClientStream stream(stub.get());
    v1::StreamingRecognizeRequest config = ConfigRequest();
    config.mutable_streaming_config()->mutable_config()->set_encoding(
        GetParam().native);
    stream.Send(config);
    stream.SendPieces(audio, 640);
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return FinalText(stream.responses());
  }
};

TEST_P(CompatEncodingsTest, SaysWhatTheNativeApiSays) {
  const std::string audio = Encode(GetParam().sndfile_format);
  const std::string native = NativeText(audio);
  ASSERT_FALSE(native.empty());

  std::vector<RivaRequest> riva = RivaRequests(audio, 640);
  riva[0].mutable_streaming_config()->mutable_config()->set_encoding(
      GetParam().riva);
  EXPECT_EQ(FinalText(Talk(riva).responses), native);

  gv1::StreamingRecognizeRequest v1_config = V1Config();
  v1_config.mutable_streaming_config()->mutable_config()->set_encoding(
      GetParam().google_v1);
  const auto v1_stub = gv1::Speech::NewStub(Connect(server_.address()));
  EXPECT_EQ(FinalText(StreamAll<gv1::StreamingRecognizeResponse>(
                          v1_stub.get(), std::vector{v1_config, V1Audio(audio)})
                          .responses),
            native);

  gv2::StreamingRecognizeRequest v2_config = V2Config();
  v2_config.mutable_streaming_config()
      ->mutable_config()
      ->mutable_explicit_decoding_config()
      ->set_encoding(GetParam().google_v2);
  const auto v2_stub = gv2::Speech::NewStub(Connect(server_.address()));
  EXPECT_EQ(FinalText(StreamAll<gv2::StreamingRecognizeResponse>(
                          v2_stub.get(), std::vector{v2_config, V2Audio(audio)})
                          .responses),
            native);
}

INSTANTIATE_TEST_SUITE_P(All, CompatEncodingsTest, testing::ValuesIn(kCases),
                         [](const auto& tested) {
                           std::string name;
                           for (const char* c = tested.param.name; *c != 0; ++c)
                             if (std::isalnum(*c) != 0) name += *c;
                           return name;
                         });

}  // namespace
}  // namespace oido::test
