// Sessions that search for words: what they say depends on the audio alone, and
// interims keep their word.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/session_harness.h"
#include "tests/support/word_models.h"

namespace oido::test {
namespace {

using server::Scheduler;
using server::SchedulerOptions;
using server::SteadyClock;
using server::Update;

server::Decoding Words() {
  server::Decoding decoding;
  decoding.words = WordModels().models().front()->bundle->word_search->options;
  decoding.max_alternatives = 3;
  return decoding;
}

class WordSearchSessionTest : public testing::Test {
 protected:
  void Start(int workers, int max_batch) {
    SchedulerOptions options;
    options.workers = workers;
    options.max_batch = max_batch;
    scheduler_ = *Scheduler::Create(options, WordModels(), &clock_);
  }

  Stream Open() {
    const Stream stream = OpenUnconfigured(scheduler_.get(), &clock_);
    server::SessionConfig config = Config();
    config.model = WordModels().models().front();
    config.decoding = decoding_;
    EXPECT_TRUE(stream.session->Configure(config).ok());
    return stream;
  }

  std::vector<Update> Recognize(const std::string& audio, size_t piece_bytes) {
    const Stream stream = Open();
    PushPieces(stream, audio, piece_bytes);
    stream.session->HalfClose();
    EXPECT_TRUE(stream.transport->WaitForEnd().ok());
    return stream.transport->updates();
  }

  server::Decoding decoding_ = Words();
  SteadyClock clock_;
  std::unique_ptr<Scheduler> scheduler_;
};

TEST_F(WordSearchSessionTest, SplitsDoNotMatter) {
  Start(2, 4);
  const std::string audio = MakeAudio(3, 4000);
  const std::string whole = Describe(Recognize(audio, audio.size()));
  ASSERT_FALSE(whole.empty());
  for (const size_t piece_bytes : {size_t{7}, size_t{333}, size_t{4097}}) {
    EXPECT_EQ(Describe(Recognize(audio, piece_bytes)), whole)
        << piece_bytes << " bytes";
  }
}

TEST_F(WordSearchSessionTest, SplitsDoNotMatterForSpellingsEither) {
  decoding_.spellings = std::exchange(decoding_.words, std::nullopt);
  decoding_.spellings->lm_weight = 0.01f;
  Start(2, 4);
  const std::string audio = MakeAudio(3, 4000);
  const std::string whole = Describe(Recognize(audio, audio.size()));
  ASSERT_FALSE(whole.empty());
  for (const size_t piece_bytes : {size_t{7}, size_t{4097}}) {
    EXPECT_EQ(Describe(Recognize(audio, piece_bytes)), whole)
        << piece_bytes << " bytes";
  }
}

TEST_F(WordSearchSessionTest, AloneOrAmongManyIsTheSame) {
  constexpr int kStreams = 24;
  constexpr size_t kPieceBytes = 1280;
  std::vector<std::string> audio;
  std::vector<std::string> alone;
  Start(1, 1);
  for (int i = 0; i < kStreams; ++i) {
    audio.push_back(MakeAudio(100 + static_cast<uint32_t>(i), 1000 + 20 * i));
    alone.push_back(Describe(Recognize(audio.back(), audio.back().size())));
  }
  Start(3, 8);
  std::vector<Stream> streams;
  for (int i = 0; i < kStreams; ++i) streams.push_back(Open());
  for (size_t begin = 0; begin < audio.back().size(); begin += kPieceBytes) {
    for (int i = 0; i < kStreams; ++i) {
      if (begin < audio[i].size())
        streams[i].session->PushAudio(audio[i].substr(begin, kPieceBytes));
    }
  }
  for (const Stream& stream : streams) stream.session->HalfClose();
  for (int i = 0; i < kStreams; ++i) {
    EXPECT_TRUE(streams[i].transport->WaitForEnd().ok());
    EXPECT_EQ(Describe(streams[i].transport->updates()), alone[i])
        << "stream " << i;
  }
}

TEST_F(WordSearchSessionTest, FinalsGoOnFromTheStableWordsOfInterims) {
  Start(1, 4);
  int interims = 0;
  std::string stable;
  for (const Update& update : Recognize(MakeAudio(5, 6000), 640)) {
    if (update.final_result.has_value()) {
      const model::Hypothesis& hypothesis = update.final_result->hypothesis;
      EXPECT_TRUE(absl::StartsWith(Text(hypothesis) + " ", stable));
      EXPECT_LE(hypothesis.alternatives.size(), 2u);
      stable.clear();
    }
    if (!update.interim.has_value()) continue;
    ++interims;
    const model::Hypothesis& hypothesis = update.interim->hypothesis;
    EXPECT_TRUE(absl::StartsWith(Text(hypothesis) + " ", stable));
    stable.clear();
    for (size_t i = 0; i < hypothesis.stable_words; ++i)
      absl::StrAppend(&stable, hypothesis.words[i].text, " ");
  }
  EXPECT_GT(interims, 5);
}

TEST_F(WordSearchSessionTest, ARequestMayHaveTheLettersInstead) {
  Start(1, 4);
  const std::string audio = MakeAudio(3, 2000);
  const std::string words = Describe(Recognize(audio, audio.size()));
  decoding_ = {};
  const std::string letters = Describe(Recognize(audio, audio.size()));
  EXPECT_FALSE(letters.empty());
  EXPECT_NE(letters, words);
}

}  // namespace
}  // namespace oido::test
