// Implements Connect by following the channel's states.
#include "client/connect.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/credentials.h"
#include "client/grpc_status.h"
#include "client/token_interceptor.h"
#include "grpcpp/grpcpp.h"
#include "oido/v1/speech.grpc.pb.h"

namespace oido::client {
namespace {

// What gRPC's reason has in it, and what that means.
struct Hint {
  const char* reason;
  const char* before;  // the address
  const char* after;
};
constexpr Hint kHints[] = {
    {"Connection refused", "no server at ", ": start one with oido-server"},
    {"certificate verify failed", "the certificate of oido-server at ",
     " is not signed by an authority that is trusted here (--ca), or is "
     "expired"},
    {"CERTIFICATE_VERIFY_FAILED", "the certificate of oido-server at ",
     " is not signed by an authority that is trusted here (--ca), or is "
     "expired"},
    {"asn1 encoding routines", "the certificate of oido-server at ",
     " is not signed by an authority that is trusted here, but by another of "
     "the same name (--ca)"},
    {"Hostname Verification Check failed", "the certificate of oido-server at ",
     " is for another name; give it with --server-name"},
    {"not in peer certificate", "the certificate of oido-server at ",
     " is for another name; give it with --server-name"},
    {"wrong version number", "oido-server at ",
     " speaks plain text; leave out --tls, --ca and --cert"},
    {"WRONG_VERSION_NUMBER", "oido-server at ",
     " speaks plain text; leave out --tls, --ca and --cert"},
};

// What keeps `channel` from connecting, as a call that does not wait is told.
absl::Status WhyNot(const std::shared_ptr<grpc::Channel>& channel,
                    const ConnectionOptions& options) {
  const absl::Status status = ListModels(channel, absl::Seconds(1)).status();
  for (const Hint& hint : kHints) {
    if (!absl::StrContains(status.message(), hint.reason)) continue;
    return absl::UnavailableError(
        absl::StrCat(hint.before, options.address, hint.after));
  }
  const char* guess = "; is --cert signed by the authority it trusts?";
  if (!options.tls()) {
    guess = "; does it want TLS (--tls or --ca)?";
  } else if (options.cert_path.empty()) {
    guess = "; does it want a certificate of yours (--cert and --key)?";
  }
  return absl::UnavailableError(absl::StrCat("no connection to oido-server at ",
                                             options.address, ": ",
                                             status.message(), guess));
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> NewChannel(
    grpc::ChannelArguments arguments, const ConnectionOptions& options) {
  const auto credentials = MakeCredentials(options);
  if (!credentials.ok()) return credentials.status();
  const auto token = ReadToken(options);
  if (!token.ok()) return token.status();
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!options.server_name.empty())
    arguments.SetSslTargetNameOverride(options.server_name);
  if (token->empty())
    return grpc::CreateCustomChannel(options.address, *credentials, arguments);
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      interceptors;
  interceptors.push_back(std::make_unique<TokenInterceptorFactory>(*token));
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      options.address, *credentials, arguments, std::move(interceptors));
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectWith(
    grpc::ChannelArguments arguments, const ConnectionOptions& options,
    absl::Duration timeout) {
  auto created = NewChannel(std::move(arguments), options);
  if (!created.ok()) return created.status();
  const std::shared_ptr<grpc::Channel> channel = *std::move(created);
  const auto deadline = absl::ToChronoTime(absl::Now() + timeout);
  grpc_connectivity_state state = channel->GetState(/*try_to_connect=*/true);
  while (state != GRPC_CHANNEL_READY) {
    // All addresses of the name have been tried once in TRANSIENT_FAILURE.
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE ||
        state == GRPC_CHANNEL_SHUTDOWN) {
      return WhyNot(channel, options);
    }
    if (!channel->WaitForStateChange(state, deadline)) {
      return absl::UnavailableError(
          absl::StrCat("no answer from ", options.address, " within ",
                       absl::FormatDuration(timeout)));
    }
    state = channel->GetState(/*try_to_connect=*/true);
  }
  return channel;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
    const ConnectionOptions& options, absl::Duration timeout) {
  return ConnectWith({}, options, timeout);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
    const std::string& address, absl::Duration timeout) {
  ConnectionOptions options;
  options.address = address;
  return Connect(options, timeout);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectSeparately(
    const ConnectionOptions& options, absl::Duration timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return ConnectWith(std::move(arguments), options, timeout);
}

absl::StatusOr<v1::ListModelsResponse> ListModels(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  v1::ListModelsResponse response;
  const grpc::Status status =
      v1::SpeechRecognizer::NewStub(channel)->ListModels(
          &context, v1::ListModelsRequest(), &response);
  if (!status.ok()) return FromGrpc(status);
  return response;
}

}  // namespace oido::client
