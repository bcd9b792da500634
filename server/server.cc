// Puts the parts together and takes them apart in the right order.
#include "server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

namespace oido::server {
namespace {

// Room for the fields beside the audio in a unary request of the largest size,
// so that it is our status, which names the limit, that refuses it.
constexpr int kMessageSlackBytes = 64 << 10;

// For results to go out after the input was ended.
constexpr absl::Duration kLastWords = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options, ModelSet models, const Clock* clock,
    const StepperFactory& factory) {
  std::unique_ptr<Server> server(new Server(options, std::move(models), clock));
  SchedulerOptions scheduler_options;
  scheduler_options.workers = options.workers;
  scheduler_options.max_batch = options.max_batch;
  auto scheduler =
      Scheduler::Create(scheduler_options, server->models_, clock, factory);
  if (!scheduler.ok()) return scheduler.status();
  server->scheduler_ = *std::move(scheduler);

  ServiceEnvironment environment;
  environment.models = &server->models_;
  environment.clock = clock;
  environment.ready = server->scheduler_.get();
  environment.registry = &server->registry_;
  environment.limits.inbox_bytes = static_cast<size_t>(options.inbox_bytes);
  environment.limits.max_audio_seconds = options.max_stream_seconds;
  environment.max_streaming_message_bytes =
      static_cast<size_t>(options.max_streaming_message_bytes);
  environment.max_unary_message_bytes =
      static_cast<size_t>(options.max_unary_message_bytes);
  server->service_ = std::make_unique<SpeechService>(environment);

  absl::Status status = server->Listen(options);
  if (!status.ok()) return status;
  server->sweeper_ =
      std::thread([raw = server.get()] { raw->registry_.SweepUntilStopped(); });
  return server;
}

Server::Server(const ServerOptions& options, ModelSet models,
               const Clock* clock)
    : models_(std::move(models)),
      registry_({.max_streams = options.max_streams,
                 .idle_timeout = absl::Seconds(options.idle_timeout_seconds)},
                clock) {}

absl::Status Server::Listen(const ServerOptions& options) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  // Without this, gRPC shares a port with whoever else shares it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(
      std::max(options.max_unary_message_bytes,
               options.max_streaming_message_bytes) +
      kMessageSlackBytes);
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(service_.get());
  grpc_server_ = builder.BuildAndStart();
  if (grpc_server_ == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat(
        "listen: cannot listen on ", options.listen,
        ": the port is in use, or the address is not this machine's"));
  }
  address_ = absl::StrCat(options.listen.substr(0, options.listen.rfind(':')),
                          ":", port);
  grpc_server_->GetHealthCheckService()->SetServingStatus(
      v1::SpeechRecognizer::service_full_name(), true);
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
  if (grpc_server_ != nullptr) {
    grpc_server_->Shutdown(std::chrono::system_clock::now());
    grpc_server_->Wait();
  }
  registry_.Stop();
  if (sweeper_.joinable()) sweeper_.join();
}

}  // namespace oido::server
