// Joins small pieces of audio, cuts large ones and keeps count.
#include "server/inbox.h"

#include <algorithm>
#include <utility>

namespace oido::server {
namespace {

size_t Overhead(const InboxItem& item) {
  const size_t id =
      item.kind == InboxItem::Kind::kMarker ? item.data.size() : 0;
  return sizeof(InboxItem) + id;
}

}  // namespace

void Inbox::Push(InboxItem item) {
  const bool is_audio = item.kind == InboxItem::Kind::kAudio;
  if (is_audio) {
    if (item.data.empty()) return;
    audio_bytes_ += item.data.size();
    if (!items_.empty() && items_.back().kind == InboxItem::Kind::kAudio &&
        items_.back().data.size() + item.data.size() <= kPieceBytes) {
      items_.back().data += item.data;
      items_.back().arrival = item.arrival;
      return;
    }
  }
  other_bytes_ += Overhead(item);
  items_.push_back(std::move(item));
}

InboxItem Inbox::Pop() {
  InboxItem& front = items_.front();
  const size_t left = front.data.size() - front_offset_;
  if (front.kind == InboxItem::Kind::kAudio &&
      (front_offset_ > 0 || left > kPieceBytes)) {
    InboxItem piece;
    piece.arrival = front.arrival;
    piece.data = front.data.substr(front_offset_, kPieceBytes);
    front_offset_ += piece.data.size();
    audio_bytes_ -= piece.data.size();
    if (front_offset_ == front.data.size()) {
      other_bytes_ -= Overhead(front);
      front_offset_ = 0;
      items_.pop_front();
    }
    return piece;
  }
  InboxItem item = std::move(front);
  if (item.kind == InboxItem::Kind::kAudio) audio_bytes_ -= item.data.size();
  other_bytes_ -= Overhead(item);
  items_.pop_front();
  return item;
}

void Inbox::Clear() {
  items_.clear();
  front_offset_ = audio_bytes_ = other_bytes_ = 0;
}

}  // namespace oido::server
