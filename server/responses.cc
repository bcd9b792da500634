// Field by field.
#include "server/responses.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/hypothesis.h"

namespace oido::server {
namespace {

// How sure an interim result is to stay: a stable word is never revised, but an
// endpoint may still move it into a final result.
constexpr float kCompleteStability = 0.9f;
constexpr float kOpenStability = 0.1f;

float ToMs(absl::Duration duration) {
  return static_cast<float>(absl::ToDoubleMilliseconds(duration));
}

void SetAlternative(const model::Hypothesis& hypothesis,
                    const ResponseOptions& options, bool continues,
                    v1::SpeechRecognitionAlternative* alternative) {
  alternative->set_transcript(
      absl::StrCat(continues ? " " : "", model::Text(hypothesis)));
  if (!options.word_times && !options.word_confidence) return;
  for (const model::Word& word : hypothesis.words) {
    v1::WordInfo* info = alternative->add_words();
    info->set_word(word.text);
    if (options.word_times) {
      SetDuration(absl::Milliseconds(word.start_ms),
                  info->mutable_start_time());
      SetDuration(absl::Milliseconds(word.end_ms), info->mutable_end_time());
    }
    if (options.word_confidence) info->set_confidence(word.confidence);
    info->set_id(word.id);
  }
}

void AddInterim(model::Hypothesis part, const Result& whole, bool continues,
                float stability, const ResponseOptions& options,
                v1::StreamingRecognizeResponse* response) {
  if (part.words.empty()) return;
  v1::StreamingRecognitionResult* result = response->add_results();
  SetAlternative(part, options, continues, result->add_alternatives());
  result->set_stability(stability);
  result->set_channel_tag(options.channel_tag);
  SetDuration(absl::Milliseconds(whole.end_ms),
              result->mutable_result_end_time());
}

void AddInterims(const Result& interim, const ResponseOptions& options,
                 v1::StreamingRecognizeResponse* response) {
  model::Hypothesis complete = interim.hypothesis;
  model::Hypothesis open;
  const auto stable_end = complete.words.begin() + complete.stable_words;
  open.words.assign(stable_end, complete.words.end());
  complete.words.erase(stable_end, complete.words.end());
  const bool open_continues = interim.continues || !complete.words.empty();
  AddInterim(complete, interim, interim.continues, kCompleteStability, options,
             response);
  AddInterim(open, interim, open_continues, kOpenStability, options, response);
}

}  // namespace

v1::SpeechEvent::Type TypeOf(SpeechEvent::Kind kind) {
  switch (kind) {
    case SpeechEvent::Kind::kStart:
      return v1::SpeechEvent::SPEECH_START;
    case SpeechEvent::Kind::kEnd:
      return v1::SpeechEvent::SPEECH_END;
    case SpeechEvent::Kind::kEndOfSingleUtterance:
      return v1::SpeechEvent::END_OF_SINGLE_UTTERANCE;
    case SpeechEvent::Kind::kStartTimeout:
      return v1::SpeechEvent::SPEECH_START_TIMEOUT;
    case SpeechEvent::Kind::kEndTimeout:
      return v1::SpeechEvent::SPEECH_END_TIMEOUT;
  }
  return v1::SpeechEvent::TYPE_UNSPECIFIED;
}

void SetDuration(absl::Duration duration, google::protobuf::Duration* proto) {
  const absl::Duration seconds = absl::Trunc(duration, absl::Seconds(1));
  proto->set_seconds(absl::ToInt64Seconds(seconds));
  proto->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(duration - seconds)));
}

v1::StreamingRecognitionResult FinalToProto(const Result& result,
                                            const ResponseOptions& options) {
  v1::StreamingRecognitionResult proto;
  const auto add = [&](const model::Hypothesis& hypothesis) {
    v1::SpeechRecognitionAlternative* alternative = proto.add_alternatives();
    SetAlternative(hypothesis, options, result.continues, alternative);
    alternative->set_confidence(hypothesis.confidence);
  };
  add(result.hypothesis);
  for (const model::Hypothesis& other : result.hypothesis.alternatives)
    add(other);
  proto.set_is_final(true);
  proto.set_channel_tag(options.channel_tag);
  SetDuration(absl::Milliseconds(result.end_ms),
              proto.mutable_result_end_time());
  return proto;
}

v1::StreamingRecognizeResponse UpdateToProto(const Update& update,
                                             const std::string& request_id,
                                             const ResponseOptions& options) {
  v1::StreamingRecognizeResponse response;
  if (update.final_result.has_value()) {
    *response.add_results() = FinalToProto(*update.final_result, options);
  }
  if (update.interim.has_value())
    AddInterims(*update.interim, options, &response);
  for (const std::string& id : update.markers) response.add_markers(id);
  for (const SpeechEvent& event : update.events) {
    v1::SpeechEvent* proto = response.add_events();
    proto->set_type(TypeOf(event.kind));
    proto->set_channel_tag(options.channel_tag);
    SetDuration(absl::Milliseconds(event.time_ms), proto->mutable_time());
  }
  SetDuration(update.audio_received, response.mutable_audio_received());
  SetDuration(update.audio_processed, response.mutable_audio_processed());
  v1::LatencyBreakdown* latency = response.mutable_latency();
  latency->set_queue_ms(ToMs(update.latency.queue));
  latency->set_features_ms(ToMs(update.latency.features));
  latency->set_model_ms(ToMs(update.latency.model));
  latency->set_decode_ms(ToMs(update.latency.decode));
  response.set_request_id(request_id);
  return response;
}

v1::ListModelsResponse ModelsToProto(const ModelSet& models) {
  v1::ListModelsResponse response;
  for (const auto& model : models.models()) {
    const model::Bundle& bundle = *model->bundle;
    v1::Model* proto = response.add_models();
    proto->set_name(bundle.name);
    proto->set_version(bundle.version);
    proto->set_language_code(bundle.language_code);
    proto->set_description(bundle.description);
    proto->set_sample_rate_hertz(bundle.frontend->sample_rate_hz);
    proto->set_is_default(model == models.Default(ModelUse::kStream) ||
                          model == models.Default(ModelUse::kRecording));
    proto->set_offline(model->offline());
    SetDuration(absl::Milliseconds(bundle.decoder.step_ms),
                proto->mutable_step());
  }
  return response;
}

}  // namespace oido::server
