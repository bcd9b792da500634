// What runs the models.
#ifndef OIDO_SERVER_ENGINES_H_
#define OIDO_SERVER_ENGINES_H_

#include "server/batch_stepper.h"
#include "server/window_runner.h"

namespace oido::server {

// The models themselves; tests put others in their places.
struct Engines {
  StepperFactory stepper = RunnerStepper::Create;
  WindowRunnerFactory window_runner = ModelWindowRunner::Create;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_ENGINES_H_
