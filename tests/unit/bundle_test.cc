// Tests of the bundle loader: what it reads and which files it refuses.
#include "model/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

using ::testing::HasSubstr;

class BundleTest : public ::testing::Test {
 protected:
  BundleTest() : bundle_(test::RandomBundle({}, 7)) {}

  // Writes bundle_ and loads it.
  absl::StatusOr<std::shared_ptr<const Bundle>> Load() {
    test::WriteBundle(bundle_, directory_.path());
    return LoadBundle(directory_.path());
  }
  std::string LoadError() {
    const auto loaded = Load();
    EXPECT_FALSE(loaded.ok());
    return loaded.status().ToString();
  }

  test::TempDir directory_;
  test::TestBundle bundle_;
};

TEST(TinyBundleTest, LoadsWhatTheTrainingRecipeWrites) {
  const auto bundle = LoadBundle("tests/data/tiny_bundle");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ((*bundle)->name, "tiny-random");
  EXPECT_EQ((*bundle)->version, "1");
  EXPECT_EQ((*bundle)->language_code, "en-US");
  EXPECT_EQ((*bundle)->acoustic_model.layers, 2);
  EXPECT_EQ((*bundle)->acoustic_model.input_size, 24);
  EXPECT_EQ((*bundle)->acoustic_model.hidden_size, 16);
  EXPECT_EQ((*bundle)->acoustic_model.tokens, 8);
  EXPECT_EQ((*bundle)->tokens.size(), 8);
  EXPECT_EQ((*bundle)->frontend->mean.size(), 8u);
  EXPECT_EQ((*bundle)->decoder.step_ms, 30);
  EXPECT_EQ((*bundle)->decoder.emission_delay_ms, 60);
}

TEST(TinyBundleTest, LoadsAPhoneHead) {
  const auto bundle = LoadBundle("tests/data/tiny_bundle");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ((*bundle)->acoustic_model.phones, 4);
  EXPECT_EQ((*bundle)->acoustic_model.outputs(), 12);
  ASSERT_EQ((*bundle)->phones.size(), 4);
  EXPECT_EQ((*bundle)->phones[1].text, "AA");
}

TEST(TinyBundleTest, LoadsABidirectionalModel) {
  const auto bundle = LoadBundle("tests/data/tiny_bidirectional");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ((*bundle)->acoustic_model.direction, Direction::kBidirectional);
  EXPECT_EQ((*bundle)->acoustic_model.hidden_size, 16);
  EXPECT_EQ((*bundle)->acoustic_model.output_size(), 32);
  EXPECT_EQ((*bundle)->acoustic_model.phones, 0);
  EXPECT_EQ((*bundle)->acoustic_model.outputs(), 8);
  EXPECT_EQ((*bundle)->phones.size(), 0);
  EXPECT_EQ((*bundle)->acoustic_model.layer_input_size(0), 24);
  EXPECT_EQ((*bundle)->acoustic_model.layer_input_size(1), 32);
}

class BidirectionalBundleTest : public BundleTest {
 protected:
  BidirectionalBundleTest() {
    bundle_ = test::RandomBundle({2, 8, 16, 8, Direction::kBidirectional}, 7);
  }
};

TEST_F(BidirectionalBundleTest, NeedsEveryTensorOfTheReverseDirection) {
  ASSERT_EQ(Load().status(), absl::OkStatus());
  const test::TestBundle intact = bundle_;
  for (const char* name : {"lstm.0.weight_ih_reverse", "lstm.1.bias_reverse"}) {
    bundle_ = intact;
    bundle_.tensors.erase(name);
    test::Describe(&bundle_);
    EXPECT_THAT(LoadError(), HasSubstr(absl::StrCat("/bundle.textproto: tensors"
                                                    ": ",
                                                    name, ": is missing")));
  }
}

TEST_F(BidirectionalBundleTest, UpperLayersTakeBothDirections) {
  bundle_.tensors["lstm.1.weight_ih_reverse"] =
      test::FloatTensor({64, 16}, std::vector<float>(64 * 16));
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(), HasSubstr("lstm.1.weight_ih_reverse: shape is "
                                     "[64, 16], [64, 32] expected"));
}

