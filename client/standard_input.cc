// Implements StandardInput on read(2), which a signal interrupts.
#include "client/standard_input.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"

namespace oido::client {
namespace {

// A pipe's usual capacity is 64 KiB; half of it lets the writer go on.
constexpr size_t kReadBytes = 32 * 1024;

}  // namespace

StandardInput::StandardInput(int descriptor, AudioFormat format,
                             std::function<bool()> interrupted)
    : descriptor_(descriptor),
      format_(format),
      interrupted_(std::move(interrupted)) {}

absl::StatusOr<std::string> StandardInput::Next() {
  std::string bytes(kReadBytes, '\0');
  while (!interrupted_()) {
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
