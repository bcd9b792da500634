// Loads and validates a model bundle directory.
#ifndef OIDO_MODEL_BUNDLE_H_
#define OIDO_MODEL_BUNDLE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "features/frontend_options.h"
#include "model/activations.h"
#include "model/decoder_resources.h"
#include "model/tokens.h"
#include "model/weights.h"

namespace oido::model {

// Which way the LSTM layers run along time.
enum class Direction {
  kUnidirectional,  // past to future: a streaming model
  kBidirectional,   // both, outputs side by side: an offline model
};

struct AcousticModelOptions {
  // Whether layer `layer`, from 0, runs in both directions.
  bool is_bidirectional(int layer) const {
    return direction == Direction::kBidirectional && layer >= forward_layers;
  }
  // What layer `layer` hands on at each step.
  int layer_output_size(int layer) const {
    return is_bidirectional(layer) ? 2 * hidden_size : hidden_size;
  }
  // What layer `layer` takes at each step.
  int layer_input_size(int layer) const {
    return layer == 0 ? input_size : layer_output_size(layer - 1);
  }
  // What the last layer, the widest, hands on at each step.
  int output_size() const { return layer_output_size(layers - 1); }

  // What the model says at each step: log-probabilities of the tokens, then of
  // the phones, each part summing to one by itself.
  int outputs() const { return tokens + phones; }

  int layers = 0;
  int input_size = 0;   // = frontend.step_size()
  int hidden_size = 0;  // of each direction
  int tokens = 0;       // token 0 is the CTC blank
  int phones = 0;       // phone 0 is the CTC blank; 0: no phone head
  Direction direction = Direction::kUnidirectional;
  int forward_layers = 0;  // of a bidirectional model: its lowest, forward only
  Precision precision = Precision::kFloat;
};

struct DecoderOptions {
  int step_ms = 30;  // audio per model step, from the front end
  int flush_padding_ms = 0;
  int emission_delay_ms = 0;
  int endpoint_silence_ms = 800;
  int max_utterance_ms = 20000;
  // Only requests set these; 0: off.
  int start_silence_ms = 0;
  int max_final_delay_ms = 0;
};

// Immutable once loaded; any thread may read it.
struct Bundle {
  std::string directory;
  std::string name;
  std::string version;
  std::string language_code;
  std::string description;
  std::shared_ptr<const features::FrontendOptions>
      frontend;  // with normalisation
  AcousticModelOptions acoustic_model;
  DecoderOptions decoder;
  Tokens tokens;
  Tokens phones;  // none without a phone head
  WordSearchOptions letter_search;
  // nullptr: the bundle has no lexicon and language model.
  std::shared_ptr<const DecoderResources> word_search;
  Weights weights;
};

// Checks every name, shape, dtype and SHA-256. NOT_FOUND: no such file.
// INVALID_ARGUMENT or DATA_LOSS names the file, the tensor or field, what was
// expected and what was found.
absl::StatusOr<std::shared_ptr<const Bundle>> LoadBundle(
    const std::string& directory);

}  // namespace oido::model

#endif  // OIDO_MODEL_BUNDLE_H_
