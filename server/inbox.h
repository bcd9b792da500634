// What a client has sent and nobody has looked at yet, in order and counted in
// bytes.
#ifndef OIDO_SERVER_INBOX_H_
#define OIDO_SERVER_INBOX_H_

#include <cstddef>
#include <list>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace oido::server {

struct InboxItem {
  enum class Kind { kAudio, kFinalize, kMarker, kEnd };
  Kind kind = Kind::kAudio;
  std::string data = {};        // audio bytes or marker id
  absl::Duration arrival = {};  // Clock::Now() of its newest byte
  absl::Status end_status =
      {};  // kEnd: how the stream ends once all is recognised
};

// Not thread-safe; Session guards it. It does not refuse anything: the bound is
// kept by a transport that stops reading when bytes() has reached it.
class Inbox {
 public:
  // Audio leaves in pieces of at most this size, so that one turn of a worker
  // stays short: 128 ms of 16 kHz LINEAR16.
  static constexpr size_t kPieceBytes = 4096;

  // Joins small audio messages up to kPieceBytes, so that a client that sends
  // single bytes costs no more memory than another.
  void Push(InboxItem item);

  // REQUIRES: !empty(). Audio longer than kPieceBytes comes in several pieces.
  InboxItem Pop();

  bool empty() const { return items_.empty(); }
  // REQUIRES: !empty()
  InboxItem::Kind front_kind() const { return items_.front().kind; }

  // Audio bytes waiting.
  size_t audio_bytes() const { return audio_bytes_; }
  // All that is held, with what keeping an item costs.
  size_t bytes() const { return audio_bytes_ + other_bytes_; }

  void Clear();

 private:
  std::list<InboxItem> items_;  // takes no memory while it is empty
  size_t front_offset_ =
      0;  // bytes of the front audio item that are gone already
  size_t audio_bytes_ = 0;
  size_t other_bytes_ = 0;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_INBOX_H_
