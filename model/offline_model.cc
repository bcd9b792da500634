// Runs each layer forward and backward in blocks of steps, states carried on.
#include "model/offline_model.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/aligned_array.h"
#include "model/bundle_tensors.h"
#include "model/packed_layers.h"
#include "model/primitives.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

constexpr int kMaxSteps = 100000;

// Any length is a sum of these, so that a few primitives serve all. One
// bidirectional_concat primitive over the window computes the same, no faster
// (both about 170 seconds of audio a second on a core with AVX-512, 3x320), but
// takes 61 KB of scratch memory a step, 65 MB a window, instead of 1.5 MB in
// all, and 0.35 MB of machine code for every length that occurs.
constexpr std::array<int, 6> kBlockSteps = {32, 16, 8, 4, 2, 1};
constexpr size_t kLargestBlock = 32;

// A layer's two LSTMs; the order is that of their outputs.
constexpr std::array<TimeOrder, 2> kOrders = {TimeOrder::kForward,
                                              TimeOrder::kBackward};

}  // namespace

struct OfflineModel::Impl {
  AcousticModelOptions options;
  std::vector<std::vector<std::unique_ptr<const PackedLstm>>>
      layers;  // [layer][order], of forward layers the first order only
  std::unique_ptr<const PackedLinear> output;
};

