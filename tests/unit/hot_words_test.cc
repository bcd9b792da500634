// Tests of model/hot_words and what it is made of: how words are said that the
// lexicon lacks, and that a rare hot word survives until its end.
#include "model/hot_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "model/beam_decoder.h"
#include "model/spelled_pronunciation.h"
#include "tests/support/word_search.h"

namespace oido::model {
namespace {

constexpr float kLmWeight = 0.8f;

std::string Spelled(absl::string_view word) {
  const std::map<absl::string_view, std::string> known = {
      {"dash", "D AE SH"}, {"wood", "W UH D"}, {"woo", "W UW"}};
  return absl::StrJoin(
      SpelledPronunciation(word,
                           [&](absl::string_view part) {
                             const auto found = known.find(part);
                             return found == known.end()
                                        ? std::vector<std::string>()
                                        : std::vector<std::string>(
                                              absl::StrSplit(found->second,
                                                             ' '));
                           }),
      " ");
}

TEST(SpelledPronunciationTest, KnownPartsAndRulesForTheRest) {
  const std::map<std::string, std::string> expected = {
      {"dashwood", "D AE SH W UH D"}, {"dashwoods", "D AE SH W UH D S"},
      {"blake", "B L EY K"},          {"kniph", "N IH F"},
      {"otter", "AA T ER"},           {"cecily", "S EH S IH L IY"},
      {"gorge", "G AO R JH"},         {"xanthe", "Z AE N TH"},
      {"o'dell", "AA D EH L"},
  };
  for (const auto& [word, phones] : expected) {
    EXPECT_EQ(Spelled(word), phones) << word;
  }
  for (const std::string word : {"", "'", "r2d2", "zürich", "a b", "A"})
    EXPECT_EQ(Spelled(word), "") << word;
}

std::shared_ptr<const HotWords> Make(
    std::shared_ptr<const DecoderResources> resources,
    const std::vector<WantedPhrase>& phrases,
    const std::vector<WantedPronunciation>& pronunciations) {
  auto made = HotWords::Create(std::move(resources), kLmWeight, phrases,
                               pronunciations);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

using Pronunciations = std::vector<std::pair<std::vector<PhoneId>, WordId>>;

// Every word that may be said, by its phones.
Pronunciations Everything(const DecoderResources& resources,
                          const HotWords& hot_words) {
  Pronunciations all;
  for (WordId word = kFirstRealWord; word < resources.language_model->size();
       ++word) {
    for (const auto& phones : resources.lexicon->Pronunciations(word))
      all.emplace_back(phones, word);
  }
  for (const auto& [word, last] : hot_words.tree().places()) {
    std::vector<PhoneId> phones;
    for (Lexicon::NodeId node = last; node != Lexicon::kRoot;) {
      const Lexicon::NodeId parent = hot_words.tree().parent(node);
      const auto children = hot_words.tree().children(parent);
      phones.push_back(children.phones[node - children.first]);
      node = parent;
    }
    std::reverse(phones.begin(), phones.end());
    all.emplace_back(phones, word);
  }
  return all;
}

// `phones` lead to `node` of `tree`.
template <typename Tree>
void ExpectLookAhead(const DecoderResources& resources,
                     const HotWords& hot_words, const Tree& tree,
                     Lexicon::NodeId node, const std::vector<PhoneId>& phones,
                     const Pronunciations& all) {
  const HotPhrases& phrases = hot_words.phrases();
  for (size_t i = 0; node != Lexicon::kRoot && i < phrases.states(); ++i) {
    const auto state = static_cast<HotPhrases::State>(i);
    float best = -std::numeric_limits<float>::infinity();
    const auto within = [&](WordId word) {
      // Of the lexicon or of the tree, as the node.
      const bool is_new = word >= resources.language_model->size();
      return is_new == (node >= resources.lexicon->nodes());
    };
    for (const auto& [said, word] : all) {
      if (said.size() < phones.size() || !within(word) ||
          !std::equal(phones.begin(), phones.end(), said.begin())) {
        continue;
      }
      best = std::max(best, kLmWeight * resources.language_model->Unigram(
                                            hot_words.LmWord(word)) +
                                hot_words.Share(word) +
                                phrases.Gain(state, phrases.Next(state, word)));
    }
    EXPECT_NEAR(hot_words.LookAhead(node, state), best, 1e-4)
        << "node " << node << " state " << i;
  }
  const auto children = tree.children(node);
  for (size_t i = 0; i < children.phones.size(); ++i) {
    std::vector<PhoneId> longer = phones;
    longer.push_back(children.phones[i]);
    ExpectLookAhead(resources, hot_words, tree,
                    children.first + static_cast<Lexicon::NodeId>(i), longer,
                    all);
  }
}

// Behind each beginning of a phrase, for every beginning of a word.
TEST(HotWordsTest, LooksAheadToTheBestWordThatMayCome) {
  const auto resources = test::TestWordSearch();
  const std::vector<std::string> words = {"cats", "see", "the",  "rat",
                                          "sea",  "red", "oido", "catsee"};
  std::mt19937 random(7);
  std::vector<WantedPhrase> phrases;
  for (int i = 0; i < 20; ++i) {
    WantedPhrase& phrase = phrases.emplace_back();
    phrase.boost = static_cast<float>(random() % 20);
    for (size_t left = 1 + random() % 4; left > 0; --left)
      phrase.words.push_back(words[random() % words.size()]);
  }
  const auto hot_words = Make(resources, phrases, {});
  const auto all = Everything(*resources, *hot_words);
  ExpectLookAhead(*resources, *hot_words, *resources->lexicon, Lexicon::kRoot,
                  {}, all);
  ExpectLookAhead(*resources, *hot_words, hot_words->tree(), Lexicon::kRoot, {},
                  all);
}

TEST(HotWordsTest, APronunciationOfTheLexiconIsNotTakenTwice) {
  const auto resources = test::TestWordSearch();
  const auto hot_words = Make(resources, {{{"cat"}, 1.0f}, {{"oido"}, 1.0f}},
                              {{"cat", "K AE1 T"},
                               {"cat", "K AA T"},
                               {"cat", "k aa t"},
                               {"oido", "OY D OW"}});
  EXPECT_EQ(hot_words->tree().places().size(), 2u);
  EXPECT_EQ(hot_words->Spelling(resources->language_model->size()), "oido");
}

// At each of four phones the rival is e^2 times as likely. A beam of one has to
// know from the first phone on what waits at the end.
TEST(HotWordsTest, ARareWordSurvivesInTheSmallestBeam) {
  const auto resources = test::TestWordSearch();
  const std::vector<std::string> names = test::TestPhones();
  WordSearchOptions options;
  options.lm_weight = kLmWeight;
  options.beam_size = 1;
  const auto heard = [&](std::shared_ptr<const HotWords> hot_words) {
    BeamDecoder decoder({}, resources, options, 1, std::move(hot_words));
    BeamScratch scratch;
    // "cats", or less likely "toid".
    for (const auto& [likely, rival] : std::vector<std::array<const char*, 2>>{
             {"K", "T"}, {"AE", "OY"}, {"T", "D"}, {"S", "OW"}}) {
      std::vector<float> step(names.size(), -12.0f);
      const auto at = [&](const char* name) {
        return std::find(names.begin(), names.end(), name) - names.begin();
      };
      step[at(likely)] = -0.13f;
      step[at(rival)] = -2.13f;
      decoder.Advance(step, scratch);
    }
    return Text(decoder.Finish());
  };
  EXPECT_EQ(heard(nullptr), "cats");
  const std::vector<WantedPronunciation> said = {{"toido", "T OY D OW"}};
  EXPECT_EQ(heard(Make(resources, {{{"toido"}, 20.0f}}, said)), "toido");
  EXPECT_EQ(heard(Make(resources, {{{"toido"}, 0.0f}}, said)), "cats");
}

// Streams of a thread share their working memory, and scores kept in it.
TEST(HotWordsTest, BesideThemAStreamWithoutSaysWhatItSaysAlone) {
  const auto resources = test::TestWordSearch();
  const auto hot_words =
      Make(resources, {{{"oido"}, 8.0f}, {{"red", "cats"}, 8.0f}}, {});
  int differences = 0;
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    std::mt19937 random(seed);
    BeamDecoder alone({}, resources, {}, 1);
    BeamDecoder beside({}, resources, {}, 1);
    BeamDecoder hot({}, resources, {}, 1, hot_words);
    BeamScratch own;
    BeamScratch shared;
    for (const auto& step : test::RandomSpeech(random, 200)) {
      alone.Advance(step, own);
      hot.Advance(step, shared);
      beside.Advance(step, shared);
    }
    const std::string text = Text(beside.Finish());
    EXPECT_EQ(text, Text(alone.Finish())) << "seed " << seed;
    differences += Text(hot.Finish()) == text ? 0 : 1;
  }
  EXPECT_GT(differences, 0);
}

}  // namespace
}  // namespace oido::model
