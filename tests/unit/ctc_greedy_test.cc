// Tests of greedy CTC decoding on tables worked by hand.
//
// Tables name the winning token of each step and its probability; the other
// tokens share the rest. Steps are 30 ms, the emission delay is 60 ms unless
// said otherwise.
#include "model/ctc_greedy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/decoder_bundle.h"

namespace oido::model {
namespace {

using ::testing::ElementsAre;

constexpr char kLetters[] = "<blank>\n▁\na\nb\nc\n";
constexpr char kPieces[] = "<blank>\n▁\n▁the\nre\nn\n▁a\n";

DecoderOptions Options() {
  DecoderOptions options;
  options.step_ms = 30;
  options.emission_delay_ms = 60;
  options.endpoint_silence_ms = 300;  // 10 steps
  options.max_utterance_ms = 3000;    // 100 steps; the hard limit is 150
  return options;
}

class CtcGreedyTest : public ::testing::Test {
 protected:
  CtcGreedyTest() { Use(kLetters, Options()); }

  void Use(absl::string_view tokens, const DecoderOptions& options) {
    bundle_ = test::DecoderBundle(tokens, options);
    decoder_ = std::make_unique<CtcGreedyDecoder>(bundle_);
  }

  // One step won by `token` with `probability`.
  void Step(int token, double probability) {
    const size_t size = static_cast<size_t>(bundle_->tokens.size());
    const double rest = (1.0 - probability) / static_cast<double>(size - 1);
    std::vector<float> log_probs(size, static_cast<float>(std::log(rest)));
    log_probs[static_cast<size_t>(token)] =
        static_cast<float>(std::log(probability));
    decoder_->Advance(log_probs);
  }

  // Letter tokens: '.' blank, '_' ▁, then a, b, c; each with probability 0.9.
  void Letters(absl::string_view steps) {
    for (const char step : steps) {
      Step(static_cast<int>(std::string("._abc").find(step)), 0.9);
    }
  }

