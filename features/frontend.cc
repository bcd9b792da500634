// Turns one stream's samples, cut anywhere, into normalised, stacked model
// inputs.
#include "features/frontend.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace oido::features {

Frontend::Frontend(std::shared_ptr<const FrontendOptions> options)
    : options_(std::move(options)),
      window_(options_->frame_length_samples()),
      frames_(options_->step_size()) {}

void Frontend::AcceptWaveform(absl::Span<const float> samples,
                              LogMel& log_mel) {
  utterance_samples_ += samples.size();
  if (steps_.empty()) {
    const size_t stride = options_->stride_frames * options_->hop_samples();
    steps_.reserve((samples.size() / stride + 1) * options_->step_size());
  }
  while (!samples.empty()) {
    const size_t count =
        std::min(samples.size(), window_.size() - window_fill_);
    std::copy_n(samples.begin(), count, window_.begin() + window_fill_);
    window_fill_ += count;
    samples.remove_prefix(count);
    if (window_fill_ == window_.size()) AddFrame(log_mel);
  }
}

void Frontend::Flush(int padding_ms, LogMel& log_mel) {
  assert(padding_ms >= 0);
  if (utterance_samples_ == 0) return;
  const size_t padding =
      static_cast<size_t>(options_->sample_rate_hz / 1000) * padding_ms;
  // The first step covers `first` samples, each further one `stride` more.
  const size_t hop = options_->hop_samples();
  const size_t first = (options_->stacked_frames - 1) * hop + window_.size();
  const size_t stride = options_->stride_frames * hop;
  const size_t samples = utterance_samples_ + padding;
  size_t covered = first;
  if (samples > first)
    covered += (samples - first + stride - 1) / stride * stride;
  const std::vector<float> silence(stride, 0.0f);
  for (size_t left = covered - utterance_samples_; left > 0;) {
    const size_t count = std::min(left, silence.size());
    AcceptWaveform(absl::MakeConstSpan(silence).first(count), log_mel);
    left -= count;
  }
  BeginUtterance();
}

void Frontend::AddFrame(LogMel& log_mel) {
  const size_t bins = options_->mel_bins;
  const absl::Span<float> frame =
      absl::MakeSpan(frames_).subspan(frames_fill_ * bins, bins);
  log_mel.Compute(window_, frame);
  Normalise(frame);
  std::copy(window_.begin() + options_->hop_samples(), window_.end(),
            window_.begin());
  window_fill_ -= options_->hop_samples();
  if (++frames_fill_ < options_->stacked_frames) return;
  steps_.insert(steps_.end(), frames_.begin(), frames_.end());
  std::copy(frames_.begin() + options_->stride_frames * bins, frames_.end(),
            frames_.begin());
  frames_fill_ -= options_->stride_frames;
}

void Frontend::Normalise(absl::Span<float> frame) const {
  if (options_->mean.empty()) return;
  for (size_t i = 0; i < frame.size(); ++i) {
    frame[i] = (frame[i] - options_->mean[i]) * options_->inverse_stddev[i];
  }
}

size_t Frontend::steps_ready() const {
  return steps_.size() / options_->step_size() - steps_taken_;
}

void Frontend::PopStep(absl::Span<float> step) {
  assert(steps_ready() > 0);
  assert(step.size() == static_cast<size_t>(options_->step_size()));
  std::copy_n(steps_.begin() + steps_taken_ * step.size(), step.size(),
              step.begin());
  ++steps_taken_;
  if (steps_ready() > 0) return;
  steps_taken_ = 0;
  std::vector<float>().swap(steps_);  // a stream between messages has none
}

void Frontend::BeginUtterance() {
  window_fill_ = 0;
  frames_fill_ = 0;
  utterance_samples_ = 0;
}

void Frontend::Reset() {
  BeginUtterance();
  steps_taken_ = 0;
  std::vector<float>().swap(steps_);
}

size_t Frontend::size_bytes() const {
  return sizeof(*this) +
         (window_.capacity() + frames_.capacity() + steps_.capacity()) *
             sizeof(float);
}

}  // namespace oido::features
