// Tests of the safetensors parser and the typed look-up on top of it.
#include "model/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "model/sha256.h"
#include "model/weights.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string LittleEndian64(uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
  return bytes;
}

std::string Container(const std::string& header, const std::string& data) {
  return absl::StrCat(LittleEndian64(header.size()), header, data);
}

TEST(SafetensorsTest, FindsEveryTensor) {
  const std::string container = Container(
      R"({"__metadata__": {"format": "pt"},
          "b": {"dtype": "F16", "shape": [2, 1], "data_offsets": [8, 12]},
          "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
          "scalar": {"dtype": "F32", "shape": [], "data_offsets": [12, 16]}})",
      "AAAAaaaaBbCcSSSS");
  const auto tensors = ParseSafetensors(container);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  ASSERT_EQ(tensors->size(), 3u);
  EXPECT_EQ(tensors->at("a").bytes, "AAAAaaaa");
  EXPECT_THAT(tensors->at("a").shape, ElementsAre(2));
  EXPECT_EQ(tensors->at("b").bytes, "BbCc");
  EXPECT_EQ(tensors->at("b").dtype, "F16");
  EXPECT_EQ(tensors->at("scalar").bytes, "SSSS");
}

struct BadContainer {
  std::string bytes;
  std::string message;
};

class BadSafetensorsTest : public ::testing::TestWithParam<BadContainer> {};

TEST_P(BadSafetensorsTest, IsRefused) {
  const auto tensors = ParseSafetensors(GetParam().bytes);
  EXPECT_EQ(tensors.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(tensors.status().message()),
              HasSubstr(GetParam().message));
}

// One tensor "t" whose header entry is `entry`, with 8 bytes of data.
BadContainer Entry(const std::string& entry, const std::string& message) {
  return {Container(absl::StrCat("{\"t\": ", entry, "}"), "12345678"), message};
}

INSTANTIATE_TEST_SUITE_P(
    Lengths, BadSafetensorsTest,
    ::testing::Values(
        BadContainer{"", "truncated: 0 bytes"},
        BadContainer{"1234567", "truncated: 7 bytes"},
        BadContainer{LittleEndian64(3) + "{}",
                     "header length is 3 bytes, but only 2 follow"},
        BadContainer{LittleEndian64(~uint64_t{0}) + "{}",
                     "header length is 18446744073709551615"},
        BadContainer{LittleEndian64(uint64_t{1} << 63) + "{}",
                     "at most 1048576"},
        BadContainer{Container("{}", "x"), "1 bytes of data, 0 expected"}));

INSTANTIATE_TEST_SUITE_P(
    Headers, BadSafetensorsTest,
    ::testing::Values(
        BadContainer{Container("", ""), "not a JSON object"},
        BadContainer{Container("[]", ""), "not a JSON object"},
        BadContainer{Container("{\"t\":", ""), "not a JSON object"},
        BadContainer{Container("{\"\xFF\": 1}", ""), "not a JSON object"},
        BadContainer{Container(std::string(100000, '['), ""),
                     "not a JSON object"},
        Entry("1", "tensor t: header entry is not an object"),
        Entry(R"({"shape": [2], "data_offsets": [0, 8]})", "dtype is \"\""),
        Entry(R"({"dtype": "I64", "shape": [1], "data_offsets": [0, 8]})",
              "tensor t: dtype is \"I64\", \"F32\", \"F16\" or \"I8\" expected"),
        Entry(R"({"dtype": 32, "shape": [2], "data_offsets": [0, 8]})",
              "dtype is \"\"")));

INSTANTIATE_TEST_SUITE_P(
    Shapes, BadSafetensorsTest,
    ::testing::Values(
        Entry(R"({"dtype": "F32", "data_offsets": [0, 8]})",
              "shape is not an array"),
        Entry(
            R"({"dtype": "F32", "shape": [1,1,1,1,1,1,1,1,2], "data_offsets": [0, 8]})",
            "shape is not an array of at most 8"),
        Entry(R"({"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]})",
              "positive integer"),
        Entry(R"({"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]})",
              "positive integer"),
        Entry(R"({"dtype": "F32", "shape": [0, 2], "data_offsets": [0, 0]})",
              "positive integer"),
        Entry(
            R"({"dtype": "F32", "shape": [9223372036854775808], "data_offsets": [0, 8]})",
            "positive integer"),
        // 2^62 * 4 bytes and 2^33 * 2^31 * 4 bytes are 0 modulo 2^64.
        Entry(
            R"({"dtype": "F32", "shape": [4611686018427387904], "data_offsets": [0, 0]})",
            "is too large"),
        Entry(
            R"({"dtype": "F32", "shape": [8589934592, 2147483648], "data_offsets": [0, 0]})",
            "is too large"),
        Entry(R"({"dtype": "F32", "shape": [3], "data_offsets": [0, 8]})",
              "shape [3] of F32 takes 12 bytes, but data_offsets [0, 8] hold "
              "8")));

