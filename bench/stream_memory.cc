// Prints what open, idle streams cost a server in memory.
//
//   stream_memory BUNDLE [STREAMS [STREAMS_PER_CHANNEL [RATE_HZ]]]
#include <cstdio>
#include <cstdlib>

#include "tests/support/stream_memory.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: stream_memory BUNDLE [STREAMS [STREAMS_PER_CHANNEL "
                 "[RATE_HZ]]]\n");
    return 2;
  }
  oido::test::StreamMemoryPlan plan;
  if (argc > 2) plan.streams = std::atoi(argv[2]);
  if (argc > 3) plan.streams_per_channel = std::atoi(argv[3]);
  if (argc > 4) plan.rate_hz = std::atoi(argv[4]);
  const auto models = oido::server::ModelSet::Load({argv[1]});
  if (!models.ok()) {
    std::fprintf(stderr, "%s\n", models.status().ToString().c_str());
    return 1;
  }
  const oido::test::StreamMemory memory =
      oido::test::MeasureStreams(*models, plan);
  const double kib = 1024.0 * plan.streams;
  std::printf(
      "%d streams, %d a connection, %d Hz: %.1f KiB a stream resident, of "
      "which sessions %.1f KiB\n",
      plan.streams, plan.streams_per_channel, plan.rate_hz,
      static_cast<double>(memory.resident) / kib,
      static_cast<double>(memory.sessions) / kib);
  return 0;
}
