// Decodes samples of a fixed size: LINEAR16, FLOAT32, MULAW and ALAW.
#include "features/pcm_codec.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace oido::features {
namespace {

constexpr float kFullScale = 32768.0f;

// Taken at once; bounds the samples held between codec and resampler.
constexpr size_t kSliceBytes = 1024;

uint32_t LittleEndian(const char* bytes, size_t size) {
  uint32_t value = 0;
  for (size_t i = size; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

float FloatFromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// ITU-T G.711, mu-law: sign, 3 bits of exponent, 4 of mantissa, all inverted.
constexpr int FromMulaw(int byte) {
  byte ^= 0xFF;
  constexpr int kBias = 0x84;
  const int value =
      ((((byte & 0x0F) << 3) + kBias) << ((byte >> 4) & 7)) - kBias;
  return (byte & 0x80) != 0 ? -value : value;
}

// ITU-T G.711, A-law: every other bit inverted, sign set for positive values.
constexpr int FromAlaw(int byte) {
  byte ^= 0x55;
  const int exponent = (byte >> 4) & 7;
  const int mantissa = ((byte & 0x0F) << 4) + 8;
  const int value =
      exponent == 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (byte & 0x80) != 0 ? value : -value;
}

template <typename Function>
constexpr std::array<float, 256> Table(Function function) {
  std::array<float, 256> table{};
  for (size_t byte = 0; byte < table.size(); ++byte)
    table[byte] = static_cast<float>(function(static_cast<int>(byte)));
  return table;
}

constexpr std::array<float, 256> kMulawTable = Table(FromMulaw);
constexpr std::array<float, 256> kAlawTable = Table(FromAlaw);

float Sample(AudioEncoding encoding, const char* bytes) {
  switch (encoding) {
    case AudioEncoding::kLinear16:
      return static_cast<int16_t>(LittleEndian(bytes, 2));
    case AudioEncoding::kMulaw:
      return kMulawTable[static_cast<unsigned char>(*bytes)];
    case AudioEncoding::kAlaw:
      return kAlawTable[static_cast<unsigned char>(*bytes)];
    default:
      return FloatFromBits(LittleEndian(bytes, 4));
  }
}

}  // namespace

PcmCodec::PcmCodec(AudioEncoding encoding, const CodecFormat& format)
    : encoding_(encoding),
      format_(format),
      block_bytes_(BytesPerSample(encoding) * format.channels) {
  assert(block_bytes_ > 0 && block_bytes_ <= partial_.size());
}

absl::Status PcmCodec::Decode(absl::string_view* bytes,
                              std::vector<float>* samples) {
  if (partial_bytes_ > 0) {
    const size_t count = std::min(bytes->size(), block_bytes_ - partial_bytes_);
    std::copy_n(bytes->begin(), count, partial_.begin() + partial_bytes_);
    partial_bytes_ += count;
    bytes->remove_prefix(count);
    if (partial_bytes_ < block_bytes_) return absl::OkStatus();
    partial_bytes_ = 0;
    return Append(partial_.data(), 1, samples);
  }
  const absl::string_view slice = bytes->substr(0, kSliceBytes);
  bytes->remove_prefix(slice.size());
  const size_t blocks = slice.size() / block_bytes_;
  const absl::string_view rest = slice.substr(blocks * block_bytes_);
  std::copy(rest.begin(), rest.end(), partial_.begin());
  partial_bytes_ = rest.size();
  return Append(slice.data(), blocks, samples);
}

absl::Status PcmCodec::Append(const char* bytes, size_t blocks,
                              std::vector<float>* samples) {
  const size_t size = BytesPerSample(encoding_);
  const size_t channels = static_cast<size_t>(format_.channels);
  for (size_t i = 0; i < blocks * channels; ++i) {
    float value = Sample(encoding_, bytes + i * size);
    if (encoding_ == AudioEncoding::kFloat32) {
      if (!std::isfinite(value)) {
        return absl::InvalidArgumentError(
            absl::StrCat("audio_content: sample ", blocks_read_ + i / channels,
                         " is ", value, ", must be finite"));
      }
      value = std::clamp(value, -1.0f, 1.0f) * kFullScale;
    }
    samples->push_back(value);
  }
  blocks_read_ += blocks;
  return absl::OkStatus();
}

absl::Status PcmCodec::CheckEnd(AudioEnd) const {
  if (partial_bytes_ == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "audio_content ends inside a sample: ", partial_bytes_, " of the ",
      block_bytes_, " bytes of sample ", blocks_read_));
}

}  // namespace oido::features
