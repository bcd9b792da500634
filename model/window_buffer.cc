// Keeps the steps of one window and shifts them along.
#include "model/window_buffer.h"

#include <algorithm>

namespace oido::model {

WindowOptions DefaultWindows(int step_size, int step_ms) {
  WindowOptions options;
  options.step_size = step_size;
  options.window_steps = std::max(1, kWindowMs / step_ms);
  options.context_steps = kContextMs / step_ms;
  return options;
}

WindowBuffer::WindowBuffer(const WindowOptions& options) : options_(options) {}

absl::Span<float> WindowBuffer::AddStep() {
  const size_t size = static_cast<size_t>(options_.step_size);
  // Doubles up to the window's size and not beyond, so that short recordings
  // cost little.
  if (inputs_.size() == inputs_.capacity()) {
    inputs_.reserve(std::min(std::max(2 * inputs_.size(), 64 * size),
                             size * options_.window_steps));
  }
  inputs_.resize(inputs_.size() + size);
  return absl::MakeSpan(inputs_).last(size);
}

void WindowBuffer::Advance() {
  const int kept = 2 * options_.context_steps;
  const auto size = static_cast<std::ptrdiff_t>(options_.step_size);
  inputs_.erase(inputs_.begin(), inputs_.end() - kept * size);
  first_ = options_.context_steps;
}

void WindowBuffer::Reset() {
  inputs_.clear();
  inputs_.shrink_to_fit();
  first_ = 0;
}

}  // namespace oido::model
