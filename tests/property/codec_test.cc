// Tests that encoded speech becomes the samples that libsndfile makes of it,
// however the bytes are cut, and that damage is found and its place named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "features/audio_decoder.h"
#include "tests/support/encoded_audio.h"

namespace oido::features {
namespace {

using testing::HasSubstr;

struct Case {
  const char* name;
  int format;  // libsndfile's
  int rate_hz;
  int channels;
};

constexpr int kFlac16 = SF_FORMAT_FLAC | SF_FORMAT_PCM_16;
constexpr int kFlac24 = SF_FORMAT_FLAC | SF_FORMAT_PCM_24;
constexpr int kOpus = SF_FORMAT_OGG | SF_FORMAT_OPUS;

const Case kCases[] = {
    {"Flac16k", kFlac16, 16000, 1},
    {"Flac8kStereo", kFlac16, 8000, 2},
    {"Flac44k24Bit3Channels", kFlac24, 44100, 3},
    {"Flac8Bit", SF_FORMAT_FLAC | SF_FORMAT_PCM_S8, 16000, 1},
    {"Flac48k8Channels", kFlac16, 48000, 8},
    {"Opus16k", kOpus, 16000, 1},
    {"Opus8k", kOpus, 8000, 1},
    {"Opus48kStereo", kOpus, 48000, 2},
    {"Opus24k6Channels", kOpus, 24000, 6},
    {"MulawWav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000, 1},
    {"AlawWavStereo", SF_FORMAT_WAV | SF_FORMAT_ALAW, 8000, 2},
};

// Speech whose rate is taken to be another: it is lower or higher, and speech.
Audio SpeechOf(const Case& c) {
  Audio audio = RecordedSpeech();
  audio.rate_hz = c.rate_hz;
  return Spread(audio, c.channels);
}

struct Decoded {
  absl::Status status;
  std::vector<float> samples;
};

// Channel `channel` of `bytes`, cut into pieces of the sizes `next` gives, at
// the rate at which they are.
Decoded Decode(const std::string& bytes, int rate_hz, int channel,
               const std::function<size_t()>& next) {
  AudioFormat format;
  format.channel = channel;
  auto decoder = AudioDecoder::Create(format, rate_hz);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  Decoded decoded;
  for (absl::string_view rest = bytes; !rest.empty() && decoded.status.ok();) {
    const absl::string_view piece = rest.substr(0, next());
    rest.remove_prefix(piece.size());
    decoded.status = (*decoder)->Decode(piece, &decoded.samples);
    EXPECT_LE((*decoder)->size_bytes(), 3u << 20);
  }
  if (decoded.status.ok()) {
    decoded.status = (*decoder)->Finish(AudioEnd::kStream, &decoded.samples);
  }
  return decoded;
}

Decoded DecodeWhole(const std::string& bytes, int rate_hz, int channel) {
  return Decode(bytes, rate_hz, channel, [&] { return bytes.size(); });
}

class CodecTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    bytes_ = EncodeWithSndfile(SpeechOf(GetParam()), GetParam().format);
    ASSERT_GT(bytes_.size(), 1000u);
  }
  std::string bytes_;
};

TEST_P(CodecTest, EveryChannelIsWhatLibsndfileHears) {
  const Audio expected = DecodeWithSndfile(bytes_);
  const auto width = static_cast<size_t>(GetParam().channels);
  ASSERT_EQ(expected.channels, GetParam().channels);
  ASSERT_EQ(expected.rate_hz, GetParam().rate_hz);
  for (size_t c = 0; c < width; ++c) {
    const Decoded heard =
        DecodeWhole(bytes_, GetParam().rate_hz, static_cast<int>(c));
    ASSERT_TRUE(heard.status.ok()) << heard.status;
    ASSERT_EQ(heard.samples.size(), expected.samples.size() / width);
    for (size_t i = 0; i < heard.samples.size(); ++i) {
      const float sample =
          std::clamp(expected.samples[i * width + c], -1.0f, 1.0f) * 32768.0f;
      ASSERT_EQ(heard.samples[i], sample) << "sample " << i << " of " << c;
    }
  }
}

TEST_P(CodecTest, EveryCutGivesTheSameSamples) {
  const Decoded whole =
      DecodeWhole(bytes_, GetParam().rate_hz, kMeanOfChannels);
  ASSERT_TRUE(whole.status.ok()) << whole.status;
  const auto expect_same = [&](const std::function<size_t()>& next,
                               const std::string& how) {
    const Decoded cut =
        Decode(bytes_, GetParam().rate_hz, kMeanOfChannels, next);
    EXPECT_TRUE(cut.status.ok()) << how << cut.status;
    EXPECT_TRUE(cut.samples == whole.samples) << how;
  };
  expect_same([] { return size_t{1}; }, "one byte at a time");
  expect_same([] { return size_t{4096}; }, "4096 bytes at a time");
  const uint32_t first_seed = std::random_device{}();
  for (uint32_t seed = first_seed; seed < first_seed + 4; ++seed) {
    std::mt19937 random(seed);
    const size_t most = size_t{1} << (1 + random() % 14);
    expect_same([&] { return 1 + random() % most; },
                absl::StrCat("seed ", seed));
  }
}

// The number behind "byte " in a message.
size_t ByteIn(absl::string_view message) {
  const size_t begin = message.find("byte ");
  EXPECT_NE(begin, absl::string_view::npos) << message;
  if (begin == absl::string_view::npos) return 0;
  absl::string_view digits = message.substr(begin + 5);
  size_t value = 0;
  EXPECT_TRUE(absl::SimpleAtoi(digits.substr(0, digits.find(':')), &value))
      << message;
  return value;
}

bool HasChecksums() {
  return (CodecTest::GetParam().format & SF_FORMAT_TYPEMASK) != SF_FORMAT_WAV;
}

TEST_P(CodecTest, FlippedBitIsFoundAndItsPlaceNamed) {
  if (!HasChecksums()) return;
  const Decoded good = DecodeWhole(bytes_, GetParam().rate_hz, 0);
  const uint32_t first_seed = std::random_device{}();
  for (uint32_t seed = first_seed; seed < first_seed + 20; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    // Behind all headers.
    const size_t place = 1000 + random() % (bytes_.size() - 1000);
    std::string broken = bytes_;
    broken[place] = static_cast<char>(broken[place] ^ 1 << random() % 8);
    const Decoded bad = DecodeWhole(broken, GetParam().rate_hz, 0);
    ASSERT_EQ(bad.status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_LE(ByteIn(bad.status.message()), place);
    // What came before it is right.
    ASSERT_LT(bad.samples.size(), good.samples.size());
    EXPECT_TRUE(std::equal(bad.samples.begin(), bad.samples.end(),
                           good.samples.begin()));
  }
}

TEST_P(CodecTest, EndInTheMiddleIsRefusedBehindWhatCameBefore) {
  if (!HasChecksums()) return;
  const Decoded good = DecodeWhole(bytes_, GetParam().rate_hz, 0);
  const Decoded cut =
      DecodeWhole(bytes_.substr(0, bytes_.size() - 1), GetParam().rate_hz, 0);
  EXPECT_EQ(cut.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(cut.status.message()), HasSubstr("ends inside"));
  EXPECT_LT(ByteIn(cut.status.message()), bytes_.size());
  ASSERT_LT(cut.samples.size(), good.samples.size());
  EXPECT_TRUE(
      std::equal(cut.samples.begin(), cut.samples.end(), good.samples.begin()));
}

INSTANTIATE_TEST_SUITE_P(All, CodecTest, testing::ValuesIn(kCases),
                         [](const auto& test) {
                           return std::string(test.param.name);
                         });

}  // namespace
}  // namespace oido::features
