// Exponentially fading sums, and counts of this second and the last.
#include "server/load_meter.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace oido::server {
namespace {

// Of the sums: long enough to smooth over pauses, short enough to follow what
// else the machine does.
constexpr double kFadeSeconds = 5.0;

// What the calibration weighs against measurements: 100 ms of model time of
// single streams, 200 steps.
constexpr double kCalibrationSeconds = 0.1;
constexpr double kCalibrationSteps = 200.0;

// A machine is not thought faster or slower than the calibration by more.
constexpr double kLeastScale = 0.25;
constexpr double kMostScale = 8.0;

// Late in more than one of 50 turns, and often enough to mean something.
constexpr int64_t kLateOf = 50;
constexpr int64_t kLeastLate = 16;

double Fraction(double measured, double predicted) {
  const double scale =
      (kCalibrationSeconds + measured) / (kCalibrationSeconds + predicted);
  return std::clamp(scale, kLeastScale, kMostScale);
}

}  // namespace

LoadMeter::LoadMeter(std::vector<ModelCost> costs)
    : costs_(std::move(costs)), sums_(costs_.size()) {}

void LoadMeter::Add(const TurnRecord& turn, absl::Duration now) {
  const auto index = static_cast<size_t>(turn.model);
  const double batch = turn.batch;
  const double predicted_s =
      absl::ToDoubleSeconds(costs_[index].step.At(batch));
  MutexLock lock(mutex_);
  Sums& sums = sums_[index];
  if (now > sums.faded_at) {
    const double fade =
        std::exp(-absl::ToDoubleSeconds(now - sums.faded_at) / kFadeSeconds);
    for (double* sum :
         {&sums.measured_s, &sums.predicted_s, &sums.beside_s, &sums.steps}) {
      *sum *= fade;
    }
    sums.faded_at = now;
  }
  if (turn.batch > 0) {
    // Weighed, because small batches of a machine with little to do say little
    // about large ones.
    sums.measured_s += batch * absl::ToDoubleSeconds(turn.model_time);
    sums.predicted_s += batch * predicted_s;
    sums.steps += batch;
  }
  sums.beside_s += absl::ToDoubleSeconds(turn.beside_time);
  const int64_t number = absl::ToInt64Seconds(now);
  Second& second = seconds_[number % 2];
  if (second.number != number) second = {number, 0, 0};
  second.live += turn.live;
  second.late += turn.late;
}

absl::Duration LoadMeter::TimePerStep(int model, double batch) const {
  const ModelCost& cost = costs_[static_cast<size_t>(model)];
  MutexLock lock(mutex_);
  const Sums& sums = sums_[static_cast<size_t>(model)];
  const double beside_s =
      (kCalibrationSteps * absl::ToDoubleSeconds(cost.beside) + sums.beside_s) /
      (kCalibrationSteps + sums.steps);
  return cost.step.At(batch) / batch *
             Fraction(sums.measured_s, sums.predicted_s) +
         absl::Seconds(beside_s);
}

bool LoadMeter::Late(absl::Duration now) const {
  const int64_t number = absl::ToInt64Seconds(now);
  MutexLock lock(mutex_);
  int64_t live = 0;
  int64_t late = 0;
  for (const Second& second : seconds_) {
    if (second.number < number - 1) continue;
    live += second.live;
    late += second.late;
  }
  return late >= kLeastLate && late * kLateOf > live;
}

}  // namespace oido::server
