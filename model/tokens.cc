// Parses tokens.txt.
#include "model/tokens.h"

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "model/utf8.h"

namespace oido::model {
namespace {

constexpr absl::string_view kWordMark = "\xE2\x96\x81";  // U+2581
constexpr size_t kMaxTokenBytes = 64;

absl::Status CheckSpelling(absl::string_view line, bool is_blank) {
  if (line.empty()) return absl::InvalidArgumentError("empty token");
  if (line.size() > kMaxTokenBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("token of ", line.size(), " bytes, at most ",
                     kMaxTokenBytes, " are accepted"));
  }
  if (!IsPrintableUtf8(line) || absl::StrContains(line, ' ')) {
    return absl::InvalidArgumentError(
        "token is not UTF-8 text without spaces and control characters");
  }
  absl::ConsumePrefix(&line, kWordMark);
  if (!is_blank && absl::StrContains(line, kWordMark)) {
    return absl::InvalidArgumentError(
        "token has the word mark U+2581 elsewhere than in front");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Tokens> Tokens::Parse(absl::string_view text) {
  absl::ConsumeSuffix(&text, "\n");
  Tokens result;
  std::set<absl::string_view> seen;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const int id = result.size();
    absl::Status status = CheckSpelling(line, id == kBlank);
    if (status.ok() && !seen.insert(line).second) {
      status = absl::InvalidArgumentError(
          absl::StrCat("token \"", line, "\" appears twice"));
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", id + 1, ": ", status.message()));
    }
    Token token;
    token.begins_word = absl::ConsumePrefix(&line, kWordMark);
    token.text = std::string(line);
    result.tokens_.push_back(id == kBlank ? Token{} : std::move(token));
  }
  return result;
}

}  // namespace oido::model
