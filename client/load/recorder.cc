// Implements Recorder.
#include "client/load/recorder.h"

#include <algorithm>

namespace oido::load {

int64_t RunResult::failed() const {
  int64_t count = 0;
  for (const auto& [status, of_status] : failures) count += of_status.count;
  return count;
}

double RunResult::pace() const {
  const absl::Duration due = streams * window;
  return due > absl::ZeroDuration() ? absl::FDivDuration(audio, due) : 0;
}

Recorder::Recorder(absl::Duration start, absl::Duration window_begin,
                   absl::Duration window_end, absl::Duration late_limit)
    : start_(start), window_begin_(window_begin), window_end_(window_end) {
  result_.window = window_end - window_begin;
  result_.late_limit = late_limit;
}

void Recorder::StreamOpened(absl::Duration now) {
  ++result_.opened;
  OpenChanged(now, 1);
}

void Recorder::MessageSent(absl::Duration due, absl::Duration now,
                           absl::Duration length, size_t waiting) {
  if (!Measured(due)) return;
  const absl::Duration lateness = now - due;
  result_.lateness.Record(lateness);
  result_.audio += length;
  ++result_.messages;
  result_.late_messages += lateness > result_.late_limit ? 1 : 0;
  result_.held_back_messages += waiting > 0 ? 1 : 0;
}

void Recorder::MessageAnswered(absl::Duration due, absl::Duration now) {
  result_.series.Record(due - start_, now - due);
  if (Measured(due)) result_.message.Record(now - due);
}

void Recorder::MessageUnanswered(absl::Duration due, absl::Duration now) {
  MessageAnswered(due, now);
  result_.unanswered += Measured(due) ? 1 : 0;
}

void Recorder::PartialHeard(absl::Duration due, absl::Duration now) {
  if (Measured(due)) result_.partial.Record(now - due);
}

void Recorder::FinalHeard(absl::Duration due, absl::Duration now) {
  if (Measured(due)) result_.final.Record(now - due);
}

void Recorder::WordSpoken(absl::Duration end) {
  result_.timed_words += Measured(end) ? 1 : 0;
}

void Recorder::WordHeard(absl::Duration end, absl::Duration shown,
                         absl::Duration finalized) {
  if (!Measured(end)) return;
  result_.word.Record(shown - end);
  if (finalized != absl::InfiniteDuration()) {
    result_.word_final.Record(finalized - end);
  }
}

void Recorder::StreamRefused(absl::Duration now) {
  ++result_.refused;
  OpenChanged(now, -1);
}

void Recorder::StreamEnded(absl::Duration now, const absl::Status& status) {
  OpenChanged(now, -1);
  if (status.ok()) {
    ++result_.completed;
    return;
  }
  Failures& failures =
      result_.failures[absl::StatusCodeToString(status.code())];
  if (failures.count++ == 0)
    failures.first_message = std::string(status.message());
}

void Recorder::Words(const TranscriptTracker& transcript) {
  result_.spoken_words += transcript.spoken_words();
  result_.revised_words += transcript.revised_words();
}

void Recorder::Scored(const client::Utterance& utterance,
                      const client::Recognition& recognition) {
  if (!result_.wer.has_value()) result_.wer.emplace();
  result_.wer->Add(utterance, recognition);
}

void Recorder::OpenChanged(absl::Duration now, int change) {
  open_ += change;
  result_.most_open = std::max(result_.most_open, open_);
  result_.series.RecordStreams(now - start_, open_);
}

}  // namespace oido::load
