// Makes the bytes of lexicon.bin from pronunciations in text form.
#ifndef OIDO_MODEL_LEXICON_WRITER_H_
#define OIDO_MODEL_LEXICON_WRITER_H_

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/language_model.h"
#include "model/lexicon.h"

namespace oido::model {

struct Pronunciation {
  std::vector<PhoneId> phones;  // at least one, none of them the blank
  WordId word = kUnknownWord;
};

struct LexiconText {
  // Of words that the language model knows; each once, sorted.
  std::vector<Pronunciation> pronunciations;
  // Words of the text that the language model lacks: they are left out.
  uint64_t unknown_words = 0;
  // Words of the language model without a pronunciation: they cannot be found.
  std::vector<WordId> silent_words;
};

// A line of `in` is a word and its phones, with spaces or tabs in between; a
// word may have several lines. INVALID_ARGUMENT names the line.
absl::StatusOr<LexiconText> ReadLexiconText(
    std::istream& in, const std::vector<std::string>& phone_names,
    const LanguageModel& language_model);

// `pronunciations` as ReadLexiconText makes them, at least one.
std::string WriteLexicon(const std::vector<Pronunciation>& pronunciations,
                         const std::vector<std::string>& phone_names,
                         const LanguageModel& language_model);

}  // namespace oido::model

#endif  // OIDO_MODEL_LEXICON_WRITER_H_
