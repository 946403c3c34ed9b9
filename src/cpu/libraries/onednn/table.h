// What libflambeau_onednn.so offers: a table of plain C functions, so that the main library opens it on first use and
// never links oneDNN. Each function returns nullptr, or a message that lives until the thread's next call.
#pragma once

#include <cstddef>
#include <cstdint>

namespace flambeau::libraries::onednn {

enum class Type : int32_t { float32, bfloat16, float16, int8, uint8, int32 };

// C (m×n) = A (m×k) · B (k×n), `batch` times; strides in elements, either stride of a matrix being 1. beta is 0 or 1.
struct Matmul {
  Type a_type, b_type, c_type;
  int32_t threads;
  int64_t batch, m, n, k;
  int64_t a_batch, a_row, a_column;
  int64_t b_batch, b_row, b_column;
  int64_t c_batch, c_row, c_column;
  float alpha, beta;
};

enum class Pass : int32_t { forward, backward_data, backward_weights };

// A convolution, described without pointers; arrays are depth, height, width with the last `spatial` entries in use.
// Layout flags: 0 channels first, 1 channels last.
struct Convolution {
  Pass pass;
  Type type;
  int32_t spatial, threads, with_bias;
  int32_t source_last, weights_last, destination_last;
  int64_t batch, groups, in_channels, out_channels;
  int64_t input[3], output[3], kernel[3], stride[3], dilation[3], padding_begin[3], padding_end[3];
};

// Buffers of one call; in a backward pass the written one holds the gradient.
struct ConvolutionData {
  void* source;
  void* weights;
  void* bias;
  void* destination;
  const void* packed_weights;  // from pack_weights, or nullptr
};

struct Memory {
  void* (*allocate)(size_t bytes);
  void (*release)(void* data, size_t bytes);
};

// c (m, n) = alpha * op(a) * op(b) + beta * c, all row-major with the given distances between rows.
struct Sgemm {
  const float *a, *b;
  float* c;
  int64_t lda, ldb, ldc;
  char transpose_a, transpose_b;  // 'N' or 'T'
  int64_t m, n, k;
  float alpha, beta;
};

struct Table {
  int32_t version;
  bool native_bfloat16, native_float16;
  const char* (*sgemm)(const Sgemm& call);  // on the calling thread
  const char* (*matmul)(const Matmul& call, const void* a, const void* b, void* c);
  const char* (*convolution)(const Convolution& call, const ConvolutionData& data);
  // Reorders weights to what `call` (a forward pass) likes best; *packed is freed by release_weights.
  const char* (*pack_weights)(const Convolution& call, const void* weights, void** packed);
  void (*release_weights)(void* packed);
};

using GetTable = const Table*(Memory memory);
inline constexpr int32_t kTableVersion = 2;

}  // namespace flambeau::libraries::onednn
