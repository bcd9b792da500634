// What holds of searches for words of a lexicon and of any spelling, whatever
// is said: on random indistinct speech.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/beam_decoder.h"
#include "model/letter_search.h"
#include "tests/support/allocation_count.h"
#include "tests/support/decoder_bundle.h"
#include "tests/support/word_search.h"

namespace oido::model {
namespace {

using LogProbs = std::vector<std::vector<float>>;  // [steps, phones]

DecoderOptions Timing(int endpoint_silence_ms, int max_utterance_ms) {
  DecoderOptions timing;
  timing.step_ms = 30;
  timing.emission_delay_ms = 120;
  timing.endpoint_silence_ms = endpoint_silence_ms;
  timing.max_utterance_ms = max_utterance_ms;
  return timing;
}

DecoderOptions NoEndpoints() { return Timing(1 << 30, 1 << 30); }

std::string Describe(const Hypothesis& hypothesis) {
  std::string text;
  for (const Word& word : hypothesis.words) {
    absl::StrAppend(&text, word.text, " ", word.start_ms, " ", word.end_ms, " ",
                    word.confidence, "\n");
  }
  return text;
}

enum class Search { kWords, kSpellings };

// The phones' names as letters; T ends words, every third other begins them.
std::string Tokens() {
  std::string tokens = "<blank>\n";
  const std::vector<std::string> phones = test::TestPhones();
  for (size_t phone = 1; phone < phones.size(); ++phone) {
    const bool ends = phones[phone] == "T";
    absl::StrAppend(&tokens, ends || phone % 3 == 0 ? "▁" : "",
                    ends ? "" : phones[phone], "\n");
  }
  return tokens;
}

class BeamDecoderPropertyTest
    : public testing::TestWithParam<std::tuple<Search, uint32_t>> {
 protected:
  BeamDecoderPropertyTest() {
    auto bundle = std::make_shared<Bundle>(*test::DecoderBundle(Tokens(), {}));
    bundle->word_search = resources_;
    bundle_ = bundle;
    // Next to nothing that is spelled is a word.
    if (std::get<0>(GetParam()) == Search::kSpellings)
      options_.lm_weight = 0.01f;
    options_.beam_size = 4 + static_cast<int>(random_() % 29);
    options_.beam_threshold = 14.0f;
  }

  static uint32_t seed() { return std::get<1>(GetParam()); }

  BeamDecoder Decoder(const DecoderOptions& timing) const {
    return Decoder(timing, 1);
  }
  BeamDecoder Decoder(const DecoderOptions& timing, int alternatives) const {
    if (std::get<0>(GetParam()) == Search::kWords)
      return BeamDecoder(timing, resources_, options_, alternatives);
    return BeamDecoder(timing,
                       std::make_unique<LetterSearch>(bundle_, options_),
                       alternatives);
  }

  std::mt19937 random_{seed()};
  std::shared_ptr<const DecoderResources> resources_ = test::TestWordSearch();
  std::shared_ptr<const Bundle> bundle_;
  WordSearchOptions options_;
  BeamScratch scratch_;
};

TEST_P(BeamDecoderPropertyTest, StableWordsAreNeverRevised) {
  BeamDecoder decoder = Decoder(Timing(800, 5000));
  std::string stable;
  const auto expect_kept = [&](const Hypothesis& now) {
    EXPECT_EQ(Describe(now).substr(0, stable.size()), stable)
        << "seed " << seed();
  };
  for (const auto& row : test::RandomSpeech(random_, 400)) {
    decoder.Advance(row, scratch_);
    Hypothesis partial = decoder.Partial();
    ASSERT_LE(partial.stable_words, partial.words.size());
    EXPECT_EQ(partial.last_word_open,
              partial.stable_words < partial.words.size());
    for (Word& word : partial.words) word.confidence = 0.0f;
    expect_kept(partial);
    partial.words.resize(partial.stable_words);
    stable = Describe(partial);
    if (!decoder.AtEndpoint()) continue;
    Hypothesis final_result = decoder.Finalize();
    for (Word& word : final_result.words) word.confidence = 0.0f;
    expect_kept(final_result);
    stable.clear();
  }
}

TEST_P(BeamDecoderPropertyTest, EndpointsCutTheTextAndChangeNothingOfIt) {
  BeamDecoder whole = Decoder(NoEndpoints());
  BeamDecoder cut = Decoder(Timing(800, 1 << 30));
  std::string joined;
  int endpoints = 0;
  for (const auto& row : test::RandomSpeech(random_, 1500)) {
    whole.Advance(row, scratch_);
    cut.Advance(row, scratch_);
    if (!cut.AtEndpoint()) continue;
    joined += Describe(cut.Finalize());
    ++endpoints;
  }
  joined += Describe(cut.Finish());
  EXPECT_GT(endpoints, 3) << "seed " << seed();
  EXPECT_TRUE(joined == Describe(whole.Finish())) << "seed " << seed();
}

// An utterance that is too long is cut where nothing is in doubt any more.
TEST_P(BeamDecoderPropertyTest, LongUtterancesAreCutAndNothingOfThemChanges) {
  if (std::get<0>(GetParam()) == Search::kSpellings)
    GTEST_SKIP() << "spellings may stay in doubt up to the hard limit";
  BeamDecoder whole = Decoder(NoEndpoints());
  BeamDecoder cut = Decoder(Timing(1 << 30, 6000));
  std::string joined;
  int endpoints = 0;
  for (const auto& row : test::RandomSpeech(random_, 1500)) {
    whole.Advance(row, scratch_);
    cut.Advance(row, scratch_);
    if (!cut.AtEndpoint()) continue;
    joined += Describe(cut.Finalize());
    ++endpoints;
  }
  joined += Describe(cut.Finish());
  EXPECT_GT(endpoints, 3) << "seed " << seed();
  EXPECT_TRUE(joined == Describe(whole.Finish())) << "seed " << seed();
}

// No word of the best hypothesis stays longer than it may, none comes twice,
// and a delay that nothing reaches changes nothing.
TEST_P(BeamDecoderPropertyTest, WordsBecomeFinalInTime) {
  constexpr int kDelayMs = 600;
  DecoderOptions timing = NoEndpoints();
  BeamDecoder off = Decoder(timing);
  timing.max_final_delay_ms = 1 << 30;
  BeamDecoder unreached = Decoder(timing);
  timing.max_final_delay_ms = kDelayMs;
  BeamDecoder decoder = Decoder(timing);
  int heard_ms = 0;
  int time_ms = 0;
  int words = 0;
  for (const auto& row : test::RandomSpeech(random_, 600)) {
    heard_ms += timing.step_ms;
    off.Advance(row, scratch_);
    unreached.Advance(row, scratch_);
    decoder.Advance(row, scratch_);
    EXPECT_TRUE(unreached.TakeOverdue().words.empty());
    for (const Word& word : decoder.TakeOverdue().words) {
      EXPECT_GE(word.start_ms, time_ms) << "seed " << seed();
      time_ms = word.end_ms;
      ++words;
    }
    for (const Word& word : decoder.Partial().words)
      EXPECT_GT(word.end_ms + kDelayMs, heard_ms) << "seed " << seed();
  }
  EXPECT_GT(words, 20) << "seed " << seed();
  EXPECT_EQ(Describe(unreached.Finish()), Describe(off.Finish()));
}

// A cut within speech loses no word and finds none twice, though what comes
// after it has less choice.
TEST_P(BeamDecoderPropertyTest, TimesRiseThroughCutsWithinSpeech) {
  BeamDecoder decoder = Decoder(NoEndpoints());
  int time_ms = 0;
  for (const auto& row : test::RandomSpeech(random_, 400)) {
    decoder.Advance(row, scratch_);
    if (random_() % 8 != 0) continue;
    for (const Word& word : decoder.Finalize().words) {
      EXPECT_GE(word.start_ms, time_ms) << "seed " << seed();
      EXPECT_GE(word.end_ms, word.start_ms) << "seed " << seed();
      EXPECT_GE(word.confidence, 0.0f) << "seed " << seed();
      EXPECT_LE(word.confidence, 1.0f) << "seed " << seed();
      time_ms = word.end_ms;
    }
  }
}

// The best hypothesis between words was looked for among those within words
// too: one with the same words won, and none was left when its index was kept
// alone.
TEST_P(BeamDecoderPropertyTest, NoiseCutAnywhereLeavesADecoderThatGoesOn) {
  std::uniform_real_distribution<float> logit(-7.0f, 0.0f);
  BeamDecoder decoder = Decoder(NoEndpoints(), 3);
  std::vector<float> row(test::TestPhones().size());
  for (int step = 0; step < 1500; ++step) {
    float sum = kNoScore;
    for (float& value : row) {
      value = logit(random_);
      sum = LogAdd(sum, value);
    }
    for (float& value : row) value -= sum;
    decoder.Advance(row, scratch_);
    if (random_() % 20 != 0) continue;
    const Hypothesis hypothesis =
        random_() % 2 == 0 ? decoder.Finalize() : decoder.Finish();
    EXPECT_LE(hypothesis.alternatives.size(), 2u) << "seed " << seed();
  }
}

TEST_P(BeamDecoderPropertyTest, StreamsThatShareAScratchSayWhatEachSaysAlone) {
  const LogProbs speech[] = {test::RandomSpeech(random_, 200),
                             test::RandomSpeech(random_, 200)};
  BeamDecoder together[] = {Decoder(NoEndpoints()), Decoder(NoEndpoints())};
  for (size_t step = 0; step < 200; ++step) {
    for (int stream : {0, 1})
      together[stream].Advance(speech[stream][step], scratch_);
  }
  for (int stream : {0, 1}) {
    BeamDecoder alone = Decoder(NoEndpoints());
    BeamScratch own;
    for (const auto& row : speech[stream]) alone.Advance(row, own);
    EXPECT_EQ(Describe(together[stream].Finish()), Describe(alone.Finish()))
        << "seed " << seed();
  }
}

TEST_P(BeamDecoderPropertyTest, FingerprintTellsOfEveryChange) {
  BeamDecoder decoder = Decoder(Timing(800, 5000));
  uint64_t fingerprint = decoder.PartialFingerprint();
  Hypothesis before = decoder.Partial();
  EXPECT_EQ(fingerprint, 0u);
  for (const auto& row : test::RandomSpeech(random_, 300)) {
    decoder.Advance(row, scratch_);
    const Hypothesis now = decoder.Partial();
    if (decoder.PartialFingerprint() == fingerprint) {
      EXPECT_EQ(Text(now), Text(before)) << "seed " << seed();
      EXPECT_EQ(now.stable_words, before.stable_words);
    }
    fingerprint = decoder.PartialFingerprint();
    EXPECT_EQ(fingerprint == 0, now.words.empty());
    before = now;
  }
}

TEST_P(BeamDecoderPropertyTest, AfterWarmUpStepsTakeNoMemoryFromTheHeap) {
  const LogProbs speech = test::RandomSpeech(random_, 2000);
  BeamDecoder decoder = Decoder(Timing(800, 20000));
  const auto run = [&] {
    int64_t taken = 0;
    for (const auto& row : speech) {
      const int64_t before = test::AllocationCount();
      decoder.Advance(row, scratch_);
      taken += test::AllocationCount() - before;
      // A result is memory for the client.
      if (decoder.AtEndpoint()) decoder.Finalize();
    }
    decoder.Finish();
    decoder.Reset();
    return taken;
  };
  run();
  const size_t bytes = decoder.size_bytes();
  EXPECT_EQ(run(), 0) << "seed " << seed();
  EXPECT_EQ(decoder.size_bytes(), bytes);
  const bool words = std::get<0>(GetParam()) == Search::kWords;
  EXPECT_LT(bytes, size_t{words ? 24u : 56u} << 10);
}

INSTANTIATE_TEST_SUITE_P(Words, BeamDecoderPropertyTest,
                         testing::Combine(testing::Values(Search::kWords),
                                          testing::Range(1u, 31u)));
INSTANTIATE_TEST_SUITE_P(Spellings, BeamDecoderPropertyTest,
                         testing::Combine(testing::Values(Search::kSpellings),
                                          testing::Range(1u, 11u)));

}  // namespace
}  // namespace oido::model
