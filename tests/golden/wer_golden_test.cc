// Word and character errors against jiwer 4.0.0; the pairs and their counts
// were made by: python tests/golden/generate_wer.py
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "client/edit_distance.h"
#include "gtest/gtest.h"

namespace oido::client {
namespace {

TEST(WerGoldenTest, CountsAsManyErrorsAsJiwer) {
  std::ifstream input("tests/data/wer/jiwer.tsv");
  int pairs = 0;
  for (std::string line; std::getline(input, line); ++pairs) {
    const std::vector<std::string> row = absl::StrSplit(line, '\t');
    ASSERT_EQ(row.size(), 4u) << line;
    EXPECT_EQ(std::to_string(WordErrors(row[0], row[1]).errors()), row[2])
        << line;
    EXPECT_EQ(std::to_string(CharacterErrors(row[0], row[1]).errors()), row[3])
        << line;
  }
  EXPECT_EQ(pairs, 60);
}

}  // namespace
}  // namespace oido::client
