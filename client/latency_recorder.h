// Measures how long a stream's audio waits for its words.
#ifndef OIDO_CLIENT_LATENCY_RECORDER_H_
#define OIDO_CLIENT_LATENCY_RECORDER_H_

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "oido/v1/speech.pb.h"

namespace oido::client {

struct Quantiles {
  size_t count = 0;
  double median_ms = 0;
  double p95_ms = 0;  // nearest rank
};

// Nearest-rank quantiles of `values_ms`.
Quantiles QuantilesOf(std::vector<double> values_ms);

struct LatencySummary {
  // From an audio message's sending until all of it has been recognised.
  Quantiles chunk;
  // From the first audio message until the first words.
  std::optional<double> first_words_ms;
  // From the end of the audio until the last final.
  std::optional<double> final_ms;
  // What the server says it spent on the newest audio of a response.
  Quantiles queue, features, model, decode;
  double audio_seconds = 0;
  double wall_seconds = 0;  // from the first audio to the last response
};

// Thread-safe; the times given come from one clock.
class LatencyRecorder {
 public:
  // To be called just before an audio message is written; returns the id of
  // the marker to send behind it.
  std::string AudioSending(absl::Time now);
  void AudioEnded(absl::Time now);
  void Received(const v1::StreamingRecognizeResponse& response, absl::Time now);
  LatencySummary Summary() const;

 private:
  mutable std::mutex mutex_;      // guards all below
  std::vector<absl::Time> sent_;  // by marker id
  std::vector<double> chunk_ms_;
  std::vector<double> queue_ms_;
  std::vector<double> features_ms_;
  std::vector<double> model_ms_;
  std::vector<double> decode_ms_;
  std::optional<absl::Time> first_words_;
  std::optional<absl::Time> ended_;
  std::optional<absl::Time> final_after_end_;
  std::optional<absl::Time> last_response_;
  double audio_seconds_ = 0;
};

}  // namespace oido::client

#endif  // OIDO_CLIENT_LATENCY_RECORDER_H_