TEST_F(BidirectionalBundleTest, ForwardLayersHaveNoReverseTensors) {
  bundle_.config.mutable_acoustic_model()->set_forward_layers(1);
  EXPECT_THAT(LoadError(), HasSubstr("lstm.1.weight_ih: shape is [64, 32], "
                                     "[64, 16] expected"));
  bundle_ = test::RandomBundle(
      {2, 8, 16, 8, Direction::kBidirectional, 0, Precision::kFloat, 1}, 7);
  const auto bundle = Load();
  ASSERT_EQ(bundle.status(), absl::OkStatus());
  EXPECT_EQ((*bundle)->acoustic_model.layer_input_size(1), 16);
  EXPECT_EQ((*bundle)->acoustic_model.output_size(), 32);
  bundle_.tensors["lstm.0.bias_reverse"] =
      test::FloatTensor({64}, std::vector<float>(64));
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(),
              HasSubstr("lstm.0.bias_reverse: is not a tensor of this model"));
}

TEST_F(BidirectionalBundleTest, OutputLayerTakesBothDirections) {
  bundle_.tensors["output.weight"] =
      test::FloatTensor({8, 16}, std::vector<float>(8 * 16));
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(),
              HasSubstr("output.weight: shape is [8, 16], [8, 32] expected"));
}

TEST_F(BidirectionalBundleTest, ReverseTensorsAreNoneOfAStreamingModel) {
  bundle_.config.mutable_acoustic_model()->clear_direction();
  EXPECT_FALSE(Load().ok());
  bundle_ = test::RandomBundle({}, 7);
  bundle_.tensors["lstm.0.bias_reverse"] =
      test::FloatTensor({64}, std::vector<float>(64));
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(),
              HasSubstr("lstm.0.bias_reverse: is not a tensor of this model"));
}

TEST_F(BundleTest, FillsTheDecodersDefaults) {
  auto bundle = Load();
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ((*bundle)->decoder.endpoint_silence_ms, 800);
  EXPECT_EQ((*bundle)->decoder.max_utterance_ms, 20000);
  bundle_.config.mutable_decoder()->set_endpoint_silence_ms(500);
  bundle_.config.mutable_decoder()->set_max_utterance_ms(9000);
  bundle = Load();
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ((*bundle)->decoder.endpoint_silence_ms, 500);
  EXPECT_EQ((*bundle)->decoder.max_utterance_ms, 9000);
}

