// The neural-network operations of a model step, run by oneDNN.
#ifndef OIDO_MODEL_PRIMITIVES_H_
#define OIDO_MODEL_PRIMITIVES_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/activations.h"
#include "model/aligned_array.h"

namespace oido::model {

// Weights of one LSTM layer as PyTorch lays them out; gates i, f, g, o.
struct LstmWeights {
  Precision precision = Precision::kFloat;
  int input_size = 0;
  int hidden_size = 0;
  absl::Span<const float> weight_ih;  // [4 * hidden, input]
  absl::Span<const float> weight_hh;  // [4 * hidden, hidden]
  absl::Span<const float> bias;       // [4 * hidden], b_ih + b_hh
  // kInt8 [4 * hidden]: the rows above are integers in -128..127, times this.
  absl::Span<const float> scale;
};

// Where an LSTM step reads and writes, all row-major; activations are floats or
// bytes. All apart from each other, but c_out may be c_in: a cell's new value
// needs its old one only. Of a sequence, input and output have a row a step,
// the others one row.
struct LstmBuffers {
  void* input = nullptr;  // [batch, input]
  void* h_in = nullptr;   // [batch, hidden], as all below
  float* c_in = nullptr;
  void* output = nullptr;  // h after each step
  void* h_out = nullptr;
  float* c_out = nullptr;
};

// A step of one layer for one batch size, or a sequence of steps of one stream;
// keeps its weights alive. One thread at a time.
class LstmStep {
 public:
  ~LstmStep();

  // Returns when the outputs are in their buffers. Steps that run one after the
  // other may share `scratch`. Nothing is allocated once that is large enough.
  absl::Status Run(const LstmBuffers& buffers, Scratch& scratch);

 private:
  friend class PackedLstm;
  struct Impl;
  explicit LstmStep(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Which row of a sequence is the first step.
enum class TimeOrder { kForward, kBackward };

// An LSTM layer with its weights in the layout the CPU wants. Immutable; any
// thread may read it.
class PackedLstm {
 public:
  // `batches`: the sizes that MakeStep will be asked for.
  static absl::StatusOr<std::unique_ptr<const PackedLstm>> Create(
      const LstmWeights& weights, absl::Span<const int> batches);
  ~PackedLstm();

  // The largest batch in which a row gets the same bits as alone: any with
  // integers, and with oneDNN's brgemm kernels (AVX2 and later), which sum
  // every output in the same order; 1 with its gemm ones, which choose the
  // order by the shape.
  int max_batch() const;

  // One time step:
  //   i, f, o = sigmoid(W x + R h + b), g = tanh(W x + R h + b), gate by gate
  //   c' = f * c + i * g,  h' = o * tanh(c')
  // (Hochreiter & Schmidhuber 1997 with forget gates, as torch.nn.LSTM).
  // Reads this layer's weights for as long as it lives.
  absl::StatusOr<std::unique_ptr<LstmStep>> MakeStep(int batch) const;

  // `steps` such steps of one stream in one go, of floats. kBackward takes the
  // last row of the input first; the output row of a step lies where its input
  // row does.
  absl::StatusOr<std::unique_ptr<LstmStep>> MakeSequence(int steps,
                                                         TimeOrder order) const;

  struct Impl;

 private:
  explicit PackedLstm(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// Whether int8 LSTM layers of these sizes have one weight layout for every
// batch size on this CPU (AVX-512 VNNI and later), or packed ones, each of
// four sizes in a row.
bool Int8LayoutIsShared(int input_size, int hidden_size);

// Weights of a linear layer as PyTorch lays them out.
struct LinearWeights {
  Precision precision = Precision::kFloat;
  int input_size = 0;
  int output_size = 0;
  absl::Span<const float> weight;  // [output, input]
  absl::Span<const float> bias;    // [output]
  absl::Span<const float> scale;   // kInt8 [output], as LstmWeights::scale
};

// As LstmStep.
class LinearStep {
 public:
  ~LinearStep();

  // `input` [batch, input] activations, `output` [batch, output].
  absl::Status Run(void* input, float* output, Scratch& scratch);

 private:
  friend class PackedLinear;
  struct Impl;
  explicit LinearStep(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// As PackedLstm; its step is output = input * weight^T + bias.
class PackedLinear {
 public:
  static absl::StatusOr<std::unique_ptr<const PackedLinear>> Create(
      const LinearWeights& weights);
  ~PackedLinear();

  int max_batch() const;

  absl::StatusOr<std::unique_ptr<LinearStep>> MakeStep(int batch) const;

  struct Impl;

 private:
  explicit PackedLinear(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_PRIMITIVES_H_
