// Arrays of floats at a cache line's border.
#ifndef OIDO_MODEL_ALIGNED_FLOATS_H_
#define OIDO_MODEL_ALIGNED_FLOATS_H_

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

// An array that grows to the largest size asked of it and keeps no contents.
class Scratch {
 public:
  float* AtLeast(size_t count) {
    if (count > count_) {
      floats_ = AlignedFloats(count);
      count_ = count;
    }
    return floats_.data();
  }

 private:
  size_t count_ = 0;
  AlignedFloats floats_{0};
};

}  // namespace oido::model

#endif  // OIDO_MODEL_ALIGNED_FLOATS_H_
