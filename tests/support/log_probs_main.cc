// Prints what a streaming model makes of a recording, for tests of training:
// log_probs BUNDLE AUDIO writes log-probs [steps, outputs] as a NumPy array.
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "features/audio_file.h"
#include "features/feature_matrix.h"
#include "model/acoustic_model.h"
#include "model/bundle.h"

namespace oido {
namespace {

// The model's inputs, with the silence behind them that the server adds.
absl::StatusOr<features::FeatureMatrix> ModelInputs(const model::Bundle& bundle,
                                                    const std::string& audio) {
  const auto samples =
      features::ReadAudioFile(audio, bundle.frontend->sample_rate_hz);
  if (!samples.ok()) return samples.status();
  auto computer = features::FeatureComputer::Create(
      *bundle.frontend, bundle.decoder.flush_padding_ms,
      features::FeatureLayout::kSteps);
  if (!computer.ok()) return computer.status();
  return computer->Compute(*samples);
}

absl::Status PrintLogProbs(const std::string& directory,
                           const std::string& audio) {
  const auto bundle = model::LoadBundle(directory);
  if (!bundle.ok()) return bundle.status();
  const auto inputs = ModelInputs(**bundle, audio);
  if (!inputs.ok()) return inputs.status();
  const auto model = model::AcousticModel::Create(**bundle);
  if (!model.ok()) return model.status();
  const auto runner = model::AcousticModelRunner::Create(*model, 1);
  if (!runner.ok()) return runner.status();

  const int outputs = (*model)->options().outputs();
  features::FeatureMatrix log_probs{inputs->rows, outputs, {}};
  log_probs.values.resize(static_cast<size_t>(inputs->rows * outputs));
  model::StreamState state((*model)->options());
  for (int step = 0; step < inputs->rows; ++step) {
    const auto row = [step](auto& values, int columns) {
      return absl::MakeSpan(values).subspan(static_cast<size_t>(step * columns),
                                            static_cast<size_t>(columns));
    };
    const model::StepSlot slot{row(inputs->values, inputs->columns), &state,
                               row(log_probs.values, outputs)};
    const absl::Status status = (*runner)->Step({slot});
    if (!status.ok()) return status;
  }
  return features::WriteMatrix(log_probs, features::FeatureFormat::kNpy,
                               stdout);
}

}  // namespace
}  // namespace oido

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: log_probs BUNDLE AUDIO >LOG_PROBS.npy\n");
    return 2;
  }
  const absl::Status status = oido::PrintLogProbs(argv[1], argv[2]);
  if (!status.ok()) {
    std::fprintf(stderr, "log_probs: %s\n",
                 std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}
