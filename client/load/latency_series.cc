// Implements LatencySeries.
#include "client/load/latency_series.h"

#include <algorithm>
#include <utility>

namespace oido::load {

void LatencySeries::Record(absl::Duration time, absl::Duration latency) {
  if (Part* const part = At(time)) part->latency.Record(latency);
}

void LatencySeries::RecordStreams(absl::Duration time, int open) {
  Part* const part = At(time);
  if (part != nullptr) part->most_streams = std::max(part->most_streams, open);
}

LatencySeries::Part* LatencySeries::At(absl::Duration time) {
  if (time < absl::ZeroDuration()) return nullptr;
  while (time >= part_length_ * kMaxParts) Halve();
  const auto index =
      static_cast<size_t>(absl::FDivDuration(time, part_length_));
  if (index >= parts_.size()) parts_.resize(index + 1);
  return &parts_[index];
}

void LatencySeries::Halve() {
  for (size_t i = 0; i < parts_.size(); i += 2) {
    Part merged = std::move(parts_[i]);
    if (i + 1 < parts_.size()) {
      merged.latency.Merge(parts_[i + 1].latency);
      merged.most_streams =
          std::max(merged.most_streams, parts_[i + 1].most_streams);
    }
    parts_[i / 2] = std::move(merged);
  }
  parts_.resize((parts_.size() + 1) / 2);
  part_length_ *= 2;
}

}  // namespace oido::load
