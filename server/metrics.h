// Figures for Prometheus, and where it fetches them.
#ifndef OIDO_SERVER_METRICS_H_
#define OIDO_SERVER_METRICS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace oido::server {

// What is looked up when somebody asks, and counted by nobody.
struct Snapshot {
  struct Model {
    std::string name;
    std::string version;
    std::string language = {};
    int active_streams = 0;
    bool current = false;  // new calls get it
  };
  std::vector<Model> models;
  size_t generations = 1;  // sets of models in memory
  // Of what is read anew: whether the last attempt succeeded.
  std::vector<std::pair<std::string, bool>> reloads;
  int max_streams = 0;
  size_t open_streams = 0;
  double load = 0.0;         // predicted share of the workers' time
  double load_limit = 0.0;   // 0: none
  size_t session_bytes = 0;  // of all sessions
  size_t largest_inbox_bytes = 0;
  bool serving = true;                                     // not draining
  absl::Time certificate_expiry = absl::InfiniteFuture();  // no TLS: never
};

// One model's turns; what they take is a few atomic additions.
struct TurnFigures {
  int batch = 0;         // streams stepped
  absl::Duration audio;  // that the model went through, all streams together
  absl::Duration features;
  absl::Duration model;
  absl::Duration decode;
};

// Thread-safe. Names and meanings: docs/operations.md.
class Metrics {
 public:
  // Of one model; lives as long as the metrics.
  class Model {
   public:
    virtual ~Model() = default;
    virtual void AddTurn(const TurnFigures& turn) = 0;
    // Live audio lay so long before a worker took it.
    virtual void AddQueued(absl::Duration time) = 0;
    // Audio of a recording that is through.
    virtual void AddRecording(absl::Duration audio) = 0;
  };

  explicit Metrics(std::function<Snapshot()> take_snapshot);
  ~Metrics();

  // GET http://`listen`/metrics. UNAVAILABLE: cannot listen there. Once.
  absl::Status Serve(const std::string& listen);
  // No snapshot is taken any more.
  void StopServing();
  // HOST:PORT with the actual port; empty: not serving.
  const std::string& address() const;

  Model* OfModel(const std::string& name, const std::string& version);
  void CountStart(const std::string& method);
  void CountEnd(const std::string& method, const absl::Status& status);
  // RESOURCE_EXHAUSTED messages begin with the name of the limit.
  void CountRefused(const absl::Status& status);
  // From the arrival of the newest live audio that a response covers to its
  // being sent.
  void AddPartial(absl::Duration latency);
  void AddFinal(absl::Duration latency);

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_METRICS_H_
