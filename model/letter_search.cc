// Extends hypotheses by letters and ends of words.
#include "model/letter_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace oido::model {
namespace {

// Letters that a beam's hypotheses need when they differ in their last words.
size_t HistoryCapacity(int beam_size) {
  return 256 + 24 * static_cast<size_t>(beam_size);
}

}  // namespace

LetterSearch::LetterSearch(std::shared_ptr<const Bundle> bundle,
                           const WordSearchOptions& options)
    : BeamSearch(bundle->word_search == nullptr
                     ? nullptr
                     : bundle->word_search->language_model.get(),
                 options, Keys::kUnits, HistoryCapacity(options.beam_size)),
      bundle_(std::move(bundle)),
      word_end_(static_cast<WordId>(bundle_->tokens.size())) {}

void LetterSearch::Extend(const BeamHypothesis& from, Step& step) const {
  const BeamLane any = Joined(from);
  const float most_added = std::max(0.0f, options_.word_insertion);
  for (int token = 1; token < bundle_->tokens.size(); ++token) {
    const BeamLane& way = token == from.key.last ? from.blank : any;
    BeamLane lane = way;
    lane.score += step.log_probs[static_cast<size_t>(token)];
    const Token& spelling = bundle_->tokens[token];
    const bool may_end = spelling.begins_word;
    if (way.empty() ||
        !(lane.score + (may_end ? most_added : 0.0f) >= step.threshold)) {
      continue;
    }
    BeamKey key = from.key;
    key.last = static_cast<uint16_t>(token);
    const bool ends = may_end && WordOpen(any.history);
    if (ends) {
      lane.score += WordScore(any.history, &key.lm);
      key.prefix = WordHistory::ExtendHash(key.prefix, word_end_);
      lane.new_word = word_end_;
    }
    if (!spelling.text.empty()) {
      lane.new_word = static_cast<WordId>(token);
      key.prefix = WordHistory::ExtendHash(key.prefix, lane.new_word);
    }
    if (lane.score < step.threshold) continue;
    step.Saw(lane.score);
    lane.first_step = step.number;
    Join(lane, &step.scratch.At(key, 0.0f).phone);
  }
}

void LetterSearch::NameNewUnits(const Step& step) {
  MakeRoom(2);
  for (BeamHypothesis& hypothesis : hypotheses_) {
    BeamLane& lane = hypothesis.phone;
    if (lane.new_word == kUnknownWord) continue;
    FoundWord unit;
    unit.word = std::exchange(lane.new_word, kUnknownWord);
    const bool is_end = unit.word == word_end_;
    if ((is_end || bundle_->tokens[static_cast<int>(unit.word)].begins_word) &&
        WordOpen(lane.history)) {
      lane.history = AppendEnd(lane.history);
    }
    if (is_end) continue;
    unit.first_step = unit.last_step = step.number;
    // A log-softmax in float may exceed 0 by a rounding error.
    unit.posterior = std::min(1.0f, std::exp(step.log_probs[unit.word]));
    lane.history = history_.Append(lane.history, unit);
  }
}

// As the word's last letter, so that the word ended then.
WordHistory::Index LetterSearch::AppendEnd(WordHistory::Index units) {
  FoundWord end = *LastUnit(units);
  end.word = word_end_;
  return history_.Append(units, end);
}

const FoundWord* LetterSearch::LastUnit(WordHistory::Index units) const {
  if (units != WordHistory::kStart) return &history_.word(units);
  return settled_.empty() ? nullptr : &settled_.back();
}

bool LetterSearch::WordOpen(WordHistory::Index units) const {
  const FoundWord* last = LastUnit(units);
  return last != nullptr && last->word != word_end_;
}

absl::string_view LetterSearch::OpenWord(WordHistory::Index units) const {
  text_.clear();
  bool open = true;
  const auto add_before = [&](const FoundWord& unit) {
    open = unit.word != word_end_;
    if (!open) return;
    const std::string& text = bundle_->tokens[static_cast<int>(unit.word)].text;
    text_.append(text.rbegin(), text.rend());
  };
  for (; open && units != WordHistory::kStart;
       units = history_.beginning(units)) {
    add_before(history_.word(units));
  }
  for (size_t i = settled_.size(); open && i > 0; --i)
    add_before(settled_[i - 1]);
  std::reverse(text_.begin(), text_.end());
  return text_;
}

float LetterSearch::WordScore(WordHistory::Index units, LmState* state) const {
  if (language_model_ == nullptr || options_.lm_weight == 0.0f)
    return options_.word_insertion;
  const WordId word =
      language_model_->Find(OpenWord(units)).value_or(kUnknownWord);
  float score = language_model_->Score(*state, word, state);
  if (word == kUnknownWord)
    score -= std::log(static_cast<float>(language_model_->size()));
  return options_.lm_weight * score + options_.word_insertion;
}

float LetterSearch::EndingScore(const BeamHypothesis& hypothesis,
                                Ending ending) const {
  if (ending != Ending::kSentence || language_model_ == nullptr) return 0.0f;
  return options_.lm_weight * language_model_->EndScore(hypothesis.key.lm);
}

void LetterSearch::EndWords() {
  MakeRoom(2);
  for (BeamHypothesis& hypothesis : hypotheses_) {
    if (!WordOpen(Joined(hypothesis).history)) continue;
    const float score =
        WordScore(Joined(hypothesis).history, &hypothesis.key.lm);
    hypothesis.key.prefix =
        WordHistory::ExtendHash(hypothesis.key.prefix, word_end_);
    for (BeamLane* lane : {&hypothesis.blank, &hypothesis.phone}) {
      if (lane->empty()) continue;
      lane->score += score;
      lane->history = AppendEnd(lane->history);
    }
  }
  SortHypotheses();
}

std::vector<BeamSearch::SpelledWord> LetterSearch::Spell(
    absl::Span<const FoundWord> units) const {
  std::vector<SpelledWord> words;
  double log_prob = 0.0;
  int letters = 0;
  for (const FoundWord& unit : units) {
    if (unit.word == word_end_) {
      if (!words.empty()) words.back().ended = true;
      continue;
    }
    if (words.empty() || words.back().ended) {
      words.push_back({"", unit.first_step, 0, 0.0f, false});
      log_prob = 0.0;
      letters = 0;
    }
    SpelledWord& word = words.back();
    word.text += bundle_->tokens[static_cast<int>(unit.word)].text;
    word.last_step = unit.last_step;
    log_prob += std::log(std::max(1e-10, double{unit.posterior}));
    word.confidence = static_cast<float>(std::exp(log_prob / ++letters));
  }
  return words;
}

size_t LetterSearch::size_bytes() const {
  return BeamSearch::size_bytes() + sizeof(*this) - sizeof(BeamSearch) +
         text_.capacity();
}

}  // namespace oido::model
