// Tests which bytes become which samples, and which are refused.
#include "features/audio_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/wav_bytes.h"

namespace oido::features {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr AudioFormat kLinear16At16k = {AudioEncoding::kLinear16, 16000, 1};
constexpr AudioFormat kFloat32At16k = {AudioEncoding::kFloat32, 16000, 1};
constexpr AudioFormat kSniffed = {};

std::unique_ptr<AudioDecoder> MakeDecoder(const AudioFormat& format) {
  auto decoder = AudioDecoder::Create(format, 16000);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  return *std::move(decoder);
}

struct Decoded {
  absl::Status status;
  std::vector<float> samples;
};

Decoded DecodeAll(const AudioFormat& format, absl::string_view bytes) {
  auto decoder = MakeDecoder(format);
  Decoded decoded;
  decoded.status = decoder->Decode(bytes, &decoded.samples);
  if (decoded.status.ok())
    decoded.status = decoder->Finish(AudioEnd::kStream, &decoded.samples);
  return decoded;
}

void ExpectRefused(const AudioFormat& format, absl::string_view bytes,
                   const std::string& message) {
  const Decoded decoded = DecodeAll(format, bytes);
  EXPECT_EQ(decoded.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(decoded.status.message()), HasSubstr(message));
}

TEST(AudioDecoderTest, Linear16IsSignedLittleEndian) {
  const std::string bytes("\x01\x00\x00\x01\xff\xff\xff\x7f\x00\x80", 10);
  const Decoded decoded = DecodeAll(kLinear16At16k, bytes);
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_THAT(decoded.samples, ElementsAre(1, 256, -1, 32767, -32768));
}

// The values are those of CPython 3.11's audioop.ulaw2lin and alaw2lin.
TEST(AudioDecoderTest, MulawAndAlawAreThoseOfG711) {
  const std::string bytes("\x00\x7f\x80\xff\x55\xd5\x2a\xaa", 8);
  EXPECT_THAT(DecodeAll({AudioEncoding::kMulaw, 16000, 1}, bytes).samples,
              ElementsAre(-32124, 0, 32124, 0, -716, 716, -5372, 5372));
  EXPECT_THAT(DecodeAll({AudioEncoding::kAlaw, 16000, 1}, bytes).samples,
              ElementsAre(-5504, -848, 5504, 848, -8, 8, -32256, 32256));
}

TEST(AudioDecoderTest, ChannelsAreInterleavedAndTheirMeanIsHeard) {
  const std::string bytes = Linear16Bytes({100, 300, -20, 20, 32767, 32767});
  AudioFormat format = {AudioEncoding::kLinear16, 16000, 2};
  EXPECT_THAT(DecodeAll(format, bytes).samples, ElementsAre(200, 0, 32767));
  format.channel = 0;
  EXPECT_THAT(DecodeAll(format, bytes).samples, ElementsAre(100, -20, 32767));
  format.channel = 1;
  EXPECT_THAT(DecodeAll(format, bytes).samples, ElementsAre(300, 20, 32767));
  format.channel = 2;
  ExpectRefused(format, bytes, "channel 3 is wanted of 2 channels");
}

TEST(AudioDecoderTest, Float32IsScaledAndClipped) {
  const Decoded decoded =
      DecodeAll(kFloat32At16k, FloatBytes({0.5f, -1.0f, 1.5f, -1e30f, 0.0f}));
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_THAT(decoded.samples, ElementsAre(16384, -32768, 32768, -32768, 0));
}

TEST(AudioDecoderTest, NonFiniteFloatIsRefusedAndTheErrorStays) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    auto decoder = MakeDecoder(kFloat32At16k);
    std::vector<float> samples;
    ASSERT_TRUE(decoder->Decode(FloatBytes({0.0f, 0.0f}), &samples).ok());
    const absl::Status status =
        decoder->Decode(FloatBytes({0.0f, bad}), &samples);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("audio_content: sample 3 is "));
    for (const float sample : samples) EXPECT_TRUE(std::isfinite(sample));
    EXPECT_EQ(decoder->Decode(FloatBytes({0.0f}), &samples), status);
    EXPECT_EQ(decoder->Finish(AudioEnd::kStream, &samples), status);
    decoder->Reset();
    EXPECT_EQ(decoder->Decode(FloatBytes({0.0f}), &samples), status);
  }
}

TEST(AudioDecoderTest, SampleThatIsCutOffIsRefused) {
  ExpectRefused(kLinear16At16k, "abc",
                "ends inside a sample: 1 of the 2 bytes of sample 1");
  ExpectRefused(kFloat32At16k, std::string(7, '\0'),
                "3 of the 4 bytes of sample 1");
  ExpectRefused({AudioEncoding::kLinear16, 16000, 2}, "abcdef",
                "2 of the 4 bytes of sample 1");
}

