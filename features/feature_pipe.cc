// Answers packets of samples with packets of features.
#include "features/feature_pipe.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"

namespace oido::features {
namespace {

// An hour at 16 kHz; more is a sender that is out of step.
constexpr uint32_t kMaxPacketSamples = 16000u * 3600u;

absl::Status EndsInsidePacket() {
  return absl::InvalidArgumentError("the input ends inside a packet");
}

}  // namespace

absl::Status RunFeaturePipe(FILE* in, FILE* out, FeatureComputer& computer) {
  std::vector<float> samples;
  while (true) {
    uint32_t count = 0;
    const size_t header_bytes = std::fread(&count, 1, sizeof(count), in);
    if (header_bytes == 0) return absl::OkStatus();
    if (header_bytes < sizeof(count)) return EndsInsidePacket();
    if (count > kMaxPacketSamples) {
      return absl::InvalidArgumentError(
          absl::StrCat("packet of ", count, " samples, must be at most ",
                       kMaxPacketSamples));
    }
    samples.resize(count);
    if (count > 0 &&
        std::fread(samples.data(), sizeof(float), count, in) != count)
      return EndsInsidePacket();
    const FeatureMatrix matrix = computer.Compute(samples);
    const uint32_t shape[2] = {static_cast<uint32_t>(matrix.rows),
                               static_cast<uint32_t>(matrix.columns)};
    std::fwrite(shape, sizeof(shape[0]), 2, out);
    if (matrix.rows > 0) {
      std::fwrite(matrix.values.data(), sizeof(float), matrix.values.size(),
                  out);
    }
    if (std::fflush(out) != 0 || std::ferror(out) != 0) {
      return absl::DataLossError("cannot write the features");
    }
  }
}

}  // namespace oido::features
