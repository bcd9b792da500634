// What one batched step of a model takes, by batch size.
#ifndef OIDO_SERVER_STEP_COST_H_
#define OIDO_SERVER_STEP_COST_H_

#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace oido::server {

// Immutable. Times of a few batch sizes, with straight lines between them.
class StepCost {
 public:
  struct Point {
    int batch = 1;
    absl::Duration time;
  };

  // Costs nothing.
  StepCost() = default;
  // `points`: of growing batch sizes.
  explicit StepCost(std::vector<Point> points) : points_(std::move(points)) {}

  // Below the smallest size as that; above the largest in proportion to it.
  absl::Duration At(double batch) const;

 private:
  std::vector<Point> points_;
};

// What was found out about a model before it serves anybody.
struct ModelCost {
  StepCost step;
  // A worker's time for one stream's step beside the model: features, decoding,
  // answers.
  absl::Duration beside;
  double steps_per_second = 0.0;  // of audio
};

}  // namespace oido::server

#endif  // OIDO_SERVER_STEP_COST_H_
