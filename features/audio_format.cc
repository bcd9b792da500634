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
    case AudioEncoding::kMulaw:
      return "MULAW";
    case AudioEncoding::kAlaw:
      return "ALAW";
    case AudioEncoding::kFlac:
      return "FLAC";
    case AudioEncoding::kOggOpus:
      return "OGG_OPUS";
    case AudioEncoding::kUnspecified:
      break;
  }
  return "AUDIO_ENCODING_UNSPECIFIED";
}

size_t BytesPerSample(AudioEncoding encoding) {
  switch (encoding) {
    case AudioEncoding::kLinear16:
      return 2;
    case AudioEncoding::kFloat32:
      return 4;
    case AudioEncoding::kMulaw:
    case AudioEncoding::kAlaw:
      return 1;
    default:
      return 0;
  }
}

absl::Status Validate(const AudioFormat& format) {
  const int rate = format.sample_rate_hz;
  const bool header_says = BytesPerSample(format.encoding) == 0;
  if (rate == 0 ? !header_says
                : rate < kMinSampleRateHz || rate > kMaxSampleRateHz) {
    return absl::InvalidArgumentError(
        absl::StrCat("sample_rate_hertz is ", rate, ", must be in ",
                     kMinSampleRateHz, "..", kMaxSampleRateHz,
                     header_says ? ", or 0 to take it from the header" : ""));
  }
  if (format.channels < 0 || format.channels > kMaxChannels) {
    return absl::InvalidArgumentError(absl::StrCat(
        "audio_channel_count is ", format.channels, ", must be in 1..",
        kMaxChannels,
        header_says ? ", or 0 to take it from the header" : ", or 0 for 1"));
  }
  return absl::OkStatus();
}

}  // namespace oido::features
