// Implements Connect by following the channel's states.
#include "client/connect.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/grpc_status.h"
#include "grpcpp/grpcpp.h"
#include "oido/v1/speech.grpc.pb.h"

namespace oido::client {
namespace {

absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectWith(
    grpc::ChannelArguments arguments, const std::string& address,
    absl::Duration timeout) {
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  auto channel = grpc::CreateCustomChannel(
      address, grpc::InsecureChannelCredentials(), arguments);
  const auto deadline = absl::ToChronoTime(absl::Now() + timeout);
  grpc_connectivity_state state = channel->GetState(/*try_to_connect=*/true);
  while (state != GRPC_CHANNEL_READY) {
    // All addresses of the name have been tried once in TRANSIENT_FAILURE.
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE ||
        state == GRPC_CHANNEL_SHUTDOWN) {
      return absl::UnavailableError(absl::StrCat(
          "no server at ", address, ": start one with oido-server"));
    }
    if (!channel->WaitForStateChange(state, deadline)) {
      return absl::UnavailableError(
          absl::StrCat("no answer from ", address, " within ",
                       absl::FormatDuration(timeout)));
    }
    state = channel->GetState(/*try_to_connect=*/true);
  }
  return channel;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
    const std::string& address, absl::Duration timeout) {
  return ConnectWith({}, address, timeout);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectSeparately(
    const std::string& address, absl::Duration timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return ConnectWith(std::move(arguments), address, timeout);
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
