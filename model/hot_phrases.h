// Phrases that a request wants found, followed word by word.
#ifndef OIDO_MODEL_HOT_PHRASES_H_
#define OIDO_MODEL_HOT_PHRASES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "model/language_model.h"

namespace oido::model {

struct HotPhrase {
  std::vector<WordId> words;  // at least one
  float boost = 0.0f;         // for each word, not negative
};

// An Aho-Corasick automaton over words (Aho and Corasick 1975, "Efficient
// string matching"). A sentence gains boost times words for every occurrence of
// a phrase, those within and across others too; of two equal phrases the larger
// boost counts. A phrase begun has its boost in advance, word by word, and
// gives it back where it breaks off. Immutable.
class HotPhrases {
 public:
  // How much of which phrases the last words are.
  using State = uint16_t;
  static constexpr State kNone = 0;
  // All states have a number.
  static constexpr size_t kMaxWords = 65535;

  // REQUIRES: at most kMaxWords words in all.
  explicit HotPhrases(absl::Span<const HotPhrase> phrases);

  size_t states() const { return states_.size(); }
  State Next(State from, WordId word) const;
  // What a hypothesis gains by the word that leads from `from` to `to`, its
  // Next; negative where a phrase breaks off.
  float Gain(State from, State to) const {
    return states_[to].complete + states_[to].begun - states_[from].begun;
  }
  // What it has in advance.
  float Begun(State state) const { return states_[state].begun; }
  // The longest beginning of a phrase that the last words still are when the
  // one of `state` breaks off; kNone follows itself.
  State Shorter(State state) const { return states_[state].shorter; }

  struct Step {
    WordId word;
    State to;
  };
  // The words that a phrase goes on with, ascending.
  absl::Span<const Step> Steps(State state) const {
    return states_[state].steps;
  }

  size_t size_bytes() const;

 private:
  struct Node {
    std::vector<Step> steps;  // by word
    State shorter = kNone;
    float complete = 0.0f;  // for all phrases that end here
    float begun = 0.0f;     // for the best phrase that goes on
  };

  const Step* Find(State from, WordId word) const;
  State Add(State from, WordId word);
  void Link();

  std::vector<Node> states_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_HOT_PHRASES_H_
