// Formats and escapes; spdlog stamps and writes.
#include "server/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace oido::server {
namespace {

// Hands each line to a function.
class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void SetFunction(std::function<void(const std::string&)> function) {
    const std::lock_guard<std::mutex> lock(mutex_);
    function_ = std::move(function);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string text(line.data(), line.size());
    if (function_) {
      function_(text);
    } else {
      std::fwrite(text.data(), 1, text.size(), stderr);
    }
  }
  void flush_() override {}

  std::function<void(const std::string&)> function_;
};

constexpr char kTextPattern[] = "%Y-%m-%dT%H:%M:%S.%eZ %v";
// The rest of the object is the message.
constexpr char kJsonPattern[] = "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",%v";

struct Logger {
  LogFormat format = LogFormat::kText;
  std::shared_ptr<FunctionSink> sink = std::make_shared<FunctionSink>();
  spdlog::logger logger{"oido", sink};

  Logger() {
    SetPattern(kTextPattern);
    logger.set_level(spdlog::level::info);
  }
  void SetPattern(const char* pattern) {
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        pattern, spdlog::pattern_time_type::utc));
  }
};

// Never destroyed: threads may log until the process ends.
Logger& TheLogger() {
  static Logger* const logger = new Logger;
  return *logger;
}

struct Level {
  Severity severity;
  spdlog::level::level_enum level;
  const char* name;
};
constexpr Level kLevels[] = {{Severity::kDebug, spdlog::level::debug, "debug"},
                             {Severity::kInfo, spdlog::level::info, "info"},
                             {Severity::kWarn, spdlog::level::warn, "warn"},
                             {Severity::kError, spdlog::level::err, "error"}};

const Level& Find(Severity severity) {
  return kLevels[static_cast<int>(severity)];
}

bool IsPlain(absl::string_view value) {
  for (const char c : value) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
        absl::string_view("._:/+-").find(c) == absl::string_view::npos) {
      return false;
    }
  }
  return !value.empty();
}

std::string TextLine(const char* level, absl::string_view event,
                     const std::vector<LogField>& fields) {
  std::string line = absl::StrCat(level, " ", event);
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", field.key, "=");
    if (IsPlain(field.value)) {
      absl::StrAppend(&line, field.value);
    } else {
      absl::StrAppend(&line, "\"", absl::CEscape(field.value), "\"");
    }
  }
  return line;
}

// Without the opening brace.
std::string JsonLine(const char* level, absl::string_view event,
                     const std::vector<LogField>& fields) {
  nlohmann::ordered_json line;
  line["level"] = level;
  line["event"] = std::string(event);
  for (const LogField& field : fields) {
    double number = 0;
    nlohmann::ordered_json& value = line[std::string(field.key)];
    if (field.kind == LogField::Kind::kNumber &&
        absl::SimpleAtod(field.value, &number)) {
      value = number;
    } else {
      value = field.value;
    }
  }
  using nlohmann::json;
  return line.dump(-1, ' ', false, json::error_handler_t::replace).substr(1);
}

}  // namespace

void Log(Severity severity, absl::string_view event,
         const std::vector<LogField>& fields) {
  const Level& level = Find(severity);
  Logger& logger = TheLogger();
  if (!logger.logger.should_log(level.level)) return;
  const std::string line = logger.format == LogFormat::kJson
                               ? JsonLine(level.name, event, fields)
                               : TextLine(level.name, event, fields);
  logger.logger.log(level.level, spdlog::string_view_t(line));
}

void SetLogFormat(LogFormat format) {
  Logger& logger = TheLogger();
  logger.format = format;
  logger.SetPattern(format == LogFormat::kJson ? kJsonPattern : kTextPattern);
}

void SetLogLevel(Severity lowest) {
  TheLogger().logger.set_level(Find(lowest).level);
}

bool ParseSeverity(absl::string_view name, Severity* severity) {
  for (const Level& level : kLevels) {
    if (name != level.name) continue;
    *severity = level.severity;
    return true;
  }
  return false;
}

void SetLogSink(std::function<void(const std::string& line)> sink) {
  TheLogger().sink->SetFunction(std::move(sink));
}

}  // namespace oido::server
