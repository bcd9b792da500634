// The ring loses, repeats and reorders nothing, also between two threads.
#include "client/sample_ring.h"

#include <numeric>
#include <random>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace oido::client {
namespace {

using testing::ElementsAre;

TEST(SampleRingTest, TakesWhatFitsFromTheFront) {
  SampleRing ring(3);
  EXPECT_EQ(ring.Push({1, 2}), 2u);
  EXPECT_EQ(ring.Push({3, 4, 5}), 1u);
  EXPECT_EQ(ring.Push({6}), 0u);
  std::vector<int16_t> out(2);
  EXPECT_EQ(ring.Pop(absl::MakeSpan(out)), 2u);
  EXPECT_THAT(out, ElementsAre(1, 2));
  EXPECT_EQ(ring.Push({7, 8, 9}), 2u);
  out.assign(5, 0);
  EXPECT_EQ(ring.Pop(absl::MakeSpan(out)), 3u);
  EXPECT_THAT(out, ElementsAre(3, 7, 8, 0, 0));
  EXPECT_EQ(ring.Pop(absl::MakeSpan(out)), 0u);
}

TEST(SampleRingTest, CarriesEverySampleInOrderBetweenThreads) {
  constexpr size_t kSamples = 50000;
  std::vector<int16_t> sent(kSamples), received(kSamples);
  for (size_t i = 0; i < kSamples; ++i) sent[i] = static_cast<int16_t>(i * 7);
  SampleRing ring(1000);
  std::thread producer([&] {
    std::minstd_rand random(1);
    for (size_t i = 0; i < kSamples;) {
      const size_t block = std::min<size_t>(random() % 300, kSamples - i);
      const size_t count =
          ring.Push(absl::MakeConstSpan(sent).subspan(i, block));
      if (count == 0) std::this_thread::yield();
      i += count;
    }
  });
  std::minstd_rand random(2);
  for (size_t i = 0; i < kSamples;) {
    const size_t block = std::min<size_t>(random() % 300, kSamples - i);
    const size_t count = ring.Pop(absl::MakeSpan(received).subspan(i, block));
    if (count == 0) std::this_thread::yield();
    i += count;
  }
  producer.join();
  EXPECT_TRUE(received == sent);
}

}  // namespace
}  // namespace oido::client
