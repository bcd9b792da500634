// Tests of the bundle loader: phone heads and int8 models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "model/bundle.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

using ::testing::HasSubstr;

class BundleTest : public ::testing::Test {
 protected:
  BundleTest() = default;

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

class PhonesTest : public BundleTest {
 protected:
  PhonesTest() {
    bundle_ =
        test::RandomBundle({2, 8, 16, 8, Direction::kUnidirectional, 5}, 7);
  }
};

TEST_F(PhonesTest, PhonesFileIsNeeded) {
  bundle_.phones.clear();
  EXPECT_THAT(LoadError(), HasSubstr("/phones.txt"));
}

TEST_F(PhonesTest, PhonesHashIsChecked) {
  bundle_.phones[3].push_back('z');
  EXPECT_THAT(LoadError(), HasSubstr("/phones.txt: SHA-256 is "));
}

TEST_F(PhonesTest, CountOfPhonesIsChecked) {
  bundle_.phones.push_back("z");
  test::Describe(&bundle_);
  EXPECT_THAT(
      LoadError(),
      HasSubstr("/phones.txt: 6 tokens, acoustic_model.phones 5 expected"));
}

TEST_F(PhonesTest, TensorsOfTheHeadAreNeeded) {
  bundle_.tensors.erase("phones.bias");
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(), HasSubstr("tensors: phones.bias: is missing"));
}

TEST_F(PhonesTest, HeadWithoutPhonesInTheConfigurationIsRefused) {
  bundle_.config.mutable_acoustic_model()->set_phones(0);
  EXPECT_THAT(LoadError(), HasSubstr("phones.bias: is not a tensor of this"));
}

class Int8BundleTest : public BundleTest {
 protected:
  Int8BundleTest() {
    bundle_ = test::RandomBundle(
        {2, 8, 16, 8, Direction::kUnidirectional, 5, Precision::kInt8}, 7);
  }

  // What the loader says if value 3 of `tensor` is `value`.
  std::string ErrorWith(const std::string& tensor, float value) {
    test::TestTensor& scale = bundle_.tensors.at(tensor);
    std::memcpy(&scale.bytes[12], &value, sizeof(value));
    test::Describe(&bundle_);
    return LoadError();
  }
};

TEST_F(Int8BundleTest, Loads) {
  const auto bundle = Load();
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ((*bundle)->acoustic_model.precision, Precision::kInt8);
}

TEST_F(Int8BundleTest, ScalesArePositiveAndFinite) {
  EXPECT_THAT(ErrorWith("lstm.1.weight.scale", 0.0f),
              HasSubstr("tensor lstm.1.weight.scale: value 3 is 0, one > 0"));
  EXPECT_THAT(ErrorWith("lstm.1.weight.scale", std::nanf("")),
              HasSubstr("tensor lstm.1.weight.scale: value 3 is nan"));
}

TEST_F(Int8BundleTest, RangesArePositiveAndFinite) {
  EXPECT_THAT(ErrorWith("input.range", -1.0f),
              HasSubstr("tensor input.range: value 3 is -1, one > 0"));
  EXPECT_THAT(ErrorWith("input.range", INFINITY),
              HasSubstr("tensor input.range: value 3 is inf, a finite one"));
}

TEST_F(Int8BundleTest, ScalesAreNeeded) {
  bundle_.tensors.erase("phones.weight.scale");
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(), HasSubstr("phones.weight.scale: is missing"));
}

TEST_F(Int8BundleTest, ScalesAreSinglePrecision) {
  test::TestTensor& scale = bundle_.tensors.at("output.weight.scale");
  scale.dtype = "F16";
  scale.bytes.resize(scale.bytes.size() / 2);
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(), HasSubstr("output.weight.scale: dtype is \"F16\", "
                                     "\"F32\" expected"));
}

TEST_F(Int8BundleTest, MatricesAreIntegers) {
  bundle_.tensors["output.weight"] =
      test::FloatTensor({8, 16}, std::vector<float>(8 * 16, 1.0f));
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(),
              HasSubstr("output.weight: dtype is \"F32\", \"I8\" expected"));
}

TEST_F(Int8BundleTest, FloatModelHasNoIntegers) {
  bundle_.config.mutable_acoustic_model()->set_precision(
      config::AcousticModelConfig::FLOAT);
  EXPECT_THAT(LoadError(), HasSubstr("lstm.0.weight_ih: dtype is \"I8\", "
                                     "\"F32\" or \"F16\" expected"));
}

TEST_F(Int8BundleTest, BidirectionalHasScalesForBothWaysAndNoRange) {
  bundle_ = test::RandomBundle(
      {2, 8, 16, 8, Direction::kBidirectional, 5, Precision::kInt8}, 7);
  EXPECT_TRUE(Load().ok()) << Load().status();
  const test::TestBundle complete = bundle_;
  bundle_.tensors["input.range"] =
      test::FloatTensor({24}, std::vector<float>(24, 1.0f));
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(), HasSubstr("input.range: is not a tensor of this"));
  bundle_ = complete;
  bundle_.tensors.erase("lstm.1.weight.scale_reverse");
  test::Describe(&bundle_);
  EXPECT_THAT(LoadError(),
              HasSubstr("lstm.1.weight.scale_reverse: is missing"));
}

}  // namespace
}  // namespace oido::model
