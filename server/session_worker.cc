// The side of a session that the worker with the lease sees.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/session.h"

namespace oido::server {
namespace {

// While steps of the same audio wait, an interim only at every so many steps:
// the next would soon replace it, and each costs a message.
constexpr int kInterimSteps = 4;

}  // namespace

bool Session::Lease() {
  MutexLock lock(mutex_);
  if (!active()) {
    place_ = Place::kIdle;
    return false;
  }
  place_ = Place::kLeased;
  return true;
}

bool Session::PrepareStep(Workbench& bench, absl::Span<float> step) {
  const bool ready = Prepare(bench);
  if (ready) recognizer_->PopStep(step);
  return ready;
}

absl::Span<const float> Session::PrepareWindow(Workbench& bench) {
  if (!Prepare(bench)) return {};
  return recognizer_->window();
}

// True: the model has something to do.
bool Session::Prepare(Workbench& bench) {
  const absl::Duration begin = clock_->Now();
  timing_ = Latency{};
  const bool ready = ConsumeInput(bench, Take::kAnything);
  timing_.features = clock_->Now() - begin;
  spent_ += timing_.features;
  return ready;
}

void Session::FinishStep(absl::Span<const float> log_probs,
                         absl::Duration model_time, int batch_size,
                         Workbench& bench) {
  const absl::Duration begin = clock_->Now();
  std::vector<Result> finals;
  recognizer_->Advance(log_probs, bench, finals);
  timing_.model = model_time;
  timing_.decode = clock_->Now() - begin;
  spent_ += timing_.decode + model_time / batch_size;
  ++unpublished_steps_;
  Publish(finals);
  // Whatever was to end it, it ends here and in order.
  if (recognizer_->over()) ending_with_ = absl::OkStatus();
  // What needs no further step need not wait for another turn.
  ConsumeInput(bench, Take::kControls);
}

GivenBack Session::GiveBack() {
  GivenBack result;
  MutexLock lock(mutex_);
  const absl::Duration now = clock_->Now();
  stats_.processing += std::exchange(spent_, absl::ZeroDuration());
  const bool over = ending_with_.has_value() && !recognizer_->ending();
  if (active() && over) EndWith(PhaseEvent::kRecognized, *ending_with_);
  result.again = active() && (recognizer_->has_step() ||
                              recognizer_->has_more_audio() ||
                              recognizer_->ending() || !inbox_.empty());
  if (active() && (!result.again || unpublished_steps_ >= kInterimSteps)) {
    unpublished_steps_ = 0;
    PublishInterim();
  }
  if (active() && outbox_.bytes() > limits_.outbox_bytes) {
    EndWith(PhaseEvent::kFailed,
            absl::ResourceExhaustedError(
                absl::StrCat("results that were not read: ", outbox_.bytes(),
                             " bytes, more than ", limits_.outbox_bytes)));
  }
  if (live_ && Ahead(now) <= kPromptAhead) result.waited = now - arrival_;
  place_ = Place::kIdle;
  result.wake = std::exchange(wake_, false) || !active();
  if (!active()) {
    result.again = false;
    FreeInput();
    return result;
  }
  recognizer_bytes_ = recognizer_->size_bytes();
  last_activity_ = now;
  if (result.again) SetQueued(now);
  return result;
}

std::optional<InboxItem> Session::TakeItem(Take take) {
  MutexLock lock(mutex_);
  if (!active() || inbox_.empty()) return std::nullopt;
  if (take == Take::kControls &&
      inbox_.front_kind() == InboxItem::Kind::kAudio) {
    return std::nullopt;
  }
  const bool was_full = inbox_.bytes() >= limits_.inbox_bytes;
  InboxItem item = inbox_.Pop();
  if (was_full && inbox_.bytes() < limits_.inbox_bytes) wake_ = true;
  return item;
}

// True: a model step, or a window, is ready.
bool Session::ConsumeInput(Workbench& bench, Take take) {
  while (!recognizer_->has_step()) {
    if (!ending_with_.has_value() && recognizer_->has_more_audio()) {
      if (take == Take::kControls) return false;
      TakeAudio(recognizer_->AcceptMoreAudio(bench), bench);
      continue;
    }
    if (recognizer_->ending()) {
      std::vector<Result> finals;
      recognizer_->CompleteUtterance(finals);
      Publish(finals);
    }
    if (ending_with_.has_value()) return false;
    std::optional<InboxItem> item = TakeItem(take);
    if (!item.has_value()) return false;
    Handle(*std::move(item), bench);
  }
  return true;
}

// Past the longest audio, what came before still gets its final result; bytes
// that are no audio end the stream on the spot.
void Session::TakeAudio(absl::Status status, Workbench& bench) {
  if (status.ok()) return;
  ending_with_ = status;
  if (absl::IsOutOfRange(status)) {
    recognizer_->EndUtterance(features::AudioEnd::kUtterance, bench)
        .IgnoreError();
  }
}

void Session::Handle(InboxItem item, Workbench& bench) {
  switch (item.kind) {
    case InboxItem::Kind::kAudio: {
      arrival_ = item.arrival;
      TakeAudio(recognizer_->AcceptAudio(item.data, bench), bench);
      return;
    }
    case InboxItem::Kind::kFinalize: {
      const absl::Status status =
          recognizer_->EndUtterance(features::AudioEnd::kUtterance, bench);
      if (!status.ok()) ending_with_ = status;
      return;
    }
    case InboxItem::Kind::kMarker: {
      MutexLock lock(mutex_);
      if (active()) outbox_.AddMarker(std::move(item.data));
      wake_ = true;
      return;
    }
    case InboxItem::Kind::kEnd: {
      const absl::Status status =
          recognizer_->EndUtterance(features::AudioEnd::kStream, bench);
      ending_with_ = item.end_status.ok() ? status : item.end_status;
      return;
    }
  }
}

void Session::Publish(std::vector<Result>& finals) {
  const double rate_hz = recognizer_->model_rate_hz();
  MutexLock lock(mutex_);
  if (!active()) return;
  stats_.audio = absl::Seconds(
      static_cast<double>(recognizer_->samples_processed()) / rate_hz);
  audio_decoded_ = absl::Seconds(
      static_cast<double>(recognizer_->samples_decoded()) / rate_hz);
  newest_arrival_ = arrival_;
  turn_ = timing_;
  for (Result& result : finals) {
    ++stats_.finals;
    stats_.words += static_cast<int64_t>(result.hypothesis.words.size());
    outbox_.AddFinal(std::move(result));
    interim_fingerprint_ = 0;
    wake_ = true;
  }
  for (const SpeechEvent& event : recognizer_->TakeEvents()) {
    outbox_.AddEvent(event);
    wake_ = true;
  }
}

void Session::PublishInterim() {
  if (!interim_results_) return;
  const uint64_t fingerprint = recognizer_->InterimFingerprint();
  if (fingerprint == 0 || fingerprint == interim_fingerprint_) return;
  interim_fingerprint_ = fingerprint;
  outbox_.SetInterim(recognizer_->Interim());
  wake_ = true;
}

}  // namespace oido::server
