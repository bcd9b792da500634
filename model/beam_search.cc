// Extends hypotheses by blanks, repeats, phones and words, and keeps the best.
#include "model/beam_search.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "model/hot_words.h"

namespace oido::model {
namespace {

// A step's last hypothesis is about as far behind the best as that of the step
// before; half of the time goes into candidates much further behind, which find
// no place. With 2 words begin to be lost.
constexpr float kWindowMargin = 3.0f;

// Sequences that a beam's hypotheses need when they differ in their last words.
size_t HistoryCapacity(int beam_size) {
  return 64 + 3 * static_cast<size_t>(beam_size);
}

}  // namespace

struct BeamSearch::Step {
  absl::Span<const float> log_probs;
  BeamScratch& scratch;
  int32_t number;
  float window;                // candidates this far behind are not made
  float best = kNoScore;       // of the candidates so far
  float threshold = kNoScore;  // best - window

  void Saw(float score) {
    if (score <= best) return;
    best = score;
    threshold = score - window;
  }
};

BeamSearch::BeamSearch(std::shared_ptr<const DecoderResources> resources,
                       const WordSearchOptions& options,
                       std::shared_ptr<const HotWords> hot_words)
    : resources_(std::move(resources)),
      hot_words_(std::move(hot_words)),
      lexicon_(resources_->lexicon.get()),
      options_(options),
      history_(HistoryCapacity(options.beam_size)) {
  hypotheses_.reserve(options.beam_size);
  Reset();
}

void BeamSearch::Reset() {
  hypotheses_.assign(1, BeamHypothesis());
  hypotheses_.front().key.lm = resources_->language_model->Begin();
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
  const bool certain_blank = log_probs[0] > kCertainBlank;
  // Scores count relative to each other only.
  if (certain_blank && all_blank_) return;
  scratch.Begin(resources_->language_model.get());
  Step step{log_probs, scratch, number, window_};
  const float blank = log_probs[0] - options_.blank_penalty;
  for (const BeamHypothesis& hypothesis : hypotheses_) {
    AddBlank(hypothesis, blank, step);
    if (certain_blank) continue;
    AddRepeat(hypothesis, step);
    AddPhones(hypothesis, step);
  }
  Choose(step);
  all_blank_ = certain_blank;
  NameNewWords();
  MeasureRipePosteriors();
}

float BeamSearch::Ahead(Lexicon::NodeId node, HotPhrases::State phrase) const {
  if (node == Lexicon::kRoot) return 0.0f;
  if (hot_words_ != nullptr) [[unlikely]]
    return HotAhead(node, phrase);
  return options_.lm_weight * lexicon_->LookAhead(node) +
         options_.word_insertion;
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
  const float total = lane.score + Ahead(from.key.node, from.key.phrase);
  if (total < step.threshold) return;
  step.Saw(total);
  Join(lane, &step.scratch.At(from.key).blank);
}

void BeamSearch::AddRepeat(const BeamHypothesis& from, Step& step) const {
  if (from.phone.empty()) return;
  BeamLane lane = from.phone;
  lane.score += step.log_probs[from.key.last];
  const float total = lane.score + Ahead(from.key.node, from.key.phrase);
  if (total < step.threshold) return;
  step.Saw(total);
  Join(lane, &step.scratch.At(from.key).phone);
}

void BeamSearch::AddPhones(const BeamHypothesis& from, Step& step) const {
  const Lexicon::NodeId node = from.key.node;
  if (node < lexicon_->nodes()) AddChildren(from, *lexicon_, step);
  if (hot_words_ == nullptr) return;
  if (node == Lexicon::kRoot || node >= lexicon_->nodes())
    AddChildren(from, hot_words_->tree(), step);
}

template <typename Tree>
void BeamSearch::AddChildren(const BeamHypothesis& from, const Tree& tree,
                             Step& step) const {
  const Lexicon::Children children = tree.children(from.key.node);
  const BeamLane any = Joined(from);
  Lexicon::NodeId node = children.first;
  for (const PhoneId phone : children.phones) {
    const Lexicon::NodeId child = node++;
    const BeamLane& way = phone == from.key.last ? from.blank : any;
    const float score = way.score + step.log_probs[phone];
    const float total = score + Ahead(child, from.key.phrase);
    if (!(total >= step.threshold) || way.empty()) continue;
    step.Saw(total);
    BeamLane lane = way;
    lane.score = score;
    if (from.key.node == Lexicon::kRoot) lane.first_step = step.number;
    if (!tree.children(child).phones.empty()) {
      const BeamKey key{child, phone, from.key.phrase, from.key.lm};
      Join(lane, &step.scratch.At(key).phone);
    }
    AddWords(from, tree.words(child), phone, lane, step);
  }
}

void BeamSearch::AddWords(const BeamHypothesis& from,
                          absl::Span<const WordId> words, PhoneId phone,
                          const BeamLane& lane, Step& step) const {
  for (const WordId word : words) {
    BeamKey key;
    key.last = phone;
    BeamLane found = lane;
    WordId lm_word = word;
    if (hot_words_ != nullptr) [[unlikely]] {
      const HotPhrases& phrases = hot_words_->phrases();
      lm_word = hot_words_->LmWord(word);
      key.phrase = phrases.Next(from.key.phrase, word);
      found.score +=
          phrases.Gain(from.key.phrase, key.phrase) + hot_words_->Share(word);
    }
    found.score +=
        options_.lm_weight * step.scratch.Score(from.key.lm, lm_word, &key.lm) +
        options_.word_insertion;
    found.new_word = word;
    if (found.score < step.threshold) continue;
    step.Saw(found.score);
    Join(found, &step.scratch.At(key).phone);
  }
}

float BeamSearch::Total(const BeamHypothesis& hypothesis, Ending ending) const {
  if (ending != Ending::kAnywhere && hypothesis.key.node != Lexicon::kRoot)
    return kNoScore;
  float total = Joined(hypothesis).score +
                Ahead(hypothesis.key.node, hypothesis.key.phrase);
  if (ending == Ending::kSentence) {
    total += options_.lm_weight *
             resources_->language_model->EndScore(hypothesis.key.lm);
  }
  // A phrase that may break off here has nothing in advance.
  if (hot_words_ != nullptr && ending != Ending::kAnywhere)
    total -= hot_words_->phrases().Begun(hypothesis.key.phrase);
  return total;
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

void BeamSearch::NameNewWords() {
  if (history_.size() + hypotheses_.size() > history_.capacity()) MakeRoom();
  for (BeamHypothesis& hypothesis : hypotheses_) {
    BeamLane& lane = hypothesis.phone;
    if (lane.new_word == kUnknownWord) continue;
    FoundWord word;
    word.word = std::exchange(lane.new_word, kUnknownWord);
    word.first_step = lane.first_step;
    word.last_step = step_ - 1;
    lane.history = history_.Append(lane.history, word);
  }
}

size_t BeamSearch::size_bytes() const {
  return sizeof(*this) - sizeof(history_) + history_.size_bytes() +
         (hot_words_ == nullptr ? 0 : hot_words_->size_bytes()) +
         hypotheses_.capacity() * sizeof(BeamHypothesis) +
         settled_.capacity() * sizeof(FoundWord);
}

}  // namespace oido::model
