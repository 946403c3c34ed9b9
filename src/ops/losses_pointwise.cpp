// Losses that compare two tensors element by element: each is a formula for the table of losses, and its reduction.
// `reduction`: 0 none, 1 mean, 2 sum. (Class losses: losses_class.cpp; distances: losses_distance.cpp.)
#include "ops/reduced_loss.h"
#include "ops/reduction.h"

namespace flambeau {

using namespace formula;

// Tables of losses; `_x_table` is the operator without reduction.
OP(_mse_table){
    .signature = "_mse_table(Tensor self, Tensor target) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "``(self - target) ** 2``.",
    .formula = [](Expr x, Expr t) { return square(x - t); },
};
OP(_l1_table){
    .signature = "_l1_table(Tensor self, Tensor target) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "``|self - target|``.",
    .dtype = rule::promote.gives(DTypeRule::Result::RealPart),
    .formula = [](Expr x, Expr t) { return abs(x - t); },
};
OP(_smooth_l1_table){
    .signature = "_smooth_l1_table(Tensor self, Tensor target, Scalar beta) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc =
        "Half the squared difference divided by beta where the difference is below beta, else the difference less beta "
        "/ 2.",
    .dtype = rule::real,
    .formula =
        [](Expr x, Expr t, Expr beta) {
          Expr d = abs(x - t);
          return select(d < beta, 0.5 * (d * d / beta), d - 0.5 * beta);
        },
};
OP(_huber_table){
    .signature = "_huber_table(Tensor self, Tensor target, Scalar delta) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Half the squared difference up to delta, linear beyond.",
    .dtype = rule::real,
    .formula =
        [](Expr x, Expr t, Expr delta) {
          Expr d = abs(x - t);
          return select(d < delta, 0.5 * (d * d), delta * (d - 0.5 * delta));
        },
};
OP(_soft_margin_table){
    .signature = "_soft_margin_table(Tensor self, Tensor target) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "``log(1 + exp(-target * self))``.",
    .dtype = rule::floating,
    .formula = [](Expr x, Expr t) { return softplus(-(t * x)); },
};
OP(_bce_table){
    .signature = "_bce_table(Tensor self, Tensor target) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "``-(target log self + (1 - target) log(1 - self))``, logarithms not below -100.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr t) { return (t - 1) * max(log1p(-x), -100) - t * max(log(x), -100); },
    .derivative = [](Expr g, Expr x, Expr t, Expr) { return g * (x - t) / max((1 - x) * x, 1e-12); },
};
OP(_bce_logits_table){
    .signature = "_bce_logits_table(Tensor self, Tensor target) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Binary cross entropy of ``sigmoid(self)``.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr t) { return (1 - t) * x + softplus(-x); },
};
OP(_bce_logits_pos_table){
    .signature = "_bce_logits_pos_table(Tensor self, Tensor target, Tensor pos_weight) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Binary cross entropy of ``sigmoid(self)``, positive targets weighted.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr t, Expr p) { return (1 - t) * x + ((p - 1) * t + 1) * softplus(-x); },
};
OP(_kl_div_table){
    .signature = "_kl_div_table(Tensor self, Tensor target, bool log_target) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "``target * (log(target) - self)``, the target given as a probability or as its logarithm.",
    .dtype = rule::floating.without_complex(),
    .formula = [](Expr x, Expr t, bool log_target) { return log_target ? exp(t) * (t - x) : xlogy(t, t) - t * x; },
};

OP(mse_loss){
    .signature = "mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc = "Squared differences, or their mean or sum.",
    .composite = [](const Tensor& self, const Tensor& target,
                    int64_t reduction) { return reduced_loss(call<"_mse_table">(self, target), reduction); },
    .autocast = Autocast::high,
};
OP(l1_loss){
    .signature = "l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    .python = nn_private,
    .variants = Variants::none,
    .doc = "Absolute differences, or their mean or sum.",
    .composite =
        [](const Tensor& self, const Tensor& target, int64_t reduction) {
          // Between integers the difference is one of their type: what wraps in sub wraps here. On the tape the
          // difference is all that is kept.
          bool recorded = t_state.grad_enabled && (self.requires_grad() || target.requires_grad());
          Tensor losses = recorded || is_integral(promote(self.dtype(), target.dtype()), true)
                              ? call<"abs">(call<"sub.Tensor">(self, target))
                              : call<"_l1_table">(self, target);
          return reduced_loss(losses, reduction);
        },
    .autocast = Autocast::high,
};
OP(smooth_l1_loss){
    .signature = "smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.0) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc =
        "Squared differences over ``2 * beta`` below ``beta``, absolute ones less ``beta / 2`` above; 0 for beta is "
        "``l1_loss``.",
    .composite =
        [](const Tensor& self, const Tensor& target, int64_t reduction, double beta) {
          check(beta >= 0, ErrorKind::Runtime, "smooth_l1_loss does not support negative values for beta, got ", beta);
          return reduced_loss(
              beta == 0 ? call<"_l1_table">(self, target) : call<"_smooth_l1_table">(self, target, beta), reduction);
        },
    .autocast = Autocast::high,
};
OP(huber_loss){
    .signature = "huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.0) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc = "Half the squared difference up to ``delta``, linear beyond (Huber, 1964).",
    .composite =
        [](const Tensor& self, const Tensor& target, int64_t reduction, double delta) {
          check(delta > 0, ErrorKind::Runtime, "huber_loss does not support non-positive values for delta, got ",
                delta);
          return reduced_loss(call<"_huber_table">(self, target, delta), reduction);
        },
    .autocast = Autocast::high,
};
OP(soft_margin_loss){
    .signature = "soft_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc = "``log(1 + exp(-target * self))`` for targets of 1 and -1.",
    .composite = [](const Tensor& self, const Tensor& target,
                    int64_t reduction) { return reduced_loss(call<"_soft_margin_table">(self, target), reduction); },
    .autocast = Autocast::high,
};

