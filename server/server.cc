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
#include "absl/strings/str_join.h"
#include "server/log.h"
#include "server/text_proto.h"

namespace oido::server {
namespace {

// Room for the fields beside the audio in a unary request of the largest size,
// so that it is our status, which names the limit, that refuses it.
constexpr int kMessageSlackBytes = 64 << 10;

// Read from a connection at once.
constexpr int kReadBytes = 4096;

// For results to go out after the input was ended.
constexpr absl::Duration kLastWords = absl::Seconds(2);

// What the bundles say of themselves, hashes of all that is in them included.
std::string Fingerprint(const std::vector<std::string>& directories) {
  std::string text;
  for (const std::string& directory : directories) {
    const auto description = ReadFile("model", directory + "/bundle.textproto");
    absl::StrAppend(&text, directory, "\n",
                    description.ok() ? *description : "");
  }
  return text;
}

std::string NamesOf(const ModelSet& models) {
  std::vector<std::string> names;
  for (const auto& model : models.models()) {
    names.push_back(
        absl::StrCat(model->bundle->name, " ", model->bundle->version));
  }
  return absl::StrJoin(names, ", ");
}

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
  set(GRPC_ARG_MAX_CONNECTION_AGE_MS,
      std::min(options.max_connection_age_seconds, INT_MAX / 1000) * 1000);
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
        [raw = server.get(), options] { return raw->TakeSnapshot(options); });
  }
  server->generation_environment_ = {.clock = clock,
                                     .registry = &server->registry_,
                                     .metrics = server->metrics_.get(),
                                     .engines = engines};
  std::vector<std::string> directories;
  for (const auto& model : models.models())
    directories.push_back(model->bundle->directory);
  server->fingerprint_ = Fingerprint(directories);
  auto generation = Generation::Start(options, std::move(models),
                                      server->generation_environment_);
  if (!generation.ok()) return generation.status();
  server->generations_.Replace(*std::move(generation));
  absl::Status status = server->StartService(options, clock);
  if (!status.ok()) return status;
  server->sweeper_ =
      std::thread([raw = server.get()] { raw->registry_.SweepUntilStopped(); });
  return server;
}

absl::Status Server::StartService(const ServerOptions& options,
                                  const Clock* clock) {
  ServiceEnvironment environment;
  environment.generations = &generations_;
  environment.clock = clock;
  environment.metrics = metrics_.get();
  environment.access = security_->access();
  environment.registry = &registry_;
  environment.recording_admission = &recording_admission_;
  environment.offline_recording_admission = &offline_recording_admission_;
  environment.limits.inbox_bytes = static_cast<size_t>(options.inbox_bytes);
  environment.limits.max_audio_seconds = options.max_stream_seconds;
  environment.max_streaming_message_bytes =
      static_cast<size_t>(options.max_streaming_message_bytes);
  environment.max_unary_message_bytes =
      static_cast<size_t>(options.max_unary_message_bytes);
  service_ = std::make_unique<SpeechService>(environment);
  compat_services_ = NewCompatServices(options, environment);

  if (metrics_ != nullptr) {
    const absl::Status status = metrics_->Serve(options.metrics_listen);
    if (!status.ok()) return status;
  }
  return Listen(options);
}

Server::Server(const ServerOptions& options, const Clock* clock)
    : options_(options),
      registry_({.max_streams = options.max_streams,
                 .idle_timeout = absl::Seconds(options.idle_timeout_seconds)},
                clock),
      recording_admission_("max_recordings", options.max_recordings),
      offline_recording_admission_("max_offline_recordings",
                                   options.max_offline_recordings) {}

absl::Status Server::Listen(const ServerOptions& options) {
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
  SetConnectionArguments(options, &builder);
  builder.SetMaxReceiveMessageSize(
      std::max(options.max_unary_message_bytes,
               options.max_streaming_message_bytes) +
      kMessageSlackBytes);
  builder.AddListeningPort(options.listen, security_->Credentials(), &port);
  builder.RegisterService(service_.get());
  for (const CompatService& compat : compat_services_)
    builder.RegisterService(compat.service.get());
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
  for (const CompatService& compat : compat_services_)
    grpc_server_->GetHealthCheckService()->SetServingStatus(compat.name, true);
  return absl::OkStatus();
}

absl::Status Server::ReloadModels(const std::vector<std::string>& directories) {
  std::string fingerprint = Fingerprint(directories);
  if (fingerprint == fingerprint_) return absl::OkStatus();
  absl::Status status;
  auto models = ModelSet::Load(directories);
  if (models.ok()) {
    auto generation = Generation::Start(options_, *std::move(models),
                                        generation_environment_);
    status = generation.status();
    if (status.ok()) generations_.Replace(*std::move(generation));
  } else {
    status = models.status();
  }
  if (status.ok()) {
    fingerprint_ = std::move(fingerprint);
    Log(Severity::kInfo, "models_reloaded", {{"models", model_names()}});
  } else {
    Log(Severity::kError, "models_not_reloaded",
        {{"message", absl::StrCat(status.message(),
                                  "; those in use stay: ", model_names())}});
  }
  return status;
}

std::string Server::model_names() const {
  return NamesOf(generations_.current()->models());
}

void Server::Poll() {
  security_->Poll();
  const int freed = generations_.FreeUnused();
  if (freed > 0) {
    Log(Severity::kInfo, "models_freed",
        {{"generations", absl::StrCat(freed), LogField::Kind::kNumber}});
  }
}

void Server::Drain(absl::Duration grace) {
  grpc_server_->GetHealthCheckService()->SetServingStatus(false);
  registry_.BeginDrain();
  if (registry_.WaitUntilEmpty(grace)) return;
  registry_.ExpireAll(absl::UnavailableError("the server is shutting down"));
  registry_.WaitUntilEmpty(kLastWords);
}

Snapshot Server::TakeSnapshot(const ServerOptions& options) const {
  const std::shared_ptr<Generation> generation = generations_.current();
  const std::vector<int> active = generation->ActiveStreams();
  Snapshot snapshot;
  for (const auto& model : generation->models().models()) {
    snapshot.models.push_back({model->bundle->name, model->bundle->version,
                               model->bundle->language_code,
                               active[static_cast<size_t>(model->index)]});
  }
  snapshot.max_streams = options.max_streams;
  snapshot.open_streams = registry_.size();
  snapshot.load = generation->stream_admission().Utilization(active);
  snapshot.load_limit = options.admission_utilization;
  snapshot.session_bytes = registry_.size_bytes();
  snapshot.largest_inbox_bytes = registry_.largest_inbox_bytes();
  snapshot.serving = !registry_.draining();
  snapshot.certificate_expiry = security_->certificate_expiry();
  return snapshot;
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
