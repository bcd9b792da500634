// Recordings through an offline model: windows joined as documented, alone and
// together, and every way to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "features/frontend.h"
#include "features/log_mel.h"
#include "model/ctc_greedy.h"
#include "model/offline_model.h"
#include "tests/support/session_fixture.h"
#include "tests/support/window_gate.h"

namespace oido::test {
namespace {

using server::Scheduler;
using server::SchedulerOptions;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// 30 ms steps: windows of 32 s of which 4 s at either end are context.
constexpr size_t kWindow = 1066;
constexpr size_t kContext = 133;

const server::LoadedModel& OfflineModel() {
  return *MixedModels().Default(server::ModelUse::kRecording);
}

// All model inputs [steps, 24] of LINEAR16 `audio`.
std::vector<float> Inputs(const std::string& audio) {
  const model::Bundle& bundle = *OfflineModel().bundle;
  const auto log_mel = *features::LogMel::Create(*bundle.frontend);
  features::Frontend frontend(bundle.frontend);
  std::vector<float> samples;
  for (size_t i = 0; i < audio.size(); i += 2) {
    const int low = static_cast<unsigned char>(audio[i]);
    const int high = static_cast<signed char>(audio[i + 1]);
    samples.push_back(static_cast<float>(high * 256 + low));
  }
  frontend.AcceptWaveform(samples, *log_mel);
  frontend.Flush(bundle.decoder.flush_padding_ms, *log_mel);
  std::vector<float> inputs(frontend.steps_ready() * 24);
  for (size_t i = 0; i < inputs.size(); i += 24)
    frontend.PopStep(absl::MakeSpan(inputs).subspan(i, 24));
  return inputs;
}

// The words of `audio` by the documented rule, without the server: step t is
// decoded from window n = [n * 800, n * 800 + 1066) that has it in its middle.
std::vector<std::string> ExpectedWords(const std::string& audio) {
  const auto runner =
      *model::OfflineModelRunner::Create(OfflineModel().offline_model, kWindow);
  model::CtcGreedyDecoder decoder(OfflineModel().bundle);
  const std::vector<float> inputs = Inputs(audio);
  const size_t steps = inputs.size() / 24;
  std::vector<std::string> words;
  const auto add = [&] {
    for (const model::Word& word : decoder.Finalize().words)
      words.push_back(word.text);
  };
  size_t done = 0;
  for (size_t begin = 0; done < steps; begin += kWindow - 2 * kContext) {
    const size_t end = std::min(steps, begin + kWindow);
    const size_t last = end == steps ? end : end - kContext;
    std::vector<float> log_probs((end - begin) * 8);
    EXPECT_TRUE(runner
                    ->Run(absl::MakeConstSpan(inputs).subspan(
                              begin * 24, (end - begin) * 24),
                          absl::MakeSpan(log_probs))
                    .ok());
    for (; done < last; ++done) {
      decoder.Advance(
          absl::MakeConstSpan(log_probs).subspan((done - begin) * 8, 8));
      if (decoder.AtEndpoint()) add();
    }
  }
  add();
  return words;
}

std::vector<std::string> Words(const std::vector<server::Update>& updates) {
  std::vector<std::string> words;
  for (const server::Result& result : Finals(updates)) {
    for (const model::Word& word : result.hypothesis.words)
      words.push_back(word.text);
  }
  return words;
}

class OfflineSessionTest : public testing::Test {
 protected:
  Scheduler* Start(int workers, const server::WindowRunnerFactory& factory) {
    SchedulerOptions options;
    options.workers = workers;
    options.niceness = 10;
    scheduler_ =
        *Scheduler::CreateOffline(options, MixedModels(), &clock_, factory);
    return scheduler_.get();
  }

  Stream Open(const StreamOptions& options = {}) {
    Stream stream = OpenUnconfigured(scheduler_.get(), &clock_, options);
    server::SessionConfig config = Config(options);
    config.model = MixedModels().Default(server::ModelUse::kRecording);
    config.interim_results = false;
    EXPECT_TRUE(stream.session->Configure(config).ok());
    return stream;
  }

