// Tests the parts of oido-features: frames out of steps, packets, tables,
// files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "features/audio_file.h"
#include "features/feature_matrix.h"
#include "features/feature_pipe.h"
#include "tests/golden/feature_signal.h"
#include "tests/unit/wav_bytes.h"

namespace oido::features {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

File TemporaryFile(const std::string& content) {
  File file(std::tmpfile(), &std::fclose);
  std::fwrite(content.data(), 1, content.size(), file.get());
  std::rewind(file.get());
  return file;
}

std::string Content(FILE* file) {
  std::rewind(file);
  std::string content;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    content.push_back(static_cast<char>(c));
  }
  return content;
}

FeatureComputer MakeComputer(const FrontendOptions& options, int padding_ms,
                             FeatureLayout layout) {
  auto computer = FeatureComputer::Create(options, padding_ms, layout);
  EXPECT_TRUE(computer.ok()) << computer.status();
  return *std::move(computer);
}

TEST(FeatureComputerTest, FramesAreThoseOfTheStepsEachOnce) {
  FrontendOptions options;
  options.stacked_frames = 5;
  options.stride_frames = 2;
  const std::vector<float> samples = GoldenSignal();
  const FeatureMatrix steps =
      MakeComputer(options, 40, FeatureLayout::kSteps).Compute(samples);
  const FeatureMatrix frames =
      MakeComputer(options, 40, FeatureLayout::kFrames).Compute(samples);
  // 3200 + 640 samples: 1040, then 320 more a step.
  ASSERT_EQ(steps.rows, 10);
  ASSERT_EQ(steps.columns, 400);
  ASSERT_EQ(frames.rows, 9 * 2 + 5);
  ASSERT_EQ(frames.columns, 80);
  for (int step = 0; step < steps.rows; ++step) {
    for (int i = 0; i < 400; ++i) {
      ASSERT_EQ(steps.values[step * 400 + i], frames.values[step * 2 * 80 + i]);
    }
  }
}

TEST(FeatureComputerTest, OnlyStepsAreNormalised) {
  FrontendOptions options;
  options.mean.assign(80, 1.0f);
  options.inverse_stddev.assign(80, 0.5f);
  const std::vector<float> samples = GoldenSignal(720);
  const auto steps =
      MakeComputer(options, 0, FeatureLayout::kSteps).Compute(samples);
  const auto frames =
      MakeComputer(options, 0, FeatureLayout::kFrames).Compute(samples);
  ASSERT_EQ(steps.values.size(), frames.values.size());
  for (size_t i = 0; i < steps.values.size(); ++i) {
    ASSERT_EQ(steps.values[i], (frames.values[i] - 1.0f) * 0.5f);
  }
}

std::string Packet(const std::vector<float>& samples) {
  return Little(static_cast<uint32_t>(samples.size()), 4) + FloatBytes(samples);
}

TEST(FeaturePipeTest, AnswersEachPacket) {
  const std::vector<float> samples = GoldenSignal(1000);
  FeatureComputer computer = MakeComputer({}, 0, FeatureLayout::kFrames);
  const FeatureMatrix expected = computer.Compute(samples);
  ASSERT_EQ(expected.rows, 6);
  const File in = TemporaryFile(Packet(samples) + Packet({}) + Packet(samples));
  const File out = TemporaryFile("");
  ASSERT_TRUE(RunFeaturePipe(in.get(), out.get(), computer).ok());
  const std::string answer =
      Little(6, 4) + Little(80, 4) + FloatBytes(expected.values);
  EXPECT_EQ(Content(out.get()), answer + Little(0, 4) + Little(80, 4) + answer);
}

TEST(FeaturePipeTest, RefusesBrokenPackets) {
  FeatureComputer computer = MakeComputer({}, 0, FeatureLayout::kFrames);
  const File out = TemporaryFile("");
  const auto message = [&](const std::string& input) {
    const File in = TemporaryFile(input);
    const absl::Status status = RunFeaturePipe(in.get(), out.get(), computer);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(message("abc"), HasSubstr("ends inside a packet"));
  EXPECT_THAT(message(Packet({1, 2, 3}).substr(0, 15)),
              HasSubstr("ends inside a packet"));
  EXPECT_THAT(
      message(Little(0xFFFFFFFFu, 4)),
      HasSubstr("packet of 4294967295 samples, must be at most 57600000"));
}

TEST(WriteMatrixTest, WritesCsvAndNpy) {
  const FeatureMatrix matrix = {
      2, 3, {1.0f, -2.5f, 0.1f, 1e-9f, 1234567.0f, 0.0f}};
  const File csv = TemporaryFile("");
  ASSERT_TRUE(WriteMatrix(matrix, FeatureFormat::kCsv, csv.get()).ok());
  EXPECT_EQ(Content(csv.get()), "1,-2.5,0.1\n1e-09,1.23457e+06,0\n");
  const File npy = TemporaryFile("");
  ASSERT_TRUE(WriteMatrix(matrix, FeatureFormat::kNpy, npy.get()).ok());
  // What numpy.save (NumPy 2.4.6) writes for it.
  const std::string literal =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  EXPECT_EQ(Content(npy.get()), std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                                    literal +
                                    std::string(117 - literal.size(), ' ') +
                                    "\n" + FloatBytes(matrix.values));
}

TEST(WriteMatrixTest, WritesNoRows) {
  for (const FeatureFormat format :
       {FeatureFormat::kCsv, FeatureFormat::kNpy}) {
    const File out = TemporaryFile("");
    EXPECT_TRUE(WriteMatrix({0, 80, {}}, format, out.get()).ok());
    EXPECT_EQ(Content(out.get()).size(),
              format == FeatureFormat::kCsv ? 0u : 128u);
  }
}

class AudioFileTest : public testing::Test {
 protected:
  std::string Write(const std::string& bytes) {
    const std::string path = testing::TempDir() + "/oido_audio_file_test.wav";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
};

TEST_F(AudioFileTest, ReadsSamplesAtTheModelsRate) {
  const auto same =
      ReadAudioFile(Write(WavBytes({}, Linear16Bytes({1, -2, 32767}))), 16000);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_THAT(*same, ElementsAre(1, -2, 32767));
  const auto resampled = ReadAudioFile(
      Write(WavBytes({.rate = 48000}, std::string(96000, '\0'))), 16000);
  ASSERT_TRUE(resampled.ok()) << resampled.status();
  EXPECT_EQ(resampled->size(), 16000u);
}

TEST_F(AudioFileTest, TakesTheMeanOfTheChannels) {
  const auto stereo = ReadAudioFile(
      Write(WavBytes({.channels = 2}, Linear16Bytes({10, 20, -8, 0}))), 16000);
  ASSERT_TRUE(stereo.ok()) << stereo.status();
  EXPECT_THAT(*stereo, ElementsAre(15, -4));
}

TEST_F(AudioFileTest, SaysWhatIsWrong) {
  const absl::Status missing =
      ReadAudioFile("/no/such/file.wav", 16000).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("/no/such/file.wav: "));
  const absl::Status wide =
      ReadAudioFile(Write(WavBytes({.channels = 9}, std::string(36, 'a'))),
                    16000)
          .status();
  EXPECT_THAT(std::string(wide.message()),
              HasSubstr("audio_channel_count is 9, must be in 1..8"));
}

}  // namespace
}  // namespace oido::features
