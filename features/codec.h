// What every encoding of audio has in common.
#ifndef OIDO_FEATURES_CODEC_H_
#define OIDO_FEATURES_CODEC_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace oido::features {

// What a call of Codec::Decode appends at most, all channels together. Silence
// that is well compressed is a byte a second; it unfolds in so many calls as
// needed, not at once.
inline constexpr size_t kMaxSamplesAtOnce = 1 << 16;

// What ends: the utterance, with the same stream going on, or all of it.
enum class AudioEnd { kUtterance, kStream };

struct CodecFormat {
  int sample_rate_hz = 0;  // 0: not known yet; else any value
  int channels = 0;
};

// The decoder of one stream. Which samples come out after how many bytes does
// not depend on how the bytes were cut. Errors are INVALID_ARGUMENT and name
// the byte; after one, only the destructor may follow. One thread at a time.
class Codec {
 public:
  virtual ~Codec() = default;

  // Takes bytes off the front of `bytes` and appends what they complete to
  // `samples` [any, channels], in the int16 range. Returns when it has samples
  // or all bytes are taken.
  virtual absl::Status Decode(absl::string_view* bytes,
                              std::vector<float>* samples) = 0;

  // Decode may append more without more bytes.
  virtual bool has_more() const = 0;

  // Whether the audio may end after the bytes taken so far.
  virtual absl::Status CheckEnd(AudioEnd end) const = 0;

  // Known, and the same ever after, when the first sample is there.
  virtual CodecFormat format() const = 0;

  // Bytes held now, this object included; an upper estimate for what a library
  // holds.
  virtual size_t size_bytes() const = 0;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_CODEC_H_
