// Decodes the packets of one Opus stream.
#include "features/opus_packets.h"

#include <opus_multistream.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace oido::features {
namespace {

constexpr size_t kHeadBytes = 19;
constexpr int kMaxPacketMs = 120;
constexpr float kFullScale = 32768.0f;

struct Destroy {
  void operator()(OpusMSDecoder* decoder) const {
    opus_multistream_decoder_destroy(decoder);
  }
};

int Byte(absl::string_view bytes, size_t offset) {
  return static_cast<unsigned char>(bytes[offset]);
}

int Read16(absl::string_view bytes, size_t offset) {
  return Byte(bytes, offset) | Byte(bytes, offset + 1) << 8;
}

template <typename... Parts>
absl::Status Bad(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat("OpusHead: ", parts...));
}

// One or two channels in the usual order.
absl::Status MapPlainly(OpusHead* head) {
  if (head->channels < 1 || head->channels > 2)
    return Bad(head->channels, " channels of mapping family 0");
  head->streams = 1;
  head->coupled = head->channels - 1;
  head->mapping = {0, 1};
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OpusHead> ParseOpusHead(absl::string_view packet) {
  if (!absl::StartsWith(packet, "OpusHead") || packet.size() < kHeadBytes)
    return Bad("is not there, or too short");
  if ((Byte(packet, 8) & 0xF0) != 0) return Bad("version ", Byte(packet, 8));
  OpusHead head;
  head.channels = Byte(packet, 9);
  head.pre_skip = Read16(packet, 10);
  head.gain = static_cast<int16_t>(Read16(packet, 16));
  const int family = Byte(packet, 18);
  if (family == 0) {
    if (absl::Status status = MapPlainly(&head); !status.ok()) return status;
    return head;
  }
  if (family != 1 && family != 255) return Bad("mapping family ", family);
  if (head.channels < 1 || head.channels > kMaxChannels) {
    return Bad(head.channels, " channels, must be 1..", kMaxChannels);
  }
  const auto channels = static_cast<size_t>(head.channels);
  if (packet.size() < kHeadBytes + 2 + channels) return Bad("is too short");
  head.streams = Byte(packet, kHeadBytes);
  head.coupled = Byte(packet, kHeadBytes + 1);
  std::copy_n(packet.begin() + kHeadBytes + 2, channels, head.mapping.begin());
  if (head.streams < 1 || head.streams > kMaxChannels ||
      head.coupled > head.streams) {
    return Bad(head.streams, " streams, ", head.coupled, " of them coupled");
  }
  return head;
}

struct OpusPackets::Impl {
  OpusHead head;
  int rate_hz = 0;
  std::unique_ptr<OpusMSDecoder, Destroy> decoder;
};

OpusPackets::OpusPackets(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OpusPackets::~OpusPackets() = default;

absl::StatusOr<std::unique_ptr<OpusPackets>> OpusPackets::Create(
    const OpusHead& head, int rate_hz) {
  auto impl = std::make_unique<Impl>();
  impl->head = head;
  impl->rate_hz = rate_hz;
  int error = OPUS_OK;
  impl->decoder.reset(opus_multistream_decoder_create(
      rate_hz, head.channels, head.streams, head.coupled, head.mapping.data(),
      &error));
  if (impl->decoder == nullptr || error != OPUS_OK)
    return Bad("libopus: ", opus_strerror(error));
  opus_multistream_decoder_ctl(impl->decoder.get(), OPUS_SET_GAIN(head.gain));
  return std::unique_ptr<OpusPackets>(new OpusPackets(std::move(impl)));
}

absl::Status OpusPackets::Decode(absl::string_view packet,
                                 std::vector<float>* samples) {
  const auto channels = static_cast<size_t>(impl_->head.channels);
  // An empty packet would be one that was lost, to be made up.
  if (packet.empty()) return absl::InvalidArgumentError("an empty packet");
  const int most = impl_->rate_hz / 1000 * kMaxPacketMs;
  samples->resize(static_cast<size_t>(most) * channels);
  const int count = opus_multistream_decode_float(
      impl_->decoder.get(),
      reinterpret_cast<const unsigned char*>(packet.data()),
      static_cast<opus_int32>(packet.size()), samples->data(), most, 0);
  if (count < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a broken packet: ", opus_strerror(count)));
  }
  samples->resize(static_cast<size_t>(count) * channels);
  for (float& sample : *samples)
    sample = std::clamp(sample, -1.0f, 1.0f) * kFullScale;
  return absl::OkStatus();
}

size_t OpusPackets::size_bytes() const {
  return sizeof(*this) + sizeof(Impl) +
         static_cast<size_t>(opus_multistream_decoder_get_size(
             impl_->head.streams, impl_->head.coupled));
}

}  // namespace oido::features
