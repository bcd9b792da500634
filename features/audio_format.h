// What the bytes of a stream mean: encoding, rate and channels.
#ifndef OIDO_FEATURES_AUDIO_FORMAT_H_
#define OIDO_FEATURES_AUDIO_FORMAT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace oido::features {

inline constexpr int kMinSampleRateHz = 8000;
inline constexpr int kMaxSampleRateHz = 48000;

enum class AudioEncoding {
  kUnspecified,  // a RIFF/WAVE header comes first and says
  kLinear16,     // signed 16-bit little-endian
  kFloat32,      // IEEE float little-endian, -1..1
};

// As in the proto, e.g. "LINEAR16".
absl::string_view EncodingName(AudioEncoding encoding);

struct AudioFormat {
  AudioEncoding encoding = AudioEncoding::kUnspecified;
  int sample_rate_hz = 0;  // 0: the WAV header says
  int channels = 1;        // 0 means 1
};

// OK, or INVALID_ARGUMENT naming the field as RecognitionConfig does, the value
// and the limit.
absl::Status Validate(const AudioFormat& format);

}  // namespace oido::features

#endif  // OIDO_FEATURES_AUDIO_FORMAT_H_