INSTANTIATE_TEST_SUITE_P(
    Offsets, BadSafetensorsTest,
    ::testing::Values(
        Entry(R"({"dtype": "F32", "shape": [2]})",
              "data_offsets is not an array"),
        Entry(R"({"dtype": "F32", "shape": [2], "data_offsets": [0]})",
              "data_offsets is not"),
        Entry(R"({"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]})",
              "data_offsets is not"),
        Entry(R"({"dtype": "F32", "shape": [2], "data_offsets": [0, 1e3]})",
              "data_offsets is not"),
        Entry(R"({"dtype": "F32", "shape": [2], "data_offsets": [4, 12]})",
              "not within the 8 bytes of data"),
        Entry(R"({"dtype": "F32", "shape": [2], "data_offsets": [8, 0]})",
              "not within"),
        Entry(
            R"({"dtype": "F32", "shape": [2], "data_offsets": [18446744073709551608, 0]})",
            "not within"),
        Entry(R"({"dtype": "F32", "shape": [1], "data_offsets": [4, 8]})",
              "tensor t: begins at byte 4 of the data, 0 expected"),
        Entry(R"({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]})",
              "8 bytes of data, 4 expected"),
        Entry(R"({"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                 "u": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]})",
              "tensor u: begins at byte 4 of the data, 8 expected")));

class WeightsTest : public ::testing::Test {
 protected:
  absl::StatusOr<Weights> Open(const test::TestTensors& tensors) {
    test::WriteFile(directory_.File("w"), test::Safetensors(tensors));
    return Weights::Open(directory_.File("w"));
  }
  test::TempDir directory_;
};

test::TestTensor HalfTensor(std::vector<int64_t> shape,
                            const std::vector<uint16_t>& halves) {
  test::TestTensor tensor{"F16", std::move(shape), ""};
  for (const uint16_t half : halves) {
    tensor.bytes += static_cast<char>(half & 0xFF);
    tensor.bytes += static_cast<char>(half >> 8);
  }
  return tensor;
}

TEST_F(WeightsTest, GivesFloatsAsStored) {
  const auto weights =
      Open({{"t", test::FloatTensor({2, 2}, {1.0f, -0.5f, 3e-41f, 3e38f})}});
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_THAT(*weights->Floats("t", {2, 2}),
              ElementsAre(1.0f, -0.5f, 3e-41f, 3e38f));
}

// Values from IEEE 754-2019, binary16: 1, -2, largest, smallest normal, largest
// and smallest subnormal, 1/3 rounded.
TEST_F(WeightsTest, WidensHalvesExactly) {
  const auto weights =
      Open({{"t", HalfTensor({8}, {0x3C00, 0xC000, 0x7BFF, 0x0400, 0x03FF,
                                   0x0001, 0x3555, 0x8000})}});
  ASSERT_TRUE(weights.ok()) << weights.status();
  const std::vector<float> values = *weights->Floats("t", {8});
  EXPECT_THAT(values,
              ElementsAre(1.0f, -2.0f, 65504.0f, std::ldexp(1.0f, -14),
                          std::ldexp(1023.0f, -24), std::ldexp(1.0f, -24),
                          0.333251953125f, 0.0f));
  EXPECT_TRUE(std::signbit(values.back()));
}

TEST_F(WeightsTest, SaysWhichTensorIsMissingOrMisshaped) {
  const auto weights = Open({{"t", test::FloatTensor({2, 2}, {1, 2, 3, 4})}});
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_THAT(weights->Floats("u", {4}).status().ToString(),
              HasSubstr("tensor u is missing"));
  EXPECT_THAT(weights->Floats("t", {4}).status().ToString(),
              HasSubstr("tensor t: shape is [2, 2], [4] expected"));
}

TEST_F(WeightsTest, RefusesValuesThatAreNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto weights = Open({{"f", test::FloatTensor({2}, {1.0f, nan})},
                             {"h", HalfTensor({2}, {0x7C00, 0})},
                             {"n", HalfTensor({2}, {0, 0x7E00})}});
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_THAT(weights->Floats("f", {2}).status().ToString(),
              HasSubstr("tensor f: value 1 is nan"));
  EXPECT_THAT(weights->Floats("h", {2}).status().ToString(),
              HasSubstr("tensor h: value 0 is inf"));
  EXPECT_THAT(weights->Floats("n", {2}).status().ToString(),
              HasSubstr("tensor n: value 1 is nan"));
}

TEST_F(WeightsTest, RefusesWhatIsNoFile) {
  EXPECT_EQ(Weights::Open(directory_.File("none")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(Weights::Open(directory_.path()).status().ToString(),
              HasSubstr("not a regular file"));
  test::WriteFile(directory_.File("empty"), "");
  EXPECT_THAT(Weights::Open(directory_.File("empty")).status().ToString(),
              HasSubstr("truncated"));
}

// FIPS 180-2, appendix B.1, and the empty message.
TEST(Sha256Test, GivesThePublishedDigests) {
  EXPECT_EQ(*Sha256Hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(*Sha256Hex(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace oido::model
