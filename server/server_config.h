// Command line and configuration file to ServerOptions.
#ifndef OIDO_SERVER_SERVER_CONFIG_H_
#define OIDO_SERVER_SERVER_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "oido/config/server_config.pb.h"
#include "server/server_options.h"

namespace oido::server {

struct CommandLine {
  enum class Task {
    kServe,
    kPrint,        // `print`, and leave
    kPrintConfig,  // the options as a configuration file, and leave
    kCheckConfig,  // all that can be checked without listening, and leave
    kHashToken,    // a line of a tokens file for standard input, and leave
  };
  Task task = Task::kServe;
  config::ServerConfig config;
  std::string print;
  std::string token_name;  // of kHashToken
};

// Flags are the fields of ServerConfig, and those of the tasks and --config
// FILE. A flag overrides the environment (OIDO_ and the flag's name in
// capitals), which overrides the file. INVALID_ARGUMENT names an unknown flag
// or key and the known one nearest to it.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

// Protobuf text format. `name` is for messages.
absl::StatusOr<config::ServerConfig> ParseConfigText(const std::string& text,
                                                     const std::string& name);

// Defaults where `config` says nothing; checked by Validate.
absl::StatusOr<ServerOptions> ToOptions(const config::ServerConfig& config);

}  // namespace oido::server

#endif  // OIDO_SERVER_SERVER_CONFIG_H_
