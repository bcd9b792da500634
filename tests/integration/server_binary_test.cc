// The oido-server program as an operator meets it: start, refusals to start,
// signals, CPUs without the newest instructions.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A child process; killed with the object if it still runs.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    int out[2];
    int err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) std::abort();
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_ = fdopen(out[0], "r");
    err_ = fdopen(err[0], "r");
  }
  ~Process() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    fclose(out_);
    fclose(err_);
  }

  std::string ReadLine() {
    char line[4096];
    return fgets(line, sizeof(line), out_) == nullptr ? "" : line;
  }
  // Reads standard error up to a line that has `text` in it; false: there is
  // none.
  bool ReadErrorsUpTo(const std::string& text) {
    char line[4096];
    while (fgets(line, sizeof(line), err_) != nullptr) {
      errors_ += line;
      if (std::string(line).find(text) != std::string::npos) return true;
    }
    return false;
  }
  // All of standard error until the process closes it.
  const std::string& ReadErrors() {
    for (int c = fgetc(err_); c != EOF; c = fgetc(err_)) {
      errors_.push_back(static_cast<char>(c));
    }
    return errors_;
  }
  void Signal(int number) { kill(pid_, number); }
  // The exit code, or minus the signal that ended it.
  int Wait() {
    ReadErrors();  // a full pipe would keep it from ending
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  FILE* out_ = nullptr;
  FILE* err_ = nullptr;
  std::string errors_;
};

// LINEAR16 at 16 kHz.
std::string SpokenSentence() {
  return ReadFile(
             "/usr/share/pocketsphinx/test/data/librivox/"
             "sense_and_sensibility_01_austen_64kb-0880.wav")
      .substr(44);
}

class ServerBinaryTest : public testing::Test {
 protected:
  ServerBinaryTest() { WriteBundle(BabblingBundle("babble"), bundle_.path()); }

  std::unique_ptr<Process> Start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), OIDO_SERVER_BINARY);
    return std::make_unique<Process>(std::move(arguments));
  }

  std::unique_ptr<Process> StartGood() {
    return Start({"--model", bundle_.path(), "--listen=127.0.0.1:0"});
  }

  // From the line that says the server is ready.
  static std::string Address(Process* process) {
    const std::string line = process->ReadLine();
    const std::string before = "oido-server listening on ";
    EXPECT_THAT(line, testing::StartsWith(before));
    return line.size() > before.size()
               ? line.substr(before.size(), line.size() - before.size() - 1)
               : "";
  }

  TempDir bundle_;
};

