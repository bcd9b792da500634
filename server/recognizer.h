// One stream's way from bytes to words, one model step at a time.
#ifndef OIDO_SERVER_RECOGNIZER_H_
#define OIDO_SERVER_RECOGNIZER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "features/audio_decoder.h"
#include "features/frontend.h"
#include "features/log_mel.h"
#include "model/beam_scratch.h"
#include "model/decoder.h"
#include "model/stream_state.h"
#include "model/window_buffer.h"
#include "server/decoding.h"
#include "server/model_set.h"
#include "server/speech_events.h"
#include "server/update.h"

namespace oido::server {

// Memory of one thread that all streams it works for share.
struct Workbench {
  features::LogMel& log_mel;
  std::vector<float>& samples;
  model::BeamScratch& beam;
};

// Audio decoder, front end, LSTM state and CTC decoder of one stream. The model
// step itself is done outside, for many streams at once. What comes out depends
// on the audio and on where utterances are ended, not on how the bytes are cut.
// One thread at a time.
//
//   while there is input: AcceptAudio or EndUtterance,
//     while has_step(): PopStep, (model), Advance,
//     and, if has_more_audio(), AcceptMoreAudio and its steps,
//   and after EndUtterance, without steps left: CompleteUtterance.
//
// With an offline model a step is a window of the recording, read in place:
// window() in place of PopStep.
class Recognizer {
 public:
  // `decoding` fits the model; `max_audio_seconds`: 0 for no limit.
  static absl::StatusOr<std::unique_ptr<Recognizer>> Create(
      std::shared_ptr<const LoadedModel> model,
      const features::AudioFormat& format, const Decoding& decoding,
      int max_audio_seconds, const SpeechRules& speech = {});

  // INVALID_ARGUMENT: the bytes are not the audio that was declared.
  // OUT_OF_RANGE: the stream is longer than allowed; the audio up to the limit
  // was taken, so EndUtterance still has a result to give.
  // Of bytes that unfold into more than about a second of audio the rest is
  // left to AcceptMoreAudio. REQUIRES: !has_more_audio().
  absl::Status AcceptAudio(absl::string_view bytes, Workbench& bench);
  bool has_more_audio() const {
    return !rest_.empty() || audio_decoder_->has_more();
  }
  absl::Status AcceptMoreAudio(Workbench& bench);

  // The utterance, or all of the audio, ends here. Errors are about its last
  // bytes; all before them is flushed in any case. Audio left over is dropped.
  absl::Status EndUtterance(features::AudioEnd end, Workbench& bench);

  // After EndUtterance, when all steps are done: the last final result goes to
  // `finals`; audio that follows is recognised as on a new stream, later in
  // time.
  void CompleteUtterance(std::vector<Result>& finals);

  // By the speech rules; what is left of the audio has no step.
  bool over() const { return watch_.over(); }
  std::vector<SpeechEvent> TakeEvents() { return watch_.TakeEvents(); }

  // EndUtterance was called, CompleteUtterance was not.
  bool ending() const { return ending_; }
  bool has_step() const;

  // Moves the model's next input [step_size] to `step`. REQUIRES: has_step() of
  // a streaming model.
  void PopStep(absl::Span<float> step) { frontend_.PopStep(step); }
  model::StreamState& state() { return state_; }
  // The model's next input [steps, step_size]. REQUIRES: has_step() of an
  // offline model.
  absl::Span<const float> window() const { return window_->inputs(); }

  // Decodes the model's output for that step [outputs] or that window
  // [steps, outputs]; appends a final result wherever the endpoint rules end an
  // utterance.
  void Advance(absl::Span<const float> log_probs, Workbench& bench,
               std::vector<Result>& finals);

  // The utterance so far.
  Result Interim() const;
  // Differs from its value before when the words of Interim would; 0 where it
  // has none.
  uint64_t InterimFingerprint() const { return decoder_->PartialFingerprint(); }

  // Audio since the stream began, in samples at the model's rate: decoded, and
  // gone through the model.
  int64_t samples_decoded() const { return samples_decoded_; }
  int64_t samples_processed() const;
  int model_rate_hz() const { return model_->bundle->frontend->sample_rate_hz; }

  size_t size_bytes() const;

 private:
  Recognizer(std::shared_ptr<const LoadedModel> model, const Decoding& decoding,
             int max_audio_seconds, const SpeechRules& speech,
             std::unique_ptr<features::AudioDecoder> audio_decoder);

  absl::Status Decode(absl::string_view* bytes, Workbench& bench);
  int64_t samples_stepped() const;  // since utterance_begin_, with padding
  void FillWindow();
  void AdvanceStep(absl::Span<const float> log_probs, Workbench& bench,
                   std::vector<Result>& finals);
  void AdvanceWindow(absl::Span<const float> log_probs, Workbench& bench,
                     std::vector<Result>& finals);
  void EmitFinal(model::Hypothesis hypothesis, std::vector<Result>& finals);
  void Place(model::Hypothesis* hypothesis) const;
  Result ToResult(model::Hypothesis hypothesis) const;
  int ToMs(int64_t samples) const;

  const std::shared_ptr<const LoadedModel> model_;
  const int64_t max_samples_;  // 0: no limit
  const std::unique_ptr<features::AudioDecoder> audio_decoder_;
  std::string rest_;  // bytes that AcceptAudio did not come to
  features::Frontend frontend_;
  model::StreamState state_;
  const Decoding decoding_;
  const std::unique_ptr<model::Decoder> decoder_;
  SpeechWatch watch_;
  // Offline models only: steps that the front end has given.
  std::optional<model::WindowBuffer> window_;

  bool ending_ = false;
  bool has_audio_ = false;   // bytes came since the last EndUtterance
  uint32_t words_sent_ = 0;  // in final results
  int64_t samples_decoded_ = 0;
  int64_t utterance_begin_ = 0;  // samples_decoded_ when state was last fresh
  int64_t steps_ = 0;            // model steps since then
};

}  // namespace oido::server

#endif  // OIDO_SERVER_RECOGNIZER_H_
