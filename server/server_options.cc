// The limits of every option.
#include "server/server_options.h"

#include <arpa/inet.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/log.h"

namespace oido::server {
namespace {

absl::Status CheckRange(absl::string_view name, int value, int low, int high) {
  if (low <= value && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": ", value, " is not in ", low, "..", high));
}

absl::Status CheckShare(absl::string_view name, double value) {
  // More than all of the time is for who knows better than the calibration.
  constexpr double kHigh = 4.0;
  if (0.0 <= value && value <= kHigh) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": ", value, " is not in 0..", kHigh));
}

absl::Status CheckAddress(absl::string_view name, const std::string& listen) {
  const size_t colon = listen.rfind(':');
  int port = 0;
  if (colon != std::string::npos && colon > 0 &&
      absl::SimpleAtoi(listen.substr(colon + 1), &port) && 0 <= port &&
      port <= 65535) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      name, ": \"", listen, "\" is not HOST:PORT with a port in 0..65535"));
}

absl::Status CheckSecurity(const ServerOptions& options) {
  const bool has_certificate = !options.tls_certificate.empty();
  if (has_certificate != !options.tls_key.empty()) {
    return absl::InvalidArgumentError(
        has_certificate
            ? "tls_certificate: its private key is missing; give tls_key"
            : "tls_key: its certificate is missing; give tls_certificate");
  }
  if (!options.tls_client_ca.empty() && !has_certificate) {
    return absl::InvalidArgumentError(
        "tls_client_ca: needs TLS; give tls_certificate and tls_key");
  }
  if (has_certificate || options.insecure || IsLoopback(options.listen))
    return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "listen: ", options.listen,
      " can be reached from other machines and would be plain text; give "
      "tls_certificate and tls_key or, where that is all right, --insecure"));
}

}  // namespace

bool IsLoopback(const std::string& listen) {
  const std::string host = listen.substr(0, listen.rfind(':'));
  unsigned char address[4];
  return host == "localhost" || host == "[::1]" ||
         (inet_pton(AF_INET, host.c_str(), address) == 1 && address[0] == 127);
}

absl::Status Validate(const ServerOptions& options) {
  constexpr int kDaySeconds = 24 * 3600;
  constexpr int kMegabyte = 1 << 20;
  Severity severity;
  const absl::Status checks[] = {
      CheckAddress("listen", options.listen),
      options.metrics_listen.empty()
          ? absl::OkStatus()
          : CheckAddress("metrics_listen", options.metrics_listen),
      CheckRange("keepalive_seconds", options.keepalive_seconds, 0,
                 kDaySeconds),
      CheckRange("keepalive_timeout_seconds", options.keepalive_timeout_seconds,
                 1, kDaySeconds),
      CheckRange("max_connection_idle_seconds",
                 options.max_connection_idle_seconds, 0, 30 * kDaySeconds),
      CheckRange("max_connection_age_seconds",
                 options.max_connection_age_seconds, 0, 30 * kDaySeconds),
      CheckRange("max_connection_streams", options.max_connection_streams, 0,
                 1000000),
      CheckRange("workers", options.workers, 0, 1024),
      CheckRange("max_batch", options.max_batch, 1, 1024),
      CheckRange("max_streams", options.max_streams, 1, 1000000),
      CheckRange("max_stream_seconds", options.max_stream_seconds, 0,
                 30 * kDaySeconds),
      CheckRange("max_stream_bytes_per_second",
                 options.max_stream_bytes_per_second, 0, 1024 * kMegabyte),
      CheckRange("idle_timeout_seconds", options.idle_timeout_seconds, 1,
                 kDaySeconds),
      CheckRange("max_streaming_message_bytes",
                 options.max_streaming_message_bytes, 1024, 1024 * kMegabyte),
      CheckRange("max_unary_message_bytes", options.max_unary_message_bytes,
                 1024, 1024 * kMegabyte),
      CheckRange("inbox_bytes", options.inbox_bytes, 4096, 1024 * kMegabyte),
      CheckRange("offline_workers", options.offline_workers, 1, 1024),
      CheckRange("max_offline_recordings", options.max_offline_recordings, 1,
                 1000000),
      CheckRange("max_recordings", options.max_recordings, 1, 1000000),
      CheckShare("admission_utilization", options.admission_utilization),
      CheckRange("latency_target_ms", options.latency_target_ms, 0, 60000),
      CheckRange("drain_seconds", options.drain_seconds, 0, kDaySeconds),
      ParseSeverity(options.log_level, &severity)
          ? absl::OkStatus()
          : absl::InvalidArgumentError(
                absl::StrCat("log_level: \"", options.log_level,
                             "\" is none of debug, info, warn, error")),
      options.log_format == "text" || options.log_format == "json"
          ? absl::OkStatus()
          : absl::InvalidArgumentError(
                absl::StrCat("log_format: \"", options.log_format,
                             "\" is none of text, json")),
      CheckSecurity(options),
  };
  for (const absl::Status& status : checks) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace oido::server
