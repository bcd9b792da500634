// Implements the reader of word times.
#include "client/load/word_times.h"

#include <cmath>
#include <fstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/edit_distance.h"
#include "client/tab_separated.h"

namespace oido::load {
namespace {

absl::StatusOr<absl::Duration> Time(const client::TabSeparated& row,
                                    const std::string& column) {
  const std::string text = row.Get(column);
  double seconds = 0;
  if (!absl::SimpleAtod(text, &seconds) || !std::isfinite(seconds) ||
      seconds < 0) {
    return row.Error(absl::StrCat("has ", column, " \"", text,
                                  "\", which is no number of seconds"));
  }
  return absl::Seconds(seconds);
}

absl::Status Add(const client::TabSeparated& row, WordTimes& times) {
  const auto start = Time(row, "start_s");
  if (!start.ok()) return start.status();
  const auto end = Time(row, "end_s");
  if (!end.ok()) return end.status();
  if (*end < *start) return row.Error("ends before it starts");
  TimedWord word = {client::NormalizeTranscript(row.Get("word")), *end};
  if (word.word.empty()) return absl::OkStatus();
  if (word.word.find(' ') != std::string::npos) {
    return row.Error(absl::StrCat("has \"", word.word, "\": one word a line"));
  }
  std::vector<TimedWord>& words = times[row.Get("utt_id")];
  if (!words.empty() && *end < words.back().end) {
    return row.Error("ends before the word above it");
  }
  words.push_back(std::move(word));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<WordTimes> ParseWordTimes(std::istream& input,
                                         const std::string& name) {
  auto row = client::TabSeparated::Open(input, name,
                                        {"utt_id", "word", "start_s", "end_s"});
  if (!row.ok()) return row.status();
  WordTimes times;
  while (true) {
    const absl::StatusOr<bool> more = row->Next();
    if (!more.ok()) return more.status();
    if (!*more) return times;
    const absl::Status added = Add(*row, times);
    if (!added.ok()) return added;
  }
}

absl::StatusOr<WordTimes> ReadWordTimes(const std::string& path) {
  std::ifstream input(path);
  if (!input) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  return ParseWordTimes(input, path);
}

}  // namespace oido::load
