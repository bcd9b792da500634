// Checks hot words field by field.
#include "server/hot_words.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "model/utf8.h"
#include "server/errors.h"
#include "server/phrase_classes.h"

namespace oido::server {
namespace {

class Checker {
 public:
  absl::Status Add(const v1::HotWords& group, const std::string& field) {
    absl::Status status = CheckGroup(group, field);
    if (!status.ok()) return status;
    const auto classes = PhraseClasses::Create(group, field);
    if (!classes.ok()) return classes.status();
    const size_t others = phrases_.size();
    for (int i = 0; status.ok() && i < group.phrases_size(); ++i) {
      status = AddPhrases(group.phrases(i), *classes, group.boost(),
                          absl::StrCat(field, ".phrases[", i, "]"));
    }
    std::set<std::string> words;
    for (size_t i = others; i < phrases_.size(); ++i)
      words.insert(phrases_[i].words.begin(), phrases_[i].words.end());
    for (int i = 0; status.ok() && i < group.pronunciations_size(); ++i) {
      status =
          AddPronunciation(group.pronunciations(i), words,
                           absl::StrCat(field, ".pronunciations[", i, "]"));
    }
    return status;
  }

  const std::vector<model::WantedPhrase>& phrases() const { return phrases_; }
  const std::vector<model::WantedPronunciation>& pronunciations() const {
    return pronunciations_;
  }

 private:
  absl::Status CheckGroup(const v1::HotWords& group,
                          const std::string& field) const {
    if (!(group.boost() >= 0.0f && group.boost() <= kMaxHotWordBoost)) {
      return FieldError(field + ".boost",
                        absl::StrCat(field, ".boost: ", group.boost(),
                                     " is not in 0..", kMaxHotWordBoost));
    }
    if (group.phrases().empty()) {
      return FieldError(
          field + ".phrases",
          absl::StrCat(field, ".phrases: 0 phrases, must be at least 1"));
    }
    return absl::OkStatus();
  }

  absl::Status AddPhrases(const std::string& phrase,
                          const PhraseClasses& classes, float boost,
                          const std::string& field) {
    const auto meant = classes.Expand(phrase, field);
    absl::Status status = meant.status();
    for (size_t i = 0; status.ok() && i < meant->size(); ++i)
      status = AddPhrase((*meant)[i], boost, field);
    return status;
  }

  absl::Status AddPhrase(const std::string& phrase, float boost,
                         const std::string& field) {
    const auto bad = [&](const auto&... what) {
      return FieldError(
          field, absl::StrCat(field, ": ", Quoted(phrase), " has ", what...));
    };
    if (phrases_.size() == kMaxHotPhrases) {
      return FieldError(field, absl::StrCat(field, ": more than ",
                                            kMaxHotPhrases, " phrases"));
    }
    if (phrase.size() > kMaxHotPhraseBytes)
      return bad(phrase.size(), " bytes, limit ", kMaxHotPhraseBytes);
    bytes_ += phrase.size();
    if (bytes_ > kMaxHotWordBytes) {
      return FieldError(
          field, absl::StrCat(field, ": phrases up to here have ", bytes_,
                              " bytes, limit ", kMaxHotWordBytes));
    }
    if (!model::IsPrintableUtf8(phrase))
      return FieldError(field, absl::StrCat(field, ": is no printable UTF-8"));
    model::WantedPhrase& wanted = phrases_.emplace_back();
    wanted.boost = boost;
    wanted.words =
        absl::StrSplit(absl::AsciiStrToLower(phrase), ' ', absl::SkipEmpty());
    if (wanted.words.empty()) return bad("no word");
    if (wanted.words.size() <= kMaxHotPhraseWords) return absl::OkStatus();
    return bad(wanted.words.size(), " words, limit ", kMaxHotPhraseWords);
  }

  absl::Status AddPronunciation(const v1::HotWords::Pronunciation& given,
                                const std::set<std::string>& words,
                                const std::string& field) {
    model::WantedPronunciation wanted{absl::AsciiStrToLower(given.word()),
                                      given.phones()};
    if (words.count(wanted.word) == 0) {
      return FieldError(
          field + ".word",
          absl::StrCat(field, ".word: ", Quoted(given.word()),
                       " is no word of a phrase in the same hot_words"));
    }
    const std::vector<std::string> phones =
        absl::StrSplit(given.phones(), ' ', absl::SkipEmpty());
    if (phones.empty() || phones.size() > kMaxPronunciationPhones) {
      return FieldError(
          field + ".phones",
          absl::StrCat(field, ".phones: ", phones.size(),
                       " phones, must be in 1..", kMaxPronunciationPhones));
    }
    if (pronunciations_.size() == kMaxPronunciations) {
      return FieldError(field,
                        absl::StrCat(field, ": more than ", kMaxPronunciations,
                                     " pronunciations"));
    }
    pronunciations_.push_back(std::move(wanted));
    return absl::OkStatus();
  }

  std::vector<model::WantedPhrase> phrases_;
  std::vector<model::WantedPronunciation> pronunciations_;
  size_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const model::HotWords>> CheckHotWords(
    const v1::RecognitionConfig& config, const std::string& prefix,
    const std::shared_ptr<const model::DecoderResources>& resources,
    float lm_weight) {
  if (config.hot_words().empty()) return nullptr;
  const std::string field = prefix + "hot_words";
  Checker checker;
  for (int i = 0; i < config.hot_words_size(); ++i) {
    const absl::Status status =
        checker.Add(config.hot_words(i), absl::StrCat(field, "[", i, "]"));
    if (!status.ok()) return status;
  }
  auto hot_words = model::HotWords::Create(
      resources, lm_weight, checker.phrases(), checker.pronunciations());
  if (hot_words.ok()) return hot_words;
  return FieldError(field,
                    absl::StrCat(field, ": ", hot_words.status().message()));
}

}  // namespace oido::server
