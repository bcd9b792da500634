// Loads a model bundle directory and refuses what does not fit together.
#include "model/bundle.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "model/bundle_config.h"
#include "model/bundle_tensors.h"
#include "model/mapped_file.h"
#include "model/sha256.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

constexpr size_t kMaxConfigBytes = size_t{1} << 20;
// 65536 tokens of at most 64 bytes and a line feed.
constexpr size_t kMaxTokensBytes = size_t{65536} * 65;

// The same error with the file's path in front.
absl::Status InFile(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

features::FrontendOptions ToOptions(const config::FrontendConfig& config) {
  features::FrontendOptions options;
  options.sample_rate_hz = config.sample_rate_hz();
  options.frame_length_ms = config.frame_length_ms();
  options.hop_ms = config.hop_ms();
  options.mel_bins = config.mel_bins();
  options.mel_low_hz = config.mel_low_hz();
  options.mel_high_hz = config.mel_high_hz();
  options.preemphasis = config.preemphasis();
  options.energy_floor = config.energy_floor();
  options.stacked_frames = config.stacked_frames();
  options.stride_frames = config.stride_frames();
  return options;
}

AcousticModelOptions ToOptions(const config::AcousticModelConfig& config,
                               int input_size) {
  AcousticModelOptions options;
  options.layers = config.layers();
  options.input_size = input_size;
  options.hidden_size = config.hidden_size();
  options.tokens = config.tokens();
  options.phones = config.phones();
  if (config.direction() == config::AcousticModelConfig::BIDIRECTIONAL)
    options.direction = Direction::kBidirectional;
  options.forward_layers = config.forward_layers();
  if (config.precision() == config::AcousticModelConfig::INT8)
    options.precision = Precision::kInt8;
  return options;
}

DecoderOptions ToOptions(const config::DecoderConfig& config, int step_ms) {
  DecoderOptions options;
  options.step_ms = step_ms;
  options.flush_padding_ms = config.flush_padding_ms();
  options.emission_delay_ms = config.emission_delay_ms();
  options.endpoint_silence_ms = config.endpoint_silence_ms();
  options.max_utterance_ms = config.max_utterance_ms();
  return options;
}

// What bundle.textproto says of a file with a token a line.
struct TokensEntry {
  absl::string_view count_field;
  int count;
  absl::string_view sha256_field;
  absl::string_view sha256;
};

absl::StatusOr<Tokens> LoadTokens(const std::string& path,
                                  const TokensEntry& entry) {
  OIDO_ASSIGN_OR_RETURN(const auto file,
                        MappedFile::Open(path, kMaxTokensBytes));
  OIDO_ASSIGN_OR_RETURN(const std::string sha256, Sha256Hex(file->bytes()));
  if (sha256 != entry.sha256) {
    return absl::DataLossError(absl::StrCat(
        path, ": SHA-256 is ", sha256, ", ", entry.sha256_field, " \"",
        absl::Utf8SafeCEscape(entry.sha256), "\" expected"));
  }
  absl::StatusOr<Tokens> tokens = Tokens::Parse(file->bytes());
  if (!tokens.ok()) return InFile(path, tokens.status());
  if (tokens->size() != entry.count) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", tokens->size(), " tokens, ", entry.count_field,
                     " ", entry.count, " expected"));
  }
  return tokens;
}

// tokens.txt and, of a model with a phone head, phones.txt.
absl::Status FillTokens(const config::ModelBundle& config, Bundle* bundle) {
  const config::AcousticModelConfig& model = config.acoustic_model();
  OIDO_ASSIGN_OR_RETURN(
      bundle->tokens, LoadTokens(absl::StrCat(bundle->directory, "/tokens.txt"),
                                 {"acoustic_model.tokens", model.tokens(),
                                  "tokens_sha256", config.tokens_sha256()}));
  if (model.phones() == 0) return absl::OkStatus();
  OIDO_ASSIGN_OR_RETURN(
      bundle->phones, LoadTokens(absl::StrCat(bundle->directory, "/phones.txt"),
                                 {"acoustic_model.phones", model.phones(),
                                  "phones_sha256", config.phones_sha256()}));
  return absl::OkStatus();
}

