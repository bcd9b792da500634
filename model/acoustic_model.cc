// Steps the stacked LSTM: gathers states into a batch, runs the layers,
// scatters back.
#include "model/acoustic_model.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/aligned_floats.h"
#include "model/packed_layers.h"
#include "model/primitives.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

// Beyond this a larger batch gains nothing and only makes streams wait.
constexpr int kMaxBatch = 4096;

}  // namespace

struct AcousticModel::Impl {
  // As PackedLstm::max_batch, of all layers.
  int MaxBatch() const {
    int batch = output->max_batch();
    for (const auto& layer : layers)
      batch = std::min(batch, layer->max_batch());
    return batch;
  }

  AcousticModelOptions options;
  std::vector<std::unique_ptr<const PackedLstm>> layers;
  std::unique_ptr<const PackedLinear> output;
};

AcousticModel::AcousticModel(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
AcousticModel::~AcousticModel() = default;

const AcousticModelOptions& AcousticModel::options() const {
  return impl_->options;
}

absl::StatusOr<std::shared_ptr<const AcousticModel>> AcousticModel::Create(
    const Bundle& bundle) {
  const AcousticModelOptions& options = bundle.acoustic_model;
  if (options.direction != Direction::kUnidirectional) {
    return absl::InvalidArgumentError(absl::StrCat(
        bundle.directory, ": acoustic_model.direction is BIDIRECTIONAL, ",
        "UNIDIRECTIONAL expected of a streaming model"));
  }
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  for (int layer = 0; layer < options.layers; ++layer) {
    OIDO_ASSIGN_OR_RETURN(auto packed, PackLayer(bundle, layer, ""));
    impl->layers.push_back(std::move(packed));
  }
  OIDO_ASSIGN_OR_RETURN(impl->output, PackOutput(bundle));
  return std::shared_ptr<const AcousticModel>(
      new AcousticModel(std::move(impl)));
}

struct AcousticModelRunner::Impl {
  // h and c of one layer for the whole batch, before and after a step.
  struct LayerBuffers {
    explicit LayerBuffers(size_t size)
        : h_in(size), c_in(size), output(size), h_out(size), c_out(size) {}
    AlignedFloats h_in, c_in, output, h_out, c_out;  // [max_batch, hidden]
  };

  // The operations of one batch size.
  struct BatchSteps {
    std::vector<std::unique_ptr<LayerStep>> layers;
    std::unique_ptr<LayerStep> output;
  };

  Impl(std::shared_ptr<const AcousticModel> the_model, int the_max_batch);

  absl::StatusOr<BatchSteps*> StepsFor(int batch);
  absl::Status CheckSlot(const StepSlot& slot) const;
  absl::Status StepBatch(absl::Span<const StepSlot> slots);
  void Gather(absl::Span<const StepSlot> slots);
  void Scatter(absl::Span<const StepSlot> slots) const;

  std::shared_ptr<const AcousticModel> model;
  AcousticModelOptions options;
  int max_batch;
  Scratch scratch;
  AlignedFloats input;   // [max_batch, input]
  AlignedFloats logits;  // [max_batch, outputs]
  std::vector<LayerBuffers> layers;
  std::vector<std::unique_ptr<BatchSteps>>
      steps;  // [batch - 1], made when first needed
};

AcousticModelRunner::Impl::Impl(std::shared_ptr<const AcousticModel> the_model,
                                int the_max_batch)
    : model(std::move(the_model)),
      options(model->options()),
      max_batch(the_max_batch),
      input(static_cast<size_t>(the_max_batch) * options.input_size),
      logits(static_cast<size_t>(the_max_batch) * options.outputs()),
      steps(static_cast<size_t>(the_max_batch)) {
  for (int layer = 0; layer < options.layers; ++layer) {
    layers.emplace_back(static_cast<size_t>(max_batch) * options.hidden_size);
  }
}

absl::StatusOr<AcousticModelRunner::Impl::BatchSteps*>
AcousticModelRunner::Impl::StepsFor(int batch) {
  std::unique_ptr<BatchSteps>& cached = steps[static_cast<size_t>(batch - 1)];
  if (cached != nullptr) return cached.get();
  auto made = std::make_unique<BatchSteps>();
  float* previous = input.data();
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    const LayerBuffers& own = layers[layer];
    LstmBuffers buffers;
    buffers.input = previous;
    buffers.h_in = own.h_in.data();
    buffers.c_in = own.c_in.data();
    buffers.output = own.output.data();
    buffers.h_out = own.h_out.data();
    buffers.c_out = own.c_out.data();
    OIDO_ASSIGN_OR_RETURN(
        auto step, model->impl_->layers[layer]->MakeStep(batch, buffers));
    made->layers.push_back(std::move(step));
    previous = buffers.output;
  }
  LinearBuffers buffers;
  buffers.input = previous;
  buffers.output = logits.data();
  OIDO_ASSIGN_OR_RETURN(made->output,
                        model->impl_->output->MakeStep(batch, buffers));
  cached = std::move(made);
  return cached.get();
}

