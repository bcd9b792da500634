// Answers packets of samples on a file descriptor with packets of features.
#include "features/feature_pipe.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace oido::features {
namespace {

// Longest packet: an hour at 16 kHz.
constexpr uint32_t kMaxPacketSamples = 16000u * 3600u;

// What the last step holds behind the frames that the steps before it and its
// own first stride have shown already.
void AppendNewFrames(absl::Span<const float> step,
                     const FrontendOptions& options, FeatureMatrix* matrix) {
  const int seen =
      matrix->rows == 0 ? 0 : options.stacked_frames - options.stride_frames;
  const absl::Span<const float> fresh = step.subspan(seen * options.mel_bins);
  matrix->values.insert(matrix->values.end(), fresh.begin(), fresh.end());
  matrix->rows += options.stacked_frames - seen;
}

}  // namespace

FeatureMatrix ComputeFeatures(absl::Span<const float> samples, int padding_ms,
                              FeatureLayout layout,
                              const FrontendOptions& options,
                              Frontend& frontend, LogMel& log_mel) {
  frontend.Reset();
  frontend.AcceptWaveform(samples, log_mel);
  frontend.Flush(padding_ms, log_mel);
  FeatureMatrix matrix;
  matrix.columns =
      layout == FeatureLayout::kFrames ? options.mel_bins : options.step_size();
  matrix.values.reserve(frontend.steps_ready() * options.step_size());
  std::vector<float> step(options.step_size());
  while (frontend.steps_ready() > 0) {
    frontend.PopStep(absl::MakeSpan(step));
    if (layout == FeatureLayout::kFrames) {
      AppendNewFrames(step, options, &matrix);
    } else {
      matrix.values.insert(matrix.values.end(), step.begin(), step.end());
      ++matrix.rows;
    }
  }
  return matrix;
}

absl::Status RunFeaturePipe(FILE* in, FILE* out, int padding_ms,
                            FeatureLayout layout,
                            std::shared_ptr<const FrontendOptions> options) {
  absl::StatusOr<std::unique_ptr<LogMel>> log_mel = LogMel::Create(*options);
  if (!log_mel.ok()) return log_mel.status();
  Frontend frontend(options);
  std::vector<float> samples;
  while (true) {
    uint32_t count = 0;
    const size_t header = std::fread(&count, 1, sizeof(count), in);
    if (header == 0) return absl::OkStatus();
    if (header < sizeof(count))
      return absl::InvalidArgumentError("input ends inside a packet");
    if (count > kMaxPacketSamples) {
      return absl::InvalidArgumentError(
          absl::StrCat("packet of ", count, " samples, must be at most ",
                       kMaxPacketSamples));
    }
    samples.resize(count);
    if (std::fread(samples.data(), sizeof(float), count, in) != count) {
      return absl::InvalidArgumentError("input ends inside a packet");
    }
    const FeatureMatrix matrix = ComputeFeatures(samples, padding_ms, layout,
                                                 *options, frontend, **log_mel);
    const uint32_t shape[2] = {static_cast<uint32_t>(matrix.rows),
                               static_cast<uint32_t>(matrix.columns)};
    std::fwrite(shape, sizeof(uint32_t), 2, out);
    std::fwrite(matrix.values.data(), sizeof(float), matrix.values.size(), out);
    if (std::fflush(out) != 0)
      return absl::DataLossError("cannot write the features");
  }
}

}  // namespace oido::features
