// Turns one stream's samples, cut anywhere, into normalised, stacked model
// inputs.
#ifndef OIDO_FEATURES_FRONTEND_H_
#define OIDO_FEATURES_FRONTEND_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "features/frontend_options.h"
#include "features/log_mel.h"

namespace oido::features {

// The state of one stream between chunks. Steps do not depend on how the
// samples were cut into calls, to the bit. One thread at a time.
class Frontend {
 public:
  // `options` must be valid; shared by all streams of a model.
  explicit Frontend(std::shared_ptr<const FrontendOptions> options);

  // Adds samples (int16 range, at options.sample_rate_hz) and computes the
  // frames they complete. Callers bound memory by taking the steps in between.
  void AcceptWaveform(absl::Span<const float> samples, LogMel& log_mel);

  // Ends the utterance: adds `padding_ms` of digital silence and, so that no
  // sample is lost, as much more as fills the last step. Adds nothing to an
  // utterance without samples. What comes next begins a new utterance; the
  // steps of this one stay in the queue.
  void Flush(int padding_ms, LogMel& log_mel);

  // Number of whole model steps waiting.
  size_t steps_ready() const;

  // Moves the oldest step into `step` [step_size]. REQUIRES: steps_ready() > 0.
  void PopStep(absl::Span<float> step);

  // Back to the state after construction.
  void Reset();

  // Bytes held now, this object included.
  size_t size_bytes() const;

 private:
  void AddFrame(LogMel& log_mel);
  void BeginUtterance();
  void Normalise(absl::Span<float> frame) const;

  std::shared_ptr<const FrontendOptions> options_;
  std::vector<float> window_;     // [frame_length_samples], of which...
  size_t window_fill_ = 0;        // ...so many samples are there
  std::vector<float> frames_;     // [stacked_frames, mel_bins], of which...
  int frames_fill_ = 0;           // ...so many frames are there
  size_t utterance_samples_ = 0;  // since construction, Flush or Reset
  std::vector<float> steps_;  // [any, step_size]: taken ones, then waiting ones
  size_t steps_taken_ = 0;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_FRONTEND_H_
