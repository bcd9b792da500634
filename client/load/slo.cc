// Implements the objectives.
#include "client/load/slo.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace oido::load {
namespace {

constexpr Metric kMetrics[] = {Metric::kMessage, Metric::kPartial,
                               Metric::kFinal, Metric::kWord,
                               Metric::kWordFinal};

absl::Status Malformed(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\": ", why,
                   "; write p99=200ms, or partial.p95=0.3s, or final.p99=1s"));
}

std::string Broken(const Slo& slo, const RunResult& result) {
  const LatencyHistogram& latencies = Latencies(result, slo.metric);
  if (latencies.count() == 0) {
    return absl::StrCat(slo.text, ": nothing was measured");
  }
  const absl::Duration value = latencies.Quantile(slo.quantile);
  if (value <= slo.limit) return "";
  return absl::StrFormat("%s: it was %.1f ms", slo.text,
                         absl::ToDoubleMilliseconds(value));
}

std::string Describe(const RunResult& result) {
  std::string text;
  for (const auto& [status, failures] : result.failures) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", failures.count, " ",
                    status);
  }
  return text;
}

}  // namespace

absl::string_view Name(Metric metric) {
  switch (metric) {
    case Metric::kMessage:
      return "message";
    case Metric::kPartial:
      return "partial";
    case Metric::kFinal:
      return "final";
    case Metric::kWord:
      return "word";
    case Metric::kWordFinal:
      return "word_final";
  }
  return "";
}

const LatencyHistogram& Latencies(const RunResult& result, Metric metric) {
  switch (metric) {
    case Metric::kPartial:
      return result.partial;
    case Metric::kFinal:
      return result.final;
    case Metric::kWord:
      return result.word;
    case Metric::kWordFinal:
      return result.word_final;
    case Metric::kMessage:
      break;
  }
  return result.message;
}

absl::StatusOr<Slo> ParseSlo(absl::string_view text) {
  Slo slo;
  slo.text = std::string(text);
  absl::string_view rest = text;
  for (const Metric metric : kMetrics) {
    if (absl::ConsumePrefix(&rest, absl::StrCat(Name(metric), "."))) {
      slo.metric = metric;
      break;
    }
  }
  const size_t equals = rest.find('=');
  if (equals == absl::string_view::npos) return Malformed(text, "no \"=\"");
  absl::string_view quantile = rest.substr(0, equals);
  double percent = 0;
  if (!absl::ConsumePrefix(&quantile, "p") ||
      !absl::SimpleAtod(quantile, &percent) || !(percent > 0) ||
      percent > 100) {
    return Malformed(text, "no percentile from p0.1 to p100");
  }
  slo.quantile = percent / 100;
  if (!absl::ParseDuration(rest.substr(equals + 1), &slo.limit) ||
      slo.limit <= absl::ZeroDuration()) {
    return Malformed(text, "no duration with a unit");
  }
  return slo;
}

std::vector<std::string> Shortcomings(const RunResult& result,
                                      const Requirements& requirements) {
  std::vector<std::string> found;
  const bool may_refuse =
      requirements.refusals == Requirements::Refusals::kAllowed;
  if (result.refused > 0 && !may_refuse) {
    found.push_back(absl::StrCat("refused streams: ", result.refused));
  }
  if (result.failed() > 0) {
    found.push_back(absl::StrCat("failed streams: ", Describe(result)));
  }
  // The rest is not known of a run that was not finished because of these.
  if (result.gave_up) return found;
  for (const Slo& slo : requirements.slos) {
    std::string broken = Broken(slo, result);
    if (!broken.empty()) found.push_back(std::move(broken));
  }
  const double late_share =
      static_cast<double>(result.late_messages) /
      static_cast<double>(std::max<int64_t>(result.messages, 1));
  if (late_share > requirements.most_late_share) {
    found.push_back(absl::StrFormat(
        "this client is too slow here: %.1f %% of its messages were more than "
        "%.0f ms late",
        100 * late_share, absl::ToDoubleMilliseconds(result.late_limit)));
  }
  if (!may_refuse && result.pace() < requirements.least_pace) {
    found.push_back(absl::StrFormat(
        "only %.1f %% of the audio was sent: streams were not there",
        100 * result.pace()));
  }
  return found;
}

}  // namespace oido::load
