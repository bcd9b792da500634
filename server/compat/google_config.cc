// Field by field, of both versions.
#include "server/compat/google_config.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/compat/lenience.h"
#include "server/errors.h"
#include "server/phrase_classes.h"

namespace oido::server {
namespace {

absl::Status EncodingError(const std::string& field, int value) {
  return FieldError(field,
                    absl::StrCat(field, ": ", value,
                                 " is not supported (docs/migrating.md)"));
}

absl::Status ChannelCountError() {
  return FieldError(
      "config.explicit_decoding_config.audio_channel_count",
      "config.explicit_decoding_config.audio_channel_count: 0, but "
      "config.features.multi_channel_mode needs to know how many there are");
}

// Native limits are checked later, so it saturates only.
int ToMs(const ::google::protobuf::Duration& duration) {
  constexpr int64_t kMost = std::numeric_limits<int>::max();
  const int64_t seconds =
      std::clamp<int64_t>(duration.seconds(), -1, kMost / 1000 - 1);
  return static_cast<int>(seconds * 1000 + duration.nanos() / 1'000'000);
}

// In either version.
template <typename Timeouts>
void SetTimeouts(const Timeouts& from, v1::StreamingRecognitionConfig* to) {
  if (from.has_speech_start_timeout())
    to->set_speech_start_timeout_ms(ToMs(from.speech_start_timeout()));
  if (from.has_speech_end_timeout())
    to->set_speech_end_timeout_ms(ToMs(from.speech_end_timeout()));
}

// By what a phrase calls it: "${name}".
std::string NameOf(const google_v1::CustomClass& custom) {
  return custom.custom_class_id();
}
std::string NameOf(const google_v2::CustomClass& custom) {
  return custom.name().substr(custom.name().rfind('/') + 1);
}

// None if any cannot be used. `Adaptation`: of either version.
template <typename Adaptation>
PhraseClasses Classes(const Adaptation& adaptation, Lenience* lenience) {
  v1::HotWords group;
  for (const auto& custom : adaptation.custom_classes()) {
    v1::HotWords::PhraseClass* to = group.add_classes();
    to->set_name(NameOf(custom));
    for (const auto& item : custom.items()) to->add_phrases(item.value());
  }
  auto classes = PhraseClasses::Create(group, "");
  if (classes.ok()) return *std::move(classes);
  lenience->Ignore("adaptation.custom_classes");
  return {};
}

// A phrase's boost, where it has one, goes before that of its set. One that
// names a class that there is not stays as it is, and is ignored.
template <typename PhraseSet>
void AddHints(const PhraseSet& set, const PhraseClasses& classes,
              std::vector<PhraseHint>* hints) {
  for (const auto& phrase : set.phrases()) {
    const float boost = phrase.boost() != 0.0f ? phrase.boost() : set.boost();
    for (const std::string& text : classes.Expand(phrase.value(), "")
                                       .value_or(std::vector{phrase.value()}))
      hints->push_back({text, boost});
  }
}

std::vector<PhraseHint> Hints(const google_v1::RecognitionConfig& config,
                              Lenience* lenience) {
  const PhraseClasses classes = Classes(config.adaptation(), lenience);
  std::vector<PhraseHint> hints;
  for (const google_v1::SpeechContext& context : config.speech_contexts()) {
    google_v1::PhraseSet set;
    set.set_boost(context.boost());
    for (const std::string& phrase : context.phrases())
      set.add_phrases()->set_value(phrase);
    AddHints(set, classes, &hints);
  }
  for (const google_v1::PhraseSet& set : config.adaptation().phrase_sets())
    AddHints(set, classes, &hints);
  return hints;
}

std::vector<PhraseHint> Hints(const google_v2::RecognitionConfig& config,
                              Lenience* lenience) {
  const PhraseClasses classes = Classes(config.adaptation(), lenience);
  std::vector<PhraseHint> hints;
  for (const auto& set : config.adaptation().phrase_sets())
    AddHints(set.inline_phrase_set(), classes, &hints);
  return hints;
}

void NoteIgnored(const google_v1::RecognitionConfig& config,
                 Lenience* lenience) {
  lenience->IgnoreIf(config.profanity_filter(), "profanity_filter");
  lenience->IgnoreIf(config.enable_automatic_punctuation(),
                     "enable_automatic_punctuation");
  lenience->IgnoreIf(config.diarization_config().enable_speaker_diarization(),
                     "diarization_config");
  const google_v1::SpeechAdaptation& adaptation = config.adaptation();
  lenience->IgnoreIf(!adaptation.phrase_set_references().empty(),
                     "adaptation.phrase_set_references");
  lenience->IgnoreIf(adaptation.has_abnf_grammar(), "adaptation.abnf_grammar");
}

void NoteIgnored(const google_v2::RecognitionConfig& config,
                 Lenience* lenience) {
  const google_v2::RecognitionFeatures& features = config.features();
  lenience->IgnoreIf(features.profanity_filter(), "features.profanity_filter");
  lenience->IgnoreIf(features.enable_automatic_punctuation(),
                     "features.enable_automatic_punctuation");
  lenience->IgnoreIf(features.has_diarization_config(),
                     "features.diarization_config");
  for (const auto& set : config.adaptation().phrase_sets())
    lenience->IgnoreIf(!set.phrase_set().empty(), "adaptation.phrase_set");
}

absl::Status SetAudio(const google_v1::RecognitionConfig& from,
                      v1::RecognitionConfig* to) {
  using From = google_v1::RecognitionConfig;
  switch (from.encoding()) {
    case From::ENCODING_UNSPECIFIED:
      to->set_encoding(v1::AUDIO_ENCODING_UNSPECIFIED);
      break;
    case From::LINEAR16:
      to->set_encoding(v1::LINEAR16);
      break;
    case From::FLAC:
      to->set_encoding(v1::FLAC);
      break;
    case From::MULAW:
      to->set_encoding(v1::MULAW);
      break;
    case From::OGG_OPUS:
      to->set_encoding(v1::OGG_OPUS);
      break;
    default:
      return EncodingError("config.encoding", from.encoding());
  }
  to->set_sample_rate_hertz(from.sample_rate_hertz());
  to->set_audio_channel_count(from.audio_channel_count());
  to->set_enable_separate_recognition_per_channel(
      from.enable_separate_recognition_per_channel() &&
      from.audio_channel_count() > 1);
  return absl::OkStatus();
}

absl::Status SetAudio(const google_v2::ExplicitDecodingConfig& from,
                      v1::RecognitionConfig* to) {
  using From = google_v2::ExplicitDecodingConfig;
  switch (from.encoding()) {
    case From::LINEAR16:
      to->set_encoding(v1::LINEAR16);
      break;
    case From::MULAW:
      to->set_encoding(v1::MULAW);
      break;
    case From::ALAW:
      to->set_encoding(v1::ALAW);
      break;
    case From::FLAC:
      to->set_encoding(v1::FLAC);
      break;
    case From::OGG_OPUS:
      to->set_encoding(v1::OGG_OPUS);
      break;
    default:
      return EncodingError("config.explicit_decoding_config.encoding",
                           from.encoding());
  }
  to->set_sample_rate_hertz(from.sample_rate_hertz());
  to->set_audio_channel_count(from.audio_channel_count());
  return absl::OkStatus();
}

void SetSensitivity(
    google_v2::StreamingRecognitionFeatures::EndpointingSensitivity from,
    v1::EndpointingConfig* to) {
  constexpr int kShortMs = 500;
  constexpr int kSupershortMs = 300;
  using From = google_v2::StreamingRecognitionFeatures;
  if (from == From::ENDPOINTING_SENSITIVITY_SHORT)
    to->set_trailing_silence_ms(kShortMs);
  if (from == From::ENDPOINTING_SENSITIVITY_SUPERSHORT)
    to->set_trailing_silence_ms(kSupershortMs);
}

}  // namespace

absl::StatusOr<v1::RecognitionConfig> FromGoogle(
    const google_v1::RecognitionConfig& config, const GoogleCall& call) {
  v1::RecognitionConfig native;
  const absl::Status status = SetAudio(config, &native);
  if (!status.ok()) return status;
  native.set_enable_word_time_offsets(config.enable_word_time_offsets());
  native.set_enable_word_confidence(config.enable_word_confidence());
  native.set_max_alternatives(config.max_alternatives());
  Lenience lenience(call.models, call.use);
  lenience.SetModel(config.model(), &native);
  std::vector<std::string> languages = {config.language_code()};
  languages.insert(languages.end(), config.alternative_language_codes().begin(),
                   config.alternative_language_codes().end());
  lenience.SetLanguage(languages, &native);
  lenience.SetHints(Hints(config, &lenience), &native);
  NoteIgnored(config, &lenience);
  lenience.Log(call.method);
  return native;
}

absl::StatusOr<v1::RecognitionConfig> FromGoogle(
    const google_v2::RecognitionConfig& config, const GoogleCall& call) {
  if (config.has_translation_config()) {
    return absl::UnimplementedError(
        "config.translation_config: speech is not translated");
  }
  v1::RecognitionConfig native;
  if (config.has_explicit_decoding_config()) {
    const absl::Status status =
        SetAudio(config.explicit_decoding_config(), &native);
    if (!status.ok()) return status;
  }
  if (config.features().multi_channel_mode() ==
      google_v2::RecognitionFeatures::SEPARATE_RECOGNITION_PER_CHANNEL) {
    if (native.audio_channel_count() == 0) return ChannelCountError();
    native.set_enable_separate_recognition_per_channel(true);
  }
  const google_v2::RecognitionFeatures& features = config.features();
  native.set_enable_word_time_offsets(features.enable_word_time_offsets());
  native.set_enable_word_confidence(features.enable_word_confidence());
  native.set_max_alternatives(features.max_alternatives());
  Lenience lenience(call.models, call.use);
  lenience.SetModel(config.model(), &native);
  std::vector<std::string> languages(config.language_codes().begin(),
                                     config.language_codes().end());
  if (languages != std::vector<std::string>{"auto"})
    lenience.SetLanguage(languages, &native);
  lenience.SetHints(Hints(config, &lenience), &native);
  NoteIgnored(config, &lenience);
  lenience.Log(call.method);
  return native;
}

absl::StatusOr<v1::StreamingRecognitionConfig> FromGoogle(
    const google_v1::StreamingRecognitionConfig& config,
    const GoogleCall& call) {
  auto recognition = FromGoogle(config.config(), call);
  if (!recognition.ok()) return recognition.status();
  v1::StreamingRecognitionConfig native;
  *native.mutable_config() = *std::move(recognition);
  native.set_interim_results(config.interim_results());
  native.set_single_utterance(config.single_utterance());
  native.set_enable_speech_events(config.enable_voice_activity_events());
  SetTimeouts(config.voice_activity_timeout(), &native);
  return native;
}

absl::StatusOr<v1::StreamingRecognitionConfig> FromGoogle(
    const google_v2::StreamingRecognitionConfig& config,
    const GoogleCall& call) {
  auto recognition = FromGoogle(config.config(), call);
  if (!recognition.ok()) return recognition.status();
  const google_v2::StreamingRecognitionFeatures& features =
      config.streaming_features();
  v1::StreamingRecognitionConfig native;
  *native.mutable_config() = *std::move(recognition);
  native.set_interim_results(features.interim_results());
  native.set_enable_speech_events(features.enable_voice_activity_events());
  SetTimeouts(features.voice_activity_timeout(), &native);
  SetSensitivity(features.endpointing_sensitivity(),
                 native.mutable_endpointing());
  return native;
}

absl::Status CheckRecognizer(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, '/');
  const bool fits = parts.size() == 6 && parts[0] == "projects" &&
                    parts[2] == "locations" && parts[4] == "recognizers" &&
                    !parts[1].empty() && !parts[3].empty() && !parts[5].empty();
  if (fits) return absl::OkStatus();
  return FieldError(
      "recognizer",
      absl::StrCat("recognizer: ", Quoted(name),
                   " is not projects/*/locations/*/recognizers/_"));
}

absl::Status UriError(const std::string& field) {
  return absl::UnimplementedError(absl::StrCat(
      field, ": no audio is fetched from elsewhere; send it in the request"));
}

}  // namespace oido::server
