// Whether what the audio says of itself is what was declared.
#include "features/found_format.h"

#include "absl/strings/str_cat.h"

namespace oido::features {

absl::Status CheckEncoding(const AudioFormat& declared,
                           const FoundFormat& found) {
  if (declared.encoding == AudioEncoding::kUnspecified ||
      declared.encoding == found.encoding) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "encoding is ", EncodingName(declared.encoding), ", but the ",
      found.source, " says ", EncodingName(found.encoding)));
}

absl::Status CheckRateAndChannels(const AudioFormat& declared,
                                  const FoundFormat& found) {
  const bool rate_counts = found.encoding != AudioEncoding::kOggOpus;
  if (rate_counts && declared.sample_rate_hz != 0 &&
      declared.sample_rate_hz != found.sample_rate_hz) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sample_rate_hertz is ", declared.sample_rate_hz, ", but the ",
        found.source, " says ", found.sample_rate_hz));
  }
  if (found.sample_rate_hz < kMinSampleRateHz ||
      found.sample_rate_hz > kMaxSampleRateHz) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sample_rate_hertz is ", found.sample_rate_hz, " in the ", found.source,
        ", must be in ", kMinSampleRateHz, "..", kMaxSampleRateHz));
  }
  if (declared.channels != 0 && declared.channels != found.channels) {
    return absl::InvalidArgumentError(
        absl::StrCat("audio_channel_count is ", declared.channels, ", but the ",
                     found.source, " says ", found.channels));
  }
  if (found.channels < 1 || found.channels > kMaxChannels) {
    return absl::InvalidArgumentError(
        absl::StrCat("audio_channel_count is ", found.channels, " in the ",
                     found.source, ", must be in 1..", kMaxChannels));
  }
  return absl::OkStatus();
}

}  // namespace oido::features
