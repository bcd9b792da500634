// Tests that samples and steps do not depend on how the bytes were cut, to the
// bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "features/audio_decoder.h"
#include "features/frontend.h"
#include "tests/unit/wav_bytes.h"

namespace oido::features {
namespace {

struct StreamCase {
  AudioEncoding encoding;
  enum class Header { kNone, kWav, kWavSniffed } header;
  int rate_hz;
};

std::string CaseName(const testing::TestParamInfo<StreamCase>& info) {
  const StreamCase& c = info.param;
  const char* header = c.header == StreamCase::Header::kNone  ? "Raw"
                       : c.header == StreamCase::Header::kWav ? "Wav"
                                                              : "WavSniffed";
  return (c.encoding == AudioEncoding::kLinear16 ? "Linear16_" : "Float32_") +
         std::to_string(c.rate_hz) + "_" + header;
}

std::vector<StreamCase> AllCases() {
  using Header = StreamCase::Header;
  std::vector<StreamCase> cases;
  for (const auto encoding :
       {AudioEncoding::kLinear16, AudioEncoding::kFloat32}) {
    for (const Header header :
         {Header::kNone, Header::kWav, Header::kWavSniffed}) {
      for (const int rate_hz : {8000, 16000, 22050, 44100, 48000}) {
        cases.push_back({encoding, header, rate_hz});
      }
    }
  }
  return cases;
}

// 0.2 s of noise with a slow swell, behind a header with another chunk in it
// and in front of one that is no audio.
std::string StreamBytes(const StreamCase& c) {
  std::mt19937 random(11);
  std::vector<float> floats;
  std::vector<int> integers;
  for (int n = 0; n < c.rate_hz / 5; ++n) {
    const int value = static_cast<int>(random() % 20001) - 10000;
    integers.push_back(value * (n % 4000) / 4000);
    floats.push_back(static_cast<float>(integers.back()) / 32768.0f);
  }
  const bool is_float = c.encoding == AudioEncoding::kFloat32;
  const std::string data =
      is_float ? FloatBytes(floats) : Linear16Bytes(integers);
  if (c.header == StreamCase::Header::kNone) return data;
  const WavSpec spec = {.format = is_float ? 3u : 1u,
                        .rate = static_cast<uint32_t>(c.rate_hz),
                        .bits = is_float ? 32u : 16u};
  std::string wav = WavBytes(spec, data);
  wav.insert(12, Chunk("LIST", "thirteen char"));
  return wav + Chunk("LIST", "not audio");
}

struct Result {
  std::vector<float> samples;
  std::vector<float> steps;
};

class AudioChunkingTest : public testing::TestWithParam<StreamCase> {
 protected:
  void SetUp() override {
    auto log_mel = LogMel::Create(*options_);
    ASSERT_TRUE(log_mel.ok()) << log_mel.status();
    log_mel_ = *std::move(log_mel);
  }

  // The whole path, the bytes cut into pieces of the sizes that `next` gives.
  template <typename Next>
  Result Run(const std::string& bytes, Next next) {
    const StreamCase& c = GetParam();
    AudioFormat format;
    if (c.header != StreamCase::Header::kWavSniffed)
      format = {c.encoding, c.rate_hz, 1};
    auto decoder = AudioDecoder::Create(format, options_->sample_rate_hz);
    EXPECT_TRUE(decoder.ok()) << decoder.status();
    Frontend frontend(options_);
    Result result;
    std::vector<float> samples;
    const auto take = [&] {
      frontend.AcceptWaveform(samples, *log_mel_);
      result.samples.insert(result.samples.end(), samples.begin(),
                            samples.end());
      samples.clear();
      TakeSteps(frontend, &result.steps);
    };
    for (absl::string_view rest = bytes; !rest.empty();) {
      const absl::string_view piece = rest.substr(0, next());
      rest.remove_prefix(piece.size());
      const absl::Status status = (*decoder)->Decode(piece, &samples);
      EXPECT_TRUE(status.ok()) << status;
      take();
    }
    const absl::Status status = (*decoder)->Finish(AudioEnd::kStream, &samples);
    EXPECT_TRUE(status.ok()) << status;
    take();
    frontend.Flush(100, *log_mel_);
    TakeSteps(frontend, &result.steps);
    return result;
  }

  void TakeSteps(Frontend& frontend, std::vector<float>* steps) {
    std::vector<float> step(options_->step_size());
    while (frontend.steps_ready() > 0) {
      frontend.PopStep(absl::MakeSpan(step));
      steps->insert(steps->end(), step.begin(), step.end());
    }
  }

  const std::shared_ptr<const FrontendOptions> options_ =
      std::make_shared<FrontendOptions>();
  std::unique_ptr<LogMel> log_mel_;
};

TEST_P(AudioChunkingTest, EveryCutGivesTheSameSamplesAndSteps) {
  const std::string bytes = StreamBytes(GetParam());
  const Result whole = Run(bytes, [&] { return bytes.size(); });
  // 0.2 s is 3200 samples; with 100 ms behind them 4800, which 10 steps cover.
  EXPECT_NEAR(static_cast<double>(whole.samples.size()), 3200.0, 1.0);
  EXPECT_EQ(whole.steps.size(), 10u * options_->step_size());

  // operator== on floats: no sample is NaN, and -0 is told apart by its
  // logarithm only.
  const auto expect_same = [&](const Result& cut, const std::string& how) {
    EXPECT_TRUE(cut.samples == whole.samples) << how;
    EXPECT_TRUE(cut.steps == whole.steps) << how;
  };
  expect_same(Run(bytes, [] { return size_t{1}; }), "one byte at a time");
  expect_same(Run(bytes, [] { return size_t{3}; }), "three bytes at a time");
  expect_same(Run(bytes, [] { return size_t{640}; }), "640 bytes at a time");
  const uint32_t first_seed = std::random_device{}();
  for (uint32_t seed = first_seed; seed < first_seed + 4; ++seed) {
    std::mt19937 random(seed);
    const size_t most = size_t{1} << (1 + random() % 14);
    expect_same(Run(bytes, [&] { return 1 + random() % most; }),
                "seed " + std::to_string(seed));
  }
}

TEST_P(AudioChunkingTest, EncodingAndHeaderDoNotChangeTheSamples) {
  const std::string bytes = StreamBytes(GetParam());
  const Result result = Run(bytes, [&] { return bytes.size(); });
  auto decoder = AudioDecoder::Create(
      {AudioEncoding::kLinear16, GetParam().rate_hz, 1}, 16000);
  ASSERT_TRUE(decoder.ok());
  std::vector<float> samples;
  const std::string raw =
      StreamBytes({AudioEncoding::kLinear16, StreamCase::Header::kNone,
                   GetParam().rate_hz});
  ASSERT_TRUE((*decoder)->Decode(raw, &samples).ok());
  ASSERT_TRUE((*decoder)->Finish(AudioEnd::kStream, &samples).ok());
  EXPECT_TRUE(result.samples == samples);
}

INSTANTIATE_TEST_SUITE_P(All, AudioChunkingTest, testing::ValuesIn(AllCases()),
                         CaseName);

}  // namespace
}  // namespace oido::features
