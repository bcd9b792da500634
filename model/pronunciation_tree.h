// A small prefix tree of pronunciations in memory, read as a lexicon is.
#ifndef OIDO_MODEL_PRONUNCIATION_TREE_H_
#define OIDO_MODEL_PRONUNCIATION_TREE_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "model/lexicon.h"

namespace oido::model {

// Immutable. Shares its root with a lexicon; its other nodes are numbered from
// the lexicon's nodes() on.
class PronunciationTree {
 public:
  using NodeId = Lexicon::NodeId;

  struct Entry {
    std::vector<PhoneId> phones;  // at least one
    WordId word;
  };

  PronunciationTree(NodeId first_node, std::vector<Entry> entries);

  // All functions take the root or a node of this tree.
  Lexicon::Children children(NodeId node) const;
  absl::Span<const WordId> words(NodeId node) const;
  // REQUIRES: not the root.
  NodeId parent(NodeId node) const;

  // Every word, once for each of its pronunciations, with the node that ends
  // it.
  struct Place {
    WordId word;
    NodeId node;
  };
  std::vector<Place> places() const;

  size_t size_bytes() const;

 private:
  struct Node {
    size_t parent = 0;       // index in nodes_
    size_t first_child = 0;  // index in nodes_
    size_t children = 0;
    size_t first_word = 0;  // index in words_
    size_t words = 0;
  };

  size_t IndexOf(NodeId node) const {
    return node == Lexicon::kRoot ? 0 : node - first_node_ + 1;
  }
  NodeId IdOf(size_t index) const {
    return first_node_ + static_cast<NodeId>(index) - 1;
  }

  NodeId first_node_;
  std::vector<Node> nodes_;      // breadth-first; the root is the first
  std::vector<PhoneId> phones_;  // that lead to each; 0 for the root
  std::vector<WordId> words_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_PRONUNCIATION_TREE_H_
