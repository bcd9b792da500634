// Makes one channel of several.
#include "features/channel_mix.h"

#include <cassert>
#include <cstddef>
#include <numeric>

namespace oido::features {

void MixChannels(int channels, int channel, std::vector<float>* samples) {
  assert(channels > 0 && channel < channels);
  if (channels == 1) return;
  const auto width = static_cast<std::ptrdiff_t>(channels);
  const size_t frames = samples->size() / static_cast<size_t>(channels);
  auto block = samples->cbegin();
  for (size_t i = 0; i < frames; ++i, block += width) {
    (*samples)[i] = channel == kMeanOfChannels
                        ? std::accumulate(block, block + width, 0.0f) /
                              static_cast<float>(channels)
                        : block[channel];
  }
  samples->resize(frames);
}

}  // namespace oido::features
