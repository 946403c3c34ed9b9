// Losses of class scores: negative log-likelihood and cross entropy. (Margins: losses_margin.cpp.)
#include "cpu/nll.h"
#include "cpu/norm.h"
#include "cpu/softmax.h"
#include "ops/reduced_loss.h"
#include "ops/reduction.h"

namespace flambeau {

namespace {

// Scores of (C), (N, C) or (N, C, d1, ...) with targets of the same sizes but the classes'.
NllShape nll_shape(const char* op, const Tensor& x, const Tensor& target, const Tensor& weight) {
  check(x.dim() > 0, ErrorKind::Value, op, ": input tensor should be 1D or more, got a number");
  check(target.dtype() == DType::int64 || target.dtype() == DType::int32 || target.dtype() == DType::uint8,
        ErrorKind::Runtime, op, ": expected scalar type Long but found ", name(target.dtype()),
        " for target; class indices are integers");
  check(target.dim() == x.dim() - 1, ErrorKind::Runtime, op, ": ", x.dim() - 1,
        "D target tensor expected for an input of size ", list_text(x.sizes()), ", got size ",
        list_text(target.sizes()));
  NllShape s{1, x.size(0), 1};
  if (x.dim() > 1) {
    s.samples = x.size(0);
    s.classes = x.size(1);
    bool same = target.size(0) == s.samples;
    for (int64_t d = 2; d < x.dim(); ++d) {
      same = same && target.size(d - 1) == x.size(d);
      s.inner *= x.size(d);
    }
    check(same, x.dim() == 2 ? ErrorKind::Value : ErrorKind::Runtime, op, ": Expected input batch_size (", s.samples,
          ") to match target batch_size (", target.size(0), "): input of size ", list_text(x.sizes()),
          ", target of size ", list_text(target.sizes()));
  }
  check(!weight.defined() || (weight.dim() == 1 && weight.numel() == s.classes), ErrorKind::Runtime, op,
        ": weight tensor should be defined either for all ", s.classes,
        " classes or no classes but got weight tensor of shape: ", size_text(weight));
  return s;
}

// Class weights are constants of these losses: a gradient that would be dropped in silence is refused.
constexpr const char* kConstantWeight = ": not differentiable with respect to the weights; detach() them";
void refuse_gradient(const char* op, const Tensor& weight) {
  check(!weight.defined() || !t_state.grad_enabled || !weight.requires_grad(), ErrorKind::Runtime, op, kConstantWeight);
}

ResultSpecs nll_spec(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t reduction, int64_t) {
  nll_shape("nll_loss", x, target, weight);
  check(is_floating(x.dtype()), ErrorKind::NotImplemented, "nll_loss: not implemented for ", name(x.dtype()));
  return {{reduction == 0 ? Dims(target.sizes()) : Dims(), x.dtype()}, {Dims(), x.dtype()}};
}
void nll_kernel(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t reduction, int64_t ignore,
                const Tensor& out, const Tensor& total) {
  NllShape s = nll_shape("nll_loss", x, target, weight);
  check_targets("nll_loss", target, s.classes, ignore);
  nll_forward(x, target, weight, s, reduction, ignore, out, total);
}
ResultSpec nll_backward_spec(const Tensor& grad, const Tensor& x, const Tensor& target, const Tensor& weight,
                             int64_t reduction, int64_t, const Tensor& total) {
  nll_shape("nll_loss_backward", x, target, weight);
  check(is_floating(x.dtype()) && grad.numel() == (reduction == 0 ? target.numel() : 1) && total.numel() == 1,
        ErrorKind::Runtime, "nll_loss_backward: gradient ", describe(grad), " or total_weight ", describe(total),
        " do not belong to an input ", describe(x));
  return {Dims(x.sizes()), x.dtype()};
}
void nll_backward_kernel(const Tensor& grad, const Tensor& x, const Tensor& target, const Tensor& weight,
                         int64_t reduction, int64_t ignore, const Tensor& total, const Tensor& out) {
  nll_backward(grad, target, weight, nll_shape("nll_loss_backward", x, target, weight), reduction, ignore, total, out);
}

}  // namespace

#define NLL(suffix, title)                                                                                            \
  OP(nll_loss##suffix##_forward){                                                                                     \
      .signature = "nll_loss" #suffix                                                                                 \
                   "_forward(Tensor self, Tensor target, Tensor? weight, int reduction, SymInt ignore_index) -> "     \
                   "(Tensor output, Tensor total_weight)",                                                            \
      .python = nn_private,                                                                                           \
      .doc = "``nll_loss``" title ", and the sum of the weights of the targets.",                                     \
      .shape = nll_spec,                                                                                              \
      .cpu = nll_kernel,                                                                                              \
      .saves = {"self", "target", "weight", "result1"},                                                               \
      .gradient =                                                                                                     \
          [](Grad& g) {                                                                                               \
            check(!g.wants("weight"), ErrorKind::Runtime, "nll_loss" #suffix, kConstantWeight);                       \
            return call<"nll_loss" #suffix "_backward">(g.out(), g.self(), g.arg("target"), g.arg("weight"),          \
                                                        g.integer("reduction"), g.integer("ignore_index"),            \
                                                        g.result(1));                                                 \
          },                                                                                                          \
  };                                                                                                                  \
  OP(nll_loss##suffix##_backward){                                                                                    \
      .signature = "nll_loss" #suffix                                                                                 \
                   "_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, int reduction, SymInt " \
                   "ignore_index, Tensor total_weight) -> Tensor",                                                    \
      .python = nn_private,                                                                                           \
      .doc = "The gradient of ``nll_loss``" title " by its scores.",                                                  \
      .shape = nll_backward_spec,                                                                                     \
      .cpu = nll_backward_kernel,                                                                                     \
      .saves = {"target", "weight"},                                                                                  \
      .gradient =                                                                                                     \
          [](Grad& g) {                                                                                               \
            check(!g.wants("weight"), ErrorKind::Runtime, "nll_loss" #suffix "_backward", kConstantWeight);           \
            g.set("grad_output",                                                                                      \
                  call_all<"nll_loss" #suffix "_forward">(g.out(), g.arg("target"), g.arg("weight"),                  \
                                                          g.integer("reduction"), g.integer("ignore_index"))[0]       \
                      .tensor());                                                                                     \
          },                                                                                                          \
  };                                                                                                                  \
  OP(nll_loss##suffix){                                                                                               \
      .signature =                                                                                                    \
          "nll_loss" #suffix                                                                                          \
          "(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt ignore_index=-100) -> Tensor",   \
      .python = nn_private,                                                                                           \
      .doc = "Negative log-likelihood of class indices" title                                                         \
             ": ``-weight[t] * self[n, t]``, whose mean is over the weights.",                                        \
      .composite = [](const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction,              \
                      int64_t ignore) -> Tensor {                                                                     \
        refuse_gradient("nll_loss" #suffix, weight);                                                                  \
        return call_all<"nll_loss" #suffix "_forward">(self, target, weight, reduction, ignore)[0].tensor();          \
      },                                                                                                              \
      .autocast = Autocast::high,                                                                                     \
  };
NLL(, "")
NLL(2d, " of images")
#undef NLL

OP(nll_loss_nd){
    .signature =
        "nll_loss_nd(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt ignore_index=-100) -> "
        "Tensor",
    .python = nn_private,
    .doc = "``nll_loss`` for scores of any number of dimensions: (C), (N, C) or (N, C, d1, ...).",
    .composite = [](const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction,
                    int64_t ignore) -> Tensor {
      refuse_gradient("nll_loss", weight);
      return call_all<"nll_loss_forward">(self, target, weight, reduction, ignore)[0].tensor();
    },
    .autocast = Autocast::high,
};

// --- cross entropy --------------------------------------------------------------------------------------------------
// Rows of scores with class indices in one operator: the table of log-probabilities is never made, and the backward
// pass writes the gradient in one go.
OP(_cross_entropy_rows){
    .signature =
        "_cross_entropy_rows(Tensor self, Tensor target, Tensor? weight, int ignore_index, float label_smoothing) -> "
        "(Tensor losses, Tensor lse)",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Cross entropy of each row of scores, and the logarithm of its sum of exponentials.",
    .shape = [](const Tensor& self, const Tensor& target, const Tensor& weight, int64_t, double) -> ResultSpecs {
      NllShape s = nll_shape("cross_entropy_loss", self, target, weight);
      check(is_floating(self.dtype()), ErrorKind::NotImplemented, "cross_entropy_loss: not implemented for ",
            name(self.dtype()));
      DType lane = norm_lane(self.dtype());
      return {{Dims{s.samples}, lane}, {Dims{s.samples}, lane}};
    },
    .cpu =
        [](const Tensor& self, const Tensor& target, const Tensor& weight, int64_t ignore, double smoothing,
           const Tensor& losses, const Tensor& lse) {
          check_targets("cross_entropy_loss", target, self.size(1), ignore);
          cross_entropy_rows(self, target, weight, ignore, smoothing, losses, lse);
        },
    .saves = {"copy of self", "target", "weight", "result1"},
    .gradient =
        [](Grad& g) {
          check(!g.wants("weight"), ErrorKind::Runtime, "cross_entropy_loss", kConstantWeight);
          Tensor x = g.self(), target = g.arg("target"), weight = g.arg("weight");
          int64_t ignore = g.integer("ignore_index");
          double smoothing = g.number("label_smoothing");
          if (!g.tracked())
            return call<"_cross_entropy_rows_backward">(g.out(), x, target, weight, ignore, smoothing, g.result(1));
          // Differentiable: losses = -sum(T * log_softmax(x)) with a constant table T.
          int64_t n = x.size(1);
          Tensor valid = call<"ne.Tensor">(target, ignore), index = call<"mul.Tensor">(target, valid);
          Tensor wide = call<"_to_copy">(index, DType::int64);
          Tensor row = weight.defined() ? call<"_to_copy">(weight, x.dtype()) : call<"new_ones">(x, Dims{n});
          Tensor sharp = call<"mul.Tensor">(call<"index_select">(row, int64_t{0}, wide), 1 - smoothing);
          Tensor table = call<"scatter.src">(call<"new_zeros">(x, x.sizes()), int64_t{1},
                                             call<"unsqueeze">(wide, int64_t{1}), call<"unsqueeze">(sharp, int64_t{1}));
          table = call<"add.Tensor">(table, call<"mul.Tensor">(row, smoothing / static_cast<double>(n)));
          table = call<"mul.Tensor">(table, call<"unsqueeze">(valid, int64_t{1}));
          Tensor p = call<"_softmax">(x, int64_t{1}, false), total = call<"sum.dim_IntList">(table, Dims{1}, true);
          return call<"mul.Tensor">(call<"unsqueeze">(g.out(), int64_t{1}),
                                    call<"sub.Tensor">(call<"mul.Tensor">(p, total), table));
        },
};
OP(_cross_entropy_rows_backward){
    .signature =
        "_cross_entropy_rows_backward(Tensor grad, Tensor self, Tensor target, Tensor? weight, int ignore_index, float "
        "label_smoothing, Tensor lse) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The gradient of ``_cross_entropy_rows`` by the scores.",
    .shape = [](const Tensor& grad, const Tensor& self, const Tensor& target, const Tensor& weight, int64_t, double,
                const Tensor& lse) -> ResultSpec {
      NllShape s = nll_shape("_cross_entropy_rows_backward", self, target, weight);
      check(is_floating(self.dtype()), ErrorKind::NotImplemented, "_cross_entropy_rows_backward: not implemented for ",
            name(self.dtype()));
      DType lane = norm_lane(self.dtype());
      check(grad.dim() == 1 && grad.size(0) == s.samples && lse.dim() == 1 && lse.size(0) == s.samples &&
                grad.dtype() == lane && lse.dtype() == lane,
            ErrorKind::Runtime, "_cross_entropy_rows_backward: ", describe(grad), " and ", describe(lse),
            " are not what belongs to scores ", describe(self));
      return {Dims(self.sizes()), self.dtype()};
    },
    .cpu =
        [](const Tensor& grad, const Tensor& self, const Tensor& target, const Tensor& weight, int64_t ignore,
           double smoothing, const Tensor& lse, const Tensor& out) {
          check_targets("_cross_entropy_rows_backward", target, self.size(1), ignore);
          cross_entropy_rows_backward(grad, self, target, weight, ignore, smoothing, lse, out);
        },
    .not_differentiable = "cross entropy gives its second derivative through operators",
};

// The sum of the weights of the targets that count.
static Tensor weight_of_targets(const Tensor& target, const Tensor& weight, int64_t ignore, DType dtype) {
  GradMode off(false);
  Tensor valid = call<"ne.Tensor">(target, ignore);
  if (!weight.defined()) return call<"sum">(valid, dtype);
  Tensor index = call<"_to_copy">(call<"mul.Tensor">(target, valid), DType::int64);
  return call<"sum">(
      call<"mul.Tensor">(call<"index_select">(call<"_to_copy">(weight, dtype), int64_t{0}, index), valid));
}

static Tensor probability_loss(const Tensor& x, const Tensor& target, const Tensor& weight, int64_t reduction,
                               double smoothing, int64_t dim) {
  int64_t n = x.size(dim);
  check(is_floating(target.dtype()), ErrorKind::Runtime,
        "cross_entropy_loss: Expected floating point type for target with class probabilities, got ",
        name(target.dtype()));
  Tensor t = target;
  if (smoothing > 0) t = call<"add.Tensor">(call<"mul.Tensor">(t, 1 - smoothing), smoothing / static_cast<double>(n));
  Tensor product = call<"mul.Tensor">(call<"log_softmax.int">(x, dim), t);
  if (weight.defined()) {
    Dims shape(static_cast<size_t>(x.dim()), 1);
    shape[dim] = n;
    product = call<"mul.Tensor">(product, call<"view">(weight, shape));
  }
  if (reduction == 0) return call<"neg">(call<"sum.dim_IntList">(product, Dims{dim}, false));
  Tensor total = call<"neg">(call<"sum">(product));
  return reduction == 1 ? call<"div.Tensor">(total, static_cast<double>(x.numel() / std::max<int64_t>(1, n))) : total;
}

OP(cross_entropy_loss){
    .signature =
        "cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt "
        "ignore_index=-100, float label_smoothing=0.0) -> Tensor",
    .python = nn_private,
    .doc =
        "Cross entropy of scores (C), (N, C) or (N, C, d1, ...) and class indices or class probabilities; "
        "``label_smoothing`` mixes the target with equal probabilities.",
    .composite = [](const Tensor& self, const Tensor& target, const Tensor& weight, int64_t reduction, int64_t ignore,
                    double smoothing) -> Tensor {
      check(self.dim() > 0, ErrorKind::Runtime, "cross_entropy_loss: input must have at least one dimension");
      check(smoothing >= 0 && smoothing <= 1, ErrorKind::Runtime,
            "cross_entropy_loss: label_smoothing must be between 0.0 and 1.0. Got: ", smoothing);
      int64_t dim = self.dim() == 1 ? 0 : 1;
      if (std::ranges::equal(self.sizes(), target.sizes()))
        return probability_loss(self, target, weight, reduction, smoothing, dim);
      nll_shape("cross_entropy_loss", self, target, weight);
      refuse_gradient("cross_entropy_loss", weight);
      Tensor x = self, t = target;
      if (self.dim() == 1) {
        x = call<"unsqueeze">(self, int64_t{0});
        t = call<"unsqueeze">(target, int64_t{0});
      } else if (self.dim() > 2) {  // classes last
        Dims order{0};
        for (int64_t d = 2; d < self.dim(); ++d) order.push_back(d);
        order.push_back(1);
        x = call<"reshape">(call<"permute">(self, order), Dims{target.numel(), self.size(1)});
        t = call<"reshape">(target, Dims{target.numel()});
      }
      Tensor losses = call_all<"_cross_entropy_rows">(x, t, weight, ignore, smoothing)[0].tensor();
      Tensor result;
      if (reduction == 0) {
        result = call<"view">(losses, target.sizes());
      } else {
        result = call<"sum">(losses);
        if (reduction == 1) result = call<"div.Tensor">(result, weight_of_targets(t, weight, ignore, losses.dtype()));
      }
      return result.dtype() == self.dtype() ? result : call<"_to_copy">(result, self.dtype());
    },
    .autocast = Autocast::high,
};

}  // namespace flambeau
