// Steps the stacked LSTM, layer after layer: a tile of streams at a time,
// their states gathered before and scattered after.
#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/acoustic_model.h"
#include "model/acoustic_model_impl.h"
#include "model/activations.h"
#include "model/aligned_array.h"
#include "model/packed_layers.h"
#include "model/primitives.h"
#include "model/status_macros.h"
#include "model/tile_plan.h"

namespace oido::model {
namespace {

// Beyond this a larger batch gains nothing and only makes streams wait.
constexpr int kMaxBatch = 4096;

}  // namespace

struct AcousticModelRunner::Impl {
  // The steps of one tile size.
  struct TileSteps {
    size_t size;
    std::vector<std::unique_ptr<LstmStep>> layers;
    std::unique_ptr<LinearStep> output;
  };
  // Some of the slots, and the steps that they go through; where those are for
  // more rows, the rest is of no meaning.
  struct Tile {
    size_t begin;
    size_t count;
    TileSteps* steps;
  };

  Impl(std::shared_ptr<const AcousticModel> the_model, int the_max_batch);

  absl::Status MakeSteps();
  absl::Status CheckSlot(const StepSlot& slot) const;
  absl::Status StepBatch(absl::Span<const StepSlot> slots);
  void CutIntoTiles(size_t count);
  void FillInputs(absl::Span<const StepSlot> slots);
  absl::Status RunLayer(size_t layer, const Tile& tile,
                        absl::Span<const StepSlot> slots);
  absl::Status RunOutput(const Tile& tile, absl::Span<const StepSlot> slots);

  std::shared_ptr<const AcousticModel> model;
  AcousticModelOptions options;
  size_t max_batch;
  size_t h_bytes;      // of one stream's h_t in a layer
  size_t input_bytes;  // of a row of layer 0
  Scratch scratch;
  AlignedBytes input, output;  // of a layer, in turns [max_batch, layer's]
  AlignedBytes h_in, h_out;    // [tile, hidden], as below
  AlignedFloats c;             // before a step and after it
  AlignedFloats logits;        // [tile, outputs]
  std::vector<TileSteps> steps;
  std::optional<TilePlan> plan;
  std::vector<Tile> tiles;  // of the batch
};

AcousticModelRunner::Impl::Impl(std::shared_ptr<const AcousticModel> the_model,
                                int the_max_batch)
    : model(std::move(the_model)),
      options(model->options()),
      max_batch(static_cast<size_t>(the_max_batch)),
      h_bytes(options.hidden_size * ActivationBytes(options.precision)),
      input_bytes(options.input_size * ActivationBytes(options.precision)),
      input((max_batch + kLargestTile) * std::max(h_bytes, input_bytes)),
      output((max_batch + kLargestTile) * std::max(h_bytes, input_bytes)),
      h_in(kLargestTile * h_bytes),
      h_out(kLargestTile * h_bytes),
      c(size_t{kLargestTile} * options.hidden_size),
      logits(size_t{kLargestTile} * options.outputs()) {
  tiles.reserve(max_batch);
}

// All that `max_batch` can need, so that nothing is made while streams wait.
absl::Status AcousticModelRunner::Impl::MakeSteps() {
  std::vector<size_t> sizes;
  for (const int size : model->impl_->tile_sizes) {
    TileSteps made{static_cast<size_t>(size), {}, nullptr};
    for (const auto& layer : model->impl_->layers) {
      OIDO_ASSIGN_OR_RETURN(auto step, layer->MakeStep(size));
      made.layers.push_back(std::move(step));
    }
    OIDO_ASSIGN_OR_RETURN(made.output, model->impl_->output->MakeStep(size));
    steps.push_back(std::move(made));
    sizes.push_back(steps.back().size);
    if (sizes.back() >= max_batch) break;
  }
  plan.emplace(sizes);
  return absl::OkStatus();
}

absl::Status AcousticModelRunner::Impl::CheckSlot(const StepSlot& slot) const {
  const auto check = [](absl::string_view what, size_t size, size_t expected,
                        absl::string_view unit) {
    if (size == expected) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(what, " of a step slot: ", size, " ", unit, ", ", expected,
                     " expected"));
  };
  OIDO_RETURN_IF_ERROR(check("features", slot.features.size(),
                             static_cast<size_t>(options.input_size),
                             "floats"));
  OIDO_RETURN_IF_ERROR(check("log_probs", slot.log_probs.size(),
                             static_cast<size_t>(options.outputs()), "floats"));
  const size_t cells = StreamState::cells(options);
  OIDO_RETURN_IF_ERROR(check("h", slot.state->h.size(),
                             cells * ActivationBytes(options.precision),
                             "bytes"));
  return check("c", slot.state->c.size(), cells, "floats");
}

