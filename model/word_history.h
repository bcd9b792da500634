// The words that the hypotheses of a beam have found: a tree of shared
// beginnings.
#ifndef OIDO_MODEL_WORD_HISTORY_H_
#define OIDO_MODEL_WORD_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/language_model.h"

namespace oido::model {

// A word where a decoder found it.
struct FoundWord {
  WordId word = kUnknownWord;
  int32_t first_step = 0;  // of its first phone
  int32_t last_step = 0;   // of its last phone
  // Share of the beam that had this word at this place when it was looked at,
  // 0..1; negative: it was not yet.
  float posterior = -1.0f;
};

// Sequences of words; a sequence is the index of its last word, and its
// beginning that of the word before. An index is larger than that of its
// beginning. One thread at a time.
class WordHistory {
 public:
  using Index = int32_t;
  // The sequence without words: all sequences begin with it.
  static constexpr Index kStart = 0;

  // Makes room for `capacity` sequences, kStart included; there never are more.
  explicit WordHistory(size_t capacity);

  size_t size() const { return entries_.size(); }
  size_t capacity() const { return entries_.capacity(); }

  // REQUIRES: size() < capacity().
  Index Append(Index beginning, const FoundWord& word);

  const FoundWord& word(Index index) const { return entries_[index].word; }
  FoundWord& word(Index index) { return entries_[index].word; }
  Index beginning(Index index) const { return entries_[index].beginning; }
  // Equal for equal words, whatever their times; words that were made the start
  // count too.
  uint64_t hash(Index index) const { return hashes_[index]; }
  static uint64_t ExtendHash(uint64_t hash, WordId word);

  // The longest beginning that two sequences share.
  Index Common(Index a, Index b) const;
  // Whether `index` is `beginning` or goes on from it.
  bool StartsWith(Index index, Index beginning) const;

  // Appends the words between `from` and the end of `to`, which starts with it.
  void AppendWords(Index from, Index to, std::vector<FoundWord>* words) const;

  // To make room: BeginCompaction, Keep each sequence that is still used, all
  // of which start with `start`, then Compact(start), which becomes kStart, and
  // ask where each that was kept has gone.
  void BeginCompaction();
  void Keep(Index index);
  void Compact(Index start);
  Index Moved(Index old_index) const { return moved_[old_index]; }

  void Reset();
  size_t size_bytes() const;

 private:
  struct Entry {
    Index beginning = kStart;
    FoundWord word;
  };

  // By index; apart, for a sum of their sizes without gaps.
  std::vector<Entry> entries_;
  std::vector<uint64_t> hashes_;
  std::vector<Index> moved_;  // by old index, while and after compaction
};

}  // namespace oido::model

#endif  // OIDO_MODEL_WORD_HISTORY_H_
