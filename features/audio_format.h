// What the bytes of a stream mean: encoding, rate and channels.
#ifndef OIDO_FEATURES_AUDIO_FORMAT_H_
#define OIDO_FEATURES_AUDIO_FORMAT_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace oido::features {

inline constexpr int kMinSampleRateHz = 8000;
inline constexpr int kMaxSampleRateHz = 48000;
inline constexpr int kMaxChannels = 8;
inline constexpr int kMeanOfChannels = -1;

enum class AudioEncoding {
  kUnspecified,  // a WAV, FLAC or Ogg header comes first and says
  kLinear16,     // signed 16-bit little-endian
  kFloat32,      // IEEE float little-endian, -1..1
  kMulaw,        // ITU-T G.711, a byte a sample
  kAlaw,         // likewise
  kFlac,         // a FLAC file
  kOggOpus,      // RFC 7845
};

// As in the proto, e.g. "LINEAR16".
absl::string_view EncodingName(AudioEncoding encoding);

// Bytes of one channel's sample; 0: it varies, or is not known.
size_t BytesPerSample(AudioEncoding encoding);

struct AudioFormat {
  AudioEncoding encoding = AudioEncoding::kUnspecified;
  int sample_rate_hz = 0;  // 0: the header says
  int channels = 0;        // interleaved; 0: the header says, or 1
  // The channel that is heard, from 0, or kMeanOfChannels.
  int channel = kMeanOfChannels;
};

// OK, or INVALID_ARGUMENT naming the field as RecognitionConfig does, the value
// and the limit.
absl::Status Validate(const AudioFormat& format);

}  // namespace oido::features

#endif  // OIDO_FEATURES_AUDIO_FORMAT_H_
