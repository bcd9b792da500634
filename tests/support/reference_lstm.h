// The LSTM's gate equations in plain double-precision C++, for tests.
#ifndef OIDO_TESTS_SUPPORT_REFERENCE_LSTM_H_
#define OIDO_TESTS_SUPPORT_REFERENCE_LSTM_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "model/bundle.h"

namespace oido::test {

using Row = std::vector<double>;

// The product of row `row` of `matrix` [rows, x.size()] with `x`.
inline double RowProduct(const std::vector<float>& matrix, size_t row,
                         const Row& x) {
  double sum = 0.0;
  for (size_t i = 0; i < x.size(); ++i)
    sum += double{matrix[row * x.size() + i]} * x[i];
  return sum;
}

// A matrix [rows, columns] as numbers: of an int8 model its integers times
// their rows' scales.
inline std::vector<float> ReferenceMatrix(const model::Bundle& bundle,
                                          const std::string& name,
                                          const std::string& scale_name,
                                          int64_t rows, int64_t columns) {
  std::vector<float> matrix = *bundle.weights.Floats(name, {rows, columns});
  if (bundle.acoustic_model.precision == model::Precision::kFloat)
    return matrix;
  const std::vector<float> scale = *bundle.weights.Floats(scale_name, {rows});
  for (size_t i = 0; i < matrix.size(); ++i)
    matrix[i] *= scale[i / static_cast<size_t>(columns)];
  return matrix;
}

// What is left of a value between layers.
inline double ReferenceActivation(const model::Bundle& bundle, double value) {
  if (bundle.acoustic_model.precision == model::Precision::kFloat ||
      bundle.acoustic_model.direction == model::Direction::kBidirectional)
    return value;
  const double byte = std::nearbyint(value * 63.0 + 64.0);
  return (std::min(std::max(byte, 1.0), 127.0) - 64.0) / 63.0;
}

// Layer `layer` in one direction. Equations as in torch.nn.LSTM's
// documentation, weights by name from the bundle: rows i, f, g, o of
// [4 * hidden, ...]; `suffix` is behind the names.
class ReferenceLayer {
 public:
  ReferenceLayer(const model::Bundle& bundle, int layer,
                 const std::string& suffix)
      : bundle_(bundle) {
    const model::AcousticModelOptions& options = bundle.acoustic_model;
    const int64_t hidden = options.hidden_size;
    const bool both = options.direction == model::Direction::kBidirectional &&
                      layer > options.forward_layers;
    const int64_t input =
        layer == 0 ? options.input_size : (both ? 2 : 1) * hidden;
    const std::string prefix = absl::StrCat("lstm.", layer, ".");
    const auto matrix = [&](const char* name, int64_t columns) {
      return ReferenceMatrix(bundle, prefix + name + suffix,
                             prefix + "weight.scale" + suffix, 4 * hidden,
                             columns);
    };
    weight_ih_ = matrix("weight_ih", input);
    weight_hh_ = matrix("weight_hh", hidden);
    bias_ = *bundle.weights.Floats(prefix + "bias" + suffix, {4 * hidden});
    h.resize(static_cast<size_t>(hidden));
    c.resize(static_cast<size_t>(hidden));
  }

  Row Step(const Row& x) {
    const size_t hidden = h.size();
    Row next(hidden);
    for (size_t j = 0; j < hidden; ++j) {
      const auto gate = [&](size_t index) {
        const size_t row = index * hidden + j;
        return RowProduct(weight_ih_, row, x) + RowProduct(weight_hh_, row, h) +
               double{bias_[row]};
      };
      const double i = Sigmoid(gate(0));
      const double f = Sigmoid(gate(1));
      const double g = std::tanh(gate(2));
      const double o = Sigmoid(gate(3));
      c[j] = f * c[j] + i * g;
      next[j] = ReferenceActivation(bundle_, o * std::tanh(c[j]));
    }
    h = next;
    return next;
  }

  Row h, c;

 private:
  static double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

