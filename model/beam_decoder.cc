// Cuts the words of a beam search into utterances.
#include "model/beam_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "model/endpointer.h"
#include "model/tokens.h"

namespace oido::model {
namespace {

// Of speech that may be left to the next utterance where one is too long.
constexpr int kMostUnsureMs = 3000;

}  // namespace

BeamDecoder::BeamDecoder(const DecoderOptions& timing,
                         std::unique_ptr<BeamSearch> search,
                         int max_alternatives)
    : timing_(timing),
      search_(std::move(search)),
      max_alternatives_(max_alternatives) {}

BeamDecoder::BeamDecoder(const DecoderOptions& timing,
                         std::shared_ptr<const DecoderResources> resources,
                         const WordSearchOptions& options, int max_alternatives,
                         std::shared_ptr<const HotWords> hot_words)
    : BeamDecoder(timing,
                  std::make_unique<WordSearch>(std::move(resources), options,
                                               std::move(hot_words)),
                  max_alternatives) {}

void BeamDecoder::Advance(absl::Span<const float> log_probs,
                          BeamScratch& scratch) {
  search_->Advance(log_probs, scratch);
  if (std::max_element(log_probs.begin(), log_probs.end()) !=
      log_probs.begin() + kBlank) {
    last_phone_step_ = search_->steps() - 1;
    pause_committed_ = false;
  }
  if (pause_committed_ || SilenceMs() < kCommitPauseMs) return;
  Commit(Ended());
  pause_committed_ = true;
}

int BeamDecoder::SilenceMs() const {
  return (search_->steps() - last_phone_step_ - 1) * timing_.step_ms;
}

bool BeamDecoder::AtEndpoint() const {
  UtteranceProgress progress;
  progress.silence_ms = SilenceMs();
  progress.length_ms =
      int64_t{search_->steps() - utterance_start_} * timing_.step_ms;
  // No rule holds yet, with any words.
  const bool silent = progress.silence_ms >= timing_.endpoint_silence_ms ||
                      (timing_.start_silence_ms > 0 &&
                       progress.silence_ms >= timing_.start_silence_ms);
  if (!silent && progress.length_ms < timing_.max_utterance_ms) return false;
  const WordHistory& history = search_->history();
  WordHistory::Index first = search_->Best(BeamSearch::Ending::kAnywhere);
  while (history.beginning(first) != WordHistory::kStart)
    first = history.beginning(first);
  progress.has_word = taken_word_step_.has_value() ||
                      !search_->settled().empty() ||
                      first != WordHistory::kStart;
  // A later word may still lengthen the last one.
  progress.word_open = true;
  if (progress.has_word) {
    const FoundWord& word = search_->settled().empty()
                                ? history.word(first)
                                : search_->settled().front();
    progress.length_ms =
        int64_t{search_->steps() - taken_word_step_.value_or(word.first_step)} *
        timing_.step_ms;
  }
  progress.may_change = !silent && !pause_committed_ && !SureWords();
  return IsEndpoint(timing_, progress);
}

bool BeamDecoder::Overdue(const FoundWord& word) const {
  const int32_t steps = search_->steps() - word.last_step - 1;
  return int64_t{steps} * timing_.step_ms + timing_.emission_delay_ms >=
         timing_.max_final_delay_ms;
}

// A word that ends nowhere else ends with the speech.
void BeamDecoder::EndOverdueWord() {
  if (SilenceMs() < kPauseMs) return;
  const auto best = search_->Best(BeamSearch::Ending::kAnywhere);
  if (best == WordHistory::kStart && search_->settled().empty()) return;
  const FoundWord& last = best == WordHistory::kStart
                              ? search_->settled().back()
                              : search_->history().word(best);
  if (!search_->EndsWord(last) && Overdue(last)) search_->EndWords();
}

Hypothesis BeamDecoder::TakeOverdue() {
  if (timing_.max_final_delay_ms == 0) return {};
  EndOverdueWord();
  const auto overdue = [this](const FoundWord& unit) {
    return search_->EndsWord(unit) && Overdue(unit);
  };
  const WordHistory& history = search_->history();
  WordHistory::Index words = search_->Best(BeamSearch::Ending::kAnywhere);
  while (words != WordHistory::kStart && !overdue(history.word(words)))
    words = history.beginning(words);
  if (words != WordHistory::kStart) {
    search_->KeepOnly(words, BeamSearch::Ending::kAnywhere);
    search_->Settle();
  }
  const std::vector<FoundWord>& settled = search_->settled();
  const auto ends = [this](const FoundWord& unit) {
    return search_->EndsWord(unit);
  };
  const auto first_end = std::find_if(settled.begin(), settled.end(), ends);
  if (first_end == settled.end() || !Overdue(*first_end)) return {};
  if (!taken_word_step_.has_value())
    taken_word_step_ = settled.front().first_step;
  return TakeSettled(search_->SettledWords());
}

Hypothesis BeamDecoder::Partial() const {
  std::vector<FoundWord> units = search_->settled();
  const WordHistory& history = search_->history();
  const WordHistory::Index shared = search_->Shared();
  history.AppendWords(WordHistory::kStart, shared, &units);
  size_t stable = 0;
  for (const auto& word : search_->Spell(units)) stable += word.ended ? 1 : 0;
  history.AppendWords(shared, search_->Best(BeamSearch::Ending::kAnywhere),
                      &units);
  Hypothesis hypothesis = ToHypothesis(units);
  hypothesis.stable_words = stable;
  hypothesis.last_word_open = stable < hypothesis.words.size();
  return hypothesis;
}

uint64_t BeamDecoder::PartialFingerprint() const {
  const WordHistory& history = search_->history();
  const auto best = search_->Best(BeamSearch::Ending::kAnywhere);
  const size_t settled = search_->settled().size();
  if (settled == 0 && best == WordHistory::kStart) return 0;
  // Which of the words are stable counts too.
  return history.hash(best) * 3 + history.hash(search_->Shared()) + settled;
}

// In a pause no word goes on, if any hypothesis has it so.
BeamSearch::Ending BeamDecoder::Ended() const {
  return SilenceMs() >= kPauseMs && search_->AnyBetweenWords()
             ? BeamSearch::Ending::kBetweenWords
             : BeamSearch::Ending::kAnywhere;
}

Hypothesis BeamDecoder::Finalize() {
  if (!pause_committed_ && SilenceMs() < timing_.endpoint_silence_ms) {
    if (const auto words = SureWords(); words.has_value()) {
      search_->Settle(*words);
      return TakeUtterance(search_->SettledWords());
    }
  }
  if (!pause_committed_) Commit(Ended());
  return TakeUtterance(search_->settled().size());
}

// Sure words, behind those that are settled; none if they leave too much to the
// next utterance.
std::optional<WordHistory::Index> BeamDecoder::SureWords() const {
  const WordHistory::Index words = search_->SureWords();
  const size_t settled = search_->SettledWords();
  if (words == WordHistory::kStart && settled == 0) return std::nullopt;
  const FoundWord& last = words == WordHistory::kStart
                              ? search_->settled()[settled - 1]
                              : search_->history().word(words);
  const int left_ms = (search_->steps() - last.last_step) * timing_.step_ms;
  if (left_ms > std::min(kMostUnsureMs, timing_.max_utterance_ms / 2))
    return std::nullopt;
  return words;
}

Hypothesis BeamDecoder::Finish() {
  Commit(search_->AnyBetweenWords() ? BeamSearch::Ending::kSentence
                                    : BeamSearch::Ending::kAnywhere);
  return TakeUtterance(search_->settled().size());
}

void BeamDecoder::Commit(BeamSearch::Ending ending) {
  search_->EndWords();
  const WordHistory::Index best = search_->Best(ending);
  if (max_alternatives_ > 1) CollectRivals(ending, best);
  search_->KeepOnly(best, ending);
  search_->Settle();
}

void BeamDecoder::CollectRivals(BeamSearch::Ending ending,
                                WordHistory::Index best) {
  const WordHistory& history = search_->history();
  const auto found =
      search_->Alternatives(ending, static_cast<size_t>(max_alternatives_));
  if (found.empty()) return;
  for (const BeamSearch::Alternative& alternative : found) {
    const WordHistory::Index shared = history.Common(alternative.words, best);
    if (alternative.words == best) continue;
    std::vector<FoundWord> same;
    history.AppendWords(WordHistory::kStart, shared, &same);
    Rival rival;
    rival.begin = search_->settled().size() + same.size();
    same.clear();
    history.AppendWords(shared, best, &same);
    rival.end = rival.begin + same.size();
    rival.score = alternative.score - found.front().score;
    history.AppendWords(shared, alternative.words, &rival.units);
    rivals_.push_back(std::move(rival));
  }
}

// The first `count` settled units; the next utterance begins.
Hypothesis BeamDecoder::TakeUtterance(size_t count) {
  Hypothesis hypothesis = TakeSettled(count);
  utterance_start_ = search_->steps();
  taken_word_step_.reset();
  return hypothesis;
}

// The first `count` settled units.
Hypothesis BeamDecoder::TakeSettled(size_t count) {
  const std::vector<FoundWord> units(
      search_->settled().begin(),
      search_->settled().begin() + static_cast<ptrdiff_t>(count));
  Hypothesis hypothesis = ToHypothesis(units);
  std::stable_sort(
      rivals_.begin(), rivals_.end(),
      [](const Rival& a, const Rival& b) { return a.score > b.score; });
  for (const Rival& rival : rivals_) {
    if (hypothesis.alternatives.size() + 1 >=
        static_cast<size_t>(max_alternatives_)) {
      break;
    }
    if (rival.end > units.size()) continue;
    std::vector<FoundWord> other(units.begin(), units.begin() + rival.begin);
    other.insert(other.end(), rival.units.begin(), rival.units.end());
    other.insert(other.end(), units.begin() + rival.end, units.end());
    if (!other.empty()) hypothesis.alternatives.push_back(ToHypothesis(other));
  }
  rivals_.clear();
  search_->DropSettled(count);
  return hypothesis;
}

Word BeamDecoder::ToWord(const BeamSearch::SpelledWord& found) const {
  const auto time_ms = [&](int32_t step) {
    return static_cast<int>(std::max<int64_t>(
        0, int64_t{step} * timing_.step_ms - timing_.emission_delay_ms));
  };
  Word word;
  word.text = found.text;
  word.start_ms = time_ms(found.first_step);
  word.end_ms = time_ms(found.last_step + 1);
  word.confidence = found.confidence;
  return word;
}

Hypothesis BeamDecoder::ToHypothesis(absl::Span<const FoundWord> units) const {
  Hypothesis hypothesis;
  double confidence_sum = 0.0;
  for (const BeamSearch::SpelledWord& word : search_->Spell(units)) {
    hypothesis.words.push_back(ToWord(word));
    confidence_sum += double{word.confidence};
  }
  const size_t words = hypothesis.words.size();
  hypothesis.stable_words = words;
  if (words > 0) {
    hypothesis.confidence =
        static_cast<float>(confidence_sum / static_cast<double>(words));
  }
  return hypothesis;
}

void BeamDecoder::Reset() {
  search_->Reset();
  rivals_.clear();
  utterance_start_ = 0;
  taken_word_step_.reset();
  last_phone_step_ = -1;
  pause_committed_ = false;
}

size_t BeamDecoder::size_bytes() const {
  size_t bytes = sizeof(*this) + search_->size_bytes() +
                 rivals_.capacity() * sizeof(Rival);
  for (const Rival& rival : rivals_)
    bytes += rival.units.capacity() * sizeof(FoundWord);
  return bytes;
}

}  // namespace oido::model
