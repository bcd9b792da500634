// Loading what a bundle has for finding words.
#include "model/decoder_resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <limits>
#include <utility>

#include "model/sha256.h"
#include "oido/config/model_bundle.pb.h"
#include "tests/support/decoder_files.h"

namespace oido::model {
namespace {

using ::testing::HasSubstr;

class DecoderResourcesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto language_model = test::MakeLanguageModel(
        test::TestArpa(), directory_, LmValues::kQuantised);
    test::MakeLexicon(test::TestLexicon(), test::TestPhones(), *language_model,
                      directory_);
    config_.set_language_model_sha256(HashOf("language_model.bin"));
    config_.set_lexicon_sha256(HashOf("lexicon.bin"));
    config_.set_lm_weight(0.9f);
    config_.set_word_insertion(-1.5f);
  }

  std::string HashOf(const char* name) const {
    return *Sha256Hex(test::ReadFile(directory_.File(name)));
  }
  absl::StatusOr<std::shared_ptr<const DecoderResources>> Load() const {
    return LoadDecoderResources(directory_.path(), config_, test::TestPhones());
  }
  void ExpectError(absl::StatusCode code, absl::string_view message) const {
    const absl::Status status = Load().status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(message)));
  }

  test::TempDir directory_;
  config::WordSearchConfig config_;
};

TEST_F(DecoderResourcesTest, TakesFilesAndSettings) {
  const auto resources = Load();
  ASSERT_TRUE(resources.ok()) << resources.status();
  EXPECT_TRUE((*resources)->language_model->Find("cat").has_value());
  EXPECT_GT((*resources)->lexicon->nodes(), 1u);
  EXPECT_FLOAT_EQ((*resources)->options.lm_weight, 0.9f);
  EXPECT_FLOAT_EQ((*resources)->options.word_insertion, -1.5f);
  EXPECT_FLOAT_EQ((*resources)->options.blank_penalty, 0.0f);
  EXPECT_EQ((*resources)->options.beam_size, WordSearchOptions().beam_size);
}

TEST_F(DecoderResourcesTest, RefusesSettingsOutOfRange) {
  config_.set_lm_weight(11.0f);
  ExpectError(absl::StatusCode::kInvalidArgument,
              "decoder.word_search.lm_weight is 11, must be in 0..10");
  config_.set_lm_weight(1.0f);
  config_.set_beam_size(-1);
  ExpectError(absl::StatusCode::kInvalidArgument, "beam_size is -1");
  config_.set_beam_size(8);
  config_.set_blank_skip_threshold(0.4f);
  ExpectError(absl::StatusCode::kInvalidArgument,
              "blank_skip_threshold is 0.4, must be in 0.5..1");
  config_.set_blank_skip_threshold(0.9f);
  EXPECT_FLOAT_EQ((*Load())->options.blank_skip_threshold, 0.9f);
  config_.set_word_insertion(std::numeric_limits<float>::quiet_NaN());
  ExpectError(absl::StatusCode::kInvalidArgument, "word_insertion is nan");
}

TEST_F(DecoderResourcesTest, RefusesOtherFilesThanDescribed) {
  config_.set_lexicon_sha256("00");
  ExpectError(absl::StatusCode::kDataLoss, "lexicon.bin: SHA-256 is ");
  config_.set_lexicon_sha256(HashOf("lexicon.bin"));
  config_.set_language_model_sha256("00");
  ExpectError(absl::StatusCode::kDataLoss, "language_model.bin: SHA-256 is ");
}

TEST_F(DecoderResourcesTest, RefusesOtherPhones) {
  auto phones = test::TestPhones();
  std::swap(phones[1], phones[2]);
  const auto resources =
      LoadDecoderResources(directory_.path(), config_, phones);
  EXPECT_EQ(resources.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(resources.status().message()),
              HasSubstr("other phones"));
}

TEST_F(DecoderResourcesTest, MissingFileIsNotFound) {
  std::remove(directory_.File("lexicon.bin").c_str());
  ExpectError(absl::StatusCode::kNotFound, "lexicon.bin");
}

}  // namespace
}  // namespace oido::model
