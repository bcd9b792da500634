// A manifest's recordings against a scripted server, and the report on them.
#include "client/corpus.h"

#include <sndfile.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <sstream>

#include "client/wer_report.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scripted_server.h"

namespace oido::client {
namespace {

using testing::HasSubstr;

// Answers with the number of samples in two finals; refuses longer audio.
grpc::Status CountSamples(grpc::ServerContext&, ServerStream& stream) {
  v1::StreamingRecognizeRequest request;
  size_t samples = 0;
  while (stream.Read(&request)) samples += request.audio_content().size() / 2;
  if (samples > 1000) {
    return {grpc::StatusCode::OUT_OF_RANGE, "too long"};
  }
  stream.Write(Final("samples"));
  stream.Write(Final(absl::StrCat(" ", std::string(samples, 'x'))));
  return grpc::Status::OK;
}

CorpusOptions Jobs(int jobs) {
  CorpusOptions options;
  options.jobs = jobs;
  return options;
}

class CorpusTest : public testing::Test {
 protected:
  CorpusTest() {
    std::string name = testing::TempDir() + "oido_corpus_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~CorpusTest() override { std::filesystem::remove_all(folder_); }

  Utterance Recording(size_t samples) {
    const std::string id = absl::StrCat("u", samples);
    const std::string path = (folder_ / id).string();
    SF_INFO info = {};
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    info.channels = 1;
    info.samplerate = 1000;
    SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
    const std::vector<int16_t> silence(samples);
    sf_write_short(file, silence.data(), static_cast<sf_count_t>(samples));
    sf_close(file);
    return {id, path, "reference", "source"};
  }

  std::filesystem::path folder_;
};

TEST_F(CorpusTest, ResultsComeInTheOrderOfTheUtterances) {
  ScriptedServer server(CountSamples);
  std::vector<Utterance> utterances;
  for (size_t i = 0; i < 20; ++i) utterances.push_back(Recording(2 + 17 * i));
  size_t done = 0;
  const auto recognitions =
      RecognizeCorpus(server.channel(), Jobs(4), utterances,
                      [&done](const Recognition&) { ++done; });
  EXPECT_EQ(done, 20u);
  ASSERT_EQ(recognitions.size(), 20u);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_TRUE(recognitions[i].status.ok()) << recognitions[i].status;
    EXPECT_EQ(recognitions[i].transcript,
              "samples " + std::string(2 + 17 * i, 'x'));
    EXPECT_DOUBLE_EQ(recognitions[i].audio_seconds,
                     static_cast<double>(2 + 17 * i) / 1000);
  }
}

TEST_F(CorpusTest, FailuresKeepTheirStatusAndTheOthersGoOn) {
  ScriptedServer server(CountSamples);
  const Utterance missing = {"gone", (folder_ / "gone").string(), "a", ""};
  const auto recognitions = RecognizeCorpus(
      server.channel(), Jobs(2), {missing, Recording(100000), Recording(5)},
      [](const Recognition&) {});
  EXPECT_EQ(recognitions[0].status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(recognitions[1].status, absl::OutOfRangeError("too long"));
  EXPECT_EQ(recognitions[1].transcript, "");
  EXPECT_TRUE(recognitions[2].status.ok());
}

TEST_F(CorpusTest, WaitsForABusyServerButNotForEver) {
  std::atomic<int> calls{0};
  ScriptedServer server(
      [&](grpc::ServerContext& context, ServerStream& stream) {
        const grpc::Status counted = CountSamples(context, stream);
        return ++calls < 3
                   ? grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "busy")
                   : counted;
      });
  CorpusOptions options;
  options.refusal_wait = absl::Milliseconds(1);
  options.refusals_accepted = 1;
  const auto given_up = RecognizeCorpus(server.channel(), options,
                                        {Recording(5)}, [](const auto&) {});
  EXPECT_TRUE(absl::IsResourceExhausted(given_up[0].status));
  EXPECT_EQ(calls, 2);
  const auto waited = RecognizeCorpus(server.channel(), options, {Recording(5)},
                                      [](const auto&) {});
  EXPECT_TRUE(waited[0].status.ok()) << waited[0].status;
}

WerReport Report() {
  WerReport report;
  report.Add({"u1", "", "The cat sat.", "libri"}, {"the bat sat", 2, {}});
  report.Add({"u2", "", "one two", "ocean"},
             {"ignored", 0, absl::UnavailableError("gone")});
  report.Add({"u3", "", "three", ""}, {"three four", 1, {}});
  report.wall_seconds = 0.5;
  return report;
}

TEST(WerReportTest, AddsUpPerSourceAndInAll) {
  const auto json = ToJson(Report());
  const auto& all = json["all"];
  EXPECT_EQ(all["words"], 6);
  EXPECT_EQ(all["substitutions"], 1);
  EXPECT_EQ(all["deletions"], 2);
  EXPECT_EQ(all["insertions"], 1);
  EXPECT_DOUBLE_EQ(all["wer"].get<double>(), 4.0 / 6);
  EXPECT_EQ(all["utterances"], 3);
  EXPECT_EQ(all["errors"], 1);
  EXPECT_EQ(json["sources"].size(), 2u);
  EXPECT_DOUBLE_EQ(json["sources"]["libri"]["cer"].get<double>(), 1.0 / 11);
  EXPECT_EQ(json["sources"]["ocean"]["wer"], 1.0);
  EXPECT_EQ(json["audio_seconds"], 3.0);
}

TEST(WerReportTest, PrintsATableAndTheSpeed) {
  std::ostringstream out;
  PrintReport(out, Report());
  EXPECT_THAT(out.str(), HasSubstr("66.67"));
  EXPECT_THAT(out.str(), HasSubstr("6.0 times real time"));
}

TEST(WerReportTest, HypothesisLinesAreWhatIsScored) {
  std::ostringstream out;
  PrintHypothesis(out, {"u1", "", "The CAT, sat.", "s"}, {" A cat", 1, {}});
  EXPECT_EQ(out.str(), "u1\tthe cat sat\ta cat\n");
}

}  // namespace
}  // namespace oido::client
