// What is replaced by what, and which phrases can be hot words.
#include "server/compat/lenience.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "model/spelled_pronunciation.h"
#include "server/hot_words.h"
#include "server/log.h"
#include "server/requests.h"

namespace oido::server {
namespace {

constexpr float kUsualBoost = 10.0f;
constexpr float kMostBoost = 20.0f;
// Beyond 8, words that nobody said are found (docs/decoding.md).
constexpr float kNativeBoost = 8.0f;

// A word whose spelling tells how it is said, so that it cannot be refused.
bool CanBeSaid(absl::string_view word, const model::Lexicon& lexicon) {
  const std::vector<std::string> phones = model::SpelledPronunciation(
      word, [](absl::string_view) { return std::vector<std::string>(); });
  const std::vector<std::string>& known = lexicon.phone_names();
  return !phones.empty() &&
         std::all_of(phones.begin(), phones.end(), [&](const auto& phone) {
           return std::find(known.begin(), known.end(), phone) != known.end();
         });
}

// Lower case, punctuation of the kind that is not said gone; empty: no hot
// word.
std::string HotPhrase(const std::string& text, const model::Lexicon& lexicon) {
  const std::string plain = absl::StrReplaceAll(
      absl::AsciiStrToLower(text), {{"-", " "}, {",", " "}, {"’", "'"}});
  std::vector<std::string> words;
  for (absl::string_view word :
       absl::StrSplit(plain, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty())) {
    while (!word.empty() &&
           (word.back() == '.' || word.back() == '?' || word.back() == '!'))
      word.remove_suffix(1);
    if (!CanBeSaid(word, lexicon)) return "";
    words.emplace_back(word);
  }
  std::string phrase = absl::StrJoin(words, " ");
  const bool fits =
      words.size() <= kMaxHotPhraseWords && phrase.size() <= kMaxHotPhraseBytes;
  return fits ? phrase : "";
}

float NativeBoost(float boost) {
  if (boost == 0.0f) boost = kUsualBoost;
  return std::min(boost, kMostBoost) * (kNativeBoost / kMostBoost);
}

}  // namespace

void Lenience::SetModel(const std::string& name,
                        v1::RecognitionConfig* config) {
  const auto found = models_.Find(name);
  const bool fits =
      found.ok() && (use_ == ModelUse::kRecording || !(*found)->offline());
  model_ = fits ? *found : models_.Default(use_);
  if (fits) {
    config->set_model(name);
  } else {
    wanted_model_ = name;
  }
}

void Lenience::SetLanguage(const std::vector<std::string>& codes,
                           v1::RecognitionConfig* config) {
  if (codes.empty()) return;
  config->set_language_code(codes.front());
  if (model_ == nullptr) return;
  const auto spoken =
      std::find_if(codes.begin(), codes.end(), [&](const std::string& code) {
        return SpeaksLanguage(*model_->bundle, code);
      });
  if (spoken != codes.end()) config->set_language_code(*spoken);
}

void Lenience::SetHints(const std::vector<PhraseHint>& hints,
                        v1::RecognitionConfig* config) {
  const bool has_search =
      model_ != nullptr && model_->bundle->word_search != nullptr;
  std::map<float, v1::HotWords*> groups;
  size_t bytes = 0;
  int taken = 0;
  for (const PhraseHint& hint : hints) {
    const bool wanted = has_search && hint.boost >= 0.0f;  // nor a NaN
    const std::string phrase =
        wanted ? HotPhrase(hint.text, *model_->bundle->word_search->lexicon)
               : "";
    if (phrase.empty() || taken == kMaxHotPhrases ||
        bytes + phrase.size() > kMaxHotWordBytes) {
      ++phrases_;
      continue;
    }
    v1::HotWords*& group = groups[NativeBoost(hint.boost)];
    if (group == nullptr) {
      group = config->add_hot_words();
      group->set_boost(NativeBoost(hint.boost));
    }
    group->add_phrases(phrase);
    bytes += phrase.size();
    ++taken;
  }
}

void Lenience::Log(const std::string& method) const {
  if (options_.empty() && phrases_ == 0 && wanted_model_.empty()) return;
  server::Log(Severity::kInfo, "options_ignored",
              {{"method", method},
               {"options", absl::StrJoin(options_, ",")},
               {"phrases", absl::StrCat(phrases_)},
               {"model", wanted_model_.substr(0, kMaxIdBytes)}});
}

}  // namespace oido::server
