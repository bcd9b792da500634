// Implements Slot.
#include "client/load/slot.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/edit_distance.h"

namespace oido::load {

Slot::Slot(const SlotContext& context, size_t index, const StreamPlan& plan,
           absl::Duration run_start)
    : context_(context),
      index_(index),
      probe_offset_(plan.probe_offset),
      random_(static_cast<uint32_t>(context.settings.seed + index)),
      next_recording_(plan.first_recording),
      origin_(run_start + plan.start) {
  context_.timers.Set(index_, origin_);
}

void Slot::OnTimer() {
  if (stream_ == nullptr) return Open(origin_);
  if (audio_ == Audio::kFlowing) return SendDueMessages();
  GiveUp(absl::DeadlineExceededError(
      absl::StrCat("no end of the stream within ",
                   absl::FormatDuration(settings().end_timeout),
                   " after the end of its audio")));
}

void Slot::Stop() {
  stopped_ = true;
  if (stream_ == nullptr) return context_.timers.Cancel(index_);
  if (audio_ != Audio::kFlowing) return;
  audio_ = Audio::kCut;
  stream_->CloseAudio();
  context_.timers.Cancel(index_);
}

void Slot::GiveUp(const absl::Status& status) {
  if (stream_ == nullptr) return;
  stream_->Abandon();
  OnEnd(status);
}

void Slot::Drop() {
  if (stream_ == nullptr) return;
  stream_->Abandon();
  stream_ = nullptr;
  context_.timers.Cancel(index_);
}

// When the last of the stream's first so many bytes is spoken.
absl::Duration Slot::DueAfter(size_t bytes) const {
  return origin_ + LengthOf(recording_->sample_rate_hz, bytes);
}

size_t Slot::MessageSize() const {
  return std::min(message_bytes_, recording_->samples.size() - position_);
}

bool Slot::ProbeFollows(int64_t message) const {
  const int every = settings().probe_every;
  return every > 0 && (message + probe_offset_) % every == 0;
}

void Slot::Open(absl::Duration origin) {
  recording_ =
      &context_.recordings[next_recording_++ % context_.recordings.size()];
  origin_ = origin;
  audio_ = Audio::kFlowing;
  message_bytes_ = MessageBytes(recording_->sample_rate_hz, settings().message);
  position_ = sent_bytes_ = 0;
  messages_ = unanswered_ = 0;
  heard_ = false;
  final_heard_.reset();
  transcript_ = {};
  emissions_ = {};
  StreamSetup setup;
  setup.sample_rate_hz = recording_->sample_rate_hz;
  setup.request_id = absl::StrCat("load-", index_, "-", opened_++);
  context_.recorder.StreamOpened(context_.transport.Now());
  stream_ = context_.transport.Open(setup, this);
  context_.timers.Set(index_, DueAfter(MessageSize()));
}

void Slot::SendDueMessages() {
  const absl::Duration now = context_.transport.Now();
  while (audio_ == Audio::kFlowing &&
         DueAfter(sent_bytes_ + MessageSize()) <= now) {
    SendMessage(now);
  }
  if (stream_->waiting() > settings().max_waiting) {
    return GiveUp(absl::DeadlineExceededError(
        absl::StrCat("the server has not taken the last ", stream_->waiting(),
                     " messages")));
  }
  context_.timers.Set(index_, audio_ == Audio::kFlowing
                                  ? DueAfter(sent_bytes_ + MessageSize())
                                  : now + settings().end_timeout);
}

void Slot::SendMessage(absl::Duration now) {
  const size_t bytes = MessageSize();
  const size_t waiting = stream_->waiting();
  stream_->SendAudio(
      absl::string_view(recording_->samples).substr(position_, bytes));
  position_ += bytes;
  sent_bytes_ += bytes;
  context_.recorder.MessageSent(DueAfter(sent_bytes_), now,
                                LengthOf(recording_->sample_rate_hz, bytes),
                                waiting);
  if (ProbeFollows(messages_)) stream_->SendProbe(messages_);
  ++messages_;
  if (position_ == recording_->samples.size()) EndRecording();
}

void Slot::EndRecording() {
  if (settings().mode == LoadSettings::Mode::kStreamPerRecording) {
    audio_ = Audio::kComplete;
    return stream_->CloseAudio();
  }
  recording_ =
      &context_.recordings[next_recording_++ % context_.recordings.size()];
  position_ = 0;
}

void Slot::OnHeard(const Heard& heard) {
  const absl::Duration now = context_.transport.Now();
  heard_ = true;
  for (const int64_t message : heard.probes) {
    if (message < unanswered_ || message >= messages_) continue;
    const size_t bytes = std::min(
        static_cast<size_t>(message + 1) * message_bytes_, sent_bytes_);
    context_.recorder.MessageAnswered(DueAfter(bytes), now);
    unanswered_ = message + 1;
  }
  if (heard.has_results) HearResults(heard, now);
}

void Slot::HearResults(const Heard& heard, absl::Duration now) {
  transcript_.Add(heard.final_text, heard.interim_text);
  if (!recording_->words.empty()) {
    emissions_.Add(heard.final_text, heard.interim_text, now);
  }
  if (audio_ != Audio::kFlowing) {
    if (heard.has_final) final_heard_ = now;
    return;
  }
  // The message with the last sample that the results rest on.
  const double messages = std::ceil(
      absl::FDivDuration(heard.audio_processed,
                         LengthOf(recording_->sample_rate_hz, message_bytes_)) -
      1e-6);
  const auto bytes =
      static_cast<size_t>(std::max(messages, 1.0)) * message_bytes_;
  context_.recorder.PartialHeard(DueAfter(std::min(bytes, sent_bytes_)), now);
}

void Slot::OnEnd(const absl::Status& status) {
  const absl::Duration now = context_.transport.Now();
  stream_ = nullptr;
  if (absl::IsResourceExhausted(status) && !heard_) {
    context_.recorder.StreamRefused(now);
    return Rest(now, status);
  }
  const bool too_early = status.ok() && audio_ == Audio::kFlowing;
  const absl::Status outcome =
      too_early ? absl::AbortedError(
                      "the server ended the stream before the audio did")
                : status;
  RecordEnd(outcome, now);
  Rest(now, outcome);
}

void Slot::RecordEnd(const absl::Status& status, absl::Duration now) {
  RecordUnanswered(now);
  if (status.ok() && audio_ == Audio::kComplete && final_heard_.has_value()) {
    context_.recorder.FinalHeard(DueAfter(sent_bytes_), *final_heard_);
  }
  context_.recorder.Words(transcript_);
  Score(status);
  context_.recorder.StreamEnded(now, status);
}

// An answer that never came took at least until now.
void Slot::RecordUnanswered(absl::Duration now) {
  for (int64_t message = unanswered_; message < messages_; ++message) {
    if (!ProbeFollows(message)) continue;
    const size_t bytes = std::min(
        static_cast<size_t>(message + 1) * message_bytes_, sent_bytes_);
    context_.recorder.MessageUnanswered(DueAfter(bytes), now);
  }
}

// Only whole recordings: of what the end of the run cut, and of streams with
// several, no reference is known.
void Slot::Score(const absl::Status& status) {
  if (settings().mode != LoadSettings::Mode::kStreamPerRecording ||
      audio_ == Audio::kCut) {
    return;
  }
  if (status.ok()) RecordEmissions();
  if (recording_->utterance.text.empty()) return;
  client::Recognition recognition;
  recognition.transcript = transcript_.finals();
  recognition.audio_seconds =
      absl::ToDoubleSeconds(LengthOf(recording_->sample_rate_hz, sent_bytes_));
  recognition.status = status;
  context_.recorder.Scored(recording_->utterance, recognition);
}

// Of the words that were recognised.
void Slot::RecordEmissions() {
  std::vector<std::string> spoken, heard;
  for (const TimedWord& word : recording_->words) {
    spoken.push_back(word.word);
    context_.recorder.WordSpoken(origin_ + word.end);
  }
  const std::vector<EmittedWord>& emitted = emissions_.words();
  for (const EmittedWord& word : emitted) heard.push_back(word.word);
  for (const auto& [place, found] : client::MatchWords(spoken, heard)) {
    context_.recorder.WordHeard(origin_ + recording_->words[place].end,
                                emitted[found].shown, emitted[found].finalized);
  }
}

// The next stream follows at once or, if this one met with trouble, after a
// pause.
void Slot::Rest(absl::Duration now, const absl::Status& status) {
  context_.timers.Cancel(index_);
  if (stopped_) return;
  std::uniform_real_distribution<double> share(0.5, 1.5);
  origin_ = status.ok() ? now : now + settings().retry * share(random_);
  context_.timers.Set(index_, origin_);
}

}  // namespace oido::load
