// Sound files and standard input as bytes for the wire.
#include <sndfile.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <vector>

#include "client/audio_file.h"
#include "client/standard_input.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace oido::client {
namespace {

using testing::HasSubstr;

class AudioFileTest : public testing::Test {
 protected:
  AudioFileTest() {
    std::string name = testing::TempDir() + "oido_audio_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~AudioFileTest() override { std::filesystem::remove_all(folder_); }

  // Writes interleaved samples and returns the path.
  std::string Write(const std::vector<float>& samples, int format, int channels,
                    int rate_hz) {
    const std::string path = (folder_ / "audio").string();
    SF_INFO info = {};
    info.format = format;
    info.channels = channels;
    info.samplerate = rate_hz;
    SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
    EXPECT_NE(file, nullptr) << sf_strerror(nullptr);
    const auto frames = static_cast<sf_count_t>(samples.size()) / channels;
    EXPECT_EQ(sf_writef_float(file, samples.data(), frames), frames);
    sf_close(file);
    return path;
  }

  std::filesystem::path folder_;
};

template <typename Sample>
std::vector<Sample> Samples(const std::string& bytes) {
  std::vector<Sample> samples(bytes.size() / sizeof(Sample));
  std::memcpy(samples.data(), bytes.data(), bytes.size());
  return samples;
}

std::vector<std::string> Chunks(AudioSource& source) {
  std::vector<std::string> chunks;
  while (true) {
    const absl::StatusOr<std::string> chunk = source.Next();
    EXPECT_TRUE(chunk.ok()) << chunk.status();
    if (!chunk.ok() || chunk->empty()) return chunks;
    chunks.push_back(*chunk);
  }
}

TEST_F(AudioFileTest, SixteenBitMonoGoesOutAsItIsInChunks) {
  std::vector<float> samples;
  for (int i = 0; i < 2000; ++i) {
    samples.push_back(static_cast<float>(i - 1000) / 32768);
  }
  const auto file =
      AudioFile::Open(Write(samples, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, 8000),
                      100, Channels::kMean);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->format().encoding, v1::LINEAR16);
  EXPECT_EQ((*file)->format().sample_rate_hz, 8000);
  EXPECT_DOUBLE_EQ((*file)->seconds(), 0.25);
  const std::vector<std::string> chunks = Chunks(**file);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[0].size(), 1600u);
  EXPECT_EQ(chunks[2].size(), 800u);
  EXPECT_DOUBLE_EQ(SecondsOf((*file)->format(), chunks[2].size()), 0.05);
  EXPECT_EQ(Samples<int16_t>(chunks[1])[5], 805 - 1000);
}

TEST_F(AudioFileTest, ChannelsAreAveragedAndSentAsFloats) {
  const auto file =
      AudioFile::Open(Write({0.5f, 0.25f, -0.5f, 0.5f, 0.f, -0.75f},
                            SF_FORMAT_WAV | SF_FORMAT_FLOAT, 2, 44100),
                      100, Channels::kMean);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->format().encoding, v1::FLOAT32);
  const std::vector<std::string> chunks = Chunks(**file);
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(Samples<float>(chunks[0]),
            (std::vector<float>{0.375f, 0.f, -0.375f}));
  EXPECT_DOUBLE_EQ(SecondsOf((*file)->format(), 4 * 44100), 1);
}

TEST_F(AudioFileTest, SeparateChannelsGoOutAsTheyAre) {
  const auto file =
      AudioFile::Open(Write({0.5f, 0.25f, -0.5f, 0.125f},
                            SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, 8000),
                      100, Channels::kSeparate);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->format().encoding, v1::LINEAR16);
  EXPECT_EQ((*file)->format().channels, 2);
  EXPECT_EQ(Samples<int16_t>(Chunks(**file).at(0)),
            (std::vector<int16_t>{16384, 8192, -16384, 4096}));
  EXPECT_DOUBLE_EQ(SecondsOf((*file)->format(), 4 * 8000), 1);
}

TEST_F(AudioFileTest, KeepsTheBitsOfTwentyFourBitFlac) {
  const float tiny = 3.0f / (1 << 23);
  const auto file = AudioFile::Open(
      Write({tiny, -tiny, 0.5f}, SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 1, 48000),
      20, Channels::kMean);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Samples<float>(Chunks(**file).at(0)),
            (std::vector<float>{tiny, -tiny, 0.5f}));
}

TEST_F(AudioFileTest, ReadsOpus) {
  const auto file =
      AudioFile::Open(Write(std::vector<float>(16000),
                            SF_FORMAT_OGG | SF_FORMAT_OPUS, 1, 16000),
                      100, Channels::kMean);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->format().sample_rate_hz, 16000);
  EXPECT_GE(Chunks(**file).size(), 10u);
}

TEST_F(AudioFileTest, SaysWhichFileIsMissingOrNoAudio) {
  const auto missing = AudioFile::Open("/nowhere/a.wav", 100, Channels::kMean);
  EXPECT_EQ(missing.status(),
            absl::NotFoundError("/nowhere/a.wav: no such file"));
  const auto folder = AudioFile::Open(folder_.string(), 100, Channels::kMean);
  EXPECT_EQ(folder.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(folder.status().message(), HasSubstr("cannot be read as audio"));
}

class StandardInputTest : public testing::Test {
 protected:
  StandardInputTest() { EXPECT_EQ(pipe(ends_), 0); }
  ~StandardInputTest() override {
    close(ends_[0]);
    CloseWriter();
  }
  void Write(const std::string& bytes) {
    EXPECT_EQ(write(ends_[1], bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  void CloseWriter() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  int ends_[2] = {-1, -1};
};

TEST_F(StandardInputTest, PassesBytesOnAsTheyCome) {
  StandardInput input(ends_[0], {v1::LINEAR16, 8000}, [] { return false; });
  Write("abc");
  EXPECT_EQ(*input.Next(), "abc");
  Write("d");
  CloseWriter();
  EXPECT_EQ(*input.Next(), "d");
  EXPECT_EQ(*input.Next(), "");
  EXPECT_EQ(input.format().sample_rate_hz, 8000);
}

TEST_F(StandardInputTest, InterruptionIsTheEndOfTheAudio) {
  StandardInput input(ends_[0], {}, [] { return true; });
  EXPECT_EQ(*input.Next(), "");
}

TEST_F(StandardInputTest, BadDescriptorIsAnError) {
  StandardInput input(1 << 20, {}, [] { return false; });
  EXPECT_FALSE(input.Next().ok());
}

}  // namespace
}  // namespace oido::client
