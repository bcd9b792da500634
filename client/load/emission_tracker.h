// Follows when the words of one stream's results came, and came to stay.
#ifndef OIDO_CLIENT_LOAD_EMISSION_TRACKER_H_
#define OIDO_CLIENT_LOAD_EMISSION_TRACKER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace oido::load {

struct EmittedWord {
  std::string word;  // as it is scored
  // Of the first result that had it, as all later ones did. A word that was
  // taken back and came again counts from its return.
  absl::Duration shown;
  // Of the final result; InfiniteDuration before.
  absl::Duration finalized = absl::InfiniteDuration();
};

class EmissionTracker {
 public:
  // Results after those of the last call, which came at `now`.
  void Add(absl::string_view final_text, absl::string_view interim_text,
           absl::Duration now);

  // What a reader sees.
  const std::vector<EmittedWord>& words() const { return words_; }

 private:
  std::vector<EmittedWord> words_;
  size_t finals_ = 0;  // the first so many are final
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_EMISSION_TRACKER_H_
