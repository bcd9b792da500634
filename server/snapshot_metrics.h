// Gauges made at the moment when somebody asks for them.
#ifndef OIDO_SERVER_SNAPSHOT_METRICS_H_
#define OIDO_SERVER_SNAPSHOT_METRICS_H_

#include <prometheus/collectable.h>

#include <functional>
#include <utility>
#include <vector>

#include "server/metrics.h"

namespace oido::server {

// Called by the thread that answers Prometheus.
class SnapshotMetrics final : public prometheus::Collectable {
 public:
  explicit SnapshotMetrics(std::function<Snapshot()> take_snapshot)
      : take_snapshot_(std::move(take_snapshot)) {}

  // The snapshot's figures, and those of the process that Prometheus has names
  // for.
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::function<Snapshot()> take_snapshot_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SNAPSHOT_METRICS_H_
