// Damaged bundles never crash the loader, and never load unnoticed.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>

#include "model/acoustic_model.h"
#include "model/bundle.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

constexpr int kMutationsPerFile = 300;

// One random edit: a byte changed, bytes removed, bytes repeated, or the end
// cut.
std::string Mutated(std::string bytes, std::mt19937& random) {
  const size_t place = random() % bytes.size();
  const size_t length =
      1 + random() % std::min<size_t>(16, bytes.size() - place);
  switch (random() % 4) {
    case 0:
      bytes[place] = static_cast<char>(random());
      break;
    case 1:
      bytes.erase(place, length);
      break;
    case 2:
      bytes.insert(place, bytes.substr(place, length));
      break;
    default:
      bytes.resize(place);
  }
  return bytes;
}

class BundleMutationTest
    : public ::testing::TestWithParam<std::tuple<const char*, Precision>> {};

TEST_P(BundleMutationTest, LoadsWholeOrIsRefused) {
  const test::TempDir directory;
  const auto [file, precision] = GetParam();
  test::WriteBundle(
      test::RandomBundle({1, 4, 8, 6, Direction::kUnidirectional, 5, precision},
                         3),
      directory.path());
  const std::string path = directory.File(file);
  const std::string intact = test::ReadFile(path);
  int refused = 0;
  for (uint32_t seed = 0; seed < kMutationsPerFile; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string damaged = intact;
    // Half of the edits hit the container's header, where they hurt most.
    if (seed % 2 == 0 && intact.size() > 512) {
      damaged = Mutated(intact.substr(0, 512), random) + intact.substr(512);
    } else {
      damaged = Mutated(intact, random);
    }
    test::WriteFile(path, damaged);
    const auto bundle = LoadBundle(directory.path());
    if (bundle.ok()) {
      // A change that means nothing (a space), or of a value within its range.
      EXPECT_TRUE(AcousticModel::Create(**bundle).ok());
      continue;
    }
    ++refused;
    EXPECT_NE(bundle.status().message().find(directory.path()),
              std::string::npos)
        << bundle.status();
  }
  EXPECT_GT(refused, kMutationsPerFile / 2);
}

TEST(BundleBitFlipTest, FlippedBitInAnyByteOfTheWeightsIsNoticed) {
  const test::TempDir directory;
  test::WriteBundle(test::RandomBundle({1, 1, 1, 2}, 3), directory.path());
  const std::string path = directory.File("weights.safetensors");
  const std::string intact = test::ReadFile(path);
  const auto original = LoadBundle(directory.path());
  ASSERT_TRUE(original.ok()) << original.status();
  std::mt19937 random(1);
  for (size_t byte = 0; byte < intact.size(); ++byte) {
    const int bit = static_cast<int>(random() % 8);
    std::string damaged = intact;
    damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
    test::WriteFile(path, damaged);
    EXPECT_FALSE(LoadBundle(directory.path()).ok())
        << "byte " << byte << ", bit " << bit;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, BundleMutationTest,
    ::testing::Combine(::testing::Values("bundle.textproto", "tokens.txt",
                                         "phones.txt", "weights.safetensors"),
                       ::testing::Values(Precision::kFloat, Precision::kInt8)));

}  // namespace
}  // namespace oido::model
