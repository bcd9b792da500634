// Runs a bidirectional LSTM and its output layer over a window of a recording.
#ifndef OIDO_MODEL_OFFLINE_MODEL_H_
#define OIDO_MODEL_OFFLINE_MODEL_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/bundle.h"

namespace oido::model {

// The weights in the layout the CPU wants, reordered once. Immutable; shared by
// all threads.
class OfflineModel {
 public:
  // INVALID_ARGUMENT: the bundle's model is unidirectional (acoustic_model.h).
  static absl::StatusOr<std::shared_ptr<const OfflineModel>> Create(
      const Bundle& bundle);
  ~OfflineModel();

  const AcousticModelOptions& options() const;

 private:
  friend class OfflineModelRunner;
  struct Impl;
  explicit OfflineModel(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// Primitives and buffers of one thread: one call at a time. Holds
// 16 * max_steps * hidden_size bytes of activations and, of a 3x320 model, 5 MB
// of scratch memory and machine code, whatever the lengths of the windows.
class OfflineModelRunner {
 public:
  // INVALID_ARGUMENT: max_steps is not in 1..100000.
  static absl::StatusOr<std::unique_ptr<OfflineModelRunner>> Create(
      std::shared_ptr<const OfflineModel> model, int max_steps);
  ~OfflineModelRunner();

  // `inputs` [steps, input_size], normalised, to `log_probs` [steps, outputs],
  // natural logarithms; every layer begins with zero states at both ends.
  // A function of `inputs` alone. INVALID_ARGUMENT: the sizes do not fit
  // together, or steps are not in 1..max_steps.
  absl::Status Run(absl::Span<const float> inputs, absl::Span<float> log_probs);

 private:
  struct Impl;
  explicit OfflineModelRunner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_OFFLINE_MODEL_H_
