// Changes the rate of one stream's samples.
#ifndef OIDO_FEATURES_RESAMPLER_H_
#define OIDO_FEATURES_RESAMPLER_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace oido::features {

// Streaming, linear phase, aligned in time (output sample n is at time
// n / output rate). Output does not depend on how the input was cut, to the
// bit. At equal rates samples pass through as they are, without delay.
//
// To 16 kHz, output lags behind input by at most 28 ms from 8 kHz, 21 ms from
// 44.1 kHz and 19 ms from 48 kHz, on average by half of that, because soxr
// works in blocks (tests/unit/resampler_test.cc checks these). To get there,
// soxr's 15-bit filters are used with a passband (to 0.2 dB) of 82 % of half
// the rate when going up and 86 % when going down, and its smallest FFT blocks;
// its own recipes with a passband this wide take 40 to 118 ms.
//
// One thread at a time.
class Resampler {
 public:
  // INTERNAL if soxr refuses. REQUIRES: both rates > 0.
  static absl::StatusOr<std::unique_ptr<Resampler>> Create(int input_rate_hz,
                                                           int output_rate_hz);
  ~Resampler();

  // Appends to `output` what `input` completes.
  absl::Status Process(absl::Span<const float> input,
                       std::vector<float>* output);

  // The input ends here: appends the rest, so that the output is as long as the
  // input. Only the destructor may follow.
  absl::Status Finish(std::vector<float>* output);

  // Bytes held, this object included; an upper estimate for what soxr holds.
  size_t size_bytes() const;

 private:
  struct Impl;
  explicit Resampler(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_RESAMPLER_H_
