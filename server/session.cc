// The sides of a session that the transport and the registry see.
#include "server/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace oido::server {
namespace {

// A stream without audio for so long is idle.
constexpr absl::Duration kActive = absl::Seconds(2);

// A microphone's audio comes as fast as it is spoken; clients join a little of
// it to a message and may send what was said while they connected. More than
// this ahead is a recording.
constexpr absl::Duration kLiveAhead = absl::Milliseconds(1500);

// What a client is ahead melts at this rate, so that one who began with a
// recording and goes on live is soon taken for live.
constexpr double kMelting = 1.2;

// Of the client's audio, where its format does not tell: what is usual, until
// the first of it is decoded.
double UsualBytesPerSecond(features::AudioEncoding encoding) {
  switch (encoding) {
    case features::AudioEncoding::kFlac:
      return 18000.0;
    case features::AudioEncoding::kOggOpus:
      return 4000.0;
    default:
      return 32000.0;  // LINEAR16 at 16 kHz
  }
}

// 0: only decoding will tell.
double BytesPerSecondOf(const features::AudioFormat& format) {
  return static_cast<double>(features::BytesPerSample(format.encoding)) *
         format.sample_rate_hz * std::max(1, format.channels);
}

}  // namespace

Session::Session(const SessionLimits& limits, const Clock* clock,
                 ReadyQueue* ready, std::shared_ptr<Transport> transport)
    : limits_(limits),
      clock_(clock),
      ready_(ready),
      transport_(std::move(transport)),
      last_activity_(clock->Now()) {}

absl::Status Session::Configure(const SessionConfig& config) {
  MutexLock lock(mutex_);
  const bool awaited = phase_ == Phase::kAwaitingConfig;
  if (!Apply(PhaseEvent::kConfig) || !awaited) return end_status_;
  auto recognizer =
      Recognizer::Create(config.model, config.format, config.decoding,
                         limits_.max_audio_seconds, config.speech);
  if (!recognizer.ok()) {
    EndWith(PhaseEvent::kFailed, recognizer.status());
    return end_status_;
  }
  recognizer_ = *std::move(recognizer);
  recognizer_bytes_ = recognizer_->size_bytes();
  model_ = config.model;
  use_ = config.use;
  interim_results_ = config.interim_results;
  last_activity_ = last_audio_ = clock_->Now();
  format_ = config.format;
  return absl::OkStatus();
}

void Session::PushAudio(std::string bytes) {
  Push({.kind = InboxItem::Kind::kAudio, .data = std::move(bytes)},
       PhaseEvent::kInput);
}

void Session::PushFinalize() {
  Push({.kind = InboxItem::Kind::kFinalize}, PhaseEvent::kInput);
}

void Session::PushMarker(std::string id) {
  Push({.kind = InboxItem::Kind::kMarker, .data = std::move(id)},
       PhaseEvent::kInput);
}

void Session::HalfClose() {
  Push({.kind = InboxItem::Kind::kEnd}, PhaseEvent::kHalfClose);
}

void Session::Fail(absl::Status status) {
  MutexLock lock(mutex_);
  if (phase_ == Phase::kAwaitingConfig || active()) {
    EndWith(PhaseEvent::kFailed, std::move(status));
  }
}

void Session::Cancel() {
  MutexLock lock(mutex_);
  if (phase_ != Phase::kFinished) {
    EndWith(PhaseEvent::kCancelled,
            absl::CancelledError("the client has gone"));
  }
  outbox_.Clear();
}

bool Session::WantsInput() const {
  MutexLock lock(mutex_);
  return (phase_ == Phase::kAwaitingConfig || phase_ == Phase::kStreaming) &&
         inbox_.bytes() < limits_.inbox_bytes;
}

std::optional<Update> Session::TakeUpdate() {
  MutexLock lock(mutex_);
  if (outbox_.empty()) return std::nullopt;
  Update update = outbox_.Pop();
  update.audio_processed = stats_.audio;
  update.audio_received = AudioReceived();
  update.latency = turn_;
  const absl::Duration now = clock_->Now();
  update.live = use_ == ModelUse::kStream && Ahead(now) <= kPromptAhead;
  const absl::Duration spent = turn_.features + turn_.model + turn_.decode;
  update.latency.queue =
      std::max(absl::ZeroDuration(), now - newest_arrival_ - spent);
  if (phase_ == Phase::kDelivering) last_activity_ = now;
  return update;
}

std::optional<absl::Status> Session::TakeEnd() {
  MutexLock lock(mutex_);
  if (phase_ == Phase::kDelivering && outbox_.empty())
    Apply(PhaseEvent::kDelivered);
  if (phase_ != Phase::kFinished || end_taken_) return std::nullopt;
  end_taken_ = true;
  return end_status_;
}

void Session::Expire(absl::Status status) {
  {
    MutexLock lock(mutex_);
    if (phase_ != Phase::kAwaitingConfig) {
      // Under the mutex: once Cancel has had it, the queue may be gone.
      if (Accept(
              {.kind = InboxItem::Kind::kEnd, .end_status = std::move(status)},
              PhaseEvent::kHalfClose)) {
        ready_->Enqueue(shared_from_this());
      }
      return;
    }
    EndWith(PhaseEvent::kFailed, std::move(status));
  }
  transport_->Wake();
}

