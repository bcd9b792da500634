// Decodes a FLAC file that comes in pieces.
#include "features/flac_codec.h"

#include <FLAC/stream_decoder.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "features/flac_header.h"

namespace oido::features {
namespace {

// Bytes of a frame at which the CRC is 0 although it goes on: one in 65,536. A
// stream made to have more is refused, as each costs a try.
size_t MaxTries(size_t frame_bytes) { return 8 + frame_bytes / 8192; }

// The shortest frame: header 6, CRC 2.
constexpr size_t kMinFrameBytes = 8;

// libFLAC does not tell. Measured with mallinfo2(): see docs/api.md.
constexpr size_t kLibraryBytes = 64 << 10;

// CRC-16 of RFC 9639: x^16 + x^15 + x^2 + 1, most significant bit first.
constexpr std::array<uint16_t, 256> CrcTable() {
  std::array<uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x8005 : crc << 1;
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}
constexpr std::array<uint16_t, 256> kCrcTable = CrcTable();

uint16_t NextCrc(uint16_t crc, char byte) {
  return static_cast<uint16_t>(
      crc << 8 ^ kCrcTable[crc >> 8 ^ static_cast<unsigned char>(byte)]);
}

struct Delete {
  void operator()(FLAC__StreamDecoder* decoder) const {
    FLAC__stream_decoder_delete(decoder);
  }
};

}  // namespace

struct FlacCodec::Impl {
  absl::Status Decode(absl::string_view* bytes, std::vector<float>* samples);
  absl::Status BeginFrames();
  absl::Status TakeFrameBytes(absl::string_view* bytes,
                              std::vector<float>* samples);
  bool TryFrame(std::vector<float>* samples);
  absl::Status Bad(absl::string_view what) const;
  void Write(const FLAC__Frame& frame, const FLAC__int32* const* channels);

  static FLAC__StreamDecoderReadStatus OnRead(const FLAC__StreamDecoder*,
                                              FLAC__byte* buffer, size_t* size,
                                              void* self);
  static FLAC__StreamDecoderWriteStatus OnWrite(
      const FLAC__StreamDecoder*, const FLAC__Frame* frame,
      const FLAC__int32* const* channels, void* self);
  static void OnError(const FLAC__StreamDecoder*,
                      FLAC__StreamDecoderErrorStatus, void* self);

