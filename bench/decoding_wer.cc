// Word errors and cost of decoders on the recordings of a manifest, as
// tab-separated lines.
//   decoding_wer BUNDLE DATA SPLIT SOURCE SETTING...
// DATA/manifest.tsv as in training/README.md; SPLIT and SOURCE as in its
// columns, "all" for every source. A SETTING is
//   letters |
//   METHOD:BEAM[:LM_WEIGHT:INSERTION:BLANK_PENALTY[:THRESHOLD[:BLANK_SKIP]]]
// with METHOD "open" or "words"; what is left out is the bundle's.
#include <algorithm>
#include <chrono>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "bench/recordings.h"
#include "client/edit_distance.h"
#include "model/beam_scratch.h"
#include "server/decoding.h"

namespace oido {
namespace {

void SetFloats(const std::vector<std::string>& parts,
               v1::DecodingConfig* config) {
  const auto number = [&](size_t i) {
    float value = 0.0f;
    if (!absl::SimpleAtof(parts[i], &value)) std::exit(2);
    return value;
  };
  if (parts.size() > 1) config->set_beam_size(static_cast<int32_t>(number(1)));
  if (parts.size() > 4) {
    config->set_lm_weight(number(2));
    config->set_word_insertion(number(3));
    config->set_blank_penalty(number(4));
  }
  if (parts.size() > 5) config->set_beam_threshold(number(5));
  if (parts.size() > 6) config->set_blank_skip_threshold(number(6));
}

server::Decoding Parse(const std::string& setting,
                       const model::Bundle& bundle) {
  const std::vector<std::string> parts = absl::StrSplit(setting, ':');
  v1::RecognitionConfig config;
  v1::DecodingConfig& decoding = *config.mutable_decoding();
  decoding.set_method(parts[0] == "words"  ? v1::DecodingConfig::WORDS
                      : parts[0] == "open" ? v1::DecodingConfig::OPEN_VOCABULARY
                                           : v1::DecodingConfig::LETTERS);
  SetFloats(parts, &decoding);
  return OrDie(server::CheckDecoding(config, "", bundle));
}

// One decoder and what became of it.
class Trial {
 public:
  Trial(const std::shared_ptr<const model::Bundle>& bundle, std::string setting)
      : bundle_(bundle),
        setting_(std::move(setting)),
        decoding_(Parse(setting_, *bundle)),
        decoder_(server::MakeDecoder(bundle, decoding_)) {}

  void Advance(absl::Span<const float> outputs) {
    const auto head =
        server::HeadOf(outputs, bundle_->acoustic_model, decoding_);
    const auto begin = std::chrono::steady_clock::now();
    decoder_->Advance(head, scratch_);
    const std::chrono::duration<double, std::micro> time =
        std::chrono::steady_clock::now() - begin;
    micros_.push_back(time.count());
  }

  void End(const std::string& reference) {
    errors_ += client::WordErrors(reference, model::Text(decoder_->Finish()));
    decoder_->Reset();
  }

  void Print() {
    double sum = 0.0;
    for (const double value : micros_) sum += value;
    const double mean = sum / static_cast<double>(micros_.size());
    std::sort(micros_.begin(), micros_.end());
    const auto percentile = [&](size_t percent) {
      return micros_[(micros_.size() - 1) * percent / 100];
    };
    std::printf("%s\t%d\t%.2f\t%.2f\t%.2f\t%.1f\t%.6f\t%zu\n", setting_.c_str(),
                static_cast<int>(errors_.reference), 100.0 * errors_.rate(),
                mean, percentile(50), percentile(99),
                mean * 1e-3 / bundle_->decoder.step_ms, decoder_->size_bytes());
  }

 private:
  std::shared_ptr<const model::Bundle> bundle_;
  std::string setting_;
  server::Decoding decoding_;
  std::unique_ptr<model::Decoder> decoder_;
  model::BeamScratch scratch_;
  client::ErrorCounts errors_;
  std::vector<double> micros_;
};

int Main(const std::vector<std::string>& arguments) {
  const auto bundle = OrDie(model::LoadBundle(arguments[0]));
  AcousticOutputs acoustic(bundle);
  std::vector<Trial> trials;
  for (size_t i = 4; i < arguments.size(); ++i)
    trials.emplace_back(bundle, arguments[i]);
  std::vector<std::vector<float>> steps;
  for (const Recording& recording :
       ReadRecordings(arguments[1], arguments[3], arguments[2])) {
    steps.clear();
    acoustic.Of(recording.path, [&](absl::Span<const float> outputs) {
      steps.emplace_back(outputs.begin(), outputs.end());
    });
    for (Trial& trial : trials) {
      for (const auto& outputs : steps) trial.Advance(outputs);
      trial.End(recording.text);
    }
  }
  std::printf(
      "setting\twords\tWER_percent\tmean_us\tp50_us\tp99_us\t"
      "cpu_s_per_audio_s\tstream_bytes\n");
  for (Trial& trial : trials) trial.Print();
  return 0;
}

}  // namespace
}  // namespace oido

int main(int argc, char** argv) {
  if (argc >= 6) return oido::Main({argv + 1, argv + argc});
  std::fprintf(stderr,
               "usage: decoding_wer BUNDLE DATA SPLIT SOURCE SETTING...\n");
  return 2;
}
