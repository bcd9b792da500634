// Decodes samples of a fixed size: LINEAR16, FLOAT32, MULAW and ALAW.
#ifndef OIDO_FEATURES_PCM_CODEC_H_
#define OIDO_FEATURES_PCM_CODEC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "features/audio_format.h"
#include "features/codec.h"

namespace oido::features {

// Carries a sample that is cut between two calls. Floats are clipped to -1..1;
// one that is not finite is refused: it would stay in the recurrent state of
// the model for the rest of the stream, and no working client sends one.
class PcmCodec final : public Codec {
 public:
  // REQUIRES: BytesPerSample(encoding) > 0, channels in 1..kMaxChannels.
  PcmCodec(AudioEncoding encoding, const CodecFormat& format);

  absl::Status Decode(absl::string_view* bytes,
                      std::vector<float>* samples) override;
  bool has_more() const override { return false; }
  absl::Status CheckEnd(AudioEnd end) const override;
  CodecFormat format() const override { return format_; }
  size_t size_bytes() const override { return sizeof(*this); }

 private:
  absl::Status Append(const char* bytes, size_t blocks,
                      std::vector<float>* samples);

  const AudioEncoding encoding_;
  const CodecFormat format_;
  const size_t block_bytes_;  // a sample of every channel
  // The beginning of a block, of which...
  std::array<char, kMaxChannels * sizeof(float)> partial_{};
  size_t partial_bytes_ = 0;  // ...so many bytes are there
  uint64_t blocks_read_ = 0;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_PCM_CODEC_H_
