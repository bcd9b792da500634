// A running server: listener, service, scheduler and registry.
#ifndef OIDO_SERVER_SERVER_H_
#define OIDO_SERVER_SERVER_H_

#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/clock.h"
#include "server/compat/compat_services.h"
#include "server/engines.h"
#include "server/generation.h"
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
  // Names and versions of the models that new calls get.
  std::string model_names() const;
  std::shared_ptr<const Generation> generation() const {
    return generations_.current();
  }
  SessionRegistry& registry() { return registry_; }
  // Of the figures for Prometheus; empty: there are none.
  std::string metrics_address() const {
    return metrics_ == nullptr ? "" : metrics_->address();
  }
  Security& security() { return *security_; }

  // One thread at a time, none of the workers.
  // Loads the bundles if they are others than those in use: new calls get the
  // new models, running ones end on the old. After an error, which the log is
  // told too, everything stays as it was.
  absl::Status ReloadModels(const std::vector<std::string>& directories);
  // To be called once a second or so: looks after files of certificates and
  // tokens, frees models that no call uses any more.
  void Poll();

  // Health goes NOT_SERVING and new streams are refused; running ones may go on
  // for `grace`, then their input is ended with UNAVAILABLE. Blocks until all
  // are done or dropped. Once.
  void Drain(absl::Duration grace);

 private:
  Server(const ServerOptions& options, const Clock* clock);

  absl::Status StartService(const ServerOptions& options, const Clock* clock);
  absl::Status Listen(const ServerOptions& options);
  Snapshot TakeSnapshot(const ServerOptions& options) const;

  const ServerOptions options_;
  std::unique_ptr<Security> security_;
  SessionRegistry registry_;
  RecordingAdmission recording_admission_;
  RecordingAdmission offline_recording_admission_;
  std::unique_ptr<Metrics> metrics_;  // may be nullptr
  GenerationEnvironment generation_environment_;
  Generations generations_;
  std::string fingerprint_;  // of the current generation's bundles
  std::unique_ptr<SpeechService> service_;
  std::vector<CompatService> compat_services_;
  std::unique_ptr<grpc::Server> grpc_server_;
  std::thread sweeper_;
  std::string address_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SERVER_H_
