// The program oido-load against a real server: counts, verdicts, files, exit
// codes, Ctrl-C. No latency is compared with anything that could be missed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tests/support/service_harness.h"
#include "tests/support/test_bundle.h"
#include "tests/unit/wav_bytes.h"

namespace oido::test {
namespace {

using testing::HasSubstr;

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    std::string manifest = "utt_id\tpath\ttext\n";
    for (uint32_t i = 0; i < 3; ++i) {
      const std::string name = absl::StrCat("speech", i, ".wav");
      WriteFile(directory_.File(name),
                features::WavBytes({}, MakeAudio(i, 700 + 300 * i)));
      absl::StrAppend(&manifest, name, "\t", name, "\tsome words\n");
    }
    WriteFile(directory_.File("manifest.tsv"), manifest);
    WriteFile(directory_.File("words.tsv"),
              "utt_id\tword\tstart_s\tend_s\nspeech1.wav\tsome\t0.1\t0.3\n");
  }

  void StartServer(int max_streams) {
    server::ServerOptions options;
    options.max_streams = max_streams;
    server_ = std::make_unique<TestServer>(options);
  }

  // Starts oido-load with what all tests give it and `arguments`.
  pid_t Start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {OIDO_LOAD_BINARY, "--server", server_->address(),
                      "--manifest", directory_.File("manifest.tsv"), "--ramp",
                      "0.2", "--json", directory_.File("figures.json")});
    return Spawn(arguments);
  }

  pid_t Spawn(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const std::string out = directory_.File("out");
    const std::string err = directory_.File("err");
    const pid_t pid = fork();
    if (pid == 0) {
      if (freopen(out.c_str(), "w", stdout) == nullptr) _exit(126);
      if (freopen(err.c_str(), "w", stderr) == nullptr) _exit(126);
      execv(argv[0], argv.data());
      _exit(127);
    }
    return pid;
  }

  // The exit code, or minus the signal.
  int Wait(pid_t pid) {
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  int Run(const std::vector<std::string>& arguments) {
    return Wait(Start(arguments));
  }

  std::string Output(const std::string& name) {
    return ReadFile(directory_.File(name));
  }
  nlohmann::json Figures() {
    return nlohmann::json::parse(Output("figures.json"));
  }

  TempDir directory_;
  std::unique_ptr<TestServer> server_;
};

TEST_F(LoadTest, EightStreamsSpeakAndAreMeasured) {
  StartServer(100);
  Run({"--streams", "8", "--seconds", "2", "--probe-every", "2", "--seed", "5",
       "--connections", "2", "--word-times", directory_.File("words.tsv"),
       "--plot", directory_.File("plot.svg"), "--server-pid",
       absl::StrCat(getpid())});
  const nlohmann::json figures = Figures();
  const nlohmann::json& streams = figures["streams"];
  EXPECT_EQ(streams["wanted"], 8);
  EXPECT_EQ(streams["most_open"], 8);
  EXPECT_EQ(streams["refused"], 0);
  EXPECT_EQ(streams["failed"], 0) << figures.dump(2);
  EXPECT_TRUE(streams["errors_by_status"].empty());
  // Each place speaks at least once, and what ended was completed.
  EXPECT_GE(streams["completed"], 8);
  EXPECT_EQ(streams["completed"], streams["opened"]);
  EXPECT_GT(figures["words"]["final"], 8);
  EXPECT_EQ(figures["words"]["revised"], 0);  // greedy decoding takes none back
  EXPECT_GT(figures["accuracy"]["words"], 0);
  EXPECT_GT(figures["words"]["timed"], 0);
  for (const char* metric : {"message", "partial", "final"}) {
    const nlohmann::json& latency = figures["latency_ms"][metric];
    ASSERT_GT(latency["count"], 0) << metric;
    EXPECT_GT(latency["p50"], 0) << metric;
    EXPECT_LE(latency["p50"], latency["p99"]) << metric;
    EXPECT_LE(latency["p99"], latency["max"]) << metric;
  }
  EXPECT_GT(figures["pacing"]["messages"], 50);
  EXPECT_GT(figures["server"]["rss_bytes"], 1 << 20);
  EXPECT_GT(figures["load_tester"]["cpu_seconds"], 0);
  EXPECT_EQ(figures["settings"]["seed"], 5);
  EXPECT_THAT(Output("plot.svg"), HasSubstr("</svg>"));
  EXPECT_THAT(Output("out"), HasSubstr("message -> recognised"));
  EXPECT_THAT(Output("out"), HasSubstr("WER"));
  EXPECT_THAT(Output("err"), HasSubstr("seed 5"));
}

