// Steps the stacked LSTM and its output layer: (features, states) ->
// (log-probs, states).
#ifndef OIDO_MODEL_ACOUSTIC_MODEL_H_
#define OIDO_MODEL_ACOUSTIC_MODEL_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/bundle.h"
#include "model/stream_state.h"

namespace oido::model {

// The weights in the layout the CPU wants, reordered once. Immutable; shared by
// all threads.
class AcousticModel {
 public:
  // INVALID_ARGUMENT: the bundle's model is bidirectional (offline_model.h).
  static absl::StatusOr<std::shared_ptr<const AcousticModel>> Create(
      const Bundle& bundle);
  ~AcousticModel();

  const AcousticModelOptions& options() const;

 private:
  friend class AcousticModelRunner;
  struct Impl;  // acoustic_model_impl.h
  explicit AcousticModel(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// One stream's part in a step.
struct StepSlot {
  absl::Span<const float> features;  // [input_size], normalised
  StreamState* state;                // read and replaced
  absl::Span<float> log_probs;       // [outputs], natural logarithms, filled
};

// Primitives and buffers of one thread: one call at a time. All is made at the
// start; Step allocates nothing after its first call with as many slots.
class AcousticModelRunner {
 public:
  static absl::StatusOr<std::unique_ptr<AcousticModelRunner>> Create(
      std::shared_ptr<const AcousticModel> model, int max_batch);
  ~AcousticModelRunner();

  // Steps every slot once. What a slot gets does not depend, to the bit, on
  // which other slots are there. Any number of slots; more than max_batch are
  // stepped in parts. On an error the states are undefined.
  absl::Status Step(absl::Span<const StepSlot> slots);

 private:
  struct Impl;
  explicit AcousticModelRunner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_ACOUSTIC_MODEL_H_
