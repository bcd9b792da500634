// Implements the commands: audio, connection, runs, reports.
#include "client/load/load_command.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/describe_error.h"
#include "client/interrupt.h"
#include "client/live_line.h"
#include "client/load/load_plot.h"
#include "client/load/load_report.h"
#include "client/load/load_run.h"
#include "client/load/process_usage.h"

namespace oido::load {
namespace {

int Fail(const absl::Status& status) {
  std::cerr << "oido-load: " << client::DescribeError(status) << "\n";
  return kExitFailed;
}

absl::StatusOr<std::vector<client::Utterance>> Utterances(
    const LoadCommand& command) {
  std::vector<client::Utterance> utterances;
  if (!command.manifest.empty()) {
    auto listed = client::ReadManifest(command.manifest, command.filter);
    if (!listed.ok()) return listed.status();
    utterances = *std::move(listed);
  }
  for (const std::string& path : command.files) {
    utterances.push_back({path, path, "", ""});
  }
  if (utterances.empty()) {
    return absl::NotFoundError(absl::StrCat(
        command.manifest, ": no utterance is left by the filters"));
  }
  return utterances;
}

absl::Status AddWordTimes(const LoadCommand& command,
                          std::vector<Recording>& recordings) {
  if (command.word_times.empty()) return absl::OkStatus();
  const auto times = ReadWordTimes(command.word_times);
  if (!times.ok()) return times.status();
  bool any = false;
  for (Recording& recording : recordings) {
    const auto found = times->find(recording.utterance.utt_id);
    if (found == times->end()) continue;
    recording.words = found->second;
    any = true;
  }
  return any ? absl::OkStatus()
             : absl::NotFoundError(absl::StrCat(
                   command.word_times,
                   ": has no words of the recordings, by their utt_id"));
}

absl::StatusOr<std::vector<Recording>> Recordings(const LoadCommand& command) {
  const auto utterances = Utterances(command);
  if (!utterances.ok()) return utterances.status();
  auto recordings =
      LoadRecordings(command.audio, *utterances, client::Interrupted);
  if (!recordings.ok()) return recordings.status();
  const absl::Status timed = AddWordTimes(command, *recordings);
  if (!timed.ok()) return timed;
  if (command.settings.mode == LoadSettings::Mode::kBackToBack) {
    const absl::Status padded =
        PadToMessages(command.settings.message, *recordings);
    if (!padded.ok()) return padded;
  }
  double seconds = 0;
  for (const Recording& recording : *recordings) {
    seconds += absl::ToDoubleSeconds(
        LengthOf(recording.sample_rate_hz, recording.samples.size()));
  }
  std::cerr << absl::StrFormat(
      "oido-load: %d of %d recordings, %.0f s of audio; seed %d\n",
      recordings->size(), utterances->size(), seconds, command.settings.seed);
  return recordings;
}

// Runs and judges on one connection to the server.
class Tester {
 public:
  Tester(const LoadCommand& command, const std::vector<Recording>& recordings,
         Transport& transport)
      : command_(command), recordings_(recordings), transport_(transport) {}

  // A run of `streams` that ends early once `give_up` says so.
  Trial Run(int streams, std::function<bool(const RunResult&)> give_up) {
    LoadSettings settings = command_.settings;
    settings.streams = streams;
    const bool shows = isatty(STDERR_FILENO) == 1;
    RunHooks hooks;
    hooks.interrupted = client::Interrupted;
    hooks.give_up = std::move(give_up);
    hooks.on_progress = [shows](const Progress& progress) {
      if (shows) {
        std::cerr << client::ClearedLine() << ProgressText(progress);
      }
    };
    Trial trial = {RunLoad(settings, recordings_, transport_, hooks), {}};
    if (shows) std::cerr << client::ClearedLine();
    trial.shortcomings = Shortcomings(trial.result, command_.requirements);
    return trial;
  }

  // Lets the server forget the streams of the run before.
  void Settle() {
    const absl::Duration end = transport_.Now() + absl::Seconds(1);
    while (transport_.Now() < end && !client::Interrupted()) {
      transport_.Poll(
          std::min(end, transport_.Now() + absl::Milliseconds(100)));
    }
  }

