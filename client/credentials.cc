// Implements MakeCredentials and ReadToken.
#include "client/credentials.h"

#include <fstream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace oido::client {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& option,
                                     const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (in && !text.str().empty()) return text.str();
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": cannot read ", path, ", or it is empty"));
}

bool OnThisMachine(const std::string& address) {
  return absl::StartsWith(address, "127.") ||
         absl::StartsWith(address, "localhost:") ||
         absl::StartsWith(address, "[::1]:") ||
         absl::StartsWith(address, "unix:");
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(
    const ConnectionOptions& options) {
  if (!options.tls()) return grpc::InsecureChannelCredentials();
  if (options.cert_path.empty() != options.key_path.empty()) {
    return absl::InvalidArgumentError(
        "--cert and --key: one is of no use without the other");
  }
  grpc::SslCredentialsOptions ssl;
  const auto read = [](const std::string& option, const std::string& path,
                       std::string* text) {
    auto found = ReadFile(option, path);
    if (found.ok()) *text = *std::move(found);
    return found.status();
  };
  absl::Status status = read("--ca", options.ca_path, &ssl.pem_root_certs);
  if (status.ok())
    status = read("--cert", options.cert_path, &ssl.pem_cert_chain);
  if (status.ok())
    status = read("--key", options.key_path, &ssl.pem_private_key);
  if (!status.ok()) return status;
  return grpc::SslCredentials(ssl);
}

absl::StatusOr<std::string> ReadToken(const ConnectionOptions& options) {
  auto text = ReadFile("--token-file", options.token_path);
  if (!text.ok()) return text.status();
  if (!text->empty() && !options.tls() && !OnThisMachine(options.address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--token-file: the token would travel to ",
                     options.address, " in plain text; add --tls or --ca"));
  }
  const std::string token(absl::StripAsciiWhitespace(*text));
  for (const char c : token) {
    if (absl::ascii_isgraph(static_cast<unsigned char>(c))) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--token-file: ", options.token_path,
                     " holds more than one word of plain ASCII"));
  }
  return token;
}

}  // namespace oido::client