TEST(AudioDecoderTest, EmptyStreamIsEmpty) {
  for (const AudioFormat& format :
       {kLinear16At16k, kFloat32At16k, kSniffed,
        AudioFormat{AudioEncoding::kLinear16, 8000, 1}}) {
    const Decoded decoded = DecodeAll(format, "");
    EXPECT_TRUE(decoded.status.ok()) << decoded.status;
    EXPECT_THAT(decoded.samples, IsEmpty());
  }
}

TEST(AudioDecoderTest, CreateNamesFieldValueAndLimit) {
  const auto message = [](const AudioFormat& format) {
    const absl::Status status = AudioDecoder::Create(format, 16000).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_EQ(message({AudioEncoding::kLinear16, 0, 1}),
            "sample_rate_hertz is 0, must be in 8000..48000");
  EXPECT_EQ(message({AudioEncoding::kFloat32, 48001, 1}),
            "sample_rate_hertz is 48001, must be in 8000..48000");
  EXPECT_EQ(message({AudioEncoding::kUnspecified, 7999, 1}),
            "sample_rate_hertz is 7999, must be in 8000..48000, or 0 to take "
            "it from the header");
  EXPECT_EQ(message({AudioEncoding::kLinear16, -1, 1}),
            "sample_rate_hertz is -1, must be in 8000..48000");
  EXPECT_EQ(message({AudioEncoding::kLinear16, 16000, 9}),
            "audio_channel_count is 9, must be in 1..8, or 0 for 1");
  EXPECT_EQ(message({AudioEncoding::kUnspecified, 0, -1}),
            "audio_channel_count is -1, must be in 1..8, or 0 to take it from "
            "the header");
  EXPECT_TRUE(
      AudioDecoder::Create({AudioEncoding::kLinear16, 16000, 0}, 16000).ok());
}

TEST(AudioDecoderTest, WavHeaderGivesEncodingAndRate) {
  auto decoder = MakeDecoder(kSniffed);
  EXPECT_EQ(decoder->sample_rate_hz(), 0);
  std::vector<float> samples;
  const std::string wav =
      WavBytes({.format = 3, .bits = 32}, FloatBytes({0.25f, -0.25f}));
  ASSERT_TRUE(decoder->Decode(wav, &samples).ok());
  EXPECT_EQ(decoder->sample_rate_hz(), 16000);
  EXPECT_THAT(samples, ElementsAre(8192, -8192));
}

TEST(AudioDecoderTest, ChunksBehindTheDataAreNoAudio) {
  const std::string wav =
      WavBytes({}, "\x01\x02\x03\x04") + Chunk("LIST", "not audio");
  for (const AudioFormat& format : {kSniffed, kLinear16At16k}) {
    const Decoded decoded = DecodeAll(format, wav);
    EXPECT_TRUE(decoded.status.ok()) << decoded.status;
    EXPECT_THAT(decoded.samples, ElementsAre(0x0201, 0x0403));
  }
}

TEST(AudioDecoderTest, DataOfUnknownLengthGoesOnToTheEnd) {
  for (const uint32_t size : {0u, 0x7FFFF000u, 0xFFFFFFFFu}) {
    const Decoded decoded =
        DecodeAll(kSniffed, WavBytes({.data_size = size}, "abcdef"));
    EXPECT_TRUE(decoded.status.ok()) << decoded.status;
    EXPECT_EQ(decoded.samples.size(), 3u);
  }
}

TEST(AudioDecoderTest, DataShorterThanItsHeaderSaysIsTaken) {
  const Decoded decoded =
      DecodeAll(kSniffed, WavBytes({.data_size = 1000}, "abcd"));
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.samples.size(), 2u);
}

TEST(AudioDecoderTest, UnspecifiedEncodingNeedsAHeader) {
  ExpectRefused(kSniffed, "garbage",
                "encoding is AUDIO_ENCODING_UNSPECIFIED, but");
  ExpectRefused(kSniffed, "RIFX\x10\x10\x10\x10WAVE",
                "does not begin with a header of WAV (RIFF), FLAC");
  ExpectRefused(kSniffed,
                "RIFF\x10\x10\x10\x10"
                "AVI ",
                "does not begin with a header of WAV (RIFF), FLAC");
}

TEST(AudioDecoderTest, WavHeaderMustAgreeWithWhatWasDeclared) {
  const std::string wav = WavBytes({}, "abcd");
  ExpectRefused({AudioEncoding::kLinear16, 8000, 1}, wav,
                "sample_rate_hertz is 8000, but the WAV header says 16000");
  ExpectRefused({AudioEncoding::kUnspecified, 8000, 1}, wav,
                "sample_rate_hertz is 8000, but the WAV header says 16000");
  ExpectRefused(kFloat32At16k, wav,
                "encoding is FLOAT32, but the WAV header says LINEAR16");
}

