// Who may call: bearer tokens, of which only the hashes are known.
#ifndef OIDO_SERVER_TOKEN_ACCESS_H_
#define OIDO_SERVER_TOKEN_ACCESS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/mutex.h"

namespace oido::server {

// Shorter ones could be found from their hash by trying.
inline constexpr size_t kMinTokenBytes = 16;
inline constexpr size_t kMaxTokenBytes = 4096;

// Thread-safe.
class TokenAccess {
 public:
  // A call's place among those of its token, given back when it is destroyed.
  class Place {
   public:
    Place() = default;
    Place(std::string name, std::shared_ptr<std::atomic<int>> open)
        : name_(std::move(name)), open_(std::move(open)) {}
    Place(Place&&) = default;
    Place& operator=(Place&& other) noexcept {
      std::swap(name_, other.name_);
      std::swap(open_, other.open_);
      return *this;
    }
    ~Place() {
      if (open_ != nullptr) --*open_;
    }
    const std::string& name() const { return name_; }

   private:
    std::string name_;
    std::shared_ptr<std::atomic<int>> open_;
  };

  // Reads `path` (schema: proto/oido/config/tokens.proto). INVALID_ARGUMENT
  // names the file, the token and what is wrong with it.
  static absl::StatusOr<std::unique_ptr<TokenAccess>> Load(std::string path);

  // Reads the file anew; after an error the tokens stay what they were. Calls
  // that are open keep their places, whatever becomes of their token.
  absl::Status Reload();

  // `authorization`: the call's metadata of that name, "Bearer TOKEN".
  // UNAUTHENTICATED: missing or not one of the tokens. Takes the same time
  // whichever token it is.
  absl::Status Check(absl::string_view authorization) const;
  // As Check, and RESOURCE_EXHAUSTED: as many calls are open as the token may.
  absl::StatusOr<Place> Enter(absl::string_view authorization) const;

  const std::string& path() const { return path_; }
  size_t size() const;

 private:
  using Hash = std::array<uint8_t, 32>;  // SHA-256
  struct Token {
    std::string name;
    Hash hash;
    int max_streams = 0;  // 0: no limit
    std::shared_ptr<std::atomic<int>> open;
  };
  using Tokens = std::vector<Token>;

  explicit TokenAccess(std::string path) : path_(std::move(path)) {}
  static absl::StatusOr<Tokens> Read(const std::string& path);
  std::shared_ptr<const Tokens> tokens() const;
  absl::StatusOr<Token> Find(absl::string_view authorization) const;

  const std::string path_;
  mutable Mutex mutex_;
  std::shared_ptr<const Tokens> tokens_ ABSL_GUARDED_BY(mutex_);
};

// A line of a tokens file. INVALID_ARGUMENT: too short, too long, or holds what
// cannot stand in a header. A line end behind `token` is none of it.
absl::StatusOr<std::string> TokenLine(const std::string& name,
                                      absl::string_view token);

}  // namespace oido::server

#endif  // OIDO_SERVER_TOKEN_ACCESS_H_
