// oido-server: options to a running server, until a signal ends it.
#include <google/protobuf/text_format.h>
#include <grpc/support/log.h>
#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/allocator.h"
#include "server/clock.h"
#include "server/log.h"
#include "server/model_set.h"
#include "server/security.h"
#include "server/server.h"
#include "server/server_config.h"
#include "server/server_keys.h"
#include "server/server_options.h"
#include "server/token_access.h"

namespace oido::server {
namespace {

constexpr int kExitFailed = 1;  // the port or a model
constexpr int kExitUsage = 2;   // the command line or the configuration file

int Complain(const absl::Status& status, int exit_code) {
  std::fprintf(stderr, "oido-server: error: %s\n",
               std::string(status.message()).c_str());
  return exit_code;
}

// gRPC's own lines join the log.
void LogGrpc(gpr_log_func_args* args) {
  const Severity severity = args->severity == GPR_LOG_SEVERITY_ERROR
                                ? Severity::kError
                                : Severity::kDebug;
  Log(severity, "grpc", {{"message", args->message}});
}

absl::Status FindShippedModels(ServerOptions* options) {
  if (!options->models.empty()) return absl::OkStatus();
  std::error_code error;
  const auto executable =
      std::filesystem::read_symlink("/proc/self/exe", error);
  if (error)
    return absl::InternalError(
        absl::StrCat("/proc/self/exe: ", error.message()));
  const auto directory =
      executable.parent_path().parent_path() / "share" / "oido" / "models";
  absl::StatusOr<std::vector<std::string>> found =
      FindBundles(directory.string());
  if (!found.ok()) return found.status();
  options->models = *std::move(found);
  return absl::OkStatus();
}

void Announce(const Server& server) {
  const std::string models = server.generation()->models().NamesAndVersions();
  std::printf("oido-server listening on %s\nmodels: %s\n",
              server.address().c_str(), models.c_str());
  std::fflush(stdout);
  std::vector<LogField> fields = {{"address", server.address()},
                                  {"models", models}};
  if (!server.metrics_address().empty())
    fields.push_back({"metrics", server.metrics_address()});
  Log(Severity::kInfo, "listening", fields);
}

// Command line, environment and file to valid options with models.
absl::StatusOr<ServerOptions> ReadOptions(const config::ServerConfig& config) {
  auto options = ToOptions(config);
  if (!options.ok()) return options;
  const absl::Status status = FindShippedModels(&*options);
  if (!status.ok()) return status;
  return options;
}

void SetLog(const ServerOptions& options) {
  Severity severity = Severity::kInfo;
  ParseSeverity(options.log_level, &severity);
  SetLogLevel(severity);
  SetLogFormat(options.log_format == "json" ? LogFormat::kJson
                                            : LogFormat::kText);
}

struct CommandArguments {
  int argc;
  const char* const* argv;
};

void Reload(const CommandArguments& arguments, Server& server) {
  auto line = ParseCommandLine(arguments.argc, arguments.argv);
  server.Reload(line.ok() ? ReadOptions(line->config)
                          : absl::StatusOr<ServerOptions>(line.status()));
  SetLog(server.options());
}

// Until a signal says to end.
void Serve(const CommandArguments& arguments, const sigset_t& signals,
           Server& server) {
  constexpr timespec kLookAfterFiles = {1, 0};
  while (true) {
    const int signal = sigtimedwait(&signals, nullptr, &kLookAfterFiles);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) {
      Reload(arguments, server);
    } else {
      server.Poll();
    }
  }
}

// On the spot; reloads while the server drains are nobody's wish.
void LetSecondSignalEnd() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT}) sigaddset(&signals, number);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

int HashToken(const std::string& name) {
  const std::string token((std::istreambuf_iterator<char>(std::cin)),
                          std::istreambuf_iterator<char>());
  const auto line = TokenLine(name, token);
  if (!line.ok()) return Complain(line.status(), kExitUsage);
  std::fputs(line->c_str(), stdout);
  return 0;
}

int PrintConfig(const ServerOptions& options) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(ToConfig(options), &text);
  std::fputs(text.c_str(), stdout);
  return 0;
}

// What Run does before it listens.
int CheckConfig(const ServerOptions& options) {
  const auto security = Security::Load(options);
  if (!security.ok()) return Complain(security.status(), kExitFailed);
  const auto models = ModelSet::Load(options.models);
  if (!models.ok()) return Complain(models.status(), kExitFailed);
  std::printf("options, models (%s), certificates and tokens are in order\n",
              models->NamesAndVersions().c_str());
  return 0;
}

int Run(const CommandArguments& arguments, const ServerOptions& options,
        const sigset_t& signals) {
  SetLog(options);
  gpr_set_log_function(LogGrpc);
  auto models = ModelSet::Load(options.models);
  if (!models.ok()) return Complain(models.status(), kExitFailed);
  const SteadyClock clock;
  auto server = Server::Start(options, *std::move(models), &clock);
  if (!server.ok()) return Complain(server.status(), kExitFailed);
  Announce(**server);

  Serve(arguments, signals, **server);
  LetSecondSignalEnd();
  Log(Severity::kInfo, "draining",
      {{"streams", absl::StrCat((*server)->registry().size())}});
  (*server)->Drain(absl::Seconds((*server)->options().drain_seconds));
  server->reset();
  Log(Severity::kInfo, "stopped", {});
  return 0;
}

int Main(int argc, const char* const* argv) {
  LimitArenas();
  // Before any thread starts, so that all inherit it and only sigwait sees
  // them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Whoever read the log may go; the server stays.
  signal(SIGPIPE, SIG_IGN);
  auto command_line = ParseCommandLine(argc, argv);
  if (!command_line.ok()) return Complain(command_line.status(), kExitUsage);
  using Task = CommandLine::Task;
  if (command_line->task == Task::kPrint) {
    std::fputs(command_line->print.c_str(), stdout);
    return 0;
  }
  if (command_line->task == Task::kHashToken)
    return HashToken(command_line->token_name);
  auto options = ReadOptions(command_line->config);
  if (!options.ok()) {
    return Complain(options.status(), absl::IsInvalidArgument(options.status())
                                          ? kExitUsage
                                          : kExitFailed);
  }
  if (command_line->task == Task::kPrintConfig) return PrintConfig(*options);
  if (command_line->task == Task::kCheckConfig) return CheckConfig(*options);
  return Run({argc, argv}, *options, signals);
}

}  // namespace
}  // namespace oido::server

int main(int argc, char** argv) { return oido::server::Main(argc, argv); }