TEST(AudioDecoderTest, WavHeaderIsHeldToTheLimits) {
  ExpectRefused(
      kSniffed, WavBytes({.rate = 96000}, "abcd"),
      "sample_rate_hertz is 96000 in the WAV header, must be in 8000..48000");
  ExpectRefused(kSniffed, WavBytes({.rate = 0xFFFFFFFFu}, "abcd"),
                "is 4294967295 in the WAV");
  ExpectRefused(kSniffed, WavBytes({.channels = 9}, std::string(18, 'a')),
                "audio_channel_count is 9 in the WAV header, must be in 1..8");
  ExpectRefused({AudioEncoding::kUnspecified, 0, 1},
                WavBytes({.channels = 2}, "abcd"),
                "audio_channel_count is 1, but the WAV header says 2");
}

TEST(AudioDecoderTest, StreamThatEndsInsideTheHeaderIsRefused) {
  const std::string wav = WavBytes({}, "");
  for (size_t size = 1; size < wav.size(); ++size) {
    ExpectRefused(kSniffed, wav.substr(0, size),
                  "header, after " + std::to_string(size) + " bytes");
  }
}

TEST(AudioDecoderTest, SamplesThatLookLikeAHeaderAreSamples) {
  for (const std::string& bytes :
       {std::string("RI"), std::string("RIFF"), std::string("RIFF1234WA"),
        std::string("RIFX12"), std::string("RIFF1234WAVX")}) {
    const Decoded decoded = DecodeAll(kLinear16At16k, bytes);
    EXPECT_TRUE(decoded.status.ok()) << bytes << ": " << decoded.status;
    ASSERT_EQ(decoded.samples.size(), bytes.size() / 2) << bytes;
    EXPECT_EQ(decoded.samples[0], 0x4952);
  }
}

TEST(AudioDecoderTest, NextUtteranceStartsAfresh) {
  auto decoder = MakeDecoder({AudioEncoding::kLinear16, 8000, 1});
  const std::string bytes =
      Linear16Bytes({1000, -2000, 3000, 500, 20, 10, -4000, 70});
  std::vector<float> first, second;
  ASSERT_TRUE(decoder->Decode(bytes, &first).ok());
  ASSERT_TRUE(decoder->Finish(AudioEnd::kStream, &first).ok());
  EXPECT_EQ(decoder->Decode(bytes, &second).code(),
            absl::StatusCode::kFailedPrecondition);

  decoder = MakeDecoder({AudioEncoding::kLinear16, 8000, 1});
  first.clear();
  for (std::vector<float>* samples : {&first, &second}) {
    ASSERT_TRUE(decoder->Decode(bytes, samples).ok());
    ASSERT_TRUE(decoder->Finish(AudioEnd::kStream, samples).ok());
    decoder->Reset();
  }
  EXPECT_EQ(first.size(), 16u);
  EXPECT_EQ(first, second);
}

TEST(AudioDecoderTest, WavDataGoesOnBehindReset) {
  auto decoder = MakeDecoder(kSniffed);
  std::vector<float> samples;
  ASSERT_TRUE(
      decoder->Decode(WavBytes({.data_size = 6}, "aabb"), &samples).ok());
  ASSERT_TRUE(decoder->Finish(AudioEnd::kStream, &samples).ok());
  decoder->Reset();
  ASSERT_TRUE(decoder->Decode("cc" + Chunk("LIST", "x"), &samples).ok());
  ASSERT_TRUE(decoder->Finish(AudioEnd::kStream, &samples).ok());
  EXPECT_THAT(samples, ElementsAre(0x6161, 0x6262, 0x6363));
}

TEST(AudioDecoderTest, ResetBeforeTheFirstByteStillExpectsTheHeader) {
  auto decoder = MakeDecoder(kSniffed);
  std::vector<float> samples;
  ASSERT_TRUE(decoder->Finish(AudioEnd::kStream, &samples).ok());
  decoder->Reset();
  ASSERT_TRUE(decoder->Decode(WavBytes({}, "ab"), &samples).ok());
  EXPECT_THAT(samples, ElementsAre(0x6261));
}

TEST(AudioDecoderTest, MemoryDoesNotGrowWithTheStream) {
  auto decoder = MakeDecoder({AudioEncoding::kLinear16, 44100, 1});
  const std::string bytes(100001, '\x11');
  for (int i = 0; i < 20; ++i) {
    std::vector<float> samples;
    ASSERT_TRUE(decoder->Decode(bytes, &samples).ok());
    ASSERT_LT(decoder->size_bytes(), 200000u);
  }
}

}  // namespace
}  // namespace oido::features