static Tensor weighted(const Tensor& losses, const Tensor& weight) {
  return weight.defined() ? call<"mul.Tensor">(losses, weight) : losses;
}

// Refuses probabilities outside of [0, 1]; data are looked at, so nothing is done for meta tensors.
static void check_probabilities(const char* op, const Tensor& p) {
  if (p.is_meta() || p.numel() == 0) return;
  GradMode off(false);
  Tensor low = empty({}, p.dtype()), high = empty({}, p.dtype());
  reduce_fold(Fold::min, p, ~uint64_t{0}, low);
  reduce_fold(Fold::max, p, ~uint64_t{0}, high);
  double a = read_element(low).to_double(), b = read_element(high).to_double();
  check(a >= 0 && b <= 1, ErrorKind::Runtime, op,
        ": all elements of input should be between 0 and 1, but they lie between ", a, " and ", b);
}

OP(binary_cross_entropy){
    .signature = "binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc = "Cross entropy of probabilities ``self`` and targets between 0 and 1.",
    .composite = [](const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction) -> Tensor {
      check(std::ranges::equal(self.sizes(), target.sizes()), ErrorKind::Value,
            "binary_cross_entropy: Using a target size (", list_text(target.sizes()),
            ") that is different to the input size (", list_text(self.sizes()),
            ") is deprecated. Please ensure they have the same size.");
      check_probabilities("binary_cross_entropy", self);
      return reduced_loss(weighted(call<"_bce_table">(self, target), weight), reduction);
    },
    .autocast = Autocast::high,
};
OP(binary_cross_entropy_with_logits){
    .signature =
        "binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, "
        "int reduction=1) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc =
        "Cross entropy of ``sigmoid(self)`` and targets between 0 and 1, without overflow; ``pos_weight`` weights "
        "positive targets.",
    .composite = [](const Tensor& self, const Tensor& target, const Tensor& weight, const Tensor& pos_weight,
                    int64_t reduction) -> Tensor {
      Tensor table = pos_weight.defined() ? call<"_bce_logits_pos_table">(self, target, pos_weight)
                                          : call<"_bce_logits_table">(self, target);
      return reduced_loss(weighted(table, weight), reduction);
    },
    .autocast = Autocast::high,
};
OP(kl_div){
    .signature = "kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc =
        "Kullback-Leibler divergence from log-probabilities ``self`` to ``target``: ``target * (log(target) - self)``.",
    .composite =
        [](const Tensor& self, const Tensor& target, int64_t reduction, bool log_target) {
          return reduced_loss(call<"_kl_div_table">(self, target, log_target), reduction);
        },
    .autocast = Autocast::high,
};

OP(poisson_nll_loss){
    .signature =
        "poisson_nll_loss(Tensor input, Tensor target, bool log_input, bool full, float eps, int reduction) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc =
        "Negative log-likelihood of Poisson counts; ``full`` adds Stirling's approximation of ``log(target!)`` for "
        "targets above 1.",
    .composite = [](const Tensor& input, const Tensor& target, bool log_input, bool full, double eps,
                    int64_t reduction) -> Tensor {
      Tensor table;
      if (log_input)
        table = call<"sub.Tensor">(call<"exp">(input), call<"mul.Tensor">(target, input));
      else
        table = call<"sub.Tensor">(input, call<"mul.Tensor">(target, call<"log">(call<"add.Tensor">(input, eps))));
      if (full) {
        Tensor stirling =
            call<"add.Tensor">(call<"sub.Tensor">(call<"mul.Tensor">(target, call<"log">(target)), target),
                               call<"mul.Tensor">(call<"log">(call<"mul.Tensor">(target, 2 * std::numbers::pi)), 0.5));
        table = call<"add.Tensor">(
            table, call<"where.self">(call<"le.Tensor">(target, 1.0), call<"zeros_like">(stirling), stirling));
      }
      return reduced_loss(table, reduction);
    },
    .autocast = Autocast::high,
};

OP(hinge_embedding_loss){
    .signature = "hinge_embedding_loss(Tensor self, Tensor target, float margin=1.0, int reduction=1) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc = "``self`` where the target is 1, ``max(0, margin - self)`` where it is -1.",
    .composite = [](const Tensor& self, const Tensor& target, double margin, int64_t reduction) -> Tensor {
      Tensor zero = call<"zeros_like">(self);
      Tensor apart =
          call<"where.self">(call<"ne.Tensor">(target, 1.0),
                             call<"clamp">(call<"sub.Tensor">(call<"full_like">(self, margin), self), 0.0), zero);
      Tensor near = call<"where.self">(call<"ne.Tensor">(target, -1.0), self, zero);
      return reduced_loss(call<"add.Tensor">(apart, near), reduction);
    },
    .autocast = Autocast::high,
};
OP(margin_ranking_loss){
    .signature =
        "margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, int reduction=1) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc = "``max(0, -target * (input1 - input2) + margin)``: 1 wants the first larger, -1 the second.",
    .composite = [](const Tensor& a, const Tensor& b, const Tensor& target, double margin,
                    int64_t reduction) -> Tensor {
      Tensor table = call<"add.Tensor">(call<"mul.Tensor">(call<"neg">(target), call<"sub.Tensor">(a, b)), margin);
      return reduced_loss(call<"clamp">(table, 0.0), reduction);
    },
    .autocast = Autocast::high,
};

}  // namespace flambeau
