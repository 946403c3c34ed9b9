// Variance and standard deviation, with and without the mean; covariance and correlation.
#include "ops/reduction.h"

namespace flambeau {

namespace {

void check_moments(const char* op, const Tensor& self) {
  check(self.is_floating() || self.is_complex(), ErrorKind::Runtime, op, " and ", op,
        "_mean only support floating point and complex dtypes, got ", name(self.dtype()));
}

// The variance of complex numbers is that of their parts, added.
void moments_kernel(bool root, const Tensor& self, IntSpan dim, const Value& correction, const Tensor& spread,
                    const Tensor& mean) {
  uint64_t mask = dim_mask(root ? "std" : "var", dim, self.dim());
  double c = correction.is_none() ? 1.0 : correction.number();
  if (!self.is_complex()) return reduce_moments(self, mask, c, root, spread, mean);
  GradMode off(false);
  Tensor re = call<"real">(self), im = call<"imag">(self);
  Tensor second = empty(spread.sizes(), spread.dtype());
  reduce_moments(re, mask, c, false, spread, Tensor());
  reduce_moments(im, mask, c, false, second, Tensor());
  Tensor sum = call<"add.Tensor">(spread, second);
  copy_elements(spread, root ? call<"sqrt">(sum) : sum);
  if (mean.defined())
    reduce_fold(Fold::sum, self, mask, mean, After::nothing),
        copy_elements(mean, call<"div.Tensor">(mean, static_cast<double>(reduced_count(self.sizes(), mask))));
}

ResultSpec moments_spec(const char* op, const Tensor& self, IntSpan dim, bool keepdim) {
  check_moments(op, self);
  return reduced_spec(op, self, dim, keepdim, to_real(self.dtype()));
}

// d var / dx = 2 (x - mean) / (n - correction)
Tensor variance_gradient(const Tensor& grad, const Tensor& x, uint64_t mask, const Value& correction, bool keepdim) {
  double n = static_cast<double>(reduced_count(x.sizes(), mask)), c = correction.is_none() ? 1.0 : correction.number();
  Tensor centered = x.dim() == 0 ? call<"sub.Tensor">(x, x)
                                 : call<"sub.Tensor">(x, call<"mean.dim">(x, mask_dims(mask, x.dim()), true));
  return call<"mul.Tensor">(restore_dims(grad, x.sizes(), mask, keepdim),
                            call<"mul.Tensor">(centered, 2.0 / std::max(0.0, n - c)));
}
Tensor deviation_gradient(const Tensor& grad, const Tensor& result, const Tensor& x, uint64_t mask,
                          const Value& correction, bool keepdim) {
  Tensor scaled = call<"div.Tensor">(grad, call<"mul.Tensor">(result, 2.0));
  scaled = call<"where.self">(call<"eq.Tensor">(result, 0.0), call<"zeros_like">(scaled), scaled);
  return variance_gradient(scaled, x, mask, correction, keepdim);
}
Tensor mean_gradient(const Tensor& grad, IntSpan sizes, uint64_t mask, bool keepdim) {
  return spread(call<"div.Tensor">(grad, static_cast<double>(reduced_count(sizes, mask))), sizes, mask, keepdim);
}
Tensor first_gradient(bool root, Grad& g, const Tensor& grad) {
  uint64_t mask = grad_mask(g);
  if (root) return deviation_gradient(grad, g.result(), g.self(), mask, g.value("correction"), g.flag("keepdim"));
  return variance_gradient(grad, g.self(), mask, g.value("correction"), g.flag("keepdim"));
}

}  // namespace

#define SPREAD(name, root, what)                                                                                     \
  OP(name##_correction){                                                                                             \
      .signature = #name                                                                                             \
      ".correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor",        \
      .doc = "The " what " over the dimensions ``dim``, divided by their count less ``correction`` (1 by default).", \
      .out = OutRule::converts,                                                                                      \
      .shape = [](const Tensor& self, IntSpan dim, const Value&,                                                     \
                  bool keepdim) { return moments_spec(#name, self, dim, keepdim); },                                 \
      .cpu = [](const Tensor& self, IntSpan dim, const Value& correction, bool,                                      \
                const Tensor& out) { moments_kernel(root, self, dim, correction, out, Tensor()); },                  \
      .saves = root ? Saves{"self", "result"} : Saves{"self"},                                                       \
      .gradient = [](Grad& g) { return first_gradient(root, g, g.out()); },                                          \
  };                                                                                                                 \
  OP(name){                                                                                                          \
      .signature = #name "(Tensor self, bool unbiased=True) -> Tensor",                                              \
      .variants = Variants::none,                                                                                    \
      .composite =                                                                                                   \
          [](const Tensor& self, bool unbiased) {                                                                    \
            return call<#name ".correction">(self, Value(), unbiased ? int64_t{1} : int64_t{0}, false);              \
          },                                                                                                         \
  };                                                                                                                 \
  OP(name##_dim){                                                                                                    \
      .signature = #name ".dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor",         \
      .variants = Variants::out,                                                                                     \
      .composite =                                                                                                   \
          [](const Tensor& self, const Value& dim, bool unbiased, bool keepdim) {                                    \
            return call<#name ".correction">(self, dim, unbiased ? int64_t{1} : int64_t{0}, keepdim);                \
          },                                                                                                         \
  };                                                                                                                 \
  OP(name##_mean_correction){                                                                                        \
      .signature = #name                                                                                             \
      "_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> (Tensor, " \
      "Tensor)",                                                                                                     \
      .python = torch,                                                                                               \
      .variants = Variants::none,                                                                                    \
      .doc = "The " what " and the mean, from one walk over the data.",                                              \
      .shape = [](const Tensor& self, IntSpan dim, const Value&, bool keepdim) -> ResultSpecs {                      \
        ResultSpec first = moments_spec(#name, self, dim, keepdim), second = first;                                  \
        second.dtype = self.dtype();                                                                                 \
        return {first, second};                                                                                      \
      },                                                                                                             \
      .cpu = [](const Tensor& self, IntSpan dim, const Value& correction, bool, const Tensor& out,                   \
                const Tensor& mean) { moments_kernel(root, self, dim, correction, out, mean); },                     \
      .saves = root ? Saves{"self", "result"} : Saves{"self"},                                                       \
      .gradient =                                                                                                    \
          [](Grad& g) {                                                                                              \
            Tensor total;                                                                                            \
            if (g.has_out(0)) total = first_gradient(root, g, g.out(0));                                             \
            if (!g.has_out(1)) return total;                                                                         \
            Tensor second = mean_gradient(g.out(1), g.sizes("self"), grad_mask(g), g.flag("keepdim"));               \
            return total.defined() ? call<"add.Tensor">(total, second) : second;                                     \
          },                                                                                                         \
  };                                                                                                                 \
  OP(name##_mean){                                                                                                   \
      .signature = #name "_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)",                               \
      .python = torch,                                                                                               \
      .variants = Variants::none,                                                                                    \
      .composite = [](const Tensor& self, bool unbiased) -> std::tuple<Tensor, Tensor> {                             \
        auto r = call_all<#name "_mean.correction">(self, Value(), unbiased ? int64_t{1} : int64_t{0}, false);       \
        return {r[0].tensor(), r[1].tensor()};                                                                       \
      },                                                                                                             \
  };                                                                                                                 \
  OP(name##_mean_dim){                                                                                               \
      .signature =                                                                                                   \
          #name "_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)",   \
      .python = torch,                                                                                               \
      .variants = Variants::none,                                                                                    \
      .composite = [](const Tensor& self, const Value& dim, bool unbiased,                                           \
                      bool keepdim) -> std::tuple<Tensor, Tensor> {                                                  \
        auto r = call_all<#name "_mean.correction">(self, dim, unbiased ? int64_t{1} : int64_t{0}, keepdim);         \
        return {r[0].tensor(), r[1].tensor()};                                                                       \
      },                                                                                                             \
  };
SPREAD(var, false, "variance")
SPREAD(std, true, "standard deviation")
#undef SPREAD

static void check_not_negative(const char* what, const Tensor& weights) {
  if (weights.is_meta() || weights.numel() == 0) return;
  check(call_value<"item">(call<"amin">(weights)).number() >= 0, ErrorKind::Runtime, "cov(): ", what,
        " cannot be negative, the smallest is ", call_value<"item">(call<"amin">(weights)).number());
}

OP(cov){
    .signature = "cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None) -> Tensor",
    .doc =
        "The covariance matrix of variables in rows and observations in columns, with repetition counts and weights of "
        "the observations.",
    .composite = [](const Tensor& self, int64_t correction, const Tensor& fweights, const Tensor& aweights) -> Tensor {
      check(self.dim() <= 2, ErrorKind::Runtime,
            "cov(): expected input to have two or fewer dimensions but got an input with ", self.dim(), " dimensions");
      check(self.dtype() != DType::bool_, ErrorKind::Runtime, "cov(): bool dtype is not supported for input");
      Tensor x = self.dim() < 2 ? call<"view">(call<"contiguous">(self), Dims{1, self.numel()}) : self;
      int64_t n = x.size(1);
      Tensor w;
      if (fweights.defined()) {
        check(fweights.dim() <= 1 && is_integral(fweights.dtype()), ErrorKind::Runtime,
              "cov(): expected fweights to be a vector of integers, got ", describe(fweights));
        check(fweights.numel() == n, ErrorKind::Runtime,
              "cov(): expected fweights to have the same numel as there are observations in the input but got ",
              fweights.numel(), " != ", n);
        check_not_negative("fweights", fweights);
        w = fweights;
      }
      if (aweights.defined()) {
        check(aweights.dim() <= 1 && aweights.is_floating(), ErrorKind::Runtime,
              "cov(): expected aweights to be a vector of floating point numbers, got ", describe(aweights));
        check(aweights.numel() == n, ErrorKind::Runtime,
              "cov(): expected aweights to have the same numel as there are observations in the input but got ",
              aweights.numel(), " != ", n);
        check_not_negative("aweights", aweights);
        w = w.defined() ? call<"mul.Tensor">(w, aweights) : aweights;
      }
      Tensor total = w.defined() ? call<"sum">(w) : Tensor();
      Tensor mean = w.defined()
                        ? call<"div.Tensor">(call<"sum.dim_IntList">(call<"mul.Tensor">(x, w), Dims{1}, true), total)
                        : call<"div.Tensor">(call<"sum.dim_IntList">(x, Dims{1}, true), static_cast<double>(n));
      Tensor centered = call<"sub.Tensor">(x, mean), right = w.defined() ? call<"mul.Tensor">(centered, w) : centered;
      if (right.dtype() != centered.dtype()) centered = call<"_to_copy">(centered, right.dtype());
      Tensor conjugate = right.is_complex() ? call<"conj">(right) : right;
      Tensor product = call<"mm">(centered, call<"t">(conjugate));
      if (w.defined()) {
        Tensor lost =
            aweights.defined() ? call<"div.Tensor">(call<"sum">(call<"mul.Tensor">(w, aweights)), total) : Tensor();
        Tensor divisor = lost.defined()
                             ? call<"sub.Tensor">(total, call<"mul.Tensor">(lost, static_cast<double>(correction)))
                             : call<"sub.Tensor">(total, static_cast<double>(correction));
        product = call<"div.Tensor">(product, call<"clamp">(divisor, 0.0));
      } else {
        product = call<"div.Tensor">(product, static_cast<double>(std::max<int64_t>(0, n - correction)));
      }
      return product.size(0) == 1 ? call<"reshape">(product, Dims{}) : product;
    },
};

OP(corrcoef){
    .signature = "corrcoef(Tensor self) -> Tensor",
    .doc = "Pearson's correlation matrix of variables in rows and observations in columns.",
    .composite = [](const Tensor& self) -> Tensor {
      check(self.dim() <= 2, ErrorKind::Runtime,
            "corrcoef(): expected input to have two or fewer dimensions but got an input with ", self.dim(),
            " dimensions");
      Tensor c = call<"cov">(self);
      if (c.dim() == 0) return call<"div.Tensor">(c, c);
      Tensor diagonal = call<"diagonal">(c);
      if (diagonal.is_complex()) diagonal = call<"real">(diagonal);
      Tensor deviation = call<"sqrt">(diagonal);
      c = call<"div.Tensor">(call<"div.Tensor">(c, call<"unsqueeze">(deviation, int64_t{1})),
                             call<"unsqueeze">(deviation, int64_t{0}));
      return c.is_complex() ? c : call<"clamp">(c, -1.0, 1.0);
    },
};

}  // namespace flambeau
