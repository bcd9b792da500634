// Predicts the workers' load with one more stream.
#include "server/stream_admission.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_format.h"
#include "server/errors.h"

namespace oido::server {
namespace {

constexpr absl::Duration kCensusAge = absl::Milliseconds(100);

// A stream lasts seconds to minutes; lateness is over in a second or two.
constexpr absl::Duration kRetryDelay = absl::Seconds(2);

// Of the workers' time: with less, streams are late because the machine stood
// still or many ended at once, which refusing others does not make better.
constexpr double kLateUtilization = 0.5;

// Of the workers' time: up to here the calibration is believed. It has few
// streams and the caches to itself; hundreds take up to twice what it says.
constexpr double kUnprovenUtilization = 0.3;

// Above it, so many more at once than were served together for so long: many
// recordings begin with silence, which costs little...
constexpr double kGrowth = 1.2;
constexpr double kLeastGrowth = 4.0;
constexpr absl::Duration kProvenAfter = absl::Seconds(1);

// ...and when those who were refused for it are to come back.
constexpr absl::Duration kGrowthRetryDelay = absl::Seconds(1);

// The machine may be another one after this long: shared with others, say.
constexpr double kProvenFadeSeconds = 600.0;

int Total(const std::vector<int>& streams) {
  return std::accumulate(streams.begin(), streams.end(), 0);
}

}  // namespace

StreamAdmission::StreamAdmission(const StreamAdmissionOptions& options,
                                 const LoadMeter* meter, const Clock* clock,
                                 StreamCensus census)
    : options_(options),
      meter_(meter),
      clock_(clock),
      census_(std::move(census)) {}

absl::Status StreamAdmission::Admit(int model) {
  const absl::Duration now = clock_->Now();
  MutexLock lock(mutex_);
  Count(now);
  std::vector<int> with_it = active_;
  ++with_it[static_cast<size_t>(model)];
  const double load = Utilization(with_it);
  const int streams = Total(active_);
  if (options_.max_utilization > 0 && load > options_.max_utilization &&
      streams > 0) {
    return FullError(
        absl::StrFormat("admission_utilization: %d streams are active, one "
                        "more makes a load of %.2f, limit %.2f",
                        streams, load, options_.max_utilization),
        kRetryDelay);
  }
  if (options_.latency_target > absl::ZeroDuration() &&
      load > kLateUtilization && streams > 0 && meter_->Late(now)) {
    return FullError(
        absl::StrFormat("latency_target_ms: %d streams are active, load %.2f, "
                        "and lately wait for more than half of %d ms",
                        streams, load,
                        absl::ToInt64Milliseconds(options_.latency_target)),
        kRetryDelay);
  }
  const double most = std::max(kGrowth * proven_, proven_ + kLeastGrowth);
  if (options_.max_utilization > 0 && load > kUnprovenUtilization &&
      streams + 1 > most) {
    return FullError(
        absl::StrFormat("admission_utilization: %d streams are active, load "
                        "%.2f, and how %.0f of them fare is yet to be seen",
                        streams, load, streams - proven_),
        kGrowthRetryDelay);
  }
  active_ = std::move(with_it);
  return absl::OkStatus();
}

void StreamAdmission::Count(absl::Duration now) {
  if (now - counted_at_ < kCensusAge) return;
  active_ = census_();
  counted_at_ = now;
  if (now - proven_at_ < kProvenAfter) return;
  proven_ *= std::exp(-absl::ToDoubleSeconds(now - proven_at_) /
                      kProvenFadeSeconds);
  proven_ = std::max(proven_, static_cast<double>(Total(active_)));
  proven_at_ = now;
}

double StreamAdmission::Utilization(const std::vector<int>& active) const {
  double load = 0.0;
  for (size_t i = 0; i < active.size(); ++i) {
    if (active[i] == 0) continue;
    const int model = static_cast<int>(i);
    const double streams = active[i];
    // When there is much to do, each worker steps its share of all streams
    // together.
    const double batch = std::clamp(streams / options_.workers, 1.0,
                                    static_cast<double>(options_.max_batch));
    load += streams * meter_->steps_per_second(model) *
            absl::ToDoubleSeconds(meter_->TimePerStep(model, batch)) /
            options_.workers;
  }
  return load;
}

}  // namespace oido::server
