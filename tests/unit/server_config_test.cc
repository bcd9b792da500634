// Tests of server/server_config, server_options and suggest.
#include "server/server_config.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/server_keys.h"
#include "server/suggest.h"
#include "tests/support/test_bundle.h"

namespace oido::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::StatusOr<CommandLine> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "oido-server");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

std::string Error(const absl::Status& status) {
  return std::string(status.message());
}

TEST(ServerConfigTest, NoArgumentGivesTheDefaults) {
  const auto line = Parse({});
  ASSERT_TRUE(line.ok());
  const auto options = ToOptions(line->config);
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->listen, "127.0.0.1:50051");
  EXPECT_EQ(options->max_streams, 1024);
  EXPECT_EQ(options->max_batch, 256);
  EXPECT_EQ(options->max_stream_seconds, 0);
  EXPECT_EQ(options->idle_timeout_seconds, 60);
  EXPECT_EQ(options->max_streaming_message_bytes, 1 << 20);
  EXPECT_EQ(options->max_unary_message_bytes, 64 << 20);
  EXPECT_EQ(options->inbox_bytes, 256 << 10);
  EXPECT_EQ(options->drain_seconds, 30);
  EXPECT_EQ(options->offline_workers, 1);
  EXPECT_EQ(options->max_offline_recordings, 16);
  EXPECT_EQ(options->max_recordings, 64);
  EXPECT_EQ(options->admission_utilization, 0.85);
  EXPECT_EQ(options->latency_target_ms, 200);
  EXPECT_TRUE(options->riva_api);
  EXPECT_TRUE(options->google_api);
}

// Gives every field its own value through a flag and looks for it in the
// options.
TEST(ServerConfigTest, EveryFieldIsAFlagAndReachesTheOptions) {
  const auto line = Parse({"--listen=0.0.0.0:1",
                           "--model=/a",
                           "--model",
                           "/b",
                           "--workers=2",
                           "--max_batch=3",
                           "--max_streams=4",
                           "--max_stream_seconds=5",
                           "--idle_timeout_seconds=6",
                           "--max_streaming_message_bytes=7000",
                           "--max_unary_message_bytes=8000",
                           "--inbox_bytes=9000",
                           "--drain_seconds=10",
                           "--log_level=debug",
                           "--offline_workers=11",
                           "--max_offline_recordings=12",
                           "--max_recordings=13",
                           "--admission_utilization=0.5",
                           "--latency_target_ms=14",
                           "--tls_certificate=c",
                           "--tls_key=k",
                           "--tls_client_ca=a",
                           "--insecure",
                           "--token_file=t",
                           "--log_format=json",
                           "--metrics_listen=h:15",
                           "--keepalive_seconds=16",
                           "--keepalive_timeout_seconds=17",
                           "--max_connection_age_seconds=18",
                           "--max_connection_streams=19",
                           "--max_connection_idle_seconds=20",
                           "--max_stream_bytes_per_second=21",
                           "--riva_api=false",
                           "--google_api=false"});
  ASSERT_TRUE(line.ok()) << line.status();
  const auto* descriptor = config::ServerConfig::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    const auto* reflection = line->config.GetReflection();
    EXPECT_TRUE(field->is_repeated()
                    ? reflection->FieldSize(line->config, field) == 2
                    : reflection->HasField(line->config, field))
        << field->name() << ": add it to this test";
  }
  const auto options = ToOptions(line->config);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->listen, "0.0.0.0:1");
  EXPECT_THAT(options->models, ElementsAre("/a", "/b"));
  EXPECT_EQ(options->workers, 2);
  EXPECT_EQ(options->max_batch, 3);
  EXPECT_EQ(options->max_streams, 4);
  EXPECT_EQ(options->max_stream_seconds, 5);
  EXPECT_EQ(options->idle_timeout_seconds, 6);
  EXPECT_EQ(options->max_streaming_message_bytes, 7000);
  EXPECT_EQ(options->max_unary_message_bytes, 8000);
  EXPECT_EQ(options->inbox_bytes, 9000);
  EXPECT_EQ(options->drain_seconds, 10);
  EXPECT_EQ(options->log_level, "debug");
  EXPECT_EQ(options->offline_workers, 11);
  EXPECT_EQ(options->max_offline_recordings, 12);
  EXPECT_EQ(options->max_recordings, 13);
  EXPECT_EQ(options->admission_utilization, 0.5);
  EXPECT_EQ(options->latency_target_ms, 14);
  EXPECT_EQ(options->tls_certificate, "c");
  EXPECT_EQ(options->tls_key, "k");
  EXPECT_EQ(options->tls_client_ca, "a");
  EXPECT_TRUE(options->insecure);
  EXPECT_EQ(options->token_file, "t");
  EXPECT_EQ(options->log_format, "json");
  EXPECT_EQ(options->metrics_listen, "h:15");
  EXPECT_EQ(options->keepalive_seconds, 16);
  EXPECT_EQ(options->keepalive_timeout_seconds, 17);
  EXPECT_EQ(options->max_connection_age_seconds, 18);
  EXPECT_EQ(options->max_connection_streams, 19);
  EXPECT_EQ(options->max_connection_idle_seconds, 20);
  EXPECT_EQ(options->max_stream_bytes_per_second, 21);
  EXPECT_FALSE(options->riva_api);
  EXPECT_FALSE(options->google_api);
  EXPECT_EQ(ToConfig(*options).SerializeAsString(),
            line->config.SerializeAsString());
}

