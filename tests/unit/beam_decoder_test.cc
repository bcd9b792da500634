// Tests of the word search's results on sentences spelled out in phones.
//
// The lexicon and language model are those of tests/data/decoder. Steps are 30
// ms, the emission delay is 60 ms.
#include "model/beam_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/support/word_search.h"

namespace oido::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

DecoderOptions Timing() {
  DecoderOptions timing;
  timing.step_ms = 30;
  timing.emission_delay_ms = 60;
  timing.endpoint_silence_ms = 900;  // 30 steps
  timing.max_utterance_ms = 3000;    // 100 steps; the hard limit is 150
  return timing;
}

class BeamDecoderTest : public testing::Test {
 protected:
  // Phones by name, "." the blank; each leads with 0.9.
  void Say(const std::string& steps) { Say(steps, 0.9); }

  void Say(const std::string& steps, double probability) {
    const std::vector<std::string> names = test::TestPhones();
    for (const auto name : absl::StrSplit(steps, ' ', absl::SkipEmpty())) {
      const auto found = std::find(names.begin(), names.end(), name);
      const size_t phone =
          name == "." ? 0 : static_cast<size_t>(found - names.begin());
      ASSERT_LT(phone, names.size()) << name;
      decoder_.Advance(test::PhoneStep(phone, probability), scratch_);
    }
  }

  void Silence(int steps) {
    for (int i = 0; i < steps; ++i) Say(".");
  }

  std::shared_ptr<const DecoderResources> resources_ = test::TestWordSearch();
  BeamDecoder decoder_{Timing(), resources_, WordSearchOptions(), 5};
  BeamScratch scratch_;
};

TEST_F(BeamDecoderTest, NothingGivesNothing) {
  const Hypothesis hypothesis = decoder_.Partial();
  EXPECT_THAT(hypothesis.words, IsEmpty());
  EXPECT_FALSE(hypothesis.last_word_open);
  EXPECT_FALSE(decoder_.AtEndpoint());
  EXPECT_THAT(decoder_.Finish().words, IsEmpty());
}

TEST_F(BeamDecoderTest, SilenceIsNoWord) {
  Silence(20);
  EXPECT_THAT(decoder_.Finish().words, IsEmpty());
}

TEST_F(BeamDecoderTest, FindsWordsWithAndWithoutBlanksBetween) {
  Say("K AE AE T . . IY T S . DH AH R AE T");
  EXPECT_EQ(Text(decoder_.Finish()), "cat eats the rat");
}

// "cats sea" has S twice: without a blank between them it is one S.
TEST_F(BeamDecoderTest, ARepeatedPhoneNeedsABlank) {
  Say("K AE T S S IY");
  EXPECT_NE(Text(decoder_.Finish()), "cats sea");
  decoder_.Reset();
  Say("K AE T S . S IY");
  const std::string text = Text(decoder_.Finish());
  EXPECT_TRUE(text == "cats sea" || text == "cats see") << text;
}

// step   0 1 2  3 4 5 6  7 8 9
// phone  . K AE T . . IY T . .
// "cat" 1*30 .. 4*30, "eat" 6*30 .. 8*30, minus 60 each.
TEST_F(BeamDecoderTest, TimesAreThoseOfTheFirstAndLastPhone) {
  Say(". K AE T . . IY T . .");
  const Hypothesis hypothesis = decoder_.Finish();
  ASSERT_EQ(Text(hypothesis), "cat eat");
  EXPECT_EQ(hypothesis.words[0].start_ms, 0);
  EXPECT_EQ(hypothesis.words[0].end_ms, 60);
  EXPECT_EQ(hypothesis.words[1].start_ms, 120);
  EXPECT_EQ(hypothesis.words[1].end_ms, 180);
}

TEST_F(BeamDecoderTest, AlternativesAreDistinctAndAsManyAsAskedFor) {
  Say("R EH D . T UW", 0.6);
  const Hypothesis hypothesis = decoder_.Finish();
  EXPECT_EQ(hypothesis.alternatives.size(), 4u);
  std::vector<std::string> texts = {Text(hypothesis)};
  for (const Hypothesis& other : hypothesis.alternatives)
    texts.push_back(Text(other));
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(std::unique(texts.begin(), texts.end()), texts.end());
  // Homophones, told apart by the language model only.
  EXPECT_TRUE(std::count(texts.begin(), texts.end(), "read to") == 1 ||
              std::count(texts.begin(), texts.end(), "red two") == 1);
}

TEST_F(BeamDecoderTest, OneAlternativeUnlessAskedForMore) {
  BeamDecoder one(Timing(), resources_, WordSearchOptions(), 1);
  one.Advance(test::PhoneStep(3, 0.3), scratch_);
  EXPECT_THAT(one.Finish().alternatives, IsEmpty());
}

