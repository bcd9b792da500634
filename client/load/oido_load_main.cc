// Command line of oido-load: how many streams a server holds, and how fast.
#include <algorithm>
#include <iostream>
#include <map>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "client/load/load_command.h"
#include "client/recognition_flags.h"

namespace oido::load {
namespace {

constexpr char kDescription[] =
    "Speaks to an oido-server on many streams at the pace of speech and "
    "measures how long its words take.";
constexpr char kFooter[] =
    "Latencies count from the moment at which the last sample of a message has "
    "been spoken, so that a load tester that is late makes them longer:\n"
    "  message  until all of its audio has been recognised, for every tenth "
    "message (--probe-every), text or no text; what was never answered counts "
    "with its age\n"
    "  partial  until a result that rests on it, for messages with results\n"
    "  final    from the end of a stream's audio until its last final result\n"
    "  word, word_final  with --word-times: from the end of a word until it "
    "was "
    "shown to stay, and until it was final\n"
    "A test holds if every --slo does, no stream is refused or fails, at most "
    "1 % of the messages are sent more than --late-ms late, and at least 90 % "
    "of the audio is sent.\n"
    "Exit codes: 0 it held, 1 it did not or could not be done, 2 wrong usage, "
    "130 ended by Ctrl-C.";

void AddAudio(CLI::App& app, LoadCommand& command) {
  app.add_option("FILE", command.files, "Recordings to speak");
  app.add_option("--manifest", command.manifest,
                 "List of recordings with texts, as for oido-wer; adds the "
                 "word error rate");
  app.add_option("--word-times", command.word_times,
                 "When their words are spoken, tab-separated with a header: "
                 "utt_id, word, start_s, end_s; adds emission delays");
  app.add_option("--split", command.filter.split,
                 "Only this split of the manifest");
  app.add_option("--source", command.filter.sources,
                 "Only this source of the manifest; may be given again")
      ->allow_extra_args(false);
  app.add_option_function<double>(
         "--max-audio",
         [&command](double s) { command.audio.most_audio = absl::Seconds(s); },
         "Seconds of audio to hold, chosen at random (default: 900)")
      ->check(CLI::Range(1.0, 7200.0));
}

void AddServer(CLI::App& app, LoadCommand& command) {
  client::AddConnectionOptions(app, command.transport.server);
  const std::map<std::string, Api> apis = {
      {"oido", Api::kOido}, {"riva", Api::kRiva}, {"google", Api::kGoogle}};
  app.add_option("--api", command.transport.api,
                 "What the server understands: oido (default), riva or google "
                 "(v1, which answers results only, so that no message "
                 "latencies are measured)")
      ->transform(CLI::Transformer(apis).description("{oido,riva,google}"));
  app.add_option_function<std::string>(
      "--model",
      [&command](const std::string& name) {
        command.transport.wanted.mutable_config()->set_model(name);
      },
      "A name from `oido models` (default: the server's choice)");
  app.add_option("--connections", command.transport.connections,
                 "TCP connections that the streams share")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--server-pid", command.settings.server_pid,
                 "Process on this machine whose CPU and memory to report")
      ->check(CLI::PositiveNumber);
}

// An option in `unit` that sets `value` and is described with its default.
void AddDuration(CLI::App& app, const std::string& name, absl::Duration unit,
                 absl::Duration& value, const CLI::Range& range,
                 const std::string& description) {
  app.add_option_function<double>(
         name, [unit, &value](double count) { value = unit * count; },
         absl::StrCat(description,
                      " (default: ", absl::FDivDuration(value, unit), ")"))
      ->check(range);
}

void AddLoad(CLI::App& app, LoadCommand& command) {
  LoadSettings& settings = command.settings;
  app.add_option("--streams", settings.streams,
                 "Streams that speak at the same time")
      ->check(CLI::Range(1, 20000))
      ->capture_default_str();
  AddDuration(app, "--seconds", absl::Seconds(1), settings.hold,
              CLI::Range(0.5, 3600.0), "How long to measure, after the ramp");
  AddDuration(app, "--ramp", absl::Seconds(1), settings.ramp,
              CLI::Range(0.0, 600.0), "Seconds over which the streams start");
  AddDuration(app, "--chunk-ms", absl::Milliseconds(1), settings.message,
              CLI::Range(5.0, 2000.0), "Audio in one message");
  app.add_flag_callback(
      "--back-to-back",
      [&settings] { settings.mode = LoadSettings::Mode::kBackToBack; },
      "Recordings follow each other on one stream for the whole test, without "
      "word error rate (default: a new stream for each)");
  app.add_option("--seed", settings.seed,
                 "For the choice of recordings and the streams' phases")
      ->capture_default_str();
  app.add_option("--probe-every", settings.probe_every,
                 "Measure each so many-th message; 1: all, which costs the "
                 "server as many markers")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  AddDuration(app, "--late-ms", absl::Milliseconds(1), settings.late_limit,
              CLI::Range(1.0, 10000.0), "When a message counts as sent late");
}

void AddVerdict(CLI::App& app, LoadCommand& command) {
  app.add_option_function<std::vector<std::string>>(
         "--slo",
         [&command](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             auto slo = ParseSlo(text);
             if (!slo.ok()) {
               throw CLI::ValidationError("--slo",
                                          std::string(slo.status().message()));
             }
             command.requirements.slos.push_back(*std::move(slo));
           }
         },
         "What must hold, such as p99=200ms (of message), partial.p95=0.3s, "
         "final.p99=1s or word.p50=0.4s; may be given again")
      ->allow_extra_args(false);
  app.add_flag_callback(
      "--allow-refused",
      [&command] {
        command.requirements.refusals = Requirements::Refusals::kAllowed;
      },
      "Refused streams (RESOURCE_EXHAUSTED) are no failure: what the others "
      "get is what counts");
  app.add_flag_callback(
      "--find-max", [&command] { command.task = LoadCommand::Task::kFindMax; },
      "Search the most streams that hold, from --streams on: doubling, then "
      "bisection");
  app.add_option("--max-streams", command.search.most,
                 "With --find-max: no more than so many")
      ->check(CLI::Range(1, 20000))
      ->capture_default_str();
  app.add_option("--json", command.json_path, "Write the figures here");
  app.add_option("--plot", command.plot_path,
                 "Write a picture (SVG) here: latency over time or, with "
                 "--find-max, over streams");
}

