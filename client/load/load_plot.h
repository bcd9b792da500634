// Chooses what a plot of a load test shows.
#ifndef OIDO_CLIENT_LOAD_LOAD_PLOT_H_
#define OIDO_CLIENT_LOAD_LOAD_PLOT_H_

#include <vector>

#include "client/load/load_report.h"
#include "client/load/slo.h"
#include "client/load/svg_chart.h"

namespace oido::load {

// Latency of messages, and the streams, over the time of one run.
Chart ChartOverTime(const Trial& trial, const std::vector<Slo>& slos);

// Percentiles of the latency of messages over the streams of each trial.
Chart ChartOverStreams(const std::vector<Trial>& trials,
                       const std::vector<Slo>& slos);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_LOAD_PLOT_H_
