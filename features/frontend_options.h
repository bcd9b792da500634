// The geometry of the front end: how audio becomes model input.
#ifndef OIDO_FEATURES_FRONTEND_OPTIONS_H_
#define OIDO_FEATURES_FRONTEND_OPTIONS_H_

#include <vector>

#include "absl/status/status.h"

namespace oido::features {

// Comes from the model bundle, so that it cannot disagree with the weights.
// Formulas: Kaldi's fbank (feature-window.cc, mel-computations.cc) with dither
// 0.
struct FrontendOptions {
  int sample_rate_hz = 16000;
  int frame_length_ms = 25;
  int hop_ms = 10;
  int mel_bins = 80;
  float mel_low_hz = 20.0f;
  float mel_high_hz = 7600.0f;
  // First-order pre-emphasis within a frame; 0 for none.
  float preemphasis = 0.97f;
  // Mel energies (of samples in the int16 range) are raised to this before the
  // natural logarithm.
  float energy_floor = 1.0f;
  // One model step sees this many consecutive frames...
  int stacked_frames = 3;
  // ...and the next step begins this many frames later; <= stacked_frames.
  int stride_frames = 3;
  // Per mel bin: (x - mean) * inverse_stddev. Both empty: no normalisation.
  std::vector<float> mean;            // [mel_bins]
  std::vector<float> inverse_stddev;  // [mel_bins]

  int frame_length_samples() const {
    return sample_rate_hz / 1000 * frame_length_ms;
  }
  int hop_samples() const { return sample_rate_hz / 1000 * hop_ms; }
  int step_ms() const { return hop_ms * stride_frames; }
  // Width of one model input.
  int step_size() const { return mel_bins * stacked_frames; }
};

// OK, or INVALID_ARGUMENT naming the field, its value and the limit.
absl::Status Validate(const FrontendOptions& options);

}  // namespace oido::features

#endif  // OIDO_FEATURES_FRONTEND_OPTIONS_H_
