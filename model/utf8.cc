// Checks UTF-8 by the table of well-formed byte sequences (Unicode 15, table
// 3-7).
#include "model/utf8.h"

#include <cstddef>
#include <cstdint>

namespace oido::model {
namespace {

// Length of the sequence that `lead` begins, 0 if none begins so.
size_t SequenceLength(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The second byte's range depends on the first: no overlong forms, no
// surrogates, nothing above U+10FFFF.
bool IsSecondByte(uint8_t lead, uint8_t byte) {
  const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return byte >= low && byte <= high;
}

bool IsControl(uint8_t lead, uint8_t second) {
  if (lead < 0x80) return lead < 0x20 || lead == 0x7F;
  return lead == 0xC2 && second < 0xA0;  // U+0080..U+009F
}

}  // namespace

bool IsPrintableUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t offset) {
      return static_cast<uint8_t>(text[i + offset]);
    };
    const size_t length = SequenceLength(byte(0));
    if (length == 0 || length > text.size() - i) return false;
    if (length > 1 && !IsSecondByte(byte(0), byte(1))) return false;
    for (size_t k = 2; k < length; ++k) {
      if ((byte(k) & 0xC0) != 0x80) return false;
    }
    if (IsControl(byte(0), length > 1 ? byte(1) : uint8_t{0})) return false;
    i += length;
  }
  return true;
}

}  // namespace oido::model
