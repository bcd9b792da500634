// Batches cut into tiles: all rows are there, and few that nobody reads.
#include "model/tile_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace oido::model {
namespace {

using Sizes = std::vector<size_t>;

Sizes Cut(const Sizes& sizes, size_t rows) {
  const TilePlan plan(sizes);
  Sizes tiles;
  while (rows > 0) {
    tiles.push_back(sizes[plan.First(rows)]);
    rows -= std::min(rows, tiles.back());
  }
  return tiles;
}

const Sizes kPowers = {1, 2, 4, 8, 16, 32, 64};

TEST(TilePlanTest, ABatchOfATilesSizeIsOneTile) {
  for (const size_t size : kPowers) EXPECT_EQ(Cut(kPowers, size), Sizes{size});
}

TEST(TilePlanTest, ABatchLittleAboveATilesSizeIsNotFilledUpToTheNext) {
  EXPECT_EQ(Cut(kPowers, 17), (Sizes{16, 1}));
  EXPECT_EQ(Cut(kPowers, 20), (Sizes{16, 4}));
  EXPECT_EQ(Cut(kPowers, 41), (Sizes{32, 8, 1}));
}

TEST(TilePlanTest, ABatchLittleBelowATilesSizeIsFilledUp) {
  EXPECT_EQ(Cut(kPowers, 3), Sizes{4});
  EXPECT_EQ(Cut(kPowers, 62), Sizes{64});
}

TEST(TilePlanTest, ALargeBatchIsLargestTilesAndARest) {
  EXPECT_EQ(Cut(kPowers, 3 * 64 + 16), (Sizes{64, 64, 64, 16}));
}

TEST(TilePlanTest, FewRowsAreOfNoUse) {
  for (size_t rows = 1; rows <= 512; ++rows) {
    size_t computed = 0;
    for (const size_t tile : Cut(kPowers, rows)) computed += tile;
    EXPECT_GE(computed, rows);
    EXPECT_LE(computed, rows + 6) << rows;
  }
}

TEST(TilePlanTest, OneSizeWillDo) { EXPECT_EQ(Cut({1}, 3), (Sizes{1, 1, 1})); }

}  // namespace
}  // namespace oido::model
