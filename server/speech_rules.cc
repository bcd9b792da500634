// The limits of every field.
#include "server/speech_rules.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/errors.h"

namespace oido::server {
namespace {

// What bounds the memory of an utterance without endpoints.
constexpr int kLongestUtteranceMs = 600000;

struct Limits {
  int low;
  int high;
};

absl::Status Check(const std::string& name, int value, const Limits& limits) {
  if (value >= limits.low && value <= limits.high) return absl::OkStatus();
  const std::string field = "streaming_config." + name;
  return FieldError(field, absl::StrCat(field, ": ", value, " is not in ",
                                        limits.low, "..", limits.high));
}

// 0 leaves it off.
absl::Status CheckOptional(const std::string& name, int value,
                           const Limits& limits) {
  return value == 0 ? absl::OkStatus() : Check(name, value, limits);
}

absl::Status Override(const v1::EndpointingConfig& config,
                      model::DecoderOptions* timing) {
  absl::Status status;
  if (config.has_trailing_silence_ms()) {
    timing->endpoint_silence_ms = config.trailing_silence_ms();
    status = Check("endpointing.trailing_silence_ms",
                   config.trailing_silence_ms(), {100, 60000});
  }
  if (status.ok() && config.has_start_silence_ms()) {
    timing->start_silence_ms = config.start_silence_ms();
    status = Check("endpointing.start_silence_ms", config.start_silence_ms(),
                   {500, 600000});
  }
  if (status.ok() && config.has_max_utterance_ms()) {
    timing->max_utterance_ms = config.max_utterance_ms();
    status = Check("endpointing.max_utterance_ms", config.max_utterance_ms(),
                   {1000, kLongestUtteranceMs});
  }
  if (!status.ok() || !config.off()) return status;
  if (config.has_trailing_silence_ms() || config.has_start_silence_ms() ||
      config.has_max_utterance_ms()) {
    return FieldError("streaming_config.endpointing.off",
                      "streaming_config.endpointing.off: true, but a rule "
                      "for endpoints is set too");
  }
  timing->endpoint_silence_ms = std::numeric_limits<int>::max();
  timing->max_utterance_ms = kLongestUtteranceMs;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<model::DecoderOptions> CheckTiming(
    const v1::StreamingRecognitionConfig& config,
    const model::DecoderOptions& defaults) {
  model::DecoderOptions timing = defaults;
  absl::Status status = Override(config.endpointing(), &timing);
  if (!status.ok()) return status;
  status = CheckOptional("max_final_delay_ms", config.max_final_delay_ms(),
                         {100, 20000});
  if (!status.ok()) return status;
  timing.max_final_delay_ms = config.max_final_delay_ms();
  return timing;
}

absl::StatusOr<SpeechRules> CheckSpeechRules(
    const v1::StreamingRecognitionConfig& config) {
  SpeechRules rules;
  rules.events = config.enable_speech_events();
  rules.single_utterance = config.single_utterance();
  rules.start_timeout_ms = config.speech_start_timeout_ms();
  rules.end_timeout_ms = config.speech_end_timeout_ms();
  const Limits limits = {500, 600000};
  absl::Status status =
      CheckOptional("speech_start_timeout_ms", rules.start_timeout_ms, limits);
  if (status.ok()) {
    status =
        CheckOptional("speech_end_timeout_ms", rules.end_timeout_ms, limits);
  }
  if (!status.ok()) return status;
  return rules;
}

}  // namespace oido::server
