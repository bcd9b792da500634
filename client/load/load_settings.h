// What a load test does.
#ifndef OIDO_CLIENT_LOAD_LOAD_SETTINGS_H_
#define OIDO_CLIENT_LOAD_LOAD_SETTINGS_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace oido::load {

struct LoadSettings {
  // A new stream for each recording, the next one when the last has ended; or
  // one stream that recordings follow each other on.
  enum class Mode { kStreamPerRecording, kBackToBack };

  int streams = 1;
  absl::Duration ramp = absl::Seconds(2);   // from the first to all streams
  absl::Duration hold = absl::Seconds(20);  // what is measured, after the ramp
  absl::Duration message = absl::Milliseconds(100);  // audio in one
  Mode mode = Mode::kStreamPerRecording;
  uint64_t seed = 1;
  // Messages between two whose latency is measured; 0: none is.
  int probe_every = 10;
  pid_t server_pid = 0;  // whose CPU and memory are read; 0: nobody's

  // A message handed over so much after its time is late.
  absl::Duration late_limit = absl::Milliseconds(100);
  // Streams that end later than so long after their audio have failed.
  absl::Duration end_timeout = absl::Seconds(10);
  // For what is on its way when the time is up.
  absl::Duration drain = absl::Seconds(5);
  // Mean pause of a place whose stream was refused or failed.
  absl::Duration retry = absl::Seconds(1);
  // Messages that the server has not taken; a stream with more has failed.
  size_t max_waiting = 256;
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_LOAD_SETTINGS_H_
