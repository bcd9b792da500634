// The header of lexicon.bin, for its reader and its writer; the meaning is told
// in lexicon.h.
#ifndef OIDO_MODEL_LEXICON_FILE_H_
#define OIDO_MODEL_LEXICON_FILE_H_

#include <array>
#include <cstdint>

namespace oido::model {

inline constexpr std::array<char, 8> kLexiconMagic = {'o', 'i', 'd', 'o',
                                                      'l', 'e', 'x', 0};
inline constexpr uint32_t kLexiconVersion = 1;
// PhoneId is a byte.
inline constexpr uint32_t kMaxPhones = 256;

// As it lies in the file.
struct LexiconHeader {
  std::array<char, 8> magic = kLexiconMagic;
  uint32_t version = kLexiconVersion;
  uint32_t nodes = 0;
  uint32_t entries = 0;
  uint32_t phones = 0;
  uint64_t vocabulary_fingerprint = 0;
  uint64_t name_bytes = 0;
};
static_assert(sizeof(LexiconHeader) == 40);

}  // namespace oido::model

#endif  // OIDO_MODEL_LEXICON_FILE_H_
