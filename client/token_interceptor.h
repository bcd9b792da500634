// Shows a bearer token with each call of a channel.
#ifndef OIDO_CLIENT_TOKEN_INTERCEPTOR_H_
#define OIDO_CLIENT_TOKEN_INTERCEPTOR_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/support/client_interceptor.h"

namespace oido::client {

// gRPC's own call credentials do the same, but not to a server on this machine
// that speaks plain text.
class TokenInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit TokenInterceptor(std::string authorization)
      : authorization_(std::move(authorization)) {}

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::
                PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->insert(
          {"authorization", authorization_});
    }
    methods->Proceed();
  }

 private:
  const std::string authorization_;
};

class TokenInterceptorFactory final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptorFactory(const std::string& token)
      : authorization_(absl::StrCat("Bearer ", token)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* /*info*/) override {
    return new TokenInterceptor(authorization_);
  }

 private:
  const std::string authorization_;
};

}  // namespace oido::client

#endif  // OIDO_CLIENT_TOKEN_INTERCEPTOR_H_
