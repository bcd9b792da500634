// Cuts a recording of any length into overlapping windows of bounded size.
#ifndef OIDO_MODEL_WINDOW_BUFFER_H_
#define OIDO_MODEL_WINDOW_BUFFER_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace oido::model {

// A bidirectional model sees a recording through windows of this much audio...
inline constexpr int kWindowMs = 32000;
// ...of which this much at either end, unless the recording ends there, is only
// context: its outputs are thrown away. What lies so far off hardly moves
// an LSTM's output: fractions of a second are enough in published work
// (latency-controlled bidirectional LSTMs, Zhang et al., arXiv:1510.08983), so
// four seconds are ample. They cost a third more work: of 32 s 24 s count.
inline constexpr int kContextMs = 4000;

struct WindowOptions {
  int step_size = 0;     // floats a step
  int window_steps = 0;  // > 2 * context_steps
  int context_steps = 0;
};

// kWindowMs and kContextMs in steps of `step_ms`, rounded down; at least a
// window of 1 step.
WindowOptions DefaultWindows(int step_size, int step_ms);

// The window that is being filled: at most window_steps * step_size floats.
// Over all windows of a recording each step counts in exactly one, with
// context_steps at either side where the recording has them; a recording of up
// to window_steps is one window. Which step is in which window depends on the
// recording's length alone. One thread at a time.
//
//   for each step: if full(), {run inputs(); Advance();} AddStep();
//   in the end: if !empty(), {run inputs(); take what counts(); Reset();}
class WindowBuffer {
 public:
  explicit WindowBuffer(const WindowOptions& options);

  // Where the next step goes [step_size]. REQUIRES: !full()
  absl::Span<float> AddStep();

  // No step fits in: if another one comes, this window is not the last one.
  bool full() const { return steps() == options_.window_steps; }
  // No step waits to be run and counted.
  bool empty() const { return steps() == first_; }

  // The window [steps, step_size].
  absl::Span<const float> inputs() const { return inputs_; }

  // Which of the window's steps count: [begin, end).
  struct Range {
    int begin;
    int end;
  };
  Range CountingBeforeMore() const {
    return {first_, steps() - options_.context_steps};
  }
  Range CountingAtTheEnd() const { return {first_, steps()}; }

  // The window was run and more steps follow: keeps what the next one needs.
  // REQUIRES: full()
  void Advance();

  // Ready for another recording.
  void Reset();

  size_t size_bytes() const {
    return sizeof(*this) + inputs_.capacity() * sizeof(float);
  }

 private:
  int steps() const {
    return static_cast<int>(inputs_.size()) / options_.step_size;
  }

  WindowOptions options_;
  std::vector<float> inputs_;  // [steps, step_size]
  int first_ = 0;              // first step that has not counted yet
};

}  // namespace oido::model

#endif  // OIDO_MODEL_WINDOW_BUFFER_H_
