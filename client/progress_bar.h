// A progress bar on one line of a terminal.
#ifndef OIDO_CLIENT_PROGRESS_BAR_H_
#define OIDO_CLIENT_PROGRESS_BAR_H_

#include <cstddef>
#include <string>

namespace oido::client {

// `done` of `total` and the speed so far, as bytes that replace the current
// line, for example
//   [##########                    ]  33/100  12.5 times real time
std::string ProgressBar(size_t done, size_t total, double audio_seconds,
                        double wall_seconds);

}  // namespace oido::client

#endif  // OIDO_CLIENT_PROGRESS_BAR_H_
