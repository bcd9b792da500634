// Follows what a reader of one stream's results has seen.
#ifndef OIDO_CLIENT_LOAD_TRANSCRIPT_TRACKER_H_
#define OIDO_CLIENT_LOAD_TRANSCRIPT_TRACKER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace oido::load {

// Words at the end of `before` that do not stand in `after`: the text behind
// what both have in common was taken back. A last word that went on growing
// was not. (The erasure of Arivazhagan et al., "Re-translation versus streaming
// for simultaneous translation", 2020, in words.)
int64_t RevisedWords(absl::string_view before, absl::string_view after);

// Words between spaces.
int64_t CountWords(absl::string_view text);

class TranscriptTracker {
 public:
  // Results after those of the last call.
  void Add(absl::string_view final_text, absl::string_view interim_text);

  // All finals, joined as they came; ends at kMaxTextBytes.
  const std::string& finals() const { return finals_; }
  int64_t spoken_words() const { return spoken_words_; }  // in finals
  int64_t revised_words() const { return revised_words_; }

 private:
  static constexpr size_t kMaxTextBytes = 64 << 10;

  std::string finals_;
  std::string interim_;  // shown last
  int64_t spoken_words_ = 0;
  int64_t revised_words_ = 0;
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_TRANSCRIPT_TRACKER_H_
