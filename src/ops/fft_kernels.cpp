// The three transforms that all Fourier operators come down to: complex to complex, real to complex, complex to real.
#include "core/saturating.h"
#include "cpu/fft/transform.h"
#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

using fourier::Sequences;
constexpr int64_t kNone = 0, kByRoot = 1, kByLength = 2;  // normalization: which share of the length divides the result

double scale_of(int64_t normalization, const Tensor& t, IntSpan dims, int64_t last = -1) {
  double n = 1;
  for (size_t i = 0; i < dims.size(); ++i)
    n *= static_cast<double>(i + 1 == dims.size() && last >= 0 ? last : t.size(dims[i]));
  return normalization == kByRoot ? 1 / std::sqrt(n) : normalization == kByLength ? 1 / n : 1.0;
}

void check_precision(const char* op, const Tensor& t) {
  check(t.itemsize() > 1, ErrorKind::NotImplemented, op, ": not implemented for ", name(t.dtype()),
        "; transform float32 or float64, or their complex types");
}

// Sequences along a dimension of a contiguous tensor.
Sequences along(const Tensor& t, int64_t dim, int64_t& count) {
  Sequences s;
  s.stride = t.stride(dim);
  s.inner = std::max<int64_t>(1, s.stride);
  s.outer_step = s.stride * t.size(dim);
  s.inner_step = 1;
  count = t.numel() / std::max<int64_t>(1, t.size(dim));
  if (s.inner == 1) s.inner_step = 0;
  return s;
}

// The source lies as the result does, unless the sequences of the first dimension in it are told.
template <class T>
void along_dims(const Tensor& t, const std::complex<T>* source, IntSpan dims, bool forward, double scale,
                const Sequences* first = nullptr) {
  for (size_t i = 0; i < dims.size(); ++i) {
    int64_t count = 0, d = dims[i];
    Sequences s = along(t, d, count);
    auto* data = t.data<std::complex<T>>();
    fourier::transform<T>(t.size(d), count, i == 0 ? source : data, i == 0 && first ? *first : s, data, s, forward,
                          static_cast<T>(i == 0 ? scale : 1.0));
  }
}

// Real rows of n to complex rows of n / 2 + 1. An even row is n / 2 complex numbers in memory already:
//   X[k] = (Z[k] + Z*[h-k]) / 2 - i w^k (Z[k] - Z*[h-k]) / 2
template <class T>
void real_rows(int64_t n, int64_t rows, const T* in, std::complex<T>* out, int64_t pitch, T scale) {
  using C = std::complex<T>;
  if (n % 2) {
    constexpr int64_t kBlock = 64;
    for (int64_t r0 = 0; r0 < rows; r0 += kBlock) {
      int64_t many = std::min(kBlock, rows - r0);
      std::vector<C> full(static_cast<size_t>(many * n));
      for (int64_t i = 0; i < many * n; ++i) full[i] = C(in[r0 * n + i], 0);
      Sequences s{1, n, 0, 1};
      fourier::transform<T>(n, many, full.data(), s, full.data(), s, true, scale);
      for (int64_t r = 0; r < many; ++r) std::copy_n(full.data() + r * n, n / 2 + 1, out + (r0 + r) * pitch);
    }
    return;
  }
  int64_t h = n / 2;
  fourier::transform<T>(h, rows, reinterpret_cast<const C*>(in), Sequences{1, h, 0, 1}, out, Sequences{1, pitch, 0, 1},
                        true, scale);
  std::vector<C> roots(static_cast<size_t>(h / 2 + 1));
  for (int64_t k = 0; k <= h / 2; ++k) roots[k] = C(fourier::unit_root(k, n));
  parallel_for(rows, std::max<int64_t>(1, 16384 / (h + 1)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      C* x = out + r * pitch;
      C z = x[0];
      x[0] = C(z.real() + z.imag(), 0);
      for (int64_t k = 1; 2 * k <= h; ++k) {
        T ar = x[k].real(), ai = x[k].imag(), br = x[h - k].real(), bi = x[h - k].imag();
        T er = (ar + br) * T(0.5), ei = (ai - bi) * T(0.5), odd_r = (ai + bi) * T(0.5), odd_i = (br - ar) * T(0.5);
        T wr = roots[k].real(), wi = roots[k].imag();
        T tr = odd_r * wr - odd_i * wi, ti = odd_r * wi + odd_i * wr;
        x[k] = C(er + tr, ei + ti);
        x[h - k] = C(er - tr, ti - ei);
      }
      x[h] = C(z.real() - z.imag(), 0);
    }
  });
}