 private:
  const LoadCommand& command_;
  const std::vector<Recording>& recordings_;
  Transport& transport_;
};

absl::Status Write(const std::string& path, const std::string& text,
                   std::ios::openmode mode) {
  if (path.empty()) return absl::OkStatus();
  std::ofstream file(path, mode);
  file << text;
  file.close();
  return file ? absl::OkStatus()
              : absl::NotFoundError(absl::StrCat(path, ": cannot be written"));
}

// What would be a pity to find out at the end.
absl::Status CheckWritable(const LoadCommand& command) {
  for (const std::string& path : {command.json_path, command.plot_path}) {
    absl::Status status = Write(path, "", std::ios::app);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Exit code of a test that came to `passed`, after its files were written.
int End(const LoadCommand& command, const nlohmann::ordered_json& json,
        const Chart& chart, bool passed) {
  const absl::Status wrote_json =
      Write(command.json_path, absl::StrCat(json.dump(2), "\n"), std::ios::out);
  if (!wrote_json.ok()) return Fail(wrote_json);
  const absl::Status wrote_plot =
      Write(command.plot_path, ToSvg(chart), std::ios::out);
  if (!wrote_plot.ok()) return Fail(wrote_plot);
  if (client::Interrupted()) return kExitInterrupted;
  return passed ? kExitHeld : kExitFailed;
}

nlohmann::ordered_json Preamble(const LoadCommand& command) {
  nlohmann::ordered_json slos = nlohmann::ordered_json::array();
  for (const Slo& slo : command.requirements.slos) slos.push_back(slo.text);
  nlohmann::ordered_json json = {
      {"address", command.transport.server.address},
      {"api", Name(command.transport.api)},
      {"model", command.transport.wanted.config().model()},
      {"method", v1::DecodingConfig::Method_Name(
                     command.transport.wanted.config().decoding().method())},
      {"max_final_delay_ms", command.transport.wanted.max_final_delay_ms()},
      {"connections", command.transport.connections}};
  json["settings"] = ToJson(command.settings);
  json["slos"] = slos;
  return json;
}

int RunOnce(const LoadCommand& command, Tester& tester, std::ostream& out) {
  const Trial trial = tester.Run(command.settings.streams,
                                 [](const RunResult&) { return false; });
  PrintRun(out, trial);
  nlohmann::ordered_json json = Preamble(command);
  json.update(ToJson(trial));
  return End(command, json, ChartOverTime(trial, command.requirements.slos),
             trial.shortcomings.empty());
}

int Search(const LoadCommand& command, Tester& tester, std::ostream& out) {
  const bool may_refuse =
      command.requirements.refusals == Requirements::Refusals::kAllowed;
  std::vector<Trial> trials;
  PrintTrialHeader(out);
  const int max_streams = FindMax(command.search, [&](int streams) {
    if (!trials.empty()) tester.Settle();
    Trial trial = tester.Run(streams, [may_refuse](const RunResult& so_far) {
      return so_far.failed() > 0 || (so_far.refused > 0 && !may_refuse);
    });
    const bool stop = trial.result.interrupted;
    const bool held = trial.shortcomings.empty();
    if (!stop) {
      PrintTrial(out, trial);
      trials.push_back(std::move(trial));
    }
    if (stop) return Outcome::kStop;
    return held ? Outcome::kHeld : Outcome::kNotHeld;
  });
  out << "max_streams " << max_streams
      << (client::Interrupted() ? " so far: ended by Ctrl-C" : "") << "\n";
  nlohmann::ordered_json json = Preamble(command);
  json["max_streams"] = max_streams;
  json["trials"] = nlohmann::ordered_json::array();
  for (const Trial& trial : trials) json["trials"].push_back(ToJson(trial));
  return End(command, json, ChartOverStreams(trials, command.requirements.slos),
             max_streams > 0);
}

}  // namespace

int RunLoadCommand(const LoadCommand& command, std::ostream& out) {
  client::CatchInterrupt();
  if (command.settings.server_pid != 0) {
    const auto usage = ReadProcessUsage(command.settings.server_pid);
    if (!usage.ok()) return Fail(usage.status());
  }
  if (const absl::Status status = CheckWritable(command); !status.ok()) {
    return Fail(status);
  }
  const auto recordings = Recordings(command);
  if (!recordings.ok()) {
    return client::Interrupted() ? kExitInterrupted : Fail(recordings.status());
  }
  const auto transport = GrpcTransport::Create(command.transport);
  if (!transport.ok()) return Fail(transport.status());
  Tester tester(command, *recordings, **transport);
  return command.task == LoadCommand::Task::kFindMax
             ? Search(command, tester, out)
             : RunOnce(command, tester, out);
}

}  // namespace oido::load
