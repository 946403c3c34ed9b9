// Losses with margins between classes or between distances.
#include "cpu/dispatch.h"
#include "cpu/nll.h"
#include "ops/reduced_loss.h"
#include "ops/reduction.h"

namespace flambeau {

OP(multi_margin_loss){
    .signature =
        "multi_margin_loss(Tensor self, Tensor target, Scalar p=1, Scalar margin=1, Tensor? weight=None, int "
        "reduction=1) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc = "``sum(max(0, margin - x[y] + x[i]) ** p) / C`` over the classes ``i`` other than the target ``y``.",
    .composite = [](const Tensor& self, const Tensor& target, const Value& p, const Value& margin, const Tensor& weight,
                    int64_t reduction) -> Tensor {
      double order = p.number();
      check(order == 1 || order == 2, ErrorKind::Runtime, "multi_margin_loss: only supports p == 1 and p == 2, got ",
            order);
      check(self.dim() == 0 || (self.dim() <= 2 && self.size(-1) > 0), ErrorKind::Runtime,
            "multi_margin_loss: Expected non-empty vector or matrix with optional 0-dim batch size, but got: ",
            list_text(self.sizes()));
      int64_t n = self.dim() == 2 ? self.size(0) : 1, classes = self.dim() ? self.size(-1) : 1;
      check(target.dim() <= 1 && target.numel() == n, ErrorKind::Runtime,
            "multi_margin_loss: inconsistent target size, expected ", n, " but got ", list_text(target.sizes()));
      check(target.dtype() == DType::int64, ErrorKind::Runtime, "multi_margin_loss: target has to be int64, got ",
            name(target.dtype()));
      check(!weight.defined() || weight.numel() == classes, ErrorKind::Runtime,
            "multi_margin_loss: inconsistent weight size, expected ", classes, " but got ", size_text(weight));
      if (!target.is_meta()) check_targets("multi_margin_loss", target, classes, -1000000000);
      Tensor x = call<"reshape">(self, Dims{n, classes}), y = call<"reshape">(target, Dims{n, 1});
      Tensor z = call<"clamp">(
          call<"add.Tensor">(call<"sub.Tensor">(x, call<"gather">(x, int64_t{1}, y)), margin.number()), 0.0);
      if (order == 2) z = call<"mul.Tensor">(z, z);
      if (weight.defined())
        z = call<"mul.Tensor">(
            z,
            call<"unsqueeze">(call<"index_select">(weight, int64_t{0}, call<"reshape">(target, Dims{n})), int64_t{1}));
      z = call<"scatter.value">(z, int64_t{1}, y, 0.0);
      Tensor losses = call<"div.Tensor">(call<"sum.dim_IntList">(z, Dims{1}, false), static_cast<double>(classes));
      return reduced_loss(self.dim() <= 1 && target.dim() == 0 ? call<"reshape">(losses, Dims{}) : losses, reduction);
    },
    .autocast = Autocast::high,
};

// --- multilabel margin ----------------------------------------------------------------------------------------------
namespace {
struct Labels {
  int64_t n, classes;
};
Labels labels_of(const char* op, const Tensor& self, const Tensor& target) {
  check(self.dim() <= 2 && std::ranges::equal(self.sizes(), target.sizes()), ErrorKind::Runtime, op,
        ": inconsistent size ", list_text(target.sizes()), " for target, input has ", list_text(self.sizes()));
  check(
      self.dim() == 0 || self.size(-1) > 0, ErrorKind::Runtime, op,
      ": expected a vector of classes, or a matrix of them that may have no rows, but got: ", list_text(self.sizes()));
  check(target.dtype() == DType::int64, ErrorKind::Runtime, op, ": target has to be int64, got ", name(target.dtype()));
  return {self.dim() == 2 ? self.size(0) : 1, self.dim() ? self.size(-1) : 1};
}
void check_label(int64_t label, int64_t classes) {
  check(label < classes, ErrorKind::Runtime, "multilabel_margin_loss: Target ", label, " is out of bounds for ",
        classes, " classes");
}
}  // namespace

OP(multilabel_margin_loss_forward){
    .signature =
        "multilabel_margin_loss_forward(Tensor self, Tensor target, int reduction) -> (Tensor output, Tensor "
        "is_target)",
    .python = nn_private,
    .doc = "``multilabel_margin_loss``, and which classes are targets.",
    .shape = [](const Tensor& self, const Tensor& target, int64_t reduction) -> ResultSpecs {
      Labels s = labels_of("multilabel_margin_loss", self, target);
      return {{reduction != 0 || self.dim() < 2 ? Dims() : Dims{s.n}, self.dtype()},
              {Dims(target.sizes()), self.dtype()}};
    },
    .cpu =
        [](const Tensor& self, const Tensor& target_, int64_t reduction, const Tensor& out, const Tensor& is_target) {
          Labels s = labels_of("multilabel_margin_loss", self, target_);
          Tensor x = as_contiguous(self), target = as_contiguous(cast(target_, DType::int64));
          fill_elements(is_target, Scalar(0));
          dispatch_floating("multilabel_margin_loss", self.dtype(), [&]<class T>() {
            double total = 0;
            for (int64_t r = 0; r < s.n; ++r) {
              const T* row = x.data<T>() + r * s.classes;
              const int64_t* y = target.data<int64_t>() + r * s.classes;
              T* flags = is_target.data<T>() + r * s.classes;
              int64_t count = 0;
              for (; count < s.classes && y[count] >= 0; ++count) {
                check_label(y[count], s.classes);
                flags[y[count]] = static_cast<T>(1.0f);
              }
              double loss = 0;
              for (int64_t k = 0; k < count; ++k)
                for (int64_t c = 0; c < s.classes; ++c)
                  if (static_cast<Wide<T>>(flags[c]) == 0)
                    loss += std::max(0.0, 1.0 - static_cast<double>(row[y[k]]) + static_cast<double>(row[c]));
              loss /= static_cast<double>(s.classes);
              if (reduction == 0)
                out.data<T>()[r] = static_cast<T>(static_cast<Wide<T>>(loss));
              else
                total += loss;
            }
            if (reduction != 0)
              *out.data<T>() =
                  static_cast<T>(static_cast<Wide<T>>(reduction == 1 ? total / static_cast<double>(s.n) : total));
          });
        },
    .saves = {"self", "target", "result1"},
    .gradient =
        [](Grad& g) {
          return call<"multilabel_margin_loss_backward">(g.out(), g.self(), g.arg("target"), g.integer("reduction"),
                                                         g.result(1));
        },
    .autocast = Autocast::high,
};
OP(multilabel_margin_loss_backward){
    .signature =
        "multilabel_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction, Tensor "
        "is_target) -> Tensor",
    .python = nn_private,
    .doc = "The gradient of ``multilabel_margin_loss``.",
    .shape = [](const Tensor& grad, const Tensor& self, const Tensor& target, int64_t reduction,
                const Tensor& is_target) -> ResultSpec {
      Labels s = labels_of("multilabel_margin_loss_backward", self, target);
      check(grad.numel() == (reduction == 0 ? s.n : 1) && is_target.numel() == target.numel(), ErrorKind::Runtime,
            "multilabel_margin_loss_backward: gradient ", describe(grad), " or is_target ", describe(is_target),
            " do not belong to an input ", describe(self));
      return {Dims(self.sizes()), self.dtype()};
    },
    .cpu =
        [](const Tensor& grad_, const Tensor& self, const Tensor& target_, int64_t reduction, const Tensor& is_target,
           const Tensor& out) {
          Labels s = labels_of("multilabel_margin_loss", self, target_);
          Tensor x = as_contiguous(cast(self, DType::float64)), target = as_contiguous(cast(target_, DType::int64)),
                 flags_ = as_contiguous(cast(is_target, DType::float64));
          Tensor grad = as_contiguous(cast(grad_, DType::float64)), wide = empty(out.sizes(), DType::float64);
          fill_elements(wide, Scalar(0));
          for (int64_t r = 0; r < s.n; ++r) {
            const double *row = x.data<double>() + r * s.classes, *flags = flags_.data<double>() + r * s.classes;
            const int64_t* y = target.data<int64_t>() + r * s.classes;
            double* to = wide.data<double>() + r * s.classes;
            double g = grad.data<double>()[reduction == 0 ? r : 0] / static_cast<double>(s.classes) /
                       (reduction == 1 ? static_cast<double>(s.n) : 1.0);
            for (int64_t k = 0; k < s.classes && y[k] >= 0; ++k) {
              check_label(y[k], s.classes);
              for (int64_t c = 0; c < s.classes; ++c)
                if (flags[c] == 0 && 1 - row[y[k]] + row[c] > 0) to[y[k]] -= g, to[c] += g;
            }
          }
          copy_elements(out, wide);
        },
    .saves = {"self", "target", "is_target"},
    // Linear in grad_output, piecewise constant in the scores.
    .gradient =
        [](Grad& g) {
          Tensor self = g.self();
          Tensor ones = call<"new_ones">(g.out(), g.sizes("grad_output"));
          Tensor slopes = call<"multilabel_margin_loss_backward">(ones, self, g.arg("target"), g.integer("reduction"),
                                                                  g.arg("is_target"));
          Tensor each = call<"mul.Tensor">(g.out(), slopes);
          const bool rows = g.integer("reduction") == 0 && self.dim() == 2;
          g.set("grad_output", rows ? call<"sum.dim_IntList">(each, Dims{1}) : call<"sum">(each));
          if (g.wants("self")) g.set("self", call<"zeros_like">(self));
        },
};
OP(multilabel_margin_loss){
    .signature = "multilabel_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc =
        "``sum(max(0, 1 - x[y] + x[i])) / C`` over the targets ``y`` (up to the first negative one) and the classes "
        "``i`` that are none.",
    .composite = [](const Tensor& self, const Tensor& target, int64_t reduction) -> Tensor {
      return call_all<"multilabel_margin_loss_forward">(self, target, reduction)[0].tensor();
    },
    .autocast = Autocast::high,
};

// --- distances ------------------------------------------------------------------------------------------------------
OP(cosine_embedding_loss){
    .signature =
        "cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, int reduction=1) -> "
        "Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc =
        "``1 - cos`` of the angle between the inputs where the target is 1, ``max(0, cos - margin)`` where it is -1.",
    .composite = [](const Tensor& a, const Tensor& b, const Tensor& target, double margin,
                    int64_t reduction) -> Tensor {
      int64_t rank = target.dim();
      check(rank <= 1, ErrorKind::Runtime,
            "cosine_embedding_loss: 0D or 1D target tensor expected, multi-target not supported, got size ",
            list_text(target.sizes()));
      check(a.dim() == rank + 1 && b.dim() == rank + 1, ErrorKind::Runtime, "cosine_embedding_loss: ", rank,
            "D target tensor expects ", rank + 1, "D input tensors, but found inputs with sizes ", list_text(a.sizes()),
            " and ", list_text(b.sizes()), ".");
      Dims dims{rank};
      auto dot = [&](const Tensor& u, const Tensor& v) {
        return call<"sum.dim_IntList">(call<"mul.Tensor">(u, v), dims, false);
      };
      constexpr double small = 1e-12;
      Tensor squares = call<"mul.Tensor">(call<"add.Tensor">(dot(a, a), small), call<"add.Tensor">(dot(b, b), small));
      Tensor cosine = call<"div.Tensor">(dot(a, b), call<"sqrt">(squares));
      Tensor zero = call<"zeros_like">(cosine);
      Tensor near = call<"sub.Tensor">(call<"ones_like">(cosine), cosine),
             apart = call<"clamp">(call<"sub.Tensor">(cosine, margin), 0.0);
      Tensor losses = call<"add.Tensor">(call<"where.self">(call<"eq.Tensor">(target, int64_t{1}), near, zero),
                                         call<"where.self">(call<"eq.Tensor">(target, int64_t{-1}), apart, zero));
      return reduced_loss(losses, reduction);
    },
    .autocast = Autocast::high,
};

OP(triplet_margin_loss){
    .signature =
        "triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1.0, float p=2.0, float "
        "eps=1e-06, bool swap=False, int reduction=1) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc =
        "``max(0, d(anchor, positive) - d(anchor, negative) + margin)``; ``swap`` also takes the distance of positive "
        "and negative into account.",
    .composite = [](const Tensor& a, const Tensor& p, const Tensor& n, double margin, double order, double eps,
                    bool swap, int64_t reduction) -> Tensor {
      check(a.dim() == p.dim() && p.dim() == n.dim(), ErrorKind::Runtime,
            "triplet_margin_loss: The anchor, positive, and negative tensors are expected to have the same number of "
            "dimensions, but got: anchor ",
            a.dim(), "D, positive ", p.dim(), "D, and negative ", n.dim(), "D inputs");
      check(margin > 0, ErrorKind::Runtime, "triplet_margin_loss: margin must be greater than 0, got ", margin);
      Tensor near = call<"pairwise_distance">(a, p, order, eps), far = call<"pairwise_distance">(a, n, order, eps);
      if (swap) far = call<"minimum">(far, call<"pairwise_distance">(p, n, order, eps));
      return reduced_loss(call<"clamp">(call<"add.Tensor">(call<"sub.Tensor">(near, far), margin), 0.0), reduction);
    },
    .autocast = Autocast::high,
};

}  // namespace flambeau
