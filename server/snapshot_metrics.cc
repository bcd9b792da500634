// Snapshot and /proc to Prometheus' terms.
#include "server/snapshot_metrics.h"

#include <prometheus/metric_family.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/time/clock.h"
#include "server/version.h"

namespace oido::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Families = std::vector<MetricFamily>;

MetricFamily& AddFamily(const char* name, const char* help,
                        Families* families) {
  families->push_back({name, help, MetricType::Gauge, {}});
  return families->back();
}

void AddValue(std::vector<ClientMetric::Label> labels, double value,
              MetricFamily* family) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (family->type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family->metric.push_back(std::move(metric));
}

void AddGauge(const char* name, const char* help, double value,
              Families* families) {
  AddValue({}, value, &AddFamily(name, help, families));
}

void AddModels(const Snapshot& snapshot, Families* families) {
  MetricFamily& active =
      AddFamily("oido_streams_active",
                "Live streams that got audio in the last seconds.", families);
  for (const Snapshot::Model& model : snapshot.models) {
    AddValue({{"model", model.name}, {"version", model.version}},
             model.active_streams, &active);
  }
  MetricFamily& info = AddFamily(
      "oido_model_info", "1 for each model that new calls get.", families);
  for (const Snapshot::Model& model : snapshot.models) {
    if (!model.current) continue;
    AddValue({{"model", model.name},
              {"version", model.version},
              {"language", model.language}},
             1, &info);
  }
  AddValue(
      {{"version", kVersion}}, 1,
      &AddFamily("oido_build_info", "1 for the server's version.", families));
}

void AddReloads(const Snapshot& snapshot, Families* families) {
  AddGauge("oido_generations",
           "Sets of models in memory; above 1, calls still use older ones.",
           static_cast<double>(snapshot.generations), families);
  MetricFamily& reloads = AddFamily(
      "oido_last_reload_successful",
      "1, or 0 where what was in use stays because of an error.", families);
  for (const auto& [what, ok] : snapshot.reloads)
    AddValue({{"what", what}}, ok ? 1 : 0, &reloads);
}

void AddStreams(const Snapshot& snapshot, Families* families) {
  AddGauge("oido_streams_open", "Calls in hand, idle ones included.",
           static_cast<double>(snapshot.open_streams), families);
  AddGauge("oido_streams_limit", "max_streams.", snapshot.max_streams,
           families);
  AddGauge("oido_load", "Predicted share of the workers' time of live streams.",
           snapshot.load, families);
  AddGauge("oido_load_limit", "admission_utilization.", snapshot.load_limit,
           families);
  AddGauge("oido_session_bytes", "Memory of all sessions.",
           static_cast<double>(snapshot.session_bytes), families);
  AddGauge("oido_inbox_largest_bytes",
           "The most unprocessed audio that a session holds.",
           static_cast<double>(snapshot.largest_inbox_bytes), families);
  AddGauge("oido_serving", "1, or 0 while the server drains.",
           snapshot.serving ? 1 : 0, families);
  if (snapshot.certificate_expiry == absl::InfiniteFuture()) return;
  AddGauge(
      "oido_certificate_expiry_timestamp_seconds",
      "When the server's certificate expires.",
      absl::ToDoubleSeconds(snapshot.certificate_expiry - absl::UnixEpoch()),
      families);
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void AddProcess(Families* families) {
  AddGauge("process_resident_memory_bytes", "Resident memory size in bytes.",
           ResidentBytes(), families);
  MetricFamily& cpu =
      AddFamily("process_cpu_seconds_total",
                "Total user and system CPU time spent in seconds.", families);
  cpu.type = MetricType::Counter;
  AddValue({}, CpuSeconds(), &cpu);
}

}  // namespace

Families SnapshotMetrics::Collect() const {
  const Snapshot snapshot = take_snapshot_();
  Families families;
  AddStreams(snapshot, &families);
  AddModels(snapshot, &families);
  AddReloads(snapshot, &families);
  AddProcess(&families);
  return families;
}

}  // namespace oido::server
