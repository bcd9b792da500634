// What operators see of a running oído: the figures for Prometheus, which the
// documentation and the dashboard name the same, and a call's log lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/log.h"
#include "tests/support/scrape.h"
#include "tests/support/service_harness.h"
#include "tests/support/word_models.h"

namespace oido::test {
namespace {

// "name{labels}" to value.
std::map<std::string, double> Values(const std::string& text) {
  std::map<std::string, double> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.rfind(' ');
    if (line.empty() || line[0] == '#' || space == std::string::npos) continue;
    EXPECT_TRUE(absl::SimpleAtod(line.substr(space + 1),
                                 &values[line.substr(0, space)]))
        << line;
  }
  return values;
}

// Of the "# TYPE name kind" lines; the library's own are left out.
std::set<std::string> Names(const std::string& text) {
  std::set<std::string> names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# TYPE ", 0) == 0 && line.rfind("# TYPE exposer_", 0) != 0)
      names.insert(line.substr(7, line.rfind(' ') - 7));
  }
  return names;
}

server::ServerOptions WithMetrics() {
  server::ServerOptions options;
  options.metrics_listen = "127.0.0.1:0";
  options.max_streams = 1;
  return options;
}

// One stream, no further ahead of the pace of speech than live ones may be, and
// one that is refused while it is open.
void Speak(TestServer& server) {
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  auto config = ConfigRequest();
  config.mutable_streaming_config()->set_interim_results(true);
  stream.Send(config);
  for (int i = 0; i < 3; ++i) {
    stream.Send(AudioRequest(MakeAudio(static_cast<uint32_t>(i), 100)));
    ASSERT_TRUE(stream.Sync());
  }
  ClientStream refused(stub.get());
  EXPECT_EQ(refused.Finish().error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  stream.HalfClose();
  ASSERT_TRUE(stream.Finish().ok());
  ASSERT_TRUE(server.server().registry().WaitUntilEmpty(absl::Minutes(1)));
}

TEST(MetricsTest, CountWhatHappened) {
  TestServer server(WithMetrics());
  Speak(server);
  const auto values = Values(Scrape(server.server().metrics_address()));
  const auto at = [&](const std::string& name) {
    const auto found = values.find(name);
    EXPECT_NE(found, values.end()) << name;
    return found == values.end() ? -1 : found->second;
  };
  EXPECT_EQ(at("oido_calls_started_total{method=\"StreamingRecognize\"}"), 1);
  EXPECT_EQ(at("oido_calls_ended_total{method=\"StreamingRecognize\","
               "status=\"OK\"}"),
            1);
  EXPECT_EQ(at("oido_calls_refused_total{reason=\"max_streams\"}"), 1);
  // The padding behind the end is in it.
  EXPECT_NEAR(at("oido_audio_seconds_total{model=\"babble\",version=\"1\"}"),
              0.5, 0.2);
  EXPECT_GT(at("oido_stage_seconds_total{model=\"babble\",stage=\"model\","
               "version=\"1\"}"),
            0);
  EXPECT_GE(at("oido_step_batch_size_count{model=\"babble\",version=\"1\"}"),
            9);
  EXPECT_EQ(at("oido_step_batch_size_bucket{model=\"babble\",version=\"1\",le="
               "\"1\"}"),
            at("oido_step_batch_size_count{model=\"babble\",version=\"1\"}"));
  EXPECT_GT(at("oido_queue_seconds_count{model=\"babble\",version=\"1\"}"), 0);
  EXPECT_GT(at("oido_partial_latency_seconds_count"), 0);
  EXPECT_GT(at("oido_final_latency_seconds_count"), 0);
  EXPECT_EQ(at("oido_streams_open"), 0);
  EXPECT_EQ(at("oido_streams_limit"), 1);
  EXPECT_EQ(at("oido_serving"), 1);
  EXPECT_EQ(at("oido_model_info{model=\"babble\",version=\"1\","
               "language=\"en-US\"}"),
            1);
  EXPECT_GT(at("process_resident_memory_bytes"), 1e6);
}

// The figures' names that follow `before` in the text.
std::set<std::string> NamesAfter(const std::string& text,
                                 const std::string& before) {
  std::set<std::string> found;
  for (size_t at = text.find(before); at != std::string::npos;
       at = text.find(before, at + 1)) {
    const size_t name = at + before.size();
    const size_t end =
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", name);
    found.insert(text.substr(name, end - name));
  }
  return found;
}

TEST(MetricsTest, DocumentationAndDashboardNameThemAll) {
  server::ServerOptions options = WithMetrics();
  TestServer server(options);
  Speak(server);
  std::set<std::string> exposed =
      Names(Scrape(server.server().metrics_address()));
  exposed.insert("oido_certificate_expiry_timestamp_seconds");  // with TLS
  std::set<std::string> documented;
  const std::string operations = ReadFile("docs/operations.md");
  for (const std::string prefix : {"oido_", "process_"}) {
    for (const std::string& name : NamesAfter(operations, "\n| `" + prefix)) {
      documented.insert(prefix + name);
    }
  }
  EXPECT_EQ(documented, exposed);
  const std::set<std::string> drawn =
      NamesAfter(ReadFile("deploy/grafana/oido.json"), "oido_");
  EXPECT_FALSE(drawn.empty());
  for (const std::string& name : drawn) {
    absl::string_view family = name;
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
      if (absl::ConsumeSuffix(&family, suffix)) break;
    }
    EXPECT_EQ(exposed.count("oido_" + std::string(family)), 1u) << name;
  }
}

