// Hashes what callers show and compares it with every hash of the file.
#include "server/token_access.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "oido/config/tokens.pb.h"
#include "server/errors.h"
#include "server/text_proto.h"

namespace oido::server {
namespace {

constexpr size_t kMaxNameBytes = 64;
// A place of a token is free when one of its own calls ends.
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

std::array<uint8_t, 32> Sha256(absl::string_view text) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         hash.data());
  return hash;
}

absl::Status CheckName(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
           c == '_' || c == '-';
  });
  if (plain && !name.empty() && name.size() <= kMaxNameBytes)
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("name: ", Quoted(name), " is not of 1 to ", kMaxNameBytes,
                   " letters, digits and ._-"));
}

absl::Status CheckToken(const config::Token& token) {
  absl::Status status = CheckName(token.name());
  if (!status.ok()) return status;
  const std::string& hash = token.sha256();
  const bool hexadecimal = std::all_of(hash.begin(), hash.end(), [](char c) {
    return absl::ascii_isxdigit(static_cast<unsigned char>(c));
  });
  if (hash.size() != 2 * SHA256_DIGEST_LENGTH || !hexadecimal) {
    return absl::InvalidArgumentError(
        absl::StrCat("token ", Quoted(token.name()),
                     ": sha256 is not of 64 hexadecimal digits"));
  }
  if (token.max_streams() >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("token ", Quoted(token.name()),
                   ": max_streams: ", token.max_streams(), " is less than 0"));
}

// What stands behind "Bearer" (RFC 6750; its name in any case, RFC 9110).
absl::StatusOr<absl::string_view> TokenIn(absl::string_view authorization) {
  constexpr absl::string_view kScheme = "bearer ";
  if (authorization.empty()) {
    return absl::UnauthenticatedError(
        "authorization: missing; send \"Bearer TOKEN\" in this metadata");
  }
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) {
    return absl::UnauthenticatedError(
        "authorization: is not of the form \"Bearer TOKEN\"");
  }
  const absl::string_view token =
      absl::StripAsciiWhitespace(authorization.substr(kScheme.size()));
  if (token.size() > kMaxTokenBytes) {
    return absl::UnauthenticatedError(
        absl::StrCat("authorization: the token has ", token.size(),
                     " bytes, limit ", kMaxTokenBytes));
  }
  return token;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenAccess>> TokenAccess::Load(
    std::string path) {
  std::unique_ptr<TokenAccess> access(new TokenAccess(std::move(path)));
  const absl::Status status = access->Reload();
  if (!status.ok()) return status;
  return access;
}

absl::StatusOr<TokenAccess::Tokens> TokenAccess::Read(const std::string& path) {
  const auto text = ReadFile("token_file", path);
  if (!text.ok()) return text.status();
  config::Tokens proto;
  absl::Status status = ParseTextProto(*text, path, &proto);
  if (!status.ok()) return status;
  Tokens tokens;
  std::set<std::string> names;
  for (const config::Token& token : proto.token()) {
    status = CheckToken(token);
    if (status.ok() && !names.insert(token.name()).second) {
      status = absl::InvalidArgumentError(
          absl::StrCat("token ", Quoted(token.name()), ": is there twice"));
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("token_file: ", path, ": ", status.message()));
    }
    const std::string bytes = absl::HexStringToBytes(token.sha256());
    tokens.push_back({token.name(), {}, token.max_streams(), nullptr});
    std::copy(bytes.begin(), bytes.end(), tokens.back().hash.begin());
  }
  if (tokens.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "token_file: ", path, ": no token; make one with --hash-token"));
  }
  return tokens;
}

absl::Status TokenAccess::Reload() {
  auto tokens = Read(path_);
  if (!tokens.ok()) return tokens.status();
  MutexLock lock(mutex_);
  std::map<std::string, std::shared_ptr<std::atomic<int>>> open;
  if (tokens_ != nullptr) {
    for (const Token& token : *tokens_) open[token.name] = token.open;
  }
  for (Token& token : *tokens) {
    auto& counter = open[token.name];
    if (counter == nullptr) counter = std::make_shared<std::atomic<int>>(0);
    token.open = counter;
  }
  tokens_ = std::make_shared<const Tokens>(*std::move(tokens));
  return absl::OkStatus();
}

std::shared_ptr<const TokenAccess::Tokens> TokenAccess::tokens() const {
  MutexLock lock(mutex_);
  return tokens_;
}

size_t TokenAccess::size() const { return tokens()->size(); }

absl::StatusOr<TokenAccess::Token> TokenAccess::Find(
    absl::string_view authorization) const {
  const auto token = TokenIn(authorization);
  if (!token.ok()) return token.status();
  const Hash hash = Sha256(*token);
  const std::shared_ptr<const Tokens> all = tokens();
  const Token* found = nullptr;
  // All of them, so that the time says nothing about where one stands.
  for (const Token& known : *all) {
    if (CRYPTO_memcmp(known.hash.data(), hash.data(), hash.size()) == 0)
      found = &known;
  }
  if (found != nullptr) return *found;
  return absl::UnauthenticatedError("authorization: this token is not known");
}

absl::Status TokenAccess::Check(absl::string_view authorization) const {
  return Find(authorization).status();
}

absl::StatusOr<TokenAccess::Place> TokenAccess::Enter(
    absl::string_view authorization) const {
  auto token = Find(authorization);
  if (!token.ok()) return token.status();
  const int open = ++*token->open;
  Place place(token->name, token->open);
  if (token->max_streams == 0 || open <= token->max_streams) return place;
  return FullError(
      absl::StrCat("token_max_streams: ", token->max_streams,
                   " calls of token \"", token->name, "\" are open, limit ",
                   token->max_streams),
      kRetryDelay);
}

absl::StatusOr<std::string> TokenLine(const std::string& name,
                                      absl::string_view token) {
  absl::Status status = CheckName(name);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--hash-token: ", status.message()));
  }
  token = absl::StripTrailingAsciiWhitespace(token);
  if (token.size() < kMinTokenBytes || token.size() > kMaxTokenBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--hash-token: the token on standard input has ", token.size(),
        " bytes, not ", kMinTokenBytes, "..", kMaxTokenBytes));
  }
  const bool visible = std::all_of(token.begin(), token.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (!visible) {
    return absl::InvalidArgumentError(
        "--hash-token: the token holds blanks or characters beyond ASCII");
  }
  const auto hash = Sha256(token);
  return absl::StrCat(
      "token { name: \"", name, "\" sha256: \"",
      absl::BytesToHexString(absl::string_view(
          reinterpret_cast<const char*>(hash.data()), hash.size())),
      "\" }\n");
}

}  // namespace oido::server
