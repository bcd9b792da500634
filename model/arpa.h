// Reads n-gram models in ARPA form, the text form that language model tools
// write.
#ifndef OIDO_MODEL_ARPA_H_
#define OIDO_MODEL_ARPA_H_

#include <array>
#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/language_model.h"

namespace oido::model {

struct ArpaNgram {
  std::array<WordId, kMaxLmOrder> words = {};  // those beyond its order are 0
  float log_probability = 0.0f;                // ln P
  float backoff = 0.0f;                        // ln; 0 where the file has none
};

// Every n-gram's context (all but its last word) is an n-gram too.
struct ArpaModel {
  int order() const { return static_cast<int>(ngrams.size()); }

  // By WordId: <unk>, <s>, </s>, then the others by their bytes.
  std::vector<std::string> vocabulary;
  // By order - 1, sorted by their words. ngrams[0][w].words[0] == w.
  std::vector<std::vector<ArpaNgram>> ngrams;
};

// Strict: INVALID_ARGUMENT names the line of whatever is not as the form
// demands, of a number that is not finite, of an n-gram that comes twice, has
// an unknown word or whose context is missing. <s> and </s> must be there;
// <unk> (or <UNK>) gets log10 P = -100 where it is not, as in KenLM. A missing
// back-off weight is 0.
absl::StatusOr<ArpaModel> ReadArpa(std::istream& in);

}  // namespace oido::model

#endif  // OIDO_MODEL_ARPA_H_