// The way back: Hermitian rows of n / 2 + 1 to real rows of n.
template <class T>
void real_rows_back(int64_t n, int64_t rows, const std::complex<T>* in, T* out, T scale) {
  using C = std::complex<T>;
  int64_t half = n / 2 + 1;
  if (n % 2) {
    for (int64_t r0 = 0; r0 < rows; r0 += 64) {
      int64_t many = std::min<int64_t>(64, rows - r0);
      std::vector<C> full(static_cast<size_t>(many * n));
      for (int64_t r = 0; r < many; ++r) {
        const C* x = in + (r0 + r) * half;
        C* f = full.data() + r * n;
        f[0] = C(x[0].real(), 0);
        for (int64_t k = 1; k < half; ++k) f[k] = x[k], f[n - k] = std::conj(x[k]);
      }
      Sequences s{1, n, 0, 1};
      fourier::transform<T>(n, many, full.data(), s, full.data(), s, false, scale);
      for (int64_t i = 0; i < many * n; ++i) out[r0 * n + i] = full[i].real();
    }
    return;
  }
  int64_t h = n / 2;
  C* z = reinterpret_cast<C*>(out);
  std::vector<C> roots(static_cast<size_t>(h / 2 + 1));
  for (int64_t k = 0; k <= h / 2; ++k) roots[k] = C(fourier::unit_root(k, n));
  parallel_for(rows, std::max<int64_t>(1, 16384 / (h + 1)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const C* x = in + r * half;
      C* y = z + r * h;
      y[0] = C(x[0].real() + x[h].real(), x[0].real() - x[h].real());  // imaginary parts there don't count
      for (int64_t k = 1; 2 * k <= h; ++k) {
        T ar = x[k].real(), ai = x[k].imag(), br = x[h - k].real(), bi = x[h - k].imag();
        T er = ar + br, ei = ai - bi, dr = ar - br, di = ai + bi;
        T wr = roots[k].real(), wi = -roots[k].imag();
        T tr = dr * wr - di * wi, ti = dr * wi + di * wr;  // times i below
        y[k] = C(er - ti, ei + tr);
        y[h - k] = C(er + ti, tr - ei);
      }
    }
  });
  Sequences s{1, h, 0, 1};
  fourier::transform<T>(h, rows, z, s, z, s, false, scale);
}

Dims wrapped(const char* op, const Tensor& self, IntSpan dims) {
  Dims out;
  uint64_t seen = 0;
  for (int64_t d : dims) {
    out.push_back(wrap_dim(op, d, self.dim()));
    const uint64_t bit = uint64_t{1} << out.back();
    check(!(seen & bit), ErrorKind::Runtime, op, ": FFT dims must be unique, got ", list_text(dims));
    seen |= bit;
  }
  return out;
}
void check_points(const char* op, const Tensor& self, IntSpan dims) {
  for (int64_t d : dims)
    check(self.size(d) > 0, ErrorKind::Runtime, op, ": Invalid number of data points (", self.size(d),
          ") specified in dimension ", d);
}

// Half types are computed in float.
Tensor widened(const Tensor& t) {
  return t.dtype() == DType::float16 || t.dtype() == DType::bfloat16 ? cast(t, DType::float32)
         : t.dtype() == DType::complex32                             ? cast(t, DType::complex64)
                                                                     : t;
}
template <class F>
void with_real(DType t, F&& f) {
  switch (to_real(t)) {
    case DType::float32: return f.template operator()<float>();
    case DType::float64: return f.template operator()<double>();
    default: raise(ErrorKind::Runtime, "fft: Unsupported dtype ", name(t), "; convert the tensor to float32 first");
  }
}