  std::shared_ptr<const Bundle> bundle_;
  std::unique_ptr<CtcGreedyDecoder> decoder_;
};

TEST_F(CtcGreedyTest, NothingGivesNothing) {
  const Hypothesis hypothesis = decoder_->Partial();
  EXPECT_TRUE(hypothesis.words.empty());
  EXPECT_FALSE(hypothesis.last_word_open);
  EXPECT_EQ(hypothesis.confidence, 0.0f);
  EXPECT_EQ(Text(hypothesis), "");
  EXPECT_FALSE(decoder_->AtEndpoint());
}

TEST_F(CtcGreedyTest, CollapsesRepeatsUnlessABlankIsBetween) {
  Letters("aaab.bb..c_.._a.a.b");
  EXPECT_EQ(Text(decoder_->Partial()), "abbc aab");
}

TEST_F(CtcGreedyTest, WordMarksOnlySeparate) {
  Letters("__._a__.._b__");
  EXPECT_EQ(Text(decoder_->Partial()), "a b");
}

// Of equal log-probabilities the lowest id wins: here always the blank.
TEST_F(CtcGreedyTest, TiesGoToTheLowestId) {
  Step(2, 0.2);
  EXPECT_EQ(Text(decoder_->Partial()), "");
}

TEST_F(CtcGreedyTest, PartialSaysWhetherTheLastWordMayGrow) {
  Letters("ab");
  EXPECT_TRUE(decoder_->Partial().last_word_open);
  Letters("..");
  EXPECT_TRUE(decoder_->Partial().last_word_open);
  Letters("_");
  EXPECT_FALSE(decoder_->Partial().last_word_open);
  Letters("..c");
  EXPECT_TRUE(decoder_->Partial().last_word_open);
  EXPECT_EQ(Text(decoder_->Partial()), "ab c");
}

// step   0 1 2 3 4 5 6 7 8 9
// token  . . . a a . b _ . c
// A word begins with the step of its first letter's first step and ends behind
// that of its last letter: "ab" 3*30 .. 7*30, "c" 9*30 .. 10*30; minus 60 each.
TEST_F(CtcGreedyTest, WordTimesAreThoseOfTheSpikesMinusTheDelay) {
  Letters("...aa.b_.c");
  const Hypothesis hypothesis = decoder_->Partial();
  ASSERT_EQ(hypothesis.words.size(), 2u);
  EXPECT_EQ(hypothesis.words[0].text, "ab");
  EXPECT_EQ(hypothesis.words[0].start_ms, 30);
  EXPECT_EQ(hypothesis.words[0].end_ms, 150);
  EXPECT_EQ(hypothesis.words[1].text, "c");
  EXPECT_EQ(hypothesis.words[1].start_ms, 210);
  EXPECT_EQ(hypothesis.words[1].end_ms, 240);
}

// "a" at step 0: 0 .. 30 minus 60; "b" at step 2: 60 .. 90 minus 60.
TEST_F(CtcGreedyTest, WordTimesAreNeverNegative) {
  Letters("a_b");
  const Hypothesis hypothesis = decoder_->Partial();
  EXPECT_EQ(hypothesis.words[0].start_ms, 0);
  EXPECT_EQ(hypothesis.words[0].end_ms, 0);
  EXPECT_EQ(hypothesis.words[1].start_ms, 0);
  EXPECT_EQ(hypothesis.words[1].end_ms, 30);
}

// token        a    a    a    .    b    _    c
// probability  0.5  0.8  0.6  0.9  0.5  0.7  0.9
// a counts 0.8, b 0.5, the mark nothing: "ab" sqrt(0.8 * 0.5), "c" 0.9.
TEST_F(CtcGreedyTest, ConfidenceIsTheGeometricMeanOfEachTokensBestStep) {
  Step(2, 0.5);
  Step(2, 0.8);
  Step(2, 0.6);
  Step(0, 0.9);
  Step(3, 0.5);
  Step(1, 0.7);
  Step(4, 0.9);
  const Hypothesis hypothesis = decoder_->Finalize();
  ASSERT_EQ(hypothesis.words.size(), 2u);
  EXPECT_NEAR(hypothesis.words[0].confidence, std::sqrt(0.8 * 0.5), 1e-6);
  EXPECT_NEAR(hypothesis.words[1].confidence, 0.9, 1e-6);
  EXPECT_NEAR(hypothesis.confidence, (std::sqrt(0.8 * 0.5) + 0.9) / 2, 1e-6);
}

TEST_F(CtcGreedyTest, ConfidenceDoesNotExceedOne) {
  decoder_->Advance({-20.0f, -20.0f, 1e-7f, -20.0f, -20.0f});
  EXPECT_EQ(decoder_->Partial().words[0].confidence, 1.0f);
}

TEST_F(CtcGreedyTest, FinalizeEndsTheWordAndStartsAnUtterance) {
  Letters("a.b");
  const Hypothesis first = decoder_->Finalize();
  EXPECT_EQ(Text(first), "ab");
  EXPECT_FALSE(first.last_word_open);
  EXPECT_TRUE(decoder_->Partial().words.empty());
  Letters("c");
  const Hypothesis second = decoder_->Finalize();
  EXPECT_EQ(Text(second), "c");
  EXPECT_EQ(second.words[0].start_ms, 3 * 30 - 60);
}

// The run of b goes on behind Finalize: it is still one b, already given out.
TEST_F(CtcGreedyTest, FinalizeDoesNotRepeatTheTokenOfARunningRun) {
  Letters("abb");
  EXPECT_EQ(Text(decoder_->Finalize()), "ab");
  Letters("bb");
  EXPECT_EQ(Text(decoder_->Partial()), "");
  Letters(".b");
  EXPECT_EQ(Text(decoder_->Partial()), "b");
}

TEST_F(CtcGreedyTest, ResetForgetsTimeAndRun) {
  Letters("..ab");
  decoder_->Reset();
  Letters("bc");
  const Hypothesis hypothesis = decoder_->Partial();
  EXPECT_EQ(Text(hypothesis), "bc");
  EXPECT_EQ(hypothesis.words[0].start_ms, 0);
}

// step   0    1    2    3   4     5      6   7
// token  ▁the re   .    re  ▁the  n      ▁   n
TEST_F(CtcGreedyTest, PiecesWithAMarkInFrontBeginWords) {
  Use(kPieces, Options());
  for (const int token : {2, 3, 0, 3, 2, 4, 1, 4}) Step(token, 0.8);
  const Hypothesis hypothesis = decoder_->Partial();
  EXPECT_EQ(Text(hypothesis), "therere then n");
  EXPECT_EQ(hypothesis.words[0].end_ms, 4 * 30 - 60);
  EXPECT_EQ(hypothesis.words[1].start_ms, 4 * 30 - 60);
  EXPECT_NEAR(hypothesis.words[0].confidence, 0.8, 1e-6);
}

TEST_F(CtcGreedyTest, SilenceBehindAWordIsAnEndpoint) {
  Letters("ab.........");  // nine blanks, 270 ms
  EXPECT_FALSE(decoder_->AtEndpoint());
  Letters(".");
  EXPECT_TRUE(decoder_->AtEndpoint());
  decoder_->Finalize();
  Letters("....................");
  EXPECT_FALSE(decoder_->AtEndpoint());
}

TEST_F(CtcGreedyTest, AnyTokenBreaksTheSilence) {
  Letters("ab........._.........");
  EXPECT_FALSE(decoder_->AtEndpoint());
  Letters(".");
  EXPECT_TRUE(decoder_->AtEndpoint());
}

TEST_F(CtcGreedyTest, SilenceBeforeTheFirstWordIsNoEndpoint) {
  Letters("_" + std::string(50, '.'));
  EXPECT_FALSE(decoder_->AtEndpoint());
}

TEST_F(CtcGreedyTest, LongUtteranceEndsAtAWordBoundary) {
  for (int i = 0; i < 50; ++i) Letters("ab");
  EXPECT_FALSE(decoder_->AtEndpoint());  // 100 steps, but within a word
  Letters("_");
  EXPECT_TRUE(decoder_->AtEndpoint());
}

TEST_F(CtcGreedyTest, LongUtteranceWithoutWordBoundaryEndsAnyway) {
  for (int i = 0; i < 74; ++i) Letters("ab");
  Letters("a");
  EXPECT_FALSE(decoder_->AtEndpoint());  // 149 steps
  Letters("b");
  EXPECT_TRUE(decoder_->AtEndpoint());
}

// With "▁the" tokens a word closes when the next begins; a pause ends it too.
TEST_F(CtcGreedyTest, LongUtteranceOfPiecesEndsInAPause) {
  DecoderOptions options = Options();
  options.endpoint_silence_ms = 800;
  Use(kPieces, options);
  for (int i = 0; i < 50; ++i) {
    Step(2, 0.9);
    Step(5, 0.9);
  }
  EXPECT_FALSE(decoder_->AtEndpoint());
  for (int i = 0; i < 9; ++i) Step(0, 0.9);
  EXPECT_FALSE(decoder_->AtEndpoint());
  Step(0, 0.9);
  EXPECT_TRUE(decoder_->AtEndpoint());
}

TEST_F(CtcGreedyTest, LengthCountsFromTheFirstWord) {
  Letters(std::string(120, '.') + "a_");
  EXPECT_FALSE(decoder_->AtEndpoint());
}

TEST_F(CtcGreedyTest, UtteranceWithoutWordsEndsAtTheHardLimit) {
  Letters(std::string(149, '.'));
  EXPECT_FALSE(decoder_->AtEndpoint());
  Letters(".");
  EXPECT_TRUE(decoder_->AtEndpoint());
  EXPECT_TRUE(decoder_->Finalize().words.empty());
  EXPECT_FALSE(decoder_->AtEndpoint());
}

TEST_F(CtcGreedyTest, MemoryComesBackToABoundOverManyUtterances) {
  size_t largest_early = 0;
  size_t largest_late = 0;
  for (int utterance = 0; utterance < 100; ++utterance) {
    for (int i = 0; i < 40; ++i) Letters("ab_");
    size_t& largest = utterance < 2 ? largest_early : largest_late;
    largest = std::max(largest, decoder_->size_bytes());
    decoder_->Finalize();
  }
  EXPECT_LE(largest_late, largest_early);
}

}  // namespace
}  // namespace oido::model
