// Reads a server context.
#include "server/caller.h"

#include <grpc/grpc_security.h>

namespace oido::server {
namespace {

// Empty where it is missing, or there more than once and so nobody's word.
std::string Metadata(const grpc::CallbackServerContext& context,
                     const char* key) {
  const auto& metadata = context.client_metadata();
  if (metadata.count(key) != 1) return "";
  const grpc::string_ref value = metadata.find(key)->second;
  return std::string(value.data(), value.size());
}

}  // namespace

Caller CallerOf(const grpc::CallbackServerContext& context) {
  Caller caller;
  caller.peer = context.peer();
  caller.authorization = Metadata(context, "authorization");
  const auto names =
      context.auth_context()->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
  if (!names.empty())
    caller.certificate =
        std::string(names.front().data(), names.front().size());
  return caller;
}

}  // namespace oido::server
