// Keeps latencies by the time at which they were met, for a plot.
#ifndef OIDO_CLIENT_LOAD_LATENCY_SERIES_H_
#define OIDO_CLIENT_LOAD_LATENCY_SERIES_H_

#include <cstddef>
#include <vector>

#include "absl/time/time.h"
#include "client/load/latency_histogram.h"

namespace oido::load {

// At most kMaxParts parts of equal length; they grow with the time.
class LatencySeries {
 public:
  static constexpr size_t kMaxParts = 120;

  struct Part {
    LatencyHistogram latency{LatencyHistogram::Resolution::kCoarse};
    int most_streams = 0;  // open at the same time
  };

  // `time` is counted from the beginning of the run; before it: nothing.
  void Record(absl::Duration time, absl::Duration latency);
  void RecordStreams(absl::Duration time, int open);

  absl::Duration part_length() const { return part_length_; }
  const std::vector<Part>& parts() const { return parts_; }

 private:
  Part* At(absl::Duration time);
  void Halve();

  absl::Duration part_length_ = absl::Milliseconds(500);
  std::vector<Part> parts_;
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_LATENCY_SERIES_H_
