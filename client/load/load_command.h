// What the program oido-load does, after its command line was read.
#ifndef OIDO_CLIENT_LOAD_LOAD_COMMAND_H_
#define OIDO_CLIENT_LOAD_LOAD_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "client/load/audio_pool.h"
#include "client/load/find_max.h"
#include "client/load/grpc_transport.h"
#include "client/load/load_settings.h"
#include "client/load/slo.h"
#include "client/manifest.h"

namespace oido::load {

constexpr int kExitHeld = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitInterrupted = 130;  // as shells count Ctrl-C

struct LoadCommand {
  enum class Task { kRun, kFindMax };

  Task task = Task::kRun;
  GrpcTransportOptions transport;
  std::string manifest;
  client::ManifestFilter filter;
  std::vector<std::string> files;
  std::string word_times;  // a file; empty: none
  AudioPoolOptions audio;
  LoadSettings settings;
  SearchOptions search;
  Requirements requirements;
  std::string json_path;  // empty: none
  std::string plot_path;
};

// The table goes to `out`, all else to standard error. Returns the exit code.
int RunLoadCommand(const LoadCommand& command, std::ostream& out);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_LOAD_COMMAND_H_
