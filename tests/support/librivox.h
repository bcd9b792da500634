// Recorded human speech of Debian's packages, and what is said in it.
#ifndef OIDO_TESTS_SUPPORT_LIBRIVOX_H_
#define OIDO_TESTS_SUPPORT_LIBRIVOX_H_

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace oido::test {

constexpr char kLibrivox[] = "/usr/share/pocketsphinx/test/data/librivox/";

inline std::string ReadRecording(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path << " is missing: ./setup installs its package";
  return {std::istreambuf_iterator<char>(file), {}};
}

// Sentence id -> text, from lines such as "<s> he was not </s> (ID)".
inline std::map<std::string, std::string> LibrivoxTexts() {
  std::map<std::string, std::string> texts;
  std::ifstream file(absl::StrCat(kLibrivox, "transcription"));
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> parts = absl::StrSplit(
        absl::StripSuffix(absl::StripPrefix(line, "<s> "), ")"), " </s> (");
    if (parts.size() == 2) texts[parts[1]] = parts[0];
  }
  return texts;
}

inline std::string LibrivoxFile(const std::string& id) {
  return absl::StrCat(kLibrivox, id, ".wav");
}

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_LIBRIVOX_H_
