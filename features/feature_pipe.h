// Answers packets of samples on a file descriptor with packets of features.
#ifndef OIDO_FEATURES_FEATURE_PIPE_H_
#define OIDO_FEATURES_FEATURE_PIPE_H_

#include <cstdio>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "features/frontend.h"
#include "features/frontend_options.h"
#include "features/log_mel.h"

namespace oido::features {

enum class FeatureLayout {
  kFrames,  // [frames, mel_bins]: each frame that belongs to a model step, once
  kSteps,   // [steps, step_size]: the model's input
};

// A whole utterance at once, as the server computes it in a stream.
struct FeatureMatrix {
  int rows = 0;
  int columns = 0;
  std::vector<float> values;  // [rows, columns]
};

// `samples` in the int16 range; `padding_ms` as for Frontend::Flush.
FeatureMatrix ComputeFeatures(absl::Span<const float> samples, int padding_ms,
                              FeatureLayout layout,
                              const FrontendOptions& options,
                              Frontend& frontend, LogMel& log_mel);

// Until the end of `in`: reads a packet {uint32 n; float32 samples[n]} and
// writes {uint32 rows; uint32 columns; float32 values[rows * columns]}, all in
// the machine's byte order (little-endian on every supported one).
// INVALID_ARGUMENT if `in` ends inside a packet or a packet is too long.
absl::Status RunFeaturePipe(FILE* in, FILE* out, int padding_ms,
                            FeatureLayout layout,
                            std::shared_ptr<const FrontendOptions> options);

}  // namespace oido::features

#endif  // OIDO_FEATURES_FEATURE_PIPE_H_
