// Counts the word and character errors of a transcript.
#ifndef OIDO_CLIENT_EDIT_DISTANCE_H_
#define OIDO_CLIENT_EDIT_DISTANCE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace oido::client {

struct ErrorCounts {
  int64_t reference = 0;  // words or characters of the reference text
  int64_t substitutions = 0;
  int64_t deletions = 0;
  int64_t insertions = 0;

  int64_t errors() const { return substitutions + deletions + insertions; }
  // Errors per word or character of the reference; of an empty reference,
  // their number.
  double rate() const;
  ErrorCounts& operator+=(const ErrorCounts& other);
  bool operator==(const ErrorCounts&) const = default;
};

// Lower case; keeps a-z, apostrophe and space, puts a space for everything
// else and one space for several.
std::string NormalizeTranscript(absl::string_view text);

// The least errors with which words, or characters with the spaces between the
// words, turn `reference` into `hypothesis`. Of several ways with so many
// errors the one with the most substitutions counts.
ErrorCounts WordErrors(absl::string_view reference,
                       absl::string_view hypothesis);
ErrorCounts CharacterErrors(absl::string_view reference,
                            absl::string_view hypothesis);

// Places of equal words, in `before` and in `after`, of an alignment with the
// least errors; both ascend.
std::vector<std::pair<size_t, size_t>> MatchWords(
    absl::Span<const std::string> before, absl::Span<const std::string> after);

}  // namespace oido::client

#endif  // OIDO_CLIENT_EDIT_DISTANCE_H_