absl::Status AcousticModelRunner::Impl::CheckSlot(const StepSlot& slot) const {
  const auto check = [](absl::string_view what, size_t size, size_t expected) {
    if (size == expected) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        what, " of a step slot: ", size, " floats, ", expected, " expected"));
  };
  OIDO_RETURN_IF_ERROR(check("features", slot.features.size(),
                             static_cast<size_t>(options.input_size)));
  OIDO_RETURN_IF_ERROR(check("log_probs", slot.log_probs.size(),
                             static_cast<size_t>(options.outputs())));
  return check("state", slot.state->values.size(),
               static_cast<size_t>(options.layers) * 2 * options.hidden_size);
}

void AcousticModelRunner::Impl::Gather(absl::Span<const StepSlot> slots) {
  const size_t hidden = static_cast<size_t>(options.hidden_size);
  for (size_t i = 0; i < slots.size(); ++i) {
    std::copy(slots[i].features.begin(), slots[i].features.end(),
              input.data() + i * slots[i].features.size());
    const float* state = slots[i].state->values.data();
    for (const LayerBuffers& layer : layers) {
      std::copy_n(state, hidden, layer.h_in.data() + i * hidden);
      std::copy_n(state + hidden, hidden, layer.c_in.data() + i * hidden);
      state += 2 * hidden;
    }
  }
}

void AcousticModelRunner::Impl::Scatter(
    absl::Span<const StepSlot> slots) const {
  const size_t hidden = static_cast<size_t>(options.hidden_size);
  const size_t outputs = static_cast<size_t>(options.outputs());
  for (size_t i = 0; i < slots.size(); ++i) {
    float* state = slots[i].state->values.data();
    for (const LayerBuffers& layer : layers) {
      std::copy_n(layer.h_out.data() + i * hidden, hidden, state);
      std::copy_n(layer.c_out.data() + i * hidden, hidden, state + hidden);
      state += 2 * hidden;
    }
    LogSoftmax(options,
               absl::MakeConstSpan(logits.data() + i * outputs, outputs),
               slots[i].log_probs);
  }
}

absl::Status AcousticModelRunner::Impl::StepBatch(
    absl::Span<const StepSlot> slots) {
  OIDO_ASSIGN_OR_RETURN(BatchSteps * batch,
                        StepsFor(static_cast<int>(slots.size())));
  Gather(slots);
  for (const auto& layer : batch->layers)
    OIDO_RETURN_IF_ERROR(layer->Run(scratch));
  OIDO_RETURN_IF_ERROR(batch->output->Run(scratch));
  Scatter(slots);
  return absl::OkStatus();
}

AcousticModelRunner::AcousticModelRunner(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
AcousticModelRunner::~AcousticModelRunner() = default;

absl::StatusOr<std::unique_ptr<AcousticModelRunner>>
AcousticModelRunner::Create(std::shared_ptr<const AcousticModel> model,
                            int max_batch) {
  if (max_batch < 1 || max_batch > kMaxBatch) {
    return absl::InvalidArgumentError(absl::StrCat(
        "max_batch is ", max_batch, ", must be in 1..", kMaxBatch));
  }
  max_batch = std::min(max_batch, model->impl_->MaxBatch());
  auto impl = std::make_unique<Impl>(std::move(model), max_batch);
  // So that an unsuitable CPU or model shows at start-up, not in a stream.
  OIDO_RETURN_IF_ERROR(impl->StepsFor(1).status());
  return std::unique_ptr<AcousticModelRunner>(
      new AcousticModelRunner(std::move(impl)));
}

absl::Status AcousticModelRunner::Step(absl::Span<const StepSlot> slots) {
  for (const StepSlot& slot : slots)
    OIDO_RETURN_IF_ERROR(impl_->CheckSlot(slot));
  const size_t max_batch = static_cast<size_t>(impl_->max_batch);
  for (size_t begin = 0; begin < slots.size(); begin += max_batch) {
    OIDO_RETURN_IF_ERROR(impl_->StepBatch(slots.subspan(begin, max_batch)));
  }
  return absl::OkStatus();
}

}  // namespace oido::model
