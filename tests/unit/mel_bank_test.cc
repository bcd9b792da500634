// Tests the mel filterbank by the properties that define it.
#include "features/mel_bank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace oido::features {
namespace {

TEST(MelBankTest, MelScaleHasItsFixedPoints) {
  EXPECT_DOUBLE_EQ(HzToMel(0.0), 0.0);
  // 1000 mel is 1000 Hz to the rounding of 1127.
  EXPECT_NEAR(HzToMel(1000.0), 1000.0, 0.02);
}

TEST(MelBankTest, NeighboursShareEachLineBetweenTheirCentres) {
  const auto bank = MelBank::Create({});
  ASSERT_TRUE(bank.ok()) << bank.status();
  std::vector<float> sum(257, 0.0f);
  for (int b = 0; b < bank->bins(); ++b) {
    const std::vector<float> row = bank->Row(b);
    for (size_t k = 0; k < row.size(); ++k) sum[k] += row[k];
  }
  // From the first centre (42 Hz, before line 2) to the last (7353 Hz, behind
  // line 235).
  for (size_t k = 2; k <= 235; ++k)
    EXPECT_NEAR(sum[k], 1.0f, 1e-5f) << "line " << k;
  EXPECT_EQ(sum[0], 0.0f);
  EXPECT_EQ(sum[256], 0.0f);
}

TEST(MelBankTest, ApplyIsTheProductWithItsRows) {
  const auto bank = MelBank::Create({.bins = 10, .high_hz = 8000.0f});
  ASSERT_TRUE(bank.ok()) << bank.status();
  std::vector<float> power(257);
  for (size_t k = 0; k < power.size(); ++k)
    power[k] = static_cast<float>(k * k % 101);
  std::vector<float> energies(10);
  bank->Apply(power, absl::MakeSpan(energies));
  for (int b = 0; b < 10; ++b) {
    const std::vector<float> row = bank->Row(b);
    double expected = 0.0;
    for (size_t k = 0; k < row.size(); ++k)
      expected += static_cast<double>(row[k]) * power[k];
    EXPECT_NEAR(energies[b], expected, 1e-4 * expected);
  }
}

TEST(MelBankTest, RefusesBinsNarrowerThanALine) {
  const auto bank = MelBank::Create({.bins = 200});
  EXPECT_EQ(bank.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(bank.status().message()),
              testing::HasSubstr("mel_bins is 200"));
}

}  // namespace
}  // namespace oido::features
