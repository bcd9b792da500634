// Replaces generations and frees them.
#include "server/generations.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/server_keys.h"

namespace oido::server {

absl::Status Generations::Begin(const ServerOptions& options, ModelSet models) {
  auto generation = Generation::Start(options, std::move(models), environment_);
  if (!generation.ok()) return generation.status();
  MutexLock lock(mutex_);
  current_ = *std::move(generation);
  return absl::OkStatus();
}

absl::StatusOr<bool> Generations::Renew(const ServerOptions& options) {
  const std::shared_ptr<Generation> running = current();
  auto models = running->models().LoadAnew(options.models);
  if (!models.ok()) return models.status();
  // The same bundles may lie elsewhere.
  ServerOptions before = running->options();
  before.models = options.models;
  const auto changed =
      DifferentKeys({.from = before, .change = Change::kNewCalls}, options);
  if (changed.empty() && models->SameAs(running->models())) return false;
  if (size() >= kMost) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "models: ", size(), " sets of models are in memory, limit ", kMost,
        "; try again when calls to the oldest have ended"));
  }
  auto next = Generation::Start(options, *std::move(models), environment_);
  if (!next.ok()) return next.status();
  MutexLock lock(mutex_);
  old_.push_back(std::move(current_));
  current_ = *std::move(next);
  return true;
}

std::vector<std::string> Generations::FreeUnused() {
  std::vector<std::shared_ptr<Generation>> unused;  // freed without the lock
  std::vector<std::string> models;
  MutexLock lock(mutex_);
  for (auto& generation : old_) {
    // Nobody can get hold of an old one any more.
    if (generation.use_count() > 1) continue;
    models.push_back(generation->models().NamesAndVersions());
    unused.push_back(std::move(generation));
  }
  old_.erase(std::remove(old_.begin(), old_.end(), nullptr), old_.end());
  return models;
}

}  // namespace oido::server
