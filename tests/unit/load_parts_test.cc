// The parts of the load tester that calculate: timers, flicker, objectives,
// search, /proc, chart, audio.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/load/audio_pool.h"
#include "client/load/find_max.h"
#include "client/load/load_plot.h"
#include "client/load/process_usage.h"
#include "client/load/schedule.h"
#include "client/load/slo.h"
#include "client/load/svg_chart.h"
#include "client/load/transcript_tracker.h"
#include "client/load/wire_messages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "oido/v1/speech.pb.h"
#include "tests/unit/wav_bytes.h"

namespace oido::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Duration kMs = absl::Milliseconds(1);

TEST(TimersTest, GoOffInTheirOrderAndOnce) {
  Timers timers(3);
  EXPECT_EQ(timers.Next(), absl::InfiniteDuration());
  timers.Set(0, 30 * kMs);
  timers.Set(1, 10 * kMs);
  timers.Set(2, 20 * kMs);
  EXPECT_EQ(timers.Next(), 10 * kMs);
  EXPECT_EQ(timers.PopDue(9 * kMs), std::nullopt);
  EXPECT_EQ(timers.PopDue(25 * kMs), 1u);
  EXPECT_EQ(timers.PopDue(25 * kMs), 2u);
  EXPECT_EQ(timers.PopDue(25 * kMs), std::nullopt);
  EXPECT_EQ(timers.PopDue(30 * kMs), 0u);
  EXPECT_EQ(timers.Next(), absl::InfiniteDuration());
}

TEST(TimersTest, ANewTimeReplacesTheOldAndCancelRemovesIt) {
  Timers timers(2);
  timers.Set(0, 10 * kMs);
  timers.Set(0, 20 * kMs);
  timers.Set(1, 15 * kMs);
  timers.Cancel(1);
  EXPECT_EQ(timers.Next(), 20 * kMs);
  timers.Set(0, 5 * kMs);
  EXPECT_EQ(timers.PopDue(absl::Seconds(1)), 0u);
  EXPECT_EQ(timers.PopDue(absl::Seconds(1)), std::nullopt);
}

TEST(PlansTest, StartsAreSpreadOverTheRampAndPhasesOverAMessage) {
  PlanOptions options;
  options.streams = 1000;
  options.ramp = absl::Seconds(10);
  options.message = 100 * kMs;
  options.probe_every = 10;
  options.recordings = 7;
  std::vector<int> in_tenth(10);
  std::set<int> offsets;
  std::set<size_t> recordings;
  const std::vector<StreamPlan> plans = MakePlans(options);
  for (size_t i = 0; i < plans.size(); ++i) {
    const absl::Duration phase =
        plans[i].start - static_cast<int64_t>(i) * 10 * kMs;
    EXPECT_GE(phase, absl::ZeroDuration());
    EXPECT_LT(phase, options.message);
    ++in_tenth[static_cast<size_t>(phase / (10 * kMs))];
    offsets.insert(plans[i].probe_offset);
    recordings.insert(plans[i].first_recording);
  }
  // 100 expected in each; six standard deviations.
  for (const int count : in_tenth) EXPECT_NEAR(count, 100, 57);
  EXPECT_EQ(offsets.size(), 10u);
  EXPECT_EQ(recordings.size(), 7u);
}

TEST(RevisedWordsTest, CountsWhatWasTakenBack) {
  EXPECT_EQ(RevisedWords("", "a b"), 0);
  EXPECT_EQ(RevisedWords("a b", "a b c"), 0);
  EXPECT_EQ(RevisedWords("the ca", "the cat sat"), 0);  // it grew
  EXPECT_EQ(RevisedWords("the cat", "the ca"), 1);
  EXPECT_EQ(RevisedWords("the cat sat", "the rat sat"), 2);
  EXPECT_EQ(RevisedWords("the ca sat", "the cat sat"), 2);
  EXPECT_EQ(RevisedWords("a b", ""), 2);
  EXPECT_EQ(RevisedWords(" a b", "a bc"), 0);  // spaces do not matter
}

TEST(TranscriptTrackerTest, JoinsFinalsAndComparesThemWithInterims) {
  TranscriptTracker tracker;
  tracker.Add("", "a b");
  tracker.Add("", "a c");      // took b back
  tracker.Add("a c d", " e");  // nothing
  tracker.Add("", " f g");     // took e back
  tracker.Add(" f", "");       // took g back
  EXPECT_EQ(tracker.finals(), "a c d f");
  EXPECT_EQ(tracker.spoken_words(), 4);
  EXPECT_EQ(tracker.revised_words(), 3);
}

