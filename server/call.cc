// Admission, start and end of a call.
#include "server/call.h"

#include <utility>

namespace oido::server {

Call::Call(const ServiceEnvironment& environment, Caller caller)
    : environment_(environment),
      generation_(environment.generations->current()),
      authorization_(std::move(caller.authorization)) {
  info_.peer = std::move(caller.peer);
  info_.certificate = std::move(caller.certificate);
  info_.request_id = std::move(caller.request_id);
  info_.trace_id = std::move(caller.trace_id);
  info_.parent_id = std::move(caller.parent_id);
  info_.begin = environment.clock->Now();
}

std::shared_ptr<Session> Call::NewSession(
    std::shared_ptr<Transport> transport) {
  return std::make_shared<Session>(generation_->session_limits(),
                                   environment_.clock, generation_->ready(),
                                   std::move(transport));
}

bool Call::Begin(std::shared_ptr<Session> session, std::string method) {
  session_ = std::move(session);
  info_.method = std::move(method);
  const absl::Status status = Enter();
  admitted_ = status.ok();
  if (!admitted_) {
    Refuse(status);
    session_->Fail(status);
  }
  return admitted_;
}

absl::Status Call::Enter() {
  if (environment_.access != nullptr) {
    auto place = environment_.access->Enter(authorization_);
    if (!place.ok()) return place.status();
    info_.token = place->name();
    token_place_ = *std::move(place);
  }
  return environment_.registry->Add(session_);
}

absl::Status Call::Configure(const SessionConfig& config,
                             std::string request_id) {
  info_.message_id = std::move(request_id);
  info_.model = config.model->bundle->name;
  info_.version = config.model->bundle->version;
  const absl::Status status = Admit(config);
  if (!status.ok()) {
    Refuse(status);
    return status;
  }
  LogCallStart(info_, config);
  if (environment_.metrics != nullptr) {
    environment_.metrics->CountStart(info_.method);
    if (config.model->offline())
      offline_ = environment_.metrics->OfModel(info_.model, info_.version);
  }
  return session_->Configure(config);
}

absl::Status Call::Admit(const SessionConfig& config) {
  if (config.use == ModelUse::kStream)
    return generation_->stream_admission().Admit(config.model->index);
  RecordingAdmission* const recordings =
      config.model->offline() ? environment_.offline_recording_admission
                              : environment_.recording_admission;
  absl::Status status = recordings->Enter();
  if (status.ok()) recordings_ = recordings;
  return status;
}

void Call::Refuse(const absl::Status& status) const {
  LogCallRefused(info_, status);
  if (environment_.metrics != nullptr)
    environment_.metrics->CountRefused(status);
}

void Call::Leave() {
  if (recordings_ != nullptr) recordings_->Leave();
  recordings_ = nullptr;
  token_place_ = TokenAccess::Place();
}

void Call::End() {
  const std::shared_ptr<Session> session = std::move(session_);
  session->Cancel();
  Leave();
  // From now on the generation may be freed.
  generation_.reset();
  if (!admitted_) return;
  environment_.registry->Remove(session.get());
  const SessionStats stats = session->Stats();
  LogCallEnd(info_, stats, environment_.clock->Now());
  if (offline_ != nullptr) offline_->AddRecording(stats.audio);
  if (environment_.metrics != nullptr)
    environment_.metrics->CountEnd(info_.method, stats.status);
}

}  // namespace oido::server
