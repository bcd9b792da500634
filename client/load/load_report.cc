// Implements the table; load_json.cc does the JSON.
#include "client/load/load_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/load/slo.h"

namespace oido::load {
namespace {

double Ms(absl::Duration duration) {
  return absl::ToDoubleMilliseconds(duration);
}

double Mib(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// Cores that were busy.
double Cores(absl::Duration cpu, const RunResult& result) {
  return result.window > absl::ZeroDuration()
             ? absl::FDivDuration(cpu, result.window)
             : 0;
}

void PrintLatencies(std::ostream& out, absl::string_view name,
                    const LatencyHistogram& latencies) {
  if (latencies.count() == 0) {
    out << absl::StrFormat("%-26s %8s\n", name, "-");
    return;
  }
  out << absl::StrFormat(
      "%-26s %8d %8.1f %8.1f %8.1f %8.1f %8.1f %8.1f\n", name,
      latencies.count(), Ms(latencies.mean()), Ms(latencies.Quantile(0.5)),
      Ms(latencies.Quantile(0.95)), Ms(latencies.Quantile(0.99)),
      Ms(latencies.Quantile(0.999)), Ms(latencies.max()));
}

void PrintStreams(std::ostream& out, const RunResult& result) {
  out << absl::StrFormat(
      "streams     %d wanted, %d at once at most; %d opened, %d completed, %d "
      "refused, %d failed\n",
      result.streams, result.most_open, result.opened, result.completed,
      result.refused, result.failed());
  for (const auto& [status, failures] : result.failures) {
    out << absl::StrFormat("  %-20s %d: %s\n", status, failures.count,
                           failures.first_message);
  }
  const auto share = [&](int64_t count) {
    return result.messages == 0 ? 0.0
                                : 100.0 * static_cast<double>(count) /
                                      static_cast<double>(result.messages);
  };
  out << absl::StrFormat(
      "pace        %.1f %% of the audio sent in %d messages; %.2f %% more than "
      "%.0f ms late, %.2f %% held back by the server\n",
      100 * result.pace(), result.messages, share(result.late_messages),
      Ms(result.late_limit), share(result.held_back_messages));
}

void PrintText(std::ostream& out, const RunResult& result) {
  if (result.spoken_words > 0) {
    out << absl::StrFormat("words       %d final; %.3f taken back for each\n",
                           result.spoken_words,
                           static_cast<double>(result.revised_words) /
                               static_cast<double>(result.spoken_words));
  }
  if (result.wer.has_value()) {
    const client::Score& score = result.wer->all;
    out << absl::StrFormat("errors      WER %.1f %%, CER %.1f %% of %d words\n",
                           100 * score.words.rate(),
                           100 * score.characters.rate(),
                           score.words.reference);
  }
}

void PrintMachine(std::ostream& out, const RunResult& result) {
  if (result.server.has_value()) {
    out << absl::StrFormat(
        "server      %.2f cores, %.1f MiB at the end, %.1f MiB at most\n",
        Cores(result.server->cpu, result), Mib(result.server->rss_bytes),
        Mib(result.server->most_rss_bytes));
  }
  out << absl::StrFormat(
      "load tester %.2f cores, %.3f CPU-ms for each second of a stream\n",
      Cores(result.client_cpu, result),
      result.audio > absl::ZeroDuration()
          ? 1e3 * absl::FDivDuration(result.client_cpu, result.audio)
          : 0);
}

}  // namespace

void PrintRun(std::ostream& out, const Trial& trial) {
  const RunResult& result = trial.result;
  out << absl::StrFormat("%-26s %8s %8s %8s %8s %8s %8s %8s\n", "latency in ms",
                         "count", "mean", "p50", "p95", "p99", "p99.9", "max");
  PrintLatencies(out, "message -> recognised", result.message);
  PrintLatencies(out, "message -> its text", result.partial);
  PrintLatencies(out, "end of audio -> final", result.final);
  if (result.timed_words > 0) {
    PrintLatencies(out, "end of word -> shown", result.word);
    PrintLatencies(out, "end of word -> final", result.word_final);
  }
  PrintLatencies(out, "message sent late by", result.lateness);
  PrintStreams(out, result);
  PrintText(out, result);
  PrintMachine(out, result);
  if (result.interrupted) out << "ended by Ctrl-C\n";
  for (const std::string& shortcoming : trial.shortcomings) {
    out << "not held    " << shortcoming << "\n";
  }
}

void PrintTrialHeader(std::ostream& out) {
  out << absl::StrFormat("%8s %8s %8s %8s %8s %8s %8s %8s  %s\n", "streams",
                         "p50 ms", "p95 ms", "p99 ms", "refused", "failed",
                         "server", "tester", "held");
}

void PrintTrial(std::ostream& out, const Trial& trial) {
  const RunResult& result = trial.result;
  const std::string server =
      result.server.has_value()
          ? absl::StrFormat("%.2f", Cores(result.server->cpu, result))
          : "-";
  out << absl::StrFormat("%8d %8.1f %8.1f %8.1f %8d %8d %8s %8.2f  %s",
                         result.streams, Ms(result.message.Quantile(0.5)),
                         Ms(result.message.Quantile(0.95)),
                         Ms(result.message.Quantile(0.99)), result.refused,
                         result.failed(), server,
                         Cores(result.client_cpu, result),
                         trial.shortcomings.empty() ? "yes" : "no: ")
      << absl::StrJoin(trial.shortcomings, "; ") << std::endl;
}

std::string ProgressText(const Progress& progress) {
  const RunResult& result = progress.so_far;
  return absl::StrFormat(
      "%3.0f/%.0f s  %d of %d streams  p50 %.1f  p99 %.1f ms  %d refused  %d "
      "failed",
      absl::ToDoubleSeconds(std::min(progress.elapsed, progress.total)),
      absl::ToDoubleSeconds(progress.total), progress.open, result.streams,
      Ms(result.message.Quantile(0.5)), Ms(result.message.Quantile(0.99)),
      result.refused, result.failed());
}

}  // namespace oido::load