// What a place heard of its streams, in each protocol.
TEST_F(LoadTest, OtherProtocolsAreMeasuredToo) {
  StartServer(100);
  Run({"--streams", "4", "--seconds", "2", "--probe-every", "1", "--api",
       "riva"});
  nlohmann::json figures = Figures();
  EXPECT_EQ(figures["api"], "riva");
  EXPECT_EQ(figures["streams"]["failed"], 0) << figures.dump(2);
  EXPECT_GE(figures["streams"]["completed"], 4);
  EXPECT_GT(figures["words"]["final"], 4);
  for (const char* metric : {"message", "partial", "final"})
    EXPECT_GT(figures["latency_ms"][metric]["count"], 0) << metric;
  EXPECT_EQ(figures["unanswered"], 0);

  Run({"--streams", "4", "--seconds", "2", "--api", "google"});
  figures = Figures();
  EXPECT_EQ(figures["api"], "google");
  EXPECT_EQ(figures["streams"]["failed"], 0) << figures.dump(2);
  EXPECT_GT(figures["words"]["final"], 4);
  for (const char* metric : {"partial", "final"})
    EXPECT_GT(figures["latency_ms"][metric]["count"], 0) << metric;
  EXPECT_EQ(Run({"--api", "google", "--slo", "p99=1s"}), 2);
  EXPECT_EQ(Run({"--api", "riva", "--method", "letters"}), 2);
}

TEST_F(LoadTest, RefusedStreamsAreCountedAndFailTheTestUnlessAllowed) {
  StartServer(3);
  EXPECT_EQ(Run({"--streams", "8", "--seconds", "1", "--back-to-back"}), 1);
  EXPECT_GE(Figures()["streams"]["refused"], 5);
  EXPECT_EQ(Figures()["streams"]["failed"], 0);
  EXPECT_EQ(Figures()["streams"]["completed"], 3);
  EXPECT_FALSE(Figures()["held"]);
  EXPECT_THAT(Output("out"), HasSubstr("not held    refused streams: "));

  EXPECT_EQ(Run({"--streams", "8", "--seconds", "1", "--back-to-back",
                 "--allow-refused", "--late-ms", "10000"}),
            0);
  EXPECT_GE(Figures()["streams"]["refused"], 5);
  EXPECT_TRUE(Figures()["held"]);
}

TEST_F(LoadTest, AnObjectiveThatNoServerMeetsIsExitCodeOne) {
  StartServer(100);
  EXPECT_EQ(Run({"--streams", "2", "--seconds", "1", "--probe-every", "1",
                 "--slo", "p99=0.001ms", "--slo", "p50=1h"}),
            1);
  EXPECT_THAT(Figures()["shortcomings"].dump(), HasSubstr("p99=0.001ms: it"));
  EXPECT_THAT(Output("out"), HasSubstr("not held    p99=0.001ms: it was"));
}

TEST_F(LoadTest, FindMaxFindsTheServersLimit) {
  StartServer(3);
  EXPECT_EQ(Run({"--find-max", "--streams", "2", "--seconds", "0.8",
                 "--back-to-back", "--probe-every", "1", "--late-ms", "10000",
                 "--slo", "p99=1h", "--plot", directory_.File("plot.svg")}),
            0);
  const nlohmann::json figures = Figures();
  EXPECT_EQ(figures["max_streams"], 3) << Output("out");
  ASSERT_EQ(figures["trials"].size(), 3u);
  EXPECT_EQ(figures["trials"][1]["streams"]["wanted"], 4);
  EXPECT_FALSE(figures["trials"][1]["held"]);
  EXPECT_GT(figures["trials"][1]["streams"]["refused"], 0);
  EXPECT_THAT(Output("out"), HasSubstr("max_streams 3\n"));
  EXPECT_THAT(Output("plot.svg"), HasSubstr("3 streams held"));
}

TEST_F(LoadTest, ControlCEndsWithTheTableSoFar) {
  StartServer(100);
  const pid_t pid = Start({"--streams", "2", "--seconds", "600"});
  // Signals are caught before this is said.
  std::string said;
  while (said.find("recordings") == std::string::npos) {
    std::ifstream file(directory_.File("err"));
    said.assign(std::istreambuf_iterator<char>(file), {});
  }
  kill(pid, SIGINT);
  EXPECT_EQ(Wait(pid), 130);
  EXPECT_THAT(Output("out"), HasSubstr("ended by Ctrl-C"));
  EXPECT_TRUE(Figures()["interrupted"]);
}

TEST_F(LoadTest, WrongUsageIsExitCodeTwo) {
  const std::string program = OIDO_LOAD_BINARY;
  EXPECT_EQ(Wait(Spawn({program})), 2);
  EXPECT_THAT(Output("err"), HasSubstr("say what the streams are to speak"));
  EXPECT_EQ(Wait(Spawn({program, "a.wav", "--slo", "quick"})), 2);
  EXPECT_EQ(Wait(Spawn({program, "a.wav", "--find-max"})), 2);
  EXPECT_EQ(Wait(Spawn({program, "a.wav", "--streams", "0"})), 2);
  EXPECT_EQ(Wait(Spawn({program, "a.wav", "--word-times", "words.tsv",
                        "--back-to-back"})),
            2);
  EXPECT_EQ(Wait(Spawn({program, "--help"})), 0);
  EXPECT_EQ(Wait(Spawn({program, "no-such-file.wav"})), 1);
  EXPECT_THAT(Output("err"), HasSubstr("no-such-file.wav: no such file"));
}

}  // namespace
}  // namespace oido::test
