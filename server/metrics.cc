// Counters and histograms of prometheus-cpp.
#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/mutex.h"
#include "server/snapshot_metrics.h"

namespace oido::server {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using prometheus::Registry;

const Histogram::BucketBoundaries& LatencyBuckets() {
  static const auto* const buckets = new Histogram::BucketBoundaries{
      0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
  return *buckets;
}

const Histogram::BucketBoundaries& BatchBuckets() {
  static const auto* const buckets =
      new Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  return *buckets;
}

// What may stand in the label `reason`.
std::string Reason(const absl::Status& status) {
  constexpr const char* kLimits[] = {
      "max_streams",    "admission_utilization",  "latency_target_ms",
      "max_recordings", "max_offline_recordings", "token_max_streams"};
  if (absl::IsUnauthenticated(status)) return "unauthenticated";
  if (absl::IsUnavailable(status)) return "draining";
  const absl::string_view message = status.message();
  const absl::string_view limit = message.substr(0, message.find(':'));
  for (const char* const known : kLimits) {
    if (limit == known) return known;
  }
  return "other";
}

struct Families {
  explicit Families(Registry& registry)
      : started(BuildCounter()
                    .Name("oido_calls_started_total")
                    .Help("Calls let in, by method.")
                    .Register(registry)),
        ended(BuildCounter()
                  .Name("oido_calls_ended_total")
                  .Help("Calls that were let in and have ended, by status.")
                  .Register(registry)),
        refused(BuildCounter()
                    .Name("oido_calls_refused_total")
                    .Help("Calls refused, by the limit that was reached.")
                    .Register(registry)),
        audio(BuildCounter()
                  .Name("oido_audio_seconds_total")
                  .Help("Audio that went through the model.")
                  .Register(registry)),
        stage(BuildCounter()
                  .Name("oido_stage_seconds_total")
                  .Help("Workers' time by stage.")
                  .Register(registry)),
        batch(BuildHistogram()
                  .Name("oido_step_batch_size")
                  .Help("Streams stepped together in a model call.")
                  .Register(registry)),
        queue(BuildHistogram()
                  .Name("oido_queue_seconds")
                  .Help("From the arrival of live audio to the worker.")
                  .Register(registry)),
        partial(BuildHistogram()
                    .Name("oido_partial_latency_seconds")
                    .Help("From the arrival of live audio to a partial result "
                          "that covers it.")
                    .Register(registry)),
        final(BuildHistogram()
                  .Name("oido_final_latency_seconds")
                  .Help("From the arrival of live audio to a final result "
                        "that covers it.")
                  .Register(registry)) {}

  Family<Counter>& started;
  Family<Counter>& ended;
  Family<Counter>& refused;
  Family<Counter>& audio;
  Family<Counter>& stage;
  Family<Histogram>& batch;
  Family<Histogram>& queue;
  Family<Histogram>& partial;
  Family<Histogram>& final;
};

class ModelMetrics final : public Metrics::Model {
 public:
  using Labels = std::map<std::string, std::string>;

  ModelMetrics(const Families& families, const Labels& labels)
      : audio_(families.audio.Add(labels)),
        features_(families.stage.Add(With(labels, "features"))),
        model_(families.stage.Add(With(labels, "model"))),
        decode_(families.stage.Add(With(labels, "decode"))),
        batch_(families.batch.Add(labels, BatchBuckets())),
        queue_(families.queue.Add(labels, LatencyBuckets())) {}

  void AddTurn(const TurnFigures& turn) override {
    features_.Increment(absl::ToDoubleSeconds(turn.features));
    if (turn.batch == 0) return;
    audio_.Increment(absl::ToDoubleSeconds(turn.audio));
    model_.Increment(absl::ToDoubleSeconds(turn.model));
    decode_.Increment(absl::ToDoubleSeconds(turn.decode));
    batch_.Observe(turn.batch);
  }
  void AddQueued(absl::Duration time) override {
    queue_.Observe(absl::ToDoubleSeconds(time));
  }
  void AddRecording(absl::Duration audio) override {
    audio_.Increment(absl::ToDoubleSeconds(audio));
  }

 private:
  static Labels With(Labels labels, const char* stage) {
    labels["stage"] = stage;
    return labels;
  }

  Counter& audio_;
  Counter& features_;
  Counter& model_;
  Counter& decode_;
  Histogram& batch_;
  Histogram& queue_;
};

}  // namespace

struct Metrics::Parts {
  explicit Parts(std::function<Snapshot()> take_snapshot)
      : registry(std::make_shared<Registry>()),
        snapshot(std::make_shared<SnapshotMetrics>(std::move(take_snapshot))),
        families(*registry),
        partial(families.partial.Add({}, LatencyBuckets())),
        final(families.final.Add({}, LatencyBuckets())) {}

  const std::shared_ptr<Registry> registry;
  const std::shared_ptr<SnapshotMetrics> snapshot;
  const Families families;
  Histogram& partial;
  Histogram& final;
  std::string address;
  Mutex mutex;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<ModelMetrics>>
      models ABSL_GUARDED_BY(mutex);  // by name and version
  std::unique_ptr<prometheus::Exposer> exposer;
};

Metrics::Metrics(std::function<Snapshot()> take_snapshot)
    : parts_(std::make_unique<Parts>(std::move(take_snapshot))) {}

Metrics::~Metrics() = default;

absl::Status Metrics::Serve(const std::string& listen) {
  try {
    parts_->exposer = std::make_unique<prometheus::Exposer>(listen, 1);
    parts_->exposer->RegisterCollectable(parts_->registry);
    parts_->exposer->RegisterCollectable(parts_->snapshot);
    parts_->address =
        absl::StrCat(listen.substr(0, listen.rfind(':')), ":",
                     parts_->exposer->GetListeningPorts().front());
  } catch (const std::exception& error) {
    parts_->exposer.reset();
    return absl::UnavailableError(absl::StrCat(
        "metrics_listen: cannot listen on ", listen, ": ", error.what()));
  }
  return absl::OkStatus();
}

void Metrics::StopServing() { parts_->exposer.reset(); }

const std::string& Metrics::address() const { return parts_->address; }

Metrics::Model* Metrics::OfModel(const std::string& name,
                                 const std::string& version) {
  MutexLock lock(parts_->mutex);
  auto& model = parts_->models[{name, version}];
  if (model == nullptr) {
    model = std::make_unique<ModelMetrics>(
        parts_->families,
        ModelMetrics::Labels{{"model", name}, {"version", version}});
  }
  return model.get();
}

void Metrics::CountStart(const std::string& method) {
  parts_->families.started.Add({{"method", method}}).Increment();
}

void Metrics::CountEnd(const std::string& method, const absl::Status& status) {
  parts_->families.ended
      .Add({{"method", method},
            {"status", absl::StatusCodeToString(status.code())}})
      .Increment();
}

void Metrics::CountRefused(const absl::Status& status) {
  parts_->families.refused.Add({{"reason", Reason(status)}}).Increment();
}

void Metrics::AddPartial(absl::Duration latency) {
  parts_->partial.Observe(absl::ToDoubleSeconds(latency));
}

void Metrics::AddFinal(absl::Duration latency) {
  parts_->final.Observe(absl::ToDoubleSeconds(latency));
}

}  // namespace oido::server
