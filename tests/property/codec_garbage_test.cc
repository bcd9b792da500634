// Tests that damaged FLAC and Ogg Opus gives samples or a Status, within bounds
// of memory and of work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "features/audio_decoder.h"
#include "tests/support/encoded_audio.h"

namespace oido::features {
namespace {

using testing::HasSubstr;

constexpr int kRateHz = 16000;
// docs/api.md states these for one and two channels.
constexpr size_t kFlacBytes = 640 * 1024;
constexpr size_t kOpusBytes = 320 * 1024;

std::string RandomBytes(std::mt19937& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// A file with bits flipped, bytes put in, taken out or repeated.
std::string Damaged(std::string bytes, std::mt19937& random) {
  for (auto wounds = 1 + random() % 4; wounds > 0 && !bytes.empty(); --wounds) {
    // Half of them in the headers.
    const size_t reach = random() % 2 == 0 ? 200 : bytes.size();
    const size_t place = random() % std::min(reach, bytes.size());
    const size_t size = 1 + random() % 100;
    switch (random() % 4) {
      case 0:
        bytes[place] = static_cast<char>(bytes[place] ^ 1 << random() % 8);
        break;
      case 1:
        bytes.insert(place, RandomBytes(random, size));
        break;
      case 2:
        bytes.erase(place, size);
        break;
      default:
        bytes.insert(place, bytes.substr(place, size));
    }
  }
  return bytes;
}

// All of `bytes` in pieces of at most `most`; the status it ends with.
absl::Status Feed(const std::string& bytes, size_t most, size_t bound_bytes,
                  std::mt19937& random) {
  auto decoder = AudioDecoder::Create({}, kRateHz);
  EXPECT_TRUE(decoder.ok());
  absl::Status status;
  std::vector<float> samples;
  for (absl::string_view rest = bytes; !rest.empty() && status.ok();) {
    absl::string_view piece = rest.substr(0, 1 + random() % most);
    rest.remove_prefix(piece.size());
    // Each call takes bytes or gives samples; a packet may give none.
    size_t calls = 0;
    do {
      samples.clear();
      status = (*decoder)->DecodeSome(&piece, &samples);
      EXPECT_LE(samples.size(), 2 * kMaxSamplesAtOnce);
      for (const float sample : samples) EXPECT_TRUE(std::isfinite(sample));
      EXPECT_LE((*decoder)->size_bytes(), bound_bytes);
      if (++calls > 100000) return absl::InternalError("no end of samples");
    } while (status.ok() && (!piece.empty() || (*decoder)->has_more()));
  }
  samples.clear();
  if (status.ok()) status = (*decoder)->Finish(AudioEnd::kStream, &samples);
  return status;
}

void FeedDamaged(int format, size_t bound_bytes) {
  const uint32_t first_seed = std::random_device{}();
  int refused = 0;
  for (uint32_t seed = first_seed; seed < first_seed + 150; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    Audio audio = RecordedSpeech();
    audio.samples.resize(1 + random() % 16000);
    const std::string bytes = EncodeWithSndfile(
        Spread(audio, 1 + static_cast<int>(random() % 2)), format);
    const absl::Status status =
        Feed(Damaged(bytes, random), 1 + random() % 5000, bound_bytes, random);
    ASSERT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
    refused += status.ok() ? 0 : 1;
    if (testing::Test::HasFailure()) return;
  }
  // What is left took its wounds where nothing depends on them.
  EXPECT_GT(refused, 100);
}

TEST(CodecGarbageTest, DamagedFlacIsRefusedOrHarmless) {
  FeedDamaged(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, kFlacBytes);
}

TEST(CodecGarbageTest, DamagedOggOpusIsRefusedOrHarmless) {
  FeedDamaged(SF_FORMAT_OGG | SF_FORMAT_OPUS, kOpusBytes);
}

TEST(CodecGarbageTest, AnythingBehindAMagicIsRefused) {
  const uint32_t first_seed = std::random_device{}();
  for (uint32_t seed = first_seed; seed < first_seed + 100; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937 random(seed);
    for (const char* magic : {"fLaC", "OggS"}) {
      const std::string bytes =
          magic + RandomBytes(random, 100 + random() % 20000);
      EXPECT_TRUE(absl::IsInvalidArgument(
          Feed(bytes, 1 + random() % 5000, kFlacBytes, random)));
    }
  }
}

// An hour in some kilobytes comes out a block at a time.
TEST(CodecGarbageTest, SilenceUnfoldsInSteps) {
  std::mt19937 random(1);
  Audio silence = {kRateHz, 1, std::vector<float>(3600 * kRateHz)};
  const std::string flac =
      EncodeWithSndfile(silence, SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
  EXPECT_LT(flac.size(), 300u << 10);
  EXPECT_TRUE(Feed(flac, flac.size(), kFlacBytes, random).ok());
}

// STREAMINFO of a file that libFLAC made, its block sizes set.
std::string FlacWithBlocks(int samples, int channels) {
  Audio audio = RecordedSpeech();
  audio.samples.resize(10000);
  std::string bytes = EncodeWithSndfile(Spread(audio, channels),
                                        SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
  bytes[8] = bytes[10] = static_cast<char>(samples >> 8);
  bytes[9] = bytes[11] = static_cast<char>(samples);
  return bytes;
}

TEST(CodecGarbageTest, AbsurdBlocksAreRefusedBeforeTheyAreAllocated) {
  std::mt19937 random(1);
  const absl::Status huge =
      Feed(FlacWithBlocks(65535, 2), 1000, 80 << 10, random);
  EXPECT_THAT(std::string(huge.message()),
              HasSubstr("blocks of 65535 samples of 2 channels, must be 16 to "
                        "32768"));
  // Frames that are larger than their stream says.
  const absl::Status lie = Feed(FlacWithBlocks(16, 1), 1000, 80 << 10, random);
  EXPECT_THAT(std::string(lie.message()), HasSubstr("at most 16"));
}

}  // namespace
}  // namespace oido::features
