// Opens lexicon and language model and checks that they fit the bundle.
#include "model/decoder_resources.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "model/mapped_file.h"
#include "model/sha256.h"
#include "model/status_macros.h"
#include "oido/config/model_bundle.pb.h"

namespace oido::model {
namespace {

constexpr size_t kMaxFileBytes = size_t{4} << 30;

absl::Status CheckSha256(const std::string& path, const char* field,
                         absl::string_view expected) {
  OIDO_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path, kMaxFileBytes));
  OIDO_ASSIGN_OR_RETURN(const std::string sha256, Sha256Hex(file->bytes()));
  if (sha256 == expected) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      path, ": SHA-256 is ", sha256, ", decoder.word_search.", field, " \"",
      absl::Utf8SafeCEscape(expected), "\" expected"));
}

absl::Status InRange(absl::string_view field, float value, float low,
                     float high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " is ", value, ", must be in ", low, "..", high));
}

absl::StatusOr<WordSearchOptions> ToWordSearchOptions(
    const config::WordSearchConfig& config) {
  WordSearchOptions options;
  options.lm_weight = config.lm_weight();
  options.word_insertion = config.word_insertion();
  options.blank_penalty = config.blank_penalty();
  if (config.beam_size() != 0) options.beam_size = config.beam_size();
  if (config.beam_threshold() != 0)
    options.beam_threshold = config.beam_threshold();
  if (config.blank_skip_threshold() != 0)
    options.blank_skip_threshold = config.blank_skip_threshold();
  const absl::Status status = Validate(options);
  if (status.ok()) return options;
  return absl::Status(status.code(),
                      absl::StrCat("decoder.word_search.", status.message()));
}

// Found on speakers held back from training oido-en (docs/decoding.md).
constexpr WordSearchOptions kLetterSearch = {
    .lm_weight = 0.2f,
    .word_insertion = 1.0f,
    .blank_penalty = 0.0f,
    .beam_size = 32,
    .beam_threshold = 12.0f,
};

}  // namespace

absl::StatusOr<WordSearchOptions> ToLetterSearchOptions(
    const config::LetterSearchConfig& config) {
  WordSearchOptions options = kLetterSearch;
  if (config.has_lm_weight()) options.lm_weight = config.lm_weight();
  if (config.has_word_insertion())
    options.word_insertion = config.word_insertion();
  if (config.has_blank_penalty())
    options.blank_penalty = config.blank_penalty();
  if (config.has_beam_size()) options.beam_size = config.beam_size();
  if (config.has_beam_threshold())
    options.beam_threshold = config.beam_threshold();
  if (config.has_blank_skip_threshold())
    options.blank_skip_threshold = config.blank_skip_threshold();
  const absl::Status status = Validate(options);
  if (status.ok()) return options;
  return absl::Status(status.code(),
                      absl::StrCat("decoder.letter_search.", status.message()));
}

absl::Status Validate(const WordSearchOptions& options) {
  OIDO_RETURN_IF_ERROR(InRange("lm_weight", options.lm_weight, 0.0f, 10.0f));
  OIDO_RETURN_IF_ERROR(
      InRange("word_insertion", options.word_insertion, -20.0f, 20.0f));
  OIDO_RETURN_IF_ERROR(
      InRange("blank_penalty", options.blank_penalty, -10.0f, 10.0f));
  OIDO_RETURN_IF_ERROR(InRange(
      "beam_size", static_cast<float>(options.beam_size), 1.0f, 1024.0f));
  OIDO_RETURN_IF_ERROR(
      InRange("beam_threshold", options.beam_threshold, 1.0f, 1000.0f));
  return InRange("blank_skip_threshold", options.blank_skip_threshold, 0.5f,
                 1.0f);
}

absl::StatusOr<std::shared_ptr<const DecoderResources>> LoadDecoderResources(
    const std::string& directory, const config::WordSearchConfig& config,
    const std::vector<std::string>& phones) {
  const std::string lm_path = directory + "/language_model.bin";
  const std::string lexicon_path = directory + "/lexicon.bin";
  auto resources = std::make_shared<DecoderResources>();
  OIDO_ASSIGN_OR_RETURN(resources->options, ToWordSearchOptions(config));
  OIDO_RETURN_IF_ERROR(CheckSha256(lm_path, "language_model_sha256",
                                   config.language_model_sha256()));
  OIDO_RETURN_IF_ERROR(
      CheckSha256(lexicon_path, "lexicon_sha256", config.lexicon_sha256()));
  OIDO_ASSIGN_OR_RETURN(resources->language_model,
                        LanguageModel::Open(lm_path));
  OIDO_ASSIGN_OR_RETURN(
      resources->lexicon,
      Lexicon::Open(lexicon_path, *resources->language_model));
  if (resources->lexicon->phone_names() != phones) {
    return absl::InvalidArgumentError(absl::StrCat(
        lexicon_path, ": was made with other phones than phones.txt"));
  }
  return std::shared_ptr<const DecoderResources>(std::move(resources));
}

}  // namespace oido::model
