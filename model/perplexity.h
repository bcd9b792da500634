// How well a language model expects a text.
#ifndef OIDO_MODEL_PERPLEXITY_H_
#define OIDO_MODEL_PERPLEXITY_H_

#include <cstdint>
#include <istream>

#include "model/language_model.h"

namespace oido::model {

struct TextFit {
  // exp(-mean ln P) over known words and sentence ends; 1 for no text.
  double Perplexity() const;
  // Share of words outside the vocabulary; 0 for no text.
  double UnknownShare() const;

  uint64_t words = 0;
  uint64_t unknown_words = 0;
  uint64_t sentences = 0;
  double log_probability = 0.0;  // of known words and sentence ends
};

// `in`: a sentence a line, words with spaces in between; empty lines are none.
TextFit MeasureText(const LanguageModel& model, std::istream& in);

}  // namespace oido::model

#endif  // OIDO_MODEL_PERPLEXITY_H_
