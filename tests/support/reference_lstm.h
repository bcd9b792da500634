// The LSTM's gate equations in plain double-precision C++, for tests.
#ifndef OIDO_TESTS_SUPPORT_REFERENCE_LSTM_H_
#define OIDO_TESTS_SUPPORT_REFERENCE_LSTM_H_

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "model/bundle.h"

namespace oido::test {

// One stream. Equations as in torch.nn.LSTM's documentation, weights by name
// from the bundle: rows i, f, g, o of [4 * hidden, ...].
class ReferenceLstm {
 public:
  explicit ReferenceLstm(const model::Bundle& bundle)
      : options_(bundle.acoustic_model) {
    const int64_t gates = int64_t{4} * options_.hidden_size;
    for (int layer = 0; layer < options_.layers; ++layer) {
      const std::string prefix = absl::StrCat("lstm.", layer, ".");
      const int64_t input =
          layer == 0 ? options_.input_size : options_.hidden_size;
      layers_.push_back(
          {*bundle.weights.Floats(prefix + "weight_ih", {gates, input}),
           *bundle.weights.Floats(prefix + "weight_hh", {gates, gates / 4}),
           *bundle.weights.Floats(prefix + "bias", {gates}),
           std::vector<double>(static_cast<size_t>(gates / 4)),
           std::vector<double>(static_cast<size_t>(gates / 4))});
    }
    weight_ = *bundle.weights.Floats("output.weight",
                                     {options_.tokens, options_.hidden_size});
    bias_ = *bundle.weights.Floats("output.bias", {options_.tokens});
  }

  // The log-probabilities [tokens] of the next step.
  std::vector<double> Step(absl::Span<const float> features) {
    std::vector<double> x(features.begin(), features.end());
    for (Layer& layer : layers_) x = StepLayer(layer, x);
    std::vector<double> logits;
    double sum = 0.0;
    for (size_t token = 0; token < bias_.size(); ++token) {
      logits.push_back(bias_[token] + Row(weight_, token, x));
      sum += std::exp(logits.back());
    }
    for (double& logit : logits) logit -= std::log(sum);
    return logits;
  }

  // As StreamState::values.
  std::vector<double> State() const {
    std::vector<double> values;
    for (const Layer& layer : layers_) {
      values.insert(values.end(), layer.h.begin(), layer.h.end());
      values.insert(values.end(), layer.c.begin(), layer.c.end());
    }
    return values;
  }

 private:
  struct Layer {
    std::vector<float> weight_ih, weight_hh, bias;
    std::vector<double> h, c;
  };

  static double Row(const std::vector<float>& matrix, size_t row,
                    const std::vector<double>& x) {
    double sum = 0.0;
    for (size_t i = 0; i < x.size(); ++i)
      sum += double{matrix[row * x.size() + i]} * x[i];
    return sum;
  }

  static double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

  static std::vector<double> StepLayer(Layer& layer,
                                       const std::vector<double>& x) {
    const size_t hidden = layer.h.size();
    std::vector<double> h(hidden);
    for (size_t j = 0; j < hidden; ++j) {
      const auto gate = [&](size_t index) {
        const size_t row = index * hidden + j;
        return Row(layer.weight_ih, row, x) +
               Row(layer.weight_hh, row, layer.h) + double{layer.bias[row]};
      };
      const double i = Sigmoid(gate(0));
      const double f = Sigmoid(gate(1));
      const double g = std::tanh(gate(2));
      const double o = Sigmoid(gate(3));
      layer.c[j] = f * layer.c[j] + i * g;
      h[j] = o * std::tanh(layer.c[j]);
    }
    layer.h = h;
    return h;
  }

  model::AcousticModelOptions options_;
  std::vector<Layer> layers_;
  std::vector<float> weight_, bias_;
};

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_REFERENCE_LSTM_H_
