// Admission, start and end of a call.
#include "server/call.h"

#include <utility>

namespace oido::server {

Call::Call(const ServiceEnvironment& environment, std::string method,
           std::string peer)
    : environment_(environment) {
  info_.method = std::move(method);
  info_.peer = std::move(peer);
  info_.begin = environment.clock->Now();
}

bool Call::Begin(std::shared_ptr<Session> session) {
  session_ = std::move(session);
  const absl::Status status = environment_.registry->Add(session_);
  admitted_ = status.ok();
  if (!admitted_) {
    LogCallRefused(info_, status);
    session_->Fail(status);
  }
  return admitted_;
}

absl::Status Call::Configure(const SessionConfig& config,
                             std::string request_id) {
  info_.request_id = std::move(request_id);
  if (config.model->offline()) {
    const absl::Status status = environment_.offline_admission->Enter();
    if (!status.ok()) return status;
    has_offline_place_ = true;
  }
  LogCallStart(info_, config);
  return session_->Configure(config);
}

void Call::LeaveOffline() {
  if (!has_offline_place_) return;
  has_offline_place_ = false;
  environment_.offline_admission->Leave();
}

void Call::End() {
  const std::shared_ptr<Session> session = std::move(session_);
  session->Cancel();
  if (!admitted_) return;
  LeaveOffline();
  environment_.registry->Remove(session.get());
  LogCallEnd(info_, session->Stats(), environment_.clock->Now());
}

}  // namespace oido::server
