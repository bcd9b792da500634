// The keys of the configuration: what each sets, and its word of help.
#ifndef OIDO_SERVER_SERVER_KEYS_H_
#define OIDO_SERVER_SERVER_KEYS_H_

#include <string>
#include <variant>
#include <vector>

#include "absl/types/span.h"
#include "oido/config/server_config.pb.h"
#include "server/server_options.h"

namespace oido::server {

// When a changed value is taken over.
enum class Change {
  kRestart,   // by a new start of the server only
  kReload,    // at the reload
  kNewCalls,  // by calls that begin after the reload
};

struct ServerKey {
  using Member =
      std::variant<int ServerOptions::*, double ServerOptions::*,
                   bool ServerOptions::*, std::string ServerOptions::*,
                   std::vector<std::string> ServerOptions::*>;
  const char* name;  // field of ServerConfig, flag and, in capitals behind
                     // OIDO_, variable of the environment
  Member member;
  Change change;
  const char* help;  // without the default
};

// One for each field of ServerConfig, in the order of --help.
absl::Span<const ServerKey> ServerKeys();

// Overwrites what `config` sets.
void Apply(const config::ServerConfig& config, ServerOptions* options);

// Every key with its value.
config::ServerConfig ToConfig(const ServerOptions& options);

// Two sets of options, and the keys that are meant.
struct Comparison {
  const ServerOptions& from;
  Change change;
};

// Those keys of which `to` has another value.
std::vector<std::string> DifferentKeys(const Comparison& comparison,
                                       const ServerOptions& to);
// Gives `to` the values of those keys.
void CopyKeys(const Comparison& comparison, ServerOptions* to);

// "(default 60)", or "" where it is empty.
std::string DefaultInHelp(const ServerKey& key);

}  // namespace oido::server

#endif  // OIDO_SERVER_SERVER_KEYS_H_
