// Turns the bytes of one encoding into samples.
#include "features/pcm.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace oido::features {
namespace {

constexpr float kFullScale = 32768.0f;

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

}  // namespace

PcmReader::PcmReader(AudioEncoding encoding)
    : encoding_(encoding),
      bytes_per_sample_(encoding == AudioEncoding::kLinear16 ? 2 : 4) {
  assert(encoding != AudioEncoding::kUnspecified);
}

absl::Status PcmReader::Read(absl::string_view bytes,
                             std::vector<float>* samples) {
  if (partial_bytes_ > 0) {
    const size_t count =
        std::min(bytes.size(), bytes_per_sample_ - partial_bytes_);
    std::copy_n(bytes.begin(), count, partial_.begin() + partial_bytes_);
    partial_bytes_ += count;
    bytes.remove_prefix(count);
    if (partial_bytes_ < bytes_per_sample_) return absl::OkStatus();
    partial_bytes_ = 0;
    if (absl::Status status = Append(partial_.data(), 1, samples); !status.ok())
      return status;
  }
  const size_t whole = bytes.size() / bytes_per_sample_;
  if (absl::Status status = Append(bytes.data(), whole, samples); !status.ok())
    return status;
  bytes.remove_prefix(whole * bytes_per_sample_);
  std::copy(bytes.begin(), bytes.end(), partial_.begin());
  partial_bytes_ = bytes.size();
  return absl::OkStatus();
}

absl::Status PcmReader::Append(const char* bytes, size_t count,
                               std::vector<float>* samples) {
  if (encoding_ == AudioEncoding::kLinear16) {
    for (size_t i = 0; i < count; ++i) {
      samples->push_back(static_cast<int16_t>(LittleEndian(bytes + 2 * i, 2)));
    }
  } else {
    for (size_t i = 0; i < count; ++i) {
      const float value = FloatFromBits(LittleEndian(bytes + 4 * i, 4));
      if (!std::isfinite(value)) {
        return absl::InvalidArgumentError(
            absl::StrCat("audio_content: sample ", samples_read_ + i, " is ",
                         value, ", must be finite"));
      }
      samples->push_back(std::clamp(value, -1.0f, 1.0f) * kFullScale);
    }
  }
  samples_read_ += count;
  return absl::OkStatus();
}

absl::Status PcmReader::CheckComplete() const {
  if (partial_bytes_ == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "audio_content ends inside a sample: ", partial_bytes_, " of the ",
      bytes_per_sample_, " bytes of sample ", samples_read_));
}

}  // namespace oido::features
