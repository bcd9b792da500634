// The server's log: one line an event, key=value or JSON.
#ifndef OIDO_SERVER_LOG_H_
#define OIDO_SERVER_LOG_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace oido::server {

enum class Severity { kDebug, kInfo, kWarn, kError };

// Text values that hold anything but letters, digits and ._:/+- are quoted and
// escaped, so that a client cannot forge keys or lines.
struct LogField {
  enum class Kind { kText, kNumber };
  absl::string_view key;
  std::string value;
  Kind kind = Kind::kText;
};

// "2026-11-23T20:18:00.123Z info stream_end status=OK audio_s=3.2" on standard
// error, or {"time":"…Z","level":"info","event":"stream_end",…}. Any thread.
// Never audio, never text.
void Log(Severity severity, absl::string_view event,
         const std::vector<LogField>& fields);

enum class LogFormat { kText, kJson };
// Before there are other threads.
void SetLogFormat(LogFormat format);

void SetLogLevel(Severity lowest);
// False: no such severity. Names: debug, info, warn, error.
bool ParseSeverity(absl::string_view name, Severity* severity);

// Lines go to `sink` instead (tests); nullptr: back to standard error.
void SetLogSink(std::function<void(const std::string& line)> sink);

}  // namespace oido::server

#endif  // OIDO_SERVER_LOG_H_
