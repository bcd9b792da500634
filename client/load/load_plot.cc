// Implements the charts.
#include "client/load/load_plot.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace oido::load {
namespace {

double Ms(absl::Duration duration) {
  return absl::ToDoubleMilliseconds(duration);
}

std::vector<double> LimitsMs(const std::vector<Slo>& slos) {
  std::vector<double> limits;
  for (const Slo& slo : slos) {
    if (slo.metric == Metric::kMessage) limits.push_back(Ms(slo.limit));
  }
  return limits;
}

struct Percentile {
  const char* name;
  double quantile;
  const char* color;
};
constexpr Percentile kPercentiles[] = {{"p50", 0.5, "seagreen"},
                                       {"p95", 0.95, "darkorange"},
                                       {"p99", 0.99, "royalblue"}};

}  // namespace

Chart ChartOverTime(const Trial& trial, const std::vector<Slo>& slos) {
  const LatencySeries& series = trial.result.series;
  Chart chart;
  chart.title = absl::StrCat("oido-load: ", trial.result.streams, " streams");
  chart.x_label = "seconds";
  chart.y_label = "ms";
  chart.limits = LimitsMs(slos);
  ChartLine streams = {"streams", "silver", {}};
  for (const Percentile& percentile : kPercentiles) {
    chart.lines.push_back({percentile.name, percentile.color, {}});
  }
  for (size_t i = 0; i < series.parts().size(); ++i) {
    const LatencySeries::Part& part = series.parts()[i];
    const double x = absl::ToDoubleSeconds(series.part_length()) *
                     (static_cast<double>(i) + 0.5);
    if (part.most_streams > 0) {
      streams.points.push_back({x, static_cast<double>(part.most_streams)});
    }
    if (part.latency.count() == 0) continue;
    for (size_t p = 0; p < std::size(kPercentiles); ++p) {
      chart.lines[p].points.push_back(
          {x, Ms(part.latency.Quantile(kPercentiles[p].quantile))});
    }
  }
  chart.lines.push_back(std::move(streams));
  return chart;
}

Chart ChartOverStreams(const std::vector<Trial>& trials,
                       const std::vector<Slo>& slos) {
  std::vector<const Trial*> sorted;
  for (const Trial& trial : trials) sorted.push_back(&trial);
  std::sort(sorted.begin(), sorted.end(), [](const Trial* a, const Trial* b) {
    return a->result.streams < b->result.streams;
  });
  int most_held = 0;
  Chart chart;
  for (const Percentile& percentile : kPercentiles) {
    ChartLine line = {percentile.name, percentile.color, {}};
    for (const Trial* trial : sorted) {
      const RunResult& result = trial->result;
      if (trial->shortcomings.empty()) {
        most_held = std::max(most_held, result.streams);
      }
      if (result.message.count() == 0) continue;
      line.points.push_back({static_cast<double>(result.streams),
                             Ms(result.message.Quantile(percentile.quantile))});
    }
    chart.lines.push_back(std::move(line));
  }
  chart.title = absl::StrCat("oido-load: ", most_held, " streams held");
  chart.x_label = "streams";
  chart.y_label = "ms";
  chart.limits = LimitsMs(slos);
  return chart;
}

}  // namespace oido::load
