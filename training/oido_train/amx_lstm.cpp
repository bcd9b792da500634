// One LSTM layer over a whole batch, forward and backward, on one core with AMX-BF16 or AVX512-BF16.
//
// The input and weight-gradient products are large matrix products and stay with PyTorch; this
// file has what must go step by step: the recurrent product with weights kept in tile order, and
// the gate functions. Gates are in the order i, f, g, o. Time-major: [steps, batch, features].

#include <immintrin.h>
#include <sys/syscall.h>
#include <torch/extension.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr int kTileRows = 16;
constexpr int kTileBytes = 64;                    // per row: 32 bfloat16 or 16 float
constexpr int kTileElements = kTileRows * 32;     // bfloat16 in a tile
constexpr int kMaxRows = 48;                      // three tiles of batch rows

// Tile order of a [depth, columns] matrix: [columns / 16][depth / 32] tiles of 16 x (16 x 2).
std::vector<uint16_t> Pack(const uint16_t* matrix, int depth, int columns, int row_stride, int column_stride) {
  std::vector<uint16_t> packed(static_cast<size_t>(depth) * columns);
  uint16_t* out = packed.data();
  for (int n = 0; n < columns; n += 16) {
    for (int k = 0; k < depth; k += 32) {
      for (int row = 0; row < 16; ++row) {
        for (int column = 0; column < 16; ++column) {
          for (int j = 0; j < 2; ++j) {
            *out++ = matrix[static_cast<size_t>(k + 2 * row + j) * row_stride +
                            static_cast<size_t>(n + column) * column_stride];
          }
        }
      }
    }
  }
  return packed;
}

#ifdef __AMX_BF16__

struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t column_bytes[16] = {};
  uint8_t rows[16] = {};
};

// Tiles 0-2 accumulate, 3-5 hold batch rows, 6 holds weights.
void ConfigureTiles(int batch) {
  constexpr int kRequestPermission = 0x1023;
  constexpr int kTileData = 18;
  syscall(SYS_arch_prctl, kRequestPermission, kTileData);
  TileConfig config;
  const int blocks = (batch + kTileRows - 1) / kTileRows;
  for (int tile = 0; tile < 7; ++tile) {
    const bool last = tile < 6 && tile % 3 == blocks - 1;
    config.rows[tile] = last ? batch - kTileRows * (blocks - 1) : kTileRows;
    config.column_bytes[tile] = kTileBytes;
  }
  _tile_loadconfig(&config);
}

void ReleaseTiles() { _tile_release(); }

// result [16 * kBlocks, columns] (+)= rows [batch, 32 * depth_tiles] x the packed matrix.
template <int kBlocks>
void MultiplyBlocks(const uint16_t* rows, int row_elements, const uint16_t* packed, int packed_depth_tiles,
                    int depth_tiles, int columns, float* result, bool accumulate) {
  const int row_bytes = row_elements * 2;
  const int result_bytes = columns * 4;
  for (int n = 0; n < columns / 16; ++n) {
    float* out = result + n * 16;
    if (accumulate) {
      _tile_loadd(0, out, result_bytes);
      if (kBlocks > 1) _tile_loadd(1, out + 16 * columns, result_bytes);
      if (kBlocks > 2) _tile_loadd(2, out + 32 * columns, result_bytes);
    } else {
      _tile_zero(0);
      if (kBlocks > 1) _tile_zero(1);
      if (kBlocks > 2) _tile_zero(2);
    }
    const uint16_t* weights = packed + static_cast<size_t>(n) * packed_depth_tiles * kTileElements;
    for (int k = 0; k < depth_tiles; ++k) {
      const uint16_t* in = rows + k * 32;
      _tile_loadd(6, weights + static_cast<size_t>(k) * kTileElements, kTileBytes);
      _tile_loadd(3, in, row_bytes);
      _tile_dpbf16ps(0, 3, 6);
      if (kBlocks > 1) {
        _tile_loadd(4, in + static_cast<size_t>(16) * row_elements, row_bytes);
        _tile_dpbf16ps(1, 4, 6);
      }
      if (kBlocks > 2) {
        _tile_loadd(5, in + static_cast<size_t>(32) * row_elements, row_bytes);
        _tile_dpbf16ps(2, 5, 6);
      }
    }
    _tile_stored(0, out, result_bytes);
    if (kBlocks > 1) _tile_stored(1, out + 16 * columns, result_bytes);
    if (kBlocks > 2) _tile_stored(2, out + 32 * columns, result_bytes);
  }
}

