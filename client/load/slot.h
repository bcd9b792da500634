// One of N places that speak at the same time: opens streams, paces their
// audio, measures the answers.
#ifndef OIDO_CLIENT_LOAD_SLOT_H_
#define OIDO_CLIENT_LOAD_SLOT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/load/audio_pool.h"
#include "client/load/emission_tracker.h"
#include "client/load/load_settings.h"
#include "client/load/recorder.h"
#include "client/load/schedule.h"
#include "client/load/transcript_tracker.h"
#include "client/load/transport.h"

namespace oido::load {

// What all places of a run share; outlives them.
struct SlotContext {
  const LoadSettings& settings;
  const std::vector<Recording>& recordings;
  Transport& transport;
  Timers& timers;
  Recorder& recorder;
};

// A message is due when its last sample has been spoken, as from a microphone,
// and latencies count from there: a message sent late does not shorten them.
class Slot : public StreamListener {
 public:
  // Its first stream opens `plan.start` after `run_start`.
  Slot(const SlotContext& context, size_t index, const StreamPlan& plan,
       absl::Duration run_start);
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  // Its timer went off.
  void OnTimer();
  // Ends the audio where it is; no new stream follows.
  void Stop();
  // Ends the stream as failed, if there is one, at once.
  void GiveUp(const absl::Status& status);
  // Ends the stream at once and counts nothing.
  void Drop();
  // Stopped, and without a stream.
  bool idle() const { return stream_ == nullptr; }

  void OnHeard(const Heard& heard) override;
  void OnEnd(const absl::Status& status) override;

 private:
  enum class Audio {
    kFlowing,
    kComplete,  // the recording was sent to its end
    kCut,       // the run ended before
  };

  const LoadSettings& settings() const { return context_.settings; }
  absl::Duration DueAfter(size_t bytes) const;
  size_t MessageSize() const;
  bool ProbeFollows(int64_t message) const;
  void Open(absl::Duration origin);
  void SendDueMessages();
  void SendMessage(absl::Duration now);
  void EndRecording();
  void HearResults(const Heard& heard, absl::Duration now);
  void RecordEnd(const absl::Status& status, absl::Duration now);
  void RecordUnanswered(absl::Duration now);
  void Score(const absl::Status& status);
  void RecordEmissions();
  void Rest(absl::Duration now, const absl::Status& status);

  const SlotContext context_;
  const size_t index_;
  const int probe_offset_;
  std::minstd_rand random_;
  size_t next_recording_;
  int64_t opened_ = 0;
  bool stopped_ = false;

  // Of the stream that is open.
  LoadStream* stream_ = nullptr;
  const Recording* recording_ = nullptr;
  Audio audio_ = Audio::kFlowing;
  absl::Duration origin_;  // when its first sample is spoken
  size_t message_bytes_ = 0;
  size_t position_ = 0;     // in the recording, in bytes
  size_t sent_bytes_ = 0;   // on the stream
  int64_t messages_ = 0;    // sent
  int64_t unanswered_ = 0;  // the first message whose probe may be under way
  bool heard_ = false;      // anything
  std::optional<absl::Duration> final_heard_;  // after the end of the audio
  TranscriptTracker transcript_;
  EmissionTracker emissions_;  // where the times of words are known
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_SLOT_H_
