// Tests that any bytes give samples or a Status, and that memory stays bounded.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "features/audio_decoder.h"
#include "tests/unit/wav_bytes.h"

namespace oido::features {
namespace {

constexpr size_t kStreamBytes = 100000;
// Of a decoder, however much it has read.
constexpr size_t kDecoderBytes = 220 * 1024;

std::string RandomBytes(std::mt19937& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// A good header with some bytes wrong, then anything.
std::string BrokenWav(std::mt19937& random) {
  const uint32_t rates[] = {8000, 16000, 44100, 96000, 0};
  const uint32_t formats[] = {1, 1, 3, 0xFFFE};
  std::string wav = WavBytes({.format = formats[random() % 4],
                              .rate = rates[random() % 5],
                              .bits = 16u << (random() % 2)},
                             "");
  if (random() % 2 == 0)
    wav.insert(12, Chunk("LIST", RandomBytes(random, random() % 300)));
  for (auto flips = random() % 4; flips > 0; --flips) {
    wav[random() % wav.size()] = static_cast<char>(random());
  }
  return wav + RandomBytes(random, random() % kStreamBytes);
}

AudioFormat RandomFormat(std::mt19937& random) {
  const AudioEncoding encodings[] = {AudioEncoding::kUnspecified,
                                     AudioEncoding::kLinear16,
                                     AudioEncoding::kFloat32};
  const int rates[] = {0, 8000, 11025, 16000, 48000};
  return {encodings[random() % 3], rates[random() % 5], 1};
}

void Feed(std::mt19937& random, const std::string& bytes) {
  auto decoder = AudioDecoder::Create(RandomFormat(random), 16000);
  if (!decoder.ok()) return;
  absl::Status status;
  size_t produced = 0;
  const size_t most = 1 + random() % 5000;
  for (absl::string_view rest = bytes; !rest.empty();) {
    const absl::string_view piece = rest.substr(0, 1 + random() % most);
    rest.remove_prefix(piece.size());
    std::vector<float> samples;
    const bool failed_before = !status.ok();
    const auto choice = random() % 200;
    if (choice == 0) (*decoder)->Reset();
    status = choice == 1 ? (*decoder)->Finish(AudioEnd::kStream, &samples)
                         : (*decoder)->Decode(piece, &samples);
    ASSERT_FALSE(failed_before && status.ok()) << "an error stays";
    for (const float sample : samples) ASSERT_TRUE(std::isfinite(sample));
    produced += samples.size();
    ASSERT_LE((*decoder)->size_bytes(), kDecoderBytes);
  }
  // 8 kHz, 16 bits: a sample a byte, and what a resampler gives at its end,
  // once for every Finish.
  ASSERT_LE(produced, 2 * bytes.size() + 1000);
}

TEST(AudioGarbageTest, AnyBytesGiveSamplesOrAStatus) {
  const uint32_t first_seed = std::random_device{}();
  for (uint32_t seed = first_seed; seed < first_seed + 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string bytes = random() % 3 == 0
                                  ? RandomBytes(random, random() % kStreamBytes)
                                  : BrokenWav(random);
    Feed(random, bytes);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace oido::features
