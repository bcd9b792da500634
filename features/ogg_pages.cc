// Takes an Ogg stream that comes in pieces apart into pages and packets.
#include "features/ogg_pages.h"

#include <ogg/ogg.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace oido::features {
namespace {

// Given to libogg at once: what it holds beyond a page of at most 65,307 bytes.
constexpr size_t kSliceBytes = 4096;
constexpr long kMaxPacketBytes = 64 << 10;

absl::Status Bad(uint64_t offset, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("audio_content: Ogg: byte ", offset, ": ", what));
}

}  // namespace

struct OggPages::Impl {
  Impl() {
    ogg_sync_init(&sync);
    ogg_stream_init(&stream, 0);
  }
  ~Impl() {
    ogg_sync_clear(&sync);
    ogg_stream_clear(&stream);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Describe(ogg_page* raw, size_t size);

  ogg_sync_state sync = {};
  ogg_stream_state stream = {};
  ogg_page raw = {};
  OggPage page;
  uint64_t taken = 0;
  uint64_t page_begin = 0;  // byte of the page that is being read
  bool packets_yet = false;
  bool hungry = true;  // there is no whole page
};

void OggPages::Impl::Describe(ogg_page* found, size_t size) {
  page.begins = ogg_page_bos(found) != 0;
  page.ends = ogg_page_eos(found) != 0;
  page.serial = ogg_page_serialno(found);
  page.packets = ogg_page_packets(found);
  page.granule = ogg_page_granulepos(found);
  page.offset = page_begin;
  page.body = {reinterpret_cast<const char*>(found->body),
               static_cast<size_t>(found->body_len)};
  page_begin += size;
}

OggPages::OggPages() : impl_(std::make_unique<Impl>()) {}
OggPages::~OggPages() = default;

absl::StatusOr<bool> OggPages::ReadPage(absl::string_view* bytes) {
  Impl& impl = *impl_;
  while (true) {
    const long found = ogg_sync_pageseek(&impl.sync, &impl.raw);
    if (found > 0) {
      impl.Describe(&impl.raw, static_cast<size_t>(found));
      return true;
    }
    if (found < 0) {
      return Bad(impl.page_begin,
                 "no page begins here, or one whose checksum is wrong");
    }
    impl.hungry = bytes->empty();
    if (impl.hungry) return false;
    const absl::string_view slice = bytes->substr(0, kSliceBytes);
    char* const buffer =
        ogg_sync_buffer(&impl.sync, static_cast<long>(slice.size()));
    if (buffer == nullptr) return absl::InternalError("libogg: no memory");
    std::copy(slice.begin(), slice.end(), buffer);
    ogg_sync_wrote(&impl.sync, static_cast<long>(slice.size()));
    bytes->remove_prefix(slice.size());
    impl.taken += slice.size();
  }
}

const OggPage& OggPages::page() const { return impl_->page; }

void OggPages::BeginPackets() {
  ogg_stream_reset_serialno(&impl_->stream, impl_->page.serial);
  impl_->packets_yet = false;
}

absl::Status OggPages::AddPackets() {
  Impl& impl = *impl_;
  ogg_stream_state& stream = impl.stream;
  const bool gap =
      impl.packets_yet && ogg_page_pageno(&impl.raw) != stream.pageno;
  if (gap) return Bad(impl.page.offset, "a page is missing before this one");
  impl.packets_yet = true;
  if (ogg_stream_pagein(&stream, &impl.raw) != 0)
    return Bad(impl.page.offset, "libogg does not take this page");
  if (impl.page.packets == 0 &&
      stream.body_fill - stream.body_returned > kMaxPacketBytes) {
    return Bad(impl.page.offset, absl::StrCat("a packet of more than ",
                                              kMaxPacketBytes, " bytes"));
  }
  return absl::OkStatus();
}

bool OggPages::NextPacket(absl::string_view* packet) {
  ogg_packet raw;
  int got = ogg_stream_packetout(&impl_->stream, &raw);
  // The beginning was not heard: libogg has dropped the rest.
  while (got < 0) got = ogg_stream_packetout(&impl_->stream, &raw);
  if (got == 0) return false;
  *packet = {reinterpret_cast<const char*>(raw.packet),
             static_cast<size_t>(raw.bytes)};
  return true;
}

uint64_t OggPages::bytes_taken() const { return impl_->taken; }
uint64_t OggPages::bytes_waiting() const {
  return impl_->taken - impl_->page_begin;
}
bool OggPages::may_have_page() const { return !impl_->hungry; }
bool OggPages::inside_packet() const {
  return impl_->stream.body_fill > impl_->stream.body_returned;
}

size_t OggPages::size_bytes() const {
  const ogg_stream_state& stream = impl_->stream;
  return sizeof(*this) + sizeof(Impl) +
         static_cast<size_t>(impl_->sync.storage) +
         static_cast<size_t>(stream.body_storage) +
         static_cast<size_t>(stream.lacing_storage) *
             (sizeof(*stream.lacing_vals) + sizeof(*stream.granule_vals));
}

}  // namespace oido::features
