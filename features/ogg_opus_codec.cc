// Decodes an Ogg Opus file that comes in pieces.
#include "features/ogg_opus_codec.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "features/ogg_pages.h"
#include "features/opus_packets.h"

namespace oido::features {
namespace {

// Comments and the picture in them are skipped; as for FLAC.
constexpr uint64_t kMaxTagsBytes = 16 << 20;

int RateFor(int wanted_hz) {
  for (const int rate : {8000, 12000, 16000, 24000}) {
    if (rate == wanted_hz) return rate;
  }
  return kOpusRateHz;
}

}  // namespace

struct OggOpusCodec::Impl {
  explicit Impl(int wanted_rate_hz) : rate_hz(RateFor(wanted_rate_hz)) {}

  absl::Status Decode(absl::string_view* bytes, std::vector<float>* samples);
  absl::Status TakePage();
  absl::Status Begin();
  absl::Status SkipTags();
  absl::Status DecodePacket(absl::string_view packet,
                            std::vector<float>* samples);
  void EndPage();
  absl::Status Bad(absl::string_view what) const;
  // From Opus' clock to samples that come out.
  int64_t AtRate(int64_t opus_samples) const {
    return opus_samples * rate_hz / kOpusRateHz;
  }

  const int rate_hz;
  OggPages pages;
  enum class Phase { kHead, kTags, kAudio } phase = Phase::kHead;
  std::unique_ptr<OpusPackets> decoder;  // of the current link of the chain
  int channels = 0;
  int serial = 0;
  uint64_t tags_bytes = 0;
  bool packets_wait = false;
  // Of the current link, in samples of one channel at rate_hz.
  int64_t skip = 0;             // in front
  int64_t position = 0;         // decoded
  std::optional<int64_t> base;  // the granule at which it begins, at 48 kHz
  std::optional<int64_t> end;   // nothing counts behind
  std::vector<float> packet;    // scratch
};

absl::Status OggOpusCodec::Impl::Bad(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(
      "audio_content: Ogg Opus: byte ", pages.page().offset, ": ", what));
}

absl::Status OggOpusCodec::Impl::Begin() {
  const absl::StatusOr<OpusHead> head = ParseOpusHead(pages.page().body);
  if (!head.ok()) return Bad(head.status().message());
  if (channels != 0 && channels != head->channels) {
    return Bad(absl::StrCat("a chained stream of ", head->channels,
                            " channels, the first one had ", channels));
  }
  auto created = OpusPackets::Create(*head, rate_hz);
  if (!created.ok()) return Bad(created.status().message());
  decoder = *std::move(created);
  channels = head->channels;
  serial = pages.page().serial;
  skip = AtRate(head->pre_skip);
  position = 0;
  base = end = std::nullopt;
  phase = Phase::kTags;
  tags_bytes = 0;
  pages.BeginPackets();
  return absl::OkStatus();
}

// The comments end with a page: audio begins on the next one.
absl::Status OggOpusCodec::Impl::SkipTags() {
  const OggPage& page = pages.page();
  if (tags_bytes == 0 && !absl::StartsWith(page.body, "OpusTags"))
    return Bad("no OpusTags");
  tags_bytes += page.body.size();
  if (tags_bytes > kMaxTagsBytes)
    return Bad(absl::StrCat("comments of more than ", kMaxTagsBytes, " bytes"));
  if (page.packets > 0) phase = Phase::kAudio;
  return absl::OkStatus();
}

absl::Status OggOpusCodec::Impl::TakePage() {
  const OggPage& page = pages.page();
  if (page.begins) {
    return absl::StartsWith(page.body, "OpusHead") ? Begin() : absl::OkStatus();
  }
  if (phase == Phase::kHead) return Bad("no Opus stream begins before this");
  if (page.serial != serial) return absl::OkStatus();
  if (phase == Phase::kTags) return SkipTags();
  if (absl::Status status = pages.AddPackets(); !status.ok()) return status;
  packets_wait = true;
  // RFC 7845, section 4.4: the last page's granule tells how much of its last
  // packet counts; one that is the first, too, began at 0.
  if (page.ends && page.packets > 0)
    end = AtRate(std::max<int64_t>(0, page.granule - base.value_or(0)));
  return absl::OkStatus();
}

// All packets of the page are decoded.
void OggOpusCodec::Impl::EndPage() {
  packets_wait = false;
  const OggPage& page = pages.page();
  if (!base.has_value() && page.packets > 0) {
    base =
        std::max<int64_t>(0, page.granule - position * kOpusRateHz / rate_hz);
  }
}

absl::Status OggOpusCodec::Impl::DecodePacket(absl::string_view data,
                                              std::vector<float>* samples) {
  const absl::Status status = decoder->Decode(data, &packet);
  if (!status.ok()) return Bad(status.message());
  const auto count = static_cast<int64_t>(packet.size()) / channels;
  const int64_t first = std::clamp<int64_t>(skip - position, 0, count);
  const int64_t last = std::clamp<int64_t>(
      end.value_or(position + count) - position, first, count);
  samples->insert(samples->end(), packet.begin() + first * channels,
                  packet.begin() + last * channels);
  position += count;
  return absl::OkStatus();
}

absl::Status OggOpusCodec::Impl::Decode(absl::string_view* bytes,
                                        std::vector<float>* samples) {
  const size_t before = samples->size();
  while (samples->size() == before) {
    absl::Status status;
    if (packets_wait) {
      absl::string_view data;
      if (pages.NextPacket(&data)) {
        status = DecodePacket(data, samples);
      } else {
        EndPage();
      }
    } else {
      const absl::StatusOr<bool> whole = pages.ReadPage(bytes);
      if (!whole.ok()) return whole.status();
      if (!*whole) return absl::OkStatus();
      status = TakePage();
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

OggOpusCodec::OggOpusCodec(int wanted_rate_hz)
    : impl_(std::make_unique<Impl>(wanted_rate_hz)) {}
OggOpusCodec::~OggOpusCodec() = default;

absl::Status OggOpusCodec::Decode(absl::string_view* bytes,
                                  std::vector<float>* samples) {
  return impl_->Decode(bytes, samples);
}

bool OggOpusCodec::has_more() const {
  return impl_->packets_wait || impl_->pages.may_have_page();
}

absl::Status OggOpusCodec::CheckEnd(AudioEnd end) const {
  if (end == AudioEnd::kUtterance) return absl::OkStatus();
  const uint64_t waiting = impl_->pages.bytes_waiting();
  if (waiting == 0 && impl_->phase == Impl::Phase::kAudio &&
      !impl_->pages.inside_packet()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "audio_content: Ogg Opus: byte ", impl_->pages.bytes_taken() - waiting,
      ": the audio ends inside ",
      waiting > 0 ? absl::StrCat("this page, after ", waiting, " bytes of it")
      : impl_->phase == Impl::Phase::kAudio ? "a packet"
                                            : "the headers"));
}

CodecFormat OggOpusCodec::format() const {
  if (impl_->channels == 0) return {};
  return {impl_->rate_hz, impl_->channels};
}

size_t OggOpusCodec::size_bytes() const {
  return sizeof(*this) + sizeof(Impl) + impl_->pages.size_bytes() +
         impl_->packet.capacity() * sizeof(float) +
         (impl_->decoder == nullptr ? 0 : impl_->decoder->size_bytes());
}

}  // namespace oido::features
