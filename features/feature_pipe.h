// Answers packets of samples with packets of features.
#ifndef OIDO_FEATURES_FEATURE_PIPE_H_
#define OIDO_FEATURES_FEATURE_PIPE_H_

#include <cstdio>

#include "absl/status/status.h"
#include "features/feature_matrix.h"

namespace oido::features {

// Until the end of `in`: reads a packet {uint32 n; float32 samples[n]}, samples
// in the int16 range, and writes {uint32 rows; uint32 columns; float32
// values[rows * columns]}, all in the machine's byte order (little-endian on
// every machine oído is built for). INVALID_ARGUMENT if `in` ends inside a
// packet or a packet is too long; DATA_LOSS if `out` takes no more.
absl::Status RunFeaturePipe(FILE* in, FILE* out, FeatureComputer& computer);

}  // namespace oido::features

#endif  // OIDO_FEATURES_FEATURE_PIPE_H_
