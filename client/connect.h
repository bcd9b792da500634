// Opens the connection to a server and asks it simple questions.
#ifndef OIDO_CLIENT_CONNECT_H_
#define OIDO_CLIENT_CONNECT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "oido/v1/speech.pb.h"

namespace oido::client {

// A plaintext connection to `address` (HOST:PORT) that is up, past any HTTP
// proxy of the environment. UNAVAILABLE as soon as the server refuses, or
// after `timeout`. Thread-safe, as is the channel.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
    const std::string& address, absl::Duration timeout);

// As Connect, on a TCP connection that no other channel shares.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectSeparately(
    const std::string& address, absl::Duration timeout);

// The models that the server has loaded.
absl::StatusOr<v1::ListModelsResponse> ListModels(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout);

}  // namespace oido::client

#endif  // OIDO_CLIENT_CONNECT_H_
