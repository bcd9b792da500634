// What every call has beside its messages: session, admission and log lines.
#ifndef OIDO_SERVER_CALL_H_
#define OIDO_SERVER_CALL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "server/call_log.h"
#include "server/caller.h"
#include "server/service_environment.h"
#include "server/session.h"

namespace oido::server {

// Begin before any reaction, End in the last one; in between any thread.
class Call {
 public:
  // `environment` outlives the call.
  Call(const ServiceEnvironment& environment, Caller caller);

  // Takes a place for `session`, if the caller may call. False: the session has
  // failed. `method` is for the log.
  bool Begin(std::shared_ptr<Session> session, std::string method);

  // The configuration is accepted: takes a place among the live streams or
  // among the recordings. Logs the start. Errors are the session's end.
  absl::Status Configure(const SessionConfig& config, std::string request_id);

  // Gives the places among the recordings and among the token's calls back:
  // before the client learns of the end, so that it may call again at once.
  void Leave();

  // Lets go of the session, which holds the transport that holds this, gives
  // the places back and logs the end.
  void End();

  Session& session() const { return *session_; }
  // The models that the call gets, from its first moment to its End.
  const Generation& generation() const { return *generation_; }
  // A session with the generation's limits and workers.
  std::shared_ptr<Session> NewSession(std::shared_ptr<Transport> transport);
  const std::string& request_id() const { return info_.message_id; }

 private:
  absl::Status Enter();
  void Refuse(const absl::Status& status) const;
  absl::Status Admit(const SessionConfig& config);

  const ServiceEnvironment& environment_;
  std::shared_ptr<Generation> generation_;
  const std::string authorization_;
  CallInfo info_;
  TokenAccess::Place token_place_;
  std::shared_ptr<Session> session_;  // from Begin to End
  bool admitted_ = false;
  RecordingAdmission* recordings_ = nullptr;  // where it has a place
  Metrics::Model* offline_ = nullptr;         // of an offline model's call
};

}  // namespace oido::server

#endif  // OIDO_SERVER_CALL_H_
