// Word and character errors against hand-made cases and brute force.
#include "client/edit_distance.h"

#include <algorithm>
#include <random>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace oido::client {
namespace {

ErrorCounts Counts(int64_t reference, int64_t substitutions, int64_t deletions,
                   int64_t insertions) {
  return {reference, substitutions, deletions, insertions};
}

TEST(NormalizeTranscriptTest, KeepsLowerCaseLettersApostrophesAndOneSpace) {
  EXPECT_EQ(NormalizeTranscript("  It's  TEN\to'clock -- isn't it? "),
            "it's ten o'clock isn't it");
  EXPECT_EQ(NormalizeTranscript("caf\xc3\xa9 42nd"), "caf nd");
  EXPECT_EQ(NormalizeTranscript(""), "");
  EXPECT_EQ(NormalizeTranscript(" ?! "), "");
}

TEST(WordErrorsTest, CountsEachKind) {
  EXPECT_EQ(WordErrors("a b c", "a b c"), Counts(3, 0, 0, 0));
  EXPECT_EQ(WordErrors("a b c", "a x c"), Counts(3, 1, 0, 0));
  EXPECT_EQ(WordErrors("a b c", "a c"), Counts(3, 0, 1, 0));
  EXPECT_EQ(WordErrors("a b c", "a b b c"), Counts(3, 0, 0, 1));
  EXPECT_EQ(WordErrors("the cat sat down", "a cat sat"), Counts(4, 1, 1, 0));
}

TEST(WordErrorsTest, EmptyTexts) {
  EXPECT_EQ(WordErrors("", ""), Counts(0, 0, 0, 0));
  EXPECT_EQ(WordErrors("a b", ""), Counts(2, 0, 2, 0));
  EXPECT_EQ(WordErrors("", "a b"), Counts(0, 0, 0, 2));
  EXPECT_EQ(WordErrors("", "a b").rate(), 2.0);
  EXPECT_EQ(WordErrors("", "").rate(), 0.0);
}

TEST(WordErrorsTest, PrefersSubstitutionsAmongEquallyManyErrors) {
  // Also one deletion and one insertion around the match of "b".
  EXPECT_EQ(WordErrors("a b", "b a"), Counts(2, 2, 0, 0));
}

TEST(CharacterErrorsTest, CountsSpaces) {
  EXPECT_EQ(CharacterErrors("a cat", "acat"), Counts(5, 0, 1, 0));
  EXPECT_EQ(CharacterErrors("kitten", "sitting"), Counts(6, 2, 0, 1));
}

TEST(ErrorCountsTest, AddUp) {
  ErrorCounts sum = Counts(3, 1, 0, 1);
  sum += Counts(5, 0, 2, 0);
  EXPECT_EQ(sum, Counts(8, 1, 2, 1));
  EXPECT_EQ(sum.errors(), 4);
  EXPECT_EQ(sum.rate(), 0.5);
}

using Words = std::vector<std::string>;

// All alignments of reference[i..] with hypothesis[j..], the best one kept:
// fewest errors, then most substitutions.
ErrorCounts BruteForce(const Words& reference, size_t i,
                       const Words& hypothesis, size_t j) {
  if (i == reference.size() && j == hypothesis.size()) return {};
  std::vector<ErrorCounts> ways;
  const auto add = [&](size_t next_i, size_t next_j, ErrorCounts step) {
    step += BruteForce(reference, next_i, hypothesis, next_j);
    ways.push_back(step);
  };
  const bool more_reference = i < reference.size();
  const bool more_hypothesis = j < hypothesis.size();
  if (more_reference && more_hypothesis) {
    add(i + 1, j + 1, Counts(1, reference[i] == hypothesis[j] ? 0 : 1, 0, 0));
  }
  if (more_reference) add(i + 1, j, Counts(1, 0, 1, 0));
  if (more_hypothesis) add(i, j + 1, Counts(0, 0, 0, 1));
  return *std::min_element(ways.begin(), ways.end(),
                           [](const ErrorCounts& a, const ErrorCounts& b) {
                             return std::pair(a.errors(), -a.substitutions) <
                                    std::pair(b.errors(), -b.substitutions);
                           });
}

TEST(WordErrorsTest, AgreesWithTheBestOfAllAlignments) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> length(0, 5), word(0, 2);
  const auto sequence = [&] {
    Words words(static_cast<size_t>(length(random)));
    for (std::string& w : words) w = std::string(1, "abc"[word(random)]);
    return words;
  };
  for (int i = 0; i < 300; ++i) {
    const Words reference = sequence(), hypothesis = sequence();
    const std::string a = absl::StrJoin(reference, " ");
    const std::string b = absl::StrJoin(hypothesis, " ");
    ASSERT_EQ(WordErrors(a, b), BruteForce(reference, 0, hypothesis, 0))
        << "\"" << a << "\" / \"" << b << "\"";
  }
}

}  // namespace
}  // namespace oido::client
