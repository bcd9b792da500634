// A guess at how an English word is said that no lexicon has.
#ifndef OIDO_MODEL_SPELLED_PRONUNCIATION_H_
#define OIDO_MODEL_SPELLED_PRONUNCIATION_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace oido::model {

// Shorter words are found by chance within others.
inline constexpr size_t kMinPartLetters = 4;

// ARPAbet without stress. `word`: lower-case a-z and apostrophes; empty for
// anything else, and where no letter is heard. Words of at least
// kMinPartLetters that are known by `pronunciation_of` (empty: unknown) are
// taken as parts, the fewer the better; the rest is read by rules. For names
// of foreign or unusual spelling there is no rule: give the pronunciation.
std::vector<std::string> SpelledPronunciation(
    absl::string_view word,
    const std::function<std::vector<std::string>(absl::string_view)>&
        pronunciation_of);

}  // namespace oido::model

#endif  // OIDO_MODEL_SPELLED_PRONUNCIATION_H_
