// Flags made from the descriptor of ServerConfig, so that file and flags cannot
// differ.
#include "server/server_config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/suggest.h"
#include "server/version.h"

namespace oido::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Descriptors carry no comments at run time, so the help has its own words; a
// test keeps them complete.
const std::map<std::string, std::string>& Help() {
  static const auto* const help = new std::map<std::string, std::string>{
      {"listen",
       "HOST:PORT to listen on; port 0 takes a free one (default "
       "127.0.0.1:50051)"},
      {"model",
       "Model bundle directory; may be given several times, the first is the "
       "default "
       "(default: all in ../share/oido/models beside the executable's "
       "directory)"},
      {"workers", "Inference threads; 0: one per core (default 0)"},
      {"max_batch",
       "Most streams stepped together in one model call (default 256)"},
      {"max_streams",
       "Most streams open at once, idle ones included (default 1024)"},
      {"max_stream_seconds",
       "Longest audio of one stream; 0: no limit (default 0)"},
      {"idle_timeout_seconds",
       "End a stream that sends nothing for so long (default 60)"},
      {"max_streaming_message_bytes",
       "Largest audio message of a stream (default 1048576)"},
      {"max_unary_message_bytes",
       "Largest Recognize request (default 67108864)"},
      {"inbox_bytes",
       "Unprocessed audio per stream before reading pauses (default 262144)"},
      {"drain_seconds",
       "Time for running streams to finish after SIGTERM (default 30)"},
      {"offline_workers",
       "Threads for recordings given to offline models, at lower priority "
       "(default 1)"},
      {"max_offline_recordings",
       "Most recordings offline models have in hand, waiting ones included "
       "(default 16)"},
      {"max_recordings",
       "Most Recognize calls to streaming models in hand, waiting ones included "
       "(default 64)"},
      {"admission_utilization",
       "Share of the workers' time that live streams may fill before one more is "
       "refused; 0: no limit by load (default 0.85)"},
      {"latency_target_ms",
       "Refuse streams while live ones wait for more than half of this; 0: never "
       "(default 200)"},
      {"log_level", "debug, info, warn or error (default info)"},
  };
  return *help;
}

std::vector<std::string> FieldNames() {
  std::vector<std::string> names;
  const Descriptor* descriptor = config::ServerConfig::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i)
    names.push_back(descriptor->field(i)->name());
  return names;
}

// Empty if nothing is near.
std::string DidYouMean(absl::string_view name, absl::string_view prefix) {
  std::vector<std::string> known = FieldNames();
  if (!prefix.empty()) known.insert(known.end(), {"config", "help", "version"});
  const std::string nearest = Nearest(name, known);
  return nearest.empty()
             ? ""
             : absl::StrCat("; did you mean ", prefix, nearest, "?");
}

class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!text.empty()) return;
    text = absl::StrCat(line + 1, ":", column + 1, ": ", message);
    // "... has no field named \"NAME\"."
    constexpr absl::string_view kUnknown = "no field named \"";
    const size_t begin = message.find(std::string(kUnknown));
    if (begin == std::string::npos) return;
    std::string name = message.substr(begin + kUnknown.size());
    name.resize(std::min(name.size(), name.find('"')));
    text = absl::StrCat(line + 1, ":", column + 1, ": unknown key \"", name,
                        "\"", DidYouMean(name, ""));
  }

  std::string text;
};

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code no_matter;
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open() || std::filesystem::is_directory(path, no_matter)) {
    return absl::InvalidArgumentError(
        absl::StrCat("config: cannot read ", path));
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void AddFlag(const FieldDescriptor* field, CLI::App* app,
             config::ServerConfig* config) {
  const std::string name = "--" + field->name();
  const auto found = Help().find(field->name());
  const std::string help = found == Help().end() ? "" : found->second;
  const google::protobuf::Reflection* reflection = config->GetReflection();
  if (field->is_repeated()) {
    app->add_option_function<std::vector<std::string>>(
           name,
           [=](const std::vector<std::string>& values) {
             for (const std::string& value : values)
               reflection->AddString(config, field, value);
           },
           help)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
    app->add_option_function<int32_t>(
        name,
        [=](int32_t value) { reflection->SetInt32(config, field, value); },
        help);
  } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    app->add_option_function<double>(
        name,
        [=](double value) { reflection->SetDouble(config, field, value); },
        help);
  } else {
    app->add_option_function<std::string>(
        name,
        [=](const std::string& value) {
          reflection->SetString(config, field, value);
        },
        help);
  }
}

