// Batch invariance and state handling of the acoustic model, to the bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "model/acoustic_model.h"
#include "tests/support/test_bundle.h"

namespace oido::model {
namespace {

using Rows = std::vector<std::vector<float>>;  // [steps, features or tokens]

// The sizes of the test bundle and of the shipped model, and a vocabulary for
// which oneDNN would lay out the weights differently from batch to batch.
const test::TestGeometry kGeometries[] = {
    {2, 8, 16, 8, Direction::kUnidirectional, 5},
    {3, 80, 320, 28},
    {1, 11, 32, 64},
    {2, 8, 16, 8, Direction::kUnidirectional, 5, Precision::kInt8},
    {3, 80, 320, 28, Direction::kUnidirectional, 40, Precision::kInt8}};

struct Stream {
  explicit Stream(const AcousticModelOptions& options) : state(options) {}

  size_t next() const { return log_probs.size(); }

  Rows features;
  StreamState state;
  Rows log_probs;  // of the steps done
};

class AcousticModelPropertyTest
    : public ::testing::TestWithParam<test::TestGeometry> {
 protected:
  void SetUp() override {
    bundle_ = test::LoadRandomBundle(GetParam(), 5);
    auto model = AcousticModel::Create(*bundle_);
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *model;
    runner_ = NewRunner(64);
  }

  std::unique_ptr<AcousticModelRunner> NewRunner(int max_batch) const {
    auto runner = AcousticModelRunner::Create(model_, max_batch);
    EXPECT_TRUE(runner.ok()) << runner.status();
    return runner.ok() ? *std::move(runner) : nullptr;
  }

  Stream RandomStream(size_t steps) {
    Stream stream(model_->options());
    std::normal_distribution<float> normal;
    stream.features.assign(
        steps,
        std::vector<float>(static_cast<size_t>(model_->options().input_size)));
    for (auto& row : stream.features) {
      for (float& value : row) value = normal(random_);
    }
    return stream;
  }

  // Steps the streams once, in this order.
  void StepTogether(AcousticModelRunner& runner,
                    const std::vector<Stream*>& streams) const {
    std::vector<StepSlot> slots;
    for (Stream* stream : streams) {
      const size_t step = stream->next();
      stream->log_probs.emplace_back(
          static_cast<size_t>(model_->options().outputs()));
      slots.push_back({stream->features[step], &stream->state,
                       absl::MakeSpan(stream->log_probs.back())});
    }
    ASSERT_EQ(runner.Step(slots), absl::OkStatus());
  }

  void RunAlone(AcousticModelRunner& runner, Stream* stream) const {
    while (stream->next() < stream->features.size())
      StepTogether(runner, {stream});
  }

  // Steps `streams` to their ends, at each step a random part of those that
  // have something left, in random order, at most `max_batch` of them.
  void RunInterleaved(std::vector<Stream>* streams, size_t max_batch) {
    while (true) {
      std::vector<Stream*> ready;
      for (Stream& stream : *streams) {
        if (stream.next() < stream.features.size()) ready.push_back(&stream);
      }
      if (ready.empty()) return;
      std::shuffle(ready.begin(), ready.end(), random_);
      ready.resize(1 + random_() % std::min(ready.size(), max_batch));
      StepTogether(*runner_, ready);
    }
  }

  std::mt19937 random_{20261123};
  std::shared_ptr<const Bundle> bundle_;
  std::shared_ptr<const AcousticModel> model_;
  std::unique_ptr<AcousticModelRunner> runner_;
};

TEST_P(AcousticModelPropertyTest, EveryBatchSizeGivesTheSameBits) {
  Stream alone = RandomStream(1);
  Stream pristine = alone;
  RunAlone(*runner_, &alone);
  Stream other = RandomStream(1);
  for (size_t batch = 1; batch <= 64; ++batch) {
    std::vector<Stream> streams(batch, other);
    const size_t place = random_() % batch;
    streams[place] = pristine;
    std::vector<Stream*> pointers;
    for (Stream& stream : streams) pointers.push_back(&stream);
    StepTogether(*runner_, pointers);
    EXPECT_EQ(streams[place].log_probs, alone.log_probs) << "batch " << batch;
    EXPECT_EQ(streams[place].state, alone.state) << "batch " << batch;
  }
}

TEST_P(AcousticModelPropertyTest, AloneIsAmong512) {
  const auto runner = NewRunner(512);
  Stream alone = RandomStream(3);
  const Stream pristine = alone;
  RunAlone(*runner_, &alone);
  const Stream other = RandomStream(3);
  for (const size_t batch : {65, 100, 130, 200, 256, 257, 511, 512}) {
    std::vector<Stream> streams(batch, other);
    const size_t place = random_() % batch;
    streams[place] = pristine;
    std::vector<Stream*> pointers;
    for (Stream& stream : streams) pointers.push_back(&stream);
    for (int step = 0; step < 3; ++step) StepTogether(*runner, pointers);
    EXPECT_EQ(streams[place].log_probs, alone.log_probs)
        << place << " of " << batch;
    EXPECT_EQ(streams[place].state, alone.state) << place << " of " << batch;
  }
}

TEST_P(AcousticModelPropertyTest, InterleavedStreamsEqualEachAlone) {
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    random_.seed(seed);
    std::vector<Stream> together;
    for (int i = 0; i < 64; ++i)
      together.push_back(RandomStream(1 + random_() % 8));
    std::vector<Stream> alone = together;
    RunInterleaved(&together, 64);
    for (size_t i = 0; i < alone.size(); ++i) {
      RunAlone(*runner_, &alone[i]);
      EXPECT_EQ(together[i].log_probs, alone[i].log_probs) << "stream " << i;
      EXPECT_EQ(together[i].state, alone[i].state) << "stream " << i;
    }
  }
}

TEST_P(AcousticModelPropertyTest, MoreSlotsThanMaxBatchGiveTheSame) {
  const auto small_runner = NewRunner(5);
  std::vector<Stream> streams;
  for (int i = 0; i < 13; ++i) streams.push_back(RandomStream(2));
  std::vector<Stream> parts = streams;
  for (int step = 0; step < 2; ++step) {
    std::vector<Stream*> whole_pointers;
    std::vector<Stream*> part_pointers;
    for (Stream& stream : streams) whole_pointers.push_back(&stream);
    for (Stream& stream : parts) part_pointers.push_back(&stream);
    StepTogether(*runner_, whole_pointers);
    StepTogether(*small_runner, part_pointers);
  }
  for (size_t i = 0; i < streams.size(); ++i) {
    EXPECT_EQ(streams[i].log_probs, parts[i].log_probs) << "stream " << i;
  }
}

TEST_P(AcousticModelPropertyTest, ForkedStateGoesOnAsTheOriginal) {
  Stream original = RandomStream(12);
  while (original.next() < 6) StepTogether(*runner_, {&original});
  Stream fork = original;
  RunAlone(*runner_, &original);
  Stream other = RandomStream(6);
  while (fork.next() < 12) StepTogether(*runner_, {&other, &fork});
  EXPECT_EQ(fork.log_probs, original.log_probs);
}

TEST_P(AcousticModelPropertyTest, StateMatters) {
  Stream carried = RandomStream(2);
  Stream forgotten = carried;
  RunAlone(*runner_, &carried);
  StepTogether(*runner_, {&forgotten});
  forgotten.state = StreamState(model_->options());
  StepTogether(*runner_, {&forgotten});
  EXPECT_EQ(carried.log_probs[0], forgotten.log_probs[0]);
  EXPECT_NE(carried.log_probs[1], forgotten.log_probs[1]);
}

// Two threads with a runner each share one model; a runner may also be used on
// another thread than the one that made it.
TEST_P(AcousticModelPropertyTest, RunnersOfOneModelWorkInParallel) {
  Stream expected = RandomStream(10);
  Stream copies[2] = {expected, expected};
  RunAlone(*runner_, &expected);
  std::unique_ptr<AcousticModelRunner> runners[2] = {NewRunner(2),
                                                     NewRunner(2)};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] { RunAlone(*runners[i], &copies[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(copies[0].log_probs, expected.log_probs);
  EXPECT_EQ(copies[1].log_probs, expected.log_probs);
}

INSTANTIATE_TEST_SUITE_P(Geometries, AcousticModelPropertyTest,
                         ::testing::ValuesIn(kGeometries));

}  // namespace
}  // namespace oido::model
