// Owns a KissFFT plan for real input.
#ifndef OIDO_FEATURES_RFFT_H_
#define OIDO_FEATURES_RFFT_H_

#include <memory>

#include "absl/types/span.h"

namespace oido::features {

// Forward FFT of `size` real samples. KissFFT keeps scratch memory in the plan:
// one thread at a time.
class RealFft {
 public:
  // REQUIRES: size even and >= 2; powers of two are fastest.
  explicit RealFft(int size);
  ~RealFft();

  int size() const { return size_; }

  // |X_k|^2 for k = 0..size/2, not scaled.
  // `samples`: [size]. `power`: [size / 2 + 1].
  void PowerSpectrum(absl::Span<const float> samples, absl::Span<float> power);

 private:
  struct Impl;
  int size_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_RFFT_H_
