// What a load test needs of a protocol: streams and responses on one event
// loop.
#ifndef OIDO_CLIENT_LOAD_TRANSPORT_H_
#define OIDO_CLIENT_LOAD_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace oido::load {

// One response, free of wire types.
struct Heard {
  absl::Duration audio_processed;  // of the stream, from its start
  std::vector<int64_t> probes;     // ids of the probes that came back
  bool has_results = false;
  bool has_final = false;
  std::string final_text;    // the final results, joined as they came
  std::string interim_text;  // the interim results behind them, joined
};

class StreamListener {
 public:
  virtual ~StreamListener() = default;
  virtual void OnHeard(const Heard& heard) = 0;
  // How the stream ended: the last call.
  virtual void OnEnd(const absl::Status& status) = 0;
};

// One stream. Messages go out in the order given; none of the calls blocks.
class LoadStream {
 public:
  virtual ~LoadStream() = default;
  // One message of 16-bit little-endian samples, not copied: they outlive the
  // transport.
  virtual void SendAudio(absl::string_view samples) = 0;
  // Comes back in Heard::probes when all audio sent before it was recognised.
  virtual void SendProbe(int64_t id) = 0;
  // The audio is complete.
  virtual void CloseAudio() = 0;
  // Ends the stream at once; the listener is not called any more.
  virtual void Abandon() = 0;
  // Messages that the connection has not taken yet.
  virtual size_t waiting() const = 0;
};

struct StreamSetup {
  int sample_rate_hz = 0;
  std::string request_id;
};

// All calls, those to listeners too, on one thread; listeners are called by
// Poll only.
class Transport {
 public:
  virtual ~Transport() = default;
  // Steady time from some fixed moment.
  virtual absl::Duration Now() const = 0;
  // Never null; valid until the listener's OnEnd returns or Abandon is called.
  virtual LoadStream* Open(const StreamSetup& setup,
                           StreamListener* listener) = 0;
  // Handles what has happened, and waits for it at most until `until`.
  virtual void Poll(absl::Duration until) = 0;
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_TRANSPORT_H_
