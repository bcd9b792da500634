// Computes the features of whole utterances and writes them as tables.
#ifndef OIDO_FEATURES_FEATURE_MATRIX_H_
#define OIDO_FEATURES_FEATURE_MATRIX_H_

#include <cstdio>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "features/frontend.h"
#include "features/frontend_options.h"
#include "features/log_mel.h"

namespace oido::features {

enum class FeatureLayout {
  // [frames, mel_bins]: each frame that belongs to a model step, once, not
  // normalised.
  kFrames,
  // [steps, step_size]: the model's input, normalised as the options say.
  kSteps,
};

enum class FeatureFormat {
  kCsv,  // a row a line
  kNpy,  // float32, for numpy.load
};

struct FeatureMatrix {
  int rows = 0;
  int columns = 0;
  std::vector<float> values;  // [rows, columns]
};

// One utterance after the other, each as the server computes it in a stream.
// One thread at a time.
class FeatureComputer {
 public:
  // `padding_ms` as for Frontend::Flush.
  static absl::StatusOr<FeatureComputer> Create(FrontendOptions options,
                                                int padding_ms,
                                                FeatureLayout layout);

  // `samples` in the int16 range.
  FeatureMatrix Compute(absl::Span<const float> samples);

 private:
  FeatureComputer(std::shared_ptr<const FrontendOptions> options,
                  int padding_ms, FeatureLayout layout,
                  std::unique_ptr<LogMel> log_mel)
      : options_(options),
        padding_ms_(padding_ms),
        layout_(layout),
        log_mel_(std::move(log_mel)),
        frontend_(std::move(options)) {}

  std::shared_ptr<const FrontendOptions> options_;
  int padding_ms_;
  FeatureLayout layout_;
  std::unique_ptr<LogMel> log_mel_;
  Frontend frontend_;
};

// DATA_LOSS if `out` takes no more.
absl::Status WriteMatrix(const FeatureMatrix& matrix, FeatureFormat format,
                         FILE* out);

}  // namespace oido::features

#endif  // OIDO_FEATURES_FEATURE_MATRIX_H_