TEST_F(BundleTest, NormalisesAsTheTensorsSay) {
  bundle_.tensors["frontend.mean"] =
      test::FloatTensor({8}, {1, 2, 3, 4, 5, 6, 7, 8});
  test::Describe(&bundle_);
  const auto bundle = Load();
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_THAT((*bundle)->frontend->mean,
              ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_F(BundleTest, MissingFilesAreNotFound) {
  for (const char* name :
       {"bundle.textproto", "tokens.txt", "weights.safetensors"}) {
    test::WriteBundle(bundle_, directory_.path());
    std::filesystem::remove(directory_.File(name));
    const auto bundle = LoadBundle(directory_.path());
    EXPECT_EQ(bundle.status().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(bundle.status().ToString(), HasSubstr(directory_.File(name)));
  }
  EXPECT_EQ(LoadBundle(directory_.File("none")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(BundleTest, FifoInPlaceOfAFileIsRefusedAtOnce) {
  ASSERT_EQ(mkfifo(directory_.File("bundle.textproto").c_str(), 0600), 0);
  EXPECT_THAT(LoadBundle(directory_.path()).status().ToString(),
              HasSubstr("not a regular file"));
}

TEST_F(BundleTest, FlippedBitOfAnyTensorIsBlamedOnIt) {
  const test::TestBundle intact = bundle_;
  for (const auto& [name, tensor] : intact.tensors) {
    bundle_ = intact;
    bundle_.tensors[name].bytes[tensor.bytes.size() / 2] ^= 1;
    const auto loaded = Load();
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(loaded.status().ToString(),
                HasSubstr(absl::StrCat("/weights.safetensors: tensor ", name,
                                       ": SHA-256 is ")));
  }
}

TEST_F(BundleTest, TensorMissingInTheFileIsNamed) {
  const test::TestBundle intact = bundle_;
  for (const auto& [name, tensor] : intact.tensors) {
    bundle_ = intact;
    bundle_.tensors.erase(name);
    EXPECT_THAT(LoadError(),
                HasSubstr(absl::StrCat("/weights.safetensors: tensor ", name,
                                       ": is missing")));
  }
}

TEST_F(BundleTest, TensorTooManyInTheFileIsNamed) {
  bundle_.tensors["lstm.2.bias"] = test::FloatTensor({1}, {0.0f});
  EXPECT_THAT(LoadError(),
              HasSubstr("/weights.safetensors: tensor lstm.2.bias: is not a "
                        "tensor of this model"));
}

TEST_F(BundleTest, TransposedTensorIsNamed) {
  bundle_.tensors["lstm.0.weight_ih"].shape = {24, 64};
  EXPECT_THAT(
      LoadError(),
      HasSubstr("/weights.safetensors: tensor lstm.0.weight_ih: shape is "
                "[24, 64], [64, 24] expected"));
}

TEST_F(BundleTest, TensorOfAnotherTypeIsNamed) {
  test::TestTensor& tensor = bundle_.tensors["output.bias"];
  tensor.dtype = "F16";
  tensor.bytes.resize(tensor.bytes.size() / 2);
  EXPECT_THAT(LoadError(),
              HasSubstr("tensor output.bias: dtype is F16, F32 expected"));
}

TEST_F(BundleTest, HalfPrecisionTensorsAreAccepted) {
  test::TestTensor& tensor = bundle_.tensors["output.bias"];
  tensor.dtype = "F16";
  tensor.bytes.assign(tensor.bytes.size() / 2, '\0');
  test::Describe(&bundle_);
  EXPECT_EQ(Load().status(), absl::OkStatus());
}

TEST_F(BundleTest, NanInAnyTensorIsBlamedOnIt) {
  const test::TestBundle intact = bundle_;
  for (const auto& [name, tensor] : intact.tensors) {
    bundle_ = intact;
    bundle_.tensors[name].bytes.replace(4, 4, "\xFF\xFF\xFF\xFF");
    test::Describe(&bundle_);
    EXPECT_THAT(LoadError(),
                HasSubstr(absl::StrCat("tensor ", name, ": value 1 is ")));
  }
}

TEST_F(BundleTest, DeviationOfZeroIsRefused) {
  bundle_.tensors["frontend.inverse_stddev"] =
      test::FloatTensor({8}, {1, 1, 0, 1, 1, 1, 1, 1});
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(), HasSubstr("frontend: inverse_stddev[2] is 0"));
}

TEST_F(BundleTest, TruncatedWeightsAreRefused) {
  const std::string whole = test::Safetensors(bundle_.tensors);
  for (const size_t size :
       {size_t{0}, size_t{7}, size_t{8}, whole.size() / 2, whole.size() - 1}) {
    test::WriteBundle(bundle_, directory_.path());
    test::WriteFile(directory_.File("weights.safetensors"),
                    whole.substr(0, size));
    const auto loaded = LoadBundle(directory_.path());
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_THAT(loaded.status().ToString(), HasSubstr("/weights.safetensors: "))
        << size;
  }
}

TEST_F(BundleTest, ChangedTokensAreRefused) {
  bundle_.tokens[3] = "z";
  EXPECT_THAT(LoadError(), HasSubstr("/tokens.txt: SHA-256 is "));
}

TEST_F(BundleTest, WrongNumberOfTokensIsRefused) {
  bundle_.tokens.push_back("z");
  test::Describe(&bundle_);
  EXPECT_THAT(
      LoadError(),
      HasSubstr("/tokens.txt: 9 tokens, acoustic_model.tokens 8 expected"));
}

TEST_F(BundleTest, BadTokenIsReportedWithItsLine) {
  bundle_.tokens[3] = "a b";
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(), HasSubstr("/tokens.txt: line 4: "));
}

}  // namespace
}  // namespace oido::model
