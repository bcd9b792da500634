// Reads a RIFF/WAVE header that may be cut over several messages.
#include "features/wav_header.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/str_cat.h"

namespace oido::features {
namespace {

constexpr size_t kRiffBytes = 12;        // "RIFF" size "WAVE"
constexpr size_t kChunkHeaderBytes = 8;  // id size
constexpr size_t kMinFormatBytes = 16;   // WAVEFORMAT and bits per sample
constexpr size_t kExtensibleBytes = 40;  // WAVEFORMATEXTENSIBLE
constexpr uint32_t kUnknownDataBytes = 0x7FFFF000u;  // SoX's size for a pipe

constexpr int kFormatPcm = 1;
constexpr int kFormatFloat = 3;
constexpr int kFormatAlaw = 6;
constexpr int kFormatMulaw = 7;
constexpr int kFormatExtensible = 0xFFFE;
// The rest of a SubFormat GUID behind the format tag.
constexpr absl::string_view kGuidTail(
    "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71", 14);

uint32_t Read32(absl::string_view bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

int Read16(absl::string_view bytes, size_t offset) {
  return static_cast<unsigned char>(bytes[offset]) |
         static_cast<unsigned char>(bytes[offset + 1]) << 8;
}

template <typename... Parts>
absl::Status Bad(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat("WAV header: ", parts...));
}

}  // namespace

bool WavHeaderReader::Fill(size_t size, absl::string_view* bytes) {
  const size_t count = std::min(bytes->size(), size - part_.size());
  part_.append(bytes->data(), count);
  bytes->remove_prefix(count);
  taken_ += count;
  return part_.size() == size;
}

bool WavHeaderReader::MatchRiff(absl::string_view* bytes) {
  constexpr absl::string_view kPattern = "RIFF....WAVE";
  while (part_.size() < kRiffBytes && !bytes->empty()) {
    const char expected = kPattern[part_.size()];
    if (expected != '.' && bytes->front() != expected) return false;
    Fill(part_.size() + 1, bytes);
  }
  return true;
}

absl::StatusOr<WavHeaderReader::State> WavHeaderReader::Read(
    absl::string_view* bytes) {
  while (true) {
    switch (phase_) {
      case Phase::kRiff:
        if (!MatchRiff(bytes)) return State::kNotWav;
        if (part_.size() < kRiffBytes) return State::kIncomplete;
        phase_ = Phase::kChunkHeader;
        part_.clear();
        break;
      case Phase::kChunkHeader: {
        if (!Fill(kChunkHeaderBytes, bytes)) return State::kIncomplete;
        const absl::StatusOr<State> state = BeginChunk();
        if (!state.ok() || *state == State::kComplete) return state;
        part_.clear();
        break;
      }
      case Phase::kFormatChunk:
        if (!Fill(std::min<size_t>(chunk_size_, kExtensibleBytes), bytes)) {
          return State::kIncomplete;
        }
        if (absl::Status status = ParseFormat(); !status.ok()) return status;
        phase_ = Phase::kSkip;
        part_.clear();
        break;
      case Phase::kSkip: {
        const size_t count = std::min(bytes->size(), skip_);
        bytes->remove_prefix(count);
        taken_ += count;
        skip_ -= count;
        if (skip_ > 0) return State::kIncomplete;
        phase_ = Phase::kChunkHeader;
        break;
      }
    }
  }
}

absl::StatusOr<WavHeaderReader::State> WavHeaderReader::BeginChunk() {
  const absl::string_view id = absl::string_view(part_).substr(0, 4);
  const uint32_t size = Read32(part_, 4);
  if (id == "data") {
    if (format_.encoding == AudioEncoding::kUnspecified) {
      return Bad("data chunk without a fmt chunk in front of it");
    }
    const bool known = size > 0 && size < kUnknownDataBytes;
    const size_t block_bytes = BytesPerSample(format_.encoding) *
                               static_cast<size_t>(format_.channels);
    if (known && size % block_bytes != 0) {
      return Bad("data chunk of ", size, " bytes, must be a multiple of ",
                 block_bytes);
    }
    format_.data_bytes = known ? size : kUntilEndOfStream;
    return State::kComplete;
  }
  // Chunks are padded to an even size.
  const size_t padded = static_cast<size_t>(size) + size % 2;
  if (taken_ + padded > kMaxWavHeaderBytes) {
    return Bad("a chunk of ", size, " bytes makes it longer than ",
               kMaxWavHeaderBytes, " bytes");
  }
  if (id == "fmt ") {
    if (size < kMinFormatBytes) {
      return Bad("fmt chunk of ", size, " bytes, must be at least ",
                 kMinFormatBytes);
    }
    chunk_size_ = size;
    skip_ = padded - std::min<size_t>(size, kExtensibleBytes);
    phase_ = Phase::kFormatChunk;
  } else {
    skip_ = padded;
    phase_ = Phase::kSkip;
  }
  return State::kIncomplete;
}

absl::Status WavHeaderReader::ParseFormat() {
  int tag = Read16(part_, 0);
  const int bits = Read16(part_, 14);
  if (tag == kFormatExtensible && part_.size() >= kExtensibleBytes &&
      absl::string_view(part_).substr(26, 14) == kGuidTail) {
    const int valid_bits = Read16(part_, 18);
    if (valid_bits != 0 && valid_bits != bits) {
      return Bad(valid_bits, " valid bits in ", bits,
                 "-bit samples, must be all");
    }
    tag = Read16(part_, 24);
  }
  if (tag == kFormatPcm && bits == 16) {
    format_.encoding = AudioEncoding::kLinear16;
  } else if (tag == kFormatFloat && bits == 32) {
    format_.encoding = AudioEncoding::kFloat32;
  } else if (tag == kFormatAlaw && bits == 8) {
    format_.encoding = AudioEncoding::kAlaw;
  } else if (tag == kFormatMulaw && bits == 8) {
    format_.encoding = AudioEncoding::kMulaw;
  } else {
    return Bad(bits, "-bit samples of format ", tag,
               ", must be 16-bit PCM (format 1), 32-bit float (3), 8-bit A-law "
               "(6) or mu-law (7)");
  }
  format_.channels = Read16(part_, 2);
  if (format_.channels == 0) return Bad("0 channels");
  format_.sample_rate_hz = Read32(part_, 4);
  const int frame_bytes = Read16(part_, 12);
  if (frame_bytes != format_.channels * bits / 8) {
    return Bad("block of ", frame_bytes, " bytes, must be ", format_.channels,
               " * ", bits, " / 8");
  }
  return absl::OkStatus();
}

}  // namespace oido::features
