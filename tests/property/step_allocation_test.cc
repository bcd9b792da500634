// A model step allocates nothing once it has run: every allocation function of
// the process is counted, but not within oneDNN, whose call makes itself a map
// of its arguments each time.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <dnnl.hpp>
#include <random>
#include <vector>

#include "model/acoustic_model.h"
#include "tests/support/test_bundle.h"

namespace {

std::atomic<int64_t> allocations{0};
std::atomic<int64_t> inside_onednn{0};
thread_local bool in_onednn = false;

void Count() { ++(in_onednn ? inside_onednn : allocations); }

}  // namespace

// glibc's own functions under other names; operator new comes down to them.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  Count();
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  Count();
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  Count();
  return __libc_realloc(old, size);
}
void* memalign(size_t alignment, size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** result, size_t alignment, size_t size) {
  Count();
  *result = __libc_memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}

dnnl_status_t dnnl_primitive_execute(const_dnnl_primitive_t primitive,
                                     dnnl_stream_t stream, int count,
                                     const dnnl_exec_arg_t* arguments) {
  static const auto real = reinterpret_cast<decltype(&dnnl_primitive_execute)>(
      dlsym(RTLD_NEXT, "dnnl_primitive_execute"));
  in_onednn = true;
  const dnnl_status_t status = real(primitive, stream, count, arguments);
  in_onednn = false;
  return status;
}
}

namespace oido::model {
namespace {

constexpr size_t kMaxBatch = 300;

class StepAllocationTest : public ::testing::TestWithParam<Precision> {};

TEST_P(StepAllocationTest, NothingAfterTheFirstSteps) {
  const auto bundle = test::LoadRandomBundle(
      {2, 8, 32, 8, Direction::kUnidirectional, 5, GetParam()}, 3);
  const auto model = *AcousticModel::Create(*bundle);
  const auto runner = *AcousticModelRunner::Create(model, kMaxBatch);
  std::vector<StreamState> states(kMaxBatch, StreamState(model->options()));
  const std::vector<float> features(24, 0.5f);
  std::vector<std::vector<float>> log_probs(kMaxBatch, std::vector<float>(13));
  std::vector<StepSlot> slots;
  for (size_t i = 0; i < kMaxBatch; ++i)
    slots.push_back({features, &states[i], absl::MakeSpan(log_probs[i])});
  const auto step = [&](size_t batch) {
    return runner->Step(absl::MakeConstSpan(slots).first(batch)).ok();
  };
  ASSERT_TRUE(step(kMaxBatch));
  ASSERT_TRUE(step(256));  // the largest tile takes the most scratch memory
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    const size_t batch = 1 + random() % kMaxBatch;
    const int64_t before = allocations;
    const bool stepped = step(batch);
    const int64_t made = allocations - before;
    ASSERT_TRUE(stepped);
    ASSERT_EQ(made, 0) << "batch " << batch;
  }
  EXPECT_GT(allocations, 0);  // they are counted
  std::printf("within oneDNN: %lld allocations\n",
              static_cast<long long>(inside_onednn));
}

INSTANTIATE_TEST_SUITE_P(Precisions, StepAllocationTest,
                         ::testing::Values(Precision::kFloat,
                                           Precision::kInt8));

}  // namespace
}  // namespace oido::model