TEST(MetricsTest, AddressInUseIsAnError) {
  TestServer server(WithMetrics());
  server::ServerOptions options = WithMetrics();
  options.listen = "127.0.0.1:0";
  options.metrics_listen = server.server().metrics_address();
  const server::SteadyClock clock;
  const auto second = server::Server::Start(options, BabblingModels(), &clock);
  EXPECT_THAT(std::string(second.status().message()),
              testing::HasSubstr("metrics_listen: cannot listen on " +
                                 options.metrics_listen));
}

// A call with these metadata; what x-request-id comes back.
std::string RequestId(
    TestServer& server,
    const std::vector<std::pair<std::string, std::string>>& metadata) {
  grpc::ClientContext context;
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  v1::RecognizeRequest request;
  *request.mutable_config() = ConfigRequest().streaming_config().config();
  v1::RecognizeResponse response;
  EXPECT_TRUE(server.NewStub()->Recognize(&context, request, &response).ok());
  const auto& answer = context.GetServerInitialMetadata();
  EXPECT_EQ(answer.count("x-request-id"), 1u);
  const auto found = answer.find("x-request-id");
  return std::string(found->second.data(), found->second.size());
}

class CallLogTest : public testing::Test {
 protected:
  CallLogTest() {
    server::SetLogSink([this](const std::string& line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      log_ += line;
    });
  }
  ~CallLogTest() override {
    server::SetLogSink(nullptr);
    server::SetLogLevel(server::Severity::kInfo);
  }

  std::mutex mutex_;
  std::string log_;
};

TEST_F(CallLogTest, AudioAndWordsStayOutOfIt) {
  server::SetLogLevel(server::Severity::kDebug);
  TestServer server(server::ServerOptions(), WordModels(), server::Engines());
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  auto config = ConfigRequest();
  auto* words =
      config.mutable_streaming_config()->mutable_config()->add_hot_words();
  words->add_phrases("dashwood");
  words->set_boost(1);
  stream.Send(config);
  const std::string secret = "audio that nobody but oido may hear ";
  for (int i = 0; i < 1000; ++i) stream.Send(AudioRequest(secret));
  stream.SendPieces(MakeAudio(1, 3000), 3200);
  stream.HalfClose();
  EXPECT_TRUE(stream.Finish().ok());
  std::string said;
  for (const auto& response : stream.responses()) {
    for (const auto& result : response.results())
      if (result.is_final()) said += result.alternatives(0).transcript();
  }
  // What is wrong with hot words only the client learns.
  ClientStream refused(stub.get());
  words->add_phrases("dash" + std::string(1000, 'w'));
  refused.Send(config);
  EXPECT_THAT(refused.Finish().error_message(), testing::HasSubstr("dashww"));
  server.Stop();
  ASSERT_GT(said.size(), 3u);
  EXPECT_THAT(log_, testing::HasSubstr("hot_words[0].phrases[1]: the client"));
  for (const std::string& private_text :
       {said, secret.substr(0, 10), std::string("dash")}) {
    EXPECT_THAT(log_, testing::Not(testing::HasSubstr(private_text)));
  }
}

TEST_F(CallLogTest, RequestIdsComeBackAndTracesAreInTheLog) {
  TestServer server;
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_EQ(RequestId(server, {{"x-request-id", "a-1"},
                               {"traceparent",
                                "00-" + trace + "-00f067aa0ba902b7-01"}}),
            "a-1");
  const std::string made_up = RequestId(server, {});
  EXPECT_THAT(made_up, testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_NE(RequestId(server, {}), made_up);
  EXPECT_THAT(RequestId(server, {{"x-request-id", "two words"}}),
              testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_THAT(RequestId(server, {{"x-request-id", std::string(129, 'a')}}),
              testing::MatchesRegex("[0-9a-f]{16}"));
  RequestId(server, {{"traceparent", "00-forged key=value"}});
  server.Stop();
  for (const char* event : {"call_start", "call_end"}) {
    EXPECT_THAT(log_, testing::ContainsRegex(
                          std::string(event) + " method=Recognize peer=[^ ]* " +
                          "model=babble version=1 trace_id=" + trace +
                          " parent_id=00f067aa0ba902b7 x_request_id=a-1 "));
  }
  EXPECT_THAT(log_, testing::HasSubstr("x_request_id=" + made_up));
  EXPECT_THAT(log_, testing::Not(testing::HasSubstr("forged")));
}

}  // namespace
}  // namespace oido::test