TEST(ServerConfigTest, HelpHasAWordOnEveryField) {
  const auto line = Parse({"--help"});
  ASSERT_TRUE(line.ok());
  const auto* descriptor = config::ServerConfig::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    EXPECT_THAT(line->print, testing::ContainsRegex(
                                 "--" + descriptor->field(i)->name() +
                                 "( INT| FLOAT| TEXT|)[ .]+\\(Env:OIDO_[A-Z_]+"
                                 "\\)[ \n]+[A-Za-z]"));
  }
}

TEST(ServerConfigTest, DocumentationHasEveryOptionItsDefaultAndWhenItChanges) {
  const std::string operations = test::ReadFile("docs/operations.md");
  const config::ServerConfig defaults = ToConfig(ServerOptions());
  for (const ServerKey& key : ServerKeys()) {
    const auto* field =
        config::ServerConfig::descriptor()->FindFieldByName(key.name);
    std::string value;
    if (!field->is_repeated()) {
      google::protobuf::TextFormat::PrintFieldValueToString(defaults, field, -1,
                                                            &value);
    }
    value.erase(std::remove(value.begin(), value.end(), '"'), value.end());
    const char* const change = key.change == Change::kRestart  ? "restart"
                               : key.change == Change::kReload ? "reload"
                                                               : "new calls";
    EXPECT_THAT(operations,
                HasSubstr(absl::StrCat(
                    "\n| `", key.name, "` | ",
                    value.empty() ? "" : absl::StrCat("`", value, "` "), "| ",
                    change, " | ")));
  }
}

TEST(ServerConfigTest, VersionIsPrinted) {
  const auto line = Parse({"--version"});
  ASSERT_TRUE(line.ok());
  EXPECT_THAT(line->print, testing::StartsWith("oido-server "));
}

TEST(ServerConfigTest, UnknownFlagNamesTheNearest) {
  EXPECT_EQ(Error(Parse({"--max_stream=3"}).status()),
            "unknown flag --max_stream; did you mean --max_streams?");
  EXPECT_EQ(Error(Parse({"--max-batch", "3"}).status()),
            "unknown flag --max-batch; did you mean --max_batch?");
  EXPECT_EQ(Error(Parse({"--quux"}).status()), "unknown flag --quux");
}

TEST(ServerConfigTest, StrayArgumentAndBadNumberAreErrors) {
  EXPECT_THAT(Error(Parse({"50051"}).status()), HasSubstr("50051"));
  EXPECT_THAT(Error(Parse({"--workers=two"}).status()), HasSubstr("two"));
  EXPECT_THAT(Error(Parse({"--workers"}).status()), HasSubstr("workers"));
  EXPECT_THAT(Error(Parse({"--workers=99999999999"}).status()),
              HasSubstr("99999999999"));
}

TEST(ServerConfigTest, FlagOverridesTheFile) {
  const test::TempDir directory;
  const std::string path = directory.File("server.cfg");
  test::WriteFile(path,
                  "listen: \"0.0.0.0:2\"\nmodel: \"/a\" model: \"/b\"  # "
                  "two\nworkers: 7\n");
  const auto line =
      Parse({"--config", path.c_str(), "--workers=1", "--model=/c"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->config.listen(), "0.0.0.0:2");
  EXPECT_EQ(line->config.workers(), 1);
  EXPECT_THAT(line->config.model(), ElementsAre("/c"));
}

// Sets a variable of the environment as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    setenv(name, value, 1);
  }
  ~Variable() { unsetenv(name_); }

 private:
  const char* const name_;
};

