// Implements RunLoad: one loop over timers, ticks and the transport.
#include "client/load/load_run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/load/process_usage.h"
#include "client/load/schedule.h"
#include "client/load/slot.h"

namespace oido::load {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(200);

// CPU and memory between the two ends of the measured window.
class UsageMeter {
 public:
  explicit UsageMeter(pid_t server_pid) : server_pid_(server_pid) {}

  void Begin() {
    begun_ = true;
    own_begin_ = OwnCpu();
    server_begin_ = ReadServer();
  }
  void Tick() {
    if (!begun_ || ended_) return;
    if (const auto usage = ReadServer()) {
      most_rss_bytes_ = std::max(most_rss_bytes_, usage->rss_bytes);
    }
  }
  void End(RunResult& result) {
    if (!begun_ || ended_) return;
    Tick();
    ended_ = true;
    result.client_cpu = OwnCpu() - own_begin_;
    const auto usage = ReadServer();
    if (!usage.has_value() || !server_begin_.has_value()) return;
    result.server = {usage->cpu - server_begin_->cpu, usage->rss_bytes,
                     most_rss_bytes_};
  }

 private:
  std::optional<ProcessUsage> ReadServer() const {
    if (server_pid_ == 0) return std::nullopt;
    const auto usage = ReadProcessUsage(server_pid_);
    return usage.ok() ? std::optional(*usage) : std::nullopt;
  }

  const pid_t server_pid_;
  bool begun_ = false;
  bool ended_ = false;
  absl::Duration own_begin_;
  std::optional<ProcessUsage> server_begin_;
  int64_t most_rss_bytes_ = 0;
};

class LoadRun {
 public:
  LoadRun(const LoadSettings& settings,
          const std::vector<Recording>& recordings, Transport& transport,
          const RunHooks& hooks)
      : settings_(settings),
        transport_(transport),
        hooks_(hooks),
        start_(transport.Now()),
        window_begin_(start_ + settings.ramp),
        window_end_(window_begin_ + settings.hold),
        timers_(static_cast<size_t>(settings.streams)),
        recorder_(start_, window_begin_, window_end_, settings.late_limit),
        usage_(settings.server_pid),
        context_{settings_, recordings, transport_, timers_, recorder_} {
    PlanOptions plan;
    plan.streams = settings.streams;
    plan.ramp = settings.ramp;
    plan.message = settings.message;
    plan.probe_every = settings.probe_every;
    plan.recordings = recordings.size();
    plan.seed = settings.seed;
    const std::vector<StreamPlan> plans = MakePlans(plan);
    for (size_t i = 0; i < plans.size(); ++i) {
      slots_.push_back(std::make_unique<Slot>(context_, i, plans[i], start_));
    }
  }

  RunResult Run() {
    recorder_.result().streams = settings_.streams;
    RunUntil(window_begin_);
    usage_.Begin();
    RunUntil(window_end_);
    // What was due by then is sent, if late.
    if (!over_) FireTimers(window_end_);
    RunResult& result = recorder_.result();
    usage_.End(result);
    // It may have ended early.
    result.window = std::clamp(transport_.Now() - window_begin_,
                               absl::ZeroDuration(), settings_.hold);
    for (const auto& slot : slots_) slot->Stop();
    if (!over_) Drain();
    for (const auto& slot : slots_) over_ ? slot->Drop() : Abandon(*slot);
    return std::move(recorder_.result());
  }

 private:
  void RunUntil(absl::Duration end) {
    while (!over_ && transport_.Now() < end) Step(end);
  }

  void Drain() {
    const absl::Duration end = transport_.Now() + settings_.drain;
    const auto is_idle = [](const auto& slot) { return slot->idle(); };
    while (!over_ && transport_.Now() < end &&
           !std::all_of(slots_.begin(), slots_.end(), is_idle)) {
      Step(end);
    }
  }

  void FireTimers(absl::Duration due) {
    while (const auto index = timers_.PopDue(due)) slots_[*index]->OnTimer();
  }

  void Abandon(Slot& slot) {
    slot.GiveUp(absl::DeadlineExceededError(absl::StrCat(
        "no end of the stream within ", absl::FormatDuration(settings_.drain),
        " after the end of the run")));
  }

  void Step(absl::Duration end) {
    const absl::Duration now = transport_.Now();
    FireTimers(now);
    if (now >= next_tick_) Tick(now);
    transport_.Poll(std::min({timers_.Next(), next_tick_, end}));
  }

  void Tick(absl::Duration now) {
    next_tick_ = now + kTick;
    usage_.Tick();
    RunResult& result = recorder_.result();
    result.interrupted = hooks_.interrupted();
    result.gave_up = hooks_.give_up(result);
    over_ = result.interrupted || result.gave_up;
    hooks_.on_progress({now - start_, settings_.ramp + settings_.hold,
                        recorder_.open(), result});
  }

  const LoadSettings settings_;
  Transport& transport_;
  const RunHooks& hooks_;
  const absl::Duration start_;
  const absl::Duration window_begin_;
  const absl::Duration window_end_;
  Timers timers_;
  Recorder recorder_;
  UsageMeter usage_;
  const SlotContext context_;
  std::vector<std::unique_ptr<Slot>> slots_;
  absl::Duration next_tick_;
  bool over_ = false;
};

}  // namespace

RunResult RunLoad(const LoadSettings& settings,
                  const std::vector<Recording>& recordings,
                  Transport& transport, const RunHooks& hooks) {
  return LoadRun(settings, recordings, transport, hooks).Run();
}

}  // namespace oido::load
