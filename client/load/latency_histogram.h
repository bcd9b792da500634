// Counts durations from 1 µs to 1000 s and tells their quantiles.
#ifndef OIDO_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
#define OIDO_CLIENT_LOAD_LATENCY_HISTOGRAM_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"

namespace oido::load {

// A histogram of high dynamic range: bins on a logarithmic axis, so that every
// quantile has the same relative error and the memory does not grow with what
// is recorded. Movable; one thread at a time.
class LatencyHistogram {
 public:
  // Width of a bin: 0.2 % of its value (83 KB in all), or 2 % (8 KB).
  enum class Resolution { kFine, kCoarse };

  explicit LatencyHistogram(Resolution resolution);
  LatencyHistogram(LatencyHistogram&&) noexcept;
  LatencyHistogram& operator=(LatencyHistogram&&) noexcept;
  ~LatencyHistogram();

  // What is shorter than 1 µs counts as 1 µs.
  void Record(absl::Duration value);
  // REQUIRES: the same resolution.
  void Merge(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  absl::Duration max() const { return max_; }
  absl::Duration mean() const;
  // The nearest-rank quantile, 0 < quantile <= 1, rounded up to the end of its
  // bin: never less than the truth. Zero if nothing was recorded.
  absl::Duration Quantile(double quantile) const;

 private:
  class Bins;  // hides the library

  std::unique_ptr<Bins> bins_;
  int64_t count_ = 0;
  absl::Duration sum_;
  absl::Duration max_;
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
