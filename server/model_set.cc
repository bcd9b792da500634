// Loads the bundles and finds them by name.
#include "server/model_set.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/errors.h"
#include "server/text_proto.h"

namespace oido::server {
namespace {

absl::StatusOr<std::shared_ptr<LoadedModel>> LoadModel(
    std::shared_ptr<const model::Bundle> bundle) {
  auto loaded = std::make_shared<LoadedModel>();
  if (bundle->acoustic_model.direction == model::Direction::kBidirectional) {
    auto offline_model = model::OfflineModel::Create(*bundle);
    if (!offline_model.ok()) return offline_model.status();
    loaded->offline_model = *std::move(offline_model);
  } else {
    auto acoustic_model = model::AcousticModel::Create(*bundle);
    if (!acoustic_model.ok()) return acoustic_model.status();
    loaded->acoustic_model = *std::move(acoustic_model);
  }
  loaded->bundle = std::move(bundle);
  return loaded;
}

std::string FullName(const model::Bundle& bundle) {
  return absl::StrCat(bundle.name, "@", bundle.version);
}

}  // namespace

absl::StatusOr<ModelSet> ModelSet::Load(
    const std::vector<std::string>& directories) {
  return ModelSet().LoadAnew(directories);
}

absl::StatusOr<ModelSet> ModelSet::LoadAnew(
    const std::vector<std::string>& directories) const {
  if (directories.empty())
    return absl::InvalidArgumentError("no model: give at least one");
  ModelSet set;
  for (size_t i = 0; i < directories.size(); ++i) {
    auto loaded = LoadOrShare(directories[i]);
    if (!loaded.ok()) return loaded.status();
    for (size_t other = 0; other < i; ++other) {
      const model::Bundle& bundle = *set.models_[other]->bundle;
      if (FullName(bundle) != FullName(*(*loaded)->bundle)) continue;
      return absl::AlreadyExistsError(
          absl::StrCat("model: \"", FullName(bundle), "\" is in both ",
                       directories[other], " and ", directories[i]));
    }
    (*loaded)->index = static_cast<int>(i);
    set.models_.push_back(*std::move(loaded));
  }
  return set;
}

absl::StatusOr<std::shared_ptr<LoadedModel>> ModelSet::LoadOrShare(
    const std::string& directory) const {
  // Before the bundle: should the two be exchanged in between, the next time
  // finds that they differ.
  auto description = ReadFile("model", directory + "/bundle.textproto");
  if (description.ok()) {
    for (const auto& model : models_) {
      if (model->description == *description)
        return std::make_shared<LoadedModel>(*model);
    }
  }
  auto bundle = model::LoadBundle(directory);
  if (!bundle.ok()) return bundle.status();
  auto loaded = LoadModel(*std::move(bundle));
  if (loaded.ok() && description.ok())
    (*loaded)->description = *std::move(description);
  return loaded;
}

bool ModelSet::SameAs(const ModelSet& other) const {
  return std::equal(models_.begin(), models_.end(), other.models_.begin(),
                    other.models_.end(), [](const auto& a, const auto& b) {
                      return a->bundle == b->bundle;
                    });
}

absl::StatusOr<std::shared_ptr<const LoadedModel>> ModelSet::Find(
    absl::string_view name) const {
  for (const auto& model : models_) {
    if (model->bundle->name == name || FullName(*model->bundle) == name)
      return model;
  }
  return absl::NotFoundError(absl::StrCat("config.model: no model ",
                                          Quoted(name), "; there is ",
                                          Names(ModelUse::kRecording)));
}

std::shared_ptr<const LoadedModel> ModelSet::Default(ModelUse use) const {
  const bool want_offline = use == ModelUse::kRecording;
  for (const auto& model : models_) {
    if (model->offline() == want_offline) return model;
  }
  return use == ModelUse::kRecording ? models_.front() : nullptr;
}

std::string ModelSet::NameOf(const LoadedModel& model) const {
  const auto found = Find(model.bundle->name);
  const bool is_first = found.ok() && (*found)->bundle == model.bundle;
  return is_first ? model.bundle->name : FullName(*model.bundle);
}

std::string ModelSet::NamesAndVersions() const {
  std::vector<std::string> names;
  for (const auto& model : models_) {
    names.push_back(
        absl::StrCat(model->bundle->name, " ", model->bundle->version));
  }
  return absl::StrJoin(names, ", ");
}

std::string ModelSet::Names(ModelUse use) const {
  std::vector<std::string> names;
  for (const auto& model : models_) {
    if (use == ModelUse::kStream && model->offline()) continue;
    const auto same_name = [&](const auto& other) {
      return other->bundle->name == model->bundle->name;
    };
    const bool alone =
        std::count_if(models_.begin(), models_.end(), same_name) == 1;
    names.push_back(absl::StrCat(
        "\"", alone ? model->bundle->name : FullName(*model->bundle), "\""));
  }
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

absl::StatusOr<std::vector<std::string>> FindBundles(
    const std::string& directory) {
  std::vector<std::string> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (std::filesystem::exists(it->path() / "bundle.textproto", ignored)) {
      found.push_back(it->path().string());
    }
  }
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no model bundle (a directory with bundle.textproto) in ",
                     directory, "; name one with --model DIR"));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace oido::server
