// The sessions of one call: one, or one for each channel of its audio.
#ifndef OIDO_SERVER_CHANNEL_SESSIONS_H_
#define OIDO_SERVER_CHANNEL_SESSIONS_H_

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "features/audio_format.h"
#include "server/session.h"

namespace oido::server {

// Every session gets all of the input, and hears its own channel. Calls have
// the meaning that they have for a Session. One thread at a time gives input,
// one takes output; Fail, Cancel and Stats may come from any.
class ChannelSessions {
 public:
  ChannelSessions() = default;
  ChannelSessions(const ChannelSessions&) = delete;
  ChannelSessions& operator=(const ChannelSessions&) = delete;

  // At most kMaxChannels. Before the first input.
  void Add(std::shared_ptr<Session> session);
  // Lets go of them. Nothing may be called any more.
  void Clear();
  absl::Span<const std::shared_ptr<Session>> all() const {
    return {sessions_.data(), count_.load(std::memory_order_acquire)};
  }

  void PushAudio(std::string bytes);
  void PushFinalize();
  void PushMarker(const std::string& id);
  void HalfClose();
  void Fail(const absl::Status& status);
  void Cancel();

  // All that have not ended do.
  bool WantsInput() const;

  struct ChannelUpdate {
    Update update;
    int index = 0;  // of the session
  };
  // A marker passes when the last session has passed it.
  std::optional<ChannelUpdate> TakeUpdate();
  // When all have ended: the first error there was. REQUIRES: TakeUpdate has
  // returned nullopt.
  std::optional<absl::Status> TakeEnd();

  // The longest audio; everything else in sum. The status is the first error.
  SessionStats Stats() const;

 private:
  struct Channel {
    bool ended = false;
    int markers = 0;  // passed
  };

  void HoldMarkers(Channel* channel, Update* update);
  std::optional<ChannelUpdate> PassMarkers();

  std::array<std::shared_ptr<Session>, features::kMaxChannels> sessions_;
  std::atomic<size_t> count_ = 0;

  // Of the one that takes output.
  std::array<Channel, features::kMaxChannels> channels_;
  size_t next_ = 0;                  // in turn
  std::vector<std::string> markers_;  // passed by some session, not by all
  int markers_told_ = 0;
  Timing last_;
  absl::Status end_;
  bool end_taken_ = false;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_CHANNEL_SESSIONS_H_
