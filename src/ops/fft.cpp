// Discrete Fourier transforms of torch.fft: lengths, dimensions and norms brought to the three kernels of
// fft_kernels.cpp.
#include <algorithm>

#include "ops/define.h"

namespace flambeau {

namespace {

using Text_ = std::optional<std::string_view>;

// Which share of the length divides the result: 0 none, 1 its root, 2 the whole.
int64_t normalization(const char* op, const Text_& norm, bool forward) {
  std::string_view mode = norm ? *norm : "backward";
  if (mode == "ortho") return 1;
  if (mode == "backward") return forward ? 0 : 2;
  if (mode == "forward") return forward ? 2 : 0;
  raise(ErrorKind::Runtime, op, ": Invalid normalization mode: \"", mode,
        "\"; there are 'backward', 'ortho' and 'forward'");
}

// Cut or filled with zeros at the end.
Tensor resized(const char* op, const Tensor& t, int64_t dim, int64_t n) {
  check(n >= 1, ErrorKind::Runtime, op, ": Invalid number of data points (", n, ") specified");
  int64_t have = t.size(dim);
  if (have == n) return t;
  if (have > n) return call<"slice.Tensor">(t, dim, int64_t{0}, n, int64_t{1});
  Dims sizes(t.sizes());
  sizes[dim] = n;
  return call<"slice_backward">(t, sizes, dim, int64_t{0}, have, int64_t{1});
}

Tensor as_type(const Tensor& t, DType dtype) { return t.dtype() == dtype ? t : call<"to.dtype">(t, dtype); }
// Numbers to transform: integers become the default floating type.
Tensor as_floating(const char* op, const Tensor& t) {
  if (t.is_complex() || t.is_floating()) {
    check(t.dtype() != DType::bfloat16 && !is_float8(t.dtype()), ErrorKind::Runtime, op, ": Unsupported dtype ",
          name(t.dtype()), "; convert to float32 first");
    return t;
  }
  return as_type(t, default_dtype());
}
Tensor as_complex(const char* op, const Tensor& t) {
  Tensor f = as_floating(op, t);
  return as_type(f, to_complex(f.dtype()));
}
Tensor as_real(const char* op, const Tensor& t) {
  check(!t.is_complex(), ErrorKind::Runtime, op, ": expects a real input tensor, but got ", name(t.dtype()));
  return as_floating(op, t);
}

// --- one dimension
// -----------------------------------------------------------------------------------------------------
Tensor c2c(const char* op, const Tensor& self, std::optional<int64_t> n, int64_t dim, Text_ norm, bool forward) {
  check(self.dim() > 0, ErrorKind::Index, op, ": Dimension specified as ", dim, " but tensor has no dimensions");
  dim = wrap_dim(op, dim, self.dim());
  int64_t scale = normalization(op, norm, forward);
  Tensor x = resized(op, self, dim, n.value_or(self.size(dim)));
  // A real input has a spectrum that mirrors itself: half the work.
  if (!x.is_complex() && forward) return call<"_fft_r2c">(as_floating(op, x), Dims{dim}, scale, false);
  if (!x.is_complex())
    return call<"resolve_conj">(call<"conj">(call<"_fft_r2c">(as_floating(op, x), Dims{dim}, scale, false)));
  return call<"_fft_c2c">(x, Dims{dim}, scale, forward);
}
Tensor r2c(const char* op, const Tensor& self, std::optional<int64_t> n, int64_t dim, Text_ norm, bool forward) {
  Tensor x = as_real(op, self);
  check(self.dim() > 0, ErrorKind::Index, op, ": Dimension specified as ", dim, " but tensor has no dimensions");
  dim = wrap_dim(op, dim, self.dim());
  x = resized(op, x, dim, n.value_or(x.size(dim)));
  Tensor y = call<"_fft_r2c">(x, Dims{dim}, normalization(op, norm, forward), true);
  return forward ? y : call<"resolve_conj">(call<"conj">(y));
}
Tensor c2r(const char* op, const Tensor& self, std::optional<int64_t> n, int64_t dim, Text_ norm, bool forward) {
  Tensor x = as_complex(op, self);
  check(self.dim() > 0, ErrorKind::Index, op, ": Dimension specified as ", dim, " but tensor has no dimensions");
  dim = wrap_dim(op, dim, self.dim());
  int64_t points = n.value_or(2 * (x.size(dim) - 1));
  check(points >= 1, ErrorKind::Runtime, op, ": Invalid number of data points (", points, ") specified");
  x = resized(op, x, dim, points / 2 + 1);
  if (forward) x = call<"conj">(x);
  return call<"_fft_c2r">(x, Dims{dim}, normalization(op, norm, forward), points);
}

// --- several dimensions
// ------------------------------------------------------------------------------------------------
struct Plan {
  Dims dims, sizes;
};
// `given` sizes of -1 stay as they are. Without dims: the last ones, as many as sizes, or all.
Plan plan(const char* op, const Tensor& self, const Value& s, const Value& dim) {
  Plan p;
  if (!dim.is_none()) {
    check(self.dim() > 0 || dim.ints().empty(), ErrorKind::Index, op, ": Dimension specified as ",
          list_text(dim.ints()), " but tensor has no dimensions");
    for (int64_t d : dim.ints()) p.dims.push_back(wrap_dim(op, d, self.dim()));
    Dims sorted = p.dims;
    std::ranges::sort(sorted);
    check(std::ranges::adjacent_find(sorted) == sorted.end(), ErrorKind::Runtime, op, ": FFT dims must be unique, got ",
          list_text(dim.ints()));
  }
  if (!s.is_none()) {
    const Dims& sizes = s.ints();
    if (dim.is_none()) {
      check(static_cast<int64_t>(sizes.size()) <= self.dim(), ErrorKind::Runtime, op, ": Got shape with ", sizes.size(),
            " values but input tensor only has ", self.dim(), " dimensions.");
      for (int64_t i = 0, n = static_cast<int64_t>(sizes.size()); i < n; ++i) p.dims.push_back(self.dim() - n + i);
    }
    check(sizes.size() == p.dims.size(), ErrorKind::Runtime, op,
          ": When given, dim and shape arguments must have the same length, got ", p.dims.size(), " and ",
          sizes.size());
    for (size_t i = 0; i < sizes.size(); ++i) p.sizes.push_back(sizes[i] == -1 ? self.size(p.dims[i]) : sizes[i]);
  } else {
    if (dim.is_none())
      for (int64_t d = 0; d < self.dim(); ++d) p.dims.push_back(d);
    for (int64_t d : p.dims) p.sizes.push_back(self.size(d));
  }
  for (int64_t n : p.sizes)
    check(n >= 1, ErrorKind::Runtime, op, ": Invalid number of data points (", n, ") specified");
  return p;
}
Tensor fitted(const char* op, Tensor x, const Plan& p) {
  for (size_t i = 0; i < p.dims.size(); ++i) x = resized(op, x, p.dims[i], p.sizes[i]);
  return x;
}

Tensor c2c_n(const char* op, const Tensor& self, const Value& s, const Value& dim, Text_ norm, bool forward) {
  Tensor x = as_complex(op, self);
  Plan p = plan(op, x, s, dim);
  if (p.dims.empty()) return call<"clone">(x);
  return call<"_fft_c2c">(fitted(op, x, p), p.dims, normalization(op, norm, forward), forward);
}
Tensor r2c_n(const char* op, const Tensor& self, const Value& s, const Value& dim, Text_ norm, bool forward) {
  Tensor x = as_real(op, self);
  Plan p = plan(op, x, s, dim);
  check(!p.dims.empty(), ErrorKind::Runtime, op, ": must transform at least one axis");
  x = call<"_fft_r2c">(fitted(op, x, p), p.dims, normalization(op, norm, forward), true);
  return forward ? x : call<"resolve_conj">(call<"conj">(x));
}
Tensor c2r_n(const char* op, const Tensor& self, const Value& s, const Value& dim, Text_ norm, bool forward) {
  Tensor x = as_complex(op, self);
  Plan p = plan(op, x, s, dim);
  check(!p.dims.empty(), ErrorKind::Runtime, op, ": must transform at least one axis");
  bool given = !s.is_none() && s.ints()[s.ints().size() - 1] != -1;
  int64_t last = given ? p.sizes.back() : 2 * (x.size(p.dims.back()) - 1);
  check(last >= 1, ErrorKind::Runtime, op, ": Invalid number of data points (", last, ") specified");
  p.sizes.back() = last / 2 + 1;
  x = fitted(op, x, p);
  if (forward) x = call<"conj">(x);
  return call<"_fft_c2r">(x, p.dims, normalization(op, norm, forward), last);
}

// Shifts each dimension by half its size, or what is left of it.
Tensor shifted(const char* op, const Tensor& self, const Value& dim, bool back) {
  Dims dims;
  if (dim.is_none())
    for (int64_t d = 0; d < self.dim(); ++d) dims.push_back(d);
  else
    for (int64_t d : dim.ints()) dims.push_back(wrap_dim(op, d, self.dim()));
  if (dims.empty()) return call<"clone">(self);
  Dims by;
  for (int64_t d : dims) by.push_back(back ? (self.size(d) + 1) / 2 : self.size(d) / 2);
  return call<"roll">(self, by, dims);
}

}  // namespace

#define TRANSFORM(name, kind, forward, text)                                                                           \
  OP(name){                                                                                                            \
      .signature = "fft_" #name "(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor",                 \
      .python = fft,                                                                                                   \
      .variants = Variants::out,                                                                                       \
      .doc = text,                                                                                                     \
      .composite = [](const Tensor& self, std::optional<int64_t> n, int64_t dim, std::optional<std::string_view> norm) \
          -> Tensor { return kind("fft." #name, self, n, dim, norm, forward); },                                       \
      .autocast = Autocast::high,                                                                                      \
  };
TRANSFORM(fft, c2c, true,
          "Discrete Fourier transform along a dimension: sum of x[j] exp(-2 pi i j k / n). ``n`` cuts or fills with "
          "zeros; ``norm`` is 'backward', 'ortho' or 'forward'.")
TRANSFORM(ifft, c2c, false,
          "Inverse of :func:`fft.fft`: the sum with the other sign, divided by n unless ``norm`` says otherwise.")
TRANSFORM(rfft, r2c, true, "Transform of real numbers: the first n // 2 + 1 terms, which determine the others.")
TRANSFORM(irfft, c2r, false,
          "Inverse of :func:`fft.rfft`; ``n`` (default: twice the size less 2) tells an odd length from an even one.")
TRANSFORM(hfft, c2r, true, "Transform of a signal that is Hermitian in time, given by its first half: real.")
TRANSFORM(ihfft, r2c, false,
          "Inverse of :func:`fft.hfft`: the first half of a Hermitian signal from its real spectrum.")
#undef TRANSFORM

#define TRANSFORM_N(name, kind, forward, text)                                                                      \
  OP(name##n){                                                                                                      \
      .signature = "fft_" #name "n(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor",    \
      .python = fft,                                                                                                \
      .variants = Variants::out,                                                                                    \
      .doc = text,                                                                                                  \
      .composite = [](const Tensor& self, const Value& s, const Value& dim, std::optional<std::string_view> norm)   \
          -> Tensor { return kind("fft." #name "n", self, s, dim, norm, forward); },                                \
      .autocast = Autocast::high,                                                                                   \
  };                                                                                                                \
  OP(name##2){                                                                                                      \
      .signature = "fft_" #name "2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor", \
      .python = fft,                                                                                                \
      .variants = Variants::out,                                                                                    \
      .doc = text " Here over the last two dimensions, unless ``dim`` says otherwise.",                             \
      .composite = [](const Tensor& self, const Value& s, const Value& dim, std::optional<std::string_view> norm)   \
          -> Tensor { return kind("fft." #name "2", self, s, dim, norm, forward); },                                \
      .autocast = Autocast::high,                                                                                   \
  };
TRANSFORM_N(fft, c2c_n, true, "Discrete Fourier transform over several dimensions; ``s`` gives their lengths.")
TRANSFORM_N(ifft, c2c_n, false, "Inverse transform over several dimensions.")
TRANSFORM_N(rfft, r2c_n, true, "Transform of real numbers over several dimensions; the last keeps its first half.")
TRANSFORM_N(irfft, c2r_n, false, "Inverse of :func:`fft.rfftn`.")
TRANSFORM_N(hfft, c2r_n, true,
            "Transform over several dimensions of a signal that is Hermitian in time, given by half.")
TRANSFORM_N(ihfft, r2c_n, false, "Inverse of :func:`fft.hfftn`.")
#undef TRANSFORM_N

OP(fft_fftshift){
    .signature = "fft_fftshift(Tensor self, int[1]? dim=None) -> Tensor",
    .python = fft,
    .variants = Variants::none,
    .doc = "Moves the term of frequency 0 to the middle of each dimension.",
    .composite = [](const Tensor& self, const Value& dim) -> Tensor {
      return shifted("fft.fftshift", self, dim, false);
    },
};
OP(fft_ifftshift){
    .signature = "fft_ifftshift(Tensor self, int[1]? dim=None) -> Tensor",
    .python = fft,
    .variants = Variants::none,
    .doc = "Undoes :func:`fft.fftshift`.",
    .composite = [](const Tensor& self, const Value& dim) -> Tensor {
      return shifted("fft.ifftshift", self, dim, true);
    },
};

// Frequencies 0, 1, ... and, of the whole spectrum, the negative ones, over n d.
static Tensor frequencies(const char* op, int64_t n, double d, std::optional<DType> dtype, std::optional<Device> device,
                          bool half) {
  check(n >= 0, ErrorKind::Runtime, op, ": n must be non-negative, got ", n);
  DType type = dtype.value_or(default_dtype());
  check(is_floating(type) || is_complex(type), ErrorKind::Runtime, op,
        ": requires a floating point or complex dtype, got ", name(type));
  int64_t count = half ? n / 2 + 1 : n, positive = half ? count : n / 2 + n % 2;
  Tensor k = empty(Dims{count}, DType::float64);
  // Rounded as the product of an integer of the type and 1 / (n d).
  for (int64_t i = 0; i < count; ++i) k.data<double>()[i] = static_cast<double>(i < positive ? i : i - n);
  Tensor out = call<"mul.Tensor">(call<"to.dtype">(k, type), 1.0 / (static_cast<double>(n) * d));
  return device ? call<"to.device">(out, *device, type) : out;
}
OP(fft_fftfreq){
    .signature =
        "fft_fftfreq(int n, float d=1., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? "
        "pin_memory=None) -> Tensor",
    .python = fft,
    .variants = Variants::out,
    .doc = "The frequencies of :func:`fft.fft`'s terms in cycles per unit of the sample spacing ``d``.",
    .composite = [](int64_t n, double d, std::optional<DType> dtype, const Value&, std::optional<Device> device,
                    const Value&) -> Tensor { return frequencies("fft.fftfreq", n, d, dtype, device, false); },
};
OP(fft_rfftfreq){
    .signature =
        "fft_rfftfreq(int n, float d=1., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? "
        "pin_memory=None) -> Tensor",
    .python = fft,
    .variants = Variants::out,
    .doc = "The frequencies of :func:`fft.rfft`'s terms in cycles per unit of the sample spacing ``d``.",
    .composite = [](int64_t n, double d, std::optional<DType> dtype, const Value&, std::optional<Device> device,
                    const Value&) -> Tensor { return frequencies("fft.rfftfreq", n, d, dtype, device, true); },
};

}  // namespace flambeau
