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

// matrix[i][j]: the least errors between the first i words and the first j.
std::vector<std::vector<size_t>> LeastErrors(
    absl::Span<const std::string> before, absl::Span<const std::string> after) {
  std::vector<std::vector<size_t>> errors(
      before.size() + 1, std::vector<size_t>(after.size() + 1));
  for (size_t i = 0; i <= before.size(); ++i) errors[i][0] = i;
  for (size_t j = 0; j <= after.size(); ++j) errors[0][j] = j;
  for (size_t i = 1; i <= before.size(); ++i) {
    for (size_t j = 1; j <= after.size(); ++j) {
      const size_t other = before[i - 1] == after[j - 1] ? 0 : 1;
      errors[i][j] = std::min({errors[i - 1][j - 1] + other,
                               errors[i - 1][j] + 1, errors[i][j - 1] + 1});
    }
  }
  return errors;
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

std::vector<std::pair<size_t, size_t>> MatchWords(
    absl::Span<const std::string> before, absl::Span<const std::string> after) {
  std::vector<std::pair<size_t, size_t>> matches;
  size_t same = 0;  // at the beginning: the usual case, and cheap
  while (same < before.size() && same < after.size() &&
         before[same] == after[same]) {
    matches.emplace_back(same, same);
    ++same;
  }
  const auto errors = LeastErrors(before.subspan(same), after.subspan(same));
  size_t i = before.size() - same;
  size_t j = after.size() - same;
  std::vector<std::pair<size_t, size_t>> backwards;
  while (i > 0 && j > 0) {
    const bool equal = before[same + i - 1] == after[same + j - 1];
    if (errors[i][j] == errors[i - 1][j - 1] + (equal ? 0 : 1)) {
      --i;
      --j;
      if (equal) backwards.emplace_back(same + i, same + j);
    } else if (errors[i][j] == errors[i - 1][j] + 1) {
      --i;
    } else {
      --j;
    }
  }
  matches.insert(matches.end(), backwards.rbegin(), backwards.rend());
  return matches;
}

}  // namespace oido::client