OfflineModel::OfflineModel(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
OfflineModel::~OfflineModel() = default;

const AcousticModelOptions& OfflineModel::options() const {
  return impl_->options;
}

absl::StatusOr<std::shared_ptr<const OfflineModel>> OfflineModel::Create(
    const Bundle& bundle) {
  const AcousticModelOptions& options = bundle.acoustic_model;
  if (options.direction != Direction::kBidirectional) {
    return absl::InvalidArgumentError(absl::StrCat(
        bundle.directory, ": acoustic_model.direction is UNIDIRECTIONAL, ",
        "BIDIRECTIONAL expected of an offline model"));
  }
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  for (int layer = 0; layer < options.layers; ++layer) {
    auto& orders = impl->layers.emplace_back();
    OIDO_ASSIGN_OR_RETURN(orders.emplace_back(),
                          PackLayer(bundle, layer, "", {1}));
    if (!options.is_bidirectional(layer)) continue;
    OIDO_ASSIGN_OR_RETURN(orders.emplace_back(),
                          PackLayer(bundle, layer, kReverseSuffix, {1}));
  }
  OIDO_ASSIGN_OR_RETURN(impl->output, PackOutput(bundle));
  return std::shared_ptr<const OfflineModel>(new OfflineModel(std::move(impl)));
}

struct OfflineModelRunner::Impl {
  // The operations of one block size.
  struct Block {
    size_t steps;
    std::vector<std::vector<std::unique_ptr<LstmStep>>> layers;
    std::unique_ptr<LinearStep> output;
  };

  Impl(std::shared_ptr<const OfflineModel> the_model, int the_max_steps);

  absl::Status MakeBlock(int block_steps);
  absl::Status RunLayer(size_t layer, size_t order, const float* in,
                        size_t steps, float* out);
  absl::Status RunOutput(const float* in, size_t steps, float* log_probs);

  std::shared_ptr<const OfflineModel> model;
  AcousticModelOptions options;
  size_t max_steps;
  Scratch scratch;
  // What layers hand on, in turns: [max_steps, 2 * hidden].
  AlignedFloats even, odd;
  // A block's: [32, largest layer input], [32, hidden] and [32, outputs].
  AlignedFloats input, output, logits;
  AlignedFloats h_in, c_in, h_out, c_out;  // [hidden]
  std::vector<Block> blocks;               // largest first
};

OfflineModelRunner::Impl::Impl(std::shared_ptr<const OfflineModel> the_model,
                               int the_max_steps)
    : model(std::move(the_model)),
      options(model->options()),
      max_steps(static_cast<size_t>(the_max_steps)),
      even(max_steps * options.output_size()),
      odd(max_steps * options.output_size()),
      input(kLargestBlock *
            std::max(options.input_size, options.output_size())),
      output(kLargestBlock * options.hidden_size),
      logits(kLargestBlock * options.outputs()),
      h_in(options.hidden_size),
      c_in(options.hidden_size),
      h_out(options.hidden_size),
      c_out(options.hidden_size) {}

absl::Status OfflineModelRunner::Impl::MakeBlock(int block_steps) {
  Block block;
  block.steps = static_cast<size_t>(block_steps);
  for (const auto& layer : model->impl_->layers) {
    auto& orders = block.layers.emplace_back();
    for (size_t order = 0; order < layer.size(); ++order) {
      OIDO_ASSIGN_OR_RETURN(
          orders.emplace_back(),
          layer[order]->MakeSequence(block_steps, kOrders[order]));
    }
  }
  OIDO_ASSIGN_OR_RETURN(block.output,
                        model->impl_->output->MakeStep(block_steps));
  blocks.push_back(std::move(block));
  return absl::OkStatus();
}

// `in` [steps, layer's input] to the part of each row of `out`
// [steps, layer's output] that is this order's.
absl::Status OfflineModelRunner::Impl::RunLayer(size_t layer, size_t order,
                                                const float* in, size_t steps,
                                                float* out) {
  const size_t width =
      static_cast<size_t>(options.layer_input_size(static_cast<int>(layer)));
  const size_t hidden = static_cast<size_t>(options.hidden_size);
  const size_t row =
      static_cast<size_t>(options.layer_output_size(static_cast<int>(layer)));
  const LstmBuffers buffers = {input.data(),  h_in.data(),  c_in.data(),
                               output.data(), h_out.data(), c_out.data()};
  std::fill_n(h_in.data(), hidden, 0.0f);
  std::fill_n(c_in.data(), hidden, 0.0f);
  size_t done = 0;
  for (const Block& block : blocks) {
    for (; steps - done >= block.steps; done += block.steps) {
      const size_t begin = kOrders[order] == TimeOrder::kForward
                               ? done
                               : steps - done - block.steps;
      std::copy_n(in + begin * width, block.steps * width, input.data());
      OIDO_RETURN_IF_ERROR(block.layers[layer][order]->Run(buffers, scratch));
      for (size_t i = 0; i < block.steps; ++i) {
        std::copy_n(output.data() + i * hidden, hidden,
                    out + (begin + i) * row + order * hidden);
      }
      std::copy_n(h_out.data(), hidden, h_in.data());
      std::copy_n(c_out.data(), hidden, c_in.data());
    }
  }
  return absl::OkStatus();
}

// `in` [steps, 2 * hidden] to `log_probs` [steps, outputs].
absl::Status OfflineModelRunner::Impl::RunOutput(const float* in, size_t steps,
                                                 float* log_probs) {
  const size_t width = static_cast<size_t>(options.output_size());
  const size_t outputs = static_cast<size_t>(options.outputs());
  size_t done = 0;
  for (const Block& block : blocks) {
    for (; steps - done >= block.steps; done += block.steps) {
      std::copy_n(in + done * width, block.steps * width, input.data());
      OIDO_RETURN_IF_ERROR(
          block.output->Run(input.data(), logits.data(), scratch));
      for (size_t i = 0; i < block.steps; ++i) {
        LogSoftmax(options,
                   absl::MakeConstSpan(logits.data() + i * outputs, outputs),
                   absl::MakeSpan(log_probs + (done + i) * outputs, outputs));
      }
    }
  }
  return absl::OkStatus();
}

OfflineModelRunner::OfflineModelRunner(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
OfflineModelRunner::~OfflineModelRunner() = default;

absl::StatusOr<std::unique_ptr<OfflineModelRunner>> OfflineModelRunner::Create(
    std::shared_ptr<const OfflineModel> model, int max_steps) {
  if (max_steps < 1 || max_steps > kMaxSteps) {
    return absl::InvalidArgumentError(absl::StrCat(
        "max_steps is ", max_steps, ", must be in 1..", kMaxSteps));
  }
  auto impl = std::make_unique<Impl>(std::move(model), max_steps);
  for (const int steps : kBlockSteps)
    OIDO_RETURN_IF_ERROR(impl->MakeBlock(steps));
  return std::unique_ptr<OfflineModelRunner>(
      new OfflineModelRunner(std::move(impl)));
}

absl::Status OfflineModelRunner::Run(absl::Span<const float> inputs,
                                     absl::Span<float> log_probs) {
  const size_t input_size = static_cast<size_t>(impl_->options.input_size);
  const size_t outputs = static_cast<size_t>(impl_->options.outputs());
  const size_t steps = inputs.size() / input_size;
  if (steps < 1 || steps > impl_->max_steps ||
      inputs.size() != steps * input_size ||
      log_probs.size() != steps * outputs) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a window of ", inputs.size(), " floats, ", log_probs.size(),
        " log-probabilities: 1 to ", impl_->max_steps, " steps of ", input_size,
        " and ", outputs, " expected"));
  }
  const float* in = inputs.data();
  const auto& layers = impl_->model->impl_->layers;
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    float* const out = (layer % 2 == 0 ? impl_->even : impl_->odd).data();
    for (size_t order = 0; order < layers[layer].size(); ++order)
      OIDO_RETURN_IF_ERROR(impl_->RunLayer(layer, order, in, steps, out));
    in = out;
  }
  return impl_->RunOutput(in, steps, log_probs.data());
}

}  // namespace oido::model
