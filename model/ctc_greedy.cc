// Greedy CTC decoding: collapse, words, times and confidences.
#include "model/ctc_greedy.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "model/endpointer.h"

namespace oido::model {

CtcGreedyDecoder::CtcGreedyDecoder(std::shared_ptr<const Bundle> bundle)
    : bundle_(std::move(bundle)), timing_(bundle_->decoder) {}

CtcGreedyDecoder::CtcGreedyDecoder(std::shared_ptr<const Bundle> bundle,
                                   const DecoderOptions& timing)
    : bundle_(std::move(bundle)), timing_(timing) {}

void CtcGreedyDecoder::Advance(absl::Span<const float> log_probs) {
  assert(log_probs.size() == static_cast<size_t>(bundle_->tokens.size()));
  const auto best = std::max_element(log_probs.begin(), log_probs.end());
  const int token = static_cast<int>(best - log_probs.begin());
  if (token != kBlank) last_token_step_ = step_;
  if (token != previous_token_) {
    run_in_word_ = false;
    if (token != kBlank) Emit(token, *best);
  } else if (run_in_word_ && *best > run_log_prob_) {
    words_.back().log_prob += double{*best} - double{run_log_prob_};
    run_log_prob_ = *best;
  }
  previous_token_ = token;
  ++step_;
}

void CtcGreedyDecoder::Emit(int token, float log_prob) {
  const Token& spelling = bundle_->tokens[token];
  if (spelling.begins_word) last_word_open_ = false;
  if (spelling.text.empty()) return;
  if (!last_word_open_) {
    words_.emplace_back();
    words_.back().first_step = step_;
    last_word_open_ = true;
  }
  WordInProgress& word = words_.back();
  word.text += spelling.text;
  word.last_step = step_;
  word.log_prob += double{log_prob};
  ++word.tokens;
  run_in_word_ = true;
  run_log_prob_ = log_prob;
}

int64_t CtcGreedyDecoder::UtteranceSteps() const {
  if (taken_word_step_.has_value()) return step_ - *taken_word_step_;
  return step_ -
         (words_.empty() ? utterance_start_ : words_.front().first_step);
}

int64_t CtcGreedyDecoder::SilenceMs() const {
  return (step_ - last_token_step_ - 1) * timing_.step_ms;
}

bool CtcGreedyDecoder::AtEndpoint() const {
  UtteranceProgress progress;
  progress.has_word = !words_.empty() || taken_word_step_.has_value();
  progress.word_open = last_word_open_;
  progress.silence_ms = SilenceMs();
  progress.length_ms = UtteranceSteps() * timing_.step_ms;
  return IsEndpoint(timing_, progress);
}

Hypothesis CtcGreedyDecoder::TakeOverdue() {
  if (timing_.max_final_delay_ms == 0) return {};
  const bool last_goes_on = last_word_open_ && SilenceMs() < kPauseMs;
  size_t count = words_.size() - (last_goes_on ? 1 : 0);
  const auto overdue = [&](const WordInProgress& word) {
    return (step_ - word.last_step - 1) * timing_.step_ms +
               timing_.emission_delay_ms >=
           timing_.max_final_delay_ms;
  };
  while (count > 0 && !overdue(words_[count - 1])) --count;
  if (count == 0) return {};
  Hypothesis hypothesis = FirstWords(count);
  if (!taken_word_step_.has_value())
    taken_word_step_ = words_.front().first_step;
  words_.erase(words_.begin(), words_.begin() + static_cast<ptrdiff_t>(count));
  if (words_.empty()) last_word_open_ = run_in_word_ = false;
  return hypothesis;
}

Word CtcGreedyDecoder::ToWord(const WordInProgress& word) const {
  const auto time_ms = [&](int64_t step) {
    return static_cast<int>(std::max<int64_t>(
        0, step * timing_.step_ms - timing_.emission_delay_ms));
  };
  Word result;
  result.text = word.text;
  result.start_ms = time_ms(word.first_step);
  result.end_ms = time_ms(word.last_step + 1);
  // A log-softmax in float may exceed 0 by a rounding error.
  result.confidence =
      static_cast<float>(std::min(1.0, std::exp(word.log_prob / word.tokens)));
  return result;
}

Hypothesis CtcGreedyDecoder::FirstWords(size_t count) const {
  Hypothesis hypothesis;
  if (count == 0) return hypothesis;
  double confidence_sum = 0.0;
  for (size_t i = 0; i < count; ++i) {
    hypothesis.words.push_back(ToWord(words_[i]));
    confidence_sum += double{hypothesis.words.back().confidence};
  }
  hypothesis.stable_words = count;
  hypothesis.confidence =
      static_cast<float>(confidence_sum / static_cast<double>(count));
  return hypothesis;
}

Hypothesis CtcGreedyDecoder::Partial() const {
  Hypothesis hypothesis = FirstWords(words_.size());
  if (words_.empty()) return hypothesis;
  hypothesis.last_word_open = last_word_open_;
  hypothesis.stable_words = words_.size() - (last_word_open_ ? 1 : 0);
  return hypothesis;
}

// What was decoded is never revised, so its length tells.
uint64_t CtcGreedyDecoder::PartialFingerprint() const {
  if (words_.empty()) return 0;
  return (uint64_t{words_.size()} << 32) + 2 * words_.back().text.size() +
         (last_word_open_ ? 1 : 0);
}

Hypothesis CtcGreedyDecoder::Finalize() {
  Hypothesis hypothesis = Partial();
  hypothesis.last_word_open = false;
  hypothesis.stable_words = hypothesis.words.size();
  words_.clear();
  last_word_open_ = false;
  run_in_word_ = false;
  utterance_start_ = step_;
  taken_word_step_.reset();
  return hypothesis;
}

void CtcGreedyDecoder::Reset() {
  *this = CtcGreedyDecoder(std::move(bundle_), timing_);
}

size_t CtcGreedyDecoder::size_bytes() const {
  size_t bytes = sizeof(*this) + words_.capacity() * sizeof(WordInProgress);
  for (const WordInProgress& word : words_) bytes += word.text.capacity();
  return bytes;
}

}  // namespace oido::model
