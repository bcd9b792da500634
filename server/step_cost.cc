// Linear interpolation.
#include "server/step_cost.h"

namespace oido::server {

absl::Duration StepCost::At(double batch) const {
  if (points_.empty()) return absl::ZeroDuration();
  if (batch <= points_.front().batch) return points_.front().time;
  for (size_t i = 1; i < points_.size(); ++i) {
    const Point& low = points_[i - 1];
    const Point& high = points_[i];
    if (batch > high.batch) continue;
    return low.time + (high.time - low.time) *
                          ((batch - low.batch) / (high.batch - low.batch));
  }
  return points_.back().time * (batch / points_.back().batch);
}

}  // namespace oido::server
