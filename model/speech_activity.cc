// Thresholds the blank's probability, with hysteresis.
#include "model/speech_activity.h"

#include <algorithm>
#include <cmath>

namespace oido::model {

std::optional<SpeechChange> SpeechActivity::Advance(float blank_log_prob) {
  const float blank = std::exp(blank_log_prob);
  const int64_t step = steps_++;
  if (blank < (speaking_ ? kGoOnBlank : kStartBlank)) {
    speech_end_ = steps_;
    if (speaking_) return std::nullopt;
    speaking_ = true;
    return SpeechChange{SpeechChange::Kind::kStart, At(step)};
  }
  if (!speaking_ || silence_ms() < kHangoverMs) return std::nullopt;
  speaking_ = false;
  return SpeechChange{SpeechChange::Kind::kEnd, At(speech_end_)};
}

std::optional<SpeechChange> SpeechActivity::Finish() const {
  if (!speaking_) return std::nullopt;
  return SpeechChange{SpeechChange::Kind::kEnd, At(speech_end_)};
}

int64_t SpeechActivity::At(int64_t step) const {
  return std::max<int64_t>(0, step * step_ms_ - delay_ms_);
}

}  // namespace oido::model
