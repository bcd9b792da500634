// What a beam search has found: best units, shared units, alternatives.
#include <algorithm>
#include <cmath>

#include "model/beam_search.h"

namespace oido::model {
bool BeamSearch::AnyBetweenWords() const {
  return std::any_of(
      hypotheses_.begin(), hypotheses_.end(), [this](const auto& hypothesis) {
        return EndingScore(hypothesis, Ending::kBetweenWords) != kNoScore;
      });
}

WordHistory::Index BeamSearch::Best(Ending ending) const {
  WordHistory::Index best = Joined(hypotheses_.front()).history;
  if (ending == Ending::kAnywhere) return best;
  float best_score = kNoScore;
  for (const BeamHypothesis& hypothesis : hypotheses_) {
    // Another with the same words, but not the same index, may count.
    if (Total(hypothesis, ending) == kNoScore) continue;
    const WordHistory::Index words = Joined(hypothesis).history;
    const float score = TotalOf(history_.hash(words), ending);
    if (score <= best_score) continue;
    best = words;
    best_score = score;
  }
  return best;
}

// Of all hypotheses with these words that count.
float BeamSearch::TotalOf(uint64_t hash, Ending ending) const {
  float total = kNoScore;
  for (const BeamHypothesis& hypothesis : hypotheses_) {
    if (history_.hash(Joined(hypothesis).history) != hash) continue;
    total = LogAdd(total, Total(hypothesis, ending));
  }
  return total;
}

WordHistory::Index BeamSearch::Shared() const {
  WordHistory::Index shared = Joined(hypotheses_.front()).history;
  for (const BeamHypothesis& hypothesis : hypotheses_) {
    for (const BeamLane* lane : {&hypothesis.blank, &hypothesis.phone}) {
      if (!lane->empty()) shared = history_.Common(shared, lane->history);
    }
  }
  return shared;
}

WordHistory::Index BeamSearch::SureWords() const {
  WordHistory::Index words = Shared();
  while (words != WordHistory::kStart &&
         !(EndsWord(history_.word(words)) &&
           history_.word(words).posterior >= 0.0f))
    words = history_.beginning(words);
  return words;
}

std::vector<BeamSearch::Alternative> BeamSearch::Alternatives(
    Ending ending, size_t count) const {
  std::vector<Alternative> found;
  for (const BeamHypothesis& hypothesis : hypotheses_) {
    if (Total(hypothesis, ending) == kNoScore) continue;
    const WordHistory::Index words = Joined(hypothesis).history;
    const uint64_t hash = history_.hash(words);
    const bool seen = std::any_of(
        found.begin(), found.end(),
        [&](const auto& other) { return history_.hash(other.words) == hash; });
    if (!seen) found.push_back({words, TotalOf(hash, ending)});
  }
  std::stable_sort(
      found.begin(), found.end(),
      [](const auto& a, const auto& b) { return a.score > b.score; });
  if (found.size() > count) found.resize(count);
  return found;
}

void BeamSearch::KeepOnly(WordHistory::Index words, Ending ending) {
  const auto drop = [this](const auto& does_not_count) {
    hypotheses_.erase(
        std::remove_if(hypotheses_.begin(), hypotheses_.end(), does_not_count),
        hypotheses_.end());
  };
  drop([&](const BeamHypothesis& hypothesis) {
    return ending != Ending::kAnywhere &&
           EndingScore(hypothesis, ending) == kNoScore;
  });
  MeasurePosteriors(words, step_);  // while there are rivals
  for (BeamHypothesis& hypothesis : hypotheses_) {
    for (BeamLane* lane : {&hypothesis.blank, &hypothesis.phone}) {
      if (!lane->empty() && !history_.StartsWith(lane->history, words))
        *lane = BeamLane();
    }
  }
  drop([](const BeamHypothesis& hypothesis) {
    return hypothesis.blank.empty() && hypothesis.phone.empty();
  });
}

void BeamSearch::Settle(WordHistory::Index shared) {
  MeasurePosteriors(shared, step_);
  history_.AppendWords(WordHistory::kStart, shared, &settled_);
  history_.BeginCompaction();
  const auto each_lane = [this](const auto& use) {
    for (BeamHypothesis& hypothesis : hypotheses_) {
      for (BeamLane* lane : {&hypothesis.blank, &hypothesis.phone}) {
        if (!lane->empty()) use(*lane);
      }
    }
  };
  each_lane([this](BeamLane& lane) { history_.Keep(lane.history); });
  history_.Compact(shared);
  each_lane(
      [this](BeamLane& lane) { lane.history = history_.Moved(lane.history); });
}

size_t BeamSearch::SettledWords() const {
  const auto last =
      std::find_if(settled_.rbegin(), settled_.rend(),
                   [this](const FoundWord& unit) { return EndsWord(unit); });
  return static_cast<size_t>(settled_.rend() - last);
}

void BeamSearch::DropSettled(size_t count) {
  settled_.erase(settled_.begin(),
                 settled_.begin() + static_cast<ptrdiff_t>(count));
}

void BeamSearch::MakeRoom(size_t each) {
  const auto full = [&] {
    return history_.size() + each * hypotheses_.size() > history_.capacity();
  };
  if (!full()) return;
  Settle();
  while (full()) ForceSettling();
}

// Gives up the worse half of what there is.
void BeamSearch::ForceSettling() {
  if (hypotheses_.size() > 1) {
    hypotheses_.resize((hypotheses_.size() + 1) / 2);
  } else {
    BeamHypothesis& last = hypotheses_.front();
    (last.blank.score > last.phone.score ? last.phone : last.blank) =
        BeamLane();
  }
  Settle();
}

void BeamSearch::MeasurePosteriors(WordHistory::Index last, int32_t before) {
  for (; last != WordHistory::kStart; last = history_.beginning(last)) {
    FoundWord& word = history_.word(last);
    if (word.posterior < 0.0f && word.last_step < before)
      word.posterior = Posterior(last);
  }
}

// Share of the hypotheses with the same word at an overlapping time.
float BeamSearch::Posterior(WordHistory::Index index) const {
  const FoundWord& word = history_.word(index);
  double all = 0.0;
  double agreeing = 0.0;
  for (const BeamHypothesis& hypothesis : hypotheses_) {
    const BeamLane lane = Joined(hypothesis);
    const double mass = std::exp(double{lane.score} + double{hypothesis.ahead});
    all += mass;
    for (WordHistory::Index i = lane.history; i != WordHistory::kStart;
         i = history_.beginning(i)) {
      const FoundWord& other = history_.word(i);
      if (other.last_step < word.first_step) break;
      if (other.word != word.word || other.first_step > word.last_step)
        continue;
      agreeing += mass;
      break;
    }
  }
  return static_cast<float>(agreeing / all);
}

}  // namespace oido::model
