// What the workers' turns really take, and how late live streams are.
#ifndef OIDO_SERVER_LOAD_METER_H_
#define OIDO_SERVER_LOAD_METER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "server/mutex.h"
#include "server/step_cost.h"

namespace oido::server {

// One turn of one worker.
struct TurnRecord {
  int model = 0;  // index
  int batch = 0;  // streams stepped; 0 is a turn without a step
  absl::Duration model_time = {};
  absl::Duration beside_time =
      {};        // the rest of the turn, all streams together
  int live = 0;  // live streams in the turn...
  int late = 0;  // ...of which so many are past half the target
};

// Smoothed figures since the last seconds; where nothing was measured lately,
// those of the calibration. Thread-safe; a worker calls it once a turn.
class LoadMeter {
 public:
  // `costs`: [model].
  explicit LoadMeter(std::vector<ModelCost> costs);

  // `now` by the clock of all calls; may be a little older than the last.
  void Add(const TurnRecord& turn, absl::Duration now);

  // A worker's time for a step of a stream of `model`, were `batch` stepped
  // together: the calibration's, times what turns have lately taken beside it.
  absl::Duration TimePerStep(int model, double batch) const;
  double steps_per_second(int model) const {
    return costs_[static_cast<size_t>(model)].steps_per_second;
  }

  // Live streams were late in a share of their turns that is no accident.
  bool Late(absl::Duration now) const;

 private:
  // Sums that fade.
  struct Sums {
    double measured_s = 0.0;   // model time of turns, weighed by batch...
    double predicted_s = 0.0;  // ...and what the calibration says of them
    double beside_s = 0.0;
    double steps = 0.0;
    absl::Duration faded_at;
  };
  struct Second {
    int64_t number = -1;
    int64_t live = 0;
    int64_t late = 0;
  };

  const std::vector<ModelCost> costs_;
  mutable Mutex mutex_;
  std::vector<Sums> sums_ ABSL_GUARDED_BY(mutex_);  // [model]
  Second seconds_[2] ABSL_GUARDED_BY(mutex_);       // even, odd
};

}  // namespace oido::server

#endif  // OIDO_SERVER_LOAD_METER_H_