  Stream Send(const std::string& audio, const StreamOptions& options = {}) {
    Stream stream = Open(options);
    stream.session->PushAudio(audio);
    stream.session->HalfClose();
    return stream;
  }

  std::string Recognize(const std::string& audio) {
    const Stream stream = Send(audio);
    EXPECT_TRUE(stream.transport->WaitForEnd().ok());
    return Describe(stream.transport->updates());
  }

  const server::SteadyClock clock_;
  WindowGate gate_;  // open
  std::unique_ptr<Scheduler> scheduler_;
};

TEST_F(OfflineSessionTest, SaysWhatTheJoinedWindowsSay) {
  Start(1, gate_.Factory());
  for (const int duration_ms : {10, 700, 31000, 32500, 61000}) {
    const std::string audio = MakeAudio(1, duration_ms);
    const Stream stream = Send(audio);
    EXPECT_TRUE(stream.transport->WaitForEnd().ok());
    const auto words = Words(stream.transport->updates());
    EXPECT_EQ(words, ExpectedWords(audio)) << duration_ms << " ms";
    if (duration_ms > 1000) {
      EXPECT_GT(words.size(), 20u);
    }
    EXPECT_EQ(stream.session->Stats().audio, absl::Milliseconds(duration_ms));
  }
  EXPECT_EQ(gate_.windows(), 1 + 1 + 1 + 2 + 3);
}

TEST_F(OfflineSessionTest, NothingToHearIsNoError) {
  Start(1, gate_.Factory());
  EXPECT_EQ(Recognize(""), "");
  EXPECT_EQ(gate_.windows(), 0);
}

TEST_F(OfflineSessionTest, CutsOfTheBytesDoNotMatter) {
  Start(1, gate_.Factory());
  const std::string audio = MakeAudio(2, 34000);
  const std::string whole = Recognize(audio);
  std::mt19937 random(20261124);
  const Stream stream = Open();
  for (size_t begin = 0; begin < audio.size();) {
    const size_t size = 1 + random() % 60000;
    stream.session->PushAudio(audio.substr(begin, size));
    begin += size;
  }
  stream.session->HalfClose();
  EXPECT_TRUE(stream.transport->WaitForEnd().ok());
  EXPECT_EQ(Describe(stream.transport->updates()), whole);
}

TEST_F(OfflineSessionTest, TogetherTheySayWhatEachSaysAlone) {
  Start(1, gate_.Factory());
  std::vector<std::string> audios;
  std::vector<std::string> alone;
  for (uint32_t i = 0; i < 6; ++i) {
    audios.push_back(MakeAudio(i, 1000 + 11000 * static_cast<int>(i)));
    alone.push_back(Recognize(audios.back()));
  }
  Start(3, gate_.Factory());
  std::vector<Stream> streams;
  for (const std::string& audio : audios) streams.push_back(Send(audio));
  for (size_t i = 0; i < streams.size(); ++i) {
    EXPECT_TRUE(streams[i].transport->WaitForEnd().ok());
    EXPECT_EQ(Describe(streams[i].transport->updates()), alone[i]) << i;
  }
}

TEST_F(OfflineSessionTest, ShortRecordingNeedNotWaitForALongOne) {
  gate_.Close();
  Start(1, gate_.Factory());
  const Stream longer = Send(MakeAudio(3, 120000));
  gate_.WaitForWindows(1);
  const Stream shorter = Send(MakeAudio(4, 1000));
  gate_.Open();
  EXPECT_TRUE(shorter.transport->WaitForEnd().ok());
  EXPECT_TRUE(longer.transport->WaitForEnd().ok());
  EXPECT_EQ(gate_.windows(), 5 + 1);
}

TEST_F(OfflineSessionTest, ClientThatGoesIsNoticedAfterTheWindow) {
  gate_.Close();
  Start(1, gate_.Factory());
  const Stream stream = Send(MakeAudio(5, 120000));
  gate_.WaitForWindows(1);
  stream.session->Cancel();
  gate_.Open();
  EXPECT_EQ(stream.transport->WaitForEnd().code(),
            absl::StatusCode::kCancelled);
  EXPECT_THAT(Recognize(MakeAudio(6, 1000)), Not(IsEmpty()));
  EXPECT_EQ(gate_.windows(), 2);
  EXPECT_LE(stream.session->size_bytes(), sizeof(server::Session));
}

TEST_F(OfflineSessionTest, TooLongRecordingGivesWhatFits) {
  Start(1, gate_.Factory());
  StreamOptions options;
  options.limits.max_audio_seconds = 40;
  const std::string audio = MakeAudio(7, 50000);
  const Stream stream = Send(audio, options);
  const absl::Status status = stream.transport->WaitForEnd();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Words(stream.transport->updates()),
            ExpectedWords(audio.substr(0, 40 * 32000)));
}

TEST_F(OfflineSessionTest, HoldsOneWindowHoweverLongTheRecording) {
  gate_.Close();
  Start(1, gate_.Factory());
  const Stream stream = Open();
  stream.session->PushAudio(MakeAudio(8, 70000));
  gate_.WaitForWindows(1);
  gate_.Open();
  stream.session->PushMarker("all of it was heard");
  for (size_t count = 1;; ++count) {
    stream.transport->WaitForUpdates(count);
    if (!stream.transport->updates()[count - 1].markers.empty()) break;
  }
  // The window, and little beside it.
  EXPECT_LT(stream.session->size_bytes(),
            kWindow * 24 * sizeof(float) + (100 << 10));
  stream.session->Cancel();
}

// Fails or throws at the first window of the process's life, then works.
class FaultyOnce final : public server::WindowRunner {
 public:
  enum class Fault { kStatus, kException };
  FaultyOnce(Fault fault, std::unique_ptr<server::WindowRunner> real)
      : fault_(fault), real_(std::move(real)) {}
  absl::Status Run(absl::Span<const float> inputs,
                   absl::Span<float> log_probs) override {
    if (!std::exchange(faulty_, false)) return real_->Run(inputs, log_probs);
    if (fault_ == Fault::kStatus) return absl::UnknownError("onednn says no");
    throw std::runtime_error("onednn throws up");
  }

