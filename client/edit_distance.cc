// Implements the Levenshtein alignment (Wagner and Fischer 1974) in two rows.
#include "client/edit_distance.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace oido::client {
namespace {

// Cost of the best alignment of two prefixes. Their lengths fix deletions minus
// insertions, so of equal errors the fewest insertions leave the most
// substitutions.
struct Cost {
  int64_t errors = 0;
  int64_t insertions = 0;
  auto operator<=>(const Cost&) const = default;
};

template <typename Sequence>
ErrorCounts Align(const Sequence& reference, const Sequence& hypothesis) {
  const size_t columns = hypothesis.size();
  std::vector<Cost> above(columns + 1), row(columns + 1);
  for (size_t j = 0; j <= columns; ++j) {
    above[j] = {static_cast<int64_t>(j), static_cast<int64_t>(j)};
  }
  for (size_t i = 0; i < reference.size(); ++i) {
    row[0] = {static_cast<int64_t>(i) + 1, 0};
    for (size_t j = 0; j < columns; ++j) {
      Cost match = above[j];
      if (!(reference[i] == hypothesis[j])) ++match.errors;
      const Cost deletion = {above[j + 1].errors + 1, above[j + 1].insertions};
      const Cost insertion = {row[j].errors + 1, row[j].insertions + 1};
      row[j + 1] = std::min({match, deletion, insertion});
    }
    std::swap(above, row);
  }
  ErrorCounts counts;
  counts.reference = static_cast<int64_t>(reference.size());
  counts.insertions = above[columns].insertions;
  counts.deletions =
      counts.insertions + counts.reference - static_cast<int64_t>(columns);
  counts.substitutions =
      above[columns].errors - counts.insertions - counts.deletions;
  return counts;
}

std::vector<absl::string_view> Words(absl::string_view text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

}  // namespace

double ErrorCounts::rate() const {
  return static_cast<double>(errors()) /
         static_cast<double>(std::max<int64_t>(reference, 1));
}

ErrorCounts& ErrorCounts::operator+=(const ErrorCounts& other) {
  reference += other.reference;
  substitutions += other.substitutions;
  deletions += other.deletions;
  insertions += other.insertions;
  return *this;
}

std::string NormalizeTranscript(absl::string_view text) {
  std::string normalized;
  for (const char c : text) {
    const char lower =
        static_cast<char>(absl::ascii_tolower(static_cast<unsigned char>(c)));
    const bool kept = (lower >= 'a' && lower <= 'z') || lower == '\'';
    if (kept) {
      normalized += lower;
    } else if (!normalized.empty() && normalized.back() != ' ') {
      normalized += ' ';
    }
  }
  if (!normalized.empty() && normalized.back() == ' ') normalized.pop_back();
  return normalized;
}

ErrorCounts WordErrors(absl::string_view reference,
                       absl::string_view hypothesis) {
  return Align(Words(reference), Words(hypothesis));
}

ErrorCounts CharacterErrors(absl::string_view reference,
                            absl::string_view hypothesis) {
  return Align(reference, hypothesis);
}

}  // namespace oido::client
