// The models a server has loaded.
#ifndef OIDO_SERVER_MODEL_SET_H_
#define OIDO_SERVER_MODEL_SET_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/acoustic_model.h"
#include "model/bundle.h"
#include "model/offline_model.h"

namespace oido::server {

// Immutable; shared by all threads.
struct LoadedModel {
  // Needs the whole recording before it says anything.
  bool offline() const { return offline_model != nullptr; }

  int index = 0;            // place in the ModelSet
  std::string description;  // text of the bundle.textproto, hashes included
  std::shared_ptr<const model::Bundle> bundle;
  // One of these two.
  std::shared_ptr<const model::AcousticModel> acoustic_model;
  std::shared_ptr<const model::OfflineModel> offline_model;
};

// What a client wants a model for.
enum class ModelUse {
  kStream,     // not with an offline model
  kRecording,  // any model, by default an offline one
};

// Immutable. Never empty.
class ModelSet {
 public:
  // Loads each bundle directory. Errors name the directory and what is wrong
  // in it; two bundles of one name and version are ALREADY_EXISTS.
  static absl::StatusOr<ModelSet> Load(
      const std::vector<std::string>& directories);

  // The same, but what is in this set with the same description is shared with
  // it instead of loaded again.
  absl::StatusOr<ModelSet> LoadAnew(
      const std::vector<std::string>& directories) const;

  // The same bundles in the same order, none loaded again.
  bool SameAs(const ModelSet& other) const;

  // NAME, the first of its versions, or NAME@VERSION. NOT_FOUND lists what
  // there is.
  absl::StatusOr<std::shared_ptr<const LoadedModel>> Find(
      absl::string_view name) const;

  // The model where none is named: the first of its kind. nullptr: a streaming
  // one is wanted and there is none.
  std::shared_ptr<const LoadedModel> Default(ModelUse use) const;

  // By which Find finds this one: NAME or, where another version comes first,
  // NAME@VERSION.
  std::string NameOf(const LoadedModel& model) const;

  // "NAME VERSION, NAME VERSION", for people.
  std::string NamesAndVersions() const;

  // Their names for messages, each in quotes; "none" where there is none.
  std::string Names(ModelUse use) const;

  const std::vector<std::shared_ptr<const LoadedModel>>& models() const {
    return models_;
  }

 private:
  absl::StatusOr<std::shared_ptr<LoadedModel>> LoadOrShare(
      const std::string& directory) const;

  std::vector<std::shared_ptr<const LoadedModel>> models_;
};

// Bundle directories below `directory`, sorted by name. NOT_FOUND says where it
// looked.
absl::StatusOr<std::vector<std::string>> FindBundles(
    const std::string& directory);

}  // namespace oido::server

#endif  // OIDO_SERVER_MODEL_SET_H_
