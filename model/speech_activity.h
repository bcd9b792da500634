// Where speech starts and ends, as the acoustic model hears it; no clock.
#ifndef OIDO_MODEL_SPEECH_ACTIVITY_H_
#define OIDO_MODEL_SPEECH_ACTIVITY_H_

#include <cstdint>
#include <optional>

namespace oido::model {

struct SpeechChange {
  enum class Kind { kStart, kEnd };
  Kind kind = Kind::kStart;
  int64_t time_ms = 0;  // from the first step
};

// A step is one of speech where a token is likelier than the blank. Tokens are
// spikes with blanks between, so speech goes on until kHangoverMs came without
// even a hint of one: it takes less to go on than to start.
class SpeechActivity {
 public:
  static constexpr int kHangoverMs = 500;
  static constexpr float kStartBlank = 0.5f;  // P(blank) below: speech starts
  static constexpr float kGoOnBlank = 0.9f;   // P(blank) below: it goes on

  // `delay_ms`: how far the model's output is behind the sound. Times are moved
  // back by it, but not before 0.
  SpeechActivity(int step_ms, int delay_ms)
      : step_ms_(step_ms), delay_ms_(delay_ms) {}

  // `blank_log_prob`: ln P of the blank at the next step.
  std::optional<SpeechChange> Advance(float blank_log_prob);
  // The audio ends here; Advance must not follow.
  std::optional<SpeechChange> Finish() const;

  bool speaking() const { return speaking_; }
  int64_t time_ms() const { return steps_ * step_ms_; }
  // Since the last step of speech, or since the start.
  int64_t silence_ms() const { return (steps_ - speech_end_) * step_ms_; }

 private:
  int64_t At(int64_t step) const;

  int step_ms_;
  int delay_ms_;
  int64_t steps_ = 0;
  int64_t speech_end_ = 0;  // behind the last step of speech
  bool speaking_ = false;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_SPEECH_ACTIVITY_H_
