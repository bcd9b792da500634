// Shows what the model sees: the flags of oido-features.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "features/audio_file.h"
#include "features/feature_matrix.h"
#include "features/feature_pipe.h"
#include "model/bundle.h"

namespace oido::features {
namespace {

struct Flags {
  std::string file;
  bool pipe = false;
  std::string model;
  bool stacked = false;
  std::optional<int> pad_ms;
  std::string format = "csv";
  std::string output;
  FrontendOptions frontend;
};

void AddFlags(CLI::App& app, Flags& flags) {
  auto* file =
      app.add_option("FILE", flags.file, "Audio file, 8 to 48 kHz; the mean of its channels");
  app.add_flag("--pipe", flags.pipe,
               "Instead of FILE: answer packets on standard input (uint32 n, "
               "float32 samples[n] in the int16 range) with packets of "
               "features (uint32 rows, columns, float32 values[])")
      ->excludes(file);
  app.add_flag("--stacked", flags.stacked,
               "The inputs of the model, normalised if --model is given, "
               "instead of log-mel frames");
  app.add_option(
         "--pad_ms", flags.pad_ms,
         "Silence behind the audio before the last model step is filled up "
         "[what the model asks for, else 0]")
      ->check(CLI::Range(0, 60000));
  app.add_option("--format", flags.format, "Of the features of FILE")
      ->check(CLI::IsMember({"csv", "npy"}))
      ->capture_default_str();
  app.add_option("--output", flags.output,
                 "File to write instead of standard output");

  auto* model =
      app.add_option("--model", flags.model,
                     "Model bundle directory to take the geometry from");
  const auto geometry = [&](const std::string& name, auto& value) {
    app.add_option(name, value)
        ->capture_default_str()
        ->excludes(model)
        ->group("Geometry");
  };
  geometry("--mel_bins", flags.frontend.mel_bins);
  geometry("--mel_low_hz", flags.frontend.mel_low_hz);
  geometry("--mel_high_hz", flags.frontend.mel_high_hz);
  geometry("--energy_floor", flags.frontend.energy_floor);
  geometry("--stacked_frames", flags.frontend.stacked_frames);
  geometry("--stride_frames", flags.frontend.stride_frames);
}

absl::Status RunFile(const Flags& flags, int rate_hz, FeatureComputer& computer,
                     FILE* out) {
  const absl::StatusOr<std::vector<float>> samples =
      ReadAudioFile(flags.file, rate_hz);
  if (!samples.ok()) return samples.status();
  const FeatureFormat format =
      flags.format == "npy" ? FeatureFormat::kNpy : FeatureFormat::kCsv;
  return WriteMatrix(computer.Compute(*samples), format, out);
}

absl::Status Run(const Flags& flags) {
  if (!flags.pipe && flags.file.empty()) {
    return absl::InvalidArgumentError("name a FILE or say --pipe; see --help");
  }
  FrontendOptions frontend = flags.frontend;
  int padding_ms = 0;
  if (!flags.model.empty()) {
    const auto bundle = model::LoadBundle(flags.model);
    if (!bundle.ok()) return bundle.status();
    frontend = *(*bundle)->frontend;
    padding_ms = (*bundle)->decoder.flush_padding_ms;
  }
  auto computer = FeatureComputer::Create(
      frontend, flags.pad_ms.value_or(padding_ms),
      flags.stacked ? FeatureLayout::kSteps : FeatureLayout::kFrames);
  if (!computer.ok()) return computer.status();

  std::unique_ptr<FILE, int (*)(FILE*)> file(nullptr, &std::fclose);
  if (!flags.output.empty()) {
    file.reset(std::fopen(flags.output.c_str(), "wb"));
    if (file == nullptr)
      return absl::NotFoundError("cannot write " + flags.output);
  }
  FILE* out = file == nullptr ? stdout : file.get();
  return flags.pipe ? RunFeaturePipe(stdin, out, *computer)
                    : RunFile(flags, frontend.sample_rate_hz, *computer, out);
}

}  // namespace
}  // namespace oido::features

int main(int argc, char** argv) {
  CLI::App app("Log-mel features of audio, as oido-server computes them.",
               "oido-features");
  oido::features::Flags flags;
  oido::features::AddFlags(app, flags);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = oido::features::Run(flags);
  if (!status.ok()) {
    std::fprintf(stderr, "oido-features: %s\n",
                 std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}
