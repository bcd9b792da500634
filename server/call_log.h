// Log lines about the start and the end of calls.
#ifndef OIDO_SERVER_CALL_LOG_H_
#define OIDO_SERVER_CALL_LOG_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/session.h"

namespace oido::server {

struct CallInfo {
  std::string method = {};
  std::string peer = {};
  std::string certificate = {};  // common name of the client's, if any
  std::string token = {};        // its name, if any
  std::string request_id = {};   // of the metadata, or made up
  std::string message_id = {};   // that of the configuration, if any
  std::string trace_id = {};     // these two may be empty
  std::string parent_id = {};
  std::string model = {};  // these two once they are known
  std::string version = {};
  absl::Duration begin = {};  // Clock::Now() when it came
};

void LogCallStart(const CallInfo& call, const SessionConfig& config);
void LogCallEnd(const CallInfo& call, const SessionStats& stats,
                absl::Duration now);
void LogCallRefused(const CallInfo& call, const absl::Status& status);

}  // namespace oido::server

#endif  // OIDO_SERVER_CALL_LOG_H_
