// A server here, its clients in a child process, pipes between them.
#include "tests/support/stream_memory.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <vector>

#include "server/allocator.h"
#include "server/log.h"
#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

constexpr int kWarmingStreams = 32;

void Check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "stream_memory: %s\n", what);
  std::abort();
}

// A pipe for lines.
class Lines {
 public:
  Lines() { Check(pipe(ends_) == 0, "pipe"); }
  void Write(const std::string& line) {
    const std::string bytes = line + "\n";
    Check(write(ends_[1], bytes.data(), bytes.size()) ==
              static_cast<ssize_t>(bytes.size()),
          "write");
  }
  std::string Read() {
    std::string line;
    for (char c = 0; read(ends_[0], &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }

 private:
  int ends_[2];
};

// A thousand connections are as many files.
void AllowFiles() {
  rlimit limit{};
  Check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  Check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Some streams and the channels they use.
class Clients {
 public:
  Clients(const std::string& address, const StreamMemoryPlan& plan, int count) {
    v1::StreamingRecognizeRequest config = ConfigRequest();
    auto* recognition = config.mutable_streaming_config();
    recognition->set_interim_results(true);
    recognition->mutable_config()->set_sample_rate_hertz(plan.rate_hz);
    for (int i = 0; i < count; ++i) {
      if (i % plan.streams_per_channel == 0) {
        stubs_.push_back(v1::SpeechRecognizer::NewStub(Connect(address)));
      }
      streams_.push_back(std::make_unique<ClientStream>(stubs_.back().get()));
      Check(streams_.back()->Send(config), "no stream");
    }
    // In tenths of a second that are waited for, as from a microphone.
    const std::string audio = MakeAudio(1, plan.rate_hz / 160);
    for (int tenth = 0; tenth < 10; ++tenth) {
      for (const auto& stream : streams_) stream->Send(AudioRequest(audio));
      for (const auto& stream : streams_) Check(stream->Sync(), "no answer");
    }
  }
  ~Clients() {
    for (const auto& stream : streams_) stream->Cancel();
    for (const auto& stream : streams_) stream->Finish();
  }

 private:
  std::vector<std::unique_ptr<v1::SpeechRecognizer::Stub>> stubs_;
  std::vector<std::unique_ptr<ClientStream>> streams_;
};

void RunClients(const StreamMemoryPlan& plan, Lines* in, Lines* out) {
  const std::string address = in->Read();
  { const Clients warming(address, plan, kWarmingStreams); }
  out->Write("warm");
  in->Read();
  const Clients clients(address, plan, plan.streams);
  out->Write("open");
  in->Read();
}

}  // namespace

StreamMemory MeasureStreams(const server::ModelSet& models,
                            const StreamMemoryPlan& plan) {
  AllowFiles();
  Lines to_clients;
  Lines from_clients;
  std::fflush(nullptr);
  const pid_t child = fork();
  Check(child >= 0, "fork");
  if (child == 0) {
    RunClients(plan, &to_clients, &from_clients);
    _exit(0);
  }
  server::LimitArenas();  // as oido-server does
  server::SetLogLevel(server::Severity::kWarn);
  server::ServerOptions options;
  options.max_streams = plan.streams + kWarmingStreams;
  options.admission_utilization = 0;
  options.latency_target_ms = 0;
  options.idle_timeout_seconds = 3600;
  options.max_batch = kWarmingStreams / 4;  // so that all sizes warm up
  TestServer server(options, models, {});
  to_clients.Write(server.address());
  Check(from_clients.Read() == "warm", "the clients failed");
  Check(server.server().registry().WaitUntilEmpty(absl::Minutes(2)),
        "the first streams do not end");
  // What was freed shall not serve the streams, or they would seem smaller.
  server::ReturnFreeMemory();
  const size_t before = ResidentBytes();
  to_clients.Write("go");
  Check(from_clients.Read() == "open", "the clients failed");
  StreamMemory memory;
  server::ReturnFreeMemory();
  memory.resident = std::max(ResidentBytes(), before) - before;
  memory.sessions = server.server().registry().size_bytes();
  to_clients.Write("end");
  int status = 0;
  waitpid(child, &status, 0);
  Check(status == 0, "the clients failed");
  return memory;
}

}  // namespace oido::test
