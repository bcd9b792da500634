// What a bundle has for finding words: lexicon, language model, settings.
#ifndef OIDO_MODEL_DECODER_RESOURCES_H_
#define OIDO_MODEL_DECODER_RESOURCES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/language_model.h"
#include "model/lexicon.h"

namespace oido::config {
class LetterSearchConfig;
class WordSearchConfig;
}  // namespace oido::config

namespace oido::model {

// Settings of a search for words, tuned together with a bundle's model; natural
// logarithms.
struct WordSearchOptions {
  float lm_weight = 0.8f;        // factor of the language model's ln P
  float word_insertion = -1.0f;  // added for each word
  float blank_penalty = 0.5f;    // taken from the blank's ln P at every step
  int beam_size = 32;            // hypotheses kept at each step
  float beam_threshold = 18.0f;  // those this far behind the best are dropped
  // A step whose blank has a larger P is a blank to all hypotheses: at most a
  // hundredth of the paths are lost. Held-back speakers lose no words down to
  // 0.95; at 0.8 they do (training/EXPERIMENTS.md).
  float blank_skip_threshold = 0.99f;
};

// INVALID_ARGUMENT names the field, its value and the limit.
absl::Status Validate(const WordSearchOptions& options);

// What a bundle's letters are searched with, the defaults completed. Errors as
// of Validate.
absl::StatusOr<WordSearchOptions> ToLetterSearchOptions(
    const config::LetterSearchConfig& config);

// Immutable once loaded; any thread may read it.
struct DecoderResources {
  std::unique_ptr<const LanguageModel> language_model;
  std::unique_ptr<const Lexicon> lexicon;  // with the same vocabulary
  WordSearchOptions options;
};

// Opens lexicon.bin and language_model.bin of a bundle's directory; `phones`
// are the lines of its phones.txt. NOT_FOUND: no such file. INVALID_ARGUMENT or
// DATA_LOSS names the file, what was expected and what was found.
absl::StatusOr<std::shared_ptr<const DecoderResources>> LoadDecoderResources(
    const std::string& directory, const config::WordSearchConfig& config,
    const std::vector<std::string>& phones);

}  // namespace oido::model

#endif  // OIDO_MODEL_DECODER_RESOURCES_H_
