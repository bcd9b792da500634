// Implements LatencyRecorder with markers numbered in the order of the audio.
#include "client/latency_recorder.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/wire_time.h"

namespace oido::client {
namespace {

double Milliseconds(absl::Duration duration) {
  return absl::ToDoubleMilliseconds(duration);
}

}  // namespace

Quantiles QuantilesOf(std::vector<double> values_ms) {
  if (values_ms.empty()) return {};
  std::sort(values_ms.begin(), values_ms.end());
  const auto nearest_rank = [&values_ms](double quantile) {
    const double rank =
        std::ceil(quantile * static_cast<double>(values_ms.size()));
    return values_ms[static_cast<size_t>(rank) - 1];
  };
  return {values_ms.size(), nearest_rank(0.5), nearest_rank(0.95)};
}

std::string LatencyRecorder::AudioSending(absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  sent_.push_back(now);
  return absl::StrCat(sent_.size() - 1);
}

void LatencyRecorder::AudioEnded(absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = now;
}

void LatencyRecorder::Received(const v1::StreamingRecognizeResponse& response,
                               absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  last_response_ = now;
  for (const std::string& marker : response.markers()) {
    uint64_t index = 0;
    if (!absl::SimpleAtoi(marker, &index) || index >= sent_.size()) continue;
    chunk_ms_.push_back(Milliseconds(now - sent_[index]));
  }
  for (const auto& result : response.results()) {
    if (result.alternatives().empty()) continue;
    const bool has_words = !result.alternatives(0).transcript().empty();
    if (has_words && !first_words_.has_value()) first_words_ = now;
    if (result.is_final() && ended_.has_value()) final_after_end_ = now;
  }
  if (response.has_latency()) {
    queue_ms_.push_back(response.latency().queue_ms());
    features_ms_.push_back(response.latency().features_ms());
    model_ms_.push_back(response.latency().model_ms());
    decode_ms_.push_back(response.latency().decode_ms());
  }
  audio_seconds_ =
      std::max(audio_seconds_, Seconds(response.audio_processed()));
}

LatencySummary LatencyRecorder::Summary() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  LatencySummary summary;
  summary.chunk = QuantilesOf(chunk_ms_);
  summary.queue = QuantilesOf(queue_ms_);
  summary.features = QuantilesOf(features_ms_);
  summary.model = QuantilesOf(model_ms_);
  summary.decode = QuantilesOf(decode_ms_);
  summary.audio_seconds = audio_seconds_;
  if (sent_.empty()) return summary;
  if (first_words_.has_value()) {
    summary.first_words_ms = Milliseconds(*first_words_ - sent_.front());
  }
  if (final_after_end_.has_value()) {
    summary.final_ms = Milliseconds(*final_after_end_ - *ended_);
  }
  if (last_response_.has_value()) {
    summary.wall_seconds =
        absl::ToDoubleSeconds(*last_response_ - sent_.front());
  }
  return summary;
}

}  // namespace oido::client