void Multiply(const uint16_t* rows, int row_elements, int batch, const uint16_t* packed, int packed_depth_tiles,
              int depth_tiles, int columns, float* result, bool accumulate) {
  const auto multiply = batch <= 16 ? MultiplyBlocks<1> : batch <= 32 ? MultiplyBlocks<2> : MultiplyBlocks<3>;
  multiply(rows, row_elements, packed, packed_depth_tiles, depth_tiles, columns, result, accumulate);
}

#else  // AVX512-BF16

void ConfigureTiles(int) {}
void ReleaseTiles() {}

// result [kRows, 32] (+)= rows [kRows, 32 * depth_tiles] x two columns of tiles.
template <int kRows>
void MultiplyRows(const uint16_t* rows, int row_elements, const uint16_t* packed, int packed_depth_tiles,
                  int depth_tiles, int columns, float* result, bool accumulate) {
  const uint16_t* right = packed + static_cast<size_t>(packed_depth_tiles) * kTileElements;
  __m512 sum[kRows][2];
  for (int row = 0; row < kRows; ++row) {
    float* out = result + static_cast<size_t>(row) * columns;
    sum[row][0] = accumulate ? _mm512_loadu_ps(out) : _mm512_setzero_ps();
    sum[row][1] = accumulate ? _mm512_loadu_ps(out + 16) : _mm512_setzero_ps();
  }
  for (int k = 0; k < depth_tiles * kTileElements; k += 32) {  // two elements of the depth
    const __m512bh left_weights = reinterpret_cast<__m512bh>(_mm512_loadu_si512(packed + k));
    const __m512bh right_weights = reinterpret_cast<__m512bh>(_mm512_loadu_si512(right + k));
    const uint16_t* in = rows + k / 16;
#pragma GCC unroll 12
    for (int row = 0; row < kRows; ++row) {
      int pair;
      std::memcpy(&pair, in + static_cast<size_t>(row) * row_elements, sizeof(pair));
      const __m512bh both = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
      sum[row][0] = _mm512_dpbf16_ps(sum[row][0], both, left_weights);
      sum[row][1] = _mm512_dpbf16_ps(sum[row][1], both, right_weights);
    }
  }
  for (int row = 0; row < kRows; ++row) {
    float* out = result + static_cast<size_t>(row) * columns;
    _mm512_storeu_ps(out, sum[row][0]);
    _mm512_storeu_ps(out + 16, sum[row][1]);
  }
}

void Multiply(const uint16_t* rows, int row_elements, int batch, const uint16_t* packed, int packed_depth_tiles,
              int depth_tiles, int columns, float* result, bool accumulate) {
  for (int n = 0; n < columns / 16; n += 2) {
    const uint16_t* weights = packed + static_cast<size_t>(n) * packed_depth_tiles * kTileElements;
    int row = 0;
    const auto multiply = [&](auto kernel, int count) {
      for (; batch - row >= count; row += count) {
        kernel(rows + static_cast<size_t>(row) * row_elements, row_elements, weights, packed_depth_tiles, depth_tiles,
               columns, result + static_cast<size_t>(row) * columns + n * 16, accumulate);
      }
    };
    multiply(MultiplyRows<12>, 12);
    multiply(MultiplyRows<4>, 4);
    multiply(MultiplyRows<1>, 1);
  }
}

#endif

__m512 LoadBf16(const uint16_t* from) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}

void StoreBf16(uint16_t* to, __m512 value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value)));
}

__m512 Sigmoid(__m512 x) {
  x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-80.0f)), _mm512_set1_ps(80.0f));
  // exp(-x) = 2^n * exp(r)
  const __m512 y = _mm512_sub_ps(_mm512_setzero_ps(), x);
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(y, _mm512_set1_ps(1.44269504f)), 0);
  const __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.69314718056f), y);
  __m512 p = _mm512_set1_ps(1.0f / 120.0f);
  for (const float coefficient : {1.0f / 24.0f, 1.0f / 6.0f, 0.5f, 1.0f, 1.0f}) {
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(coefficient));
  }
  const __m512 denominator = _mm512_add_ps(_mm512_set1_ps(1.0f), _mm512_scalef_ps(p, n));
  const __m512 guess = _mm512_rcp14_ps(denominator);
  return _mm512_mul_ps(guess, _mm512_fnmadd_ps(denominator, guess, _mm512_set1_ps(2.0f)));
}

