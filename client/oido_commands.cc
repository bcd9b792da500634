// Implements the commands of oido.
#include "client/oido_commands.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/audio_file.h"
#include "client/connect.h"
#include "client/describe_error.h"
#include "client/health.h"
#include "client/interrupt.h"
#include "client/microphone.h"
#include "client/response_json.h"
#include "client/standard_input.h"
#include "client/transcribe.h"
#include "client/whole_recording.h"

namespace oido::client {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(5);

int Fail(absl::string_view subject, const absl::Status& status) {
  std::cerr << "oido: " << subject << (subject.empty() ? "" : ": ")
            << DescribeError(status) << "\n";
  return kExitFailed;
}

bool StdoutIsTerminal() {
  const char* term = std::getenv("TERM");
  const bool is_dumb = term == nullptr || absl::string_view(term) == "dumb";
  return isatty(STDOUT_FILENO) == 1 && !is_dumb;
}

int TerminalColumns() {
  winsize size = {};
  const bool known =
      ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::unique_ptr<TranscriptPrinter> MakePrinter(const OutputOptions& options,
                                               const std::string& name) {
  if (options.json) return JsonPrinter(std::cout, name);
  const WordTimes words = options.words ? WordTimes::kShow : WordTimes::kHide;
  if (StdoutIsTerminal()) {
    return TerminalPrinter(std::cout, words, TerminalColumns);
  }
  return LinePrinter(std::cout, words);
}

TranscribeOptions MakeTranscribeOptions(const StreamOptions& stream,
                                        LatencyRecorder& latencies) {
  const OutputOptions& output = stream.output;
  TranscribeOptions options;
  options.config = stream.config;
  options.config.mutable_config()->set_enable_word_time_offsets(output.words);
  options.config.mutable_config()->set_enable_word_confidence(output.words);
  // A pipe shows finals only, but --stats wants to see the first words.
  options.config.set_interim_results(
      !output.no_interim &&
      (output.json || output.stats || StdoutIsTerminal()));
  options.interrupted = Interrupted;
  if (output.stats) options.latencies = &latencies;
  return options;
}

void PrintStats(const OutputOptions& options, const std::string& name,
                const LatencySummary& summary) {
  if (!options.json) return PrintLatencies(std::cerr, summary);
  nlohmann::ordered_json line;
  if (!name.empty()) line["file"] = name;
  line["stats"] = ToJson(summary);
  std::cout << JsonLine(line) << std::endl;
}

// One source from its first byte to its statistics.
absl::Status TranscribeSource(const std::shared_ptr<grpc::Channel>& channel,
                              const StreamOptions& stream, Pace pace,
                              const std::string& name, AudioSource& source) {
  LatencyRecorder latencies;
  TranscribeOptions options = MakeTranscribeOptions(stream, latencies);
  options.pace = pace;
  const auto printer = MakePrinter(stream.output, name);
  absl::Status status = Transcribe(channel, options, source, *printer);
  if (status.ok() && stream.output.stats) {
    PrintStats(stream.output, name, latencies.Summary());
  }
  return status;
}

// All of one source in one message.
absl::Status TranscribeWhole(const std::shared_ptr<grpc::Channel>& channel,
                             const StreamOptions& stream,
                             const std::string& name, AudioSource& source) {
  LatencyRecorder unused;
  const auto config = MakeTranscribeOptions(stream, unused).config.config();
  auto response = RecognizeWhole(channel, config, source);
  if (!response.ok()) return response.status();
  v1::StreamingRecognizeResponse shown;
  *shown.mutable_results() = std::move(*response->mutable_results());
  *shown.mutable_audio_processed() = response->audio_processed();
  const auto printer = MakePrinter(stream.output, name);
  printer->Response(shown);
  printer->End();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<AudioSource>> OpenSource(
    const TranscribeCommand& command, const std::string& path) {
  if (path == "-") {
    AudioFormat format;
    if (command.raw_rate_hz > 0) format = {v1::LINEAR16, command.raw_rate_hz};
    return std::make_unique<StandardInput>(STDIN_FILENO, format, Interrupted);
  }
  const bool separate =
      command.stream.config.config().enable_separate_recognition_per_channel();
  return AudioFile::Open(path, command.stream.chunk_ms,
                         separate ? Channels::kSeparate : Channels::kMean);
}

}  // namespace

int RunTranscribe(const TranscribeCommand& command) {
  const auto channel = Connect(command.stream.server, kConnectTimeout);
  if (!channel.ok()) return Fail("", channel.status());
  CatchInterrupt();
  int exit_code = kExitOk;
  for (const std::string& path : command.files) {
    if (Interrupted()) break;
    if (command.files.size() > 1 && !command.stream.output.json) {
      std::cerr << path << "\n";
    }
    const auto source = OpenSource(command, path);
    if (!source.ok()) {
      exit_code = Fail("", source.status());
      continue;
    }
    const Pace pace = command.realtime ? Pace::kRealTime : Pace::kAsTaken;
    const absl::Status status =
        command.whole
            ? TranscribeWhole(*channel, command.stream, path, **source)
            : TranscribeSource(*channel, command.stream, pace, path, **source);
    if (!status.ok()) exit_code = Fail(path, status);
  }
  return exit_code == kExitOk && Interrupted() ? kExitInterrupted : exit_code;
}

int RunMic(const MicCommand& command) {
  if (command.list_devices) {
    const auto devices = ListInputDevices();
    if (!devices.ok()) return Fail("", devices.status());
    for (const InputDevice& device : *devices) {
      std::cout << absl::StrFormat(
          "%3d  %s%s, %.0f Hz\n", device.index, device.name,
          device.is_default ? " (default)" : "", device.default_sample_rate_hz);
    }
    if (devices->empty()) std::cerr << "oido: no recording devices\n";
    return devices->empty() ? kExitFailed : kExitOk;
  }
  const auto channel = Connect(command.stream.server, kConnectTimeout);
  if (!channel.ok()) return Fail("", channel.status());
  CatchInterrupt();
  const auto microphone =
      Microphone::Open(command.device, command.stream.chunk_ms, Interrupted);
  if (!microphone.ok()) return Fail("", microphone.status());
  std::cerr << "listening at " << (*microphone)->format().sample_rate_hz
            << " Hz; Ctrl-C ends\n";
  const absl::Status status = TranscribeSource(
      *channel, command.stream, Pace::kAsTaken, "", **microphone);
  if ((*microphone)->lost_seconds() > 0) {
    std::cerr << absl::StrFormat(
        "oido: %.1f s of speech were lost: the server did not keep up\n",
        (*microphone)->lost_seconds());
  }
  return status.ok() ? kExitOk : Fail("", status);
}

int RunModels(const ModelsCommand& command) {
  const auto channel = Connect(command.server, kConnectTimeout);
  if (!channel.ok()) return Fail("", channel.status());
  const auto models = ListModels(*channel, kConnectTimeout);
  if (!models.ok()) return Fail("", models.status());
  if (command.json) {
    std::cout << JsonLine(ToJson(*models)) << std::endl;
    return kExitOk;
  }
  for (const v1::Model& model : models->models()) {
    std::cout << absl::StrFormat(
        "%s  %s  %s  %d Hz%s%s  %s\n", model.name(), model.version(),
        model.language_code(), model.sample_rate_hertz(),
        model.offline() ? "  (offline)" : "",
        model.is_default() ? "  (default)" : "", model.description());
  }
  return kExitOk;
}

int RunHealth(const HealthCommand& command) {
  const auto channel = Connect(command.server, kConnectTimeout);
  if (!channel.ok()) return Fail("", channel.status());
  const auto health = CheckHealth(*channel, kConnectTimeout);
  if (!health.ok()) return Fail("", health.status());
  std::cout << (*health == Health::kServing ? "SERVING" : "NOT_SERVING")
            << std::endl;
  return *health == Health::kServing ? kExitOk : kExitFailed;
}

}  // namespace oido::client
