// The layout of language_model.bin, for its reader and its writer; the meaning
// is told in language_model.h.
#ifndef OIDO_MODEL_LANGUAGE_MODEL_FILE_H_
#define OIDO_MODEL_LANGUAGE_MODEL_FILE_H_

#include <array>
#include <cstdint>

#include "model/language_model.h"
#include "model/packed_rows.h"

namespace oido::model {

inline constexpr std::array<char, 8> kLanguageModelMagic = {'o', 'i', 'd', 'o',
                                                            '-', 'l', 'm', 0};
inline constexpr uint32_t kLanguageModelVersion = 1;
inline constexpr uint32_t kQuantisedBits = 8;
inline constexpr uint32_t kExactBits = 32;
inline constexpr size_t kCodebookSize = 256;
inline constexpr size_t kSectionAlignment = 8;

// Text of <unk>, <s> and </s>, by WordId.
inline constexpr std::array<const char*, kFirstRealWord> kSymbols = {
    "<unk>", "<s>", "</s>"};

// As it lies in the file.
struct LanguageModelHeader {
  std::array<char, 8> magic = kLanguageModelMagic;
  uint32_t version = kLanguageModelVersion;
  uint32_t order = 0;
  uint32_t value_bits = 0;
  uint32_t zero = 0;
  std::array<uint64_t, kMaxLmOrder> ngrams = {};
};
static_assert(sizeof(LanguageModelHeader) == 48);

constexpr uint64_t AlignedSize(uint64_t bytes) {
  return (bytes + kSectionAlignment - 1) / kSectionAlignment *
         kSectionAlignment;
}

// Whether n-grams of order `level` + 1 have their values in codebooks.
inline bool HasCodebooks(const LanguageModelHeader& header, uint32_t level) {
  return level > 0 && header.value_bits == kQuantisedBits;
}

// Whether n-grams of order `level` + 1 are contexts of longer ones.
inline bool HasContexts(const LanguageModelHeader& header, uint32_t level) {
  return level + 1 < header.order;
}

// Rows of order `level` + 1, with the one that ends the last group.
inline uint64_t StoredRows(const LanguageModelHeader& header, uint32_t level) {
  return header.ngrams[level] + (HasContexts(header, level) ? 1 : 0);
}

inline RowLayout LayoutOf(const LanguageModelHeader& header, uint32_t level) {
  const int value_bits =
      static_cast<int>(level == 0 ? kExactBits : header.value_bits);
  RowLayout layout;
  layout.probability = value_bits;
  if (level > 0)
    layout.word = static_cast<int>(std::bit_width(header.ngrams[0] - 1));
  if (HasContexts(header, level)) {
    layout.backoff = value_bits;
    layout.children =
        static_cast<int>(std::bit_width(header.ngrams[level + 1]));
  }
  return layout;
}

}  // namespace oido::model

#endif  // OIDO_MODEL_LANGUAGE_MODEL_FILE_H_
