// Rows of bit fields without padding in between, read in place.
#ifndef OIDO_MODEL_PACKED_ROWS_H_
#define OIDO_MODEL_PACKED_ROWS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace oido::model {

static_assert(std::endian::native == std::endian::little,
              "the files that are read in place are little-endian");

// Widths in bits of the fields of a row, in their order; 0: not there.
struct RowLayout {
  int row_bits() const { return word + probability + backoff + children; }

  int word = 0;
  int probability = 0;
  int backoff = 0;
  int children = 0;  // first row of the next order
};

// Row r begins at bit r * row_bits() of the data, the least significant bit of
// a byte first. Any thread may read it while the data lives.
class PackedRows {
 public:
  PackedRows() = default;
  PackedRows(const char* data, uint64_t rows, const RowLayout& layout)
      : data_(data), rows_(rows), layout_(layout), bits_(layout.row_bits()) {}

  // Bytes of `rows` rows, with what Read may touch behind the last one.
  static uint64_t Bytes(uint64_t rows, const RowLayout& layout) {
    const uint64_t bits = rows * static_cast<uint64_t>(layout.row_bits());
    return (bits + 7) / 8 + sizeof(uint64_t);
  }

  uint64_t rows() const { return rows_; }
  const RowLayout& layout() const { return layout_; }

  uint32_t Word(uint64_t row) const { return Read(row, 0, layout_.word); }
  uint32_t Probability(uint64_t row) const {
    return Read(row, layout_.word, layout_.probability);
  }
  uint32_t Backoff(uint64_t row) const {
    return Read(row, layout_.word + layout_.probability, layout_.backoff);
  }
  uint32_t Children(uint64_t row) const {
    return Read(row, bits_ - layout_.children, layout_.children);
  }

 private:
  // Fields are of 32 bits at most, so eight bytes always hold one.
  uint32_t Read(uint64_t row, int offset, int width) const {
    const uint64_t bit =
        row * static_cast<uint64_t>(bits_) + static_cast<uint64_t>(offset);
    uint64_t bytes;
    std::memcpy(&bytes, data_ + bit / 8, sizeof(bytes));
    return static_cast<uint32_t>((bytes >> (bit % 8)) &
                                 ((uint64_t{1} << width) - 1));
  }

  const char* data_ = nullptr;
  uint64_t rows_ = 0;
  RowLayout layout_;
  int bits_ = 0;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_PACKED_ROWS_H_
