// One stream's state machine between a transport and the scheduler.
#ifndef OIDO_SERVER_SESSION_H_
#define OIDO_SERVER_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "features/audio_decoder.h"
#include "server/clock.h"
#include "server/inbox.h"
#include "server/model_set.h"
#include "server/mutex.h"
#include "server/outbox.h"
#include "server/recognizer.h"
#include "server/session_phase.h"
#include "server/update.h"

namespace oido::server {

class Session;

// The network's end of a session. Called from any thread, without any lock of
// the session or the scheduler held.
class Transport {
 public:
  virtual ~Transport() = default;
  // There may be an update or the end to send, or room for input again.
  virtual void Wake() = 0;
  // Drop the connection: the client does not read.
  virtual void Abort() = 0;
};

// Where a session queues up for a worker.
class ReadyQueue {
 public:
  virtual ~ReadyQueue() = default;
  virtual void Enqueue(std::shared_ptr<Session> session) = 0;
  // At once, so that a worker that wakes up finds them all.
  virtual void EnqueueAll(std::vector<std::shared_ptr<Session>> sessions) {
    for (auto& session : sessions) Enqueue(std::move(session));
  }
};

struct SessionLimits {
  size_t inbox_bytes = 256 << 10;  // reading pauses above
  size_t outbox_bytes =
      1 << 20;  // unread finals and markers: the stream fails above
  int max_audio_seconds = 0;     // 0: no limit
  int max_bytes_per_second = 0;  // of a stream; 0: no limit
};

// What the first message of a stream says, checked.
struct SessionConfig {
  std::shared_ptr<const LoadedModel> model;
  features::AudioFormat format;
  // 0: one session hears the format's channel; else one hears each of so many.
  int separate_channels = 0;
  ModelUse use = ModelUse::kStream;
  bool interim_results = false;
  Decoding decoding;
  SpeechRules speech;
};

// What follows from giving a session back.
struct GivenBack {
  bool again = false;  // there is more to do: enqueue it
  bool wake = false;   // the transport has something to do
  // The client's newest audio that was looked at has waited so long; nullopt:
  // nobody waits for it, or it came faster than it was spoken.
  std::optional<absl::Duration> waited;
};

// Counters for the log.
struct SessionStats {
  absl::Duration audio;       // recognised
  absl::Duration processing;  // a worker's time, a batch's time shared evenly
  int64_t words = 0;          // in final results
  int64_t finals = 0;
  absl::Status status;  // how it ended
};

// Transport calls, worker calls and registry calls may come from different
// threads at once. The worker that holds the lease is alone with the
// recogniser; the mutex guards everything else. No call blocks.
class Session : public std::enable_shared_from_this<Session> {
 public:
  // `clock` outlives the session; `ready` lives until Cancel has returned, and
  // no transport call is under way then.
  Session(const SessionLimits& limits, const Clock* clock, ReadyQueue* ready,
          std::shared_ptr<Transport> transport);

  // --- Transport: input. Calls that the phase forbids, and errors they return,
  // fail the session; after the end of the input they do nothing.
  absl::Status Configure(const SessionConfig& config);
  void PushAudio(std::string bytes);
  void PushFinalize();
  void PushMarker(std::string id);
  void HalfClose();
  // An error of the client's: nothing more is recognised, updates that wait are
  // still sent, then `status`.
  void Fail(absl::Status status);
  // The client is gone: everything is freed, at once or when the worker that is
  // busy with it gives it back.
  void Cancel();

  // --- Transport: output.
  bool WantsInput() const;
  std::optional<Update> TakeUpdate();
  // The final status, once and after the last update was taken.
  std::optional<absl::Status> TakeEnd();

  // --- Registry.
  // Ends the input as if the client had half-closed, with `status` in the end.
  void Expire(absl::Status status);
  // The model that works for the session, if it is a stream that got audio or
  // its configuration in the last seconds; else nullptr.
  std::shared_ptr<const LoadedModel> ActiveModel(absl::Duration now) const;
  // Expires the session if the client has sent nothing for `timeout`, drops it
  // if the client has not read for so long. Returns when to look again.
  absl::Duration Sweep(absl::Duration now, absl::Duration timeout);
  SessionStats Stats() const;
  // Memory held, the recogniser as it was when last given back.
  size_t size_bytes() const;
  size_t inbox_bytes() const;

