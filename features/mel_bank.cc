// Sums a power spectrum into triangular mel bins.
#include "features/mel_bank.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace oido::features {

double HzToMel(double hz) { return 1127.0 * std::log(1.0 + hz / 700.0); }

absl::StatusOr<MelBank> MelBank::Create(const MelBankOptions& options) {
  const double low = HzToMel(options.low_hz);
  const double delta = (HzToMel(options.high_hz) - low) / (options.bins + 1);
  const double hz_per_fft_bin =
      static_cast<double>(options.sample_rate_hz) / options.fft_size;
  std::vector<Triangle> triangles(options.bins);
  for (int b = 0; b < options.bins; ++b) {
    const double left = low + b * delta;
    const double center = left + delta;
    const double right = center + delta;
    Triangle& triangle = triangles[b];
    for (int k = 0; k < options.fft_size / 2; ++k) {
      const double mel = HzToMel(hz_per_fft_bin * k);
      if (mel <= left || mel >= right) continue;
      if (triangle.weights.empty()) triangle.first_fft_bin = k;
      triangle.weights.push_back(static_cast<float>(
          mel <= center ? (mel - left) / delta : (right - mel) / delta));
    }
    if (triangle.weights.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "mel_bins is ", options.bins, ", too many for ", options.low_hz, "..",
          options.high_hz, " Hz: bin ", b, " lies between two lines of the ",
          options.fft_size, "-point FFT, ", hz_per_fft_bin, " Hz apart"));
    }
  }
  return MelBank(options.fft_size / 2 + 1, std::move(triangles));
}

void MelBank::Apply(absl::Span<const float> power,
                    absl::Span<float> energies) const {
  assert(power.size() == static_cast<size_t>(spectrum_size_));
  assert(energies.size() == triangles_.size());
  for (size_t b = 0; b < triangles_.size(); ++b) {
    const Triangle& triangle = triangles_[b];
    const float* p = power.data() + triangle.first_fft_bin;
    float sum = 0.0f;
    for (size_t i = 0; i < triangle.weights.size(); ++i)
      sum += triangle.weights[i] * p[i];
    energies[b] = sum;
  }
}

std::vector<float> MelBank::Row(int bin) const {
  std::vector<float> row(spectrum_size_, 0.0f);
  const Triangle& triangle = triangles_[bin];
  std::copy(triangle.weights.begin(), triangle.weights.end(),
            row.begin() + triangle.first_fft_bin);
  return row;
}

}  // namespace oido::features
