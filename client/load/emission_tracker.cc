// Implements EmissionTracker.
#include "client/load/emission_tracker.h"

#include <utility>

#include "absl/strings/str_split.h"
#include "client/edit_distance.h"

namespace oido::load {
namespace {

std::vector<std::string> Words(absl::string_view text) {
  return absl::StrSplit(client::NormalizeTranscript(text), ' ',
                        absl::SkipEmpty());
}

}  // namespace

void EmissionTracker::Add(absl::string_view final_text,
                          absl::string_view interim_text, absl::Duration now) {
  std::vector<std::string> before;
  for (size_t i = finals_; i < words_.size(); ++i) {
    before.push_back(words_[i].word);
  }
  std::vector<std::string> after = Words(final_text);
  const size_t new_finals = after.size();
  for (std::string& word : Words(interim_text)) {
    after.push_back(std::move(word));
  }
  std::vector<absl::Duration> shown(after.size(), now);
  for (const auto& [old_place, new_place] : client::MatchWords(before, after)) {
    shown[new_place] = words_[finals_ + old_place].shown;
  }
  words_.resize(finals_);
  for (size_t i = 0; i < after.size(); ++i) {
    words_.push_back({std::move(after[i]), shown[i]});
    if (i < new_finals) words_.back().finalized = now;
  }
  finals_ += new_finals;
}

}  // namespace oido::load
