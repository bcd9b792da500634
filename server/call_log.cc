// Counters, never audio or text.
#include "server/call_log.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/log.h"

namespace oido::server {
namespace {

std::string Seconds(absl::Duration duration) {
  return absl::StrFormat("%.3f", absl::ToDoubleSeconds(duration));
}

std::string NameInLog(features::AudioEncoding encoding) {
  return encoding == features::AudioEncoding::kUnspecified
             ? "header"
             : absl::AsciiStrToLower(features::EncodingName(encoding));
}

}  // namespace

void LogCallStart(const CallInfo& call, const SessionConfig& config) {
  Log(Severity::kInfo, "call_start",
      {{"method", call.method},
       {"peer", call.peer},
       {"request_id", call.request_id},
       {"model", config.model->bundle->name},
       {"encoding", NameInLog(config.format.encoding)},
       {"rate_hz", absl::StrCat(config.format.sample_rate_hz)}});
}

void LogCallEnd(const CallInfo& call, const SessionStats& stats,
                absl::Duration now) {
  const double audio_seconds = absl::ToDoubleSeconds(stats.audio);
  const double processing_seconds = absl::ToDoubleSeconds(stats.processing);
  const double real_time_factor =
      audio_seconds > 0 ? processing_seconds / audio_seconds : 0.0;
  Log(Severity::kInfo, "call_end",
      {{"method", call.method},
       {"peer", call.peer},
       {"request_id", call.request_id},
       {"status", absl::StatusCodeToString(stats.status.code())},
       {"message", std::string(stats.status.message())},
       {"audio_s", Seconds(stats.audio)},
       {"words", absl::StrCat(stats.words)},
       {"finals", absl::StrCat(stats.finals)},
       {"processing_s", Seconds(stats.processing)},
       {"rtf", absl::StrFormat("%.4f", real_time_factor)},
       {"wall_s", Seconds(now - call.begin)}});
}

void LogCallRefused(const CallInfo& call, const absl::Status& status) {
  Log(Severity::kWarn, "call_refused",
      {{"method", call.method},
       {"peer", call.peer},
       {"status", absl::StatusCodeToString(status.code())},
       {"message", std::string(status.message())}});
}

}  // namespace oido::server
