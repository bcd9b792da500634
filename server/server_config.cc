// Flags made from the descriptor of ServerConfig, so that file and flags cannot
// differ.
#include "server/server_config.h"

#include <google/protobuf/descriptor.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/server_keys.h"
#include "server/suggest.h"
#include "server/text_proto.h"
#include "server/version.h"

namespace oido::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

// Empty if nothing is near.
std::string DidYouMean(absl::string_view flag) {
  std::vector<std::string> known = {"config",       "help",
                                    "version",      "print-config",
                                    "check-config", "hash-token"};
  for (const ServerKey& key : ServerKeys()) known.push_back(key.name);
  const std::string nearest = Nearest(flag, known);
  return nearest.empty() ? "" : absl::StrCat("; did you mean --", nearest, "?");
}

CLI::Option* AddFlag(const ServerKey& key, CLI::App* app,
                     config::ServerConfig* config) {
  const std::string name = absl::StrCat("--", key.name);
  const std::string help = absl::StrCat(key.help, DefaultInHelp(key));
  const Reflection* reflection = config->GetReflection();
  const FieldDescriptor* field =
      config::ServerConfig::descriptor()->FindFieldByName(key.name);
  if (field->is_repeated()) {
    return app
        ->add_option_function<std::vector<std::string>>(
            name,
            [=](const std::vector<std::string>& values) {
              for (const std::string& value : values)
                reflection->AddString(config, field, value);
            },
            help)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return app->add_option_function<int32_t>(
          name, [=](int32_t v) { reflection->SetInt32(config, field, v); },
          help);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return app->add_option_function<double>(
          name, [=](double v) { reflection->SetDouble(config, field, v); },
          help);
    case FieldDescriptor::CPPTYPE_BOOL:
      return app->add_flag_function(
          name,
          [=](int64_t count) { reflection->SetBool(config, field, count > 0); },
          help);
    default:
      return app->add_option_function<std::string>(
          name,
          [=](const std::string& v) {
            reflection->SetString(config, field, v);
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
      absl::StrCat("unknown flag --", name, DidYouMean(name)));
}

}  // namespace

absl::StatusOr<config::ServerConfig> ParseConfigText(const std::string& text,
                                                     const std::string& name) {
  config::ServerConfig config;
  const absl::Status status = ParseTextProto(text, name, &config);
  if (!status.ok()) return status;
  return config;
}

namespace {

absl::StatusOr<config::ServerConfig> Combine(
    const std::string& config_path, const config::ServerConfig& flags) {
  config::ServerConfig config;
  if (!config_path.empty()) {
    absl::StatusOr<std::string> text = ReadFile("config", config_path);
    if (!text.ok()) return text.status();
    auto file = ParseConfigText(*text, config_path);
    if (!file.ok()) return file.status();
    config = *std::move(file);
  }
  if (flags.model_size() > 0) config.clear_model();
  config.MergeFrom(flags);
  return config;
}

void AddTasks(CLI::App* app, CommandLine* line) {
  using Task = CommandLine::Task;
  app->add_flag_callback(
      "--print-config", [=] { line->task = Task::kPrintConfig; },
      "Print the options in force as a configuration file");
  app->add_flag_callback(
      "--check-config", [=] { line->task = Task::kCheckConfig; },
      "Check options, models, certificates and tokens, and leave");
  app->add_option_function<std::string>(
      "--hash-token",
      [=](const std::string& name) {
        line->task = Task::kHashToken;
        line->token_name = name;
      },
      "NAME: print the line of a token_file for the token on standard input");
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc,
                                             const char* const* argv) {
  CommandLine result;
  config::ServerConfig flags;
  std::string config_path;
  CLI::App app{"Streaming speech recognition over gRPC", "oido-server"};
  app.set_version_flag("--version", absl::StrCat("oido-server ", kVersion));
  AddTasks(&app, &result);
  app.add_option("--config", config_path,
                 "Configuration file, keys as the flags below")
      ->envname("OIDO_CONFIG");
  app.allow_extras();
  for (const ServerKey& key : ServerKeys()) {
    AddFlag(key, &app, &flags)
        ->envname(absl::StrCat("OIDO_", absl::AsciiStrToUpper(key.name)));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    result.task = CommandLine::Task::kPrint;
    result.print = app.help();
    return result;
  } catch (const CLI::CallForVersion& version) {
    result.task = CommandLine::Task::kPrint;
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
  Apply(config, &options);
  absl::Status status = Validate(options);
  if (!status.ok()) return status;
  return options;
}

}  // namespace oido::server