TEST_F(ServerBinaryTest, SaysWhereItListensAndWithWhichModels) {
  const auto process = StartGood();
  const std::string address = Address(process.get());
  EXPECT_THAT(address, testing::MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
  EXPECT_EQ(process->ReadLine(), "models: babble 1\n");
  EXPECT_EQ(CheckHealth(address), "\x08\x01");
  process->Signal(SIGTERM);
  EXPECT_EQ(process->Wait(), 0);
}

TEST_F(ServerBinaryTest, TerminationLetsRunningStreamsFinish) {
  const auto process = StartGood();
  const auto stub =
      v1::SpeechRecognizer::NewStub(Connect(Address(process.get())));
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  stream.Send(AudioRequest(MakeAudio(1, 3000)));
  ASSERT_TRUE(stream.Sync());
  process->Signal(SIGTERM);
  stream.Send(AudioRequest(MakeAudio(2, 1000)));
  stream.HalfClose();
  EXPECT_TRUE(stream.Finish().ok());
  EXPECT_FALSE(stream.Finals().empty());
  EXPECT_EQ(process->Wait(), 0);
  EXPECT_THAT(
      process->ReadErrors(),
      AllOf(HasSubstr("info draining streams=1"), HasSubstr("call_end"),
            HasSubstr("request_id=test status=OK"), HasSubstr("stopped")));
}

TEST_F(ServerBinaryTest, TerminationEndsStreamsThatDoNotFinish) {
  const auto process = Start(
      {"--model", bundle_.path(), "--listen=127.0.0.1:0", "--drain_seconds=0"});
  const auto stub =
      v1::SpeechRecognizer::NewStub(Connect(Address(process.get())));
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  stream.Send(AudioRequest(MakeAudio(1, 3000)));
  ASSERT_TRUE(stream.Sync());
  process->Signal(SIGINT);
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(process->Wait(), 0);
}

TEST_F(ServerBinaryTest, SecondTerminationEndsItAtOnce) {
  const auto process = StartGood();
  const auto stub =
      v1::SpeechRecognizer::NewStub(Connect(Address(process.get())));
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  ASSERT_TRUE(stream.Sync());
  process->Signal(SIGTERM);
  ASSERT_TRUE(process->ReadErrorsUpTo("draining"));
  process->Signal(SIGHUP);  // changes nothing any more
  process->Signal(SIGTERM);
  EXPECT_EQ(process->Wait(), -SIGTERM);
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

// Workers must fit the weights that another thread packed: the layouts of older
// instructions depend on how many threads oneDNN thinks it may use.
TEST_F(ServerBinaryTest, ShippedModelServesTheSameWordsOnOlderCpus) {
  const std::string audio = SpokenSentence();
  std::string expected;
  for (const char* isa : {"DEFAULT", "AVX512_CORE", "AVX2"}) {
    setenv("ONEDNN_MAX_CPU_ISA", isa, 1);
    const auto process =
        Start({"--model", OIDO_MODELS_DIR "/oido-en", "--listen=127.0.0.1:0",
               "--workers=2", "--max_batch=64"});
    unsetenv("ONEDNN_MAX_CPU_ISA");
    const auto stub =
        v1::SpeechRecognizer::NewStub(Connect(Address(process.get())));
    ClientStream stream(stub.get());
    stream.Send(ConfigRequest());
    stream.SendPieces(audio, 3200);
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok()) << isa;
    process->Signal(SIGTERM);
    EXPECT_EQ(process->Wait(), 0) << isa;
    if (expected.empty()) expected = stream.Finals();
    EXPECT_EQ(stream.Finals(), expected) << isa;
  }
  EXPECT_THAT(expected, HasSubstr("young man"));
}

TEST_F(ServerBinaryTest, PortInUse) {
  const auto first = StartGood();
  const std::string address = Address(first.get());
  const auto second = Start({"--model", bundle_.path(), "--listen", address});
  EXPECT_THAT(second->ReadErrors(),
              AllOf(HasSubstr(address), HasSubstr("in use")));
  EXPECT_EQ(second->Wait(), 1);
  EXPECT_EQ(CheckHealth(address), "\x08\x01");
}

TEST_F(ServerBinaryTest, CorruptedTensorIsNamed) {
  const std::string path = bundle_.File("weights.safetensors");
  std::string weights = ReadFile(path);
  weights.back() = static_cast<char>(weights.back() ^ 1);
  WriteFile(path, weights);
  const auto process = StartGood();
  EXPECT_THAT(process->ReadErrors(), HasSubstr("output.weight"));
  EXPECT_EQ(process->Wait(), 1);
}

TEST_F(ServerBinaryTest, BundleThatIsNotThere) {
  const auto process =
      Start({"--model", bundle_.File("no-such"), "--listen=127.0.0.1:0"});
  EXPECT_THAT(process->ReadErrors(), HasSubstr("no-such"));
  EXPECT_EQ(process->Wait(), 1);
}

TEST_F(ServerBinaryTest, MistakesInOptionsAreUsageErrors) {
  WriteFile(bundle_.File("server.cfg"), "max_streem: 3\n");
  for (const auto& [argument, said] :
       {std::pair<std::string, std::string>{"--max_stream=3",
                                            "did you mean --max_streams?"},
        {"--max_batch=0", "1..1024"},
        {"--config=" + bundle_.File("server.cfg"), "did you mean max_streams?"},
        {"--listen=nowhere", "HOST:PORT"},
        {"--listen=0.0.0.0:0", "--insecure"}}) {
    const auto process = Start({argument});
    EXPECT_THAT(process->ReadErrors(), HasSubstr(said)) << argument;
    EXPECT_EQ(process->Wait(), 2) << argument;
  }
}

TEST_F(ServerBinaryTest, PlainTextForOtherMachinesIsSaidLoudly) {
  const auto process =
      Start({"--model", bundle_.path(), "--listen=0.0.0.0:0", "--insecure"});
  process->ReadLine();
  process->Signal(SIGTERM);
  EXPECT_THAT(process->ReadErrors(), HasSubstr("warn insecure"));
  EXPECT_EQ(process->Wait(), 0);
}

TEST_F(ServerBinaryTest, HangUpReloadsAndTheServerGoesOn) {
  const std::string line =
      "token { name: \"a\" sha256: \"" + std::string(64, '0') + "\" }\n";
  WriteFile(bundle_.File("tokens"), line);
  const auto process = Start({"--model", bundle_.path(), "--listen=127.0.0.1:0",
                              "--token_file", bundle_.File("tokens")});
  const std::string address = Address(process.get());
  process->Signal(SIGHUP);
  EXPECT_EQ(CheckHealth(address), "\x08\x01");
  process->Signal(SIGTERM);
  EXPECT_THAT(process->ReadErrors(), HasSubstr("tokens_reloaded tokens=1"));
  EXPECT_EQ(process->Wait(), 0);
}

TEST_F(ServerBinaryTest, HangUpReadsTheConfigurationAnew) {
  const std::string config = bundle_.File("server.cfg");
  WriteFile(config, "max_streams: 5");
  const auto process = Start(
      {"--config", config, "--model", bundle_.path(), "--listen=127.0.0.1:0"});
  Address(process.get());
  WriteFile(config,
            "max_streams: 6 max_connection_streams: 7 log_format: \"json\"");
  process->Signal(SIGHUP);
  EXPECT_TRUE(
      process->ReadErrorsUpTo("restart_needed key=max_connection_streams"));
  EXPECT_TRUE(process->ReadErrorsUpTo(
      "options_reloaded keys=\"max_streams, log_format\""));
  WriteFile(config, "max_streems: 7");
  process->Signal(SIGHUP);
  EXPECT_TRUE(process->ReadErrorsUpTo("\"event\":\"options_not_reloaded\""));
  process->Signal(SIGTERM);
  EXPECT_THAT(process->ReadErrors(), HasSubstr("did you mean max_streams?"));
  EXPECT_EQ(process->Wait(), 0);
}

// An upgrade as operators do it, in the middle of a recorded sentence.
TEST_F(ServerBinaryTest, HangUpExchangesTheShippedModelUnderAStream) {
  const TempDir models;
  const std::string served = models.File("oido-en");
  const std::string next = models.File("next");
  std::filesystem::copy(OIDO_MODELS_DIR "/oido-en", served);
  std::filesystem::copy(served, next);
  std::string description = ReadFile(next + "/bundle.textproto");
  const size_t version = description.find("\nversion: \"");
  description.insert(version + std::string("\nversion: \"").size(), "next-");
  WriteFile(next + "/bundle.textproto", description);
  const auto process = Start({"--model", served, "--listen=127.0.0.1:0"});
  const auto stub =
      v1::SpeechRecognizer::NewStub(Connect(Address(process.get())));
  const std::string audio = SpokenSentence();
  const auto transcribe = [&](const std::function<void()>& in_between) {
    ClientStream stream(stub.get());
    stream.Send(ConfigRequest());
    stream.SendPieces(audio.substr(0, audio.size() / 2), 3200);
    EXPECT_TRUE(stream.Sync());
    in_between();
    stream.SendPieces(audio.substr(audio.size() / 2), 3200);
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return stream.Finals();
  };
  const std::string before = transcribe([] {});
  EXPECT_THAT(before, HasSubstr("young man"));
  EXPECT_EQ(transcribe([&] {
              std::filesystem::rename(served, models.File("before"));
              std::filesystem::rename(next, served);
              process->Signal(SIGHUP);
              EXPECT_TRUE(process->ReadErrorsUpTo("models_reloaded"));
            }),
            before);
  EXPECT_TRUE(process->ReadErrorsUpTo("models_freed"));
  EXPECT_EQ(transcribe([] {}), before);
  process->Signal(SIGTERM);
  EXPECT_THAT(process->ReadErrors(), HasSubstr("version=next-"));
  EXPECT_EQ(process->Wait(), 0);
}

TEST_F(ServerBinaryTest, ChecksAndPrintsItsConfiguration) {
  const auto printed =
      Start({"--model", bundle_.path(), "--max_streams=7", "--print-config"});
  std::string text;
  for (std::string line = printed->ReadLine(); !line.empty();
       line = printed->ReadLine()) {
    text += line;
  }
  EXPECT_EQ(printed->Wait(), 0);
  EXPECT_THAT(text, AllOf(HasSubstr("max_streams: 7\n"),
                          HasSubstr("model: \"" + bundle_.path())));
  WriteFile(bundle_.File("server.cfg"), text);
  const std::string config = "--config=" + bundle_.File("server.cfg");
  EXPECT_EQ(Start({config, "--check-config"})->Wait(), 0);
  const auto bad = Start({config, "--check-config", "--token_file=/nowhere"});
  EXPECT_THAT(bad->ReadErrors(), HasSubstr("/nowhere"));
  EXPECT_EQ(bad->Wait(), 1);
}

TEST_F(ServerBinaryTest, ModelsLieBesideTheExecutable) {
  const TempDir prefix;
  std::filesystem::create_directory(prefix.File("bin"));
  std::filesystem::copy_file(OIDO_SERVER_BINARY,
                             prefix.File("bin/oido-server"));
  Process without({prefix.File("bin/oido-server"), "--listen=127.0.0.1:0"});
  EXPECT_THAT(without.ReadErrors(),
              HasSubstr(prefix.File("share/oido/models")));
  EXPECT_EQ(without.Wait(), 1);
  for (const char* name : {"b", "a"}) {
    const std::string directory =
        prefix.File(std::string("share/oido/models/") + name);
    std::filesystem::create_directories(directory);
    WriteBundle(BabblingBundle(name), directory);
  }
  Process with({prefix.File("bin/oido-server"), "--listen=127.0.0.1:0"});
  Address(&with);
  EXPECT_EQ(with.ReadLine(), "models: a 1, b 1\n");
}

}  // namespace
}  // namespace oido::test
