// Arrays of floats at a cache line's border.
#ifndef OIDO_MODEL_ALIGNED_FLOATS_H_
#define OIDO_MODEL_ALIGNED_FLOATS_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace oido::model {

// Not initialised; the alignment is that of the widest vector registers.
class AlignedFloats {
 public:
  explicit AlignedFloats(size_t count)
      : data_(static_cast<float*>(
            ::operator new[](count * sizeof(float), kAlignment))) {}

  float* data() const { return data_.get(); }

 private:
  static constexpr std::align_val_t kAlignment{64};

  struct Delete {
    void operator()(float* data) const {
      ::operator delete[](data, kAlignment);
    }
  };
  std::unique_ptr<float[], Delete> data_;
};

// An array that grows to what is asked of it and keeps no contents. It doubles,
// as growing by little again and again would litter the heap with holes.
class Scratch {
 public:
  float* AtLeast(size_t count) {
    if (count > count_) {
      const size_t larger = std::max(count, 2 * count_);
      floats_ = AlignedFloats(larger);
      count_ = larger;
    }
    return floats_.data();
  }

 private:
  size_t count_ = 0;
  AlignedFloats floats_{0};
};

}  // namespace oido::model

#endif  // OIDO_MODEL_ALIGNED_FLOATS_H_
