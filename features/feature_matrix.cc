// Computes the features of whole utterances and writes them as tables.
#include "features/feature_matrix.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace oido::features {
namespace {

// The frames of `step` that no step before it has shown.
void AppendNewFrames(absl::Span<const float> step,
                     const FrontendOptions& options, FeatureMatrix* matrix) {
  const int seen =
      matrix->rows == 0 ? 0 : options.stacked_frames - options.stride_frames;
  const absl::Span<const float> fresh = step.subspan(seen * options.mel_bins);
  matrix->values.insert(matrix->values.end(), fresh.begin(), fresh.end());
  matrix->rows += options.stacked_frames - seen;
}

// Format 1.0 of numpy.lib.format: magic, length and a Python literal, padded so
// that the data begins at a multiple of 64 bytes.
std::string NpyHeader(const FeatureMatrix& matrix) {
  constexpr size_t kPreludeBytes = 10;
  std::string literal =
      absl::StrCat("{'descr': '<f4', 'fortran_order': False, 'shape': (",
                   matrix.rows, ", ", matrix.columns, "), }");
  while ((kPreludeBytes + literal.size() + 1) % 64 != 0) literal.push_back(' ');
  literal.push_back('\n');
  const size_t size = literal.size();
  std::string header("\x93NUMPY\x01\x00", 8);
  header.push_back(static_cast<char>(size & 0xff));
  header.push_back(static_cast<char>(size >> 8));
  return header + literal;
}

std::string CsvText(const FeatureMatrix& matrix) {
  std::string text;
  for (int row = 0; row < matrix.rows; ++row) {
    const size_t begin = static_cast<size_t>(row) * matrix.columns;
    for (int i = 0; i < matrix.columns; ++i) {
      absl::StrAppendFormat(&text, "%s%.6g", i == 0 ? "" : ",",
                            matrix.values[begin + i]);
    }
    text.push_back('\n');
  }
  return text;
}

}  // namespace

absl::StatusOr<FeatureComputer> FeatureComputer::Create(FrontendOptions options,
                                                        int padding_ms,
                                                        FeatureLayout layout) {
  absl::StatusOr<std::unique_ptr<LogMel>> log_mel = LogMel::Create(options);
  if (!log_mel.ok()) return log_mel.status();
  if (layout == FeatureLayout::kFrames) {
    options.mean.clear();
    options.inverse_stddev.clear();
  }
  return FeatureComputer(
      std::make_shared<const FrontendOptions>(std::move(options)), padding_ms,
      layout, *std::move(log_mel));
}

FeatureMatrix FeatureComputer::Compute(absl::Span<const float> samples) {
  frontend_.Reset();
  frontend_.AcceptWaveform(samples, *log_mel_);
  frontend_.Flush(padding_ms_, *log_mel_);
  FeatureMatrix matrix;
  matrix.columns = layout_ == FeatureLayout::kFrames ? options_->mel_bins
                                                     : options_->step_size();
  matrix.values.reserve(frontend_.steps_ready() * options_->step_size());
  std::vector<float> step(options_->step_size());
  while (frontend_.steps_ready() > 0) {
    frontend_.PopStep(absl::MakeSpan(step));
    if (layout_ == FeatureLayout::kFrames) {
      AppendNewFrames(step, *options_, &matrix);
    } else {
      matrix.values.insert(matrix.values.end(), step.begin(), step.end());
      ++matrix.rows;
    }
  }
  return matrix;
}

absl::Status WriteMatrix(const FeatureMatrix& matrix, FeatureFormat format,
                         FILE* out) {
  if (format == FeatureFormat::kCsv) {
    const std::string text = CsvText(matrix);
    std::fwrite(text.data(), 1, text.size(), out);
  } else {
    const std::string header = NpyHeader(matrix);
    std::fwrite(header.data(), 1, header.size(), out);
    if (matrix.rows > 0) {
      std::fwrite(matrix.values.data(), sizeof(float), matrix.values.size(),
                  out);
    }
  }
  if (std::fflush(out) != 0 || std::ferror(out) != 0) {
    return absl::DataLossError("cannot write the features");
  }
  return absl::OkStatus();
}

}  // namespace oido::features
