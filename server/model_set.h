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

namespace oido::server {

// Immutable; shared by all threads.
struct LoadedModel {
  int index = 0;  // place in the ModelSet
  std::shared_ptr<const model::Bundle> bundle;
  std::shared_ptr<const model::AcousticModel> acoustic_model;
};

// Immutable; the first model is the default. Never empty.
class ModelSet {
 public:
  // Loads each bundle directory. Errors name the directory and what is wrong
  // in it; two bundles of one name are ALREADY_EXISTS.
  static absl::StatusOr<ModelSet> Load(
      const std::vector<std::string>& directories);

  // Empty `name`: the default. NOT_FOUND lists what there is.
  absl::StatusOr<std::shared_ptr<const LoadedModel>> Find(
      absl::string_view name) const;

  const std::vector<std::shared_ptr<const LoadedModel>>& models() const {
    return models_;
  }

 private:
  std::vector<std::shared_ptr<const LoadedModel>> models_;
};

// Bundle directories below `directory`, sorted by name. NOT_FOUND says where it
// looked.
absl::StatusOr<std::vector<std::string>> FindBundles(
    const std::string& directory);

}  // namespace oido::server

#endif  // OIDO_SERVER_MODEL_SET_H_
