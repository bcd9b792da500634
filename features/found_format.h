// Whether what the audio says of itself is what was declared.
#ifndef OIDO_FEATURES_FOUND_FORMAT_H_
#define OIDO_FEATURES_FOUND_FORMAT_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "features/audio_format.h"

namespace oido::features {

// What the audio itself says.
struct FoundFormat {
  absl::string_view source;  // such as "WAV header"
  AudioEncoding encoding = AudioEncoding::kUnspecified;
  int64_t sample_rate_hz = 0;
  int channels = 0;
};

// INVALID_ARGUMENT: another encoding was declared.
absl::Status CheckEncoding(const AudioFormat& declared,
                           const FoundFormat& found);

// INVALID_ARGUMENT: another rate or number of channels was declared, or one is
// found that is outside the limits. Opus has no rate of its own: whatever was
// declared is right.
absl::Status CheckRateAndChannels(const AudioFormat& declared,
                                  const FoundFormat& found);

}  // namespace oido::features

#endif  // OIDO_FEATURES_FOUND_FORMAT_H_