TEST(ServerConfigTest, FlagsGoBeforeTheEnvironmentBeforeTheFile) {
  const test::TempDir directory;
  const std::string path = directory.File("server.cfg");
  test::WriteFile(path,
                  "workers: 1 max_batch: 1 max_streams: 1 insecure: false "
                  "model: \"/file\"");
  const Variable config("OIDO_CONFIG", path.c_str());
  const Variable batch("OIDO_MAX_BATCH", "2");
  const Variable streams("OIDO_MAX_STREAMS", "2");
  const Variable insecure("OIDO_INSECURE", "true");
  const Variable model("OIDO_MODEL", "/environment");
  const auto line = Parse({"--max_streams=3"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->config.workers(), 1);
  EXPECT_EQ(line->config.max_batch(), 2);
  EXPECT_EQ(line->config.max_streams(), 3);
  EXPECT_TRUE(line->config.insecure());
  EXPECT_THAT(line->config.model(), ElementsAre("/environment"));
}

TEST(ServerConfigTest, BadEnvironmentIsAnError) {
  const Variable batch("OIDO_MAX_BATCH", "many");
  EXPECT_THAT(Error(Parse({}).status()), HasSubstr("many"));
}

TEST(ServerConfigTest, UnknownKeyNamesTheLineAndTheNearest) {
  const auto config =
      ParseConfigText("workers: 1\nmax_streems: 2\n", "server.cfg");
  EXPECT_EQ(Error(config.status()),
            "server.cfg:2:12: unknown key \"max_streems\"; did you mean "
            "max_streams?");
}

TEST(ServerConfigTest, BrokenAndMissingFilesAreErrors) {
  EXPECT_THAT(Error(ParseConfigText("workers: \"one\"", "f").status()),
              HasSubstr("f:1:"));
  EXPECT_THAT(Error(ParseConfigText("workers: 1\nworkers: 2", "f").status()),
              HasSubstr("f:2:"));
  EXPECT_THAT(Error(Parse({"--config", "/nowhere/f"}).status()),
              HasSubstr("/nowhere/f"));
  const test::TempDir directory;
  EXPECT_FALSE(Parse({"--config", directory.path().c_str()}).ok());
}

TEST(ServerOptionsTest, LimitsAreNamed) {
  ServerOptions options;
  options.max_batch = 0;
  EXPECT_EQ(Error(Validate(options)), "max_batch: 0 is not in 1..1024");
  options = {};
  options.admission_utilization = 4.5;
  EXPECT_EQ(Error(Validate(options)),
            "admission_utilization: 4.5 is not in 0..4");
  options = {};
  options.idle_timeout_seconds = 0;
  EXPECT_THAT(Error(Validate(options)), HasSubstr("idle_timeout_seconds: 0"));
  options = {};
  options.log_level = "loud";
  EXPECT_THAT(Error(Validate(options)), HasSubstr("loud"));
  for (const char* listen :
       {"", "localhost", ":80", "localhost:", "localhost:65536", "h:-1"}) {
    options = {};
    options.listen = listen;
    EXPECT_THAT(Error(Validate(options)), HasSubstr("listen:")) << listen;
  }
  options = {};
  options.listen = "[::1]:0";
  EXPECT_TRUE(Validate(options).ok());
}

TEST(ServerOptionsTest, PlainTextStaysOnThisMachineUnlessToldSo) {
  ServerOptions options;
  for (const char* listen : {"0.0.0.0:1", "[::]:1", "example.org:1",
                             "127.evil.example:1", "128.0.0.1:1"}) {
    options.listen = listen;
    EXPECT_THAT(Error(Validate(options)), HasSubstr("plain text")) << listen;
  }
  for (const char* listen :
       {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1"}) {
    options.listen = listen;
    EXPECT_TRUE(Validate(options).ok()) << listen;
  }
  options.listen = "0.0.0.0:1";
  options.insecure = true;
  EXPECT_TRUE(Validate(options).ok());
  options.insecure = false;
  options.tls_certificate = "c";
  EXPECT_THAT(Error(Validate(options)), HasSubstr("give tls_key"));
  options.tls_key = "k";
  EXPECT_TRUE(Validate(options).ok());
  options = {};
  options.tls_client_ca = "a";
  EXPECT_THAT(Error(Validate(options)), HasSubstr("tls_client_ca"));
}

TEST(SuggestTest, NearestByEditDistance) {
  const std::vector<std::string> known = {"listen", "max_batch", "max_streams"};
  EXPECT_EQ(Nearest("lisen", known), "listen");
  EXPECT_EQ(Nearest("max_bach", known), "max_batch");
  EXPECT_EQ(Nearest("max-streams", known), "max_streams");
  EXPECT_EQ(Nearest("zzz", known), "");
  EXPECT_EQ(Nearest("", known), "");
}

}  // namespace
}  // namespace oido::server
