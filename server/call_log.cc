// Counters, never audio or text.
#include "server/call_log.h"

#include <initializer_list>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/errors.h"
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

LogField Number(absl::string_view key, std::string value) {
  return {key, std::move(value), LogField::Kind::kNumber};
}

// Hot words are often names of people: the client is told which one is wrong,
// the log only where it stands.
std::string MessageInLog(const absl::Status& status) {
  const auto field = status.GetPayload(kFieldPayload);
  if (!field.has_value()) return std::string(status.message());
  const std::string name(*field);
  return absl::StrContains(name, "hot_words")
             ? absl::StrCat(name, ": the client was told what is wrong")
             : std::string(status.message());
}

// What every line about a call begins with.
std::vector<LogField> WhoAndWhat(const CallInfo& call) {
  std::vector<LogField> fields = {{"method", call.method}, {"peer", call.peer}};
  const std::pair<absl::string_view, const std::string&> optional[] = {
      {"certificate", call.certificate},
      {"token", call.token},
      {"model", call.model},
      {"version", call.version},
      {"trace_id", call.trace_id},
      {"parent_id", call.parent_id},
      {"x_request_id", call.request_id},
      {"request_id", call.message_id}};
  for (const auto& [key, value] : optional) {
    if (!value.empty()) fields.push_back({key, value});
  }
  return fields;
}

void LogCall(Severity severity, absl::string_view event, const CallInfo& call,
             std::initializer_list<LogField> more) {
  std::vector<LogField> fields = WhoAndWhat(call);
  fields.insert(fields.end(), more);
  Log(severity, event, fields);
}

}  // namespace

void LogCallStart(const CallInfo& call, const SessionConfig& config) {
  LogCall(Severity::kInfo, "call_start", call,
          {{"encoding", NameInLog(config.format.encoding)},
           Number("rate_hz", absl::StrCat(config.format.sample_rate_hz))});
}

void LogCallEnd(const CallInfo& call, const SessionStats& stats,
                absl::Duration now) {
  const double audio_seconds = absl::ToDoubleSeconds(stats.audio);
  const double processing_seconds = absl::ToDoubleSeconds(stats.processing);
  const double real_time_factor =
      audio_seconds > 0 ? processing_seconds / audio_seconds : 0.0;
  LogCall(Severity::kInfo, "call_end", call,
          {{"status", absl::StatusCodeToString(stats.status.code())},
           {"message", MessageInLog(stats.status)},
           Number("audio_s", Seconds(stats.audio)),
           Number("words", absl::StrCat(stats.words)),
           Number("finals", absl::StrCat(stats.finals)),
           Number("processing_s", Seconds(stats.processing)),
           Number("rtf", absl::StrFormat("%.4f", real_time_factor)),
           Number("wall_s", Seconds(now - call.begin))});
}

void LogCallRefused(const CallInfo& call, const absl::Status& status) {
  LogCall(Severity::kWarn, "call_refused", call,
          {{"status", absl::StatusCodeToString(status.code())},
           {"message", MessageInLog(status)}});
}

}  // namespace oido::server
