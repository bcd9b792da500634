// Implements the plans and the timers.
#include "client/load/schedule.h"

#include <algorithm>
#include <random>

namespace oido::load {

std::vector<StreamPlan> MakePlans(const PlanOptions& options) {
  std::mt19937_64 random(options.seed);
  std::uniform_real_distribution<double> phase(0, 1);
  std::uniform_int_distribution<int> probe(
      0, std::max(options.probe_every - 1, 0));
  std::uniform_int_distribution<size_t> recording(0, options.recordings - 1);
  std::vector<StreamPlan> plans(static_cast<size_t>(options.streams));
  for (size_t i = 0; i < plans.size(); ++i) {
    const double share =
        static_cast<double>(i) / static_cast<double>(plans.size());
    plans[i].start = options.ramp * share + options.message * phase(random);
    plans[i].probe_offset = probe(random);
    plans[i].first_recording = recording(random);
  }
  return plans;
}

void Timers::Set(size_t index, absl::Duration due) {
  due_[index] = due;
  heap_.push({due, index});
}

void Timers::Cancel(size_t index) { due_[index].reset(); }

absl::Duration Timers::Next() {
  DropStale();
  return heap_.empty() ? absl::InfiniteDuration() : heap_.top().due;
}

std::optional<size_t> Timers::PopDue(absl::Duration now) {
  if (Next() > now) return std::nullopt;
  const size_t index = heap_.top().index;
  heap_.pop();
  due_[index].reset();
  return index;
}

void Timers::DropStale() {
  while (!heap_.empty() && due_[heap_.top().index] != heap_.top().due) {
    heap_.pop();
  }
}

}  // namespace oido::load
