// Final results depend on the audio alone: not on chunking, load or neighbours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "tests/support/session_harness.h"

namespace oido::test {
namespace {

using server::Scheduler;
using server::SchedulerOptions;
using server::SteadyClock;
using server::Update;

class StreamInvarianceTest : public testing::Test {
 protected:
  void Start(int workers, int max_batch) {
    SchedulerOptions options;
    options.workers = workers;
    options.max_batch = max_batch;
    scheduler_ = *Scheduler::Create(options, BabblingModels(), &clock_);
  }

  std::vector<Update> Recognize(const std::string& audio, size_t piece_bytes) {
    const Stream stream = OpenStream(scheduler_.get(), &clock_);
    PushPieces(stream, audio, piece_bytes);
    stream.session->HalfClose();
    EXPECT_TRUE(stream.transport->WaitForEnd().ok());
    return stream.transport->updates();
  }

  // All at once, in pieces of any size that come in any order.
  std::vector<std::string> RecognizeTogether(
      absl::Span<const std::string> audio, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<Stream> streams;
    std::vector<size_t> sent(audio.size());
    std::vector<size_t> sending(audio.size());
    for (size_t i = 0; i < audio.size(); ++i) {
      streams.push_back(OpenStream(scheduler_.get(), &clock_));
      sending[i] = i;
    }
    while (!sending.empty()) {
      std::swap(sending[random() % sending.size()], sending.back());
      const size_t i = sending.back();
      const size_t size = random() % 5000;
      streams[i].session->PushAudio(audio[i].substr(sent[i], size));
      sent[i] += size;
      if (sent[i] < audio[i].size()) continue;
      streams[i].session->HalfClose();
      sending.pop_back();
    }
    std::vector<std::string> finals;
    for (const Stream& stream : streams) {
      EXPECT_TRUE(stream.transport->WaitForEnd().ok());
      finals.push_back(Describe(stream.transport->updates()));
    }
    return finals;
  }

  SteadyClock clock_;
  std::unique_ptr<Scheduler> scheduler_;
};

// Guards the tests below against a model that says nothing.
TEST_F(StreamInvarianceTest, TheBabblingModelBabbles) {
  Start(1, 4);
  const std::vector<Update> updates = Recognize(MakeAudio(1, 10000), 640);
  size_t finals = 0;
  size_t words = 0;
  size_t interims = 0;
  for (const Update& update : updates) {
    interims += update.interim.has_value() ? 1 : 0;
    if (!update.final_result.has_value()) continue;
    ++finals;
    words += update.final_result->hypothesis.words.size();
  }
  EXPECT_GE(finals, 4u) << Describe(updates);
  EXPECT_GE(words, 10u) << Describe(updates);
  EXPECT_GE(interims, 10u);
}

TEST_F(StreamInvarianceTest, ChunkingDoesNotMatter) {
  Start(2, 4);
  const std::string audio = MakeAudio(2, 4000);
  const std::string whole = Describe(Recognize(audio, audio.size()));
  ASSERT_FALSE(whole.empty());
  for (const size_t piece_bytes :
       {size_t{1}, size_t{7}, size_t{333}, size_t{640}, size_t{4096},
        size_t{4097}, size_t{32000}}) {
    EXPECT_EQ(Describe(Recognize(audio, piece_bytes)), whole)
        << piece_bytes << " bytes";
  }
}

TEST_F(StreamInvarianceTest, RandomSplitsDoNotMatter) {
  Start(2, 4);
  const std::string audio = MakeAudio(3, 4000);
  const std::string whole = Describe(Recognize(audio, audio.size()));
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    std::mt19937 random(seed);
    const Stream stream = OpenStream(scheduler_.get(), &clock_);
    for (size_t begin = 0; begin < audio.size();) {
      const size_t size =
          std::uniform_int_distribution<size_t>(0, 9000)(random);
      stream.transport->WaitForRoom();
      stream.session->PushAudio(audio.substr(begin, size));
      begin += size;
    }
    stream.session->HalfClose();
    EXPECT_TRUE(stream.transport->WaitForEnd().ok());
    EXPECT_EQ(Describe(stream.transport->updates()), whole) << "seed " << seed;
  }
}

TEST_F(StreamInvarianceTest, AloneOrAmongManyIsTheSame) {
  constexpr int kMost = 512;
  std::vector<std::string> audio;
  std::vector<std::string> alone;
  Start(1, 1);
  for (int i = 0; i < kMost; ++i) {
    audio.push_back(MakeAudio(100 + static_cast<uint32_t>(i), 400 + i));
    alone.push_back(Describe(Recognize(audio.back(), audio.back().size())));
  }
  for (const int streams : {64, kMost}) {
    Start(3, streams);
    const uint32_t seed = std::random_device()();
    std::cout << streams << " streams, seed " << seed << "\n";
    const std::vector<std::string> together =
        RecognizeTogether(absl::MakeSpan(audio).first(streams), seed);
    for (int i = 0; i < streams; ++i)
      EXPECT_EQ(together[i], alone[i]) << "stream " << i << ", seed " << seed;
  }
}

TEST_F(StreamInvarianceTest, InterimsDoNotChangeTheFinals) {
  Start(1, 4);
  const std::string audio = MakeAudio(4, 3000);
  StreamOptions options;
  options.interim_results = false;
  const Stream stream = OpenStream(scheduler_.get(), &clock_, options);
  PushPieces(stream, audio, 640);
  stream.session->HalfClose();
  EXPECT_TRUE(stream.transport->WaitForEnd().ok());
  for (const Update& update : stream.transport->updates()) {
    EXPECT_FALSE(update.interim.has_value());
  }
  EXPECT_EQ(Describe(stream.transport->updates()),
            Describe(Recognize(audio, 640)));
}

// Late tokens fall into the padding behind the audio, which made words end
// after it.
TEST_F(StreamInvarianceTest, WordsEndWithinTheAudio) {
  Start(2, 4);
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    const int duration_ms = 300 + 100 * static_cast<int>(seed);
    for (const Update& update : Recognize(MakeAudio(seed, duration_ms), 640)) {
      if (!update.final_result.has_value()) continue;
      EXPECT_LE(update.final_result->end_ms, duration_ms);
      for (const model::Word& word : update.final_result->hypothesis.words) {
        EXPECT_LE(word.start_ms, word.end_ms) << "seed " << seed;
        EXPECT_LE(word.end_ms, duration_ms) << "seed " << seed;
      }
    }
  }
}

// The interim text only grows until it becomes final, and finals take it over.
TEST_F(StreamInvarianceTest,
       FinalsBeginWithTheCompleteWordsOfTheInterimsBefore) {
  Start(1, 4);
  const std::vector<Update> updates = Recognize(MakeAudio(5, 6000), 320);
  std::vector<std::string> complete;
  for (const Update& update : updates) {
    if (update.final_result.has_value()) {
      const auto& words = update.final_result->hypothesis.words;
      ASSERT_GE(words.size(), complete.size());
      for (size_t i = 0; i < complete.size(); ++i)
        EXPECT_EQ(words[i].text, complete[i]);
      complete.clear();
    }
    if (!update.interim.has_value()) continue;
    const model::Hypothesis& interim = update.interim->hypothesis;
    const size_t count =
        interim.words.size() - (interim.last_word_open ? 1 : 0);
    ASSERT_GE(count, complete.size());
    for (size_t i = 0; i < complete.size(); ++i)
      EXPECT_EQ(interim.words[i].text, complete[i]);
    complete.clear();
    for (size_t i = 0; i < count; ++i)
      complete.push_back(interim.words[i].text);
  }
}

}  // namespace
}  // namespace oido::test
