// Makes one channel of several.
#ifndef OIDO_FEATURES_CHANNEL_MIX_H_
#define OIDO_FEATURES_CHANNEL_MIX_H_

#include <vector>

#include "features/audio_format.h"

namespace oido::features {

// Replaces `samples` [any, channels] by channel number `channel` [any], or by
// the mean of all where that is kMeanOfChannels. REQUIRES: channels > 0 divides
// the size; channel < channels.
void MixChannels(int channels, int channel, std::vector<float>* samples);

}  // namespace oido::features

#endif  // OIDO_FEATURES_CHANNEL_MIX_H_
