// What of a running server changes, and what can be seen of it.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/allocator.h"
#include "server/guarded.h"
#include "server/log.h"
#include "server/server.h"
#include "server/server_keys.h"

namespace oido::server {

void Server::Reload(const absl::StatusOr<ServerOptions>& wanted) {
  security_->Reload();
  options_ok_ = wanted.ok();
  if (!wanted.ok()) {
    Log(Severity::kError, "options_not_reloaded",
        {{"message",
          absl::StrCat(wanted.status().message(), "; those in use stay")}});
    return;
  }
  for (const std::string& key :
       DifferentKeys({.from = options_, .change = Change::kRestart}, *wanted)) {
    Log(Severity::kWarn, "restart_needed", {{"key", key}});
  }
  auto changed =
      DifferentKeys({.from = options_, .change = Change::kReload}, *wanted);
  CopyKeys({.from = *wanted, .change = Change::kReload}, &options_);
  ReloadLimits();
  const auto of_new_calls =
      DifferentKeys({.from = options_, .change = Change::kNewCalls}, *wanted);
  ServerOptions options = options_;
  CopyKeys({.from = *wanted, .change = Change::kNewCalls}, &options);
  if (ReloadModels(options).ok())
    changed.insert(changed.end(), of_new_calls.begin(), of_new_calls.end());
  if (!changed.empty()) {
    Log(Severity::kInfo, "options_reloaded",
        {{"keys", absl::StrJoin(changed, ", ")}});
  }
}

void Server::ReloadLimits() {
  registry_.SetOptions(RegistryOptionsOf(options_));
  recording_admission_.SetLimit(options_.max_recordings);
  offline_recording_admission_.SetLimit(options_.max_offline_recordings);
}

absl::Status Server::ReloadModels(const ServerOptions& options) {
  bool renewed = false;
  // There may be no memory for them.
  const absl::Status status = Guarded([&] {
    const auto result = generations_->Renew(options);
    renewed = result.ok() && *result;
    return result.status();
  });
  models_ok_ = status.ok();
  const std::string models = generation()->models().NamesAndVersions();
  if (!status.ok()) {
    Log(Severity::kError, "models_not_reloaded",
        {{"message",
          absl::StrCat(status.message(), "; those in use stay: ", models)}});
    return status;
  }
  options_ = options;
  if (renewed) Log(Severity::kInfo, "models_reloaded", {{"models", models}});
  return status;
}

void Server::Poll() {
  security_->Poll();
  const std::vector<std::string> freed = generations_->FreeUnused();
  for (const std::string& models : freed)
    Log(Severity::kInfo, "models_freed", {{"models", models}});
  if (!freed.empty()) ReturnFreeMemory();
}

Snapshot Server::TakeSnapshot() const {
  const std::shared_ptr<Generation> generation = generations_->current();
  Snapshot snapshot;
  for (const auto& model : generation->models().models()) {
    snapshot.models.push_back({.name = model->bundle->name,
                               .version = model->bundle->version,
                               .language = model->bundle->language_code,
                               .current = true});
  }
  for (const auto& [model, streams] : registry_.ActiveStreams()) {
    const model::Bundle& bundle = *model->bundle;
    auto found = std::find_if(
        snapshot.models.begin(), snapshot.models.end(), [&](const auto& other) {
          return other.name == bundle.name && other.version == bundle.version;
        });
    if (found == snapshot.models.end()) {
      found = snapshot.models.insert(found, {.name = bundle.name,
                                             .version = bundle.version,
                                             .language = bundle.language_code});
    }
    found->active_streams += streams;
  }
  snapshot.generations = generations_->size();
  snapshot.reloads = {{"options", options_ok_}, {"models", models_ok_}};
  if (security_->certificate_expiry() != absl::InfiniteFuture())
    snapshot.reloads.emplace_back("certificates", security_->certificates_ok());
  if (security_->access() != nullptr)
    snapshot.reloads.emplace_back("tokens", security_->tokens_ok());
  snapshot.max_streams = registry_.options().max_streams;
  snapshot.open_streams = registry_.size();
  snapshot.load =
      generation->stream_admission().Utilization(generation->ActiveStreams());
  snapshot.load_limit = generation->options().admission_utilization;
  snapshot.session_bytes = registry_.size_bytes();
  snapshot.largest_inbox_bytes = registry_.largest_inbox_bytes();
  snapshot.serving = !registry_.draining();
  snapshot.certificate_expiry = security_->certificate_expiry();
  return snapshot;
}

}  // namespace oido::server
