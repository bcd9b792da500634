// Implements the JSON form of a load test.
#include <cmath>
#include <utility>

#include "client/load/load_report.h"
#include "client/load/slo.h"

namespace oido::load {
namespace {

using Json = nlohmann::ordered_json;

double Rounded(double value) { return std::round(value * 1e6) / 1e6; }

double Ms(absl::Duration duration) {
  return Rounded(absl::ToDoubleMilliseconds(duration));
}

double Seconds(absl::Duration duration) {
  return Rounded(absl::ToDoubleSeconds(duration));
}

Json ToJson(const LatencyHistogram& latencies) {
  Json json = {{"count", latencies.count()}};
  if (latencies.count() == 0) return json;
  json["mean"] = Ms(latencies.mean());
  for (const auto& [name, quantile] :
       {std::pair("p50", 0.5), std::pair("p90", 0.9), std::pair("p95", 0.95),
        std::pair("p99", 0.99), std::pair("p99.9", 0.999)}) {
    json[name] = Ms(latencies.Quantile(quantile));
  }
  json["max"] = Ms(latencies.max());
  return json;
}

Json StreamsToJson(const RunResult& result) {
  Json errors = Json::object();
  for (const auto& [status, failures] : result.failures) {
    errors[status] = {{"count", failures.count},
                      {"first_message", failures.first_message}};
  }
  return {{"wanted", result.streams},  {"most_open", result.most_open},
          {"opened", result.opened},   {"completed", result.completed},
          {"refused", result.refused}, {"failed", result.failed()},
          {"errors_by_status", errors}};
}

Json PaceToJson(const RunResult& result) {
  return {{"pace", Rounded(result.pace())},
          {"messages", result.messages},
          {"late_messages", result.late_messages},
          {"late_limit_ms", Ms(result.late_limit)},
          {"held_back_messages", result.held_back_messages},
          {"lateness_ms", ToJson(result.lateness)}};
}

Json SeriesToJson(const LatencySeries& series) {
  Json json = Json::array();
  for (size_t i = 0; i < series.parts().size(); ++i) {
    const LatencySeries::Part& part = series.parts()[i];
    json.push_back({{"from_seconds",
                     Seconds(series.part_length() * static_cast<double>(i))},
                    {"streams", part.most_streams},
                    {"count", part.latency.count()},
                    {"p50_ms", Ms(part.latency.Quantile(0.5))},
                    {"p99_ms", Ms(part.latency.Quantile(0.99))}});
  }
  return json;
}

Json MachineToJson(const RunResult& result) {
  Json json;
  json["load_tester"] = {{"cpu_seconds", Seconds(result.client_cpu)}};
  json["server"] = nullptr;
  if (result.server.has_value()) {
    json["server"] = {{"cpu_seconds", Seconds(result.server->cpu)},
                      {"rss_bytes", result.server->rss_bytes},
                      {"most_rss_bytes", result.server->most_rss_bytes}};
  }
  return json;
}

}  // namespace

Json ToJson(const Trial& trial) {
  const RunResult& result = trial.result;
  Json json = {{"held", trial.shortcomings.empty()},
               {"shortcomings", trial.shortcomings},
               {"interrupted", result.interrupted},
               {"measured_seconds", Seconds(result.window)},
               {"audio_seconds", Seconds(result.audio)},
               {"streams", StreamsToJson(result)},
               {"latency_ms",
                {{"message", ToJson(result.message)},
                 {"partial", ToJson(result.partial)},
                 {"final", ToJson(result.final)},
                 {"word", ToJson(result.word)},
                 {"word_final", ToJson(result.word_final)}}},
               {"unanswered", result.unanswered},
               {"pacing", PaceToJson(result)},
               {"words",
                {{"final", result.spoken_words},
                 {"revised", result.revised_words},
                 {"timed", result.timed_words}}}};
  json["accuracy"] = result.wer.has_value() ? client::ToJson(*result.wer)["all"]
                                            : Json(nullptr);
  json.update(MachineToJson(result));
  json["over_time"] = SeriesToJson(result.series);
  return json;
}

Json ToJson(const LoadSettings& settings) {
  return {{"ramp_seconds", Seconds(settings.ramp)},
          {"hold_seconds", Seconds(settings.hold)},
          {"chunk_ms", Ms(settings.message)},
          {"back_to_back", settings.mode == LoadSettings::Mode::kBackToBack},
          {"seed", settings.seed},
          {"probe_every", settings.probe_every}};
}

}  // namespace oido::load
