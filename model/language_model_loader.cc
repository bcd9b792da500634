// Checks every index and value of language_model.bin once.
#include "model/language_model_loader.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "model/mapped_file.h"
#include "model/sha256.h"
#include "model/status_macros.h"
#include "model/utf8.h"

namespace oido::model {
namespace {

constexpr size_t kMaxFileBytes = size_t{4} << 30;
constexpr uint64_t kMaxWords = uint64_t{1} << 24;
// Rows are numbered in 32 bits, and the highest number means "none".
constexpr uint64_t kMaxNgrams = 0xFFFFFFFE;
// log10 P = -100, of an unknown word, is -230.
constexpr float kMaxValue = 1000.0f;

absl::Status Bad(absl::string_view what) { return absl::DataLossError(what); }

absl::Status CheckProbability(float value) {
  if (value <= 0.0f && value >= -kMaxValue) return absl::OkStatus();
  return Bad(
      absl::StrCat("ln P is ", value, ", must be in ", -kMaxValue, "..0"));
}

absl::Status CheckBackoff(float value) {
  if (std::abs(value) <= kMaxValue) return absl::OkStatus();
  return Bad(absl::StrCat("back-off is ", value, ", must be in ", -kMaxValue,
                          "..", kMaxValue));
}

absl::Status CheckWord(WordId word, absl::string_view text,
                       absl::string_view before) {
  const bool valid = word < kFirstRealWord
                         ? text == kSymbols[word]
                         : !text.empty() && IsPrintableUtf8(text) &&
                               !absl::StrContains(text, ' ');
  if (!valid) {
    return Bad(absl::StrCat(
        "word ", word, " is \"", absl::Utf8SafeCEscape(text), "\", ",
        word < kFirstRealWord ? kSymbols[word] : "UTF-8 text without spaces",
        " expected"));
  }
  if (word > kFirstRealWord && text <= before) {
    return Bad(absl::StrCat("word ", word, " is \"", text, "\", behind \"",
                            before, "\": words must ascend"));
  }
  return absl::OkStatus();
}

absl::Status CheckHeader(const LanguageModelHeader& header) {
  if (header.magic != kLanguageModelMagic)
    return Bad("does not begin with \"oido-lm\"");
  if (header.version != kLanguageModelVersion) {
    return Bad(absl::StrCat("version is ", header.version, ", ",
                            kLanguageModelVersion, " expected"));
  }
  if (header.order < 1 || header.order > kMaxLmOrder) {
    return Bad(absl::StrCat("order is ", header.order, ", must be in 1..",
                            kMaxLmOrder));
  }
  if (header.value_bits != kQuantisedBits && header.value_bits != kExactBits) {
    return Bad(absl::StrCat("values have ", header.value_bits, " bits, ",
                            kQuantisedBits, " or ", kExactBits, " expected"));
  }
  for (uint32_t level = 0; level < kMaxLmOrder; ++level) {
    const uint64_t limit = level >= header.order ? 0
                           : level == 0          ? kMaxWords
                                                 : kMaxNgrams;
    if (header.ngrams[level] > limit) {
      return Bad(absl::StrCat(header.ngrams[level], " n-grams of order ",
                              level + 1, ", at most ", limit, " expected"));
    }
  }
  if (header.ngrams[0] < kFirstRealWord)
    return Bad(absl::StrCat(header.ngrams[0], " words, at least ",
                            kFirstRealWord, " expected"));
  return header.zero == 0 ? absl::OkStatus() : Bad("unknown flags");
}

}  // namespace

absl::Status LanguageModelLoader::Load() {
  OIDO_ASSIGN_OR_RETURN(model_->file_, MappedFile::Open(path_, kMaxFileBytes));
  rest_ = model_->file_->bytes();
  const absl::Status status = LoadSections();
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(path_, ": ", status.message()));
}

