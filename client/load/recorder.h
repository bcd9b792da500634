// Collects what the streams of one run met.
#ifndef OIDO_CLIENT_LOAD_RECORDER_H_
#define OIDO_CLIENT_LOAD_RECORDER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/load/latency_histogram.h"
#include "client/load/latency_series.h"
#include "client/load/transcript_tracker.h"
#include "client/manifest.h"
#include "client/wer_report.h"

namespace oido::load {

struct Failures {
  int64_t count = 0;
  std::string first_message;
};

// Used in the measured window.
struct WindowUsage {
  absl::Duration cpu;
  int64_t rss_bytes = 0;       // at its end
  int64_t most_rss_bytes = 0;  // seen
};

// Counts of streams and words are of the whole run, all else is of messages
// that were due within the measured window.
struct RunResult {
  int streams = 0;        // that should speak at the same time
  absl::Duration window;  // measured
  absl::Duration audio;   // sent: streams * window at full pace
  absl::Duration late_limit;

  LatencyHistogram message{LatencyHistogram::Resolution::kFine};
  LatencyHistogram partial{LatencyHistogram::Resolution::kFine};
  LatencyHistogram final{LatencyHistogram::Resolution::kFine};
  // Of words whose times are known: until they came to stay, and were final.
  LatencyHistogram word{LatencyHistogram::Resolution::kFine};
  LatencyHistogram word_final{LatencyHistogram::Resolution::kFine};
  LatencyHistogram lateness{LatencyHistogram::Resolution::kFine};
  LatencySeries series;    // of message, over the whole run
  int64_t unanswered = 0;  // of message: counted with their age at the end
  int64_t messages = 0;
  int64_t late_messages = 0;
  int64_t held_back_messages = 0;  // behind one that the server had not taken

  int64_t opened = 0;
  int64_t completed = 0;
  int64_t refused = 0;
  int most_open = 0;
  std::map<std::string, Failures> failures;  // by status, without refusals
  int64_t spoken_words = 0;
  int64_t revised_words = 0;
  int64_t timed_words = 0;  // spoken, of which `word` counts those recognised
  std::optional<client::WerReport> wer;  // where texts are known

  std::optional<WindowUsage> server;
  absl::Duration client_cpu;  // in the window
  bool interrupted = false;
  bool gave_up = false;  // ended early, as it was told to

  int64_t failed() const;
  // Of the audio that was due; 1 at full pace.
  double pace() const;
};

// Times are the transport's. One thread.
class Recorder {
 public:
  Recorder(absl::Duration start, absl::Duration window_begin,
           absl::Duration window_end, absl::Duration late_limit);

  void StreamOpened(absl::Duration now);
  void MessageSent(absl::Duration due, absl::Duration now,
                   absl::Duration length, size_t waiting);
  void MessageAnswered(absl::Duration due, absl::Duration now);
  // Will not be answered any more.
  void MessageUnanswered(absl::Duration due, absl::Duration now);
  void PartialHeard(absl::Duration due, absl::Duration now);
  void FinalHeard(absl::Duration due, absl::Duration now);
  // A word that ended at `end` was in a stream that was completed...
  void WordSpoken(absl::Duration end);
  // ...and was recognised.
  void WordHeard(absl::Duration end, absl::Duration shown,
                 absl::Duration finalized);
  void StreamRefused(absl::Duration now);
  void StreamEnded(absl::Duration now, const absl::Status& status);
  void Words(const TranscriptTracker& transcript);
  void Scored(const client::Utterance& utterance,
              const client::Recognition& recognition);

  int open() const { return open_; }
  const RunResult& result() const { return result_; }
  RunResult& result() { return result_; }

 private:
  bool Measured(absl::Duration due) const {
    return due >= window_begin_ && due < window_end_;
  }
  void OpenChanged(absl::Duration now, int change);

  const absl::Duration start_;
  const absl::Duration window_begin_;
  const absl::Duration window_end_;
  int open_ = 0;
  RunResult result_;
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_RECORDER_H_