  FlacHeaderReader header;
  std::unique_ptr<FLAC__StreamDecoder, Delete> library;  // null in the header
  std::string frame;                                     // what has come of it
  uint64_t frame_begin = 0;                              // byte of the stream
  uint16_t crc = 0;                                      // of `frame`
  size_t tries = 0;                                      // of `frame`
  uint64_t frames_out = 0;  // samples of one channel
  // What the library is given and what it makes of it.
  absl::string_view input;
  std::vector<float>* output = nullptr;
  bool written = false;
  bool failed = false;
};

FLAC__StreamDecoderReadStatus FlacCodec::Impl::OnRead(
    const FLAC__StreamDecoder*, FLAC__byte* buffer, size_t* size, void* self) {
  absl::string_view& input = static_cast<Impl*>(self)->input;
  *size = std::min(*size, input.size());
  if (*size == 0) return FLAC__STREAM_DECODER_READ_STATUS_ABORT;
  std::memcpy(buffer, input.data(), *size);
  input.remove_prefix(*size);
  return FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
}

FLAC__StreamDecoderWriteStatus FlacCodec::Impl::OnWrite(
    const FLAC__StreamDecoder*, const FLAC__Frame* frame,
    const FLAC__int32* const* channels, void* self) {
  Impl& impl = *static_cast<Impl*>(self);
  if (impl.failed || impl.written ||
      static_cast<int>(frame->header.channels) != impl.header.info().channels ||
      static_cast<int>(frame->header.blocksize) >
          impl.header.info().max_block) {
    impl.failed = true;
    return FLAC__STREAM_DECODER_WRITE_STATUS_ABORT;
  }
  impl.written = true;
  impl.Write(*frame, channels);
  return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

void FlacCodec::Impl::OnError(const FLAC__StreamDecoder*,
                              FLAC__StreamDecoderErrorStatus, void* self) {
  static_cast<Impl*>(self)->failed = true;
}

void FlacCodec::Impl::Write(const FLAC__Frame& decoded,
                            const FLAC__int32* const* channels) {
  const float scale =
      std::ldexp(1.0f, 16 - static_cast<int>(decoded.header.bits_per_sample));
  for (unsigned i = 0; i < decoded.header.blocksize; ++i) {
    for (unsigned c = 0; c < decoded.header.channels; ++c)
      output->push_back(static_cast<float>(channels[c][i]) * scale);
  }
}

absl::Status FlacCodec::Impl::Bad(absl::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat("audio_content: FLAC: byte ", frame_begin, ": ", what));
}

absl::Status FlacCodec::Impl::BeginFrames() {
  frame_begin = header.bytes_taken();
  library.reset(FLAC__stream_decoder_new());
  input = header.minimal();
  if (library == nullptr ||
      FLAC__stream_decoder_init_stream(
          library.get(), OnRead, nullptr, nullptr, nullptr, nullptr, OnWrite,
          nullptr, OnError, this) != FLAC__STREAM_DECODER_INIT_STATUS_OK) {
    return absl::InternalError("libFLAC does not start");
  }
  if (FLAC__stream_decoder_process_until_end_of_metadata(library.get()) == 0 ||
      failed) {
    return Bad("STREAMINFO is broken");
  }
  return absl::OkStatus();
}

// True: `frame` is a whole frame, and its samples are in `samples`.
bool FlacCodec::Impl::TryFrame(std::vector<float>* samples) {
  ++tries;
  const size_t before = samples->size();
  input = frame;
  output = samples;
  written = failed = false;
  const bool done = FLAC__stream_decoder_flush(library.get()) != 0 &&
                    FLAC__stream_decoder_process_single(library.get()) != 0;
  if (done && written && !failed) {
    frames_out += (samples->size() - before) /
                  static_cast<size_t>(header.info().channels);
    return true;
  }
  samples->resize(before);
  return false;
}

absl::Status FlacCodec::Impl::TakeFrameBytes(absl::string_view* bytes,
                                             std::vector<float>* samples) {
  const FlacStreamInfo& info = header.info();
  const size_t limit = MaxFrameBytes(info);
  while (!bytes->empty()) {
    size_t count = 0;
    bool zero = false;
    const size_t most = std::min(bytes->size(), limit - frame.size());
    while (count < most && !zero) {
      crc = NextCrc(crc, (*bytes)[count++]);
      zero = crc == 0;
    }
    const bool header_was_there = frame.size() >= kFrameHeaderBytes;
    frame.append(bytes->data(), count);
    bytes->remove_prefix(count);
    const bool candidate = zero && frame.size() >= kMinFrameBytes;
    if (!header_was_there && (candidate || frame.size() >= kFrameHeaderBytes)) {
      if (absl::Status status = CheckFrameHeader(frame, info); !status.ok())
        return Bad(status.message());
    }
    if (candidate && TryFrame(samples)) {
      frame_begin += frame.size();
      frame.clear();
      crc = 0;
      tries = 0;
      return absl::OkStatus();
    }
    if (frame.size() == limit || tries > MaxTries(frame.size())) {
      return Bad(absl::StrCat("a broken frame, or one of more than ",
                              frame.size(), " bytes"));
    }
  }
  return absl::OkStatus();
}

absl::Status FlacCodec::Impl::Decode(absl::string_view* bytes,
                                     std::vector<float>* samples) {
  if (library == nullptr) {
    const absl::StatusOr<bool> begun = header.Read(bytes);
    if (!begun.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("audio_content: ", begun.status().message()));
    }
    if (!*begun) return absl::OkStatus();
    if (absl::Status status = BeginFrames(); !status.ok()) return status;
  }
  const uint64_t total = header.info().total_samples;
  if (total > 0 && frames_out >= total) {
    bytes->remove_prefix(bytes->size());
    return absl::OkStatus();
  }
  return TakeFrameBytes(bytes, samples);
}

FlacCodec::FlacCodec() : impl_(std::make_unique<Impl>()) {}
FlacCodec::~FlacCodec() = default;

absl::Status FlacCodec::Decode(absl::string_view* bytes,
                               std::vector<float>* samples) {
  return impl_->Decode(bytes, samples);
}

absl::Status FlacCodec::CheckEnd(AudioEnd end) const {
  if (end == AudioEnd::kUtterance) return absl::OkStatus();
  if (impl_->library == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("audio_content ends inside the FLAC header, after ",
                     impl_->header.bytes_taken(), " bytes"));
  }
  if (impl_->frame.empty()) return absl::OkStatus();
  return impl_->Bad(absl::StrCat("the audio ends inside this frame, after ",
                                 impl_->frame.size(), " bytes of it"));
}

CodecFormat FlacCodec::format() const {
  if (impl_->library == nullptr) return {};
  return {impl_->header.info().sample_rate_hz, impl_->header.info().channels};
}

size_t FlacCodec::size_bytes() const {
  const FlacStreamInfo& info = impl_->header.info();
  // Samples and residuals, 4 bytes each.
  const size_t block = static_cast<size_t>(info.max_block * info.channels) * 8;
  return sizeof(*this) + sizeof(Impl) + impl_->frame.capacity() +
         (impl_->library == nullptr ? 0 : kLibraryBytes + block);
}

}  // namespace oido::features