// The alternatives of what was said before a pause are not lost in it.
TEST_F(BeamDecoderTest, AlternativesSurviveThePauseBeforeAnEndpoint) {
  Say("R EH D . T UW", 0.6);
  Silence(30);
  ASSERT_TRUE(decoder_.AtEndpoint());
  const Hypothesis hypothesis = decoder_.Finalize();
  EXPECT_EQ(hypothesis.alternatives.size(), 4u);
  EXPECT_EQ(hypothesis.words.size(), 2u);
}

TEST_F(BeamDecoderTest, HomophonesLeaveDoubt) {
  Say("K AE T", 0.99);
  EXPECT_GT(decoder_.Finish().words[0].confidence, 0.9f);
  decoder_.Reset();
  Say("T UW", 0.99);
  EXPECT_LT(decoder_.Finish().words[0].confidence, 0.9f);
}

TEST_F(BeamDecoderTest, SilenceBehindAWordIsAnEndpoint) {
  Say("K AE T");
  Silence(29);
  EXPECT_FALSE(decoder_.AtEndpoint());
  Silence(1);
  EXPECT_TRUE(decoder_.AtEndpoint());
  EXPECT_EQ(Text(decoder_.Finalize()), "cat");
  EXPECT_THAT(decoder_.Partial().words, IsEmpty());
  EXPECT_FALSE(decoder_.AtEndpoint());
}

// "cat" ends with step 2, at (2 + 1) * 30 - 60 = 30 ms: overdue when 330 ms
// have been heard, whatever is said meanwhile.
TEST_F(BeamDecoderTest, AWordIsTakenOnceItIsOverdue) {
  DecoderOptions timing = Timing();
  timing.max_final_delay_ms = 300;
  decoder_ = BeamDecoder(timing, resources_, WordSearchOptions(), 1);
  Say("K AE T . IY T S . DH AH");
  EXPECT_THAT(decoder_.TakeOverdue().words, IsEmpty());
  Say("R");
  EXPECT_EQ(Text(decoder_.TakeOverdue()), "cat");
  EXPECT_THAT(decoder_.TakeOverdue().words, IsEmpty());
  Say("AE T");
  Silence(30);
  EXPECT_EQ(Text(decoder_.TakeOverdue()), "eats the rat");
  EXPECT_TRUE(decoder_.AtEndpoint());
  EXPECT_THAT(decoder_.Finalize().words, IsEmpty());
  EXPECT_FALSE(decoder_.AtEndpoint());
}

TEST_F(BeamDecoderTest, NothingIsOverdueUnlessAskedFor) {
  Say("K AE T");
  Silence(60);
  EXPECT_THAT(decoder_.TakeOverdue().words, IsEmpty());
  EXPECT_EQ(Text(decoder_.Finish()), "cat");
}

TEST_F(BeamDecoderTest, SilenceBeforeTheFirstWordIsNoEndpoint) {
  Silence(60);
  EXPECT_FALSE(decoder_.AtEndpoint());
}

TEST_F(BeamDecoderTest, ALongUtteranceEndsInAPause) {
  for (int i = 0; i < 34; ++i) Say("K AE T .");
  EXPECT_FALSE(decoder_.AtEndpoint());
  Silence(8);
  EXPECT_FALSE(decoder_.AtEndpoint());
  Silence(1);  // with the one behind the last word 300 ms
  EXPECT_TRUE(decoder_.AtEndpoint());
}

// The hard limit comes within a word: it opens the next utterance.
TEST_F(BeamDecoderTest, AWordAtTheHardLimitIsNotLost) {
  size_t words = 0;
  for (int i = 0; i < 60; ++i) {
    Say("K AE");
    if (decoder_.AtEndpoint()) words += decoder_.Finalize().words.size();
    Say("T");
    if (decoder_.AtEndpoint()) words += decoder_.Finalize().words.size();
  }
  EXPECT_GT(words, 0u);
  words += decoder_.Finish().words.size();
  EXPECT_EQ(words, 60u);
}

TEST_F(BeamDecoderTest, ResetForgetsWordsTimeAndContext) {
  Say("K AE T . IY");
  decoder_.Reset();
  EXPECT_EQ(decoder_.PartialFingerprint(), 0u);
  Say("R AE T");
  const Hypothesis hypothesis = decoder_.Finish();
  EXPECT_EQ(Text(hypothesis), "rat");
  EXPECT_EQ(hypothesis.words[0].start_ms, 0);
}

}  // namespace
}  // namespace oido::model
