// Decodes a FLAC file that comes in pieces.
#ifndef OIDO_FEATURES_FLAC_CODEC_H_
#define OIDO_FEATURES_FLAC_CODEC_H_

#include <memory>
#include <vector>

#include "features/codec.h"

namespace oido::features {

// libFLAC reads by callback and cannot wait for more in the middle of a frame.
// So it is given whole frames: a frame's last two bytes are the CRC-16 of all
// before, which makes the CRC of the whole 0 there and nearly nowhere else.
// A sample is there as soon as the last byte of its frame is.
//
// A block may have at most kMaxSamplesAtOnce samples, all channels together;
// libFLAC and ffmpeg make blocks of 4608 or fewer at up to 48 kHz. Metadata
// other than STREAMINFO is skipped, up to 16 MiB. What follows the number of
// samples that STREAMINFO tells, if it does, is not audio. Format: RFC 9639.
class FlacCodec final : public Codec {
 public:
  FlacCodec();
  ~FlacCodec() override;

  absl::Status Decode(absl::string_view* bytes,
                      std::vector<float>* samples) override;
  bool has_more() const override { return false; }
  absl::Status CheckEnd(AudioEnd end) const override;
  CodecFormat format() const override;
  size_t size_bytes() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_FLAC_CODEC_H_
