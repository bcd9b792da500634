// What foreign clients ask for and the server lacks: never an error.
#include "server/compat/lenience.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "server/log.h"
#include "server/requests.h"
#include "tests/support/session_harness.h"
#include "tests/support/word_models.h"

namespace oido::test {
namespace {

using server::Lenience;
using server::ModelUse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The lines that `log` writes.
std::vector<std::string> Logged(const Lenience& lenience) {
  std::vector<std::string> lines;
  server::SetLogSink([&](const std::string& line) { lines.push_back(line); });
  lenience.Log("test");
  server::SetLogSink(nullptr);
  return lines;
}

v1::RecognitionConfig WithHints(const std::vector<server::PhraseHint>& hints,
                                const server::ModelSet& models,
                                std::vector<std::string>* lines = nullptr) {
  v1::RecognitionConfig config;
  config.set_encoding(v1::LINEAR16);
  config.set_sample_rate_hertz(16000);
  Lenience lenience(models, ModelUse::kStream);
  lenience.SetModel("", &config);
  lenience.SetHints(hints, &config);
  if (lines != nullptr) *lines = Logged(lenience);
  return config;
}

TEST(LenienceTest, PhrasesBecomeHotWords) {
  const v1::RecognitionConfig config = WithHints(
      {{"Tea", 20.0f}, {"tea, tea!", 10.0f}, {"tea-tea", 20.0f}}, WordModels());
  ASSERT_EQ(config.hot_words_size(), 2);
  EXPECT_THAT(config.hot_words(0).phrases(), ElementsAre("tea", "tea tea"));
  EXPECT_FLOAT_EQ(config.hot_words(0).boost(), 8.0f);
  EXPECT_THAT(config.hot_words(1).phrases(), ElementsAre("tea tea"));
  EXPECT_FLOAT_EQ(config.hot_words(1).boost(), 4.0f);
}

TEST(LenienceTest, BoostsAreTakenWhateverTheirScale) {
  const auto boost = [](float value) {
    return WithHints({{"tea", value}}, WordModels()).hot_words(0).boost();
  };
  EXPECT_FLOAT_EQ(boost(0.0f), boost(10.0f));
  EXPECT_FLOAT_EQ(boost(100.0f), boost(20.0f));
  EXPECT_LT(boost(1.0f), boost(2.0f));
}

TEST(LenienceTest, PhrasesThatCannotBeTakenAreLeftOutAndCounted) {
  std::string long_phrase;
  for (int i = 0; i < 11; ++i) long_phrase += "tea ";
  const std::vector<server::PhraseHint> bad = {
      {"", 1},
      {"$OOV_CLASS_DIGIT_SEQUENCE", 1},
      {"R2D2", 1},
      {"\xff\xfe", 1},
      {"茶", 1},
      {"tea", -1},
      {"tea", std::numeric_limits<float>::quiet_NaN()},
      {long_phrase, 1},
      {std::string(101, 't'), 1}};
  std::vector<std::string> lines;
  v1::RecognitionConfig config = WithHints(bad, WordModels(), &lines);
  EXPECT_TRUE(config.hot_words().empty());
  EXPECT_THAT(lines, ElementsAre(HasSubstr("phrases=9")));
  // One of them is no reason to lose the others.
  std::vector<server::PhraseHint> mixed = bad;
  mixed.push_back({"tea", 1});
  config = WithHints(mixed, WordModels());
  EXPECT_EQ(config.hot_words_size(), 1);
  EXPECT_TRUE(server::CheckConfig(config, "", WordModels(), ModelUse::kStream)
                  .status()
                  .ok());
}

TEST(LenienceTest, AsManyPhrasesAsTheNativeApiTakes) {
  std::vector<std::string> lines;
  const v1::RecognitionConfig config = WithHints(
      std::vector<server::PhraseHint>(501, {"tea", 1}), WordModels(), &lines);
  EXPECT_EQ(config.hot_words(0).phrases_size(), 500);
  EXPECT_THAT(lines, ElementsAre(HasSubstr("phrases=1 ")));
  EXPECT_TRUE(server::CheckConfig(config, "", WordModels(), ModelUse::kStream)
                  .status()
                  .ok());
}

TEST(LenienceTest, WithoutAWordSearchThereAreNoHotWords) {
  const v1::RecognitionConfig config =
      WithHints({{"tea", 10}}, BabblingModels());
  EXPECT_TRUE(config.hot_words().empty());
}

TEST(LenienceTest, ModelsThatAreNotThereAreTheDefaultOne) {
  v1::RecognitionConfig config;
  Lenience lenience(MixedModels(), ModelUse::kStream);
  lenience.SetModel("latest_long", &config);
  EXPECT_EQ(config.model(), "");
  EXPECT_THAT(Logged(lenience), ElementsAre(HasSubstr("latest_long")));
  // Nor can an offline model serve a stream.
  Lenience offline(MixedModels(), ModelUse::kStream);
  offline.SetModel("whole", &config);
  EXPECT_EQ(config.model(), "");
  Lenience recording(MixedModels(), ModelUse::kRecording);
  recording.SetModel("whole", &config);
  EXPECT_EQ(config.model(), "whole");
  EXPECT_THAT(Logged(recording), IsEmpty());
}

TEST(LenienceTest, TheFirstLanguageThatIsSpokenIsTaken) {
  v1::RecognitionConfig config;
  Lenience lenience(BabblingModels(), ModelUse::kStream);
  lenience.SetModel("", &config);
  const std::string spoken =
      BabblingModels().models().front()->bundle->language_code;
  lenience.SetLanguage({"xx-XX", spoken}, &config);
  EXPECT_EQ(config.language_code(), spoken);
  lenience.SetLanguage({"xx-XX", "yy-YY"}, &config);
  EXPECT_EQ(config.language_code(), "xx-XX");
}

}  // namespace
}  // namespace oido::test
