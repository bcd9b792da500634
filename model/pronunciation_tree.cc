// Numbers the nodes of a small pronunciation tree breadth-first.
#include "model/pronunciation_tree.h"

#include <algorithm>

namespace oido::model {
namespace {

bool IsBefore(const PronunciationTree::Entry& a,
              const PronunciationTree::Entry& b) {
  const auto [in_a, in_b] = std::mismatch(a.phones.begin(), a.phones.end(),
                                          b.phones.begin(), b.phones.end());
  if (in_b == b.phones.end()) return in_a == a.phones.end() && a.word < b.word;
  return in_a == a.phones.end() || *in_a < *in_b;
}

}  // namespace

PronunciationTree::PronunciationTree(NodeId first_node,
                                     std::vector<Entry> entries)
    : first_node_(first_node), nodes_(1), phones_(1, 0) {
  std::sort(entries.begin(), entries.end(), IsBefore);
  const auto is_same = [](const Entry& a, const Entry& b) {
    return !IsBefore(a, b) && !IsBefore(b, a);
  };
  entries.erase(std::unique(entries.begin(), entries.end(), is_same),
                entries.end());
  // The entries below each node; sorted, they follow each other, and those that
  // end at the node come first.
  struct Range {
    size_t begin;
    size_t end;
    size_t depth;
  };
  std::vector<Range> ranges = {{0, entries.size(), 0}};
  for (size_t node = 0; node < nodes_.size(); ++node) {
    auto [begin, end, depth] = ranges[node];
    nodes_[node].first_word = words_.size();
    for (; begin < end && entries[begin].phones.size() == depth; ++begin)
      words_.push_back(entries[begin].word);
    nodes_[node].words = words_.size() - nodes_[node].first_word;
    nodes_[node].first_child = nodes_.size();
    while (begin < end) {
      const PhoneId phone = entries[begin].phones[depth];
      size_t next = begin;
      while (next < end && entries[next].phones[depth] == phone) ++next;
      ranges.push_back({begin, next, depth + 1});
      phones_.push_back(phone);
      nodes_.emplace_back().parent = node;
      begin = next;
    }
    nodes_[node].children = nodes_.size() - nodes_[node].first_child;
  }
}

Lexicon::Children PronunciationTree::children(NodeId node) const {
  const Node& found = nodes_[IndexOf(node)];
  return {IdOf(found.first_child),
          {phones_.data() + found.first_child, found.children}};
}

absl::Span<const WordId> PronunciationTree::words(NodeId node) const {
  const Node& found = nodes_[IndexOf(node)];
  return {words_.data() + found.first_word, found.words};
}

PronunciationTree::NodeId PronunciationTree::parent(NodeId node) const {
  const size_t index = nodes_[IndexOf(node)].parent;
  return index == 0 ? Lexicon::kRoot : IdOf(index);
}

std::vector<PronunciationTree::Place> PronunciationTree::places() const {
  std::vector<Place> places;
  for (size_t index = 1; index < nodes_.size(); ++index) {
    for (const WordId word : words(IdOf(index)))
      places.push_back({word, IdOf(index)});
  }
  return places;
}

size_t PronunciationTree::size_bytes() const {
  return sizeof(*this) + nodes_.capacity() * sizeof(Node) + phones_.capacity() +
         words_.capacity() * sizeof(WordId);
}

}  // namespace oido::model
