// A lock-free ring of samples between a real-time audio callback and a stream.
#ifndef OIDO_CLIENT_SAMPLE_RING_H_
#define OIDO_CLIENT_SAMPLE_RING_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace oido::client {

// One thread pushes, one other pops; neither ever waits or allocates.
// Invariant: popped_ <= pushed_ <= popped_ + capacity; both only grow.
class SampleRing {
 public:
  explicit SampleRing(size_t capacity_samples) : samples_(capacity_samples) {}

  // Appends what fits, from the front; returns how many samples that were.
  size_t Push(absl::Span<const int16_t> samples) {
    const size_t end = pushed_.load(std::memory_order_relaxed);
    const size_t used = end - popped_.load(std::memory_order_acquire);
    const size_t count = std::min(samples.size(), samples_.size() - used);
    for (size_t i = 0; i < count; ++i) {
      samples_[(end + i) % samples_.size()] = samples[i];
    }
    pushed_.store(end + count, std::memory_order_release);
    return count;
  }

  // Moves up to samples.size() of the oldest samples out; returns how many.
  size_t Pop(absl::Span<int16_t> samples) {
    const size_t begin = popped_.load(std::memory_order_relaxed);
    const size_t used = pushed_.load(std::memory_order_acquire) - begin;
    const size_t count = std::min(samples.size(), used);
    for (size_t i = 0; i < count; ++i) {
      samples[i] = samples_[(begin + i) % samples_.size()];
    }
    popped_.store(begin + count, std::memory_order_release);
    return count;
  }

 private:
  std::vector<int16_t> samples_;
  std::atomic<size_t> pushed_{0};
  std::atomic<size_t> popped_{0};
};

}  // namespace oido::client

#endif  // OIDO_CLIENT_SAMPLE_RING_H_
