// Computes one log-mel frame from one window of samples.
#ifndef OIDO_FEATURES_LOG_MEL_H_
#define OIDO_FEATURES_LOG_MEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "features/frontend_options.h"

namespace oido::features {

// Owns an FFT plan and scratch memory, so one object serves one thread at a
// time; it keeps nothing between calls, and any number of streams may share it.
class LogMel {
 public:
  static absl::StatusOr<std::unique_ptr<LogMel>> Create(
      const FrontendOptions& options);
  ~LogMel();

  // `window`: [frame_length_samples] in the int16 range. `frame`: [mel_bins],
  // not normalised.
  void Compute(absl::Span<const float> window, absl::Span<float> frame);

 private:
  struct Impl;
  explicit LogMel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_LOG_MEL_H_
