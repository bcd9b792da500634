// The neural-network operations of a model step, run by oneDNN.
#ifndef OIDO_MODEL_PRIMITIVES_H_
#define OIDO_MODEL_PRIMITIVES_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace oido::model {

// Floats at a cache line's border, uninitialised.
class AlignedFloats {
 public:
  explicit AlignedFloats(size_t count);
  float* data() const { return data_.get(); }

 private:
  struct Delete {
    void operator()(float* data) const;
  };
  std::unique_ptr<float[], Delete> data_;
};

// One thread's queue of work and its scratch memory, shared by all its
// operations as they run one after the other.
class Executor {
 public:
  static absl::StatusOr<std::unique_ptr<Executor>> Create();
  ~Executor();

 private:
  friend class LstmStep;
  friend class LinearStep;
  struct Impl;
  explicit Executor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Weights of one LSTM layer as PyTorch lays them out; gates i, f, g, o.
struct LstmWeights {
  int input_size = 0;
  int hidden_size = 0;
  absl::Span<const float> weight_ih;  // [4 * hidden, input]
  absl::Span<const float> weight_hh;  // [4 * hidden, hidden]
  absl::Span<const float> bias;       // [4 * hidden], b_ih + b_hh
};

// The same in the layout the CPU wants, which serves every batch size.
// Immutable; any thread may read it.
class PackedLstm {
 public:
  static absl::StatusOr<std::shared_ptr<const PackedLstm>> Create(
      const LstmWeights& weights);
  ~PackedLstm();

 private:
  friend class LstmStep;
  struct Impl;
  explicit PackedLstm(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// Where an LSTM step reads and writes, all row-major and apart from each other.
struct LstmBuffers {
  float* input = nullptr;  // [batch, input]
  float* h_in = nullptr;   // [batch, hidden], as all below
  float* c_in = nullptr;
  float* output = nullptr;  // equals h_out
  float* h_out = nullptr;
  float* c_out = nullptr;
};

// One time step of one layer for one batch size:
//   i, f, o = sigmoid(W x + R h + b), g = tanh(W x + R h + b), gate by gate
//   c' = f * c + i * g,  h' = o * tanh(c')
// (Hochreiter & Schmidhuber 1997 with forget gates, as torch.nn.LSTM).
// One thread at a time.
class LstmStep {
 public:
  // Keeps `weights` alive; the buffers must outlive the step.
  static absl::StatusOr<std::unique_ptr<LstmStep>> Create(
      std::shared_ptr<const PackedLstm> weights, int batch,
      const LstmBuffers& buffers);
  ~LstmStep();

  absl::Status Run(Executor& executor);

 private:
  struct Impl;
  explicit LstmStep(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Weights of a linear layer as PyTorch lays them out.
struct LinearWeights {
  int input_size = 0;
  int output_size = 0;
  absl::Span<const float> weight;  // [output, input]
  absl::Span<const float> bias;    // [output]
};

// As PackedLstm.
class PackedLinear {
 public:
  static absl::StatusOr<std::shared_ptr<const PackedLinear>> Create(
      const LinearWeights& weights);
  ~PackedLinear();

 private:
  friend class LinearStep;
  struct Impl;
  explicit PackedLinear(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

struct LinearBuffers {
  float* input = nullptr;   // [batch, input]
  float* output = nullptr;  // [batch, output]
};

// output = input * weight^T + bias for one batch size; otherwise as LstmStep.
class LinearStep {
 public:
  static absl::StatusOr<std::unique_ptr<LinearStep>> Create(
      std::shared_ptr<const PackedLinear> weights, int batch,
      const LinearBuffers& buffers);
  ~LinearStep();

  absl::Status Run(Executor& executor);

 private:
  struct Impl;
  explicit LinearStep(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_PRIMITIVES_H_
