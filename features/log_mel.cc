// Computes one log-mel frame from one window of samples.
#include "features/log_mel.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>
#include <vector>

#include "features/mel_bank.h"
#include "features/rfft.h"

namespace oido::features {
namespace {

int NextPowerOfTwo(int n) {
  int power = 2;
  while (power < n) power *= 2;
  return power;
}

// Kaldi's default window ("povey" in feature-window.cc): a Hann window to the
// power 0.85, which unlike Hamming goes to zero at the edges.
std::vector<float> PoveyWindow(int length) {
  constexpr double kPi = 3.14159265358979323846;
  std::vector<float> window(length, 1.0f);
  if (length == 1) return window;
  for (int i = 0; i < length; ++i) {
    const double hann = 0.5 - 0.5 * std::cos(2.0 * kPi * i / (length - 1));
    window[i] = static_cast<float>(std::pow(hann, 0.85));
  }
  return window;
}

}  // namespace

struct LogMel::Impl {
  Impl(const FrontendOptions& options, MelBank mel_bank, int fft_size)
      : preemphasis(options.preemphasis),
        energy_floor(options.energy_floor),
        window(PoveyWindow(options.frame_length_samples())),
        bank(std::move(mel_bank)),
        fft(fft_size),
        centred(window.size()),
        padded(fft_size, 0.0f),
        power(fft_size / 2 + 1) {}

  const float preemphasis;
  const float energy_floor;
  const std::vector<float> window;  // [frame_length_samples]
  const MelBank bank;
  RealFft fft;
  std::vector<float> centred;  // [frame_length_samples], scratch
  std::vector<float> padded;   // [fft_size], scratch; zero behind the window
  std::vector<float> power;    // [fft_size / 2 + 1], scratch
};

LogMel::LogMel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LogMel::~LogMel() = default;

absl::StatusOr<std::unique_ptr<LogMel>> LogMel::Create(
    const FrontendOptions& options) {
  if (absl::Status status = Validate(options); !status.ok()) return status;
  const int fft_size = NextPowerOfTwo(options.frame_length_samples());
  absl::StatusOr<MelBank> bank =
      MelBank::Create({.bins = options.mel_bins,
                       .fft_size = fft_size,
                       .sample_rate_hz = options.sample_rate_hz,
                       .low_hz = options.mel_low_hz,
                       .high_hz = options.mel_high_hz});
  if (!bank.ok()) return bank.status();
  return std::unique_ptr<LogMel>(
      new LogMel(std::make_unique<Impl>(options, *std::move(bank), fft_size)));
}

void LogMel::Compute(absl::Span<const float> window, absl::Span<float> frame) {
  Impl& m = *impl_;
  const size_t length = m.window.size();
  assert(window.size() == length);
  double sum = 0.0;
  for (const float sample : window) sum += sample;
  const float mean = static_cast<float>(sum / static_cast<double>(length));
  for (size_t i = 0; i < length; ++i) m.centred[i] = window[i] - mean;
  // As Kaldi's Preemphasize(): the first sample has no predecessor in the
  // window and takes itself.
  m.padded[0] = (m.centred[0] - m.preemphasis * m.centred[0]) * m.window[0];
  for (size_t i = 1; i < length; ++i) {
    m.padded[i] =
        (m.centred[i] - m.preemphasis * m.centred[i - 1]) * m.window[i];
  }
  m.fft.PowerSpectrum(m.padded, absl::MakeSpan(m.power));
  m.bank.Apply(m.power, frame);
  for (float& value : frame) value = std::log(std::max(value, m.energy_floor));
}

}  // namespace oido::features
