// Packs a bundle's layers for oneDNN, and what follows the last of them.
#ifndef OIDO_MODEL_PACKED_LAYERS_H_
#define OIDO_MODEL_PACKED_LAYERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/bundle.h"
#include "model/primitives.h"

namespace oido::model {

// LSTM layer `layer`, from 0; `suffix` is behind its tensors' names: "" or
// kReverseSuffix. `batches` as PackedLstm::Create has them.
absl::StatusOr<std::unique_ptr<const PackedLstm>> PackLayer(
    const Bundle& bundle, int layer, absl::string_view suffix,
    absl::Span<const int> batches);

// The output layer of the tokens and, behind its rows, that of the phones.
absl::StatusOr<std::unique_ptr<const PackedLinear>> PackOutput(
    const Bundle& bundle);

// log_probs = logits - log(sum(exp(logits))) of the tokens and likewise of the
// phones, both [outputs].
void LogSoftmax(const AcousticModelOptions& options,
                absl::Span<const float> logits, absl::Span<float> log_probs);

}  // namespace oido::model

#endif  // OIDO_MODEL_PACKED_LAYERS_H_