  // --- Worker (session_worker.cc), in this order.
  // False: the session has ended and leaves the queue.
  bool Lease();
  int model_index() const { return model_->index; }
  bool offline() const { return model_->offline(); }
  // Somebody speaks now; not a recording, as far as one can tell from how fast
  // its audio comes. Told by whoever enqueues the session.
  bool live() const { return live_; }
  // Takes input until a model step is ready and moves it to `step`. False: the
  // input is used up; give back.
  bool PrepareStep(Workbench& bench, absl::Span<float> step);
  model::StreamState& state() { return recognizer_->state(); }
  // As PrepareStep, with an offline model: the window to run it over
  // [steps, input_size], until FinishStep. Empty: the input is used up.
  absl::Span<const float> PrepareWindow(Workbench& bench);
  // `log_probs`: [outputs], or of the window [steps, outputs]. `model_time`: of
  // the whole batch of `batch_size` sessions.
  void FinishStep(absl::Span<const float> log_probs, absl::Duration model_time,
                  int batch_size, Workbench& bench);
  // Publishes. What the result says is for the caller to do.
  [[nodiscard]] GivenBack GiveBack();
  // REQUIRES: GiveBack has asked for it.
  void WakeTransport() { transport_->Wake(); }

 private:
  // kQueued: the scheduler has it; kLeased: a worker is busy with it.
  enum class Place { kIdle, kQueued, kLeased };
  enum class Take { kAnything, kControls };

  // So far a stream may get ahead of max_bytes_per_second.
  static constexpr absl::Duration kBurst = absl::Seconds(10);

  // Audio in larger messages takes its time whatever the load is.
  static constexpr absl::Duration kPromptAhead = absl::Milliseconds(400);

  bool Apply(PhaseEvent event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool active() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return phase_ == Phase::kStreaming || phase_ == Phase::kHalfClosed;
  }
  void EndWith(PhaseEvent event, absl::Status status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FreeInput() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Push(InboxItem item, PhaseEvent event);
  // True: to be enqueued.
  bool Accept(InboxItem item, PhaseEvent event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Duration AudioReceived() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  double BytesPerSecond() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountArrival(size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Audio that the client is ahead of the time in which one speaks it.
  absl::Duration Ahead(absl::Duration now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // So far the stream is ahead of the permitted rate with these bytes.
  absl::Duration AheadOfRate(size_t bytes, absl::Duration now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TooFast() const;
  void SetQueued(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Worker only.
  bool Prepare(Workbench& bench);
  std::optional<InboxItem> TakeItem(Take take);
  bool ConsumeInput(Workbench& bench, Take take);
  void Handle(InboxItem item, Workbench& bench);
  void TakeAudio(absl::Status status, Workbench& bench);
  void Publish(std::vector<Result>& finals);
  void PublishInterim() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SessionLimits limits_;
  const Clock* const clock_;
  ReadyQueue* const ready_;
  const std::shared_ptr<Transport> transport_;
  // Set by Configure, before the first Enqueue.
  std::shared_ptr<const LoadedModel> model_;
  ModelUse use_ = ModelUse::kStream;
  bool interim_results_ = false;
  features::AudioFormat format_;
  // Set with Place::kQueued, read by the thread that sets it.
  bool live_ = false;

  mutable Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kAwaitingConfig;
  Place place_ ABSL_GUARDED_BY(mutex_) = Place::kIdle;
  Inbox inbox_ ABSL_GUARDED_BY(mutex_);
  Outbox outbox_ ABSL_GUARDED_BY(mutex_);
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  bool end_taken_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration last_activity_ ABSL_GUARDED_BY(mutex_);
  absl::Duration last_audio_ ABSL_GUARDED_BY(mutex_);  // or configuration
  absl::Duration ahead_ ABSL_GUARDED_BY(mutex_);       // at last_audio_
  absl::Duration paid_until_ ABSL_GUARDED_BY(mutex_);  // at the permitted rate
  int64_t audio_bytes_received_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t recognizer_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  SessionStats stats_ ABSL_GUARDED_BY(mutex_);
  absl::Duration audio_decoded_ ABSL_GUARDED_BY(mutex_);
  absl::Duration newest_arrival_ ABSL_GUARDED_BY(mutex_);
  Latency turn_
      ABSL_GUARDED_BY(mutex_);  // the newest turn's; queue is not used

  // The lease holder's; others touch it under the mutex and only while the
  // place is not kLeased.
  std::unique_ptr<Recognizer> recognizer_;
  // Worker only.
  std::optional<absl::Status>
      ending_with_;  // input is over; how the stream ends
  bool wake_ = false;
  int unpublished_steps_ = 0;         // since the last look at the interim
  absl::Duration spent_;              // on this session, not yet in stats_
  uint64_t interim_fingerprint_ = 0;  // of the last interim published
  absl::Duration arrival_;
  Latency timing_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SESSION_H_