__m512 Tanh(__m512 x) {
  return _mm512_fmsub_ps(_mm512_set1_ps(2.0f), Sigmoid(_mm512_add_ps(x, x)), _mm512_set1_ps(1.0f));
}

const uint16_t* Bits(const at::Tensor& tensor) { return static_cast<const uint16_t*>(tensor.data_ptr()); }
uint16_t* MutableBits(at::Tensor& tensor) { return static_cast<uint16_t*>(tensor.data_ptr()); }

void CheckSizes(int64_t batch, int64_t hidden) {
  TORCH_CHECK(batch <= kMaxRows, "at most 48 utterances in a batch");
  TORCH_CHECK(hidden % 32 == 0, "hidden size must be a multiple of 32");
}

// projected [steps, batch, 4 * hidden] bfloat16: input product; bias [4 * hidden] float.
// Returns outputs, gates (activated), cells and their tanh; the initial state is zero.
std::vector<at::Tensor> Forward(const at::Tensor& projected, const at::Tensor& weight_hh, const at::Tensor& bias) {
  const int steps = projected.size(0), batch = projected.size(1), hidden = projected.size(2) / 4;
  CheckSizes(batch, hidden);
  TORCH_CHECK(projected.is_contiguous() && weight_hh.is_contiguous() && bias.is_contiguous());
  at::Tensor outputs = at::empty({steps, batch, hidden}, projected.options());
  at::Tensor gates = at::empty({steps, batch, 4 * hidden}, projected.options());
  at::Tensor cells = at::empty({steps, batch, hidden}, bias.options());
  at::Tensor cell_tanhs = at::empty({steps, batch, hidden}, projected.options());
  const std::vector<uint16_t> packed = Pack(Bits(weight_hh), hidden, 4 * hidden, 1, hidden);
  std::vector<float> recurrent(static_cast<size_t>(kMaxRows) * 4 * hidden, 0.0f);
  const std::vector<float> zeros(static_cast<size_t>(batch) * hidden, 0.0f);
  const float* bias_data = bias.data_ptr<float>();
  ConfigureTiles(batch);
  for (int t = 0; t < steps; ++t) {
    const size_t row = static_cast<size_t>(t) * batch;
    if (t > 0) {
      Multiply(Bits(outputs) + (row - batch) * hidden, hidden, batch, packed.data(), hidden / 32, hidden / 32,
               4 * hidden, recurrent.data(), false);
    }
    const float* previous = t > 0 ? cells.data_ptr<float>() + (row - batch) * hidden : zeros.data();
    for (int b = 0; b < batch; ++b) {
      const uint16_t* in = Bits(projected) + (row + b) * 4 * hidden;
      const float* product = recurrent.data() + static_cast<size_t>(b) * 4 * hidden;
      uint16_t* gate = MutableBits(gates) + (row + b) * 4 * hidden;
      for (int j = 0; j < hidden; j += 16) {
        const auto sum = [&](int g) {
          return _mm512_add_ps(_mm512_add_ps(LoadBf16(in + g * hidden + j), _mm512_loadu_ps(product + g * hidden + j)),
                               _mm512_loadu_ps(bias_data + g * hidden + j));
        };
        const __m512 i = Sigmoid(sum(0)), f = Sigmoid(sum(1)), g = Tanh(sum(2)), o = Sigmoid(sum(3));
        const __m512 cell =
            _mm512_fmadd_ps(f, _mm512_loadu_ps(previous + static_cast<size_t>(b) * hidden + j), _mm512_mul_ps(i, g));
        const __m512 cell_tanh = Tanh(cell);
        _mm512_storeu_ps(cells.data_ptr<float>() + (row + b) * hidden + j, cell);
        StoreBf16(MutableBits(cell_tanhs) + (row + b) * hidden + j, cell_tanh);
        StoreBf16(MutableBits(outputs) + (row + b) * hidden + j, _mm512_mul_ps(o, cell_tanh));
        StoreBf16(gate + j, i);
        StoreBf16(gate + hidden + j, f);
        StoreBf16(gate + 2 * hidden + j, g);
        StoreBf16(gate + 3 * hidden + j, o);
      }
    }
  }
  ReleaseTiles();
  return {outputs, gates, cells, cell_tanhs};
}

