// Command line of oido-wer: the word error rate of a server on a manifest.
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "client/connect.h"
#include "client/corpus.h"
#include "client/describe_error.h"
#include "client/live_line.h"
#include "client/progress_bar.h"
#include "client/recognition_flags.h"
#include "client/response_json.h"
#include "client/wer_report.h"

namespace oido::client {
namespace {

constexpr char kDescription[] =
    "Sends the recordings of a manifest to an oido-server and counts the "
    "errors in what comes back.";
constexpr char kFooter[] =
    "The manifest is tab-separated with a header line; it has the columns "
    "utt_id, path (from the manifest's folder) and text, and may have source "
    "and split. Scored are lower-case a-z and apostrophe.\n"
    "Exit codes: 0 done, 1 failed (also if one utterance did), 2 wrong usage.";

struct Command {
  ConnectionOptions server;
  std::string manifest;
  ManifestFilter filter;
  CorpusOptions corpus;
  std::string hypotheses;
  bool json = false;
};

void AddOptions(CLI::App& app, Command& command) {
  app.add_option("--manifest", command.manifest, "What to score")->required();
  AddConnectionOptions(app, command.server);
  app.add_option("--split", command.filter.split, "Only this split");
  app.add_option("--source", command.filter.sources, "Only these sources");
  app.add_option("--limit", command.filter.limit, "Only the first so many");
  app.add_option("--jobs", command.corpus.jobs, "Recordings at the same time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_flag_callback(
      "--whole", [&command] { command.corpus.delivery = Delivery::kWhole; },
      "Send each recording in one message (Recognize), not as a stream");
  v1::RecognitionConfig& config = *command.corpus.config.mutable_config();
  app.add_option_function<std::string>(
      "--model", [&config](const std::string& name) { config.set_model(name); },
      "A name from `oido models` (default: the server's choice)");
  AddDecodingFlags(app, config);
  AddFinalDelayFlag(app, command.corpus.config);
  app.add_option("--hypotheses", command.hypotheses,
                 "Write utterance, reference and hypothesis here");
  app.add_flag("--json", command.json,
               "The figures as one JSON object, no hypotheses");
}

int Fail(const absl::Status& status) {
  std::cerr << "oido-wer: " << DescribeError(status) << "\n";
  return 1;
}

// Draws the progress on standard error where that is a terminal.
class Progress {
 public:
  explicit Progress(size_t total)
      : total_(total), shown_(isatty(STDERR_FILENO) == 1) {}

  void Done(const Recognition& recognition) {
    ++done_;
    audio_seconds_ += recognition.audio_seconds;
    if (!shown_) return;
    std::cerr << ProgressBar(done_, total_, audio_seconds_, wall_seconds());
  }
  void Clear() const {
    if (shown_) std::cerr << ClearedLine();
  }
  double wall_seconds() const {
    return absl::ToDoubleSeconds(absl::Now() - start_);
  }

 private:
  const size_t total_;
  const bool shown_;
  const absl::Time start_ = absl::Now();
  size_t done_ = 0;
  double audio_seconds_ = 0;
};

// The report of all utterances; each goes to `hypotheses` if that is not null.
WerReport Score(const std::vector<Utterance>& utterances,
                const std::vector<Recognition>& recognitions,
                std::ostream* hypotheses) {
  WerReport report;
  for (size_t i = 0; i < utterances.size(); ++i) {
    report.Add(utterances[i], recognitions[i]);
    if (hypotheses != nullptr) {
      PrintHypothesis(*hypotheses, utterances[i], recognitions[i]);
    }
    if (!recognitions[i].status.ok()) {
      std::cerr << "oido-wer: " << utterances[i].utt_id << ": "
                << DescribeError(recognitions[i].status) << "\n";
    }
  }
  return report;
}

int Run(const Command& command) {
  const auto utterances = ReadManifest(command.manifest, command.filter);
  if (!utterances.ok()) return Fail(utterances.status());
  if (utterances->empty()) {
    return Fail(absl::NotFoundError(command.manifest +
                                    ": no utterance is left by the filters"));
  }
  std::ofstream file;
  std::ostream* hypotheses = command.json ? nullptr : &std::cout;
  if (!command.hypotheses.empty()) {
    file.open(command.hypotheses);
    if (!file) {
      return Fail(
          absl::NotFoundError(command.hypotheses + ": cannot be written"));
    }
    hypotheses = &file;
  }
  const auto channel = Connect(command.server, absl::Seconds(5));
  if (!channel.ok()) return Fail(channel.status());
  Progress progress(utterances->size());
  const std::vector<Recognition> recognitions = RecognizeCorpus(
      *channel, command.corpus, *utterances,
      [&progress](const Recognition& done) { progress.Done(done); });
  progress.Clear();
  WerReport report = Score(*utterances, recognitions, hypotheses);
  report.wall_seconds = progress.wall_seconds();
  if (command.json) {
    std::cout << JsonLine(ToJson(report)) << std::endl;
  } else {
    PrintReport(std::cout, report);
  }
  return report.all.failed > 0 ? 1 : 0;
}

int Main(int argc, char** argv) {
  CLI::App app(kDescription, "oido-wer");
  app.footer(kFooter);
  app.set_version_flag("--version", "oido-wer " OIDO_VERSION);
  Command command;
  command.corpus.jobs = 4;
  AddOptions(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return Run(command);
}

}  // namespace
}  // namespace oido::client

int main(int argc, char** argv) { return oido::client::Main(argc, argv); }
