// Reads a server context.
#include "server/caller.h"

#include <grpc/grpc_security.h>
#include <openssl/rand.h>

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"

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

constexpr size_t kMaxRequestIdBytes = 128;

bool IsVisible(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
}

std::string NewRequestId() {
  std::string bytes(8, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
             static_cast<int>(bytes.size()));
  return absl::BytesToHexString(bytes);
}

// "00-<32 hexadecimal digits>-<16 of them>-<2>" (https://www.w3.org/TR/
// trace-context/#traceparent-header); anything else is ignored.
void ReadTraceparent(const std::string& text, Caller* caller) {
  const std::vector<std::string> parts = absl::StrSplit(text, '-');
  if (parts.size() < 4 || parts[0].size() != 2 || parts[1].size() != 32 ||
      parts[2].size() != 16) {
    return;
  }
  for (const std::string& part : {parts[1], parts[2]}) {
    if (part.find_first_not_of("0123456789abcdef") != std::string::npos) return;
  }
  caller->trace_id = parts[1];
  caller->parent_id = parts[2];
}

}  // namespace

Caller CallerOf(const grpc::CallbackServerContext& context) {
  Caller caller;
  caller.peer = context.peer();
  caller.authorization = Metadata(context, "authorization");
  caller.request_id = Metadata(context, "x-request-id");
  if (caller.request_id.empty() || !IsVisible(caller.request_id) ||
      caller.request_id.size() > kMaxRequestIdBytes) {
    caller.request_id = NewRequestId();
  }
  ReadTraceparent(Metadata(context, "traceparent"), &caller);
  const auto names =
      context.auth_context()->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
  if (!names.empty())
    caller.certificate =
        std::string(names.front().data(), names.front().size());
  return caller;
}

Caller Greet(grpc::CallbackServerContext* context) {
  Caller caller = CallerOf(*context);
  context->AddInitialMetadata("x-request-id", caller.request_id);
  return caller;
}

}  // namespace oido::server
