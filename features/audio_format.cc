// What the bytes of a stream mean: encoding, rate and channels.
#include "features/audio_format.h"

#include "absl/strings/str_cat.h"

namespace oido::features {

absl::string_view EncodingName(AudioEncoding encoding) {
  switch (encoding) {
    case AudioEncoding::kLinear16:
      return "LINEAR16";
    case AudioEncoding::kFloat32:
      return "FLOAT32";
    case AudioEncoding::kUnspecified:
      break;
  }
  return "AUDIO_ENCODING_UNSPECIFIED";
}

absl::Status Validate(const AudioFormat& format) {
  const int rate = format.sample_rate_hz;
  const bool header_says = format.encoding == AudioEncoding::kUnspecified;
  if (rate == 0 ? !header_says
                : rate < kMinSampleRateHz || rate > kMaxSampleRateHz) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sample_rate_hertz is ", rate, ", must be in ", kMinSampleRateHz, "..",
        kMaxSampleRateHz,
        header_says ? ", or 0 to take it from the WAV header" : ""));
  }
  if (format.channels != 0 && format.channels != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "audio_channel_count is ", format.channels, ", must be 1"));
  }
  return absl::OkStatus();
}

}  // namespace oido::features