void AcousticModelRunner::Impl::CutIntoTiles(size_t count) {
  tiles.clear();
  for (size_t begin = 0; begin < count;) {
    TileSteps& fit = steps[plan->First(count - begin)];
    const size_t size = std::min(fit.size, count - begin);
    tiles.push_back({begin, size, &fit});
    begin += size;
  }
}

void AcousticModelRunner::Impl::FillInputs(absl::Span<const StepSlot> slots) {
  unsigned char* row = input.data();
  for (const StepSlot& slot : slots) {
    if (options.precision == Precision::kInt8) {
      Quantise(slot.features, model->impl_->input_scale, row);
    } else {
      std::memcpy(row, slot.features.data(), input_bytes);
    }
    row += input_bytes;
  }
}

absl::Status AcousticModelRunner::Impl::RunLayer(
    size_t layer, const Tile& tile, absl::Span<const StepSlot> slots) {
  const size_t hidden = static_cast<size_t>(options.hidden_size);
  const size_t c_bytes = hidden * sizeof(float);
  unsigned char* const out = output.data() + tile.begin * h_bytes;
  for (size_t i = 0; i < tile.count; ++i) {
    const StreamState& state = *slots[tile.begin + i].state;
    std::memcpy(h_in.data() + i * h_bytes, state.h.data() + layer * h_bytes,
                h_bytes);
    std::memcpy(c.data() + i * hidden, state.c.data() + layer * hidden,
                c_bytes);
  }
  LstmBuffers buffers;
  buffers.input =
      input.data() + tile.begin * (layer == 0 ? input_bytes : h_bytes);
  buffers.h_in = h_in.data();
  buffers.c_in = c.data();
  buffers.output = out;
  buffers.h_out = h_out.data();
  buffers.c_out = c.data();
  OIDO_RETURN_IF_ERROR(tile.steps->layers[layer]->Run(buffers, scratch));
  for (size_t i = 0; i < tile.count; ++i) {
    StreamState& state = *slots[tile.begin + i].state;
    std::memcpy(state.h.data() + layer * h_bytes, out + i * h_bytes, h_bytes);
    std::memcpy(state.c.data() + layer * hidden, c.data() + i * hidden,
                c_bytes);
  }
  return absl::OkStatus();
}

absl::Status AcousticModelRunner::Impl::RunOutput(
    const Tile& tile, absl::Span<const StepSlot> slots) {
  const size_t outputs = static_cast<size_t>(options.outputs());
  OIDO_RETURN_IF_ERROR(tile.steps->output->Run(
      input.data() + tile.begin * h_bytes, logits.data(), scratch));
  for (size_t i = 0; i < tile.count; ++i) {
    LogSoftmax(options,
               absl::MakeConstSpan(logits.data() + i * outputs, outputs),
               slots[tile.begin + i].log_probs);
  }
  return absl::OkStatus();
}

// Layer by layer over all tiles, so that a layer's weights come from memory
// once.
absl::Status AcousticModelRunner::Impl::StepBatch(
    absl::Span<const StepSlot> slots) {
  CutIntoTiles(slots.size());
  FillInputs(slots);
  for (size_t layer = 0; layer < model->impl_->layers.size(); ++layer) {
    for (const Tile& tile : tiles)
      OIDO_RETURN_IF_ERROR(RunLayer(layer, tile, slots));
    std::swap(input, output);
  }
  for (const Tile& tile : tiles) OIDO_RETURN_IF_ERROR(RunOutput(tile, slots));
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
  auto impl = std::make_unique<Impl>(std::move(model), max_batch);
  OIDO_RETURN_IF_ERROR(impl->MakeSteps());
  return std::unique_ptr<AcousticModelRunner>(
      new AcousticModelRunner(std::move(impl)));
}

absl::Status AcousticModelRunner::Step(absl::Span<const StepSlot> slots) {
  for (const StepSlot& slot : slots)
    OIDO_RETURN_IF_ERROR(impl_->CheckSlot(slot));
  for (size_t begin = 0; begin < slots.size(); begin += impl_->max_batch) {
    OIDO_RETURN_IF_ERROR(
        impl_->StepBatch(slots.subspan(begin, impl_->max_batch)));
  }
  return absl::OkStatus();
}

}  // namespace oido::model
