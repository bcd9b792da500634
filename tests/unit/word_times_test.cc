// How long words take: the file of their times, which words of two transcripts
// are the same, and from when on a word stays.
#include "client/load/word_times.h"

#include <algorithm>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/edit_distance.h"
#include "client/load/emission_tracker.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace oido::load {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr absl::Duration kMs = absl::Milliseconds(1);
constexpr char kHeader[] = "utt_id\tword\tstart_s\tend_s\n";

absl::StatusOr<WordTimes> Parse(const std::string& text) {
  std::istringstream input(text);
  return ParseWordTimes(input, "words.tsv");
}

TEST(WordTimesTest, AreReadByUtteranceInTheirOrder) {
  const auto times = Parse(absl::StrCat(
      kHeader, "a\tHello,\t0.5\t0.9\nb\tgo\t0\t0.25\na\t<>\t0.9\t1\n\n",
      "a\tdon't\t1\t1.5\n"));
  ASSERT_TRUE(times.ok()) << times.status();
  ASSERT_THAT(*times, SizeIs(2));
  const std::vector<TimedWord>& words = times->at("a");
  ASSERT_THAT(words, SizeIs(2));  // the mark of silence is no word
  EXPECT_EQ(words[0].word, "hello");
  EXPECT_EQ(words[0].end, 900 * kMs);
  EXPECT_EQ(words[1].word, "don't");
  EXPECT_EQ(words[1].end, 1500 * kMs);
  EXPECT_EQ(times->at("b")[0].end, 250 * kMs);
}

TEST(WordTimesTest, SayWhatIsWrongAndWhere) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "words.tsv: is empty"},
      {"utt_id\tword\tstart_s\n", "line 1 has no column \"end_s\""},
      {absl::StrCat(kHeader, "a\tgo\t0\n"), "line 2 has 3 columns"},
      {absl::StrCat(kHeader, "a\tgo\t0\tsoon\n"), "line 2 has end_s \"soon\""},
      {absl::StrCat(kHeader, "a\tgo\tnan\t1\n"), "start_s \"nan\""},
      {absl::StrCat(kHeader, "a\tgo\t-1\t1\n"), "start_s \"-1\""},
      {absl::StrCat(kHeader, "a\tgo\t2\t1\n"), "line 2 ends before it starts"},
      {absl::StrCat(kHeader, "a\tgo\t0\t1\n\na\ton\t0\t0.5\n"),
       "line 4 ends before the word above it"},
      {absl::StrCat(kHeader, "a\tgo-on\t0\t1\n"), "\"go on\": one word a line"},
  };
  for (const auto& [text, complaint] : cases) {
    const auto times = Parse(text);
    EXPECT_EQ(times.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(times.status().message(), HasSubstr(complaint)) << text;
  }
  EXPECT_EQ(ReadWordTimes("/no/such/file").status().code(),
            absl::StatusCode::kNotFound);
}

// Words that match ascend on both sides, are equal, and the rest costs no more
// errors than WordErrors, an implementation of its own, says are needed.
TEST(MatchWordsTest, IsAnAlignmentWithTheLeastErrors) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> before(random() % 9), after(random() % 9);
    for (auto* words : {&before, &after}) {
      for (std::string& word : *words) word.assign(1, random() % 3 == 0 ? 'a' : 'b');
    }
    int64_t errors = 0;
    size_t i = 0, j = 0;
    const auto gap = [&](size_t next_i, size_t next_j) {
      ASSERT_GE(next_i, i);
      ASSERT_GE(next_j, j);
      errors += static_cast<int64_t>(std::max(next_i - i, next_j - j));
    };
    for (const auto& [b, a] : client::MatchWords(before, after)) {
      gap(b, a);
      ASSERT_EQ(before[b], after[a]);
      i = b + 1;
      j = a + 1;
    }
    gap(before.size(), after.size());
    EXPECT_EQ(errors, client::WordErrors(absl::StrJoin(before, " "),
                                         absl::StrJoin(after, " "))
                          .errors())
        << absl::StrJoin(before, " ") << " / " << absl::StrJoin(after, " ");
  }
}

// "word shown/finalized", in ms; "-" for never.
std::vector<std::string> Told(const EmissionTracker& tracker) {
  std::vector<std::string> told;
  for (const EmittedWord& word : tracker.words()) {
    told.push_back(absl::StrCat(
        word.word, " ", absl::ToInt64Milliseconds(word.shown), "/",
        word.finalized == absl::InfiniteDuration()
            ? "-"
            : absl::StrCat(absl::ToInt64Milliseconds(word.finalized))));
  }
  return told;
}

TEST(EmissionTrackerTest, WordsCountFromWhenTheyCameToStay) {
  EmissionTracker tracker;
  EXPECT_THAT(tracker.words(), IsEmpty());
  tracker.Add("", "a", 1 * kMs);
  tracker.Add("", "a bull", 2 * kMs);
  tracker.Add("", "the bull is", 3 * kMs);
  EXPECT_THAT(Told(tracker),
              testing::ElementsAre("the 3/-", "bull 2/-", "is 3/-"));
  tracker.Add("", "the", 4 * kMs);
  tracker.Add("", "the bull is here", 5 * kMs);
  tracker.Add("The bull", " is here", 6 * kMs);
  EXPECT_THAT(Told(tracker), testing::ElementsAre("the 3/6", "bull 5/6",
                                                  "is 5/-", "here 5/-"));
  tracker.Add(" is near", "", 7 * kMs);
  tracker.Add("", "the", 8 * kMs);
  EXPECT_THAT(Told(tracker),
              testing::ElementsAre("the 3/6", "bull 5/6", "is 5/7", "near 7/7",
                                   "the 8/-"));
}

}  // namespace
}  // namespace oido::load
