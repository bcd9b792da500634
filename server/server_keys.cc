// One table, so that file, flags, environment and options cannot differ.
#include "server/server_keys.h"

#include <google/protobuf/descriptor.h>

#include <type_traits>

#include "absl/strings/str_cat.h"

namespace oido::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;
using Options = ServerOptions;

constexpr ServerKey kKeys[] = {
    {"listen", &Options::listen, Change::kRestart,
     "HOST:PORT to listen on; port 0 takes a free one"},
    {"model", &Options::models, Change::kNewCalls,
     "Model bundle directory; may be given several times, the first is the "
     "default (default: all in ../share/oido/models beside the executable's "
     "directory)"},
    {"tls_certificate", &Options::tls_certificate, Change::kRestart,
     "Certificate chain (PEM): connections are TLS"},
    {"tls_key", &Options::tls_key, Change::kRestart,
     "Private key of the certificate (PEM)"},
    {"tls_client_ca", &Options::tls_client_ca, Change::kRestart,
     "Certificates (PEM) of which one must have signed each client's"},
    {"insecure", &Options::insecure, Change::kRestart,
     "Plain text on an address that other machines reach"},
    {"token_file", &Options::token_file, Change::kRestart,
     "Let in only calls with a token of this file (see --hash-token)"},
    {"workers", &Options::workers, Change::kNewCalls,
     "Inference threads; 0: one per core"},
    {"max_batch", &Options::max_batch, Change::kNewCalls,
     "Most streams stepped together in one model call"},
    {"max_streams", &Options::max_streams, Change::kReload,
     "Most streams open at once, idle ones included"},
    {"max_stream_seconds", &Options::max_stream_seconds, Change::kNewCalls,
     "Longest audio of one stream; 0: no limit"},
    {"max_stream_bytes_per_second", &Options::max_stream_bytes_per_second,
     Change::kNewCalls,
     "End a stream that gets more than 10 seconds ahead of this; 0: no limit"},
    {"idle_timeout_seconds", &Options::idle_timeout_seconds, Change::kReload,
     "End a stream that sends nothing for so long"},
    {"max_streaming_message_bytes", &Options::max_streaming_message_bytes,
     Change::kRestart, "Largest audio message of a stream"},
    {"max_unary_message_bytes", &Options::max_unary_message_bytes,
     Change::kRestart, "Largest Recognize request"},
    {"inbox_bytes", &Options::inbox_bytes, Change::kNewCalls,
     "Unprocessed audio per stream before reading pauses"},
    {"drain_seconds", &Options::drain_seconds, Change::kReload,
     "Time for running streams to finish after SIGTERM"},
    {"offline_workers", &Options::offline_workers, Change::kNewCalls,
     "Threads for recordings given to offline models, at lower priority"},
    {"max_offline_recordings", &Options::max_offline_recordings,
     Change::kReload,
     "Most recordings offline models have in hand, waiting ones included"},
    {"max_recordings", &Options::max_recordings, Change::kReload,
     "Most Recognize calls to streaming models in hand, waiting ones included"},
    {"admission_utilization", &Options::admission_utilization,
     Change::kNewCalls,
     "Share of the workers' time that live streams may fill before one more is "
     "refused; 0: no limit by load"},
    {"latency_target_ms", &Options::latency_target_ms, Change::kNewCalls,
     "Refuse streams while live ones wait for more than half of this; 0: "
     "never"},
    {"riva_api", &Options::riva_api, Change::kRestart,
     "Serve clients of Riva too (default true; --riva_api=false)"},
    {"google_api", &Options::google_api, Change::kRestart,
     "Serve clients of Google Speech-to-Text v1 and v2 too (default true; "
     "--google_api=false)"},
    {"log_level", &Options::log_level, Change::kReload,
     "debug, info, warn or error"},
    {"log_format", &Options::log_format, Change::kReload, "text or json"},
    {"metrics_listen", &Options::metrics_listen, Change::kRestart,
     "HOST:PORT on which Prometheus finds /metrics (default: none)"},
    {"keepalive_seconds", &Options::keepalive_seconds, Change::kRestart,
     "Ask a silent connection whether it is still there; 0: never"},
    {"keepalive_timeout_seconds", &Options::keepalive_timeout_seconds,
     Change::kRestart, "Close it after so long without an answer"},
    {"max_connection_idle_seconds", &Options::max_connection_idle_seconds,
     Change::kRestart, "Close a connection without streams; 0: never"},
    {"max_connection_age_seconds", &Options::max_connection_age_seconds,
     Change::kRestart,
     "Let connections go after so long, when their streams have ended; 0: "
     "never"},
    {"max_connection_streams", &Options::max_connection_streams,
     Change::kRestart, "Most streams on one connection; 0: no limit"},
};

