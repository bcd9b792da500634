// What one stream wants found: its phrases, and how their words are said.
#ifndef OIDO_MODEL_HOT_WORDS_H_
#define OIDO_MODEL_HOT_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/decoder_resources.h"
#include "model/hot_phrases.h"
#include "model/pronunciation_tree.h"

namespace oido::model {

struct WantedPhrase {
  std::vector<std::string> words;  // at least one, none empty
  // Natural logarithm, for each word; not negative.
  float boost = 0.0f;
};

struct WantedPronunciation {
  std::string word;
  // ARPAbet with spaces between; digits that mark stress are ignored.
  std::string phones;
};

// Immutable; any thread may use it. Words that the lexicon lacks are said by a
// tree of their own, beside the lexicon's; to the language model they are
// kUnknownWord, to everything else they have ids from its size() on.
class HotWords {
 public:
  // `lm_weight`: of the search's options. A word gets the pronunciations that
  // are given for it beside those of the lexicon; one that has none is said as
  // it is spelled. INVALID_ARGUMENT names a word that cannot be said, or a
  // phone that there is not. REQUIRES: at most HotPhrases::kMaxWords words.
  static absl::StatusOr<std::shared_ptr<const HotWords>> Create(
      std::shared_ptr<const DecoderResources> resources, float lm_weight,
      absl::Span<const WantedPhrase> phrases,
      absl::Span<const WantedPronunciation> pronunciations);

  const HotPhrases& phrases() const { return phrases_; }
  // Of the words and pronunciations that the lexicon lacks.
  const PronunciationTree& tree() const { return tree_; }

  // What the best word at or below `node`, of lexicon or tree, but not the
  // root, adds to the score behind `state`, without context.
  float LookAhead(Lexicon::NodeId node, HotPhrases::State state) const {
    // All nodes of the tree may.
    if (MayLookAhead(node)) return LookAheadToHotWord(node, state);
    return lm_weight_ * lexicon_->LookAhead(node) - phrases_.Begun(state);
  }

  // The word as the language model knows it.
  WordId LmWord(WordId word) const {
    return word < first_new_word_ ? word : kUnknownWord;
  }
  // To be added to the score of its LmWord: kUnknownWord stands for all words
  // that the language model lacks, taken to be as many as those it has.
  float Share(WordId word) const {
    return word < first_new_word_ ? 0.0f : new_word_share_;
  }
  absl::string_view Spelling(WordId word) const;

  size_t size_bytes() const;

 private:
  friend class HotWordsBuilder;

  HotWords(std::shared_ptr<const DecoderResources> resources, float lm_weight,
           std::vector<std::string> new_words,
           absl::Span<const HotPhrase> phrases,
           std::vector<PronunciationTree::Entry> entries);

  static uint64_t KeyOf(Lexicon::NodeId node, HotPhrases::State state) {
    return (uint64_t{node} << 16) | state;
  }
  static uint64_t BitOf(Lexicon::NodeId node) {
    return (node * 0x9E3779B97F4A7C15u) >> 32;
  }
  bool MayLookAhead(Lexicon::NodeId node) const {
    const uint64_t bit = BitOf(node);
    return (nodes_[bit / 64 & (nodes_.size() - 1)] >> bit % 64 & 1) != 0;
  }
  float LookAheadToHotWord(Lexicon::NodeId node, HotPhrases::State state) const;
  void FillLookAhead();
  void FillNodes();
  // `score` of a word at `node`, for the node and all above it.
  void LookAheadTo(Lexicon::NodeId node, HotPhrases::State state, float score);
  Lexicon::NodeId Parent(Lexicon::NodeId node) const;

  std::shared_ptr<const DecoderResources> resources_;
  const Lexicon* lexicon_;
  float lm_weight_;
  WordId first_new_word_;
  float new_word_share_;  // with lm_weight
  std::vector<std::string> new_words_;
  HotPhrases phrases_;
  PronunciationTree tree_;
  // By KeyOf: what the best word that goes on from exactly that state adds,
  // what the state has in advance left aside. Nodes of the tree are there for
  // kNone, with words that no phrase begins with too.
  absl::flat_hash_map<uint64_t, float> look_ahead_;
  // One bit for each node in it, and for some of the others: most nodes lead to
  // no hot word, and need not be looked up.
  std::vector<uint64_t> nodes_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_HOT_WORDS_H_
