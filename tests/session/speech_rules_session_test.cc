// Endpoint rules, events, timeouts and final delays of a request, through a
// session.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/responses.h"
#include "server/turn.h"
#include "tests/support/session_fixture.h"

namespace oido::test {
namespace {

using server::Result;
using server::SpeechEvent;
using server::Update;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kStepMs = 30;

// Stands in for the model: a step hears what the script says next, "." a blank,
// "_" the beginning of a word, "a" and others letters; behind it all is silent.
class ScriptedQueue final : public server::ReadyQueue {
 public:
  explicit ScriptedQueue(const server::Clock* clock) {
    runner_ = *server::TurnRunner::Create(
        *BabblingModels().models().front(), {.max_batch = 1}, clock,
        [this](const server::LoadedModel&,
               int) -> absl::StatusOr<std::unique_ptr<server::BatchStepper>> {
          return std::make_unique<Stepper>(&script_);
        });
  }

  void set_script(const std::string& script) { script_ = script; }

  void Enqueue(std::shared_ptr<server::Session> session) override {
    ready_.push_back(std::move(session));
  }

  void RunUntilIdle() {
    while (!ready_.empty()) {
      const std::shared_ptr<server::Session> session = ready_.front();
      ready_.pop_front();
      if (session->Lease()) runner_->Run({session}, this);
    }
  }

 private:
  class Stepper final : public server::BatchStepper {
   public:
    explicit Stepper(std::string* script) : script_(script) {}
    absl::Status Step(absl::Span<const model::StepSlot> slots) override {
      for (const model::StepSlot& slot : slots) {
        std::fill(slot.log_probs.begin(), slot.log_probs.end(), -7.0f);
        const char heard = script_->empty() ? '.' : script_->front();
        script_->erase(0, 1);
        const int token = heard == '.' ? 0 : heard == '_' ? 1 : heard - 'a' + 2;
        slot.log_probs[static_cast<size_t>(token)] = -0.01f;
      }
      return absl::OkStatus();
    }

   private:
    std::string* const script_;
  };

  std::string script_;
  std::deque<std::shared_ptr<server::Session>> ready_;
  std::unique_ptr<server::TurnRunner> runner_;
};

// An endpoint comes 210 ms, 7 steps, behind a word; the delay is 60 ms.
class SpeechRulesSessionTest : public testing::Test {
 protected:
  SpeechRulesSessionTest() {
    config_.decoding.timing = config_.model->bundle->decoder;
  }

  model::DecoderOptions& timing() { return *config_.decoding.timing; }

  // Everything that comes, of a stream that ends well; `audio_ms` of which the
  // model hears `script`.
  std::vector<Update> Hear(const std::string& script, int audio_ms,
                           int piece_ms = 100) {
    queue_.set_script(script);
    const Stream stream = OpenUnconfigured(&queue_, &clock_);
    EXPECT_TRUE(stream.session->Configure(config_).ok());
    for (int begin_ms = 0; begin_ms < audio_ms; begin_ms += piece_ms) {
      stream.session->PushAudio(
          std::string(static_cast<size_t>(piece_ms) * 32, '\0'));
      queue_.RunUntilIdle();
    }
    stream.session->HalfClose();
    queue_.RunUntilIdle();
    EXPECT_TRUE(stream.transport->WaitForEnd().ok());
    return stream.transport->updates();
  }