 private:
  const Fault fault_;
  bool faulty_ = true;
  const std::unique_ptr<server::WindowRunner> real_;
};

TEST_F(OfflineSessionTest, FaultOfTheModelEndsThatRecordingOnly) {
  for (const auto fault :
       {FaultyOnce::Fault::kStatus, FaultyOnce::Fault::kException}) {
    Start(1,
          [&](const server::LoadedModel& model)
              -> absl::StatusOr<std::unique_ptr<server::WindowRunner>> {
            return std::make_unique<FaultyOnce>(
                fault, *server::ModelWindowRunner::Create(model));
          });
    const absl::Status status =
        Send(MakeAudio(9, 1000)).transport->WaitForEnd();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(status.message()), HasSubstr("onednn"));
    EXPECT_THAT(Recognize(MakeAudio(9, 1000)), Not(IsEmpty()));
  }
}

// Says what the operating system thinks of the thread that runs it.
class PriorityProbe final : public server::WindowRunner {
 public:
  explicit PriorityProbe(int* niceness) : niceness_(niceness) {}
  absl::Status Run(absl::Span<const float>, absl::Span<float>) override {
    *niceness_ = getpriority(PRIO_PROCESS, 0);
    return absl::UnknownError("nothing recognised");
  }

 private:
  int* const niceness_;
};

TEST_F(OfflineSessionTest, WorkersLeaveLiveStreamsTheCore) {
  int niceness = -1;
  Start(1,
        [&](const server::LoadedModel&)
            -> absl::StatusOr<std::unique_ptr<server::WindowRunner>> {
          return std::make_unique<PriorityProbe>(&niceness);
        });
  EXPECT_FALSE(Send(MakeAudio(1, 100)).transport->WaitForEnd().ok());
  const int own = getpriority(PRIO_PROCESS, 0);
  EXPECT_EQ(niceness, std::min(own + 10, 19));
}

}  // namespace
}  // namespace oido::test
