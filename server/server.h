// A running server: listener, service, scheduler and registry.
#ifndef OIDO_SERVER_SERVER_H_
#define OIDO_SERVER_SERVER_H_

#include <grpcpp/server.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/clock.h"
#include "server/compat/compat_services.h"
#include "server/engines.h"
#include "server/generations.h"
#include "server/metrics.h"
#include "server/model_set.h"
#include "server/recording_admission.h"
#include "server/security.h"
#include "server/server_options.h"
#include "server/session_registry.h"
#include "server/speech_service.h"

namespace oido::server {

class Server {
 public:
  // `options` are valid, their models loaded as `models`; `clock` outlives the
  // server. UNAVAILABLE: cannot listen. INVALID_ARGUMENT: of certificates or
  // tokens.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerOptions& options, ModelSet models, const Clock* clock,
      const Engines& engines = {});

  // Ends running calls at once.
  ~Server();

  // HOST:PORT with the actual port.
  const std::string& address() const { return address_; }
  // What new calls get.
  std::shared_ptr<const Generation> generation() const {
    return generations_->current();
  }
  SessionRegistry& registry() { return registry_; }
  // Of the figures for Prometheus; empty: there are none.
  std::string metrics_address() const {
    return metrics_ == nullptr ? "" : metrics_->address();
  }
  Security& security() { return *security_; }

  // --- One thread at a time, none of the workers.

  // Takes over `wanted`, valid options or why there are none, and reads
  // certificates and tokens anew. Bundles other than those in use are loaded:
  // new calls get the new models, running ones end on the old. What cannot be
  // taken over stays as it was; the log says what and why.
  void Reload(const absl::StatusOr<ServerOptions>& wanted);
  // Those in force.
  const ServerOptions& options() const { return options_; }
  // To be called once a second or so: looks after files of certificates and
  // tokens, frees models that no call uses any more.
  void Poll();

  // Health goes NOT_SERVING and new streams are refused; running ones may go on
  // for `grace`, then their input is ended with UNAVAILABLE. Blocks until all
  // are done or dropped. Once.
  void Drain(absl::Duration grace);

 private:
  Server(const ServerOptions& options, const Clock* clock);

  absl::Status StartService(const Clock* clock);
  absl::Status Listen();
  void ReloadLimits();
  absl::Status ReloadModels(const ServerOptions& options);
  Snapshot TakeSnapshot() const;

  ServerOptions options_;
  std::unique_ptr<Security> security_;
  SessionRegistry registry_;
  RecordingAdmission recording_admission_;
  RecordingAdmission offline_recording_admission_;
  std::unique_ptr<Metrics> metrics_;  // may be nullptr
  std::unique_ptr<Generations> generations_;
  std::atomic<bool> options_ok_ = true;  // at the last reload
  std::atomic<bool> models_ok_ = true;
  std::unique_ptr<SpeechService> service_;
  std::vector<CompatService> compat_services_;
  std::unique_ptr<grpc::Server> grpc_server_;
  std::thread sweeper_;
  std::string address_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SERVER_H_
