// Reads ARPA files strictly, line by line.
#include "model/arpa.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "model/language_model_file.h"
#include "model/status_macros.h"
#include "model/utf8.h"

namespace oido::model {
namespace {

constexpr float kUnknownLog10 = -100.0f;
// Within what the loader of language_model.bin accepts.
constexpr float kMaxLog10 = 400.0f;
constexpr size_t kMaxShownBytes = 80;

struct NumberedNgram {
  ArpaNgram ngram;
  uint64_t line = 0;
};

class ArpaReader {
 public:
  explicit ArpaReader(std::istream& in) : in_(in) {}

  absl::StatusOr<ArpaModel> Read();

 private:
  absl::Status ReadCounts();
  absl::Status ReadUnigrams();
  absl::Status ReadNgrams(size_t order);
  // Sorts the words and numbers them; the n-grams of order 1 follow.
  absl::Status SetVocabulary(
      std::vector<std::pair<std::string, NumberedNgram>> unigrams);
  absl::Status AddOrder(size_t order, std::vector<NumberedNgram> ngrams);
  // ln P, words and back-off of the current line, an n-gram of `order`.
  absl::StatusOr<NumberedNgram> ParseLine(
      size_t order, std::vector<absl::string_view>* words) const;
  absl::StatusOr<float> ParseNatural(absl::string_view what,
                                     absl::string_view text) const;

  // The next line that is not empty; false at the end of the file.
  bool NextLine();
  absl::Status ExpectLine(absl::string_view expected);
  absl::Status Bad(absl::string_view what) const { return BadAt(line_, what); }
  static absl::Status BadAt(uint64_t line, absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", what));
  }
  absl::string_view text() const { return text_; }
  std::string Shown() const {
    return absl::StrCat(
        "\"", absl::Utf8SafeCEscape(text().substr(0, kMaxShownBytes)), "\"");
  }

  std::istream& in_;
  std::string text_;  // of the current line, without a carriage return
  uint64_t line_ = 0;
  std::vector<uint64_t> counts_;  // by order - 1
  std::unordered_map<std::string, WordId> ids_;
  ArpaModel model_;
};

bool ArpaReader::NextLine() {
  while (std::getline(in_, text_)) {
    ++line_;
    absl::StripTrailingAsciiWhitespace(&text_);
    if (!text_.empty()) return true;
  }
  text_.clear();
  return false;
}

absl::Status ArpaReader::ExpectLine(absl::string_view expected) {
  if (!NextLine()) {
    return Bad(absl::StrCat("the file ends, ", expected, " expected"));
  }
  if (text() == expected) return absl::OkStatus();
  return Bad(absl::StrCat(Shown(), ", ", expected, " expected"));
}

absl::StatusOr<ArpaModel> ArpaReader::Read() {
  OIDO_RETURN_IF_ERROR(ExpectLine("\\data\\"));
  OIDO_RETURN_IF_ERROR(ReadCounts());
  for (size_t order = 1; order <= counts_.size(); ++order) {
    const std::string head = absl::StrCat("\\", order, "-grams:");
    // The first head ended the counts.
    if (order == 1 && text() != head)
      return Bad(absl::StrCat(Shown(), ", ", head, " expected"));
    if (order > 1) OIDO_RETURN_IF_ERROR(ExpectLine(head));
    OIDO_RETURN_IF_ERROR(order == 1 ? ReadUnigrams() : ReadNgrams(order));
  }
  OIDO_RETURN_IF_ERROR(ExpectLine("\\end\\"));
  if (NextLine()) return Bad(absl::StrCat(Shown(), " behind \\end\\"));
  if (in_.bad()) return absl::DataLossError("cannot be read to its end");
  return std::move(model_);
}

absl::Status ArpaReader::ReadCounts() {
  while (NextLine()) {
    absl::string_view rest = text();
    if (!absl::ConsumePrefix(&rest, "ngram ")) break;
    const std::vector<absl::string_view> parts = absl::StrSplit(rest, '=');
    uint64_t order = 0;
    uint64_t count = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &order) ||
        !absl::SimpleAtoi(parts[1], &count) || order != counts_.size() + 1) {
      return Bad(absl::StrCat(Shown(), ", \"ngram ", counts_.size() + 1,
                              "=COUNT\" expected"));
    }
    if (order > kMaxLmOrder) {
      return Bad(absl::StrCat("n-grams of order ", order, ", at most ",
                              kMaxLmOrder, " are supported"));
    }
    counts_.push_back(count);
  }
  if (counts_.empty()) return Bad("no \"ngram 1=COUNT\"");
  return absl::OkStatus();
}

absl::StatusOr<float> ArpaReader::ParseNatural(absl::string_view what,
                                               absl::string_view text) const {
  float log10 = 0.0f;
  if (!absl::SimpleAtof(text, &log10) || !(std::abs(log10) <= kMaxLog10)) {
    return Bad(absl::StrCat(what, " is \"", absl::Utf8SafeCEscape(text),
                            "\", a number in ", -kMaxLog10, "..", kMaxLog10,
                            " expected"));
  }
  return static_cast<float>(double{log10} * std::numbers::ln10);
}

