// Keeps word sequences by their last word.
#include "model/word_history.h"

#include <algorithm>
#include <cassert>

namespace oido::model {
namespace {

constexpr uint16_t kUnused = WordHistory::kMaxCapacity;

}  // namespace

WordHistory::WordHistory(size_t capacity) {
  assert(capacity <= kMaxCapacity);
  entries_.reserve(capacity);
  hashes_.reserve(capacity);
  Reset();
}

void WordHistory::Reset() {
  entries_.assign(1, Entry());
  hashes_.assign(1, 0);
  size_ = 1;
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
  assert(size_ < entries_.capacity());
  const uint64_t extended = ExtendHash(hash(beginning), word.word);
  entries_.resize(std::max(entries_.size(), size_ + 1));
  entries_[size_] = {static_cast<uint16_t>(beginning), kStart, word};
  hashes_.resize(size_);
  hashes_.push_back(extended);
  return static_cast<Index>(size_++);
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

void WordHistory::BeginCompaction() {
  for (size_t i = 0; i < size_; ++i) entries_[i].moved = kUnused;
}

void WordHistory::Keep(Index index) {
  for (; entries_[index].moved == kUnused; index = beginning(index)) {
    entries_[index].moved = static_cast<uint16_t>(index);
    if (index == kStart) break;
  }
}

// Entries go to their places from the front; where each has gone stays where it
// was.
void WordHistory::Compact(Index start) {
  hashes_[kStart] = hash(start);
  for (Index index = kStart; index <= start; ++index)
    entries_[index].moved = kStart;
  size_t next = kStart + 1;
  for (size_t index = start + 1; index < size_; ++index) {
    Entry& entry = entries_[index];
    if (entry.moved == kUnused) continue;
    entry.moved = static_cast<uint16_t>(next);
    entries_[next].beginning = entries_[entry.beginning].moved;
    entries_[next].word = entry.word;
    hashes_[next] = hashes_[index];
    ++next;
  }
  size_ = next;
}

size_t WordHistory::size_bytes() const {
  return sizeof(*this) + entries_.capacity() * sizeof(Entry) +
         hashes_.capacity() * sizeof(uint64_t);
}

}  // namespace oido::model
