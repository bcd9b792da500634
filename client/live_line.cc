// Implements LiveLine with ECMA-48 control sequences.
#include "client/live_line.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace oido::client {
namespace {

constexpr absl::string_view kEllipsis = "\xe2\x80\xa6";  // one column
constexpr absl::string_view kDim = "\x1b[2m";
constexpr absl::string_view kNormal = "\x1b[0m";
constexpr absl::string_view kClearToEnd = "\x1b[K";

bool BeginsCodePoint(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

int CodePoints(absl::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), BeginsCodePoint));
}

// Removes code points from the front, at most `count`; returns how many.
int DropFront(absl::string_view& text, int count) {
  int dropped = 0;
  while (dropped < count && !text.empty()) {
    do {
      text.remove_prefix(1);
    } while (!text.empty() && !BeginsCodePoint(text.front()));
    ++dropped;
  }
  return dropped;
}

}  // namespace

std::string LiveLine(absl::string_view settled, absl::string_view open,
                     int columns) {
  const int room = std::max(columns - 1, 1);
  const int length = CodePoints(settled) + CodePoints(open);
  absl::string_view ellipsis;
  if (length > room) {
    ellipsis = kEllipsis;
    const int excess = length - (room - 1);
    DropFront(open, excess - DropFront(settled, excess));
  }
  return absl::StrCat("\r", ellipsis, settled, kDim, open, kNormal,
                      kClearToEnd);
}

std::string ClearedLine() { return absl::StrCat("\r", kClearToEnd); }

}  // namespace oido::client
