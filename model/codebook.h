// Puts values into 256 bins, each with one value that stands for it.
#ifndef OIDO_MODEL_CODEBOOK_H_
#define OIDO_MODEL_CODEBOOK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace oido::model {

// Immutable; any thread may use it.
class Codebook {
 public:
  // Bins hold equally many of `values`, or one each where there are no more
  // different ones than bins; a bin's mean stands for it (Whittaker and Raj,
  // "Quantization-based language model compression", 2001). Zero has a bin of
  // its own: a back-off weight of zero means that there is no context.
  explicit Codebook(std::vector<float> values);

  // kCodebookSize of them: zero if it was among the values, then the others
  // ascending; the last is repeated to the end.
  const std::vector<float>& centres() const { return centres_; }
  // Index of the centre nearest to `value`; that of zero for zero only.
  uint8_t Encode(float value) const;

 private:
  std::vector<float> centres_;
  size_t first_nonzero_ = 0;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_CODEBOOK_H_
