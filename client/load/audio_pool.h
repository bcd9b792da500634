// Holds the recordings of a load test, decoded once for all streams.
#ifndef OIDO_CLIENT_LOAD_AUDIO_POOL_H_
#define OIDO_CLIENT_LOAD_AUDIO_POOL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/load/word_times.h"
#include "client/manifest.h"

namespace oido::load {

struct Recording {
  client::Utterance utterance;  // text empty: not known
  int sample_rate_hz = 0;
  std::string samples;           // 16-bit, little-endian, one channel
  std::vector<TimedWord> words;  // none: their times are not known
};

struct AudioPoolOptions {
  absl::Duration most_audio = absl::Minutes(15);
  uint64_t seed = 1;  // for which ones, where there are more
};

// Reads recordings in a random order until there is `most_audio` of them.
// Fails with the first one that cannot be read or is longer than that;
// CANCELLED when `interrupted`.
absl::StatusOr<std::vector<Recording>> LoadRecordings(
    const AudioPoolOptions& options,
    absl::Span<const client::Utterance> utterances,
    const std::function<bool()>& interrupted);

// Makes every recording a whole number of messages with silence at its end,
// for recordings that follow each other on one stream. INVALID_ARGUMENT unless
// they all have one sampling rate.
absl::Status PadToMessages(absl::Duration message,
                           std::vector<Recording>& recordings);

// Of one message, at least one sample.
size_t MessageBytes(int sample_rate_hz, absl::Duration message);
absl::Duration LengthOf(int sample_rate_hz, size_t bytes);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_AUDIO_POOL_H_
