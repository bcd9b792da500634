// Checks language_model.bin and points a LanguageModel at its parts.
#ifndef OIDO_MODEL_LANGUAGE_MODEL_LOADER_H_
#define OIDO_MODEL_LANGUAGE_MODEL_LOADER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/language_model.h"
#include "model/language_model_file.h"

namespace oido::model {

// Used once, by LanguageModel::Open.
class LanguageModelLoader {
 public:
  LanguageModelLoader(const std::string& path, LanguageModel* model)
      : path_(path), model_(model) {}

  // Errors as of LanguageModel::Open.
  absl::Status Load();

 private:
  absl::Status LoadSections();
  absl::Status ReadHeader();
  absl::Status ReadVocabulary();
  absl::Status ReadCodebooks(uint32_t level);
  absl::Status ReadRows(uint32_t level);
  absl::Status CheckValues(uint32_t level) const;
  absl::Status CheckGroups(uint32_t level) const;
  absl::Status CheckWordsOfGroup(uint32_t level, uint64_t begin,
                                 uint64_t end) const;
  // The next `bytes` of the file, from a multiple of kSectionAlignment on.
  absl::StatusOr<absl::string_view> Take(absl::string_view what,
                                         uint64_t bytes);

  const std::string& path_;
  LanguageModel* const model_;
  LanguageModelHeader header_;
  absl::string_view rest_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_LANGUAGE_MODEL_LOADER_H_
