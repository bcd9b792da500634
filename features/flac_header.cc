// Reads the parts of a FLAC stream that say how large a frame may get.
#include "features/flac_header.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "features/codec.h"

namespace oido::features {
namespace {

constexpr size_t kStreamInfoBytes = 34;
constexpr size_t kBlockHeaderBytes = 4;
constexpr uint64_t kMaxMetadataBytes = 16 << 20;
constexpr size_t kTotalSamplesOffset = 13;  // its low half byte, and...
constexpr int kLastBlock = 0x80;

unsigned Byte(absl::string_view bytes, size_t offset) {
  return static_cast<unsigned char>(bytes[offset]);
}

uint64_t BigEndian(absl::string_view bytes, size_t offset, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i)
    value = value << 8 | Byte(bytes, offset + i);
  return value;
}

template <typename... Parts>
absl::Status Bad(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat("FLAC: ", parts...));
}

// Samples of one channel; 0: reserved, or not among the bytes.
int BlockSize(absl::string_view frame) {
  const unsigned code = Byte(frame, 2) >> 4;
  // Behind the frame's number, which is coded as in UTF-8.
  const int ones = std::countl_one(static_cast<unsigned char>(frame[4]));
  const size_t offset = 4 + static_cast<size_t>(std::max(1, ones));
  if (code == 0) return 0;
  if (code == 1) return 192;
  if (code <= 5) return 576 << (code - 2);
  if (code >= 8) return 256 << (code - 8);
  const size_t size = code - 5;
  if (frame.size() < offset + size) return 0;
  return static_cast<int>(BigEndian(frame, offset, size)) + 1;
}

}  // namespace

size_t MaxFrameBytes(const FlacStreamInfo& info) {
  const auto channels = static_cast<size_t>(info.channels);
  // The difference of two channels takes a bit more than they do.
  const size_t bits = static_cast<size_t>(info.bits) + 1;
  return (static_cast<size_t>(info.max_block) * bits / 8 + 16) * channels + 64;
}

absl::Status CheckFrameHeader(absl::string_view frame,
                              const FlacStreamInfo& info) {
  if (frame.size() < 5 || Byte(frame, 0) != 0xFF ||
      (Byte(frame, 1) & 0xFE) != 0xF8) {
    return absl::InvalidArgumentError("no frame begins here");
  }
  const unsigned code = Byte(frame, 3) >> 4;
  const int channels = code < 8 ? static_cast<int>(code) + 1 : 2;
  const int block = BlockSize(frame);
  if (channels != info.channels || block == 0 || block > info.max_block) {
    return absl::InvalidArgumentError(
        absl::StrCat("a frame of ", channels, " channels with ", block,
                     " samples, STREAMINFO says ", info.channels,
                     " with at most ", info.max_block));
  }
  return absl::OkStatus();
}

bool FlacHeaderReader::Fill(size_t size, absl::string_view* bytes) {
  const size_t count = std::min(bytes->size(), size - part_.size());
  part_.append(bytes->data(), count);
  bytes->remove_prefix(count);
  taken_ += count;
  return part_.size() == size;
}

absl::StatusOr<bool> FlacHeaderReader::Read(absl::string_view* bytes) {
  while (phase_ != Phase::kDone) {
    if (phase_ == Phase::kSkip) {
      const size_t count = std::min(bytes->size(), skip_);
      bytes->remove_prefix(count);
      taken_ += count;
      skip_ -= count;
      if (skip_ > 0) return false;
      phase_ = last_ ? Phase::kDone : Phase::kBlock;
      continue;
    }
    const size_t size =
        phase_ == Phase::kStreamInfo ? kStreamInfoBytes : kBlockHeaderBytes;
    if (!Fill(size, bytes)) return false;
    if (absl::Status status = EndPart(); !status.ok()) return status;
    part_.clear();
  }
  return true;
}

absl::Status FlacHeaderReader::EndPart() {
  switch (phase_) {
    case Phase::kMagic:
      if (part_ != "fLaC") return Bad("byte 0: no \"fLaC\"");
      phase_ = Phase::kBlock;
      return absl::OkStatus();
    case Phase::kBlock:
      return BeginBlock();
    default:
      phase_ = last_ ? Phase::kDone : Phase::kBlock;
      return ParseStreamInfo();
  }
}

absl::Status FlacHeaderReader::BeginBlock() {
  const unsigned type = Byte(part_, 0) & 0x7F;
  const uint64_t size = BigEndian(part_, 1, 3);
  const uint64_t begin = taken_ - kBlockHeaderBytes;
  last_ = (Byte(part_, 0) & kLastBlock) != 0;
  if (minimal_.empty()) {
    if (type != 0 || size != kStreamInfoBytes) {
      return Bad("byte ", begin, ": STREAMINFO must come first");
    }
    phase_ = Phase::kStreamInfo;
    return absl::OkStatus();
  }
  if (taken_ + size > kMaxMetadataBytes) {
    return Bad("byte ", begin, ": metadata of more than ", kMaxMetadataBytes,
               " bytes");
  }
  skip_ = size;
  phase_ = Phase::kSkip;
  return absl::OkStatus();
}

absl::Status FlacHeaderReader::ParseStreamInfo() {
  info_.max_block = static_cast<int>(BigEndian(part_, 2, 2));
  const uint64_t packed = BigEndian(part_, 10, 8);
  info_.sample_rate_hz = static_cast<int>(packed >> 44);
  info_.channels = static_cast<int>(packed >> 41 & 7) + 1;
  info_.bits = static_cast<int>(packed >> 36 & 31) + 1;
  info_.total_samples = packed & ((uint64_t{1} << 36) - 1);
  const int limit = static_cast<int>(kMaxSamplesAtOnce) / info_.channels;
  if (info_.max_block < 16 || info_.max_block > limit) {
    return Bad("blocks of ", info_.max_block, " samples of ", info_.channels,
               " channels, must be 16 to ", limit);
  }
  if (info_.bits < 4) return Bad(info_.bits, "-bit samples, must be 4 to 32");
  minimal_ = "fLaC";
  minimal_ += {static_cast<char>(kLastBlock), 0, 0, kStreamInfoBytes};
  std::string body = part_;
  body[kTotalSamplesOffset] &= static_cast<char>(0xF0);
  std::fill(body.begin() + kTotalSamplesOffset + 1, body.end(), '\0');
  minimal_ += body;
  return absl::OkStatus();
}

}  // namespace oido::features
