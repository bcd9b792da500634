// Tests of server/decoding: which decoder a request gets, and the limits of its
// settings.
#include "server/decoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_split.h"
#include "server/errors.h"
#include "tests/support/word_search.h"

namespace oido::server {
namespace {

using testing::HasSubstr;

class DecodingTest : public testing::Test {
 protected:
  DecodingTest() {
    words_.name = "words";
    words_.word_search = test::TestWordSearch();
    letters_.name = "letters";
  }

  // INVALID_ARGUMENT whose detail and message name the field, and the value
  // too.
  void ExpectRefused(const v1::RecognitionConfig& config,
                     const model::Bundle& bundle, const std::string& field,
                     const std::string& value) {
    const absl::Status status =
        CheckDecoding(config, "config.", bundle).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_EQ(status.GetPayload(kFieldPayload), absl::Cord(field));
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
    EXPECT_THAT(std::string(status.message()), HasSubstr(value));
  }

  model::Bundle words_;
  model::Bundle letters_;
};

TEST_F(DecodingTest, TheModelDecidesUnlessTheRequestDoes) {
  v1::RecognitionConfig config;
  EXPECT_TRUE(CheckDecoding(config, "", words_)->words.has_value());
  EXPECT_FALSE(CheckDecoding(config, "", letters_)->words.has_value());
  config.mutable_decoding()->set_method(v1::DecodingConfig::LETTERS);
  EXPECT_FALSE(CheckDecoding(config, "", words_)->words.has_value());
  EXPECT_FALSE(CheckDecoding(config, "", letters_)->words.has_value());
  config.mutable_decoding()->set_method(v1::DecodingConfig::WORDS);
  EXPECT_TRUE(CheckDecoding(config, "", words_)->words.has_value());
  ExpectRefused(config, letters_, "config.decoding.method", "\"letters\"");
}

TEST_F(DecodingTest, AnyModelSearchesForSpellings) {
  v1::RecognitionConfig config;
  config.mutable_decoding()->set_method(v1::DecodingConfig::OPEN_VOCABULARY);
  config.set_max_alternatives(4);
  words_.letter_search.blank_penalty = 0.25f;
  for (const model::Bundle* bundle : {&words_, &letters_}) {
    const auto unset = CheckDecoding(config, "", *bundle);
    ASSERT_TRUE(unset.ok()) << unset.status();
    EXPECT_FALSE(unset->words.has_value());
    EXPECT_EQ(unset->max_alternatives, 4);
    EXPECT_EQ(unset->spellings->blank_penalty,
              bundle->letter_search.blank_penalty);
  }
  config.mutable_decoding()->set_beam_size(7);
  config.mutable_decoding()->set_lm_weight(2.0f);
  config.mutable_decoding()->set_blank_skip_threshold(1.0f);
  const auto set = CheckDecoding(config, "", words_);
  EXPECT_EQ(set->spellings->beam_size, 7);
  EXPECT_EQ(set->spellings->lm_weight, 2.0f);
  EXPECT_EQ(set->spellings->blank_skip_threshold, 1.0f);
  ExpectRefused(config, letters_, "config.decoding.lm_weight",
                "no language model");
  config.mutable_decoding()->set_beam_size(257);
  ExpectRefused(config, words_, "config.decoding.beam_size", "257");
  config.mutable_decoding()->set_beam_size(7);
  config.add_hot_words()->add_phrases("cat");
  ExpectRefused(config, words_, "config.hot_words", "WORDS");
}

TEST_F(DecodingTest, SettingsReplaceTheModels) {
  v1::RecognitionConfig config;
  const auto unset = CheckDecoding(config, "", words_);
  EXPECT_EQ(unset->words->beam_size, words_.word_search->options.beam_size);
  EXPECT_EQ(unset->max_alternatives, 1);
  config.set_max_alternatives(30);
  config.mutable_decoding()->set_beam_size(256);
  config.mutable_decoding()->set_lm_weight(0.0f);
  config.mutable_decoding()->set_word_insertion(-20.0f);
  config.mutable_decoding()->set_blank_skip_threshold(0.5f);
  const auto set = CheckDecoding(config, "", words_);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->max_alternatives, 30);
  EXPECT_EQ(set->words->beam_size, 256);
  EXPECT_EQ(set->words->lm_weight, 0.0f);
  EXPECT_EQ(set->words->word_insertion, -20.0f);
  EXPECT_EQ(set->words->blank_skip_threshold, 0.5f);
  EXPECT_EQ(set->words->blank_penalty,
            words_.word_search->options.blank_penalty);
}

TEST_F(DecodingTest, NamesTheFieldTheValueAndTheLimit) {
  const auto expect =
      [&](const std::string& field, const std::string& value,
          const std::function<void(v1::RecognitionConfig*)>& set) {
        v1::RecognitionConfig config;
        set(&config);
        ExpectRefused(config, words_, "config." + field, value);
      };
  expect("max_alternatives", "31 is not in 0..30",
         [](auto* config) { config->set_max_alternatives(31); });
  expect("max_alternatives", "-1",
         [](auto* config) { config->set_max_alternatives(-1); });
  expect("decoding.beam_size", "257 is not in 1..256",
         [](auto* config) { config->mutable_decoding()->set_beam_size(257); });
  expect("decoding.beam_size", "0",
         [](auto* config) { config->mutable_decoding()->set_beam_size(0); });
  expect("decoding.beam_threshold", "0.5 is not in 1..100", [](auto* config) {
    config->mutable_decoding()->set_beam_threshold(0.5f);
  });
  expect("decoding.lm_weight", "11 is not in 0..10", [](auto* config) {
    config->mutable_decoding()->set_lm_weight(11.0f);
  });
  expect("decoding.word_insertion", "nan", [](auto* config) {
    config->mutable_decoding()->set_word_insertion(std::nanf(""));
  });
  expect("decoding.blank_penalty", "-11", [](auto* config) {
    config->mutable_decoding()->set_blank_penalty(-11.0f);
  });
  expect("decoding.blank_skip_threshold", "0.4 is not in 0.5..1",
         [](auto* config) {
           config->mutable_decoding()->set_blank_skip_threshold(0.4f);
         });
  expect("decoding.method", "7 is unknown", [](auto* config) {
    config->mutable_decoding()->set_method(
        static_cast<v1::DecodingConfig::Method>(7));
  });
}

// Otherwise a client would wait in vain for their effect.
TEST_F(DecodingTest, SettingsOfASearchThatIsNotUsedAreRefused) {
  v1::RecognitionConfig config;
  config.mutable_decoding()->set_beam_size(16);
  ExpectRefused(config, letters_, "config.decoding", "none is used");
}

// One group of phrases with a boost.
v1::HotWords* AddHotWords(v1::RecognitionConfig* config, float boost,
                          const std::vector<std::string>& phrases) {
  v1::HotWords* group = config->add_hot_words();
  group->set_boost(boost);
  for (const std::string& phrase : phrases) group->add_phrases(phrase);
  return group;
}

void AddPronunciation(v1::HotWords* group, const std::string& word,
                      const std::string& phones) {
  auto* pronunciation = group->add_pronunciations();
  pronunciation->set_word(word);
  pronunciation->set_phones(phones);
}

TEST_F(DecodingTest, HotWordsUpToTheLimits) {
  v1::RecognitionConfig config;
  v1::HotWords* names =
      AddHotWords(&config, 20.0f, {"  The Catseye  rats", "zürich", "oido"});
  AddPronunciation(names, "Oido", "oy1 D OW0");
  AddPronunciation(names, "zürich", "Z UH R IH K");
  AddHotWords(&config, 0.0f, std::vector<std::string>(497, "see the red sea"));
  const auto decoding = CheckDecoding(config, "", words_);
  ASSERT_TRUE(decoding.ok()) << decoding.status();
  ASSERT_NE(decoding->hot_words, nullptr);
  const auto decoder =
      MakeDecoder(std::make_shared<const model::Bundle>(words_), *decoding);
  const auto plain = MakeDecoder(std::make_shared<const model::Bundle>(words_),
                                 *CheckDecoding({}, "", words_));
  EXPECT_EQ(decoder->size_bytes(),
            plain->size_bytes() + decoding->hot_words->size_bytes());
  EXPECT_EQ(CheckDecoding({}, "", words_)->hot_words, nullptr);
}

TEST_F(DecodingTest, BadHotPhrasesAreNamed) {
  const auto expect = [&](const std::string& field, const std::string& value,
                          float boost,
                          const std::vector<std::string>& phrases) {
    v1::RecognitionConfig config;
    AddHotWords(&config, 1.0f, {"cats"});
    AddHotWords(&config, boost, phrases);
    ExpectRefused(config, words_, "config.hot_words" + field, value);
  };
  expect("[1].boost", "20.5 is not in 0..20", 20.5f, {"cat"});
  expect("[1].boost", "-1", -1.0f, {"cat"});
  expect("[1].boost", "nan", std::nanf(""), {"cat"});
  expect("[1].phrases", "must be at least 1", 1.0f, {});
  expect("[1].phrases[1]", "\"  \" has no word", 1.0f, {"cat", "  "});
  expect("[1].phrases[0]", "11 words, limit 10", 1.0f,
         {"a a a a a a a a a a a"});
  expect("[1].phrases[0]", "101 bytes, limit 100", 1.0f,
         {std::string(101, 'a')});
  expect("[1].phrases[0]", "printable", 1.0f, {"cat\nrat"});
  expect("[1].phrases[499]", "more than 500 phrases", 1.0f,
         std::vector<std::string>(500, "cat"));
  expect("[1].phrases[199]", "20004 bytes, limit 20000", 1.0f,
         std::vector<std::string>(201, std::string(96, 'a') + " cat"));
  expect("", "\"r2d2\" is not in the lexicon", 1.0f, {"cat r2d2"});
}

void AddClass(v1::HotWords* group, const std::string& name,
              const std::vector<std::string>& phrases) {
  auto* given = group->add_classes();
  given->set_name(name);
  for (const std::string& phrase : phrases) given->add_phrases(phrase);
}

// A phrase with classes is the phrases that it stands for, one by one.
TEST_F(DecodingTest, ClassesStandForTheirPhrases) {
  v1::RecognitionConfig config;
  v1::HotWords* group =
      AddHotWords(&config, 3.0f, {"see $who ${what}", "$who", "the cat"});
  AddClass(group, "who", {"oido", "The rats"});
  AddClass(group, "what", {"eat", "read two", "sea"});
  AddPronunciation(group, "oido", "OY D OW");
  v1::RecognitionConfig spelled_out;
  AddPronunciation(
      AddHotWords(&spelled_out, 3.0f,
                  {"see oido eat", "see oido read two", "see oido sea",
                   "see the rats eat", "see the rats read two",
                   "see the rats sea", "oido", "the rats", "the cat"}),
      "oido", "OY D OW");
  const auto found = CheckDecoding(config, "", words_);
  const auto expected = CheckDecoding(spelled_out, "", words_);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(expected.ok()) << expected.status();
  using model::HotPhrases;
  const auto gain = [&](const Decoding& decoding, const std::string& text) {
    const HotPhrases& phrases = decoding.hot_words->phrases();
    HotPhrases::State state = HotPhrases::kNone;
    float sum = 0.0f;
    for (const auto word : absl::StrSplit(text, ' ')) {
      const auto id = words_.word_search->language_model->Find(word);
      const auto next = phrases.Next(state, id.value_or(model::kUnknownWord));
      sum += phrases.Gain(state, next);
      state = next;
    }
    return sum - phrases.Begun(state);
  };
  for (const std::string text :
       {"see the rats read two", "see the rats", "the rats sea", "see the cat",
        "see read two", "the cat eat"}) {
    EXPECT_EQ(gain(*found, text), gain(*expected, text)) << text;
  }
  EXPECT_EQ(gain(*found, "see the rats read two"), 5 * 3.0f + 2 * 3.0f);
  EXPECT_EQ(found->hot_words->size_bytes(), expected->hot_words->size_bytes());
}

TEST_F(DecodingTest, BadClassesAreNamed) {
  const auto expect = [&](const std::string& field, const std::string& value,
                          const std::string& phrase, const std::string& name,
                          const std::vector<std::string>& phrases) {
    v1::RecognitionConfig config;
    v1::HotWords* group = AddHotWords(&config, 1.0f, {"cat", phrase});
    AddClass(group, "c", {"rat"});
    AddClass(group, name, phrases);
    ExpectRefused(config, words_, "config.hot_words[0]" + field, value);
  };
  const std::string own = ".classes[1]";
  expect(own + ".name", "\"\", must be 1 to 40", "cat", "", {"cat"});
  expect(own + ".name", "\"a b\"", "cat", "a b", {"cat"});
  expect(own + ".name", "must be 1 to 40", "cat", std::string(41, 'a'), {"x"});
  expect(own + ".name", "\"c\" is there twice", "cat", "c", {"cat"});
  expect(own + ".phrases", "0 phrases, must be in 1..500", "cat", "d", {});
  expect(own + ".phrases", "501 phrases", "cat", "d",
         std::vector<std::string>(501, "cat"));
  expect(own + ".phrases[1]", "101 bytes", "cat", "d",
         {"cat", std::string(101, 'a')});
  expect(own + ".phrases[0]", "\"the $c\" has a \"$\"", "cat", "d", {"the $c"});
  expect(".phrases[1]", "\"$e\" is no class", "the $e", "d", {"cat"});
  expect(".phrases[1]", "stands for more than 500 phrases", "$d $d", "d",
         std::vector<std::string>(23, "cat"));
  expect(".phrases[1]", "more than 500 phrases", "$d", "d",
         std::vector<std::string>(500, "cat"));
  expect(".phrases[1]", "12 words, limit 10", "$d $d $d", "d",
         {"a red cat eats"});
}

TEST_F(DecodingTest, BadPronunciationsAreNamed) {
  const auto expect = [&](const std::string& field, const std::string& value,
                          const std::string& word, const std::string& phones) {
    v1::RecognitionConfig config;
    AddPronunciation(AddHotWords(&config, 1.0f, {"the cat"}), word, phones);
    ExpectRefused(config, words_, "config.hot_words" + field, value);
  };
  expect("", "\"QQ\" is no phone; there is AA AE", "cat", "K QQ");
  expect("[0].pronunciations[0].word", "\"dog\" is no word", "dog", "D AO G");
  expect("[0].pronunciations[0].phones", "0 phones, must be in 1..40", "cat",
         " ");
  std::string long_word;
  for (int i = 0; i < 41; ++i) long_word += "AA ";
  expect("[0].pronunciations[0].phones", "41 phones", "cat", long_word);
}

TEST_F(DecodingTest, HotWordsNeedTheWordSearch) {
  v1::RecognitionConfig config;
  AddHotWords(&config, 1.0f, {"cats"});
  ExpectRefused(config, letters_, "config.hot_words", "1 are set");
  config.mutable_decoding()->set_method(v1::DecodingConfig::LETTERS);
  ExpectRefused(config, words_, "config.hot_words", "not used");
}

}  // namespace
}  // namespace oido::server
