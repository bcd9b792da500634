// Reads an audio file as the server would hear it.
#ifndef OIDO_FEATURES_AUDIO_FILE_H_
#define OIDO_FEATURES_AUDIO_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace oido::features {

// All samples of a file that libsndfile understands, the mean of its channels,
// in the int16 range and resampled to `rate_hz` by AudioDecoder. NOT_FOUND: it
// cannot be opened; INVALID_ARGUMENT: what AudioDecoder refuses.
absl::StatusOr<std::vector<float>> ReadAudioFile(const std::string& path,
                                                 int rate_hz);

}  // namespace oido::features

#endif  // OIDO_FEATURES_AUDIO_FILE_H_
