// Reads manifests and sound files; steps the model with a batch of one.
#include "bench/recordings.h"

#include <fstream>

#include "absl/strings/str_split.h"
#include "features/audio_file.h"
#include "features/feature_matrix.h"

namespace oido {

std::vector<Recording> ReadRecordings(const std::string& data,
                                      const std::string& source,
                                      const std::string& split) {
  std::vector<Recording> recordings;
  std::ifstream manifest(data + "/manifest.tsv");
  for (std::string line; std::getline(manifest, line);) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() <= 7 || fields[6] != split) continue;
    if (source != "all" && fields[5] != source) continue;
    const bool absolute = fields[1].front() == '/';
    recordings.push_back(
        {absolute ? fields[1] : data + "/" + fields[1], fields[7]});
  }
  return recordings;
}

AcousticOutputs::AcousticOutputs(std::shared_ptr<const model::Bundle> bundle)
    : bundle_(std::move(bundle)),
      runner_(OrDie(model::AcousticModelRunner::Create(
          OrDie(model::AcousticModel::Create(*bundle_)), 1))) {}

void AcousticOutputs::Of(
    const std::string& path,
    const std::function<void(absl::Span<const float>)>& on_step) {
  const auto samples =
      OrDie(features::ReadAudioFile(path, bundle_->frontend->sample_rate_hz));
  auto computer = OrDie(features::FeatureComputer::Create(
      *bundle_->frontend, bundle_->decoder.flush_padding_ms,
      features::FeatureLayout::kSteps));
  const auto inputs = computer.Compute(samples);
  model::StreamState state(bundle_->acoustic_model);
  std::vector<float> outputs(
      static_cast<size_t>(bundle_->acoustic_model.outputs()));
  const size_t columns = static_cast<size_t>(inputs.columns);
  for (size_t step = 0; step < static_cast<size_t>(inputs.rows); ++step) {
    const absl::Span<const float> input(&inputs.values[step * columns],
                                        columns);
    if (!runner_->Step({{input, &state, absl::MakeSpan(outputs)}}).ok())
      std::abort();
    on_step(outputs);
  }
}

}  // namespace oido
