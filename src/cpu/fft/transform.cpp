// Carrying out plans: groups of sequences side by side, or one long sequence in four steps, or by convolution.
#include "cpu/fft/transform.h"

#include <algorithm>
#include <memory>

#include "loops/parallel.h"

namespace flambeau::fourier {

namespace {

// Memory of one thread: grows, and is given back above a few megabytes.
template <class T>
class Planes {
 public:
  explicit Planes(int64_t elements) : n_(elements), data_(new(std::align_val_t(64)) T[4 * elements]) {}
  ~Planes() { ::operator delete[](data_, std::align_val_t(64)); }
  Planes(const Planes&) = delete;
  T* operator[](int i) const { return data_ + i * n_; }

 private:
  int64_t n_;
  T* data_;
};

template <class T>
T* parts(std::complex<T>* p) {
  return reinterpret_cast<T*>(p);
}
template <class T>
const T* parts(const std::complex<T>* p) {
  return reinterpret_cast<const T*>(p);
}

// Columns, twiddles, rows. `plane` (2 n) holds the numbers between the steps, as (k1, j2).
template <class T>
void four_step(const Plan<T>& plan, const std::complex<T>* in, std::complex<T>* out, bool forward, T scale) {
  constexpr int64_t lanes = kLanes<T>;
  const Kernels<T>& k = kernels<T>();
  const Plan<T>&one = *plan.first, &two = *plan.second;
  const int64_t n1 = one.n, n2 = two.n, columns = (n2 + lanes - 1) / lanes, rows = (n1 + lanes - 1) / lanes;
  const int64_t pitch = columns * lanes;
  std::unique_ptr<T[]> memory(new T[2 * n1 * pitch]);
  T *mid_re = memory.get(), *mid_im = mid_re + n1 * pitch;
  // Swapping the parts on the way in and out turns the direction.
  parallel_for(columns, std::max<int64_t>(1, 16384 / (n1 * lanes)), [&](int64_t begin, int64_t end) {
    Planes<T> p(n1 * lanes);
    for (int64_t g = begin; g < end; ++g) {
      int64_t j = g * lanes, width = std::min(lanes, n2 - j);
      k.load(parts(in + j), n2, n1, width, p[forward ? 0 : 1], p[forward ? 1 : 0]);
      bool moved = one.kind == Plan<T>::Kind::Direct && k.stages(one, p[0], p[1], p[2], p[3]);
      T *re = moved ? p[2] : p[0], *im = moved ? p[3] : p[1];
      k.twiddle(n1, plan.lane_re.data(), plan.lane_im.data(), plan.group_re.data() + g * n1,
                plan.group_im.data() + g * n1, re, im);
      for (int64_t r = 0; r < n1; ++r) {
        std::copy_n(re + r * lanes, lanes, mid_re + r * pitch + j);
        std::copy_n(im + r * lanes, lanes, mid_im + r * pitch + j);
      }
    }
  });
  parallel_for(rows, std::max<int64_t>(1, 16384 / (n2 * lanes)), [&](int64_t begin, int64_t end) {
    Planes<T> p(n2 * lanes);
    for (int64_t g = begin; g < end; ++g) {
      int64_t r = g * lanes, width = std::min(lanes, n1 - r);
      const T *re_rows[lanes], *im_rows[lanes];
      for (int64_t l = 0; l < lanes; ++l) {
        int64_t row = r + std::min(l, width - 1);
        re_rows[l] = mid_re + row * pitch;
        im_rows[l] = mid_im + row * pitch;
      }
      k.transpose(re_rows, n2, p[0]);
      k.transpose(im_rows, n2, p[1]);
      bool moved = k.stages(two, p[0], p[1], p[2], p[3]);
      T *re = moved ? p[2] : p[0], *im = moved ? p[3] : p[1];
      k.store(forward ? re : im, forward ? im : re, n2, width, scale, parts(out + r), n1);
    }
  });
}

template <class T>
void bluestein(const Plan<T>& plan, const std::complex<T>* in, std::complex<T>* out, bool forward, T scale) {
  const int64_t n = plan.n, m = plan.inner->n;
  std::unique_ptr<std::complex<T>[]> work(new std::complex<T>[m]);
  auto times = [](std::complex<T> a, std::complex<T> b) {
    return std::complex<T>(a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real());
  };
  for (int64_t j = 0; j < n; ++j) work[j] = times(forward ? in[j] : std::conj(in[j]), plan.chirp[j]);
  std::fill(work.get() + n, work.get() + m, std::complex<T>());
  transform_one(*plan.inner, work.get(), work.get(), true, T(1));
  for (int64_t j = 0; j < m; ++j) work[j] = times(work[j], plan.chirp_spectrum[j]);
  transform_one(*plan.inner, work.get(), work.get(), false, T(1));
  for (int64_t j = 0; j < n; ++j) {
    std::complex<T> v = times(work[j], plan.chirp[j]) * scale;
    out[j] = forward ? v : std::conj(v);
  }
}

}  // namespace

template <class T>
void transform_one(const Plan<T>& plan, const std::complex<T>* in, std::complex<T>* out, bool forward, T scale) {
  switch (plan.kind) {
    case Plan<T>::Kind::FourStep: return four_step(plan, in, out, forward, scale);
    case Plan<T>::Kind::Bluestein: return bluestein(plan, in, out, forward, scale);
    case Plan<T>::Kind::Direct: break;
  }
  constexpr int64_t lanes = kLanes<T>;
  const Kernels<T>& k = kernels<T>();
  Planes<T> p(plan.n * lanes);
  k.load(parts(in), 1, plan.n, 1, p[forward ? 0 : 1], p[forward ? 1 : 0]);
  bool moved = k.stages(plan, p[0], p[1], p[2], p[3]);
  T *re = moved ? p[2] : p[0], *im = moved ? p[3] : p[1];
  k.store(forward ? re : im, forward ? im : re, plan.n, 1, scale, parts(out), 1);
}

template <class T>
void transform(int64_t n, int64_t count, const std::complex<T>* in, const Sequences& from, std::complex<T>* out,
               const Sequences& to, bool forward, T scale) {
  constexpr int64_t lanes = kLanes<T>;
  if (n == 0 || count == 0) return;
  auto plan = plan_for<T>(n, count < lanes / 2 ? Use::Alone : Use::Beside);
  if (plan->kind != Plan<T>::Kind::Direct) {  // one after another, or each on a thread
    auto one = [&](int64_t t) {
      const std::complex<T>* source = in + from.begin(t);
      std::complex<T>* target = out + to.begin(t);
      if (from.stride == 1 && to.stride == 1) return transform_one(*plan, source, target, forward, scale);
      std::unique_ptr<std::complex<T>[]> line(new std::complex<T>[n]);
      for (int64_t j = 0; j < n; ++j) line[j] = source[j * from.stride];
      transform_one(*plan, line.get(), line.get(), forward, scale);
      for (int64_t j = 0; j < n; ++j) target[j * to.stride] = line[j];
    };
    if (count < 4) {
      for (int64_t t = 0; t < count; ++t) one(t);
    } else {
      parallel_tasks(count, one);
    }
    return;
  }
  const Kernels<T>& k = kernels<T>();
  // Lanes that stand side by side in memory are loaded as vectors; a group then stays inside one outer index.
  bool side_by_side = from.inner_step == 1 && to.inner_step == 1 && from.inner == to.inner && from.inner >= lanes / 2;
  int64_t run = side_by_side ? from.inner : count;  // groups do not cross multiples of this
  int64_t groups_in_run = (run + lanes - 1) / lanes, groups = groups_in_run * (count / run);
  bool rows = from.stride == 1;
  parallel_for(groups, std::max<int64_t>(1, 32768 / (n * lanes)), [&](int64_t begin, int64_t end) {
    Planes<T> p(n * lanes);
    for (int64_t g = begin; g < end; ++g) {
      int64_t t = g / groups_in_run * run + g % groups_in_run * lanes;
      int64_t width = std::min(lanes, run - g % groups_in_run * lanes);
      T *re = p[forward ? 0 : 1], *im = p[forward ? 1 : 0];
      if (side_by_side) {
        k.load(parts(in + from.begin(t)), from.stride, n, width, re, im);
      } else {
        const T* start[lanes];
        for (int64_t l = 0; l < lanes; ++l) start[l] = parts(in + from.begin(t + std::min(l, width - 1)));
        if (rows) {  // pairs (re, im) as rows of 2 n numbers: turned into lanes, then the planes picked apart
          k.transpose(start, 2 * n, p[2]);  // fills both spare planes
          const T* both = p[2];
          for (int64_t j = 0; j < n; ++j) {
            std::copy_n(both + 2 * j * lanes, lanes, re + j * lanes);
            std::copy_n(both + (2 * j + 1) * lanes, lanes, im + j * lanes);
          }
        } else {
          for (int64_t j = 0; j < n; ++j)
            for (int64_t l = 0; l < lanes; ++l) {
              re[j * lanes + l] = start[l][2 * j * from.stride];
              im[j * lanes + l] = start[l][2 * j * from.stride + 1];
            }
        }
      }
      bool moved = k.stages(*plan, p[0], p[1], p[2], p[3]);
      T *out_re = p[(moved ? 2 : 0) + (forward ? 0 : 1)], *out_im = p[(moved ? 2 : 0) + (forward ? 1 : 0)];
      if (side_by_side) {
        k.store(out_re, out_im, n, width, scale, parts(out + to.begin(t)), to.stride);
      } else {
        constexpr int64_t kTile = 8;
        for (int64_t j0 = 0; j0 < n; j0 += kTile)
          for (int64_t l = 0; l < width; ++l) {
            T* target = parts(out + to.begin(t + l));
            for (int64_t j = j0, j1 = std::min(n, j0 + kTile); j < j1; ++j) {
              target[2 * j * to.stride] = out_re[j * lanes + l] * scale;
              target[2 * j * to.stride + 1] = out_im[j * lanes + l] * scale;
            }
          }
      }
    }
  });
}

#define INSTANTIATE(T)                                                                                     \
  template void transform_one<T>(const Plan<T>&, const std::complex<T>*, std::complex<T>*, bool, T);       \
  template void transform<T>(int64_t, int64_t, const std::complex<T>*, const Sequences&, std::complex<T>*, \
                             const Sequences&, bool, T);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace flambeau::fourier
