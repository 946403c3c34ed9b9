// Plans of one-dimensional Fourier transforms, and the vector kernels that carry them out.
//
// Note: how a transform runs. The kernel transforms `kLanes` sequences at once, element j of sequence l at [j * kLanes
// + l], real and imaginary parts in planes of their own, so that every step is plain vector arithmetic (Stockham's
// autosort form with radices 2, 3, 4, 5 and small primes). One long sequence is cut into many short ones: n = n1 · n2,
// transforms of the columns, twiddle factors, transforms of the rows (Gentleman and Sande 1966, "four-step"). Lengths
// with a large prime factor are a convolution of a length that has none (Bluestein 1970). All arithmetic follows from n
// alone.
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <vector>

namespace flambeau::fourier {

template <class T>
inline constexpr int64_t kLanes = 64 / static_cast<int64_t>(sizeof(T));

// exp(-2 pi i e / n), from an angle of at most pi / 4.
std::complex<double> unit_root(int64_t e, int64_t n);

template <class T>
struct Stage {
  int64_t radix, blocks,
      stride;             // blocks: how many twiddle groups; stride: elements that share a twiddle, lanes included
  std::vector<T> re, im;  // twiddles (p, k - 1): w^(p k)
  std::vector<T> root_re, root_im;  // of a general radix: exp(-2 pi i e / radix)
};

template <class T>
struct Plan {
  enum class Kind { Direct, FourStep, Bluestein };
  int64_t n = 1;
  Kind kind = Kind::Direct;
  std::vector<Stage<T>> stages;  // Direct
  // FourStep: columns of length first->n, rows of length second->n
  std::shared_ptr<const Plan> first, second;
  std::vector<T> lane_re, lane_im;    // w^(k1 l), (k1, l)
  std::vector<T> group_re, group_im;  // w^(k1 g lanes), (g, k1)
  // Bluestein: a plan of the convolution's length, the chirp, and its transform
  std::shared_ptr<const Plan> inner;
  std::vector<std::complex<T>> chirp, chirp_spectrum;
};

// What a plan is for: one sequence alone, many side by side, or a step of a longer transform (always direct).
enum class Use { Alone, Beside, Step };
// The plan for a length; kept for the next call.
template <class T>
std::shared_ptr<const Plan<T>> plan_for(int64_t n, Use use);

// --- vector kernels (kernel.cpp), for the instruction set at hand
// -------------------------------------------------------
template <class T>
struct Kernels {
  // Runs the stages on planes re, im of n * kLanes elements; `spare` planes are as large. True: the result is in spare.
  bool (*stages)(const Plan<T>& plan, T* re, T* im, T* spare_re, T* spare_im);
  // Planes from n rows of `lanes` interleaved complex numbers that stand `stride` apart, and back, scaled.
  void (*load)(const T* from, int64_t stride, int64_t n, int64_t lanes, T* re, T* im);
  void (*store)(const T* re, const T* im, int64_t n, int64_t lanes, T scale, T* to, int64_t stride);
  // Multiplies row k1 by lane(k1) * group(k1).
  void (*twiddle)(int64_t rows, const T* lane_re, const T* lane_im, const T* group_re, const T* group_im, T* re, T* im);
  // planes[j * kLanes + l] = rows[l][j] for j in [0, n): a block of rows turned into lanes.
  void (*transpose)(const T* const* rows, int64_t n, T* planes);
};
template <class T>
const Kernels<T>& kernels();

}  // namespace flambeau::fourier
