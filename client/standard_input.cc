// Implements StandardInput on poll(2) and read(2).
#include "client/standard_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"

namespace oido::client {
namespace {

// A pipe's usual capacity is 64 KiB; half of it lets the writer go on.
constexpr size_t kReadBytes = 32 * 1024;
// A signal that comes just before a blocking read would not end it.
constexpr int kPollMs = 100;

}  // namespace

StandardInput::StandardInput(int descriptor, AudioFormat format,
                             std::function<bool()> interrupted)
    : descriptor_(descriptor),
      format_(format),
      interrupted_(std::move(interrupted)) {}

absl::StatusOr<std::string> StandardInput::Next() {
  std::string bytes(kReadBytes, '\0');
  while (!interrupted_()) {
    pollfd ready = {descriptor_, POLLIN, 0};
    if (poll(&ready, 1, kPollMs) <= 0) continue;  // nothing yet, or a signal
    const ssize_t count = read(descriptor_, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.resize(static_cast<size_t>(count));
      return bytes;
    }
    if (errno != EINTR) {
      return absl::ErrnoToStatus(errno, "reading standard input");
    }
  }
  return std::string();
}

}  // namespace oido::client
