// Implements the reader of /proc.
#include "client/load/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace oido::load {
namespace {

// Places behind the name of the program, which may hold anything and ends at
// the last parenthesis; proc(5) counts them from 3.
constexpr size_t kUserTicks = 14 - 3;
constexpr size_t kSystemTicks = 15 - 3;
constexpr size_t kRssPages = 24 - 3;

}  // namespace

absl::StatusOr<ProcessUsage> ParseStat(absl::string_view stat,
                                       int64_t ticks_per_second,
                                       int64_t page_bytes) {
  const size_t name_end = stat.rfind(')');
  const std::vector<absl::string_view> fields =
      name_end == absl::string_view::npos
          ? std::vector<absl::string_view>()
          : absl::StrSplit(stat.substr(name_end + 1), ' ', absl::SkipEmpty());
  int64_t user = 0;
  int64_t system = 0;
  int64_t pages = 0;
  if (fields.size() <= kRssPages ||
      !absl::SimpleAtoi(fields[kUserTicks], &user) ||
      !absl::SimpleAtoi(fields[kSystemTicks], &system) ||
      !absl::SimpleAtoi(fields[kRssPages], &pages)) {
    return absl::DataLossError(absl::StrCat("not a process's stat: ", stat));
  }
  ProcessUsage usage;
  usage.cpu = absl::Seconds(user + system) / ticks_per_second;
  usage.rss_bytes = pages * page_bytes;
  return usage;
}

absl::StatusOr<ProcessUsage> ReadProcessUsage(pid_t pid) {
  const std::string path = absl::StrCat("/proc/", pid, "/stat");
  std::ifstream file(path);
  const std::string stat((std::istreambuf_iterator<char>(file)), {});
  if (stat.empty()) {
    return absl::NotFoundError(
        absl::StrCat(path, ": there is no process ", pid));
  }
  return ParseStat(stat, sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE));
}

absl::Duration OwnCpu() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) +
         absl::DurationFromTimeval(usage.ru_stime);
}

}  // namespace oido::load
