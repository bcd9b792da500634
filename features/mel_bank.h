// Sums a power spectrum into triangular mel bins.
#ifndef OIDO_FEATURES_MEL_BANK_H_
#define OIDO_FEATURES_MEL_BANK_H_

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace oido::features {

struct MelBankOptions {
  int bins = 80;
  int fft_size = 512;
  int sample_rate_hz = 16000;
  float low_hz = 20.0f;
  float high_hz = 7600.0f;
};

// HTK mel scale as Kaldi uses it.
double HzToMel(double hz);

// Kaldi's filterbank (MelBanks::MelBanks in mel-computations.cc): triangles of
// height 1 that are straight in the mel domain, with centres equally spaced
// there, over FFT bins 0..fft_size/2-1 (the Nyquist bin takes no part).
// Immutable; any thread.
class MelBank {
 public:
  // INVALID_ARGUMENT where a triangle is so narrow that it holds no FFT bin:
  // its output would be constant.
  static absl::StatusOr<MelBank> Create(const MelBankOptions& options);

  // `power`: [fft_size / 2 + 1]. `energies`: [bins].
  void Apply(absl::Span<const float> power, absl::Span<float> energies) const;

  int bins() const { return static_cast<int>(triangles_.size()); }

  // Row `bin` of the filterbank as a dense vector [fft_size / 2 + 1].
  std::vector<float> Row(int bin) const;

 private:
  struct Triangle {
    int first_fft_bin = 0;
    std::vector<float> weights;  // of the FFT bins from first_fft_bin on
  };

  MelBank(int spectrum_size, std::vector<Triangle> triangles)
      : spectrum_size_(spectrum_size), triangles_(std::move(triangles)) {}

  int spectrum_size_;  // fft_size / 2 + 1
  std::vector<Triangle> triangles_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_MEL_BANK_H_
