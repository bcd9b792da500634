// What happens in a stream beside words: speech starts and ends, the stream is
// over.
#ifndef OIDO_SERVER_SPEECH_EVENTS_H_
#define OIDO_SERVER_SPEECH_EVENTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "model/bundle.h"
#include "model/speech_activity.h"
#include "server/update.h"

namespace oido::server {

// What a request asks for. Times are of audio, 0: off.
struct SpeechRules {
  bool events = false;  // of speech that starts and ends
  bool single_utterance = false;
  int start_timeout_ms = 0;
  int end_timeout_ms = 0;
};

// One stream's. One thread at a time.
class SpeechWatch {
 public:
  SpeechWatch(const SpeechRules& rules, const model::DecoderOptions& timing)
      : rules_(rules), timing_(timing), activity_(Activity()) {}

  // One model step; its blank's ln P.
  void Advance(float blank_log_prob);
  // The same, of the padding behind audio that ended at `audio_end_ms` of the
  // stream: no timeout runs there.
  void AdvancePadding(float blank_log_prob, int64_t audio_end_ms);
  // The decoder has ended an utterance, not in the padding.
  void Endpoint();
  // The audio ends here and starts anew at `begin_ms` of the stream; it ended
  // at the same time.
  void Restart(int64_t begin_ms);

  // Nothing more is to be recognised.
  bool over() const { return over_; }
  std::vector<SpeechEvent> TakeEvents();

 private:
  model::SpeechActivity Activity() const {
    return {timing_.step_ms, timing_.emission_delay_ms};
  }
  void Tell(const std::optional<model::SpeechChange>& change, int64_t limit_ms);
  void End(SpeechEvent::Kind kind);

  SpeechRules rules_;
  model::DecoderOptions timing_;
  model::SpeechActivity activity_;
  int64_t begin_ms_ = 0;
  bool had_speech_ = false;  // since begin_ms_
  bool over_ = false;
  std::vector<SpeechEvent> events_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SPEECH_EVENTS_H_
