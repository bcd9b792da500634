// How much memory a server needs for streams that are open and idle.
#ifndef OIDO_TESTS_SUPPORT_STREAM_MEMORY_H_
#define OIDO_TESTS_SUPPORT_STREAM_MEMORY_H_

#include <cstddef>
#include <string>

#include "server/model_set.h"

namespace oido::test {

struct StreamMemoryPlan {
  int streams = 1000;
  int streams_per_channel = 1;  // a channel is a connection
  int rate_hz = 16000;          // of the client's audio, LINEAR16
};

// All in bytes, of all streams together.
struct StreamMemory {
  size_t resident = 0;  // growth of the process's resident memory
  size_t sessions = 0;  // what the sessions say of themselves
};

// Serves from this process; a child process opens the streams, sends a second
// of noise on each, waits until it is recognised and leaves them idle. A first
// round of a few streams is not counted: it makes what is made once. REQUIRES:
// this process has not used gRPC yet. Aborts on errors.
StreamMemory MeasureStreams(const server::ModelSet& models,
                            const StreamMemoryPlan& plan);

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_STREAM_MEMORY_H_
