// Shows what a load test measured, as a table and as JSON.
#ifndef OIDO_CLIENT_LOAD_LOAD_REPORT_H_
#define OIDO_CLIENT_LOAD_LOAD_REPORT_H_

#include <ostream>
#include <string>
#include <vector>

#include "client/load/load_run.h"
#include "client/load/load_settings.h"
#include "client/load/recorder.h"
#include "nlohmann/json.hpp"

namespace oido::load {

// One run and its verdict.
struct Trial {
  RunResult result;
  std::vector<std::string> shortcomings;  // empty: it held
};

// A table of many lines.
void PrintRun(std::ostream& out, const Trial& trial);

// One line a trial under a header line.
void PrintTrialHeader(std::ostream& out);
void PrintTrial(std::ostream& out, const Trial& trial);

// What a terminal shows while a run goes on.
std::string ProgressText(const Progress& progress);

// Latencies in ms, memory in bytes, shares from 0 to 1.
nlohmann::ordered_json ToJson(const Trial& trial);
nlohmann::ordered_json ToJson(const LoadSettings& settings);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_LOAD_REPORT_H_
