// Cuts a batch into the tiles that there are steps for.
#ifndef OIDO_MODEL_TILE_PLAN_H_
#define OIDO_MODEL_TILE_PLAN_H_

#include <cstddef>
#include <vector>

namespace oido::model {

// Immutable. A tile costs its rows, filled or not, and about two rows more for
// the weights that come from memory.
class TilePlan {
 public:
  // `sizes` of the tiles in rows, rising.
  // REQUIRES: the first is 1.
  explicit TilePlan(const std::vector<size_t>& sizes);

  // Index of the size that the first tile of `rows` rows has, where all tiles
  // together cost the least; as large as may be.
  // REQUIRES: rows > 0.
  size_t First(size_t rows) const {
    return rows < first_.size() ? first_[rows] : first_.back();
  }

 private:
  std::vector<size_t> first_;  // by rows, up to the largest size
};

}  // namespace oido::model

#endif  // OIDO_MODEL_TILE_PLAN_H_
