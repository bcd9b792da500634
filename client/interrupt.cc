// Implements the SIGINT flag.
#include "client/interrupt.h"

#include <atomic>
#include <csignal>

namespace oido::client {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void HandleInterrupt(int) { interrupted = true; }

}  // namespace

void CatchInterrupt() {
  struct sigaction action = {};
  action.sa_handler = HandleInterrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

bool Interrupted() { return interrupted; }

}  // namespace oido::client
