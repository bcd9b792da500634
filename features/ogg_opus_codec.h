// Decodes an Ogg Opus file that comes in pieces.
#ifndef OIDO_FEATURES_OGG_OPUS_CODEC_H_
#define OIDO_FEATURES_OGG_OPUS_CODEC_H_

#include <memory>
#include <vector>

#include "features/codec.h"

namespace oido::features {

// libogg finds the pages, libopus decodes; what is done here is RFC 7845: the
// header, the samples to skip in front and to trim at the end, streams chained
// one behind the other. Samples are there as soon as the last byte of their
// page is. Other logical streams of the file are skipped.
class OggOpusCodec final : public Codec {
 public:
  // Decodes at `wanted_rate_hz` where Opus can, else at 48 kHz.
  explicit OggOpusCodec(int wanted_rate_hz);
  ~OggOpusCodec() override;

  absl::Status Decode(absl::string_view* bytes,
                      std::vector<float>* samples) override;
  bool has_more() const override;
  absl::Status CheckEnd(AudioEnd end) const override;
  CodecFormat format() const override;
  size_t size_bytes() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_OGG_OPUS_CODEC_H_
