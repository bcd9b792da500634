// Looks the layers' tensors up by name and packs them.
#include "model/packed_layers.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <vector>

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

// A bidirectional model's integers become floats here: its activations are.
Precision ComputePrecision(const AcousticModelOptions& options) {
  return options.direction == Direction::kBidirectional ? Precision::kFloat
                                                        : options.precision;
}

// A scale for each row of `matrices`; none where they are floats already, or
// have become so here.
absl::StatusOr<std::vector<float>> ScaleOf(
    const Bundle& bundle, const std::string& name,
    std::initializer_list<std::vector<float>*> matrices, size_t rows) {
  const AcousticModelOptions& options = bundle.acoustic_model;
  if (options.precision == Precision::kFloat) return std::vector<float>();
  OIDO_ASSIGN_OR_RETURN(
      std::vector<float> scale,
      bundle.weights.Floats(name, {static_cast<int64_t>(rows)}));
  if (ComputePrecision(options) == Precision::kInt8) return scale;
  for (std::vector<float>* const matrix : matrices) {
    const size_t columns = matrix->size() / rows;
    for (size_t i = 0; i < matrix->size(); ++i)
      (*matrix)[i] *= scale[i / columns];
  }
  return std::vector<float>();
}

struct Head {
  std::vector<float> weight, bias, scale;
};

absl::StatusOr<Head> ReadHead(const Bundle& bundle, const std::string& name,
                              int64_t size) {
  Head head;
  OIDO_ASSIGN_OR_RETURN(
      head.weight,
      bundle.weights.Floats(name + ".weight",
                            {size, bundle.acoustic_model.output_size()}));
  OIDO_ASSIGN_OR_RETURN(head.bias,
                        bundle.weights.Floats(name + ".bias", {size}));
  OIDO_ASSIGN_OR_RETURN(head.scale,
                        ScaleOf(bundle, name + ".weight.scale", {&head.weight},
                                static_cast<size_t>(size)));
  return head;
}

void Append(const std::vector<float>& values, std::vector<float>* to) {
  to->insert(to->end(), values.begin(), values.end());
}

}  // namespace

absl::StatusOr<std::unique_ptr<const PackedLstm>> PackLayer(
    const Bundle& bundle, int layer, absl::string_view suffix,
    absl::Span<const int> batches) {
  const AcousticModelOptions& options = bundle.acoustic_model;
  const std::string prefix = absl::StrCat("lstm.", layer, ".");
  const int64_t gates = int64_t{4} * options.hidden_size;
  const int input_size = options.layer_input_size(layer);
  OIDO_ASSIGN_OR_RETURN(
      auto weight_ih,
      bundle.weights.Floats(absl::StrCat(prefix, "weight_ih", suffix),
                            {gates, input_size}));
  OIDO_ASSIGN_OR_RETURN(
      auto weight_hh,
      bundle.weights.Floats(absl::StrCat(prefix, "weight_hh", suffix),
                            {gates, options.hidden_size}));
  OIDO_ASSIGN_OR_RETURN(
      const auto bias,
      bundle.weights.Floats(absl::StrCat(prefix, "bias", suffix), {gates}));
  OIDO_ASSIGN_OR_RETURN(
      const auto scale,
      ScaleOf(bundle, absl::StrCat(prefix, "weight.scale", suffix),
              {&weight_ih, &weight_hh}, static_cast<size_t>(gates)));
  LstmWeights weights;
  weights.precision = ComputePrecision(options);
  weights.input_size = input_size;
  weights.hidden_size = options.hidden_size;
  weights.weight_ih = weight_ih;
  weights.weight_hh = weight_hh;
  weights.bias = bias;
  weights.scale = scale;
  return PackedLstm::Create(weights, batches);
}

absl::StatusOr<std::unique_ptr<const PackedLinear>> PackOutput(
    const Bundle& bundle) {
  const AcousticModelOptions& options = bundle.acoustic_model;
  OIDO_ASSIGN_OR_RETURN(Head head, ReadHead(bundle, "output", options.tokens));
  if (options.phones != 0) {
    OIDO_ASSIGN_OR_RETURN(const Head phones,
                          ReadHead(bundle, "phones", options.phones));
    Append(phones.weight, &head.weight);
    Append(phones.bias, &head.bias);
    Append(phones.scale, &head.scale);
  }
  LinearWeights output;
  output.precision = ComputePrecision(options);
  output.input_size = options.output_size();
  output.output_size = options.outputs();
  output.weight = head.weight;
  output.bias = head.bias;
  output.scale = head.scale;
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
