// Input goes to all, output is taken in turn.
#include "server/channel_sessions.h"

#include <algorithm>
#include <utility>

namespace oido::server {

void ChannelSessions::Add(std::shared_ptr<Session> session) {
  const size_t index = count_.load(std::memory_order_relaxed);
  sessions_[index] = std::move(session);
  count_.store(index + 1, std::memory_order_release);
}

void ChannelSessions::Clear() {
  const size_t count = count_.exchange(0);
  for (size_t i = 0; i < count; ++i) sessions_[i].reset();
}

void ChannelSessions::PushAudio(std::string bytes) {
  const auto sessions = all();
  for (const auto& session : sessions.subspan(1)) session->PushAudio(bytes);
  sessions[0]->PushAudio(std::move(bytes));
}

void ChannelSessions::PushFinalize() {
  for (const auto& session : all()) session->PushFinalize();
}

void ChannelSessions::PushMarker(const std::string& id) {
  for (const auto& session : all()) session->PushMarker(id);
}

void ChannelSessions::HalfClose() {
  for (const auto& session : all()) session->HalfClose();
}

void ChannelSessions::Fail(const absl::Status& status) {
  for (const auto& session : all()) session->Fail(status);
}

void ChannelSessions::Cancel() {
  for (const auto& session : all()) session->Cancel();
}

bool ChannelSessions::WantsInput() const {
  const auto sessions = all();
  bool any = false;
  for (size_t i = 0; i < sessions.size(); ++i) {
    if (channels_[i].ended) continue;
    if (!sessions[i]->WantsInput()) return false;
    any = true;
  }
  return any;
}

std::optional<ChannelSessions::ChannelUpdate> ChannelSessions::TakeUpdate() {
  const auto sessions = all();
  for (size_t turn = 0; turn < sessions.size(); ++turn) {
    const size_t index = (next_ + turn) % sessions.size();
    Channel& channel = channels_[index];
    if (channel.ended) continue;
    while (auto update = sessions[index]->TakeUpdate()) {
      if (sessions.size() > 1) HoldMarkers(&channel, &*update);
      const bool empty = !update->final_result && !update->interim &&
                         update->markers.empty() && update->events.empty();
      if (empty) continue;
      next_ = index + 1;
      return ChannelUpdate{*std::move(update), static_cast<int>(index)};
    }
    const auto end = sessions[index]->TakeEnd();
    if (!end.has_value()) continue;
    channel.ended = true;
    if (end_.ok()) end_ = *end;
  }
  return PassMarkers();
}

std::optional<absl::Status> ChannelSessions::TakeEnd() {
  const size_t count = all().size();
  const bool ended =
      std::all_of(channels_.begin(), channels_.begin() + count,
                  [](const Channel& channel) { return channel.ended; });
  if (!ended || end_taken_) return std::nullopt;
  end_taken_ = true;
  return end_;
}

// Every session passes the same markers in the same order.
void ChannelSessions::HoldMarkers(Channel* channel, Update* update) {
  for (std::string& id : update->markers) {
    const int known = markers_told_ + static_cast<int>(markers_.size());
    if (channel->markers == known) markers_.push_back(std::move(id));
    ++channel->markers;
  }
  update->markers.clear();
  last_ = *update;
}

std::optional<ChannelSessions::ChannelUpdate> ChannelSessions::PassMarkers() {
  if (markers_.empty()) return std::nullopt;
  int passed = markers_told_ + static_cast<int>(markers_.size());
  for (size_t i = 0; i < all().size(); ++i)
    if (!channels_[i].ended) passed = std::min(passed, channels_[i].markers);
  if (passed == markers_told_) return std::nullopt;
  Update update;
  static_cast<Timing&>(update) = last_;
  const auto end = markers_.begin() + (passed - markers_told_);
  update.markers.assign(markers_.begin(), end);
  markers_.erase(markers_.begin(), end);
  markers_told_ = passed;
  return ChannelUpdate{std::move(update), 0};
}

SessionStats ChannelSessions::Stats() const {
  SessionStats sum;
  for (const auto& session : all()) {
    const SessionStats stats = session->Stats();
    sum.audio = std::max(sum.audio, stats.audio);
    sum.processing += stats.processing;
    sum.words += stats.words;
    sum.finals += stats.finals;
    if (sum.status.ok()) sum.status = stats.status;
  }
  return sum;
}

}  // namespace oido::server
