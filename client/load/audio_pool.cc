// Implements the pool on AudioFile.
#include "client/load/audio_pool.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/audio_file.h"

namespace oido::load {
namespace {

constexpr int kReadMs = 1000;
constexpr size_t kSampleBytes = sizeof(int16_t);

// Adds samples of any of AudioFile's encodings to `out` as 16-bit ones.
void Append(const client::AudioFormat& format, const std::string& bytes,
            std::string& out) {
  if (format.encoding == v1::LINEAR16) {
    out += bytes;
    return;
  }
  for (size_t i = 0; i + sizeof(float) <= bytes.size(); i += sizeof(float)) {
    float sample = 0;
    std::memcpy(&sample, &bytes[i], sizeof(sample));
    const auto value = static_cast<int16_t>(
        std::lround(std::clamp(sample * 32768.0f, -32768.0f, 32767.0f)));
    out.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
}

absl::StatusOr<Recording> Load(const client::Utterance& utterance,
                               absl::Duration most_audio) {
  const auto file =
      client::AudioFile::Open(utterance.path, kReadMs, client::Channels::kMean);
  if (!file.ok()) return file.status();
  const client::AudioFormat format = (*file)->format();
  Recording recording = {utterance, format.sample_rate_hz, "", {}};
  while (true) {
    const auto bytes = (*file)->Next();
    if (!bytes.ok()) return bytes.status();
    if (bytes->empty()) break;
    Append(format, *bytes, recording.samples);
    if (LengthOf(format.sample_rate_hz, recording.samples.size()) >
        most_audio) {
      return absl::InvalidArgumentError(absl::StrCat(
          utterance.path, ": is longer than the ",
          absl::FormatDuration(most_audio), " of audio that are to be held"));
    }
  }
  if (recording.samples.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(utterance.path, ": has no audio"));
  }
  return recording;
}

}  // namespace

absl::StatusOr<std::vector<Recording>> LoadRecordings(
    const AudioPoolOptions& options,
    absl::Span<const client::Utterance> utterances,
    const std::function<bool()>& interrupted) {
  std::vector<size_t> order(utterances.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(options.seed));
  std::vector<Recording> recordings;
  absl::Duration audio;
  for (const size_t index : order) {
    if (interrupted()) return absl::CancelledError("interrupted");
    auto recording = Load(utterances[index], options.most_audio);
    if (!recording.ok()) return recording.status();
    audio += LengthOf(recording->sample_rate_hz, recording->samples.size());
    if (audio > options.most_audio && !recordings.empty()) break;
    recordings.push_back(*std::move(recording));
  }
  return recordings;
}

absl::Status PadToMessages(absl::Duration message,
                           std::vector<Recording>& recordings) {
  for (Recording& recording : recordings) {
    const int rate_hz = recordings.front().sample_rate_hz;
    if (recording.sample_rate_hz != rate_hz) {
      return absl::InvalidArgumentError(absl::StrCat(
          recording.utterance.path, ": ", recording.sample_rate_hz,
          " Hz; on one stream all recordings need one rate, and ",
          recordings.front().utterance.path, " has ", rate_hz, " Hz"));
    }
    const size_t bytes = MessageBytes(rate_hz, message);
    const size_t messages = (recording.samples.size() + bytes - 1) / bytes;
    recording.samples.resize(messages * bytes, '\0');
  }
  return absl::OkStatus();
}

size_t MessageBytes(int sample_rate_hz, absl::Duration message) {
  const auto samples = static_cast<size_t>(
      std::lround(sample_rate_hz * absl::ToDoubleSeconds(message)));
  return std::max<size_t>(samples, 1) * kSampleBytes;
}

absl::Duration LengthOf(int sample_rate_hz, size_t bytes) {
  return absl::Seconds(static_cast<double>(bytes / kSampleBytes) /
                       sample_rate_hz);
}

}  // namespace oido::load
