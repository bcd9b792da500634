// Implements the progress bar.
#include "client/progress_bar.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace oido::client {

std::string ProgressBar(size_t done, size_t total, double audio_seconds,
                        double wall_seconds) {
  constexpr size_t kWidth = 30;
  const size_t filled = kWidth * done / std::max<size_t>(total, 1);
  return absl::StrFormat("\r[%s%s] %d/%d  %.1f times real time\x1b[K",
                         std::string(filled, '#'),
                         std::string(kWidth - filled, ' '), done, total,
                         audio_seconds / std::max(wall_seconds, 1e-3));
}

}  // namespace oido::client