  const model::Bundle& bundle_;
  std::vector<float> weight_ih_, weight_hh_, bias_;
};

// One head's layer and log-softmax; `head` is its tensors' name.
inline Row ReferenceHead(const model::Bundle& bundle, const std::string& head,
                         int64_t rows, const Row& x) {
  const std::vector<float> weight =
      ReferenceMatrix(bundle, head + ".weight", head + ".weight.scale", rows,
                      static_cast<int64_t>(x.size()));
  const std::vector<float> bias =
      *bundle.weights.Floats(head + ".bias", {rows});
  Row logits;
  double sum = 0.0;
  for (size_t row = 0; row < bias.size(); ++row) {
    logits.push_back(bias[row] + RowProduct(weight, row, x));
    sum += std::exp(logits.back());
  }
  for (double& logit : logits) logit -= std::log(sum);
  return logits;
}

// The log-probabilities of the tokens, then of the phones if there are any.
inline Row ReferenceOutput(const model::Bundle& bundle, const Row& x) {
  const model::AcousticModelOptions& options = bundle.acoustic_model;
  Row row = ReferenceHead(bundle, "output", options.tokens, x);
  if (options.phones == 0) return row;
  const Row phones = ReferenceHead(bundle, "phones", options.phones, x);
  row.insert(row.end(), phones.begin(), phones.end());
  return row;
}

// One stream.
class ReferenceLstm {
 public:
  explicit ReferenceLstm(const model::Bundle& bundle) : bundle_(bundle) {
    for (int layer = 0; layer < bundle.acoustic_model.layers; ++layer)
      layers_.emplace_back(bundle, layer, "");
  }

  // The log-probabilities [outputs] of the next step.
  Row Step(absl::Span<const float> features) {
    Row x(features.begin(), features.end());
    if (bundle_.acoustic_model.precision == model::Precision::kInt8) {
      const int64_t size = bundle_.acoustic_model.input_size;
      const auto range = *bundle_.weights.Floats("input.range", {size});
      for (size_t i = 0; i < x.size(); ++i)
        x[i] = ReferenceActivation(bundle_, x[i] / range[i]);
    }
    for (ReferenceLayer& layer : layers_) x = layer.Step(x);
    return ReferenceOutput(bundle_, x);
  }

  // As StateValues() has them.
  Row State() const {
    Row values;
    for (const ReferenceLayer& layer : layers_) {
      values.insert(values.end(), layer.h.begin(), layer.h.end());
      values.insert(values.end(), layer.c.begin(), layer.c.end());
    }
    return values;
  }

 private:
  const model::Bundle& bundle_;
  std::vector<ReferenceLayer> layers_;
};

// The log-probabilities [steps, outputs] of a bidirectional model for `inputs`
// [steps, input_size]: each layer runs from the first step to the last and, but
// for the forward layers, from the last to the first, and hands on both
// outputs, the forward one first.
inline std::vector<Row> ReferenceBidirectional(const model::Bundle& bundle,
                                               absl::Span<const float> inputs) {
  const size_t input_size =
      static_cast<size_t>(bundle.acoustic_model.input_size);
  std::vector<Row> rows;
  for (size_t i = 0; i < inputs.size(); i += input_size)
    rows.emplace_back(inputs.begin() + i, inputs.begin() + i + input_size);
  for (int layer = 0; layer < bundle.acoustic_model.layers; ++layer) {
    ReferenceLayer forward(bundle, layer, "");
    std::vector<Row> next;
    for (const Row& row : rows) next.push_back(forward.Step(row));
    std::swap(rows, next);  // `next` is what this layer was given
    if (layer < bundle.acoustic_model.forward_layers) continue;
    ReferenceLayer reverse(bundle, layer, "_reverse");
    for (size_t i = rows.size(); i-- > 0;) {
      const Row h = reverse.Step(next[i]);
      rows[i].insert(rows[i].end(), h.begin(), h.end());
    }
  }
  for (Row& row : rows) row = ReferenceOutput(bundle, row);
  return rows;
}

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_REFERENCE_LSTM_H_
