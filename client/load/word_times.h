// Reads when the words of recordings were spoken.
#ifndef OIDO_CLIENT_LOAD_WORD_TIMES_H_
#define OIDO_CLIENT_LOAD_WORD_TIMES_H_

#include <istream>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace oido::load {

struct TimedWord {
  std::string word;    // as it is scored: lower case, no punctuation
  absl::Duration end;  // of the word, from the start of the recording
};

// In the order of speech, by utterance.
using WordTimes = std::map<std::string, std::vector<TimedWord>>;

// Tab-separated with a header line; the columns utt_id, word, start_s and end_s
// (seconds) are found by name. The words of an utterance stand in their order;
// what has no letters, such as a mark of silence, is left out.
// INVALID_ARGUMENT with `name` and line.
absl::StatusOr<WordTimes> ParseWordTimes(std::istream& input,
                                         const std::string& name);

// The file at `path`.
absl::StatusOr<WordTimes> ReadWordTimes(const std::string& path);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_WORD_TIMES_H_