  FakeClock clock_;
  ScriptedQueue queue_{&clock_};
  server::SessionConfig config_ = Config();
};

std::string Repeat(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

// "a", 10 steps, "b", 20 steps, "c": an endpoint behind each.
const char kThreeWords[] = "_a.........._b...................._c";

std::string DescribeEvents(const std::vector<Update>& updates) {
  std::string text;
  for (const Update& update : updates) {
    for (const SpeechEvent& event : update.events) {
      const auto type = server::TypeOf(event.kind);
      absl::StrAppend(&text, v1::SpeechEvent::Type_Name(type), "@",
                      event.time_ms, " ");
    }
  }
  return text;
}

std::string Words(const std::vector<Update>& updates) {
  std::string text;
  for (const Result& result : Finals(updates)) {
    for (const model::Word& word : result.hypothesis.words)
      absl::StrAppend(&text, word.text, "@", word.start_ms, " ");
  }
  return text;
}

TEST_F(SpeechRulesSessionTest, WithoutEndpointsOneFinalHasTheSameWords) {
  const std::vector<Update> cut = Hear(kThreeWords, 2000);
  EXPECT_THAT(Finals(cut), SizeIs(3));
  timing().endpoint_silence_ms = std::numeric_limits<int>::max();
  timing().max_utterance_ms = 600000;
  const std::vector<Update> whole = Hear(kThreeWords, 2000);
  EXPECT_THAT(Finals(whole), SizeIs(1));
  EXPECT_EQ(Words(whole), "t2@0 t3@330 t4@990 ");
  EXPECT_EQ(Words(whole), Words(cut));
}

TEST_F(SpeechRulesSessionTest, ARequestMayWaitLonger) {
  timing().endpoint_silence_ms = 450;
  EXPECT_THAT(Finals(Hear(kThreeWords, 2000)), SizeIs(2));
}

// "a" is said with steps 0 and 1; the endpoint is behind step 8.
TEST_F(SpeechRulesSessionTest, SingleUtteranceEndsWithTheFirstFinal) {
  config_.speech.single_utterance = true;
  for (const int piece_ms : {10, 100, 2000}) {
    const std::vector<Update> updates = Hear(kThreeWords, 2000, piece_ms);
    EXPECT_THAT(Finals(updates), SizeIs(1));
    EXPECT_EQ(Words(updates), "t2@0 ");
    EXPECT_EQ(DescribeEvents(updates), "END_OF_SINGLE_UTTERANCE@270 ");
    EXPECT_FALSE(updates.back().events.empty());
  }
}

TEST_F(SpeechRulesSessionTest, SingleUtteranceMayEndBeforeAnyWord) {
  config_.speech.single_utterance = true;
  timing().max_utterance_ms = 20000;
  EXPECT_EQ(DescribeEvents(Hear("", 3000)), "");
  timing().start_silence_ms = 900;
  EXPECT_EQ(DescribeEvents(Hear("", 3000)), "END_OF_SINGLE_UTTERANCE@900 ");
}

// With words that were final before the endpoint, it is still one.
TEST_F(SpeechRulesSessionTest, SingleUtteranceEndsBehindWordsThatWereInAHurry) {
  config_.speech.single_utterance = true;
  timing().endpoint_silence_ms = 600;
  timing().max_final_delay_ms = 400;
  const std::vector<Update> updates = Hear("_a", 3000);
  EXPECT_THAT(Finals(updates), SizeIs(1));
  EXPECT_EQ(DescribeEvents(updates), "END_OF_SINGLE_UTTERANCE@660 ");
}

// Words with steps 0-1 and 12-13, 34-35; the end half a second, 17 steps,
// behind. Times are 60 ms earlier, for the delay.
TEST_F(SpeechRulesSessionTest, EventsTellWhereSpeechStartsAndEnds) {
  config_.speech.events = true;
  for (const int piece_ms : {10, 100, 2000}) {
    EXPECT_EQ(DescribeEvents(Hear(kThreeWords, 2000, piece_ms)),
              "SPEECH_START@0 SPEECH_END@360 SPEECH_START@960 "
              "SPEECH_END@1020 ");
  }
  config_.speech.events = false;
  EXPECT_EQ(DescribeEvents(Hear(kThreeWords, 2000)), "");
}

TEST_F(SpeechRulesSessionTest, SpeechEndsWithTheAudio) {
  config_.speech.events = true;
  EXPECT_EQ(DescribeEvents(Hear(Repeat(".", 10) + Repeat("_a", 50), 1000)),
            "SPEECH_START@240 SPEECH_END@1000 ");
}

TEST_F(SpeechRulesSessionTest, TheEndTimeoutComesBehindTheLastResults) {
  config_.speech.end_timeout_ms = 900;
  timing().endpoint_silence_ms = 5000;
  const std::string late = "_a" + Repeat(".", 40) + "_b";
  const std::vector<Update> updates = Hear(late, 3000);
  EXPECT_EQ(Words(updates), "t2@0 ");
  EXPECT_EQ(DescribeEvents(updates), "SPEECH_END_TIMEOUT@960 ");
  config_.speech.end_timeout_ms = 1500;
  EXPECT_EQ(Words(Hear(late, 2000)), "t2@0 t3@1230 ");
}

TEST_F(SpeechRulesSessionTest, TheStartTimeoutEndsASilentStream) {
  config_.speech.start_timeout_ms = 1200;
  const std::vector<Update> silent = Hear("", 5000);
  EXPECT_THAT(Finals(silent), IsEmpty());
  EXPECT_EQ(DescribeEvents(silent), "SPEECH_START_TIMEOUT@1200 ");
  const std::vector<Update> late = Hear(Repeat(".", 39) + "_a", 5000);
  EXPECT_EQ(DescribeEvents(late), "");
  EXPECT_EQ(Words(late), "t2@1140 ");
}

// The 240 ms of silence that the model hears behind the end of the audio are
// none of the client's: no time goes by in them.
TEST_F(SpeechRulesSessionTest, NothingEndsTheStreamBehindItsAudio) {
  config_.speech.start_timeout_ms = 1200;
  config_.speech.single_utterance = true;
  queue_.set_script("");
  const Stream stream = OpenUnconfigured(&queue_, &clock_);
  EXPECT_TRUE(stream.session->Configure(config_).ok());
  for (const std::string& script : {std::string(), std::string("_a......")}) {
    queue_.set_script(script);
    stream.session->PushAudio(
        std::string(32 * 30 * (script.empty() ? 38 : 8), '\0'));
    stream.session->PushFinalize();
    queue_.RunUntilIdle();
  }
  queue_.set_script("_b");
  stream.session->PushAudio(std::string(32 * 600, '\0'));
  stream.session->HalfClose();
  queue_.RunUntilIdle();
  EXPECT_TRUE(stream.transport->WaitForEnd().ok());
  const std::vector<Update> updates = stream.transport->updates();
  EXPECT_EQ(Words(updates), "t2@1140 t3@1380 ");
  EXPECT_EQ(DescribeEvents(updates), "END_OF_SINGLE_UTTERANCE@1650 ");
}

// Words of two steps each without a pause, as tokens that close the one before.
TEST_F(SpeechRulesSessionTest, FinalsComeInTimeAndReadAsOneText) {
  constexpr int kDelayMs = 400;
  const std::string script = Repeat("_a_b_c_d_e", 20);
  timing().endpoint_silence_ms = std::numeric_limits<int>::max();
  timing().max_utterance_ms = 600000;
  const std::string words = Words(Hear(script, 6000));
  timing().max_final_delay_ms = kDelayMs;
  for (const int piece_ms : {10, 30, 1000}) {
    const std::vector<Update> updates = Hear(script, 6000, piece_ms);
    EXPECT_EQ(Words(updates), words);  // letters are never revised
    const std::vector<Result> finals = Finals(updates);
    EXPECT_GT(finals.size(), 50u);
    for (size_t i = 0; i < finals.size(); ++i)
      EXPECT_EQ(finals[i].continues, i > 0);
    for (const Result& result : finals) {
      if (result.end_ms >= 6000) continue;  // by the end of the audio
      const auto& said = result.hypothesis.words;
      EXPECT_GE(result.end_ms, said.back().end_ms + kDelayMs);
      EXPECT_LT(result.end_ms, said.front().end_ms + kDelayMs + kStepMs);
    }
  }
}

TEST_F(SpeechRulesSessionTest, AWordKeepsItsIdFromInterimToFinal) {
  timing().max_final_delay_ms = 400;
  uint32_t next = 1;
  std::map<uint32_t, std::string> seen;  // whole words of interims
  int kept = 0;
  for (const Update& update :
       Hear(Repeat("_a_b......_c_d_e", 10) + kThreeWords, 6000)) {
    if (update.final_result.has_value()) {
      for (const model::Word& word : update.final_result->hypothesis.words) {
        EXPECT_EQ(word.id, next++);
        const auto found = seen.find(word.id);
        if (found == seen.end()) continue;
        EXPECT_EQ(found->second, word.text);
        ++kept;
      }
    }
    if (!update.interim.has_value()) continue;
    const model::Hypothesis& interim = update.interim->hypothesis;
    for (size_t i = 0; i < interim.words.size(); ++i) {
      EXPECT_EQ(interim.words[i].id, next + i);
      if (i < interim.stable_words)
        seen[interim.words[i].id] = interim.words[i].text;
    }
  }
  EXPECT_GT(kept, 20);
}

}  // namespace
}  // namespace oido::test