// 1, 2, 2, ... along `dim`, 1 again at the end of an even length: how often a half spectrum's numbers occur in the
// whole.
Tensor weights(const Tensor& like, int64_t dim, int64_t n) {
  Dims sizes(like.dim(), 1);
  sizes[dim] = like.size(dim);
  Tensor w = empty(sizes, to_real(like.dtype()) == DType::float64 ? DType::float64 : DType::float32);
  fill_elements(w, Scalar(2.0));
  auto one = [&](int64_t k) { fill_elements(alias(w, w.layout().selected(dim, k)), Scalar(1.0)); };
  one(0);
  if (n % 2 == 0 && n / 2 < like.size(dim)) one(n / 2);
  return like.is_meta() ? call<"_to_copy">(w, std::nullopt, std::nullopt, like.device()) : w;
}

}  // namespace

// The order in which a result lies in memory, as PyTorch's: dimensions that are not transformed come first, the
// transformed ones last; within both the input's order of strides. The last transformed one may be pinned to the end.
static Dims result_order(IntSpan strides, IntSpan dims, bool pinned) {
  auto further = [&](int64_t a, int64_t b) { return strides[a] > strides[b]; };
  Dims order, inner(dims);
  for (int64_t d = 0; d < static_cast<int64_t>(strides.size()); ++d)
    if (std::ranges::find(dims, d) == dims.end()) order.push_back(d);
  std::stable_sort(order.begin(), order.end(), further);
  std::stable_sort(inner.begin(), inner.end() - (pinned && !inner.empty()), further);
  for (int64_t d : inner) order.push_back(d);
  return order;
}
static Dims strides_in_order(IntSpan sizes, IntSpan order) {
  Dims strides(sizes.size(), 1);
  int64_t step = 1;
  for (size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = step;
    step = sat_mul(step, std::max<int64_t>(1, sizes[order[i]]));
  }
  return strides;
}

OP(_fft_c2c){
    .signature = "_fft_c2c(Tensor self, SymInt[] dim, int normalization, bool forward) -> Tensor",
    .python = torch,
    .doc =
        "Complex Fourier transform over ``dim``; normalization 0 leaves the sum, 1 divides by the root of its length, "
        "2 by the length.",
    .shape = [](const Tensor& self, IntSpan dim, int64_t, bool) -> ResultSpec {
      check_precision("_fft_c2c", self);
      check(self.is_complex(), ErrorKind::Runtime, "_fft_c2c: expects a complex input, got ", name(self.dtype()));
      Dims dims = wrapped("_fft_c2c", self, dim);
      check_points("_fft_c2c", self, dims);
      return {Dims(self.sizes()), self.dtype(),
              strides_in_order(self.sizes(), result_order(self.strides(), dims, false))};
    },
    .cpu =
        [](const Tensor& self, IntSpan dim, int64_t normalization, bool forward, const Tensor& out) {
          Dims dims = wrapped("_fft_c2c", self, dim);
          if (out.numel() == 0) return;
          // In the order of the result's memory the transformed dimensions are the last ones. Where only the last of
          // that order is out of its place, its sequences are read where they lie; else the input is rearranged.
          Dims order = result_order(self.strides(), dims, false);
          Tensor wide = widened(self), there = alias(out, out.layout().permuted(order));
          bool in_place = !dims.empty() && wide.is_contiguous() && std::is_sorted(order.begin(), order.end() - 1);
          Tensor source = in_place ? wide : as_contiguous(alias(wide, wide.layout().permuted(order)));
          Tensor target =
              source.dtype() == there.dtype() && there.is_contiguous() ? there : empty(there.sizes(), source.dtype());
          double scale = scale_of(normalization, self, dims);
          int64_t count = 0;
          Sequences first = in_place ? along(source, order.back(), count) : Sequences{};
          for (size_t i = 0; i < dims.size(); ++i) dims[i] = self.dim() - 1 - static_cast<int64_t>(i);
          if (dims.empty()) copy_elements(target, source);
          with_real(source.dtype(), [&]<class T>() {
            along_dims<T>(target, source.data<std::complex<T>>(), dims, forward, scale, in_place ? &first : nullptr);
          });
          if (!target.is(there)) copy_elements(there, target);
        },
    .gradient =
        [](Grad& g) {
          return call<"_fft_c2c">(g.out(), g.ints("dim"), g.integer("normalization"), !g.flag("forward"));
        },
};