void CheckUsage(const LoadCommand& command) {
  if (command.files.empty() && command.manifest.empty()) {
    throw CLI::ValidationError("FILE or --manifest",
                               "say what the streams are to speak");
  }
  const bool searches = command.task == LoadCommand::Task::kFindMax;
  if (searches && command.requirements.slos.empty()) {
    throw CLI::ValidationError("--find-max",
                               "needs an --slo, such as --slo p99=200ms");
  }
  const bool asks_of_messages = std::any_of(
      command.requirements.slos.begin(), command.requirements.slos.end(),
      [](const Slo& slo) { return slo.metric == Metric::kMessage; });
  if (command.transport.api == Api::kGoogle && asks_of_messages) {
    throw CLI::ValidationError("--slo",
                               "with --api google only of partial, final, word "
                               "or word_final, such as --slo partial.p99=1s");
  }
  const v1::StreamingRecognitionConfig& wanted = command.transport.wanted;
  if (command.transport.api != Api::kOido &&
      (wanted.config().decoding().ByteSizeLong() > 0 ||
       !wanted.config().hot_words().empty() ||
       wanted.max_final_delay_ms() != 0)) {
    throw CLI::ValidationError(
        "--api", "decoding, hot words and final delay are told to oido only");
  }
  if (!command.word_times.empty() &&
      command.settings.mode == LoadSettings::Mode::kBackToBack) {
    throw CLI::ValidationError("--word-times",
                               "not with --back-to-back: words are found in "
                               "whole recordings");
  }
}

int Main(int argc, char** argv) {
  CLI::App app(kDescription, "oido-load");
  app.footer(kFooter);
  app.set_version_flag("--version", "oido-load " OIDO_VERSION);
  LoadCommand command;
  AddAudio(app, command);
  AddServer(app, command);
  client::AddDecodingFlags(app, *command.transport.wanted.mutable_config());
  client::AddFinalDelayFlag(app, command.transport.wanted);
  AddLoad(app, command);
  AddVerdict(app, command);
  app.callback([&command] { CheckUsage(command); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitHeld : kExitUsage;
  }
  command.search.first = command.settings.streams;
  if (command.transport.api == Api::kGoogle) command.settings.probe_every = 0;
  command.audio.seed = command.settings.seed;
  return RunLoadCommand(command, std::cout);
}

}  // namespace
}  // namespace oido::load

int main(int argc, char** argv) { return oido::load::Main(argc, argv); }