// The value of one field in `message`, by its type in ServerOptions.
struct Field {
  config::ServerConfig* message;
  const FieldDescriptor* descriptor;
  const Reflection* reflection;

  void Set(int value) const {
    reflection->SetInt32(message, descriptor, value);
  }
  void Set(double value) const {
    reflection->SetDouble(message, descriptor, value);
  }
  void Set(bool value) const {
    reflection->SetBool(message, descriptor, value);
  }
  void Set(const std::string& value) const {
    reflection->SetString(message, descriptor, value);
  }
  void Set(const std::vector<std::string>& values) const {
    for (const std::string& value : values)
      reflection->AddString(message, descriptor, value);
  }
};

void Get(const config::ServerConfig& config, const FieldDescriptor* field,
         int* value) {
  *value = config.GetReflection()->GetInt32(config, field);
}
void Get(const config::ServerConfig& config, const FieldDescriptor* field,
         double* value) {
  *value = config.GetReflection()->GetDouble(config, field);
}
void Get(const config::ServerConfig& config, const FieldDescriptor* field,
         bool* value) {
  *value = config.GetReflection()->GetBool(config, field);
}
void Get(const config::ServerConfig& config, const FieldDescriptor* field,
         std::string* value) {
  *value = config.GetReflection()->GetString(config, field);
}
void Get(const config::ServerConfig& config, const FieldDescriptor* field,
         std::vector<std::string>* values) {
  values->clear();
  const int size = config.GetReflection()->FieldSize(config, field);
  for (int i = 0; i < size; ++i) {
    values->push_back(
        config.GetReflection()->GetRepeatedString(config, field, i));
  }
}

const FieldDescriptor* FieldOf(const ServerKey& key) {
  return config::ServerConfig::descriptor()->FindFieldByName(key.name);
}

bool IsSet(const config::ServerConfig& config, const FieldDescriptor* field) {
  const Reflection* reflection = config.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(config, field) > 0
                              : reflection->HasField(config, field);
}

}  // namespace

absl::Span<const ServerKey> ServerKeys() { return kKeys; }

void Apply(const config::ServerConfig& config, ServerOptions* options) {
  for (const ServerKey& key : kKeys) {
    const FieldDescriptor* field = FieldOf(key);
    if (!IsSet(config, field)) continue;
    std::visit([&](auto member) { Get(config, field, &(options->*member)); },
               key.member);
  }
}

config::ServerConfig ToConfig(const ServerOptions& options) {
  config::ServerConfig config;
  for (const ServerKey& key : kKeys) {
    const Field field{&config, FieldOf(key), config.GetReflection()};
    std::visit([&](auto member) { field.Set(options.*member); }, key.member);
  }
  return config;
}

std::vector<std::string> DifferentKeys(const Comparison& comparison,
                                       const ServerOptions& to) {
  std::vector<std::string> names;
  for (const ServerKey& key : kKeys) {
    const bool same = std::visit(
        [&](auto member) { return comparison.from.*member == to.*member; },
        key.member);
    if (!same && key.change == comparison.change) names.push_back(key.name);
  }
  return names;
}

void CopyKeys(const Comparison& comparison, ServerOptions* to) {
  for (const ServerKey& key : kKeys) {
    if (key.change != comparison.change) continue;
    std::visit([&](auto member) { to->*member = comparison.from.*member; },
               key.member);
  }
}

std::string DefaultInHelp(const ServerKey& key) {
  const ServerOptions defaults;
  return std::visit(
      [&](auto member) -> std::string {
        const auto& value = defaults.*member;
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string>) {
          return value.empty() ? "" : absl::StrCat(" (default ", value, ")");
        } else if constexpr (std::is_same_v<Value, int> ||
                             std::is_same_v<Value, double>) {
          return absl::StrCat(" (default ", value, ")");
        } else {
          return "";
        }
      },
      key.member);
}

}  // namespace oido::server
