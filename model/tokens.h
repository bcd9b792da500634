// The model's output alphabet: token ids and what they spell.
#ifndef OIDO_MODEL_TOKENS_H_
#define OIDO_MODEL_TOKENS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace oido::model {

// The id of the CTC blank.
inline constexpr int kBlank = 0;

struct Token {
  std::string text;          // what it adds to a word; may be empty
  bool begins_word = false;  // written with a leading ▁ (U+2581)
};

// Immutable; any thread may read it.
class Tokens {
 public:
  Tokens() = default;

  // `text`: one token a line, id = line number from 0; line 0 is the blank,
  // whatever its name. "▁" ends a word, "▁the" ends one and begins another.
  // INVALID_ARGUMENT names the line.
  static absl::StatusOr<Tokens> Parse(absl::string_view text);

  int size() const { return static_cast<int>(tokens_.size()); }
  // REQUIRES: 0 <= id < size().
  const Token& operator[](int id) const {
    return tokens_[static_cast<size_t>(id)];
  }

 private:
  std::vector<Token> tokens_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_TOKENS_H_
