// Runs one load test: ramp, hold, drain.
#ifndef OIDO_CLIENT_LOAD_LOAD_RUN_H_
#define OIDO_CLIENT_LOAD_LOAD_RUN_H_

#include <functional>
#include <vector>

#include "client/load/audio_pool.h"
#include "client/load/load_settings.h"
#include "client/load/recorder.h"
#include "client/load/transport.h"

namespace oido::load {

struct Progress {
  absl::Duration elapsed;
  absl::Duration total;  // ramp and hold
  int open = 0;          // streams
  const RunResult& so_far;
};

// Called a few times a second, between messages.
struct RunHooks {
  std::function<bool()> interrupted;
  // True: the run ends here, without waiting for what is under way.
  std::function<bool(const RunResult&)> give_up;
  std::function<void(const Progress&)> on_progress;
};

// Takes ramp + hold + drain at most, on the caller's thread.
RunResult RunLoad(const LoadSettings& settings,
                  const std::vector<Recording>& recordings,
                  Transport& transport, const RunHooks& hooks);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_LOAD_RUN_H_
