// Tests of server/decoding: which decoder a request gets, and the limits of its
// settings.
#include "server/decoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/cord.h"
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

TEST_F(DecodingTest, SettingsReplaceTheModels) {
  v1::RecognitionConfig config;
  const auto unset = CheckDecoding(config, "", words_);
  EXPECT_EQ(unset->words->beam_size, words_.word_search->options.beam_size);
  EXPECT_EQ(unset->max_alternatives, 1);
  config.set_max_alternatives(30);
  config.mutable_decoding()->set_beam_size(256);
  config.mutable_decoding()->set_lm_weight(0.0f);
  config.mutable_decoding()->set_word_insertion(-20.0f);
  const auto set = CheckDecoding(config, "", words_);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->max_alternatives, 30);
  EXPECT_EQ(set->words->beam_size, 256);
  EXPECT_EQ(set->words->lm_weight, 0.0f);
  EXPECT_EQ(set->words->word_insertion, -20.0f);
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
  expect("decoding.method", "7 is unknown", [](auto* config) {
    config->mutable_decoding()->set_method(
        static_cast<v1::DecodingConfig::Method>(7));
  });
}

// Otherwise a client would wait in vain for their effect.
TEST_F(DecodingTest, SettingsOfASearchThatIsNotUsedAreRefused) {
  v1::RecognitionConfig config;
  config.mutable_decoding()->set_beam_size(16);
  ExpectRefused(config, letters_, "config.decoding", "not used");
}

}  // namespace
}  // namespace oido::server
