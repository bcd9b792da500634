// Extends hypotheses by blanks and repeats, and keeps the best.
#include "model/beam_search.h"

#include <algorithm>
#include <cmath>

namespace oido::model {
namespace {

// A step's last hypothesis is about as far behind the best as that of the step
// before; half of the time goes into candidates much further behind, which find
// no place. With 2 words begin to be lost.
constexpr float kWindowMargin = 3.0f;

}  // namespace

BeamSearch::BeamSearch(const LanguageModel* language_model,
                       const WordSearchOptions& options, Keys keys,
                       size_t history_capacity)
    : language_model_(language_model),
      keys_(keys),
      options_(options),
      skipped_blank_(std::log(options.blank_skip_threshold)),
      history_(history_capacity) {
  hypotheses_.reserve(options.beam_size);
  Reset();
}

void BeamSearch::Reset() {
  hypotheses_.assign(1, BeamHypothesis());
  if (language_model_ != nullptr)
    hypotheses_.front().key.lm = language_model_->Begin();
  hypotheses_.front().blank.score = 0.0f;
  history_.Reset();
  settled_.clear();
  window_ = options_.beam_threshold;
  all_blank_ = true;
  step_ = 0;
}

void BeamSearch::Advance(absl::Span<const float> log_probs,
                         BeamScratch& scratch) {
  const int32_t number = step_++;
  const bool certain_blank = log_probs[0] > skipped_blank_;
  // Scores count relative to each other only.
  if (certain_blank && all_blank_) return;
  scratch.Begin(language_model_);
  Step step{log_probs, scratch, number, window_};
  const float blank = log_probs[0] - options_.blank_penalty;
  for (const BeamHypothesis& hypothesis : hypotheses_) {
    AddBlank(hypothesis, blank, step);
    if (certain_blank) continue;
    AddRepeat(hypothesis, step);
    Extend(hypothesis, step);
  }
  Choose(step);
  all_blank_ = certain_blank;
  NameNewUnits(step);
}

uint64_t BeamSearch::HashOf(const BeamLane& lane) const {
  const uint64_t hash = history_.hash(lane.history);
  if (lane.new_word == kUnknownWord) return hash;
  return WordHistory::ExtendHash(hash, lane.new_word);
}

void BeamSearch::Join(const BeamLane& way, BeamLane* into) const {
  if (into->empty()) {
    *into = way;
    return;
  }
  if (way.empty()) return;
  const bool same_words =
      keys_ == Keys::kUnits ||
      (way.history == into->history && way.new_word == into->new_word) ||
      HashOf(way) == HashOf(*into);
  const float score = same_words ? LogAdd(way.score, into->score)
                                 : std::max(way.score, into->score);
  if (way.score > into->score) *into = way;
  into->score = score;
}

BeamLane BeamSearch::Joined(const BeamHypothesis& hypothesis) const {
  BeamLane lane = hypothesis.blank;
  Join(hypothesis.phone, &lane);
  return lane;
}

void BeamSearch::AddBlank(const BeamHypothesis& from, float score,
                          Step& step) const {
  BeamLane lane = Joined(from);
  lane.score += score;
  const float total = lane.score + from.ahead;
  if (total < step.threshold) return;
  step.Saw(total);
  Join(lane, &step.scratch.At(from.key, from.ahead).blank);
}

void BeamSearch::AddRepeat(const BeamHypothesis& from, Step& step) const {
  if (from.phone.empty()) return;
  BeamLane lane = from.phone;
  lane.score += step.log_probs[from.key.last];
  const float total = lane.score + from.ahead;
  if (total < step.threshold) return;
  step.Saw(total);
  Join(lane, &step.scratch.At(from.key, from.ahead).phone);
}

float BeamSearch::Total(const BeamHypothesis& hypothesis, Ending ending) const {
  const float total = Joined(hypothesis).score + hypothesis.ahead;
  if (ending == Ending::kAnywhere) return total;
  return total + EndingScore(hypothesis, ending);
}

// The best candidates become the hypotheses, with the best one's score as 0.
void BeamSearch::Choose(Step& step) {
  std::vector<BeamHypothesis>& candidates = step.scratch.candidates();
  std::vector<BeamScratch::Rank>& ranks = step.scratch.ranks();
  for (uint32_t place = 0; place < candidates.size(); ++place) {
    const float total = Total(candidates[place], Ending::kAnywhere);
    if (total >= step.threshold) ranks.push_back({total, place});
  }
  const auto better = [](const auto& a, const auto& b) {
    return a.score != b.score ? a.score > b.score : a.place < b.place;
  };
  const size_t beam = static_cast<size_t>(options_.beam_size);
  window_ = options_.beam_threshold;
  if (ranks.size() > beam) {
    std::nth_element(ranks.begin(), ranks.begin() + options_.beam_size - 1,
                     ranks.end(), better);
    ranks.resize(beam);
  }
  std::sort(ranks.begin(), ranks.end(), better);
  if (ranks.size() == beam) {
    window_ = std::min(
        window_, ranks.front().score - ranks.back().score + kWindowMargin);
  }
  // Not with log-probabilities that are numbers.
  if (ranks.empty()) return;
  hypotheses_.clear();
  const float best = ranks.front().score;
  for (const BeamScratch::Rank& rank : ranks) {
    hypotheses_.push_back(candidates[rank.place]);
    hypotheses_.back().blank.score -= best;
    hypotheses_.back().phone.score -= best;
  }
}

// In place, and the same on every machine: equals in the order of their keys.
void BeamSearch::SortHypotheses() {
  std::sort(hypotheses_.begin(), hypotheses_.end(),
            [this](const BeamHypothesis& a, const BeamHypothesis& b) {
              const float of_a = Total(a, Ending::kAnywhere);
              const float of_b = Total(b, Ending::kAnywhere);
              if (of_a != of_b) return of_a > of_b;
              if (a.key.prefix != b.key.prefix)
                return a.key.prefix < b.key.prefix;
              return a.key.last < b.key.last;
            });
}

size_t BeamSearch::size_bytes() const {
  return sizeof(*this) - sizeof(history_) + history_.size_bytes() +
         hypotheses_.capacity() * sizeof(BeamHypothesis) +
         settled_.capacity() * sizeof(FoundWord);
}

}  // namespace oido::model