// Gradient of the loss with respect to the gates before their functions, [steps, batch, 4 * hidden].
at::Tensor Backward(const at::Tensor& output_gradients, const at::Tensor& weight_hh, const at::Tensor& gates,
                    const at::Tensor& cells, const at::Tensor& cell_tanhs) {
  const int steps = cells.size(0), batch = cells.size(1), hidden = cells.size(2);
  CheckSizes(batch, hidden);
  TORCH_CHECK(output_gradients.is_contiguous() && weight_hh.is_contiguous());
  at::Tensor gradients = at::empty_like(gates);
  const std::vector<uint16_t> packed = Pack(Bits(weight_hh), 4 * hidden, hidden, hidden, 1);
  std::vector<float> from_later(static_cast<size_t>(kMaxRows) * hidden, 0.0f);
  std::vector<float> cell_gradients(static_cast<size_t>(batch) * hidden, 0.0f);
  const std::vector<float> zeros(static_cast<size_t>(batch) * hidden, 0.0f);
  const __m512 one = _mm512_set1_ps(1.0f);
  ConfigureTiles(batch);
  for (int t = steps - 1; t >= 0; --t) {
    const size_t row = static_cast<size_t>(t) * batch;
    const float* previous = t > 0 ? cells.data_ptr<float>() + (row - batch) * hidden : zeros.data();
    for (int b = 0; b < batch; ++b) {
      const uint16_t* gate = Bits(gates) + (row + b) * 4 * hidden;
      uint16_t* out = MutableBits(gradients) + (row + b) * 4 * hidden;
      float* cell_gradient = cell_gradients.data() + static_cast<size_t>(b) * hidden;
      for (int j = 0; j < hidden; j += 16) {
        const __m512 dh = _mm512_add_ps(LoadBf16(Bits(output_gradients) + (row + b) * hidden + j),
                                        _mm512_loadu_ps(from_later.data() + static_cast<size_t>(b) * hidden + j));
        const __m512 i = LoadBf16(gate + j), f = LoadBf16(gate + hidden + j);
        const __m512 g = LoadBf16(gate + 2 * hidden + j), o = LoadBf16(gate + 3 * hidden + j);
        const __m512 cell_tanh = LoadBf16(Bits(cell_tanhs) + (row + b) * hidden + j);
        const __m512 dc = _mm512_fmadd_ps(_mm512_mul_ps(dh, o), _mm512_fnmadd_ps(cell_tanh, cell_tanh, one),
                                          _mm512_loadu_ps(cell_gradient + j));
        const __m512 before = _mm512_loadu_ps(previous + static_cast<size_t>(b) * hidden + j);
        _mm512_storeu_ps(cell_gradient + j, _mm512_mul_ps(dc, f));
        StoreBf16(out + j, _mm512_mul_ps(_mm512_mul_ps(dc, g), _mm512_fnmadd_ps(i, i, i)));
        StoreBf16(out + hidden + j, _mm512_mul_ps(_mm512_mul_ps(dc, before), _mm512_fnmadd_ps(f, f, f)));
        StoreBf16(out + 2 * hidden + j, _mm512_mul_ps(_mm512_mul_ps(dc, i), _mm512_fnmadd_ps(g, g, one)));
        StoreBf16(out + 3 * hidden + j, _mm512_mul_ps(_mm512_mul_ps(dh, cell_tanh), _mm512_fnmadd_ps(o, o, o)));
      }
    }
    if (t > 0) {
      for (int gate = 0; gate < 4; ++gate) {  // a quarter of the depth at a time stays in the nearest cache
        Multiply(Bits(gradients) + row * 4 * hidden + gate * hidden, 4 * hidden, batch,
                 packed.data() + static_cast<size_t>(gate) * (hidden / 32) * kTileElements, 4 * hidden / 32,
                 hidden / 32, hidden, from_later.data(), gate > 0);
      }
    }
  }
  ReleaseTiles();
  return gradients;
}

}  // namespace

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
  module.def("forward", &Forward);
  module.def("backward", &Backward);
}
