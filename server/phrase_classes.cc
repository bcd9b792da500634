// Puts every phrase of a class where its name stands.
#include "server/phrase_classes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/errors.h"
#include "server/hot_words.h"

namespace oido::server {
namespace {

bool IsName(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxClassNameBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '_' || c == '-';
         });
}

// The class that a word of a phrase names, if it does.
std::optional<absl::string_view> NameIn(absl::string_view word) {
  if (!absl::ConsumePrefix(&word, "$")) return std::nullopt;
  if (absl::StartsWith(word, "{") && absl::EndsWith(word, "}"))
    word = word.substr(1, word.size() - 2);
  return word;
}

absl::Status CheckPhrases(const v1::HotWords::PhraseClass& given,
                          const std::string& field) {
  const std::string phrases = field + ".phrases";
  if (given.phrases().empty() || given.phrases_size() > kMaxHotPhrases) {
    return FieldError(phrases,
                      absl::StrCat(phrases, ": ", given.phrases_size(),
                                   " phrases, must be in 1..", kMaxHotPhrases));
  }
  for (int i = 0; i < given.phrases_size(); ++i) {
    const std::string phrase = absl::StrCat(phrases, "[", i, "]");
    if (given.phrases(i).size() > kMaxHotPhraseBytes) {
      return FieldError(phrase,
                        absl::StrCat(phrase, ": ", given.phrases(i).size(),
                                     " bytes, limit ", kMaxHotPhraseBytes));
    }
    if (absl::StrContains(given.phrases(i), '$')) {
      return FieldError(phrase,
                        absl::StrCat(phrase, ": ", Quoted(given.phrases(i)),
                                     " has a \"$\", but a class holds none"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PhraseClasses> PhraseClasses::Create(const v1::HotWords& group,
                                                    const std::string& field) {
  PhraseClasses result;
  for (int i = 0; i < group.classes_size(); ++i) {
    const v1::HotWords::PhraseClass& given = group.classes(i);
    const std::string own = absl::StrCat(field, ".classes[", i, "]");
    if (!IsName(given.name())) {
      return FieldError(own + ".name",
                        absl::StrCat(own, ".name: ", Quoted(given.name()),
                                     ", must be 1 to ", kMaxClassNameBytes,
                                     " letters, digits, \"_\" and \"-\""));
    }
    const absl::Status status = CheckPhrases(given, own);
    if (!status.ok()) return status;
    const bool is_new = result.classes_
                            .emplace(given.name(), std::vector<std::string>(
                                                       given.phrases().begin(),
                                                       given.phrases().end()))
                            .second;
    if (is_new) continue;
    return FieldError(
        own + ".name",
        absl::StrCat(own, ".name: ", Quoted(given.name()), " is there twice"));
  }
  return result;
}

absl::StatusOr<std::vector<std::string>> PhraseClasses::Expand(
    const std::string& phrase, const std::string& field) const {
  // One that is too long is refused as it is.
  if (!absl::StrContains(phrase, '$') || phrase.size() > kMaxHotPhraseBytes)
    return std::vector<std::string>{phrase};
  std::vector<std::string> result = {""};
  for (const absl::string_view word :
       absl::StrSplit(phrase, ' ', absl::SkipEmpty())) {
    std::vector<std::string> here = {std::string(word)};
    if (const auto name = NameIn(word); name.has_value()) {
      const auto found = classes_.find(*name);
      if (found == classes_.end()) {
        return FieldError(field,
                          absl::StrCat(field, ": ", Quoted(std::string(word)),
                                       " is no class of the same hot_words"));
      }
      here = found->second;
    }
    if (result.size() * here.size() > kMaxHotPhrases) {
      return FieldError(field, absl::StrCat(field, ": ", Quoted(phrase),
                                            " stands for more than ",
                                            kMaxHotPhrases, " phrases"));
    }
    std::vector<std::string> longer;
    for (const std::string& before : result) {
      for (const std::string& next : here)
        longer.push_back(absl::StrCat(before, before.empty() ? "" : " ", next));
    }
    result = std::move(longer);
  }
  return result;
}

}  // namespace oido::server
