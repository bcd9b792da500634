// A back-off n-gram language model with its vocabulary, read in place from
// language_model.bin.
#ifndef OIDO_MODEL_LANGUAGE_MODEL_H_
#define OIDO_MODEL_LANGUAGE_MODEL_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/mapped_file.h"
#include "model/packed_rows.h"

namespace oido::model {

// Index in the vocabulary; the lexicon has the same ones.
using WordId = uint32_t;

inline constexpr WordId kUnknownWord = 0;    // <unk>
inline constexpr WordId kSentenceBegin = 1;  // <s>
inline constexpr WordId kSentenceEnd = 2;    // </s>
// Words that people say begin here.
inline constexpr WordId kFirstRealWord = 3;

inline constexpr int kMaxLmOrder = 3;

// What the model remembers of the words so far: equal states give equal scores
// to whatever follows. Contexts that no n-gram goes on from and that weigh
// nothing when left are forgotten at once (as in KenLM), so different histories
// share states often. Default: no context.
struct LmState {
  static constexpr uint32_t kNoContext = 0xFFFFFFFF;

  friend bool operator==(const LmState& a, const LmState& b) {
    return a.context == b.context;
  }
  friend bool operator!=(const LmState& a, const LmState& b) {
    return !(a == b);
  }
  template <typename H>
  friend H AbslHashValue(H hash, const LmState& state) {
    return H::combine(std::move(hash), state.context);
  }

  // Row of the last word, of the last two words, ...
  std::array<uint32_t, kMaxLmOrder - 1> context = {kNoContext, kNoContext};
};
static_assert(sizeof(LmState) == 8 && kMaxLmOrder == 3);

// Immutable; any thread may use it. All scores are natural logarithms.
//
// The file, little-endian, every section padded with zeros to 8 bytes:
//   header      "oido-lm\0", uint32 version (1), uint32 order (1 to 3),
//               uint32 bits of a value (8 or 32), uint32 0,
//               uint64 number of n-grams of each order, 0 above `order` [3]
//   vocabulary  uint32 end of each word's text [words], then the text: <unk>,
//               <s>, </s>, then all others in ascending order of their bytes
//   codebooks   only with 8 bits, for each order from 2: float32 ln P [256];
//               below the highest order also float32 back-off weight [256]
//   rows        for each order, one bit-packed row an n-gram (packed_rows.h),
//               grouped by their context in its order and sorted by their last
//               word within: last word (order 2 and above), ln P, then below
//               the highest order: back-off weight, and the first row of the
//               next order that goes on from this n-gram. One row more ends the
//               last group. ln P and back-off are float32 for order 1 and with
//               32 bits, else an index of the order's codebook.
class LanguageModel {
 public:
  // NOT_FOUND: no such file. DATA_LOSS names what of the file is wrong; every
  // index and value in it is checked here, once.
  static absl::StatusOr<std::unique_ptr<const LanguageModel>> Open(
      const std::string& path);

  int order() const { return order_; }
  // Words of the vocabulary, the three symbols included.
  WordId size() const { return words_; }

  // After <s>.
  LmState Begin() const { return begin_; }
  // Without any context.
  LmState Empty() const { return LmState(); }

  // ln P(word | from); `*to` becomes the state behind `word`. `word` must be
  // below size(). A word outside the vocabulary is kUnknownWord: it scores as
  // the ARPA file's <unk>, or log10 P = -100 where it has none (as in KenLM).
  float Score(const LmState& from, WordId word, LmState* to) const;
  // ln P(</s> | from).
  float EndScore(const LmState& from) const;
  // ln P(word) without context; `word` must be below size().
  float Unigram(WordId word) const;

  // The spelling; `word` must be below size(). Lives as long as the model.
  absl::string_view Word(WordId word) const;
  // None: not in the vocabulary.
  std::optional<WordId> Find(absl::string_view spelling) const;
  // Differs for different vocabularies: ties a lexicon to its language model.
  uint64_t vocabulary_fingerprint() const { return fingerprint_; }

 private:
  LanguageModel() = default;
  friend class LanguageModelLoader;

  // The row of `word` in the group of order `level` + 1 behind `context`, a row
  // of order `level`; kNoContext: there is none.
  uint32_t FindChild(int level, uint32_t context, WordId word) const;
  float Probability(int level, uint32_t row) const;
  float Backoff(int level, uint32_t row) const;
  // `row` of `level` as a context, kNoContext if nothing depends on it.
  uint32_t AsContext(int level, uint32_t row) const;

  std::shared_ptr<const MappedFile> file_;
  int order_ = 0;
  WordId words_ = 0;
  uint64_t fingerprint_ = 0;
  LmState begin_;
  const char* word_ends_ = nullptr;  // uint32 [words_]
  const char* text_ = nullptr;
  // By order - 1; empty codebooks where values are float32.
  std::array<PackedRows, kMaxLmOrder> rows_;
  std::array<std::vector<float>, kMaxLmOrder> probabilities_;
  std::array<std::vector<float>, kMaxLmOrder> backoffs_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_LANGUAGE_MODEL_H_
