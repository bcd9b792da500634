// Extends hypotheses by phones and words.
#include "model/word_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "model/hot_words.h"

namespace oido::model {
namespace {

// A word is compared with its rivals so many steps after its last phone: enough
// for most of what speaks against it to be heard, little enough for rivals to
// be still there.
constexpr int32_t kPosteriorDelaySteps = 5;

// Sequences that a beam's hypotheses need when they differ in their last words.
size_t HistoryCapacity(int beam_size) {
  return 64 + 3 * static_cast<size_t>(beam_size);
}

// The probability that a word is right, from its share of the hypotheses: a
// logistic curve fitted on speakers held back from training (docs/decoding.md).
float Confidence(float posterior) {
  constexpr float kSlope = 0.63f;
  constexpr float kOffset = -0.17f;
  const float share = std::clamp(posterior, 0.001f, 0.999f);
  const float log_odds = std::log(share / (1.0f - share));
  return 1.0f / (1.0f + std::exp(-kSlope * log_odds - kOffset));
}

}  // namespace

WordSearch::WordSearch(std::shared_ptr<const DecoderResources> resources,
                       const WordSearchOptions& options,
                       std::shared_ptr<const HotWords> hot_words)
    : BeamSearch(resources->language_model.get(), options, Keys::kFuture,
                 HistoryCapacity(options.beam_size)),
      resources_(std::move(resources)),
      hot_words_(std::move(hot_words)),
      lexicon_(resources_->lexicon.get()) {}

float WordSearch::Ahead(Lexicon::NodeId node, HotPhrases::State phrase) const {
  if (node == Lexicon::kRoot) return 0.0f;
  if (hot_words_ != nullptr) [[unlikely]]
    return HotAhead(node, phrase);
  return options_.lm_weight * lexicon_->LookAhead(node) +
         options_.word_insertion;
}

// No child of the hypothesis has more ahead.
float WordSearch::MostAhead(const BeamHypothesis& from) const {
  if (hot_words_ != nullptr) [[unlikely]]
    return std::numeric_limits<float>::infinity();
  if (from.key.node != Lexicon::kRoot) return from.ahead;
  return options_.lm_weight * lexicon_->LookAhead(Lexicon::kRoot) +
         options_.word_insertion;
}

float WordSearch::HotAhead(Lexicon::NodeId node,
                           HotPhrases::State phrase) const {
  return hot_words_->LookAhead(node, phrase) + options_.word_insertion;
}

void WordSearch::Extend(const BeamHypothesis& from, Step& step) const {
  const Lexicon::NodeId node = from.key.node;
  if (node < lexicon_->nodes()) AddChildren(from, *lexicon_, step);
  if (hot_words_ == nullptr) return;
  if (node == Lexicon::kRoot || node >= lexicon_->nodes())
    AddChildren(from, hot_words_->tree(), step);
}

template <typename Tree>
void WordSearch::AddChildren(const BeamHypothesis& from, const Tree& tree,
                             Step& step) const {
  const Lexicon::Children children = tree.children(from.key.node);
  const BeamLane any = Joined(from);
  const float most = MostAhead(from);
  Lexicon::NodeId node = children.first;
  for (const PhoneId phone : children.phones) {
    const Lexicon::NodeId child = node++;
    // Most children end here, without a look at what lies ahead of them.
    if (any.score + step.log_probs[phone] + most < step.threshold) continue;
    const BeamLane& way = phone == from.key.last ? from.blank : any;
    const float score = way.score + step.log_probs[phone];
    const float ahead = Ahead(child, from.key.phrase);
    const float total = score + ahead;
    if (!(total >= step.threshold) || way.empty()) continue;
    step.Saw(total);
    BeamLane lane = way;
    lane.score = score;
    if (from.key.node == Lexicon::kRoot) lane.first_step = step.number;
    if (!tree.children(child).phones.empty()) {
      const BeamKey key{child, phone, from.key.phrase, from.key.lm};
      Join(lane, &step.scratch.At(key, ahead).phone);
    }
    AddWords(from, tree.words(child), phone, lane, step);
  }
}

void WordSearch::AddWords(const BeamHypothesis& from,
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
    Join(found, &step.scratch.At(key, 0.0f).phone);
  }
}

float WordSearch::EndingScore(const BeamHypothesis& hypothesis,
                              Ending ending) const {
  if (hypothesis.key.node != Lexicon::kRoot) return kNoScore;
  float score = 0.0f;
  if (ending == Ending::kSentence) {
    score = options_.lm_weight *
            resources_->language_model->EndScore(hypothesis.key.lm);
  }
  // A phrase that may break off here has nothing in advance.
  if (hot_words_ != nullptr)
    score -= hot_words_->phrases().Begun(hypothesis.key.phrase);
  return score;
}

void WordSearch::NameNewUnits(const Step& step) {
  MakeRoom(1);
  for (BeamHypothesis& hypothesis : hypotheses_) {
    BeamLane& lane = hypothesis.phone;
    if (lane.new_word == kUnknownWord) continue;
    FoundWord word;
    word.word = std::exchange(lane.new_word, kUnknownWord);
    word.first_step = lane.first_step;
    word.last_step = step.number;
    lane.history = history_.Append(lane.history, word);
  }
  MeasurePosteriors(Best(Ending::kAnywhere), steps() - kPosteriorDelaySteps);
}

absl::string_view WordSearch::Spelling(WordId word) const {
  if (hot_words_ != nullptr) return hot_words_->Spelling(word);
  return resources_->language_model->Word(word);
}

std::vector<BeamSearch::SpelledWord> WordSearch::Spell(
    absl::Span<const FoundWord> units) const {
  std::vector<SpelledWord> words;
  words.reserve(units.size());
  for (const FoundWord& unit : units) {
    words.push_back({std::string(Spelling(unit.word)), unit.first_step,
                     unit.last_step, Confidence(unit.posterior), true});
  }
  return words;
}

size_t WordSearch::size_bytes() const {
  return BeamSearch::size_bytes() + sizeof(*this) - sizeof(BeamSearch) +
         (hot_words_ == nullptr ? 0 : hot_words_->size_bytes());
}

}  // namespace oido::model
