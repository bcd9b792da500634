// Arrays at a cache line's border.
#ifndef OIDO_MODEL_ALIGNED_ARRAY_H_
#define OIDO_MODEL_ALIGNED_ARRAY_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace oido::model {

// All bits zero at first; the alignment is that of the widest vector registers.
template <typename Value>
class AlignedArray {
 public:
  explicit AlignedArray(size_t count)
      : data_(static_cast<Value*>(
            ::operator new[](count * sizeof(Value), kAlignment))) {
    std::memset(data_.get(), 0, count * sizeof(Value));
  }

  Value* data() const { return data_.get(); }

 private:
  static constexpr std::align_val_t kAlignment{64};

  struct Delete {
    void operator()(Value* data) const {
      ::operator delete[](data, kAlignment);
    }
  };
  std::unique_ptr<Value[], Delete> data_;
};

using AlignedFloats = AlignedArray<float>;
using AlignedBytes = AlignedArray<unsigned char>;

// An array that grows to what is asked of it and keeps no contents. It doubles,
// as growing by little again and again would litter the heap with holes.
class Scratch {
 public:
  void* AtLeast(size_t bytes) {
    if (bytes > size_) {
      const size_t larger = std::max(bytes, 2 * size_);
      bytes_ = AlignedBytes(larger);
      size_ = larger;
    }
    return bytes_.data();
  }

 private:
  size_t size_ = 0;
  AlignedBytes bytes_{0};
};

}  // namespace oido::model

#endif  // OIDO_MODEL_ALIGNED_ARRAY_H_
