// What a codebook's bins hold.
#include "model/codebook.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace oido::model {
namespace {

TEST(CodebookTest, FewValuesStayAsTheyAre) {
  const Codebook codebook({-1.0f, 0.0f, 2.5f, -1.0f, -7.0f});
  ASSERT_EQ(codebook.centres().size(), 256u);
  for (const float value : {-7.0f, -1.0f, 0.0f, 2.5f})
    EXPECT_EQ(codebook.centres()[codebook.Encode(value)], value);
}

TEST(CodebookTest, OnlyZeroBecomesZero) {
  std::vector<float> values = {0.0f};
  for (int i = 1; i <= 2000; ++i) {
    values.push_back(static_cast<float>(i) * 1e-6f);
    values.push_back(static_cast<float>(-i) * 1e-6f);
  }
  const Codebook codebook(values);
  for (const float value : values) {
    EXPECT_EQ(codebook.centres()[codebook.Encode(value)] == 0.0f, value == 0.0f)
        << value;
  }
}

TEST(CodebookTest, NearestCentreIsChosen) {
  std::mt19937 random(1);
  std::normal_distribution<float> spread(-3.0f, 2.0f);
  std::vector<float> values;
  for (int i = 0; i < 5000; ++i) values.push_back(spread(random));
  const Codebook codebook(values);
  for (const float value : values) {
    float nearest = codebook.centres()[0];
    for (const float centre : codebook.centres()) {
      if (std::abs(centre - value) < std::abs(nearest - value))
        nearest = centre;
    }
    EXPECT_FLOAT_EQ(
        std::abs(codebook.centres()[codebook.Encode(value)] - value),
        std::abs(nearest - value));
  }
}

TEST(CodebookTest, NoValuesAreNoProblem) {
  EXPECT_EQ(Codebook({}).centres().size(), 256u);
}

}  // namespace
}  // namespace oido::model