TEST(SloTest, ReadsMetricPercentileAndLimit) {
  const auto slo = ParseSlo("final.p99.9=1.5s");
  ASSERT_TRUE(slo.ok()) << slo.status();
  EXPECT_EQ(slo->metric, Metric::kFinal);
  EXPECT_DOUBLE_EQ(slo->quantile, 0.999);
  EXPECT_EQ(slo->limit, 1500 * kMs);
  EXPECT_EQ(ParseSlo("p50=200ms")->metric, Metric::kMessage);
  EXPECT_EQ(ParseSlo("partial.p50=200ms")->metric, Metric::kPartial);
}

TEST(SloTest, SaysWhatIsWrong) {
  for (const char* text : {"", "p99", "p99=", "p99=200", "p0=1s", "p101=1s",
                           "x99=1s", "first.p99=1s", "p99=-1s", "p=1s"}) {
    const auto slo = ParseSlo(text);
    EXPECT_EQ(slo.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(slo.status().message(), HasSubstr("p99=200ms")) << text;
  }
}

// 100 messages of 1 s each on 10 streams for 10 s, with latencies 1..100 ms.
RunResult GoodResult() {
  RunResult result;
  result.streams = 10;
  result.window = absl::Seconds(10);
  result.audio = absl::Seconds(100);
  result.late_limit = 50 * kMs;
  result.messages = 100;
  for (int i = 1; i <= 100; ++i) result.message.Record(i * kMs);
  return result;
}

Requirements RequireP99(absl::string_view limit) {
  Requirements requirements;
  requirements.slos = {*ParseSlo(absl::StrCat("p99=", limit))};
  return requirements;
}

TEST(ShortcomingsTest, NoneWhereAllHolds) {
  EXPECT_THAT(Shortcomings(GoodResult(), RequireP99("100ms")), IsEmpty());
  EXPECT_THAT(Shortcomings(GoodResult(), Requirements()), IsEmpty());
}

TEST(ShortcomingsTest, EachIsNamed) {
  const RunResult good = GoodResult();
  EXPECT_THAT(Shortcomings(good, RequireP99("98ms")),
              ElementsAre(HasSubstr("p99=98ms: it was 99.")));
  Requirements partial;
  partial.slos = {*ParseSlo("partial.p50=1s")};
  EXPECT_THAT(Shortcomings(good, partial),
              ElementsAre(HasSubstr("nothing was measured")));
  RunResult late = GoodResult();
  late.late_messages = 2;
  EXPECT_THAT(Shortcomings(late, {}), ElementsAre(HasSubstr("too slow")));
  RunResult failed = GoodResult();
  failed.failures["INTERNAL"].count = 3;
  EXPECT_THAT(Shortcomings(failed, {}), ElementsAre(HasSubstr("3 INTERNAL")));
  RunResult missing = GoodResult();
  missing.audio = absl::Seconds(89);
  EXPECT_THAT(Shortcomings(missing, {}), ElementsAre(HasSubstr("89.0 %")));
}

TEST(ShortcomingsTest, RefusalsMayBeAllowed) {
  RunResult refused = GoodResult();
  refused.refused = 4;
  refused.audio = absl::Seconds(50);
  EXPECT_EQ(Shortcomings(refused, {}).size(), 2u);
  refused.gave_up = true;
  EXPECT_THAT(Shortcomings(refused, {}), ElementsAre("refused streams: 4"));
  refused.gave_up = false;
  Requirements allowed;
  allowed.refusals = Requirements::Refusals::kAllowed;
  EXPECT_THAT(Shortcomings(refused, allowed), IsEmpty());
}

TEST(FindMaxTest, FindsEveryThresholdWithFewTrials) {
  SearchOptions options;
  options.first = 16;
  options.most = 1000;
  for (int threshold = 0; threshold <= 1000; ++threshold) {
    int trials = 0;
    int greatest = 0;
    const int found = FindMax(options, [&](int streams) {
      ++trials;
      greatest = std::max(greatest, streams);
      return streams <= threshold ? Outcome::kHeld : Outcome::kNotHeld;
    });
    EXPECT_LE(found, threshold);
    EXPECT_GE(found, threshold - std::max(1, threshold / 50) + 1) << threshold;
    EXPECT_LE(trials, 17) << threshold;
    EXPECT_LE(greatest, 1000);
  }
}

TEST(FindMaxTest, StopsWhereItIs) {
  int trials = 0;
  EXPECT_EQ(FindMax({},
                    [&](int) {
                      return ++trials == 3 ? Outcome::kStop : Outcome::kHeld;
                    }),
            32);
}

TEST(ProcessUsageTest, ReadsStatBehindAnyName) {
  // The line of a real process, its name changed.
  const auto usage = ParseStat(
      "4242 (a) b (c) S 1 4242 4242 34816 4242 4194304 1500 0 3 0 250 50 0 0 "
      "20 0 7 0 123456 1000000 512 18446744073709551615 1 1 0 0 0 0 0 0 0",
      100, 4096);
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_EQ(usage->cpu, absl::Seconds(3));
  EXPECT_EQ(usage->rss_bytes, 512 * 4096);
  EXPECT_FALSE(ParseStat("4242 (a) S 1", 100, 4096).ok());
  EXPECT_FALSE(ParseStat("", 100, 4096).ok());
}

TEST(ProcessUsageTest, ReadsThisProcess) {
  const auto usage = ReadProcessUsage(getpid());
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_GT(usage->rss_bytes, 1 << 20);
  EXPECT_EQ(ReadProcessUsage(0x7fffffff).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(WireMessagesTest, AudioIsItsPrefixAndTheSamples) {
  for (const size_t bytes : {1u, 127u, 128u, 3200u, 70000u}) {
    const std::string audio(bytes, 'x');
    v1::StreamingRecognizeRequest request;
    ASSERT_TRUE(request.ParseFromString(
        WireMessages::Create(Api::kOido)->AudioPrefix(bytes) + audio));
    EXPECT_TRUE(request.audio_content() == audio) << bytes;
  }
}

TEST(WireMessagesTest, TheFirstMessageSaysHowWordsAreFound) {
  v1::StreamingRecognitionConfig wanted;
  wanted.mutable_config()->set_model("small");
  wanted.mutable_config()->mutable_decoding()->set_method(
      v1::DecodingConfig::LETTERS);
  wanted.set_max_final_delay_ms(500);
  v1::StreamingRecognizeRequest request;
  ASSERT_TRUE(request.ParseFromString(
      WireMessages::Create(Api::kOido)->Config({8000, "a-1"}, wanted)));
  const v1::StreamingRecognitionConfig& config = request.streaming_config();
  EXPECT_EQ(config.config().model(), "small");
  EXPECT_EQ(config.config().decoding().method(), v1::DecodingConfig::LETTERS);
  EXPECT_EQ(config.config().sample_rate_hertz(), 8000);
  EXPECT_EQ(config.config().encoding(), v1::LINEAR16);
  EXPECT_EQ(config.request_id(), "a-1");
  EXPECT_EQ(config.max_final_delay_ms(), 500);
  EXPECT_TRUE(config.interim_results());
}

// Fails the test unless every tag that opens is closed in its turn and no text
// holds what would be one.
void ExpectWellFormed(const std::string& xml) {
  std::vector<std::string> open;
  size_t at = 0;
  while (at < xml.size()) {
    const size_t begin = xml.find('<', at);
    const std::string text = xml.substr(at, begin - at);
    EXPECT_EQ(text.find('>'), std::string::npos) << text;
    for (size_t i = text.find('&'); i != std::string::npos;
         i = text.find('&', i + 1)) {
      EXPECT_TRUE(text.substr(i, 5) == "&amp;" || text.substr(i, 4) == "&lt;" ||
                  text.substr(i, 4) == "&gt;" || text.substr(i, 6) == "&quot;")
          << text;
    }
    if (begin == std::string::npos) break;
    const size_t end = xml.find('>', begin);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = xml.substr(begin + 1, end - begin - 1);
    EXPECT_EQ(std::count(tag.begin(), tag.end(), '"') % 2, 0) << tag;
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(name.substr(1), open.back());
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    at = end + 1;
  }
  EXPECT_THAT(open, IsEmpty());
}

TEST(SvgChartTest, IsWellFormedWhateverItShows) {
  Chart chart;
  chart.title = "a < b & \"c\" > d";
  ExpectWellFormed(ToSvg(chart));
  chart.lines = {{"p50 & more", "red", {{0, 0}, {10, 5}, {20, 1e6}}},
                 {"none", "blue", {}},
                 {"one", "\"><script>", {{3, 3}}}};
  chart.limits = {200};
  const std::string svg = ToSvg(chart);
  ExpectWellFormed(svg);
  EXPECT_THAT(svg, HasSubstr("p50 &amp; more"));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(LoadPlotTest, TrialsAreInTheOrderOfTheirStreams) {
  std::vector<Trial> trials;
  for (const int streams : {16, 64, 32}) {
    trials.push_back({GoodResult(), {}});
    trials.back().result.streams = streams;
    if (streams == 64) trials.back().shortcomings = {"no"};
  }
  const Chart chart = ChartOverStreams(trials, {*ParseSlo("p99=200ms")});
  EXPECT_THAT(chart.title, HasSubstr("32 streams held"));
  EXPECT_THAT(chart.limits, ElementsAre(200));
  ASSERT_EQ(chart.lines.size(), 3u);
  ASSERT_EQ(chart.lines[2].points.size(), 3u);
  EXPECT_EQ(chart.lines[2].points[1].x, 32);
  EXPECT_NEAR(chart.lines[2].points[1].y, 99, 0.3);
  ExpectWellFormed(ToSvg(chart));
}

class AudioPoolTest : public testing::Test {
 protected:
  ~AudioPoolTest() override {
    for (const client::Utterance& file : files_) std::remove(file.path.c_str());
  }

  void Add(const features::WavSpec& spec, const std::string& data) {
    const std::string path = absl::StrCat(testing::TempDir(), "oido_load_",
                                          getpid(), "_", files_.size(), ".wav");
    std::ofstream(path, std::ios::binary) << features::WavBytes(spec, data);
    files_.push_back({absl::StrCat(files_.size()), path, "", ""});
  }

  std::vector<client::Utterance> files_;
};

TEST_F(AudioPoolTest, EverythingBecomesSixteenBit) {
  Add({}, features::Linear16Bytes({0, 1, -2, 32767}));
  Add({.format = 3, .rate = 8000, .bits = 32},
      features::FloatBytes({0.0f, 0.5f, -1.0f, 1.5f}));
  const auto recordings = LoadRecordings({}, files_, [] { return false; });
  ASSERT_TRUE(recordings.ok()) << recordings.status();
  ASSERT_EQ(recordings->size(), 2u);
  for (const Recording& recording : *recordings) {
    const bool is_first = recording.utterance.utt_id == "0";
    EXPECT_EQ(recording.sample_rate_hz, is_first ? 16000 : 8000);
    EXPECT_EQ(recording.samples,
              is_first ? features::Linear16Bytes({0, 1, -2, 32767})
                       : features::Linear16Bytes({0, 16384, -32768, 32767}));
  }
}

TEST_F(AudioPoolTest, HoldsNoMoreThanItMay) {
  const std::string second(2 * 16000, '\1');
  for (int i = 0; i < 5; ++i) Add({}, second);
  AudioPoolOptions options;
  options.most_audio = absl::Seconds(3);
  const auto recordings = LoadRecordings(options, files_, [] { return false; });
  ASSERT_TRUE(recordings.ok()) << recordings.status();
  EXPECT_EQ(recordings->size(), 3u);
  options.most_audio = absl::Milliseconds(500);
  EXPECT_THAT(
      LoadRecordings(options, files_, [] { return false; }).status().message(),
      HasSubstr("longer than the 500ms"));
}

TEST_F(AudioPoolTest, SaysWhichFileIsNoAudio) {
  files_.push_back({"x", "no/such/file.wav", "", ""});
  EXPECT_THAT(
      LoadRecordings({}, files_, [] { return false; }).status().message(),
      HasSubstr("no/such/file.wav"));
}

TEST(PadToMessagesTest, FillsTheLastMessageWithSilence) {
  std::vector<Recording> recordings(2);
  for (Recording& recording : recordings) recording.sample_rate_hz = 8000;
  recordings[0].samples.assign(1600 * 2, 'x');
  recordings[1].samples.assign(1601 * 2, 'x');
  ASSERT_TRUE(PadToMessages(100 * kMs, recordings).ok());
  EXPECT_EQ(recordings[0].samples.size(), 1600u * 2);
  EXPECT_EQ(recordings[1].samples.size(), 2400u * 2);
  EXPECT_EQ(recordings[1].samples.back(), '\0');
  recordings[1].sample_rate_hz = 16000;
  EXPECT_EQ(PadToMessages(100 * kMs, recordings).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace oido::load
