// Decodes the packets of one Opus stream.
#ifndef OIDO_FEATURES_OPUS_PACKETS_H_
#define OIDO_FEATURES_OPUS_PACKETS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "features/audio_format.h"

namespace oido::features {

// Opus' own clock.
inline constexpr int kOpusRateHz = 48000;

// RFC 7845, section 5.1.
struct OpusHead {
  int channels = 0;
  int pre_skip = 0;  // samples at 48 kHz
  int gain = 0;      // of 1/256 dB
  int streams = 0;
  int coupled = 0;  // streams of two channels
  std::array<unsigned char, kMaxChannels> mapping = {};
};

// INVALID_ARGUMENT: no head, or one of a kind that is not understood.
absl::StatusOr<OpusHead> ParseOpusHead(absl::string_view packet);

// One thread at a time.
class OpusPackets {
 public:
  // REQUIRES: `rate_hz` is 8000, 12000, 16000, 24000 or 48000. INVALID_ARGUMENT
  // if libopus does not take the head.
  static absl::StatusOr<std::unique_ptr<OpusPackets>> Create(
      const OpusHead& head, int rate_hz);
  ~OpusPackets();

  // Replaces `samples` by those of `packet` [any, channels], in the int16
  // range. INVALID_ARGUMENT: it is broken, or longer than 120 ms.
  absl::Status Decode(absl::string_view packet, std::vector<float>* samples);

  size_t size_bytes() const;

 private:
  struct Impl;
  explicit OpusPackets(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_OPUS_PACKETS_H_
