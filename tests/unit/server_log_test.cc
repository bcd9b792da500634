// Tests of server/log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "server/log.h"

namespace oido::server {
namespace {

class LogTest : public testing::Test {
 protected:
  LogTest() {
    SetLogSink([this](const std::string& line) { lines_.push_back(line); });
    SetLogLevel(Severity::kInfo);
  }
  ~LogTest() override { SetLogSink(nullptr); }

  std::vector<std::string> lines_;
};

TEST_F(LogTest, OneLineWithTimeSeverityEventAndFields) {
  Log(Severity::kInfo, "listening",
      {{"address", "127.0.0.1:50051"}, {"models", "a, b"}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_THAT(lines_[0],
              testing::MatchesRegex(
                  "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z info "
                  "listening address=127.0.0.1:50051 models=\"a, b\"\n"));
}

TEST_F(LogTest, ValuesCannotForgeFieldsOrLines) {
  const std::string evil("x status=OK\n2026 info fake a=\"b\" \x1b[31m\\", 40);
  Log(Severity::kWarn, "call_end", {{"request_id", evil}, {"empty", ""}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(std::count(lines_[0].begin(), lines_[0].end(), '\n'), 1);
  EXPECT_THAT(
      lines_[0],
      testing::HasSubstr(
          "request_id=\"x status=OK\\n2026 info fake a=\\\"b\\\" \\033[31m"));
  EXPECT_THAT(lines_[0], testing::EndsWith("empty=\"\"\n"));
}

TEST_F(LogTest, JsonLinesAreObjectsWhateverIsInThem) {
  SetLogFormat(LogFormat::kJson);
  const std::string evil("\"}\n{\"event\":\"fake\", \x00\xff \\", 24);
  Log(Severity::kWarn, "call_end",
      {{"request_id", evil},
       {"id", "123"},
       {"audio_s", "1.250", LogField::Kind::kNumber}});
  SetLogFormat(LogFormat::kText);
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(std::count(lines_[0].begin(), lines_[0].end(), '\n'), 1);
  const auto line = nlohmann::json::parse(lines_[0]);
  EXPECT_THAT(line["time"].get<std::string>(),
              testing::MatchesRegex(
                  "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z"));
  EXPECT_EQ(line["level"], "warn");
  EXPECT_EQ(line["event"], "call_end");
  EXPECT_EQ(line["id"], "123");
  EXPECT_EQ(line["audio_s"], 1.25);
  EXPECT_THAT(line["request_id"].get<std::string>(),
              testing::StartsWith("\"}\n{\"event\":"));
}

TEST_F(LogTest, BracesAreNoFormat) {
  Log(Severity::kInfo, "event", {{"id", "{} {0} %s"}});
  EXPECT_THAT(lines_.at(0), testing::HasSubstr("id=\"{} {0} %s\""));
}

TEST_F(LogTest, LowerSeveritiesAreDropped) {
  Log(Severity::kDebug, "quiet", {});
  EXPECT_TRUE(lines_.empty());
  SetLogLevel(Severity::kDebug);
  Log(Severity::kDebug, "heard", {});
  EXPECT_EQ(lines_.size(), 1u);
  SetLogLevel(Severity::kError);
  Log(Severity::kWarn, "quiet", {});
  EXPECT_EQ(lines_.size(), 1u);
}

TEST(ParseSeverityTest, KnowsTheFourNames) {
  Severity severity;
  for (const char* name : {"debug", "info", "warn", "error"}) {
    EXPECT_TRUE(ParseSeverity(name, &severity)) << name;
  }
  EXPECT_FALSE(ParseSeverity("warning", &severity));
}

}  // namespace
}  // namespace oido::server
