// Takes an Ogg stream that comes in pieces apart into pages and packets.
#ifndef OIDO_FEATURES_OGG_PAGES_H_
#define OIDO_FEATURES_OGG_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace oido::features {

struct OggPage {
  bool begins = false;  // a logical stream
  bool ends = false;    // likewise
  int serial = 0;       // of the logical stream
  int packets = 0;      // that end on it
  int64_t granule = 0;  // at the end of the last of these
  uint64_t offset = 0;  // byte at which it begins
  absl::string_view body;
};

// libogg does the work. Pages whose checksum is wrong, bytes between pages and
// packets of more than 64 KiB are refused; so are missing pages, but for those
// that one who tunes in late has not heard. One thread at a time.
class OggPages {
 public:
  OggPages();
  ~OggPages();

  // Takes bytes off the front of `bytes`, at most until a page is whole. True:
  // it is, and page() tells it until the next call. INVALID_ARGUMENT names the
  // byte.
  absl::StatusOr<bool> ReadPage(absl::string_view* bytes);
  const OggPage& page() const;

  // The packets to come are of the logical stream of page().
  void BeginPackets();
  // Makes the packets of page(). INVALID_ARGUMENT: one is missing or too long.
  absl::Status AddPackets();
  // The next one, until the next call of this or of AddPackets. False: there is
  // none. REQUIRES: BeginPackets was called.
  bool NextPacket(absl::string_view* packet);

  // Bytes taken in all, and those of a page that is not whole.
  uint64_t bytes_taken() const;
  uint64_t bytes_waiting() const;
  // ReadPage may find a page without more bytes.
  bool may_have_page() const;
  // Part of a packet waits for the next page.
  bool inside_packet() const;

  size_t size_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_OGG_PAGES_H_
