// Carries a load test's streams over gRPC with one completion queue.
#ifndef OIDO_CLIENT_LOAD_GRPC_TRANSPORT_H_
#define OIDO_CLIENT_LOAD_GRPC_TRANSPORT_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/connection_options.h"
#include "client/load/transport.h"
#include "client/load/wire_messages.h"
#include "grpcpp/grpcpp.h"
#include "oido/v1/speech.pb.h"

namespace oido::load {

struct GrpcTransportOptions {
  client::ConnectionOptions server;
  Api api = Api::kOido;
  // Of the streams: model, decoding and final delay; the other protocols know
  // the model only.
  v1::StreamingRecognitionConfig wanted;
  int connections = 1;  // streams take turns on them
  absl::Duration connect_timeout = absl::Seconds(5);
};

// Needs no thread of its own: the caller of Poll does all the work. Audio
// travels from the caller's memory; what is left to allocate is gRPC's.
class GrpcTransport : public Transport {
 public:
  // UNAVAILABLE if no server answers.
  static absl::StatusOr<std::unique_ptr<GrpcTransport>> Create(
      const GrpcTransportOptions& options);
  // Ends streams that are still open; their listeners are not called.
  ~GrpcTransport() override;

  absl::Duration Now() const override;
  LoadStream* Open(const StreamSetup& setup, StreamListener* listener) override;
  void Poll(absl::Duration until) override;

 private:
  class Call;
  struct Tag;

  GrpcTransport(const GrpcTransportOptions& options,
                std::vector<std::shared_ptr<grpc::Channel>> channels);
  void Dispatch(void* tag, bool ok);

  const std::unique_ptr<WireMessages> messages_;
  const v1::StreamingRecognitionConfig wanted_;
  const std::vector<std::shared_ptr<grpc::Channel>> channels_;
  size_t next_channel_ = 0;
  grpc::CompletionQueue queue_;
  std::map<Call*, std::unique_ptr<Call>> calls_;  // by their address
  Heard heard_;  // used by every response in turn
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_GRPC_TRANSPORT_H_
