// The neural-network operations of a model step, run by oneDNN.
#ifndef OIDO_MODEL_PRIMITIVES_H_
#define OIDO_MODEL_PRIMITIVES_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/aligned_floats.h"

namespace oido::model {

// A step of one layer for one batch size, or a sequence of steps of one stream,
// bound to its buffers and its weights, which it keeps alive. One thread at a
// time.
class LayerStep {
 public:
  ~LayerStep();

  // Returns when the outputs are in their buffers. Steps that run one after the
  // other may share `scratch`.
  absl::Status Run(Scratch& scratch);

 private:
  friend class PackedLstm;
  friend class PackedLinear;
  struct Impl;
  explicit LayerStep(std::unique_ptr<Impl> impl);
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

// Where an LSTM step reads and writes, all row-major and apart from each other.
// Of a sequence, input and output have a row a step, the others one row.
struct LstmBuffers {
  float* input = nullptr;  // [batch, input]
  float* h_in = nullptr;   // [batch, hidden], as all below
  float* c_in = nullptr;
  float* output = nullptr;  // h after each step
  float* h_out = nullptr;
  float* c_out = nullptr;
};

// Which row of a sequence is the first step.
enum class TimeOrder { kForward, kBackward };

// An LSTM layer with its weights in the layout the CPU wants, which serves
// every batch size. Immutable; any thread may read it.
class PackedLstm {
 public:
  static absl::StatusOr<std::unique_ptr<const PackedLstm>> Create(
      const LstmWeights& weights);
  ~PackedLstm();

  // The largest batch in which a row gets the same bits as alone: 1 on CPUs
  // without AVX2, else any.
  int max_batch() const;

  // One time step:
  //   i, f, o = sigmoid(W x + R h + b), g = tanh(W x + R h + b), gate by gate
  //   c' = f * c + i * g,  h' = o * tanh(c')
  // (Hochreiter & Schmidhuber 1997 with forget gates, as torch.nn.LSTM). The
  // buffers must outlive the step.
  absl::StatusOr<std::unique_ptr<LayerStep>> MakeStep(
      int batch, const LstmBuffers& buffers) const;

  // `steps` such steps of one stream in one go. kBackward takes the last row of
  // the input first; the output row of a step lies where its input row does.
  absl::StatusOr<std::unique_ptr<LayerStep>> MakeSequence(
      int steps, TimeOrder order, const LstmBuffers& buffers) const;

 private:
  struct Impl;
  explicit PackedLstm(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// Weights of a linear layer as PyTorch lays them out.
struct LinearWeights {
  int input_size = 0;
  int output_size = 0;
  absl::Span<const float> weight;  // [output, input]
  absl::Span<const float> bias;    // [output]
};

struct LinearBuffers {
  float* input = nullptr;   // [batch, input]
  float* output = nullptr;  // [batch, output]
};

// As PackedLstm; its step is output = input * weight^T + bias.
class PackedLinear {
 public:
  static absl::StatusOr<std::unique_ptr<const PackedLinear>> Create(
      const LinearWeights& weights);
  ~PackedLinear();

  int max_batch() const;

  absl::StatusOr<std::unique_ptr<LayerStep>> MakeStep(
      int batch, const LinearBuffers& buffers) const;

 private:
  struct Impl;
  explicit PackedLinear(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_PRIMITIVES_H_