absl::Duration Session::Sweep(absl::Duration now, absl::Duration timeout) {
  bool unread = false;
  {
    MutexLock lock(mutex_);
    // A half-closed stream is the workers' to finish, as is one with work left.
    const bool busy = phase_ == Phase::kHalfClosed ||
                      (phase_ == Phase::kStreaming &&
                       (place_ != Place::kIdle || !inbox_.empty()));
    if (busy) return now + timeout;
    if (now - last_activity_ < timeout) return last_activity_ + timeout;
    unread = phase_ == Phase::kDelivering || phase_ == Phase::kFinished;
  }
  if (unread) {
    transport_->Abort();
  } else {
    Expire(absl::OutOfRangeError(
        absl::StrCat("Audio Timeout Error: nothing came for ",
                     absl::ToInt64Seconds(timeout), " seconds.")));
  }
  return now + timeout;
}

SessionStats Session::Stats() const {
  MutexLock lock(mutex_);
  SessionStats stats = stats_;
  stats.status = end_status_;
  return stats;
}

size_t Session::inbox_bytes() const {
  MutexLock lock(mutex_);
  return inbox_.bytes();
}

size_t Session::size_bytes() const {
  MutexLock lock(mutex_);
  return sizeof(*this) + inbox_.bytes() + outbox_.bytes() + recognizer_bytes_;
}

// False: `event` is an error of the client's, which has ended the session.
bool Session::Apply(PhaseEvent event) {
  absl::StatusOr<Phase> next = NextPhase(phase_, event);
  if (!next.ok()) {
    EndWith(PhaseEvent::kFailed, next.status());
    return false;
  }
  if (*next != phase_) last_activity_ = clock_->Now();
  phase_ = *next;
  return true;
}

void Session::EndWith(PhaseEvent event, absl::Status status) {
  end_status_ = std::move(status);
  Apply(event);
  FreeInput();
}

void Session::FreeInput() {
  inbox_.Clear();
  if (place_ == Place::kLeased) return;  // GiveBack does it
  recognizer_.reset();
  recognizer_bytes_ = 0;
}

void Session::Push(InboxItem item, PhaseEvent event) {
  {
    MutexLock lock(mutex_);
    if (!Accept(std::move(item), event)) return;
  }
  ready_->Enqueue(shared_from_this());
}

bool Session::Accept(InboxItem item, PhaseEvent event) {
  if (phase_ != Phase::kAwaitingConfig && phase_ != Phase::kStreaming)
    return false;
  if (!Apply(event)) return false;
  item.arrival = last_activity_ = clock_->Now();
  if (item.kind == InboxItem::Kind::kAudio) {
    if (AheadOfRate(item.data.size(), last_activity_) > kBurst) {
      // What came before is still recognised.
      return Accept({.kind = InboxItem::Kind::kEnd, .end_status = TooFast()},
                    PhaseEvent::kHalfClose);
    }
    CountArrival(item.data.size());
  }
  inbox_.Push(std::move(item));
  if (place_ != Place::kIdle || inbox_.empty()) return false;
  SetQueued(last_activity_);
  return true;
}

absl::Duration Session::AheadOfRate(size_t bytes, absl::Duration now) {
  if (limits_.max_bytes_per_second == 0 || use_ != ModelUse::kStream)
    return absl::ZeroDuration();
  paid_until_ =
      std::max(paid_until_, now) +
      absl::Seconds(static_cast<double>(bytes) / limits_.max_bytes_per_second);
  return paid_until_ - now;
}

absl::Status Session::TooFast() const {
  return absl::OutOfRangeError(
      absl::StrCat("Audio data is being streamed too fast: more than ",
                   absl::ToInt64Seconds(kBurst), " seconds ahead of ",
                   limits_.max_bytes_per_second,
                   " bytes a second (max_stream_bytes_per_second)."));
}

void Session::SetQueued(absl::Duration now) {
  place_ = Place::kQueued;
  live_ = use_ == ModelUse::kStream && Ahead(now) <= kLiveAhead;
}

void Session::CountArrival(size_t bytes) {
  audio_bytes_received_ += static_cast<int64_t>(bytes);
  ahead_ = Ahead(last_activity_) +
           absl::Seconds(static_cast<double>(bytes) / BytesPerSecond());
  last_audio_ = last_activity_;
}

double Session::BytesPerSecond() const {
  if (const double known = BytesPerSecondOf(format_); known > 0) return known;
  const double decoded = absl::ToDoubleSeconds(audio_decoded_);
  const auto bytes = static_cast<double>(audio_bytes_received_) -
                     static_cast<double>(inbox_.audio_bytes());
  return decoded > 0 && bytes > 0 ? bytes / decoded
                                  : UsualBytesPerSecond(format_.encoding);
}

absl::Duration Session::Ahead(absl::Duration now) const {
  return std::max(absl::ZeroDuration(),
                  ahead_ - kMelting * (now - last_audio_));
}

std::shared_ptr<const LoadedModel> Session::ActiveModel(
    absl::Duration now) const {
  MutexLock lock(mutex_);
  if (!active() || model_ == nullptr || use_ != ModelUse::kStream ||
      now - last_audio_ >= kActive) {
    return nullptr;
  }
  return model_;
}

absl::Duration Session::AudioReceived() const {
  double seconds = absl::ToDoubleSeconds(audio_decoded_);
  if (seconds > 0 || BytesPerSecondOf(format_) > 0)
    seconds = static_cast<double>(audio_bytes_received_) / BytesPerSecond();
  return std::max(absl::Seconds(seconds), stats_.audio);
}

}  // namespace oido::server
