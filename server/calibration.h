// Finds out what the models cost before they serve anybody.
#ifndef OIDO_SERVER_CALIBRATION_H_
#define OIDO_SERVER_CALIBRATION_H_

#include <vector>

#include "absl/status/statusor.h"
#include "server/batch_stepper.h"
#include "server/clock.h"
#include "server/model_set.h"
#include "server/step_cost.h"

namespace oido::server {

// Steps each streaming model in a few batch sizes up to `max_batch` and lets a
// few made-up streams go all the way through a worker's turns, on this thread:
// a fraction of a second for a model. [model]; offline models cost nothing.
absl::StatusOr<std::vector<ModelCost>> Calibrate(const ModelSet& models,
                                                 int max_batch,
                                                 const Clock* clock,
                                                 const StepperFactory& factory);

}  // namespace oido::server

#endif  // OIDO_SERVER_CALIBRATION_H_