OP(_fft_r2c){
    .signature = "_fft_r2c(Tensor self, int[] dim, int normalization, bool onesided) -> Tensor",
    .python = torch,
    .doc = "Fourier transform of real numbers over ``dim``; one-sided: the last of them keeps its first half only.",
    .shape = [](const Tensor& self, IntSpan dim, int64_t, bool onesided) -> ResultSpec {
      check_precision("_fft_r2c", self);
      check(self.is_floating(), ErrorKind::Runtime, "_fft_r2c: expects a floating point input, got ",
            name(self.dtype()));
      Dims dims = wrapped("_fft_r2c", self, dim);
      check(!dims.empty(), ErrorKind::Runtime, "_fft_r2c: needs at least one dimension");
      check_points("_fft_r2c", self, dims);
      Dims sizes(self.sizes());
      if (onesided) sizes[dims.back()] = sizes[dims.back()] / 2 + 1;
      return {sizes, to_complex(self.dtype()), strides_in_order(sizes, result_order(self.strides(), dims, true))};
    },
    .cpu =
        [](const Tensor& self, IntSpan dim, int64_t normalization, bool onesided, const Tensor& out) {
          if (out.numel() == 0) return;
          Dims dims = wrapped("_fft_r2c", self, dim);
          int64_t last = dims.back(), n = self.size(last), rank = self.dim(), half = n / 2 + 1;
          double scale = scale_of(normalization, self, dims);
          Tensor wide = widened(self);
          Tensor source = as_contiguous(alias(wide, wide.layout().transposed(last, rank - 1)));
          Dims sizes(source.sizes());
          sizes[rank - 1] = half;
          DType type = to_complex(source.dtype());
          Tensor rows =
              last == rank - 1 && onesided && out.dtype() == type && out.is_contiguous() ? out : empty(sizes, type);
          with_real(type, [&]<class T>() {
            real_rows<T>(n, source.numel() / n, source.data<T>(), rows.data<std::complex<T>>(), half,
                         static_cast<T>(scale));
            Tensor spectrum = alias(rows, rows.layout().transposed(last, rank - 1));  // one-sided, dimensions in order
            dims.pop_back();
            if (!dims.empty()) {
              std::ranges::sort(dims, std::greater<>());
              Tensor plain = as_contiguous(spectrum);
              along_dims<T>(plain, plain.data<std::complex<T>>(), dims, true, 1.0);
              spectrum = plain;
            }
            if (onesided) {
              if (!spectrum.is(out) && !(rows.is(out) && spectrum.storage().get() == out.storage().get()))
                copy_elements(out, spectrum);
              return;
            }
            // The other half: X[-k] over all transformed dimensions is the conjugate.
            Tensor plain = as_contiguous(spectrum);
            auto* from = plain.data<std::complex<T>>();
            Tensor full = out.dtype() == type && out.is_contiguous() ? out : empty(out.sizes(), type);
            auto* to = full.data<std::complex<T>>();
            Dims index(rank, 0);
            for (int64_t i = 0, total = full.numel(); i < total; ++i) {
              bool mirror = index[last] >= half;
              int64_t at = 0;
              for (int64_t d = 0; d < rank; ++d) {
                int64_t k = index[d];
                bool turned = d == last || std::ranges::find(dims, d) != dims.end();
                if (mirror && turned && k) k = full.size(d) - k;
                at += k * plain.stride(d);
              }
              to[i] = mirror ? std::conj(from[at]) : from[at];
              for (int64_t d = rank; d-- > 0;) {
                if (++index[d] < full.size(d)) break;
                index[d] = 0;
              }
            }
            if (!full.is(out)) copy_elements(out, full);
          });
        },
    .gradient =
        [](Grad& g) {
          Tensor grad = g.out();
          Dims dims(g.ints("dim"));
          IntSpan sizes = g.sizes("self");
          int64_t last = wrap_dim("_fft_r2c", dims.back(), static_cast<int64_t>(sizes.size()));
          if (g.flag("onesided"))
            grad = call<"slice_backward">(grad, sizes, last, int64_t{0}, grad.size(last), int64_t{1});
          return call<"real">(call<"_fft_c2c">(grad, dims, g.integer("normalization"), false));
        },
};

