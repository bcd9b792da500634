// Parses bundle.textproto and checks the ranges of its fields.
#include "model/bundle_config.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "model/status_macros.h"
#include "model/utf8.h"

namespace oido::model {
namespace {

constexpr int kFormatVersion = 1;
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxDescriptionBytes = 1024;
constexpr int kDefaultEndpointSilenceMs = 800;
constexpr int kDefaultMaxUtteranceMs = 20000;

// Keeps the first error only; nothing is logged.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  // `line` and `column` count from 0.
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (message_.empty()) {
      message_ = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ",
                              message);
    }
  }

  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

absl::Status InRange(absl::string_view field, int value, int low, int high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " is ", value, ", must be in ", low, "..", high));
}

// Identifiers go into requests, log lines and file names.
absl::Status IsIdentifier(absl::string_view field, absl::string_view value) {
  bool valid = !value.empty() && value.size() <= kMaxNameBytes;
  for (const char c : value) {
    valid = valid && (absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                      c == '-' || c == '_' || c == '.');
  }
  if (valid) return absl::OkStatus();
  if (!IsPrintableUtf8(value)) value = "(not printable)";
  return absl::InvalidArgumentError(absl::StrCat(
      field, " is \"", value.substr(0, kMaxNameBytes), "\", must be 1 to ",
      kMaxNameBytes, " letters, digits, '-', '_' and '.'"));
}

absl::Status CheckDescription(absl::string_view value) {
  if (value.size() <= kMaxDescriptionBytes && IsPrintableUtf8(value))
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("description of ", value.size(),
                   " bytes must be one line of UTF-8 of at most ",
                   kMaxDescriptionBytes, " bytes"));
}

absl::Status CheckAcousticModel(const config::AcousticModelConfig& model) {
  OIDO_RETURN_IF_ERROR(InRange("acoustic_model.layers", model.layers(), 1, 8));
  OIDO_RETURN_IF_ERROR(
      InRange("acoustic_model.hidden_size", model.hidden_size(), 1, 4096));
  OIDO_RETURN_IF_ERROR(
      InRange("acoustic_model.tokens", model.tokens(), 2, 65536));
  if (model.phones() != 0) {
    OIDO_RETURN_IF_ERROR(
        InRange("acoustic_model.phones", model.phones(), 2, 65536));
  }
  if (!config::AcousticModelConfig::Direction_IsValid(model.direction())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "acoustic_model.direction is ", static_cast<int>(model.direction()),
        ", must be UNIDIRECTIONAL (0) or BIDIRECTIONAL (1)"));
  }
  const bool both =
      model.direction() == config::AcousticModelConfig::BIDIRECTIONAL;
  OIDO_RETURN_IF_ERROR(InRange("acoustic_model.forward_layers",
                               model.forward_layers(), 0,
                               both ? model.layers() - 1 : 0));
  if (!config::AcousticModelConfig::Precision_IsValid(model.precision())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "acoustic_model.precision is ", static_cast<int>(model.precision()),
        ", must be FLOAT (0) or INT8 (1)"));
  }
  return absl::OkStatus();
}

absl::Status CheckDecoder(const config::DecoderConfig& decoder) {
  OIDO_RETURN_IF_ERROR(InRange("decoder.flush_padding_ms",
                               decoder.flush_padding_ms(), 0, 10000));
  OIDO_RETURN_IF_ERROR(InRange("decoder.emission_delay_ms",
                               decoder.emission_delay_ms(), 0, 5000));
  OIDO_RETURN_IF_ERROR(InRange("decoder.endpoint_silence_ms",
                               decoder.endpoint_silence_ms(), 100, 60000));
  return InRange("decoder.max_utterance_ms", decoder.max_utterance_ms(), 1000,
                 600000);
}

void FillDefaults(config::ModelBundle* bundle) {
  config::DecoderConfig& decoder = *bundle->mutable_decoder();
  if (decoder.endpoint_silence_ms() == 0) {
    decoder.set_endpoint_silence_ms(kDefaultEndpointSilenceMs);
  }
  if (decoder.max_utterance_ms() == 0)
    decoder.set_max_utterance_ms(kDefaultMaxUtteranceMs);
}

}  // namespace

absl::StatusOr<config::ModelBundle> ParseBundleConfig(absl::string_view text) {
  config::ModelBundle bundle;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  google::protobuf::io::ArrayInputStream input(text.data(),
                                               static_cast<int>(text.size()));
  if (!parser.Parse(&input, &bundle))
    return absl::InvalidArgumentError(error.message());
  OIDO_RETURN_IF_ERROR(InRange("format_version", bundle.format_version(),
                               kFormatVersion, kFormatVersion));
  OIDO_RETURN_IF_ERROR(IsIdentifier("name", bundle.name()));
  OIDO_RETURN_IF_ERROR(IsIdentifier("version", bundle.version()));
  OIDO_RETURN_IF_ERROR(IsIdentifier("language_code", bundle.language_code()));
  OIDO_RETURN_IF_ERROR(CheckDescription(bundle.description()));
  OIDO_RETURN_IF_ERROR(CheckAcousticModel(bundle.acoustic_model()));
  FillDefaults(&bundle);
  OIDO_RETURN_IF_ERROR(CheckDecoder(bundle.decoder()));
  return bundle;
}

}  // namespace oido::model
