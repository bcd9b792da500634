// Admission, drain and the sweep of idle sessions.
#include "server/session_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/errors.h"

namespace oido::server {
namespace {

// A stream lasts seconds to minutes, so a place is soon free.
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

}  // namespace

absl::Status SessionRegistry::Add(std::shared_ptr<Session> session) {
  bool first = false;
  {
    MutexLock lock(mutex_);
    if (draining_) return absl::UnavailableError("the server is shutting down");
    if (sessions_.size() >= static_cast<size_t>(options_.max_streams)) {
      return FullError(
          absl::StrCat("max_streams: ", sessions_.size(),
                       " streams are open, limit ", options_.max_streams),
          kRetryDelay);
    }
    first = sessions_.empty();
    sessions_.emplace(session.get(), std::move(session));
  }
  if (first) sweep_.NotifyAll();
  return absl::OkStatus();
}

void SessionRegistry::Remove(const Session* session) {
  std::shared_ptr<Session> removed;  // let go outside of the lock
  MutexLock lock(mutex_);
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  removed = std::move(found->second);
  sessions_.erase(found);
  if (sessions_.empty()) empty_.NotifyAll();
}

void SessionRegistry::BeginDrain() {
  MutexLock lock(mutex_);
  draining_ = true;
}

bool SessionRegistry::WaitUntilEmpty(absl::Duration timeout) {
  const SteadyClock real;
  const absl::Duration end = real.Now() + timeout;
  MutexLock lock(mutex_);
  while (!sessions_.empty()) {
    const absl::Duration left = end - real.Now();
    if (left <= absl::ZeroDuration()) return false;
    empty_.WaitFor(mutex_, left);
  }
  return true;
}

void SessionRegistry::ExpireAll(const absl::Status& status) {
  for (const auto& session : Sessions()) session->Expire(status);
}

absl::Duration SessionRegistry::Sweep() {
  const absl::Duration now = clock_->Now();
  const absl::Duration timeout = options().idle_timeout;
  absl::Duration next = absl::InfiniteDuration();
  for (const auto& session : Sessions()) {
    next = std::min(next, session->Sweep(now, timeout));
  }
  return next;
}

void SessionRegistry::SweepUntilStopped() {
  while (true) {
    const absl::Duration timeout = options().idle_timeout;
    const absl::Duration next = Sweep();
    MutexLock lock(mutex_);
    if (stopped_) return;
    if (options_.idle_timeout != timeout) continue;
    // A session that came meanwhile is due after the timeout at the earliest.
    const bool came = next == absl::InfiniteDuration() && !sessions_.empty();
    if (!came) sweep_.WaitFor(mutex_, next - clock_->Now());
    if (stopped_) return;
  }
}

void SessionRegistry::Stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  sweep_.NotifyAll();
}

void SessionRegistry::SetOptions(const RegistryOptions& options) {
  {
    MutexLock lock(mutex_);
    options_ = options;
  }
  // The next look may be due earlier than it was.
  sweep_.NotifyAll();
}

RegistryOptions SessionRegistry::options() const {
  MutexLock lock(mutex_);
  return options_;
}

size_t SessionRegistry::size() const {
  MutexLock lock(mutex_);
  return sessions_.size();
}

std::map<std::shared_ptr<const LoadedModel>, int>
SessionRegistry::ActiveStreams() const {
  const absl::Duration now = clock_->Now();
  std::map<std::shared_ptr<const LoadedModel>, int> active;
  for (const auto& session : Sessions()) {
    if (auto model = session->ActiveModel(now); model != nullptr)
      ++active[std::move(model)];
  }
  return active;
}

size_t SessionRegistry::size_bytes() const {
  size_t bytes = 0;
  for (const auto& session : Sessions()) bytes += session->size_bytes();
  return bytes;
}

size_t SessionRegistry::largest_inbox_bytes() const {
  size_t bytes = 0;
  for (const auto& session : Sessions())
    bytes = std::max(bytes, session->inbox_bytes());
  return bytes;
}

bool SessionRegistry::draining() const {
  MutexLock lock(mutex_);
  return draining_;
}

std::vector<std::shared_ptr<Session>> SessionRegistry::Sessions() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Session>> sessions;
  sessions.reserve(sessions_.size());
  for (const auto& [key, session] : sessions_) sessions.push_back(session);
  return sessions;
}

}  // namespace oido::server
