// Random numbers whose parameters are tensors: Bernoulli, multinomial, Poisson, binomial, gamma, Dirichlet.
#include <cmath>

#include "cpu/random_tensor.h"
#include "loops/copy.h"
#include "loops/primitives.h"
#include "ops/define.h"

namespace flambeau {

namespace {

constexpr const char* kDrawn = "the numbers are drawn";

// Runs `draw` with the generator's stream while its lock is held.
template <class Draw>
void with_stream(Generator* given, Draw&& draw) {
  Generator& generator = generator_or_default(given);
  std::lock_guard lock(generator.mutex);
  draw(generator.stream);
}
ResultSpec same(const Tensor& t) { return {Dims(t.sizes()), t.dtype()}; }
void probabilities(const char* op, const Tensor& p) {
  check(is_floating(p.dtype()), ErrorKind::Runtime, op, ": expects probabilities of a floating-point type, got ",
        name(p.dtype()));
  if (p.is_meta() || p.numel() == 0) return;
  check(read_element(call<"all">(call<"logical_and">(call<"ge.Tensor">(p, 0.0), call<"le.Tensor">(p, 1.0)))).to_bool(),
        ErrorKind::Runtime, "Expected p_in >= 0 && p_in <= 1 to be true, but got false: ", op,
        " wants probabilities in [0, 1]");
}
Tensor zero_gradient(Grad& g) { return call<"zeros_like">(g.out()); }

}  // namespace

OP(bernoulli){
    .signature = "bernoulli(Tensor self, *, Generator? generator=None) -> Tensor",
    .doc = "Ones, each with the probability that ``self`` gives for it, and zeros.",
    .shape = [](const Tensor& self, Generator*) -> ResultSpec {
      probabilities("bernoulli", self);
      return same(self);
    },
    .cpu =
        [](const Tensor& self, Generator* g, const Tensor& out) {
          Tensor p = as_contiguous(self);
          with_stream(g, [&](RandomStream& s) {
            fill_bernoulli(s, out.dtype(), out.data(), static_cast<size_t>(out.numel()), p.dtype(), p.data());
          });
        },
    .gradient = zero_gradient,
    .random = true,
};
OP(bernoulli_p){
    .signature = "bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor",
    .shape = [](const Tensor& self, double p, Generator*) -> ResultSpec {
      check(p >= 0 && p <= 1, ErrorKind::Runtime, "bernoulli expects p to be in [0, 1], but got p=", p);
      return same(self);
    },
    .cpu =
        [](const Tensor&, double p, Generator* g, const Tensor& out) {
          with_stream(g, [&](RandomStream& s) {
            fill_bernoulli(s, out.dtype(), out.data(), static_cast<size_t>(out.numel()), p);
          });
        },
    .not_differentiable = kDrawn,
    .random = true,
};
OP(bernoulli_tensor_){
    .signature = "bernoulli_.Tensor(Tensor(a!) self, Tensor p, *, Generator? generator=None) -> Tensor(a!)",
    .python = method,
    .cpu =
        [](const Tensor& self, const Tensor& p, Generator* g) {
          probabilities("bernoulli_", p);
          check_no_internal_overlap("bernoulli_", self);
          Tensor wide = as_contiguous(call<"expand">(p, self.sizes()));
          Tensor line = self.is_contiguous() ? self : empty(self.sizes(), self.dtype());
          with_stream(g, [&](RandomStream& s) {
            fill_bernoulli(s, line.dtype(), line.data(), static_cast<size_t>(line.numel()), wide.dtype(), wide.data());
          });
          if (!line.is(self)) copy_elements(self, line);
        },
    .writes = "self",
    .not_differentiable = kDrawn,
    .random = true,
};

OP(multinomial){
    .signature =
        "multinomial(Tensor self, SymInt num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor",
    .doc =
        "Indices of the last dimension (of 1 or 2) drawn in proportion to the weights there, with or without "
        "replacement.",
    .verify =
        [](const Call& call, DType) {
          if (call.form != Form::out) return;
          DType given = call.results[0].tensor_impl()->dtype;
          check(given == DType::int64, ErrorKind::Runtime, "multinomial: out= has to be int64, got ", name(given));
        },
    .shape = [](const Tensor& self, int64_t samples, bool replacement, Generator*) -> ResultSpec {
      check(self.dim() == 1 || self.dim() == 2, ErrorKind::Runtime, "multinomial: prob_dist must be 1 or 2 dim, got ",
            self.dim());
      check(is_floating(self.dtype()), ErrorKind::Runtime,
            "multinomial only supports floating-point dtypes for input, got: ", name(self.dtype()));
      check(samples > 0, ErrorKind::Runtime, "multinomial: cannot sample n_sample <= 0 samples, got ", samples);
      int64_t columns = self.sizes()[self.dim() - 1];
      check(replacement || samples <= columns, ErrorKind::Runtime, "multinomial: cannot sample n_sample (", samples,
            ") > prob_dist.size(-1) (", columns, ") samples without replacement");
      check(columns <= (int64_t{1} << 24), ErrorKind::Runtime,
            "multinomial: number of categories cannot exceed 2^24, got ", columns);
      return {self.dim() == 1 ? Dims{samples} : Dims{self.sizes()[0], samples}, DType::int64};
    },
    .cpu =
        [](const Tensor& self, int64_t samples, bool replacement, Generator* g, const Tensor& out) {
          if (out.numel() == 0) return;
          Tensor weights = as_contiguous(self);
          int64_t rows = self.dim() == 1 ? 1 : self.sizes()[0], columns = self.sizes()[self.dim() - 1];
          DrawOrder order = self.dim() == 2 && rows > 1 && self.strides()[0] < self.strides()[1]
                                ? DrawOrder::column_by_column
                                : DrawOrder::row_by_row;
          with_stream(g, [&](RandomStream& s) {
            multinomial(s, weights.dtype(), weights.data(), static_cast<size_t>(rows), static_cast<size_t>(columns),
                        out.data<int64_t>(), static_cast<size_t>(samples), replacement, order);
          });
        },
    .not_differentiable = kDrawn,
    .random = true,
};

OP(poisson){
    .signature = "poisson(Tensor self, Generator? generator=None) -> Tensor",
    .python = torch,
    .doc = "Poisson numbers with the rates that ``self`` gives.",
    .shape = [](const Tensor& self, Generator*) -> ResultSpec {
      check(is_floating(self.dtype()), ErrorKind::NotImplemented, "\"poisson_cpu\" not implemented for '",
            name(self.dtype()), "'");
      return same(self);
    },
    .cpu =
        [](const Tensor& self, Generator* g, const Tensor& out) {
          Tensor rate = as_contiguous(self);
          with_stream(g, [&](RandomStream& s) {
            fill_poisson(s, out.dtype(), out.data(), rate.data(), static_cast<size_t>(out.numel()));
          });
        },
    .gradient = zero_gradient,
    .random = true,
};
OP(binomial){
    .signature = "binomial(Tensor count, Tensor prob, Generator? generator=None) -> Tensor",
    .python = torch,
    .doc = "The number of successes in ``count`` trials of probability ``prob``.",
    .shape = [](const Tensor& count, const Tensor& prob, Generator*) -> ResultSpec {
      check(count.dtype() == prob.dtype() && is_floating(count.dtype()), ErrorKind::Runtime,
            "binomial: Binomial function arguments should have one floating-point type, got ", name(count.dtype()),
            " and ", name(prob.dtype()));
      return {broadcast_sizes("binomial", count.sizes(), prob.sizes()), count.dtype()};
    },
    .cpu =
        [](const Tensor& count, const Tensor& prob, Generator* g, const Tensor& out) {
          Tensor n = as_contiguous(call<"expand">(count, out.sizes())),
                 p = as_contiguous(call<"expand">(prob, out.sizes()));
          with_stream(g, [&](RandomStream& s) {
            fill_binomial(s, out.dtype(), out.data(), n.data(), p.data(), static_cast<size_t>(out.numel()));
          });
        },
    .not_differentiable = kDrawn,
    .random = true,
};

namespace {

double prim2(Prim prim, double a, double b) {
  double out;
  primitive(prim, Lane::f64)(&out, &a, &b, nullptr, 1);
  return out;
}
double prim1(Prim prim, double a) {
  double out;
  primitive(prim, Lane::f64)(&out, &a, nullptr, nullptr, 1);
  return out;
}

// d z / d a of a gamma variate z with shape a, its quantile held fixed: -(dP/da) / density. For small z from the power
// series of the incomplete gamma function term by term; else from differences of the tail that z lies in.
double gamma_slope(double a, double z) {
  if (!(z > 0)) return 0;
  if (z < 4) {
    double term = 1, sum = 0, slope = 0;
    for (int k = 0; k < 80; ++k) {
      double part = term / (a + k);
      sum += part;
      slope -= part / (a + k);
      term *= -z / (k + 1);
    }
    return -std::exp(z) * z * (sum * (std::log(z) - prim1(Prim::digamma, a)) + slope);
  }
  double density = std::exp((a - 1) * std::log(z) - z - std::lgamma(a));
  if (density < 1e-290) return std::sqrt(z / a);
  Prim tail = z > a ? Prim::igammac : Prim::igamma;
  double h = 1e-3 * std::max(1.0, std::sqrt(a));
  if (h > a / 4) h = a / 4;
  auto f = [&](double step) { return prim2(tail, a + step, z); };
  double slope = (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
  return (tail == Prim::igammac ? slope : -slope) / density;
}

// The incomplete beta function without its limit's complement: the continued fraction of Abramowitz and Stegun 26.5.8
// by Lentz's method; good for x < (a + 1) / (a + b + 2).
double beta_part(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < tiny ? tiny : d);
  double h = d;
  for (int m = 1; m < 2000; ++m) {
    auto turn = [&](double k) {
      d = 1 + k * d;
      c = 1 + k / c;
      d = 1 / (std::abs(d) < tiny ? tiny : d);
      if (std::abs(c) < tiny) c = tiny;
      h *= d * c;
      return d * c;
    };
    turn(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    if (std::abs(turn(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))) - 1) < 1e-16) break;
  }
  return std::exp(a * std::log(x) + b * std::log1p(-x) + std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b)) * h / a;
}
// d x / d a of a variate x of Beta(a, b), its quantile held, divided by 1 - x.
double beta_slope(double x, double a, double total) {
  double b = total - a;
  if (!(x > 0 && x < 1 && a > 0 && b > 0)) return 0;
  double density =
      std::exp((a - 1) * std::log(x) + (b - 1) * std::log1p(-x) + std::lgamma(total) - std::lgamma(a) - std::lgamma(b));
  if (!(density > 1e-290)) return 0;
  bool lower = x < (a + 1) / (a + b + 2);
  double h = 1e-3 * std::max(1.0, std::sqrt(a));
  if (h > a / 4) h = a / 4;
  auto f = [&](double step) { return lower ? beta_part(a + step, b, x) : -beta_part(b, a + step, 1 - x); };
  double slope = (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
  return -slope / (density * (1 - x));
}

}  // namespace