// Fills the options, all but the normalisation, from `config`.
absl::Status FillOptions(const config::ModelBundle& config,
                         features::FrontendOptions* frontend, Bundle* bundle) {
  *frontend = ToOptions(config.frontend());
  const absl::Status valid = features::Validate(*frontend);
  if (!valid.ok()) {
    return absl::Status(valid.code(),
                        absl::StrCat("frontend: ", valid.message()));
  }
  bundle->name = config.name();
  bundle->version = config.version();
  bundle->language_code = config.language_code();
  bundle->description = config.description();
  bundle->acoustic_model =
      ToOptions(config.acoustic_model(), frontend->step_size());
  bundle->decoder = ToOptions(config.decoder(), frontend->step_ms());
  OIDO_ASSIGN_OR_RETURN(
      bundle->letter_search,
      ToLetterSearchOptions(config.decoder().letter_search()));
  return absl::OkStatus();
}

// Lexicon and language model, where the bundle has them.
absl::Status FillWordSearch(const config::ModelBundle& config, Bundle* bundle) {
  if (!config.decoder().has_word_search()) return absl::OkStatus();
  if (bundle->acoustic_model.phones == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(bundle->directory,
                     "/bundle.textproto: decoder.word_search needs a phone "
                     "head, acoustic_model.phones is 0"));
  }
  OIDO_ASSIGN_OR_RETURN(
      const auto file,
      MappedFile::Open(absl::StrCat(bundle->directory, "/phones.txt"),
                       kMaxTokensBytes));
  const std::vector<std::string> phones =
      absl::StrSplit(absl::StripSuffix(file->bytes(), "\n"), '\n');
  OIDO_ASSIGN_OR_RETURN(
      bundle->word_search,
      LoadDecoderResources(bundle->directory, config.decoder().word_search(),
                           phones));
  return absl::OkStatus();
}

absl::Status FillNormalisation(const Weights& weights,
                               features::FrontendOptions* frontend) {
  const int64_t bins = frontend->mel_bins;
  OIDO_ASSIGN_OR_RETURN(frontend->mean,
                        weights.Floats("frontend.mean", {bins}));
  OIDO_ASSIGN_OR_RETURN(frontend->inverse_stddev,
                        weights.Floats("frontend.inverse_stddev", {bins}));
  const absl::Status valid = features::Validate(*frontend);
  if (valid.ok()) return valid;
  return absl::DataLossError(
      absl::StrCat(weights.path(), ": frontend: ", valid.message()));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Bundle>> LoadBundle(
    const std::string& directory) {
  const std::string config_path = absl::StrCat(directory, "/bundle.textproto");
  OIDO_ASSIGN_OR_RETURN(const auto config_file,
                        MappedFile::Open(config_path, kMaxConfigBytes));
  const auto config = ParseBundleConfig(config_file->bytes());
  if (!config.ok()) return InFile(config_path, config.status());

  auto bundle = std::make_shared<Bundle>();
  bundle->directory = directory;
  features::FrontendOptions frontend;
  absl::Status status = FillOptions(*config, &frontend, bundle.get());
  if (!status.ok()) return InFile(config_path, status);
  OIDO_RETURN_IF_ERROR(FillTokens(*config, bundle.get()));
  OIDO_RETURN_IF_ERROR(FillWordSearch(*config, bundle.get()));
  OIDO_ASSIGN_OR_RETURN(
      bundle->weights,
      Weights::Open(absl::StrCat(directory, "/weights.safetensors")));
  status =
      CheckTensors(BundleTensors(bundle->acoustic_model, frontend.mel_bins),
                   config->tensors(), bundle->weights);
  if (absl::IsInvalidArgument(status)) return InFile(config_path, status);
  OIDO_RETURN_IF_ERROR(status);
  OIDO_RETURN_IF_ERROR(FillNormalisation(bundle->weights, &frontend));
  bundle->frontend =
      std::make_shared<const features::FrontendOptions>(std::move(frontend));
  return std::shared_ptr<const Bundle>(std::move(bundle));
}

}  // namespace oido::model