absl::Status LanguageModelLoader::LoadSections() {
  OIDO_RETURN_IF_ERROR(ReadHeader());
  OIDO_RETURN_IF_ERROR(ReadVocabulary());
  for (uint32_t level = 0; level < header_.order; ++level) {
    if (HasCodebooks(header_, level))
      OIDO_RETURN_IF_ERROR(ReadCodebooks(level));
  }
  for (uint32_t level = 0; level < header_.order; ++level)
    OIDO_RETURN_IF_ERROR(ReadRows(level));
  if (!rest_.empty())
    return Bad(absl::StrCat(rest_.size(), " bytes too many at the end"));
  for (uint32_t level = 0; level < header_.order; ++level) {
    OIDO_RETURN_IF_ERROR(CheckValues(level));
    if (HasContexts(header_, level)) OIDO_RETURN_IF_ERROR(CheckGroups(level));
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> LanguageModelLoader::Take(
    absl::string_view what, uint64_t bytes) {
  const uint64_t size = AlignedSize(bytes);
  if (size > rest_.size()) {
    return Bad(absl::StrCat("truncated: ", what, " take ", size,
                            " bytes, but only ", rest_.size(), " follow"));
  }
  const absl::string_view section = rest_.substr(0, bytes);
  rest_.remove_prefix(size);
  return section;
}

absl::Status LanguageModelLoader::ReadHeader() {
  OIDO_ASSIGN_OR_RETURN(const absl::string_view bytes,
                        Take("header", sizeof(header_)));
  std::memcpy(&header_, bytes.data(), sizeof(header_));
  OIDO_RETURN_IF_ERROR(CheckHeader(header_));
  model_->order_ = static_cast<int>(header_.order);
  model_->words_ = static_cast<WordId>(header_.ngrams[0]);
  return absl::OkStatus();
}

absl::Status LanguageModelLoader::ReadVocabulary() {
  OIDO_ASSIGN_OR_RETURN(
      const absl::string_view ends,
      Take("ends of words", model_->words_ * sizeof(uint32_t)));
  model_->word_ends_ = ends.data();
  uint32_t text_bytes;
  std::memcpy(&text_bytes, ends.data() + ends.size() - sizeof(text_bytes),
              sizeof(text_bytes));
  OIDO_ASSIGN_OR_RETURN(const absl::string_view text,
                        Take("words", text_bytes));
  model_->text_ = text.data();
  uint32_t before = 0;
  for (WordId word = 0; word < model_->words_; ++word) {
    uint32_t end;
    std::memcpy(&end, ends.data() + word * sizeof(end), sizeof(end));
    if (end < before || end > text_bytes) {
      return Bad(absl::StrCat("word ", word, " ends at byte ", end,
                              ", must be in ", before, "..", text_bytes));
    }
    before = end;
    OIDO_RETURN_IF_ERROR(
        CheckWord(word, model_->Word(word),
                  word == 0 ? absl::string_view() : model_->Word(word - 1)));
  }
  OIDO_ASSIGN_OR_RETURN(
      const std::string digest,
      Sha256Hex(absl::string_view(
          ends.data(),
          static_cast<size_t>(text.data() + text.size() - ends.data()))));
  if (!absl::SimpleHexAtoi(digest.substr(0, 16), &model_->fingerprint_))
    return absl::InternalError("no fingerprint of the vocabulary");
  return absl::OkStatus();
}

absl::Status LanguageModelLoader::ReadCodebooks(uint32_t level) {
  const auto read = [&](std::vector<float>* codebook,
                        absl::Status (*check)(float)) -> absl::Status {
    OIDO_ASSIGN_OR_RETURN(const absl::string_view bytes,
                          Take("codebook", kCodebookSize * sizeof(float)));
    codebook->resize(kCodebookSize);
    std::memcpy(codebook->data(), bytes.data(), bytes.size());
    for (const float value : *codebook) {
      const absl::Status status = check(value);
      if (!status.ok()) {
        return Bad(absl::StrCat("codebook of order ", level + 1, ": ",
                                status.message()));
      }
    }
    return absl::OkStatus();
  };
  OIDO_RETURN_IF_ERROR(read(&model_->probabilities_[level], CheckProbability));
  if (!HasContexts(header_, level)) return absl::OkStatus();
  return read(&model_->backoffs_[level], CheckBackoff);
}

absl::Status LanguageModelLoader::ReadRows(uint32_t level) {
  const RowLayout layout = LayoutOf(header_, level);
  const uint64_t rows = StoredRows(header_, level);
  OIDO_ASSIGN_OR_RETURN(const absl::string_view bytes,
                        Take(absl::StrCat("n-grams of order ", level + 1),
                             PackedRows::Bytes(rows, layout)));
  model_->rows_[level] = PackedRows(bytes.data(), rows, layout);
  return absl::OkStatus();
}

// Indices of codebooks cannot be wrong: the codebooks hold every one.
absl::Status LanguageModelLoader::CheckValues(uint32_t level) const {
  if (HasCodebooks(header_, level)) return absl::OkStatus();
  for (uint64_t i = 0; i < header_.ngrams[level]; ++i) {
    const uint32_t row = static_cast<uint32_t>(i);
    const int at = static_cast<int>(level);
    absl::Status status = CheckProbability(model_->Probability(at, row));
    if (status.ok() && HasContexts(header_, level))
      status = CheckBackoff(model_->Backoff(at, row));
    if (!status.ok()) {
      return Bad(absl::StrCat("row ", row, " of order ", level + 1, ": ",
                              status.message()));
    }
  }
  return absl::OkStatus();
}

// The groups behind the rows of order `level` + 1.
absl::Status LanguageModelLoader::CheckGroups(uint32_t level) const {
  const PackedRows& rows = model_->rows_[level];
  const uint64_t children = header_.ngrams[level + 1];
  uint64_t begin = 0;
  for (uint64_t row = 0; row <= header_.ngrams[level]; ++row) {
    const uint64_t end = rows.Children(row);
    const bool is_first = row == 0;
    if (end < begin || end > children || (is_first && end != 0)) {
      return Bad(absl::StrCat("row ", row, " of order ", level + 1,
                              ": its group begins at ", end, ", must be in ",
                              begin, "..", is_first ? 0 : children));
    }
    OIDO_RETURN_IF_ERROR(CheckWordsOfGroup(level + 1, begin, end));
    begin = end;
  }
  if (begin == children) return absl::OkStatus();
  return Bad(absl::StrCat(begin, " of ", children, " n-grams of order ",
                          level + 2, " have a context"));
}

absl::Status LanguageModelLoader::CheckWordsOfGroup(uint32_t level,
                                                    uint64_t begin,
                                                    uint64_t end) const {
  uint64_t least = 0;
  for (uint64_t row = begin; row < end; ++row) {
    const WordId word = model_->rows_[level].Word(row);
    if (word < least || word >= model_->words_) {
      return Bad(absl::StrCat("row ", row, " of order ", level + 1,
                              ": word is ", word, ", must be in ", least, "..",
                              model_->words_ - 1));
    }
    least = word + uint64_t{1};
  }
  return absl::OkStatus();
}

}  // namespace oido::model