absl::Status UnknownArgument(const std::string& argument) {
  if (!absl::StartsWith(argument, "-")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "unexpected argument \"", argument, "\"; options begin with --"));
  }
  std::string name = argument.substr(0, argument.find('='));
  name.erase(0, name.find_first_not_of('-'));
  return absl::InvalidArgumentError(
      absl::StrCat("unknown flag --", name, DidYouMean(name, "--")));
}

}  // namespace

absl::StatusOr<config::ServerConfig> ParseConfigText(const std::string& text,
                                                     const std::string& name) {
  config::ServerConfig config;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(text, &config)) return config;
  return absl::InvalidArgumentError(absl::StrCat(name, ":", error.text));
}

namespace {

absl::StatusOr<config::ServerConfig> Combine(
    const std::string& config_path, const config::ServerConfig& flags) {
  config::ServerConfig config;
  if (!config_path.empty()) {
    absl::StatusOr<std::string> text = ReadFile(config_path);
    if (!text.ok()) return text.status();
    auto file = ParseConfigText(*text, config_path);
    if (!file.ok()) return file.status();
    config = *std::move(file);
  }
  if (flags.model_size() > 0) config.clear_model();
  config.MergeFrom(flags);
  return config;
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc,
                                             const char* const* argv) {
  CommandLine result;
  config::ServerConfig flags;
  std::string config_path;
  CLI::App app{"Streaming speech recognition over gRPC", "oido-server"};
  app.set_version_flag("--version", absl::StrCat("oido-server ", kVersion));
  app.add_option("--config", config_path,
                 "Configuration file, keys as the flags below");
  app.allow_extras();
  const Descriptor* descriptor = config::ServerConfig::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    AddFlag(descriptor->field(i), &app, &flags);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    result.print = app.help();
    return result;
  } catch (const CLI::CallForVersion& version) {
    result.print = absl::StrCat(version.what(), "\n");
    return result;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  const std::vector<std::string> unknown = app.remaining();
  if (!unknown.empty()) return UnknownArgument(unknown.front());
  absl::StatusOr<config::ServerConfig> config = Combine(config_path, flags);
  if (!config.ok()) return config.status();
  result.config = *std::move(config);
  return result;
}

absl::StatusOr<ServerOptions> ToOptions(const config::ServerConfig& config) {
  ServerOptions options;
  if (config.has_listen()) options.listen = config.listen();
  options.models.assign(config.model().begin(), config.model().end());
  if (config.has_workers()) options.workers = config.workers();
  if (config.has_max_batch()) options.max_batch = config.max_batch();
  if (config.has_max_streams()) options.max_streams = config.max_streams();
  if (config.has_max_stream_seconds())
    options.max_stream_seconds = config.max_stream_seconds();
  if (config.has_idle_timeout_seconds()) {
    options.idle_timeout_seconds = config.idle_timeout_seconds();
  }
  if (config.has_max_streaming_message_bytes()) {
    options.max_streaming_message_bytes = config.max_streaming_message_bytes();
  }
  if (config.has_max_unary_message_bytes()) {
    options.max_unary_message_bytes = config.max_unary_message_bytes();
  }
  if (config.has_inbox_bytes()) options.inbox_bytes = config.inbox_bytes();
  if (config.has_drain_seconds())
    options.drain_seconds = config.drain_seconds();
  if (config.has_offline_workers())
    options.offline_workers = config.offline_workers();
  if (config.has_max_offline_recordings())
    options.max_offline_recordings = config.max_offline_recordings();
  if (config.has_max_recordings())
    options.max_recordings = config.max_recordings();
  if (config.has_admission_utilization())
    options.admission_utilization = config.admission_utilization();
  if (config.has_latency_target_ms())
    options.latency_target_ms = config.latency_target_ms();
  if (config.has_log_level()) options.log_level = config.log_level();
  absl::Status status = Validate(options);
  if (!status.ok()) return status;
  return options;
}

}  // namespace oido::server
