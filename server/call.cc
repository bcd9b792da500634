// Admission, start and end of a call.
#include "server/call.h"

#include <algorithm>
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

// With the generation's limits and workers.
std::shared_ptr<Session> Call::NewSession() const {
  return std::make_shared<Session>(generation_->session_limits(),
                                   environment_.clock, generation_->ready(),
                                   transport_.lock());
}

bool Call::Begin(std::shared_ptr<Transport> transport, std::string method) {
  transport_ = std::move(transport);
  info_.method = std::move(method);
  sessions_.Add(NewSession());
  const absl::Status status = Enter();
  admitted_ = status.ok();
  if (!admitted_) {
    Refuse(status);
    sessions_.Fail(status);
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
  return environment_.registry->Add(sessions_.all()[0]);
}

absl::Status Call::Configure(const SessionConfig& config,
                             std::string request_id) {
  info_.message_id = std::move(request_id);
  info_.model = config.model->bundle->name;
  info_.version = config.model->bundle->version;
  separate_ = config.separate_channels > 0;
  absl::Status status = Admit(config);
  if (status.ok()) status = AddChannels(config.separate_channels);
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
  SessionConfig of_channel = config;
  const auto sessions = sessions_.all();
  for (size_t i = 0; i < sessions.size(); ++i) {
    if (separate_) of_channel.format.channel = static_cast<int>(i);
    status = sessions[i]->Configure(of_channel);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Call::Admit(const SessionConfig& config) {
  RecordingAdmission* const recordings =
      config.model->offline() ? environment_.offline_recording_admission
                              : environment_.recording_admission;
  for (int i = 0; i < std::max(1, config.separate_channels); ++i) {
    if (config.use == ModelUse::kStream) {
      absl::Status status =
          generation_->stream_admission().Admit(config.model->index);
      if (!status.ok()) return status;
      continue;
    }
    absl::Status status = recordings->Enter();
    if (!status.ok()) return status;
    recordings_ = recordings;
    ++recording_places_;
  }
  return absl::OkStatus();
}

// The first has its session already.
absl::Status Call::AddChannels(int channels) {
  for (int i = 1; i < channels; ++i) {
    auto session = NewSession();
    absl::Status status = environment_.registry->Add(session);
    if (!status.ok()) return status;
    sessions_.Add(std::move(session));
  }
  return absl::OkStatus();
}

void Call::Refuse(const absl::Status& status) const {
  LogCallRefused(info_, status);
  if (environment_.metrics != nullptr)
    environment_.metrics->CountRefused(status);
}

void Call::Leave() {
  for (; recording_places_ > 0; --recording_places_) recordings_->Leave();
  token_place_ = TokenAccess::Place();
}

void Call::End() {
  sessions_.Cancel();
  Leave();
  if (admitted_) {
    const SessionStats stats = sessions_.Stats();
    LogCallEnd(info_, stats, environment_.clock->Now());
    if (offline_ != nullptr) offline_->AddRecording(stats.audio);
    if (environment_.metrics != nullptr)
      environment_.metrics->CountEnd(info_.method, stats.status);
    // Last, so that all is told of calls that are no more.
    for (const auto& session : sessions_.all())
      environment_.registry->Remove(session.get());
  }
  sessions_.Clear();
  // From now on the generation may be freed.
  generation_.reset();
}

}  // namespace oido::server
