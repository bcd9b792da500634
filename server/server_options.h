// The options of a server.
#ifndef OIDO_SERVER_SERVER_OPTIONS_H_
#define OIDO_SERVER_SERVER_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace oido::server {

// Meanings: proto/oido/config/server_config.proto.
struct ServerOptions {
  std::string listen = "127.0.0.1:50051";
  std::vector<std::string> models;  // bundle directories
  std::string tls_certificate;      // these and token_file: paths
  std::string tls_key;
  std::string tls_client_ca;
  bool insecure = false;
  std::string token_file;
  int max_streams = 1024;
  int max_stream_seconds = 0;
  int max_stream_bytes_per_second = 0;
  int idle_timeout_seconds = 60;
  int max_streaming_message_bytes = 1 << 20;
  int max_unary_message_bytes = 64 << 20;
  int drain_seconds = 30;
  std::string log_level = "info";
  std::string log_format = "text";
  std::string metrics_listen;
  int keepalive_seconds = 60;
  int keepalive_timeout_seconds = 20;
  int max_connection_idle_seconds = 0;
  int max_connection_age_seconds = 0;
  int max_connection_streams = 0;
  bool riva_api = true;
  bool google_api = true;

  // Performance.
  int workers = 0;
  int max_batch = 256;
  int inbox_bytes = 256 << 10;
  int offline_workers = 1;
  int max_offline_recordings = 16;
  int max_recordings = 64;
  double admission_utilization = 0.85;
  int latency_target_ms = 200;
};

// OK, or INVALID_ARGUMENT naming the option, its value and the limit.
absl::Status Validate(const ServerOptions& options);

// `listen`, HOST:PORT, is an address of which other machines know nothing.
bool IsLoopback(const std::string& listen);

}  // namespace oido::server

#endif  // OIDO_SERVER_SERVER_OPTIONS_H_
