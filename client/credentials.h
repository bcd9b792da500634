// Files of keys and tokens to what gRPC takes.
#ifndef OIDO_CLIENT_CREDENTIALS_H_
#define OIDO_CLIENT_CREDENTIALS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/connection_options.h"
#include "grpcpp/security/credentials.h"

namespace oido::client {

// INVALID_ARGUMENT names the option and the file.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(
    const ConnectionOptions& options);

// The token in options.token_path; empty: none. INVALID_ARGUMENT too where it
// would travel in plain text to another machine.
absl::StatusOr<std::string> ReadToken(const ConnectionOptions& options);

}  // namespace oido::client

#endif  // OIDO_CLIENT_CREDENTIALS_H_