absl::StatusOr<NumberedNgram> ArpaReader::ParseLine(
    size_t order, std::vector<absl::string_view>* words) const {
  const std::vector<absl::string_view> fields =
      absl::StrSplit(text(), absl::ByAnyChar("\t "), absl::SkipEmpty());
  const bool may_have_backoff = order < counts_.size();
  if (fields.size() != order + 1 &&
      !(may_have_backoff && fields.size() == order + 2)) {
    return Bad(absl::StrCat(
        fields.size(), " fields, ln P and ", order, " words",
        may_have_backoff ? " and perhaps a back-off weight" : "", " expected"));
  }
  NumberedNgram result;
  result.line = line_;
  OIDO_ASSIGN_OR_RETURN(result.ngram.log_probability,
                        ParseNatural("log10 P", fields[0]));
  if (result.ngram.log_probability > 0.0f)
    return Bad(absl::StrCat("log10 P is ", fields[0], ", at most 0 expected"));
  if (fields.size() == order + 2) {
    OIDO_ASSIGN_OR_RETURN(result.ngram.backoff,
                          ParseNatural("back-off weight", fields.back()));
  }
  words->assign(fields.begin() + 1, fields.begin() + 1 + order);
  return result;
}

absl::Status ArpaReader::ReadUnigrams() {
  std::vector<std::pair<std::string, NumberedNgram>> unigrams;
  std::vector<absl::string_view> words;
  for (uint64_t i = 0; i < counts_[0]; ++i) {
    if (!NextLine() || text()[0] == '\\')
      return Bad(
          absl::StrCat(i, " n-grams of order 1, ", counts_[0], " announced"));
    OIDO_ASSIGN_OR_RETURN(const NumberedNgram ngram, ParseLine(1, &words));
    if (!IsPrintableUtf8(words[0])) return Bad("a word is not UTF-8");
    unigrams.emplace_back(
        words[0] == "<UNK>" ? kSymbols[kUnknownWord] : words[0], ngram);
  }
  return SetVocabulary(std::move(unigrams));
}

absl::Status ArpaReader::SetVocabulary(
    std::vector<std::pair<std::string, NumberedNgram>> unigrams) {
  const auto rank = [](const std::string& word) {
    return std::find(kSymbols.begin(), kSymbols.end(), word) - kSymbols.begin();
  };
  const auto is_unknown = [](const auto& unigram) {
    return unigram.first == kSymbols[kUnknownWord];
  };
  if (std::none_of(unigrams.begin(), unigrams.end(), is_unknown)) {
    NumberedNgram unknown;
    unknown.ngram.log_probability =
        static_cast<float>(double{kUnknownLog10} * std::numbers::ln10);
    unigrams.emplace_back(kSymbols[kUnknownWord], unknown);
  }
  std::sort(unigrams.begin(), unigrams.end(),
            [&](const auto& a, const auto& b) {
              return std::pair(rank(a.first), absl::string_view(a.first)) <
                     std::pair(rank(b.first), absl::string_view(b.first));
            });
  std::vector<NumberedNgram> ngrams;
  for (auto& [word, numbered] : unigrams) {
    const WordId id = static_cast<WordId>(ngrams.size());
    if (!ids_.emplace(word, id).second)
      return BadAt(numbered.line, absl::StrCat("\"", word, "\" comes twice"));
    numbered.ngram.words[0] = id;
    ngrams.push_back(numbered);
    model_.vocabulary.push_back(std::move(word));
  }
  for (WordId id = 0; id < kFirstRealWord; ++id) {
    if (id >= ngrams.size() || model_.vocabulary[id] != kSymbols[id])
      return Bad(absl::StrCat("no n-gram of order 1 is ", kSymbols[id]));
  }
  return AddOrder(1, std::move(ngrams));
}

absl::Status ArpaReader::ReadNgrams(size_t order) {
  std::vector<NumberedNgram> ngrams;
  std::vector<absl::string_view> words;
  for (uint64_t i = 0; i < counts_[order - 1]; ++i) {
    if (!NextLine() || text()[0] == '\\') {
      return Bad(absl::StrCat(i, " n-grams of order ", order, ", ",
                              counts_[order - 1], " announced"));
    }
    OIDO_ASSIGN_OR_RETURN(NumberedNgram ngram, ParseLine(order, &words));
    for (size_t place = 0; place < order; ++place) {
      const auto id = ids_.find(std::string(
          words[place] == "<UNK>" ? kSymbols[kUnknownWord] : words[place]));
      if (id == ids_.end()) {
        return Bad(absl::StrCat("\"", absl::Utf8SafeCEscape(words[place]),
                                "\" is not among the n-grams of order 1"));
      }
      ngram.ngram.words[place] = id->second;
    }
    ngrams.push_back(ngram);
  }
  std::sort(ngrams.begin(), ngrams.end(), [](const auto& a, const auto& b) {
    return a.ngram.words < b.ngram.words;
  });
  return AddOrder(order, std::move(ngrams));
}

absl::Status ArpaReader::AddOrder(size_t order,
                                  std::vector<NumberedNgram> ngrams) {
  std::vector<ArpaNgram> sorted;
  sorted.reserve(ngrams.size());
  size_t context = 0;  // index among the n-grams of the order below
  for (const NumberedNgram& numbered : ngrams) {
    const ArpaNgram& ngram = numbered.ngram;
    if (!sorted.empty() && sorted.back().words == ngram.words)
      return BadAt(numbered.line, "this n-gram comes twice");
    if (order > 1) {
      const std::vector<ArpaNgram>& below = model_.ngrams.back();
      std::array<WordId, kMaxLmOrder> wanted = ngram.words;
      wanted[order - 1] = 0;
      while (context < below.size() && below[context].words < wanted) ++context;
      if (context == below.size() || below[context].words != wanted) {
        return BadAt(numbered.line,
                     absl::StrCat("its context is not among the n-grams of "
                                  "order ",
                                  order - 1));
      }
    }
    sorted.push_back(ngram);
  }
  model_.ngrams.push_back(std::move(sorted));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ArpaModel> ReadArpa(std::istream& in) {
  return ArpaReader(in).Read();
}

}  // namespace oido::model
