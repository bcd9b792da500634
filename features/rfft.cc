// Owns a KissFFT plan for real input; the only file that includes KissFFT.
#include "features/rfft.h"

#include <kiss_fftr.h>

#include <cassert>
#include <new>
#include <vector>

namespace oido::features {

struct RealFft::Impl {
  struct Free {
    void operator()(kiss_fftr_state* plan) const { kiss_fftr_free(plan); }
  };
  std::unique_ptr<kiss_fftr_state, Free> plan;
  std::vector<kiss_fft_cpx> spectrum;  // [size / 2 + 1]
};

RealFft::RealFft(int size) : size_(size), impl_(std::make_unique<Impl>()) {
  assert(size >= 2 && size % 2 == 0);
  impl_->plan.reset(kiss_fftr_alloc(size, 0, nullptr, nullptr));
  if (impl_->plan == nullptr) throw std::bad_alloc();
  impl_->spectrum.resize(size / 2 + 1);
}

RealFft::~RealFft() = default;

void RealFft::PowerSpectrum(absl::Span<const float> samples,
                            absl::Span<float> power) {
  assert(samples.size() == static_cast<size_t>(size_));
  assert(power.size() == impl_->spectrum.size());
  kiss_fftr(impl_->plan.get(), samples.data(), impl_->spectrum.data());
  for (size_t k = 0; k < power.size(); ++k) {
    const kiss_fft_cpx x = impl_->spectrum[k];
    power[k] = x.r * x.r + x.i * x.i;
  }
}

}  // namespace oido::features
