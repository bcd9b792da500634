// What every call has beside its messages: sessions, admission and log lines.
#ifndef OIDO_SERVER_CALL_H_
#define OIDO_SERVER_CALL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "server/call_log.h"
#include "server/caller.h"
#include "server/channel_sessions.h"
#include "server/service_environment.h"
#include "server/session.h"

namespace oido::server {

// Begin before any reaction, End in the last one; in between any thread.
class Call {
 public:
  // `environment` outlives the call.
  Call(const ServiceEnvironment& environment, Caller caller);

  // Makes a session for `transport` and takes a place for it, if the caller may
  // call. False: the session has failed. `method` is for the log.
  bool Begin(std::shared_ptr<Transport> transport, std::string method);

  // The configuration is accepted: takes places among the live streams or among
  // the recordings, one for each channel that is heard separately. Logs the
  // start. Errors are the sessions' end.
  absl::Status Configure(const SessionConfig& config, std::string request_id);

  // Gives the places among the recordings and among the token's calls back:
  // before the client learns of the end, so that it may call again at once.
  void Leave();

  // Gives the places back, logs the end and cuts the sessions, which hold the
  // transport that holds this, off.
  void End();

  ChannelSessions& sessions() { return sessions_; }
  // Of a session's results; 0: all channels are heard as one.
  int channel_tag(int index) const { return separate_ ? index + 1 : 0; }
  // The models that the call gets, from its first moment to its End.
  const Generation& generation() const { return *generation_; }
  const std::string& request_id() const { return info_.message_id; }

 private:
  std::shared_ptr<Session> NewSession() const;
  absl::Status Enter();
  void Refuse(const absl::Status& status) const;
  absl::Status Admit(const SessionConfig& config);
  absl::Status AddChannels(int channels);

  const ServiceEnvironment& environment_;
  std::shared_ptr<Generation> generation_;
  const std::string authorization_;
  CallInfo info_;
  TokenAccess::Place token_place_;
  std::weak_ptr<Transport> transport_;
  ChannelSessions sessions_;
  bool admitted_ = false;
  bool separate_ = false;
  RecordingAdmission* recordings_ = nullptr;  // where it has places
  int recording_places_ = 0;
  Metrics::Model* offline_ = nullptr;  // of an offline model's call
};

}  // namespace oido::server

#endif  // OIDO_SERVER_CALL_H_
