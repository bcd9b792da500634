// Implements TranscriptTracker.
#include "client/load/transcript_tracker.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace oido::load {
namespace {

std::vector<absl::string_view> Words(absl::string_view text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

}  // namespace

int64_t RevisedWords(absl::string_view before, absl::string_view after) {
  const std::vector<absl::string_view> old_words = Words(before);
  const std::vector<absl::string_view> new_words = Words(after);
  size_t same = 0;
  while (same < old_words.size() && same < new_words.size() &&
         old_words[same] == new_words[same]) {
    ++same;
  }
  const bool last_word_grew =
      same + 1 == old_words.size() && same < new_words.size() &&
      absl::StartsWith(new_words[same], old_words[same]);
  return static_cast<int64_t>(old_words.size() - same) -
         (last_word_grew ? 1 : 0);
}

int64_t CountWords(absl::string_view text) {
  return static_cast<int64_t>(Words(text).size());
}

void TranscriptTracker::Add(absl::string_view final_text,
                            absl::string_view interim_text) {
  revised_words_ +=
      final_text.empty()
          ? RevisedWords(interim_, interim_text)
          : RevisedWords(interim_, absl::StrCat(final_text, interim_text));
  interim_ = std::string(interim_text);
  if (final_text.empty()) return;
  spoken_words_ += CountWords(final_text);
  if (finals_.size() + final_text.size() <= kMaxTextBytes) {
    absl::StrAppend(&finals_, final_text);
  }
}

}  // namespace oido::load
