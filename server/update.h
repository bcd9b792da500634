// What a session tells its client: results, markers and how far it is.
#ifndef OIDO_SERVER_UPDATE_H_
#define OIDO_SERVER_UPDATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "model/hypothesis.h"

namespace oido::server {

struct Result {
  model::Hypothesis hypothesis;  // word times from the start of the stream
  // Another final result of the stream came before, so the text continues.
  bool continues = false;
  int end_ms = 0;  // audio, from the start of the stream, that it covers
};

struct SpeechEvent {
  enum class Kind {
    kStart,
    kEnd,
    kEndOfSingleUtterance,
    kStartTimeout,
    kEndTimeout,
  };
  Kind kind = Kind::kStart;
  int64_t time_ms = 0;  // from the start of the stream
};

// Parts of the way from a client's newest audio to the answer.
struct Latency {
  absl::Duration queue;
  absl::Duration features;
  absl::Duration model;
  absl::Duration decode;
};

// How far a session is, and how fast.
struct Timing {
  absl::Duration audio_received;
  absl::Duration audio_processed;
  Latency latency;
  bool live = false;  // the client's audio comes no faster than it is spoken
};

// One response.
struct Update : Timing {  // filled when the update leaves the session
  std::optional<Result> final_result;
  std::optional<Result> interim;
  std::vector<std::string> markers;
  std::vector<SpeechEvent> events;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_UPDATE_H_
