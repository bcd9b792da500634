// Looks n-grams up in packed, sorted rows.
#include "model/language_model.h"

#include <bit>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/language_model_file.h"
#include "model/language_model_loader.h"

namespace oido::model {
namespace {

// Word ids follow the alphabet and a context's words are a sample of it, so a
// guess by proportion lands close; wide gaps are halved after this many.
constexpr int kMaxGuesses = 4;
// Below this many rows, halving is faster than a division.
constexpr uint64_t kMinRowsToGuess = 12;

}  // namespace

absl::StatusOr<std::unique_ptr<const LanguageModel>> LanguageModel::Open(
    const std::string& path) {
  auto model = std::unique_ptr<LanguageModel>(new LanguageModel());
  const absl::Status status = LanguageModelLoader(path, model.get()).Load();
  if (!status.ok()) return status;
  model->begin_.context[0] = model->AsContext(0, kSentenceBegin);
  return std::unique_ptr<const LanguageModel>(std::move(model));
}

uint32_t LanguageModel::FindChild(int level, uint32_t context,
                                  WordId word) const {
  const PackedRows& rows = rows_[level + 1];
  uint64_t low = rows_[level].Children(context);
  uint64_t high = rows_[level].Children(context + 1);
  // Words of the rows [low, high) lie in [low_word, high_word).
  uint64_t low_word = 0;
  uint64_t high_word = words_;
  for (int guesses = 0; low < high;) {
    uint64_t middle = low + (high - low) / 2;
    if (high - low >= kMinRowsToGuess && guesses++ < kMaxGuesses) {
      middle = low + (word - low_word) * (high - low) / (high_word - low_word);
    }
    const WordId found = rows.Word(middle);
    if (found == word) return static_cast<uint32_t>(middle);
    if (found < word) {
      low = middle + 1;
      low_word = found + uint64_t{1};
    } else {
      high = middle;
      high_word = found;
    }
  }
  return LmState::kNoContext;
}

float LanguageModel::Probability(int level, uint32_t row) const {
  const uint32_t stored = rows_[level].Probability(row);
  const std::vector<float>& codebook = probabilities_[level];
  return codebook.empty() ? std::bit_cast<float>(stored) : codebook[stored];
}

float LanguageModel::Backoff(int level, uint32_t row) const {
  const uint32_t stored = rows_[level].Backoff(row);
  const std::vector<float>& codebook = backoffs_[level];
  return codebook.empty() ? std::bit_cast<float>(stored) : codebook[stored];
}

uint32_t LanguageModel::AsContext(int level, uint32_t row) const {
  if (level + 1 >= order_) return LmState::kNoContext;
  const PackedRows& rows = rows_[level];
  const bool goes_on = rows.Children(row) != rows.Children(row + 1);
  return goes_on || Backoff(level, row) != 0.0f ? row : LmState::kNoContext;
}

float LanguageModel::Score(const LmState& from, WordId word,
                           LmState* to) const {
  LmState next;
  next.context[0] = AsContext(0, word);
  float score = Probability(0, word);
  for (int level = 1; level < order_; ++level) {
    const uint32_t context = from.context[level - 1];
    if (context == LmState::kNoContext) continue;
    const uint32_t row = FindChild(level - 1, context, word);
    if (row == LmState::kNoContext) {
      score += Backoff(level - 1, context);
      continue;
    }
    score = Probability(level, row);
    if (level + 1 < order_) next.context[level] = AsContext(level, row);
  }
  *to = next;
  return score;
}

float LanguageModel::EndScore(const LmState& from) const {
  LmState unused;
  return Score(from, kSentenceEnd, &unused);
}

float LanguageModel::Unigram(WordId word) const { return Probability(0, word); }

absl::string_view LanguageModel::Word(WordId word) const {
  const auto end_of = [this](WordId id) {
    uint32_t end;
    std::memcpy(&end, word_ends_ + sizeof(end) * id, sizeof(end));
    return end;
  };
  const uint32_t begin = word == 0 ? 0 : end_of(word - 1);
  return absl::string_view(text_ + begin, end_of(word) - begin);
}

std::optional<WordId> LanguageModel::Find(absl::string_view spelling) const {
  for (WordId symbol = 0; symbol < kFirstRealWord; ++symbol) {
    if (spelling == kSymbols[symbol]) return symbol;
  }
  WordId low = kFirstRealWord;
  WordId high = words_;
  while (low < high) {
    const WordId middle = low + (high - low) / 2;
    const int order = Word(middle).compare(spelling);
    if (order == 0) return middle;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return std::nullopt;
}

}  // namespace oido::model
