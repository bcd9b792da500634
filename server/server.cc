// Puts the parts together and takes them apart in the right order.
#include "server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace oido::server {
namespace {

// Room for the fields beside the audio in a unary request of the largest size,
// so that it is our status, which names the limit, that refuses it.
constexpr int kMessageSlackBytes = 64 << 10;

// Read from a connection at once.
constexpr int kReadBytes = 4096;

// For results to go out after the input was ended.
constexpr absl::Duration kLastWords = absl::Seconds(2);

// Clients may ask that often whether the server is still there, with or without
// a stream; gRPC's five minutes would end connections behind home routers.
constexpr int kClientPingMs = 10'000;

void SetConnectionArguments(const ServerOptions& options,
                            grpc::ServerBuilder* builder) {
  builder->AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kClientPingMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  const auto set = [&](const char* argument, int value) {
    if (value > 0) builder->AddChannelArgument(argument, value);
  };
  set(GRPC_ARG_KEEPALIVE_TIME_MS, options.keepalive_seconds * 1000);
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, options.keepalive_timeout_seconds * 1000);
  // Days in milliseconds are more than an int holds.
  const auto milliseconds = [](int seconds) {
    return std::min(seconds, INT_MAX / 1000) * 1000;
  };
  set(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
      milliseconds(options.max_connection_idle_seconds));
  set(GRPC_ARG_MAX_CONNECTION_AGE_MS,
      milliseconds(options.max_connection_age_seconds));
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_connection_streams);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options, ModelSet models, const Clock* clock,
    const Engines& engines) {
  std::unique_ptr<Server> server(new Server(options, clock));
  auto security = Security::Load(options);
  if (!security.ok()) return security.status();
  server->security_ = *std::move(security);
  if (!options.metrics_listen.empty()) {
    server->metrics_ = std::make_unique<Metrics>(
        [raw = server.get()] { return raw->TakeSnapshot(); });
  }
  server->generations_ = std::make_unique<Generations>(
      GenerationEnvironment{.clock = clock,
                            .registry = &server->registry_,
                            .metrics = server->metrics_.get(),
                            .engines = engines});
  absl::Status status = server->generations_->Begin(options, std::move(models));
  if (status.ok()) status = server->StartService(clock);
  if (!status.ok()) return status;
  server->sweeper_ =
      std::thread([raw = server.get()] { raw->registry_.SweepUntilStopped(); });
  return server;
}

Server::Server(const ServerOptions& options, const Clock* clock)
    : options_(options),
      registry_(RegistryOptionsOf(options), clock),
      recording_admission_("max_recordings", options.max_recordings),
      offline_recording_admission_("max_offline_recordings",
                                   options.max_offline_recordings) {}

absl::Status Server::StartService(const Clock* clock) {
  ServiceEnvironment environment;
  environment.generations = generations_.get();
  environment.clock = clock;
  environment.metrics = metrics_.get();
  environment.access = security_->access();
  environment.registry = &registry_;
  environment.recording_admission = &recording_admission_;
  environment.offline_recording_admission = &offline_recording_admission_;
  environment.max_streaming_message_bytes =
      static_cast<size_t>(options_.max_streaming_message_bytes);
  environment.max_unary_message_bytes =
      static_cast<size_t>(options_.max_unary_message_bytes);
  service_ = std::make_unique<SpeechService>(environment);
  compat_services_ = NewCompatServices(options_, environment);

  if (metrics_ != nullptr) {
    const absl::Status status = metrics_->Serve(options_.metrics_listen);
    if (!status.ok()) return status;
  }
  return Listen();
}

absl::Status Server::Listen() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  // A thousand connections: no statistics of each, no pings to guess its
  // bandwidth, a buffer that takes a live client's message and not much more.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadBytes);
  // Without this, gRPC shares a port with whoever else shares it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  SetConnectionArguments(options_, &builder);
  builder.SetMaxReceiveMessageSize(
      std::max(options_.max_unary_message_bytes,
               options_.max_streaming_message_bytes) +
      kMessageSlackBytes);
  builder.AddListeningPort(options_.listen, security_->Credentials(), &port);
  builder.RegisterService(service_.get());
  for (const CompatService& compat : compat_services_)
    builder.RegisterService(compat.service.get());
  grpc_server_ = builder.BuildAndStart();
  if (grpc_server_ == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat(
        "listen: cannot listen on ", options_.listen,
        ": the port is in use, or the address is not this machine's"));
  }
  address_ = absl::StrCat(options_.listen.substr(0, options_.listen.rfind(':')),
                          ":", port);
  grpc_server_->GetHealthCheckService()->SetServingStatus(
      v1::SpeechRecognizer::service_full_name(), true);
  for (const CompatService& compat : compat_services_)
    grpc_server_->GetHealthCheckService()->SetServingStatus(compat.name, true);
  return absl::OkStatus();
}

void Server::Drain(absl::Duration grace) {
  grpc_server_->GetHealthCheckService()->SetServingStatus(false);
  registry_.BeginDrain();
  if (registry_.WaitUntilEmpty(grace)) return;
  registry_.ExpireAll(absl::UnavailableError("the server is shutting down"));
  registry_.WaitUntilEmpty(kLastWords);
}

Server::~Server() {
  if (metrics_ != nullptr) metrics_->StopServing();
  if (grpc_server_ != nullptr) {
    grpc_server_->Shutdown(std::chrono::system_clock::now());
    grpc_server_->Wait();
  }
  registry_.Stop();
  if (sweeper_.joinable()) sweeper_.join();
}

}  // namespace oido::server
