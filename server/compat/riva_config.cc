// Field by field; what Riva's own clients always send is always accepted.
#include "server/compat/riva_config.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/compat/lenience.h"
#include "server/decoding.h"
#include "server/errors.h"
#include "server/requests.h"

namespace oido::server {
namespace {

namespace riva = nvidia::riva;

absl::StatusOr<v1::AudioEncoding> FromRiva(riva::AudioEncoding encoding) {
  switch (encoding) {
    case riva::ENCODING_UNSPECIFIED:
      return v1::AUDIO_ENCODING_UNSPECIFIED;
    case riva::LINEAR_PCM:
      return v1::LINEAR16;
    case riva::FLAC:
      return v1::FLAC;
    case riva::MULAW:
      return v1::MULAW;
    case riva::OGGOPUS:
      return v1::OGG_OPUS;
    case riva::ALAW:
      return v1::ALAW;
    default:
      return FieldError(
          "encoding",
          absl::StrCat("encoding: ", static_cast<int>(encoding),
                       " is unknown; there is LINEAR_PCM (1), FLAC (2), MULAW "
                       "(3), OGGOPUS (4), ALAW (20) and ENCODING_UNSPECIFIED "
                       "(0) for files"));
  }
}

std::vector<PhraseHint> Hints(const riva::asr::RecognitionConfig& config) {
  std::vector<PhraseHint> hints;
  for (const riva::asr::SpeechContext& context : config.speech_contexts()) {
    for (const std::string& phrase : context.phrases())
      hints.push_back({phrase, context.boost()});
  }
  return hints;
}

void NoteIgnored(const riva::asr::RecognitionConfig& config,
                 Lenience* lenience) {
  lenience->IgnoreIf(config.profanity_filter(), "profanity_filter");
  lenience->IgnoreIf(config.enable_automatic_punctuation(),
                     "enable_automatic_punctuation");
  lenience->IgnoreIf(config.diarization_config().enable_speaker_diarization(),
                     "diarization_config");
  lenience->IgnoreIf(!config.custom_configuration().empty(),
                     "custom_configuration");
  const riva::asr::EndpointingConfig& ends = config.endpointing_config();
  lenience->IgnoreIf(ends.has_start_history() || ends.has_start_threshold() ||
                         ends.has_stop_threshold() ||
                         ends.has_stop_history_eou() ||
                         ends.has_stop_threshold_eou(),
                     "endpointing_config but stop_history");
}

// The silence behind the last word is all that both know.
void SetEndpointing(const riva::asr::EndpointingConfig& from,
                    v1::EndpointingConfig* to) {
  constexpr int kShortestMs = 100;
  constexpr int kLongestMs = 60000;
  if (from.stop_history() > 0) {
    to->set_trailing_silence_ms(
        std::clamp(from.stop_history(), kShortestMs, kLongestMs));
  }
}

}  // namespace

std::string NativeId(const riva::RequestId& id) {
  return id.value().size() <= kMaxIdBytes ? id.value() : "";
}

absl::StatusOr<v1::RecognitionConfig> FromRiva(
    const riva::asr::RecognitionConfig& config, const ModelSet& models,
    ModelUse use, const std::string& method) {
  const auto encoding = FromRiva(config.encoding());
  if (!encoding.ok()) return encoding.status();
  v1::RecognitionConfig native;
  native.set_encoding(*encoding);
  native.set_sample_rate_hertz(config.sample_rate_hertz());
  native.set_audio_channel_count(config.audio_channel_count());
  native.set_enable_separate_recognition_per_channel(
      config.enable_separate_recognition_per_channel() &&
      config.audio_channel_count() > 1);
  // Words come with both.
  native.set_enable_word_time_offsets(config.enable_word_time_offsets());
  native.set_enable_word_confidence(config.enable_word_time_offsets());
  native.set_max_alternatives(
      std::clamp(config.max_alternatives(), 0, kMaxAlternatives));
  Lenience lenience(models, use);
  lenience.SetModel(config.model(), &native);
  if (config.language_code() != "multi")
    lenience.SetLanguage({config.language_code()}, &native);
  lenience.SetHints(Hints(config), &native);
  NoteIgnored(config, &lenience);
  lenience.Log(method);
  return native;
}

absl::StatusOr<v1::StreamingRecognitionConfig> FromRiva(
    const riva::asr::StreamingRecognitionConfig& config, const ModelSet& models,
    const std::string& method) {
  auto recognition =
      FromRiva(config.config(), models, ModelUse::kStream, method);
  if (!recognition.ok()) return recognition.status();
  v1::StreamingRecognitionConfig native;
  *native.mutable_config() = *std::move(recognition);
  native.set_interim_results(config.interim_results());
  SetEndpointing(config.config().endpointing_config(),
                 native.mutable_endpointing());
  return native;
}

absl::StatusOr<riva::asr::RivaSpeechRecognitionConfigResponse> RivaModels(
    const ModelSet& models, const std::string& name) {
  riva::asr::RivaSpeechRecognitionConfigResponse response;
  if (!name.empty()) {
    const auto found = models.Find(name);
    if (!found.ok()) return found.status();
  }
  for (const auto& model : models.models()) {
    const model::Bundle& bundle = *model->bundle;
    if (!name.empty() && bundle.name != name && models.NameOf(*model) != name)
      continue;
    auto* config = response.add_model_config();
    config->set_model_name(models.NameOf(*model));
    // Riva's own C++ client reads the first two without asking whether they
    // are there.
    auto& parameters = *config->mutable_parameters();
    parameters["type"] = model->offline() ? "offline" : "online";
    parameters["language_code"] = bundle.language_code;
    parameters["version"] = bundle.version;
    parameters["streaming"] = model->offline() ? "False" : "True";
    parameters["sample_rate_hertz"] =
        absl::StrCat(bundle.frontend->sample_rate_hz);
  }
  return response;
}

}  // namespace oido::server
