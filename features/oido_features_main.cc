// Prints the features of audio: the flags of oido-features.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "features/feature_pipe.h"

namespace {

using oido::features::FeatureLayout;
using oido::features::FrontendOptions;

struct Flags {
  bool pipe = false;
  bool stacked = false;
  int pad_ms = 0;
  FrontendOptions frontend;
};

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_flag("--pipe", flags.pipe,
               "Answer packets of samples on standard input");
  app.add_flag("--stacked", flags.stacked,
               "Print model inputs instead of frames");
  app.add_option("--pad_ms", flags.pad_ms, "Silence added behind the audio")
      ->check(CLI::Range(0, 60000));
  app.add_option("--mel_bins", flags.frontend.mel_bins)->capture_default_str();
  app.add_option("--mel_low_hz", flags.frontend.mel_low_hz)
      ->capture_default_str();
  app.add_option("--mel_high_hz", flags.frontend.mel_high_hz)
      ->capture_default_str();
  app.add_option("--energy_floor", flags.frontend.energy_floor)
      ->capture_default_str();
  app.add_option("--stacked_frames", flags.frontend.stacked_frames)
      ->capture_default_str();
  app.add_option("--stride_frames", flags.frontend.stride_frames)
      ->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Log-mel features of audio, as oido-server computes them.",
               "oido-features");
  Flags flags;
  AddFlags(app, flags);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = oido::features::RunFeaturePipe(
      stdin, stdout, flags.pad_ms,
      flags.stacked ? FeatureLayout::kSteps : FeatureLayout::kFrames,
      std::make_shared<const FrontendOptions>(flags.frontend));
  if (!status.ok()) {
    std::fprintf(stderr, "oido-features: %s\n",
                 std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}
