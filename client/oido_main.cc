// Command line of oido, the client for people.
#include <algorithm>
#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "client/oido_commands.h"
#include "client/recognition_flags.h"

namespace oido::client {
namespace {

constexpr char kDescription[] =
    "Transcribes speech with an oido-server while it is being spoken.";
constexpr char kFooter[] =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 ended by Ctrl-C.";

void AddStream(CLI::App& app, StreamOptions& stream) {
  AddConnectionOptions(app, stream.server);
  v1::RecognitionConfig& config = *stream.config.mutable_config();
  app.add_option_function<std::string>(
      "--model", [&config](const std::string& name) { config.set_model(name); },
      "A name from `oido models` (default: the server's choice)");
  app.add_option("--chunk-ms", stream.chunk_ms, "Audio in one message")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_flag("--json", stream.output.json, "One JSON object a response");
  app.add_flag("--words", stream.output.words,
               "Start, end and confidence of each word");
  app.add_flag("--no-interim", stream.output.no_interim, "Final text only");
  app.add_flag("--stats", stream.output.stats,
               "Latencies and speed, on standard error");
  app.add_option_function<int>(
      "--alternatives",
      [&config](int count) { config.set_max_alternatives(count); },
      "Show up to so many versions of each final, 1 to 30");
  AddDecodingFlags(app, config);
  AddEndpointFlags(app, stream.config);
  AddFinalDelayFlag(app, stream.config);
}

CLI::App* AddTranscribe(CLI::App& app, TranscribeCommand& command) {
  CLI::App* sub = app.add_subcommand(
      "transcribe", "Sound files (WAV, FLAC, Ogg, Opus, MP3) to text");
  sub->add_option("FILE", command.files,
                  "Files; - takes a WAV file from standard input")
      ->required();
  sub->add_flag("--realtime", command.realtime,
                "Send at the pace at which it was spoken");
  sub->add_flag("--whole", command.whole,
                "Send all of it before anything comes back: more accurate "
                "where the server has an offline model")
      ->excludes("--realtime");
  sub->add_option("--raw-rate", command.raw_rate_hz,
                  "With -: the input is 16-bit little-endian mono samples at "
                  "so many Hz, without header")
      ->check(CLI::Range(1, 1000000));
  v1::RecognitionConfig& config = *command.stream.config.mutable_config();
  sub->add_flag_callback(
      "--separate-channels",
      [&config] { config.set_enable_separate_recognition_per_channel(true); },
      "Recognise each channel of a file for itself");
  AddStream(*sub, command.stream);
  sub->callback([&command, &config] {
    const bool reads_stdin =
        std::count(command.files.begin(), command.files.end(), "-") > 0;
    if (command.whole && command.stream.output.stats) {
      throw CLI::ValidationError("--whole", "has no latencies for --stats");
    }
    if (command.realtime && reads_stdin) {
      throw CLI::ValidationError("--realtime",
                                 "standard input has a pace of "
                                 "its own; give a file");
    }
    if (config.enable_separate_recognition_per_channel() && reads_stdin) {
      throw CLI::ValidationError("--separate-channels", "is for files");
    }
    if (command.raw_rate_hz > 0 && !reads_stdin) {
      throw CLI::ValidationError("--raw-rate", "is for standard input (-)");
    }
  });
  return sub;
}

CLI::App* AddMic(CLI::App& app, MicCommand& command) {
  CLI::App* sub =
      app.add_subcommand("mic", "The microphone to text, until Ctrl-C");
  sub->add_option("--device", command.device,
                  "Number or part of the name (default: the system's)");
  sub->add_flag("--list-devices", command.list_devices,
                "Show the recording devices");
  AddStream(*sub, command.stream);
  return sub;
}

CLI::App* AddModels(CLI::App& app, ModelsCommand& command) {
  CLI::App* sub =
      app.add_subcommand("models", "The models that the server has loaded");
  AddConnectionOptions(*sub, command.server);
  sub->add_flag("--json", command.json, "As one JSON object");
  return sub;
}

CLI::App* AddHealth(CLI::App& app, HealthCommand& command) {
  CLI::App* sub = app.add_subcommand(
      "health", "Whether the server takes new streams: exit code 0 if so");
  AddConnectionOptions(*sub, command.server);
  return sub;
}

int Main(int argc, char** argv) {
  CLI::App app(kDescription, "oido");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", "oido " OIDO_VERSION);
  TranscribeCommand transcribe;
  MicCommand mic;
  ModelsCommand models;
  HealthCommand health;
  const CLI::App* transcribe_app = AddTranscribe(app, transcribe);
  const CLI::App* mic_app = AddMic(app, mic);
  AddModels(app, models);
  const CLI::App* health_app = AddHealth(app, health);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (transcribe_app->parsed()) return RunTranscribe(transcribe);
  if (mic_app->parsed()) return RunMic(mic);
  if (health_app->parsed()) return RunHealth(health);
  return RunModels(models);
}

}  // namespace
}  // namespace oido::client

int main(int argc, char** argv) { return oido::client::Main(argc, argv); }
