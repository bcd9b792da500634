// Reads what a process has used of the machine.
#ifndef OIDO_CLIENT_LOAD_PROCESS_USAGE_H_
#define OIDO_CLIENT_LOAD_PROCESS_USAGE_H_

#include <sys/types.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace oido::load {

struct ProcessUsage {
  absl::Duration cpu;  // of all threads, in the kernel too
  int64_t rss_bytes = 0;
};

// `stat` is what /proc/PID/stat holds (proc(5)).
absl::StatusOr<ProcessUsage> ParseStat(absl::string_view stat,
                                       int64_t ticks_per_second,
                                       int64_t page_bytes);

// NOT_FOUND if there is no such process.
absl::StatusOr<ProcessUsage> ReadProcessUsage(pid_t pid);

// CPU time of this process, to the microsecond.
absl::Duration OwnCpu();

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_PROCESS_USAGE_H_
