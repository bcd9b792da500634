// A prefix tree of pronunciations, read in place from lexicon.bin.
#ifndef OIDO_MODEL_LEXICON_H_
#define OIDO_MODEL_LEXICON_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/language_model.h"
#include "model/mapped_file.h"

namespace oido::model {

// Output of the acoustic model's phone head; 0 is the CTC blank.
using PhoneId = uint8_t;

// Immutable; any thread may use it. Nodes are numbered breadth-first, so the
// children of a node follow each other, and those of the next node follow them.
//
// The file, little-endian, every section padded with zeros to 8 bytes:
//   header      "oidolex\0", uint32 version (1), uint32 nodes, uint32 word
//               entries, uint32 phones, uint64 vocabulary_fingerprint() of the
//               language model, uint64 bytes of phone names
//   names       the phones' names, each ended by a line feed, the blank first
//   children    uint32 first child of each node [nodes + 1]; the last is nodes
//   words       uint32 first word entry of each node [nodes + 1]
//   entries     uint32 WordId [word entries], by node, likelier words first
//   phones      uint8 the phone that leads to each node [nodes]; 0 for the root
class Lexicon {
 public:
  using NodeId = uint32_t;

  // Child k of a node is `first` + k, reached by `phones[k]`; phones ascend.
  struct Children {
    NodeId first;
    absl::Span<const PhoneId> phones;
  };

  // The lexicon must have been built with this vocabulary. NOT_FOUND: no such
  // file. DATA_LOSS names what of the file is wrong; every index and value in
  // it is checked here, once. INVALID_ARGUMENT: another vocabulary.
  static absl::StatusOr<std::unique_ptr<const Lexicon>> Open(
      const std::string& path, const LanguageModel& language_model);

  static constexpr NodeId kRoot = 0;

  NodeId nodes() const { return static_cast<NodeId>(phones_.size()); }
  // All functions below take a node below nodes().
  Children children(NodeId node) const {
    const uint32_t begin = children_[node];
    return {begin, {phones_.data() + begin, children_[node + 1] - begin}};
  }
  // The words whose pronunciation ends here, likelier first; most nodes have
  // none, homophones share one. None end at the root.
  absl::Span<const WordId> words(NodeId node) const {
    return {entries_.data() + words_[node], words_[node + 1] - words_[node]};
  }
  // The largest unigram ln P of any word at or below `node`.
  float LookAhead(NodeId node) const { return look_ahead_[node]; }

  // The node above; not of the root. Takes time in proportion to the logarithm
  // of the lexicon.
  NodeId Parent(NodeId node) const;
  // The phone that leads to `node`; not of the root.
  PhoneId PhoneOf(NodeId node) const { return phones_[node]; }

  // Names of the phones it was built with, by PhoneId.
  const std::vector<std::string>& phone_names() const { return phone_names_; }
  // Every pronunciation of each of `words` by the node that ends it, in the
  // order of nodes; none where the lexicon lacks the word. Takes time in
  // proportion to the lexicon: for set-up, not for each step.
  struct Place {
    WordId word;
    NodeId node;
  };
  std::vector<Place> Find(absl::Span<const WordId> words) const;
  // The phones from the root to `node`.
  std::vector<PhoneId> PathTo(NodeId node) const;
  // Every pronunciation of `word`, as Find.
  std::vector<std::vector<PhoneId>> Pronunciations(WordId word) const;

 private:
  Lexicon() = default;
  friend class LexiconLoader;

  std::shared_ptr<const MappedFile> file_;
  absl::Span<const uint32_t> children_;  // [nodes + 1]
  absl::Span<const uint32_t> words_;     // [nodes + 1]
  absl::Span<const WordId> entries_;
  absl::Span<const PhoneId> phones_;
  std::vector<float> look_ahead_;
  std::vector<std::string> phone_names_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_LEXICON_H_
