// Bins of equally many values.
#include "model/codebook.h"

#include <algorithm>
#include <numeric>

#include "model/language_model_file.h"

namespace oido::model {

Codebook::Codebook(std::vector<float> values) {
  const auto nonzero_end = std::remove(values.begin(), values.end(), 0.0f);
  if (nonzero_end != values.end()) centres_.push_back(0.0f);
  first_nonzero_ = centres_.size();
  values.erase(nonzero_end, values.end());
  std::sort(values.begin(), values.end());
  std::vector<float> distinct = values;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());

  const size_t bins = kCodebookSize - first_nonzero_;
  if (distinct.size() <= bins) {
    centres_.insert(centres_.end(), distinct.begin(), distinct.end());
  } else {
    for (size_t bin = 0; bin < bins; ++bin) {
      const size_t begin = values.size() * bin / bins;
      const size_t end = values.size() * (bin + 1) / bins;
      const double sum =
          std::accumulate(&values[begin], values.data() + end, 0.0);
      centres_.push_back(
          static_cast<float>(sum / static_cast<double>(end - begin)));
    }
  }
  centres_.resize(kCodebookSize, centres_.empty() ? 0.0f : centres_.back());
}

uint8_t Codebook::Encode(float value) const {
  if (value == 0.0f && first_nonzero_ > 0) return 0;
  const auto begin =
      centres_.begin() + static_cast<std::ptrdiff_t>(first_nonzero_);
  auto nearest = std::lower_bound(begin, centres_.end(), value);
  if (nearest == centres_.end() ||
      (nearest != begin && value - *(nearest - 1) < *nearest - value)) {
    --nearest;
  }
  return static_cast<uint8_t>(nearest - centres_.begin());
}

}  // namespace oido::model
