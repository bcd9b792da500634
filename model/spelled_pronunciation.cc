// Letter-to-sound rules, and the cheapest way to cover a word with them.
#include "model/spelled_pronunciation.h"

#include <algorithm>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace oido::model {
namespace {

enum class Where { kAnywhere, kStart, kEnd, kBeforeFrontVowel };

struct Rule {
  absl::string_view letters;
  absl::string_view phones;
  Where where = Where::kAnywhere;
};

// The commonest sound of each spelling. The longest rule that fits is taken, of
// equally long ones the first.
constexpr Rule kRules[] = {
    {"tion", "SH AH N"},
    {"sion", "ZH AH N"},
    {"eigh", "EY"},
    {"ough", "AO"},
    {"augh", "AO"},
    {"igh", "AY"},
    {"tch", "CH"},
    {"sch", "SH"},
    {"dge", "JH"},
    {"air", "EH R"},
    {"eer", "IH R"},
    {"our", "AO R"},
    {"sh", "SH"},
    {"ch", "CH"},
    {"ph", "F"},
    {"th", "TH"},
    {"gh", "G"},
    {"rh", "R"},
    {"wh", "W"},
    {"wr", "R", Where::kStart},
    {"kn", "N", Where::kStart},
    {"gn", "N", Where::kStart},
    {"ps", "S", Where::kStart},
    {"ck", "K"},
    {"qu", "K W"},
    {"ng", "NG", Where::kEnd},
    {"nk", "NG K"},
    {"ee", "IY"},
    {"ea", "IY"},
    {"ei", "AY"},
    {"ie", "IY"},
    {"ey", "IY", Where::kEnd},
    {"ey", "EY"},
    {"ai", "EY"},
    {"ay", "EY"},
    {"au", "AO"},
    {"aw", "AO"},
    {"oa", "OW"},
    {"oo", "UW"},
    {"ou", "AW"},
    {"ow", "OW"},
    {"oi", "OY"},
    {"oy", "OY"},
    {"ew", "UW"},
    {"eu", "UW"},
    {"ue", "UW", Where::kEnd},
    {"ar", "AA R"},
    {"er", "ER"},
    {"ir", "ER"},
    {"ur", "ER"},
    {"or", "AO R"},
    {"le", "AH L", Where::kEnd},
    {"a", "AH", Where::kEnd},
    {"a", "AE"},
    {"b", "B"},
    {"c", "S", Where::kBeforeFrontVowel},
    {"c", "K"},
    {"d", "D"},
    {"e", "", Where::kEnd},
    {"e", "EH"},
    {"f", "F"},
    {"g", "JH", Where::kBeforeFrontVowel},
    {"g", "G"},
    {"h", "HH"},
    {"i", "IY", Where::kEnd},
    {"i", "IH"},
    {"j", "JH"},
    {"k", "K"},
    {"l", "L"},
    {"m", "M"},
    {"n", "N"},
    {"o", "OW", Where::kEnd},
    {"o", "AA"},
    {"p", "P"},
    {"q", "K"},
    {"r", "R"},
    {"s", "S"},
    {"t", "T"},
    {"u", "UW", Where::kEnd},
    {"u", "AH"},
    {"v", "V"},
    {"w", "W"},
    {"x", "Z", Where::kStart},
    {"x", "K S"},
    {"y", "Y", Where::kStart},
    {"y", "IY", Where::kEnd},
    {"y", "IH"},
    {"z", "Z"},
    {"'", ""},
};

constexpr absl::string_view kVowels = "aeiou";

bool IsVowel(char letter) { return absl::StrContains(kVowels, letter); }

bool Fits(const Rule& rule, absl::string_view word, size_t begin) {
  if (!absl::StartsWith(word.substr(begin), rule.letters)) return false;
  const size_t end = begin + rule.letters.size();
  const char next = end < word.size() ? word[end] : ' ';
  switch (rule.where) {
    case Where::kAnywhere:
      return true;
    case Where::kStart:
      return begin == 0;
    case Where::kEnd:
      return end == word.size() && begin > 0;
    case Where::kBeforeFrontVowel:
      return absl::StrContains("eiy", next);
  }
  return false;
}

// "a" in "blake": an "e" that is not heard makes the vowel before it long.
absl::string_view LongVowel(absl::string_view word, size_t begin) {
  const absl::string_view rest = word.substr(begin);
  const bool fits = rest.size() == 3 && IsVowel(rest[0]) && !IsVowel(rest[1]) &&
                    !absl::StrContains("rwxy", rest[1]) && rest[2] == 'e' &&
                    (begin == 0 || !IsVowel(word[begin - 1]));
  if (!fits) return "";
  constexpr absl::string_view kLong[] = {"EY", "IY", "AY", "OW", "UW"};
  return kLong[kVowels.find(rest[0])];
}

// What to say for the next letters, and how many they are.
struct Piece {
  size_t letters = 0;  // 0: no rule
  std::vector<std::string> phones;
};

Piece PieceByRule(absl::string_view word, size_t begin) {
  const absl::string_view long_vowel = LongVowel(word, begin);
  if (!long_vowel.empty()) return {1, {std::string(long_vowel)}};
  const Rule* best = nullptr;
  for (const Rule& rule : kRules) {
    if (!Fits(rule, word, begin)) continue;
    if (best == nullptr || rule.letters.size() > best->letters.size())
      best = &rule;
  }
  if (best == nullptr) return {};
  size_t letters = best->letters.size();
  // A consonant written twice is said once.
  if (letters == 1 && begin + 1 < word.size() &&
      word[begin + 1] == word[begin] && !IsVowel(word[begin])) {
    letters = 2;
  }
  return {letters, absl::StrSplit(best->phones, ' ', absl::SkipEmpty())};
}

}  // namespace

std::vector<std::string> SpelledPronunciation(
    absl::string_view word,
    const std::function<std::vector<std::string>(absl::string_view)>&
        pronunciation_of) {
  // A known part is worth two rules.
  constexpr int kPartCost = 2;
  constexpr int kNoWay = std::numeric_limits<int>::max();
  struct Way {
    int cost = kNoWay;
    std::vector<std::string> phones;
  };
  std::vector<Way> ways(word.size() + 1);  // to say the word's beginning
  ways[0].cost = 0;
  const auto go_on = [&](size_t begin, int cost, const Piece& piece) {
    if (piece.letters == 0) return;
    Way& way = ways[begin + piece.letters];
    if (ways[begin].cost + cost >= way.cost) return;
    way = ways[begin];
    way.cost += cost;
    way.phones.insert(way.phones.end(), piece.phones.begin(),
                      piece.phones.end());
  };
  for (size_t begin = 0; begin < word.size(); ++begin) {
    if (ways[begin].cost == kNoWay) continue;
    go_on(begin, 1, PieceByRule(word, begin));
    for (size_t letters = word.size() - begin; letters >= kMinPartLetters;
         --letters) {
      auto phones = pronunciation_of(word.substr(begin, letters));
      if (!phones.empty())
        go_on(begin, kPartCost, {letters, std::move(phones)});
    }
  }
  return ways.back().cost == kNoWay ? std::vector<std::string>()
                                    : ways.back().phones;
}

}  // namespace oido::model
