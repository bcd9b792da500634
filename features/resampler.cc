// Changes the rate of one stream's samples; the only file that includes soxr.
#include "features/resampler.h"

#include <soxr.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace oido::features {
namespace {

// Samples handed to soxr at once; bounds what it buffers.
constexpr size_t kBlockSamples = 1024;

constexpr double kPrecisionBits = 15;  // soxr's least
constexpr double kPassbandUp = 0.82;
constexpr double kPassbandDown = 0.86;
constexpr unsigned kLog2FftSize = 8;  // soxr's least

// soxr does not tell. Measured with mallinfo2() for ten rates from 8 to 48 kHz:
// 54 to 157 kB.
constexpr size_t kSoxrBytes = 160 * 1024;

struct SoxrDelete {
  void operator()(soxr* plan) const { soxr_delete(plan); }
};

}  // namespace

struct Resampler::Impl {
  std::unique_ptr<soxr, SoxrDelete> plan;  // null: equal rates
  std::vector<float> block;               // [kBlockSamples] unless equal

  // Null `input` means its end. Appends until soxr has nothing more to give.
  absl::Status Run(const float* input, size_t count,
                   std::vector<float>* output);
};

Resampler::Resampler(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resampler::~Resampler() = default;

absl::StatusOr<std::unique_ptr<Resampler>> Resampler::Create(
    int input_rate_hz, int output_rate_hz) {
  auto impl = std::make_unique<Impl>();
  if (input_rate_hz != output_rate_hz) {
    impl->block.resize(kBlockSamples);
    const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_LQ, 0);
    quality.precision = kPrecisionBits;
    quality.passband_end =
        input_rate_hz < output_rate_hz ? kPassbandUp : kPassbandDown;
    quality.stopband_begin = 1.0;
    soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    runtime.log2_min_dft_size = kLog2FftSize;
    soxr_error_t error = nullptr;
    impl->plan.reset(soxr_create(input_rate_hz, output_rate_hz, 1, &error, &io,
                                 &quality, &runtime));
    if (error != nullptr || impl->plan == nullptr) {
      return absl::InternalError(absl::StrCat(
          "soxr cannot go from ", input_rate_hz, " to ", output_rate_hz,
          " Hz: ", error != nullptr ? error : "no memory"));
    }
  }
  return std::unique_ptr<Resampler>(new Resampler(std::move(impl)));
}

absl::Status Resampler::Impl::Run(const float* input, size_t count,
                                  std::vector<float>* output) {
  while (true) {
    size_t taken = 0;
    size_t given = 0;
    const soxr_error_t error = soxr_process(plan.get(), input, count, &taken,
                                            block.data(), block.size(), &given);
    if (error != nullptr)
      return absl::InternalError(absl::StrCat("soxr: ", error));
    output->insert(output->end(), block.begin(), block.begin() + given);
    if (input != nullptr) input += taken;
    count -= taken;
    if (count == 0 && given < block.size()) return absl::OkStatus();
    if (taken == 0 && given == 0)
      return absl::InternalError("soxr takes no more samples");
  }
}

absl::Status Resampler::Process(absl::Span<const float> input,
                                std::vector<float>* output) {
  if (impl_->plan == nullptr) {
    output->insert(output->end(), input.begin(), input.end());
    return absl::OkStatus();
  }
  while (!input.empty()) {
    const size_t count = std::min(input.size(), kBlockSamples);
    absl::Status status = impl_->Run(input.data(), count, output);
    if (!status.ok()) return status;
    input.remove_prefix(count);
  }
  return absl::OkStatus();
}

absl::Status Resampler::Finish(std::vector<float>* output) {
  return impl_->plan == nullptr ? absl::OkStatus()
                                : impl_->Run(nullptr, 0, output);
}

size_t Resampler::size_bytes() const {
  return sizeof(*this) + sizeof(Impl) + impl_->block.size() * sizeof(float) +
         (impl_->plan == nullptr ? 0 : kSoxrBytes);
}

}  // namespace oido::features
