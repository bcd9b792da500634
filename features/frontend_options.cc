// Checks the geometry of a front end.
#include "features/frontend_options.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace oido::features {
namespace {

// Bounds of one window and one step, so that a bundle cannot ask for absurd
// amounts of memory.
constexpr int kMaxFrameLengthMs = 200;
constexpr int kMaxMelBins = 256;
constexpr int kMaxStackedFrames = 64;

template <typename T>
absl::Status Bad(const char* field, T value, const std::string& limit) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, " is ", value, ", must be ", limit));
}

absl::Status ValidateNormalisation(const FrontendOptions& options) {
  if (options.mean.size() != options.inverse_stddev.size()) {
    return Bad("inverse_stddev's length", options.inverse_stddev.size(),
               absl::StrCat("that of mean, ", options.mean.size()));
  }
  if (options.mean.empty()) return absl::OkStatus();
  if (options.mean.size() != static_cast<size_t>(options.mel_bins)) {
    return Bad("mean's length", options.mean.size(),
               absl::StrCat("mel_bins, ", options.mel_bins, ", or 0"));
  }
  for (int i = 0; i < options.mel_bins; ++i) {
    if (!std::isfinite(options.mean[i])) {
      return Bad(absl::StrCat("mean[", i, "]").c_str(), options.mean[i],
                 "finite");
    }
    if (!std::isfinite(options.inverse_stddev[i]) ||
        options.inverse_stddev[i] <= 0.0f) {
      return Bad(absl::StrCat("inverse_stddev[", i, "]").c_str(),
                 options.inverse_stddev[i], "finite and > 0");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateMel(const FrontendOptions& options) {
  if (options.mel_bins < 1 || options.mel_bins > kMaxMelBins) {
    return Bad("mel_bins", options.mel_bins,
               absl::StrCat("in 1..", kMaxMelBins));
  }
  // Written so that NaN fails too.
  if (!(options.mel_low_hz >= 0.0f &&
        options.mel_low_hz < options.mel_high_hz)) {
    return Bad("mel_low_hz", options.mel_low_hz,
               absl::StrCat(">= 0 and < mel_high_hz, ", options.mel_high_hz));
  }
  if (!(options.mel_high_hz <=
        static_cast<float>(options.sample_rate_hz) / 2.0f)) {
    return Bad(
        "mel_high_hz", options.mel_high_hz,
        absl::StrCat("<= half the sample rate, ", options.sample_rate_hz / 2));
  }
  if (!(options.preemphasis >= 0.0f && options.preemphasis <= 1.0f)) {
    return Bad("preemphasis", options.preemphasis, "in 0..1");
  }
  if (!(options.energy_floor > 0.0f && std::isfinite(options.energy_floor))) {
    return Bad("energy_floor", options.energy_floor, "finite and > 0");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const FrontendOptions& options) {
  const int rate = options.sample_rate_hz;
  if (rate < 8000 || rate > 48000 || rate % 1000 != 0) {
    return Bad("sample_rate_hz", rate, "a multiple of 1000 in 8000..48000");
  }
  if (options.frame_length_ms < 1 ||
      options.frame_length_ms > kMaxFrameLengthMs) {
    return Bad("frame_length_ms", options.frame_length_ms,
               absl::StrCat("in 1..", kMaxFrameLengthMs));
  }
  if (options.hop_ms < 1 || options.hop_ms > options.frame_length_ms) {
    return Bad(
        "hop_ms", options.hop_ms,
        absl::StrCat("in 1..frame_length_ms, ", options.frame_length_ms));
  }
  if (absl::Status status = ValidateMel(options); !status.ok()) return status;
  if (options.stacked_frames < 1 ||
      options.stacked_frames > kMaxStackedFrames) {
    return Bad("stacked_frames", options.stacked_frames,
               absl::StrCat("in 1..", kMaxStackedFrames));
  }
  if (options.stride_frames < 1 ||
      options.stride_frames > options.stacked_frames) {
    return Bad("stride_frames", options.stride_frames,
               absl::StrCat("in 1..stacked_frames, ", options.stacked_frames));
  }
  return ValidateNormalisation(options);
}

}  // namespace oido::features
