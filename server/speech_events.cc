// Steps in, events out.
#include "server/speech_events.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace oido::server {

void SpeechWatch::Advance(float blank_log_prob) {
  Tell(activity_.Advance(blank_log_prob), std::numeric_limits<int64_t>::max());
  if (over_) return;
  had_speech_ = had_speech_ || activity_.speaking();
  if (!had_speech_ && rules_.start_timeout_ms > 0 &&
      activity_.time_ms() >= rules_.start_timeout_ms) {
    End(SpeechEvent::Kind::kStartTimeout);
  }
  if (had_speech_ && !activity_.speaking() && rules_.end_timeout_ms > 0 &&
      activity_.silence_ms() >= rules_.end_timeout_ms) {
    End(SpeechEvent::Kind::kEndTimeout);
  }
}

void SpeechWatch::AdvancePadding(float blank_log_prob, int64_t audio_end_ms) {
  Tell(activity_.Advance(blank_log_prob), audio_end_ms);
}

void SpeechWatch::Endpoint() {
  if (rules_.single_utterance && !over_)
    End(SpeechEvent::Kind::kEndOfSingleUtterance);
}

void SpeechWatch::Restart(int64_t begin_ms) {
  Tell(activity_.Finish(), begin_ms);
  activity_ = Activity();
  begin_ms_ = begin_ms;
  had_speech_ = false;
}

std::vector<SpeechEvent> SpeechWatch::TakeEvents() {
  return std::exchange(events_, {});
}

void SpeechWatch::Tell(const std::optional<model::SpeechChange>& change,
                       int64_t limit_ms) {
  if (!rules_.events || !change.has_value()) return;
  const bool start = change->kind == model::SpeechChange::Kind::kStart;
  events_.push_back(
      {start ? SpeechEvent::Kind::kStart : SpeechEvent::Kind::kEnd,
       std::min(begin_ms_ + change->time_ms, limit_ms)});
}

void SpeechWatch::End(SpeechEvent::Kind kind) {
  over_ = true;
  events_.push_back({kind, begin_ms_ + activity_.time_ms()});
}

}  // namespace oido::server
