// Looks the layers' tensors up by name and packs them.
#include "model/packed_layers.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

// Shifted by the largest against overflow. One row at a time, so that no row
// can influence another.
void LogSoftmaxOfHead(absl::Span<const float> logits,
                      absl::Span<float> log_probs) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  float sum = 0.0f;
  for (const float logit : logits) sum += std::exp(logit - largest);
  const float log_sum = std::log(sum);
  for (size_t i = 0; i < logits.size(); ++i)
    log_probs[i] = (logits[i] - largest) - log_sum;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const PackedLstm>> PackLayer(
    const Bundle& bundle, int layer, absl::string_view suffix) {
  const AcousticModelOptions& options = bundle.acoustic_model;
  const std::string prefix = absl::StrCat("lstm.", layer, ".");
  const int64_t gates = int64_t{4} * options.hidden_size;
  const int input_size = options.layer_input_size(layer);
  OIDO_ASSIGN_OR_RETURN(
      const auto weight_ih,
      bundle.weights.Floats(absl::StrCat(prefix, "weight_ih", suffix),
                            {gates, input_size}));
  OIDO_ASSIGN_OR_RETURN(
      const auto weight_hh,
      bundle.weights.Floats(absl::StrCat(prefix, "weight_hh", suffix),
                            {gates, options.hidden_size}));
  OIDO_ASSIGN_OR_RETURN(
      const auto bias,
      bundle.weights.Floats(absl::StrCat(prefix, "bias", suffix), {gates}));
  LstmWeights weights;
  weights.input_size = input_size;
  weights.hidden_size = options.hidden_size;
  weights.weight_ih = weight_ih;
  weights.weight_hh = weight_hh;
  weights.bias = bias;
  return PackedLstm::Create(weights);
}

absl::StatusOr<std::unique_ptr<const PackedLinear>> PackOutput(
    const Bundle& bundle) {
  const AcousticModelOptions& options = bundle.acoustic_model;
  const int input_size = options.output_size();
  OIDO_ASSIGN_OR_RETURN(
      auto weight,
      bundle.weights.Floats("output.weight", {options.tokens, input_size}));
  OIDO_ASSIGN_OR_RETURN(auto bias,
                        bundle.weights.Floats("output.bias", {options.tokens}));
  if (options.phones != 0) {
    OIDO_ASSIGN_OR_RETURN(
        const auto phone_weight,
        bundle.weights.Floats("phones.weight", {options.phones, input_size}));
    OIDO_ASSIGN_OR_RETURN(
        const auto phone_bias,
        bundle.weights.Floats("phones.bias", {options.phones}));
    weight.insert(weight.end(), phone_weight.begin(), phone_weight.end());
    bias.insert(bias.end(), phone_bias.begin(), phone_bias.end());
  }
  LinearWeights output;
  output.input_size = input_size;
  output.output_size = options.outputs();
  output.weight = weight;
  output.bias = bias;
  return PackedLinear::Create(output);
}

void LogSoftmax(const AcousticModelOptions& options,
                absl::Span<const float> logits, absl::Span<float> log_probs) {
  const size_t tokens = static_cast<size_t>(options.tokens);
  LogSoftmaxOfHead(logits.first(tokens), log_probs.first(tokens));
  if (options.phones != 0)
    LogSoftmaxOfHead(logits.subspan(tokens), log_probs.subspan(tokens));
}

}  // namespace oido::model