OP(_fft_c2r){
    .signature = "_fft_c2r(Tensor self, int[] dim, int normalization, SymInt last_dim_size) -> Tensor",
    .python = torch,
    .doc =
        "Inverse transform of a half spectrum over ``dim`` to real numbers, ``last_dim_size`` of them along the last.",
    .shape = [](const Tensor& self, IntSpan dim, int64_t, int64_t last_size) -> ResultSpec {
      check_precision("_fft_c2r", self);
      check(self.is_complex(), ErrorKind::Runtime, "_fft_c2r: expects a complex input, got ", name(self.dtype()));
      Dims dims = wrapped("_fft_c2r", self, dim);
      check(!dims.empty() && last_size >= 1, ErrorKind::Runtime, "_fft_c2r: Invalid number of data points (", last_size,
            ") specified");
      check_points("_fft_c2r", self, dims);
      check(self.size(dims.back()) >= last_size / 2 + 1, ErrorKind::Runtime, "_fft_c2r: ", last_size,
            " points want a half spectrum of ", last_size / 2 + 1, ", got ", self.size(dims.back()));
      Dims sizes(self.sizes());
      sizes[dims.back()] = last_size;
      // The other dimensions are transformed first, the last one then from their result.
      Dims before(self.strides()), last{dims.back()};
      dims.pop_back();
      if (!dims.empty()) before = strides_in_order(self.sizes(), result_order(self.strides(), dims, false));
      return {sizes, to_real(self.dtype()), strides_in_order(sizes, result_order(before, last, true))};
    },
    .cpu =
        [](const Tensor& self, IntSpan dim, int64_t normalization, int64_t n, const Tensor& out) {
          if (out.numel() == 0) return;
          Dims dims = wrapped("_fft_c2r", self, dim);
          int64_t last = dims.back(), rank = self.dim(), half = n / 2 + 1;
          double scale = scale_of(normalization, self, dims, n);
          Tensor wide = widened(self);
          with_real(wide.dtype(), [&]<class T>() {
            Tensor spectrum = wide.size(last) == half ? wide : alias(wide, wide.layout().sliced(last, 0, half, 1));
            dims.pop_back();
            if (!dims.empty()) {
              std::ranges::sort(dims, std::greater<>());
              Tensor source = as_contiguous(spectrum), plain = empty(spectrum.sizes(), wide.dtype());
              along_dims<T>(plain, source.data<std::complex<T>>(), dims, false, 1.0);
              spectrum = plain;
            }
            Tensor rows = as_contiguous(alias(spectrum, spectrum.layout().transposed(last, rank - 1)));
            Dims sizes(rows.sizes());
            sizes[rank - 1] = n;
            bool direct = last == rank - 1 && out.is_contiguous() && out.dtype() == to_real(wide.dtype());
            Tensor result = direct ? out : empty(sizes, to_real(wide.dtype()));
            real_rows_back<T>(n, rows.numel() / half, rows.data<std::complex<T>>(), result.data<T>(),
                              static_cast<T>(scale));
            if (!direct) copy_elements(out, alias(result, result.layout().transposed(last, rank - 1)));
          });
        },
    .gradient =
        [](Grad& g) {
          Dims dims(g.ints("dim"));
          IntSpan sizes = g.sizes("self");
          int64_t last = wrap_dim("_fft_c2r", dims.back(), static_cast<int64_t>(sizes.size())),
                  n = g.integer("last_dim_size");
          Tensor grad = call<"_fft_r2c">(g.out(), dims, g.integer("normalization"), true);
          grad = call<"mul.Tensor">(grad, weights(grad, last, n));
          if (grad.size(last) < sizes[last])
            grad = call<"slice_backward">(grad, sizes, last, int64_t{0}, grad.size(last), int64_t{1});
          return grad;
        },
};

}  // namespace flambeau