OP(standard_gamma){
    .signature = "_standard_gamma(Tensor self, Generator? generator=None) -> Tensor",
    .python = torch,
    .doc = "Gamma numbers of rate 1 with the shapes that ``self`` gives (Marsaglia and Tsang, 2000).",
    .shape = [](const Tensor& self, Generator*) -> ResultSpec {
      check(is_floating(self.dtype()), ErrorKind::NotImplemented, "\"gamma_cpu\" not implemented for '",
            name(self.dtype()), "'");
      return same(self);
    },
    .cpu =
        [](const Tensor& self, Generator* g, const Tensor& out) {
          Tensor alpha = as_contiguous(self);
          with_stream(g, [&](RandomStream& s) {
            fill_standard_gamma(s, out.dtype(), out.data(), alpha.data(), static_cast<size_t>(out.numel()));
          });
        },
    .saves = {"self", "result"},
    .gradient = [](Grad& g) { return call<"mul.Tensor">(g.out(), call<"_standard_gamma_grad">(g.self(), g.result())); },
    .random = true,
};
OP(standard_gamma_grad){
    .signature = "_standard_gamma_grad(Tensor self, Tensor output) -> Tensor",
    .python = torch,
    .doc = "How gamma numbers change with their shape parameter when their quantile is held.",
    .shape = [](const Tensor& self, const Tensor& output) -> ResultSpec {
      return {broadcast_sizes("_standard_gamma_grad", self.sizes(), output.sizes()), self.dtype()};
    },
    .cpu =
        [](const Tensor& self, const Tensor& output, const Tensor& out) {
          Tensor a = as_contiguous(cast(call<"expand">(self, out.sizes()), DType::float64)),
                 z = as_contiguous(cast(call<"expand">(output, out.sizes()), DType::float64));
          Tensor r = empty(out.sizes(), DType::float64);
          for (int64_t i = 0; i < r.numel(); ++i)
            r.data<double>()[i] = gamma_slope(a.data<double>()[i], z.data<double>()[i]);
          copy_elements(out, r);
        },
    .not_differentiable = "its derivative is not implemented",
};
OP(sample_dirichlet){
    .signature = "_sample_dirichlet(Tensor self, Generator? generator=None) -> Tensor",
    .python = torch,
    .doc = "Points of the simplex drawn from Dirichlet distributions, whose parameters are the rows of ``self``.",
    .shape = [](const Tensor& self, Generator*) -> ResultSpec {
      check(self.dim() > 0 && is_floating(self.dtype()), ErrorKind::Runtime,
            "_sample_dirichlet: wants a floating-point tensor with a last dimension, got ", name(self.dtype()),
            list_text(self.sizes()));
      return same(self);
    },
    .cpu =
        [](const Tensor& self, Generator* g, const Tensor& out) {
          if (out.numel() == 0) return;
          Tensor alpha = as_contiguous(self);
          size_t columns = static_cast<size_t>(self.sizes()[self.dim() - 1]);
          with_stream(g, [&](RandomStream& s) {
            fill_dirichlet(s, out.dtype(), out.data(), alpha.data(), static_cast<size_t>(out.numel()) / columns,
                           columns);
          });
        },
    .not_differentiable = kDrawn,
    .random = true,
};

OP(dirichlet_grad){
    .signature = "_dirichlet_grad(Tensor x, Tensor alpha, Tensor total) -> Tensor",
    .python = torch,
    .doc =
        "How the coordinates ``x`` of a Dirichlet point change with their parameter ``alpha``; ``total`` is the sum of "
        "the parameters.",
    .shape = [](const Tensor& x, const Tensor&, const Tensor&) -> ResultSpec { return same(x); },
    .cpu =
        [](const Tensor& x, const Tensor& alpha, const Tensor& total, const Tensor& out) {
          auto wide = [&](const Tensor& t) {
            return as_contiguous(cast(call<"expand">(t, out.sizes()), DType::float64));
          };
          Tensor a = wide(alpha), s = wide(total), v = wide(x), r = empty(out.sizes(), DType::float64);
          for (int64_t i = 0; i < r.numel(); ++i)
            r.data<double>()[i] = beta_slope(v.data<double>()[i], a.data<double>()[i], s.data<double>()[i]);
          copy_elements(out, r);
        },
    .not_differentiable = "its derivative is not implemented",
};

}  // namespace flambeau
