// What every call has beside its messages: session, admission and log lines.
#ifndef OIDO_SERVER_CALL_H_
#define OIDO_SERVER_CALL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "server/call_log.h"
#include "server/service_environment.h"
#include "server/session.h"

namespace oido::server {

// Begin before any reaction, End in the last one; in between any thread.
class Call {
 public:
  // `environment` outlives the call.
  Call(const ServiceEnvironment& environment, std::string method,
       std::string peer);

  // Takes a place for `session`. False: there is none; the session has failed.
  bool Begin(std::shared_ptr<Session> session);

  // The configuration is accepted: takes a place among the live streams or
  // among the recordings. Logs the start. Errors are the session's end.
  absl::Status Configure(const SessionConfig& config, std::string request_id);

  // Gives the place among the recordings back, if it has one: before the client
  // learns of the end, so that it may send the next recording at once.
  void LeaveRecordings();

  // Lets go of the session, which holds the transport that holds this, gives
  // the places back and logs the end.
  void End();

  Session& session() const { return *session_; }
  const std::string& request_id() const { return info_.request_id; }

 private:
  absl::Status Admit(const SessionConfig& config);

  const ServiceEnvironment& environment_;
  CallInfo info_;
  std::shared_ptr<Session> session_;  // from Begin to End
  bool admitted_ = false;
  RecordingAdmission* recordings_ = nullptr;  // where it has a place
};

}  // namespace oido::server

#endif  // OIDO_SERVER_CALL_H_
