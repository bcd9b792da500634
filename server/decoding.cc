// Limits of the decoding settings, and the decoders that follow from them.
#include "server/decoding.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/beam_decoder.h"
#include "model/ctc_greedy.h"
#include "model/letter_search.h"
#include "server/errors.h"
#include "server/hot_words.h"

namespace oido::server {
namespace {

struct Limits {
  float low;
  float high;
};

absl::Status Override(const std::string& field, float wanted,
                      const Limits& limits, float* value) {
  if (!(wanted >= limits.low && wanted <= limits.high)) {
    return FieldError(field, absl::StrCat(field, ": ", wanted, " is not in ",
                                          limits.low, "..", limits.high));
  }
  *value = wanted;
  return absl::OkStatus();
}

absl::Status OverrideBeamSize(const std::string& field, int wanted,
                              int* value) {
  if (wanted < 1 || wanted > kMaxBeamSize) {
    return FieldError(field, absl::StrCat(field, ": ", wanted, " is not in 1..",
                                          kMaxBeamSize));
  }
  *value = wanted;
  return absl::OkStatus();
}

// Puts what the request sets in place of the bundle's settings.
absl::Status Override(const v1::DecodingConfig& config,
                      const std::string& prefix,
                      model::WordSearchOptions* options) {
  absl::Status status;
  if (config.has_beam_size()) {
    status = OverrideBeamSize(prefix + "beam_size", config.beam_size(),
                              &options->beam_size);
  }
  if (status.ok() && config.has_beam_threshold()) {
    status = Override(prefix + "beam_threshold", config.beam_threshold(),
                      {1.0f, 100.0f}, &options->beam_threshold);
  }
  if (status.ok() && config.has_lm_weight()) {
    status = Override(prefix + "lm_weight", config.lm_weight(), {0.0f, 10.0f},
                      &options->lm_weight);
  }
  if (status.ok() && config.has_word_insertion()) {
    status = Override(prefix + "word_insertion", config.word_insertion(),
                      {-20.0f, 20.0f}, &options->word_insertion);
  }
  if (status.ok() && config.has_blank_penalty()) {
    status = Override(prefix + "blank_penalty", config.blank_penalty(),
                      {-10.0f, 10.0f}, &options->blank_penalty);
  }
  if (status.ok() && config.has_blank_skip_threshold()) {
    status =
        Override(prefix + "blank_skip_threshold", config.blank_skip_threshold(),
                 {0.5f, 1.0f}, &options->blank_skip_threshold);
  }
  return status;
}

bool HasSearchSettings(const v1::DecodingConfig& config) {
  return config.has_beam_size() || config.has_beam_threshold() ||
         config.has_lm_weight() || config.has_word_insertion() ||
         config.has_blank_penalty() || config.has_blank_skip_threshold();
}

// The method, never METHOD_UNSPECIFIED.
absl::StatusOr<v1::DecodingConfig::Method> MethodOf(
    const v1::DecodingConfig& config, const std::string& field,
    const model::Bundle& bundle) {
  const bool has_words = bundle.word_search != nullptr;
  switch (config.method()) {
    case v1::DecodingConfig::METHOD_UNSPECIFIED:
      return has_words ? v1::DecodingConfig::WORDS
                       : v1::DecodingConfig::LETTERS;
    case v1::DecodingConfig::LETTERS:
    case v1::DecodingConfig::OPEN_VOCABULARY:
      return config.method();
    case v1::DecodingConfig::WORDS:
      if (has_words) return config.method();
      return FieldError(field, absl::StrCat(field,
                                            ": WORDS (2) needs a lexicon and a "
                                            "language model, which model \"",
                                            bundle.name, "\" does not have"));
    default:
      return FieldError(
          field,
          absl::StrCat(field, ": ", static_cast<int>(config.method()),
                       " is unknown; there is METHOD_UNSPECIFIED (0), "
                       "LETTERS (1), WORDS (2) and OPEN_VOCABULARY (3)"));
  }
}

absl::StatusOr<int> CheckAlternatives(const v1::RecognitionConfig& config,
                                      const std::string& prefix) {
  const int alternatives = config.max_alternatives();
  if (alternatives >= 0 && alternatives <= kMaxAlternatives)
    return std::max(1, alternatives);
  return FieldError(prefix + "max_alternatives",
                    absl::StrCat(prefix, "max_alternatives: ", alternatives,
                                 " is not in 0..", kMaxAlternatives));
}

// What the request sets is of use with this method.
absl::Status CheckUse(const v1::RecognitionConfig& config,
                      const std::string& prefix,
                      v1::DecodingConfig::Method method,
                      const model::Bundle& bundle) {
  if (method != v1::DecodingConfig::WORDS && !config.hot_words().empty()) {
    return FieldError(
        prefix + "hot_words",
        absl::StrCat(prefix, "hot_words: ", config.hot_words_size(),
                     " are set, but only the word search (WORDS) knows them, "
                     "and it is not used"));
  }
  if (method == v1::DecodingConfig::LETTERS &&
      HasSearchSettings(config.decoding())) {
    return FieldError(
        prefix + "decoding",
        absl::StrCat(prefix,
                     "decoding: settings of a search (WORDS or "
                     "OPEN_VOCABULARY) are set, but none is used"));
  }
  if (method == v1::DecodingConfig::OPEN_VOCABULARY &&
      config.decoding().has_lm_weight() && bundle.word_search == nullptr) {
    return FieldError(
        prefix + "decoding.lm_weight",
        absl::StrCat(prefix, "decoding.lm_weight: is set, but model \"",
                     bundle.name, "\" has no language model"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Decoding> CheckDecoding(const v1::RecognitionConfig& config,
                                       const std::string& prefix,
                                       const model::Bundle& bundle) {
  const auto alternatives = CheckAlternatives(config, prefix);
  if (!alternatives.ok()) return alternatives.status();
  const std::string decoding_prefix = prefix + "decoding.";
  const auto method =
      MethodOf(config.decoding(), decoding_prefix + "method", bundle);
  if (!method.ok()) return method.status();
  absl::Status status = CheckUse(config, prefix, *method, bundle);
  if (!status.ok()) return status;
  Decoding result;
  result.max_alternatives = *alternatives;
  if (*method == v1::DecodingConfig::LETTERS) return result;
  if (*method == v1::DecodingConfig::OPEN_VOCABULARY) {
    result.spellings = bundle.letter_search;
    status = Override(config.decoding(), decoding_prefix, &*result.spellings);
    if (!status.ok()) return status;
    return result;
  }
  result.words = bundle.word_search->options;
  status = Override(config.decoding(), decoding_prefix, &*result.words);
  if (!status.ok()) return status;
  auto hot_words = CheckHotWords(config, prefix, bundle.word_search,
                                 result.words->lm_weight);
  if (!hot_words.ok()) return hot_words.status();
  result.hot_words = *std::move(hot_words);
  return result;
}

std::unique_ptr<model::Decoder> MakeDecoder(
    std::shared_ptr<const model::Bundle> bundle, const Decoding& decoding) {
  const model::DecoderOptions timing =
      decoding.timing.value_or(bundle->decoder);
  if (decoding.words.has_value()) {
    return std::make_unique<model::BeamDecoder>(
        timing, bundle->word_search, *decoding.words, decoding.max_alternatives,
        decoding.hot_words);
  }
  if (decoding.spellings.has_value()) {
    return std::make_unique<model::BeamDecoder>(
        timing,
        std::make_unique<model::LetterSearch>(std::move(bundle),
                                              *decoding.spellings),
        decoding.max_alternatives);
  }
  return std::make_unique<model::CtcGreedyDecoder>(std::move(bundle), timing);
}

absl::Span<const float> HeadOf(absl::Span<const float> log_probs,
                               const model::AcousticModelOptions& options,
                               const Decoding& decoding) {
  const size_t tokens = static_cast<size_t>(options.tokens);
  return decoding.words.has_value() ? log_probs.subspan(tokens)
                                    : log_probs.first(tokens);
}

}  // namespace oido::server
