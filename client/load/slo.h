// What a run must keep to pass.
#ifndef OIDO_CLIENT_LOAD_SLO_H_
#define OIDO_CLIENT_LOAD_SLO_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/load/recorder.h"

namespace oido::load {

enum class Metric { kMessage, kPartial, kFinal, kWord, kWordFinal };

// The word for it on the command line and in reports.
absl::string_view Name(Metric metric);
const LatencyHistogram& Latencies(const RunResult& result, Metric metric);

// A service level objective: a quantile of one latency and its limit.
struct Slo {
  std::string text;  // as it was given
  Metric metric = Metric::kMessage;
  double quantile = 0.99;
  absl::Duration limit;
};

// [METRIC.]pN=DURATION, such as p99=200ms, final.p95=0.5s, word.p50=0.4s.
// INVALID_ARGUMENT that says what is wrong.
absl::StatusOr<Slo> ParseSlo(absl::string_view text);

struct Requirements {
  enum class Refusals { kFail, kAllowed };

  std::vector<Slo> slos;
  Refusals refusals = Refusals::kFail;
  double most_late_share = 0.01;  // of all messages
  double least_pace = 0.9;        // where no refusal is allowed
};

// Why `result` does not pass, for people; empty: it does.
std::vector<std::string> Shortcomings(const RunResult& result,
                                      const Requirements& requirements);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_SLO_H_
