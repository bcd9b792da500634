// Formats and escapes; spdlog stamps and writes.
#include "server/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
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

struct Logger {
  std::shared_ptr<FunctionSink> sink = std::make_shared<FunctionSink>();
  spdlog::logger logger{"oido", sink};

  Logger() {
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
    logger.set_level(spdlog::level::info);
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

}  // namespace

void Log(Severity severity, absl::string_view event,
         const std::vector<LogField>& fields) {
  const Level& level = Find(severity);
  Logger& logger = TheLogger();
  if (!logger.logger.should_log(level.level)) return;
  std::string line = absl::StrCat(level.name, " ", event);
  for (const auto& [key, value] : fields) {
    absl::StrAppend(&line, " ", key, "=");
    if (IsPlain(value)) {
      absl::StrAppend(&line, value);
    } else {
      absl::StrAppend(&line, "\"", absl::CEscape(value), "\"");
    }
  }
  logger.logger.log(level.level, spdlog::string_view_t(line));
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
