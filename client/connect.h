// Opens the connection to a server and asks it simple questions.
#ifndef OIDO_CLIENT_CONNECT_H_
#define OIDO_CLIENT_CONNECT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/connection_options.h"
#include "grpcpp/channel.h"
#include "oido/v1/speech.pb.h"

namespace oido::client {

// A connection that is up, past any HTTP proxy of the environment; its calls
// show the token. UNAVAILABLE as soon as the server refuses, or after
// `timeout`. INVALID_ARGUMENT: a file of `options`. Thread-safe, as is the
// channel.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
    const ConnectionOptions& options, absl::Duration timeout);

// In plain text and without a token.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
    const std::string& address, absl::Duration timeout);

// As Connect, on a TCP connection that no other channel shares.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectSeparately(
    const ConnectionOptions& options, absl::Duration timeout);

// The models that the server has loaded.
absl::StatusOr<v1::ListModelsResponse> ListModels(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout);

}  // namespace oido::client

#endif  // OIDO_CLIENT_CONNECT_H_
