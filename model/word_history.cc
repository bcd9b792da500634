// Keeps word sequences by their last word.
#include "model/word_history.h"

#include <algorithm>
#include <cassert>

namespace oido::model {
namespace {

constexpr WordHistory::Index kUnused = -1;

}  // namespace

WordHistory::WordHistory(size_t capacity) {
  entries_.reserve(capacity);
  hashes_.reserve(capacity);
  moved_.reserve(capacity);
  Reset();
}

void WordHistory::Reset() {
  entries_.assign(1, Entry());
  hashes_.assign(1, 0);
}

// The finaliser of MurmurHash3 over a sum of both.
uint64_t WordHistory::ExtendHash(uint64_t hash, WordId word) {
  uint64_t mixed = hash * 0x9E3779B97F4A7C15u + word + 1;
  mixed ^= mixed >> 33;
  mixed *= 0xFF51AFD7ED558CCDu;
  mixed ^= mixed >> 33;
  mixed *= 0xC4CEB9FE1A85EC53u;
  return mixed ^ (mixed >> 33);
}

WordHistory::Index WordHistory::Append(Index beginning, const FoundWord& word) {
  assert(entries_.size() < entries_.capacity());
  entries_.push_back({beginning, word});
  hashes_.push_back(ExtendHash(hash(beginning), word.word));
  return static_cast<Index>(entries_.size()) - 1;
}

WordHistory::Index WordHistory::Common(Index a, Index b) const {
  while (a != b) {
    if (a > b) {
      a = beginning(a);
    } else {
      b = beginning(b);
    }
  }
  return a;
}

bool WordHistory::StartsWith(Index index, Index start) const {
  while (index > start) index = beginning(index);
  return index == start;
}

void WordHistory::AppendWords(Index from, Index to,
                              std::vector<FoundWord>* words) const {
  const size_t old_size = words->size();
  for (; to != from; to = beginning(to)) words->push_back(word(to));
  std::reverse(words->begin() + static_cast<std::ptrdiff_t>(old_size),
               words->end());
}

void WordHistory::BeginCompaction() { moved_.assign(entries_.size(), kUnused); }

void WordHistory::Keep(Index index) {
  for (; moved_[index] == kUnused; index = beginning(index)) {
    moved_[index] = index;
    if (index == kStart) break;
  }
}

void WordHistory::Compact(Index start) {
  hashes_[kStart] = hash(start);
  for (Index index = kStart; index <= start; ++index) moved_[index] = kStart;
  Index next = kStart + 1;
  for (Index index = start + 1; index < static_cast<Index>(entries_.size());
       ++index) {
    if (moved_[index] == kUnused) continue;
    Entry entry = entries_[index];
    entry.beginning = moved_[entry.beginning];
    entries_[next] = entry;
    hashes_[next] = hash(index);
    moved_[index] = next++;
  }
  entries_.resize(next);
  hashes_.resize(next);
}

size_t WordHistory::size_bytes() const {
  return sizeof(*this) + entries_.capacity() * sizeof(Entry) +
         hashes_.capacity() * sizeof(uint64_t) +
         moved_.capacity() * sizeof(Index);
}

}  // namespace oido::model
