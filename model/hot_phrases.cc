// Builds the automaton of the hot phrases and walks it.
#include "model/hot_phrases.h"

#include <algorithm>

namespace oido::model {

HotPhrases::HotPhrases(absl::Span<const HotPhrase> phrases) : states_(1) {
  for (const HotPhrase& phrase : phrases) {
    State state = kNone;
    float begun = 0.0f;
    for (const WordId word : phrase.words) {
      states_[state].begun = std::max(states_[state].begun, begun);
      state = Add(state, word);
      begun += phrase.boost;
    }
    states_[state].complete = std::max(states_[state].complete, begun);
  }
  Link();
}

HotPhrases::State HotPhrases::Add(State from, WordId word) {
  if (const Step* step = Find(from, word); step != nullptr) return step->to;
  const State added = static_cast<State>(states_.size());
  states_.emplace_back();
  std::vector<Step>& steps = states_[from].steps;
  const auto place = std::lower_bound(
      steps.begin(), steps.end(), word,
      [](const Step& step, WordId wanted) { return step.word < wanted; });
  steps.insert(place, {word, added});
  return added;
}

// From short to long: what is shorter is linked before.
void HotPhrases::Link() {
  std::vector<State> queue = {kNone};
  for (size_t i = 0; i < queue.size(); ++i) {
    const State from = queue[i];
    for (const auto& [word, to] : states_[from].steps) {
      Node& node = states_[to];
      if (from != kNone) node.shorter = Next(states_[from].shorter, word);
      node.complete += states_[node.shorter].complete;
      node.begun = std::max(node.begun, states_[node.shorter].begun);
      queue.push_back(to);
    }
  }
}

const HotPhrases::Step* HotPhrases::Find(State from, WordId word) const {
  const std::vector<Step>& steps = states_[from].steps;
  const auto place = std::lower_bound(
      steps.begin(), steps.end(), word,
      [](const Step& step, WordId wanted) { return step.word < wanted; });
  return place != steps.end() && place->word == word ? &*place : nullptr;
}

HotPhrases::State HotPhrases::Next(State from, WordId word) const {
  for (;; from = states_[from].shorter) {
    if (const Step* step = Find(from, word); step != nullptr) return step->to;
    if (from == kNone) return kNone;
  }
}

size_t HotPhrases::size_bytes() const {
  size_t bytes = sizeof(*this) + states_.capacity() * sizeof(Node);
  for (const Node& node : states_)
    bytes += node.steps.capacity() * sizeof(Step);
  return bytes;
}

}  // namespace oido::model
