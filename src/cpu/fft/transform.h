// One-dimensional complex Fourier transforms of many sequences, any length, any place in memory.
#pragma once

#include <complex>
#include <cstdint>

#include "cpu/fft/plan.h"

namespace flambeau::fourier {

// Where the sequences stand: number t = outer * inner + i begins at outer * outer_step + i * inner_step, and its
// elements are `stride` apart. Counted in complex numbers.
struct Sequences {
  int64_t inner = 1, outer_step = 0, inner_step = 0, stride = 1;
  int64_t begin(int64_t t) const { return t / inner * outer_step + t % inner * inner_step; }
};

// out = scale * sum x exp(-+ 2 pi i j k / n) for `count` sequences; in and out may be the same memory if placed alike.
template <class T>
void transform(int64_t n, int64_t count, const std::complex<T>* in, const Sequences& from, std::complex<T>* out,
               const Sequences& to, bool forward, T scale);

// One sequence without gaps by a plan for whole sequences; in may be out. Uses idle threads.
template <class T>
void transform_one(const Plan<T>& plan, const std::complex<T>* in, std::complex<T>* out, bool forward, T scale);

}  // namespace flambeau::fourier
