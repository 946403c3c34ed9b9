// Connectionist temporal classification (Graves et al., 2006): the negative logarithm of the probability of a label
// sequence, summed over all alignments. Sums run in logarithms, over the labels with blanks between them.
#include <cmath>
#include <limits>

#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/reduced_loss.h"

namespace flambeau {

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
double log_add(double a, double b) {
  if (a == kNever) return b;
  if (b == kNever) return a;
  return std::max(a, b) + std::log1p(std::exp(-std::fabs(a - b)));
}

void check_problem(const Tensor& log_probs, const Tensor& target, IntSpan inputs, IntSpan targets, int64_t blank) {
  check(log_probs.dim() == 3, ErrorKind::Runtime, "ctc_loss: log_probs should be (time, batch, classes), got size ",
        list_text(log_probs.sizes()));
  check(is_floating(log_probs.dtype()), ErrorKind::NotImplemented, "ctc_loss: not implemented for ",
        name(log_probs.dtype()));
  check(is_integral(target.dtype()), ErrorKind::Runtime, "ctc_loss: targets must be of integral type, got ",
        name(target.dtype()));
  const int64_t steps = log_probs.size(0), batch = log_probs.size(1), classes = log_probs.size(2);
  check(blank >= 0 && blank < classes, ErrorKind::Runtime, "ctc_loss: blank must be in label range, got ", blank,
        " with ", classes, " classes");
  check(static_cast<int64_t>(inputs.size()) == batch, ErrorKind::Runtime,
        "ctc_loss: input_lengths must be of size batch_size: ", inputs.size(), " for ", batch);
  check(static_cast<int64_t>(targets.size()) == batch, ErrorKind::Runtime,
        "ctc_loss: target_lengths must be of size batch_size: ", targets.size(), " for ", batch);
  check(target.dim() <= 2, ErrorKind::Runtime, "ctc_loss: targets should be 1- or 2-dimensional, got size ",
        list_text(target.sizes()));
  check(target.dim() != 2 || target.size(0) == batch, ErrorKind::Runtime, "ctc_loss: Expected targets to have size ",
        batch, " at dimension 0, but got size ", list_text(target.sizes()));
  int64_t left = target.numel();
  for (int64_t b = 0; b < batch; ++b) {
    check(targets[b] >= 0, ErrorKind::Runtime,
          "ctc_loss: Expected target_lengths to have value at least 0, but got value ", targets[b]);
    check(inputs[b] >= 0 && inputs[b] <= steps, ErrorKind::Runtime,
          "ctc_loss: Expected input_lengths to have value at most ", steps, ", but got value ", inputs[b]);
    const int64_t most = target.dim() == 2 ? target.size(1) : left;
    check(targets[b] <= most, ErrorKind::Runtime, "ctc_loss: Expected targets to have ", targets[b],
          " labels for sequence ", b, ", but got ", most);
    left -= targets[b];
  }
}

struct Problem {
  int64_t steps, batch, classes, longest = 0, blank;
  Tensor probabilities, labels;  // (T, N, C) double; labels one after the other
  std::vector<int64_t> starts;
  Dims inputs, targets;

  Problem(const Tensor& log_probs, const Tensor& target, IntSpan input_lengths, IntSpan target_lengths, int64_t blank_)
      : steps(log_probs.size(0)),
        batch(log_probs.size(1)),
        classes(log_probs.size(2)),
        blank(blank_),
        inputs(input_lengths),
        targets(target_lengths) {
    labels = as_contiguous(cast(target, DType::int64));
    int64_t at = 0;
    for (int64_t b = 0; b < batch; ++b) {
      starts.push_back(target.dim() == 2 ? b * target.size(1) : at);
      at += targets[b];
      longest = std::max(longest, targets[b]);
    }
    probabilities = as_contiguous(cast(log_probs, DType::float64));
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t k = 0; k < targets[b]; ++k) {
        int64_t l = labels.data<int64_t>()[starts[b] + k];
        check(l >= 0 && l < classes, ErrorKind::Runtime, "ctc_loss: target ", l, " is not one of ", classes,
              " classes");
      }
  }
  int64_t width() const { return 2 * longest + 1; }
  int64_t label(int64_t b, int64_t s) const { return s % 2 ? labels.data<int64_t>()[starts[b] + s / 2] : blank; }
  double log_p(int64_t b, int64_t t, int64_t s) const {
    return probabilities.data<double>()[(t * batch + b) * classes + label(b, s)];
  }
  bool jumps(int64_t b, int64_t s) const {
    return s >= 2 && s % 2 && label(b, s) != label(b, s - 2);
  }  // may come from s - 2

  // alpha[t][s]: the log-probability of all beginnings that stand at s after step t
  double forward(int64_t b, double* alpha) const {
    int64_t places = 2 * targets[b] + 1, w = width();
    std::fill(alpha, alpha + steps * w, kNever);
    if (inputs[b] == 0) return targets[b] == 0 ? 0 : std::numeric_limits<double>::infinity();
    alpha[0] = log_p(b, 0, 0);
    if (places > 1) alpha[1] = log_p(b, 0, 1);
    for (int64_t t = 1; t < inputs[b]; ++t)
      for (int64_t s = 0; s < places; ++s) {
        const double* before = alpha + (t - 1) * w;
        double sum = before[s];
        if (s > 0) sum = log_add(sum, before[s - 1]);
        if (jumps(b, s)) sum = log_add(sum, before[s - 2]);
        alpha[t * w + s] = sum + log_p(b, t, s);
      }
    const double* last = alpha + (inputs[b] - 1) * w;
    return -(places > 1 ? log_add(last[places - 1], last[places - 2]) : last[0]);
  }
  // The gradient by the log-probabilities, times g.
  void backward(int64_t b, const double* alpha, double loss, double g, bool zero_infinity, double* out) const {
    int64_t places = 2 * targets[b] + 1, w = width(), n = inputs[b];
    if (n == 0 || (zero_infinity && std::isinf(loss))) return;
    std::vector<double> beta(w, kNever), next(w, kNever), sums(classes);
    for (int64_t t = n - 1; t >= 0; --t) {
      for (int64_t s = places - 1; s >= 0; --s) {
        double sum;
        if (t == n - 1) {
          sum = s >= places - 2 ? 0 : kNever;
        } else {
          sum = beta[s];
          if (s + 1 < places) sum = log_add(sum, beta[s + 1]);
          if (s + 2 < places && jumps(b, s + 2)) sum = log_add(sum, beta[s + 2]);
        }
        next[s] = sum + log_p(b, t, s);
      }
      std::swap(beta, next);
      std::fill(sums.begin(), sums.end(), kNever);
      for (int64_t s = 0; s < places; ++s) {
        double& total = sums[label(b, s)];
        total = log_add(total, alpha[t * w + s] + beta[s]);
      }
      const double* p = probabilities.data<double>() + (t * batch + b) * classes;
      double* to = out + (t * batch + b) * classes;
      for (int64_t c = 0; c < classes; ++c) to[c] = (std::exp(p[c]) - std::exp(sums[c] + loss - p[c])) * g;
    }
  }
};

Dims lengths_of(const Tensor& t) {
  Tensor x = as_contiguous(cast(t, DType::int64));
  return Dims(IntSpan(x.data<int64_t>(), x.numel()));
}

}  // namespace

OP(_ctc_loss){
    .signature =
        "_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank=0, bool "
        "zero_infinity=False) -> (Tensor, Tensor)",
    .python = hidden,
    .doc = "The loss of each sequence, and the log-probabilities of its beginnings.",
    .shape = [](const Tensor& log_probs, const Tensor& targets, IntSpan inputs, IntSpan lengths, int64_t blank,
                bool) -> ResultSpecs {
      check_problem(log_probs, targets, inputs, lengths, blank);
      int64_t longest = 0;
      for (int64_t l : lengths) longest = std::max(longest, l);
      return {{Dims{log_probs.size(1)}, log_probs.dtype()},
              {Dims{log_probs.size(1), log_probs.size(0), 2 * longest + 1}, log_probs.dtype()}};
    },
    .cpu =
        [](const Tensor& log_probs, const Tensor& targets, IntSpan inputs, IntSpan lengths, int64_t blank,
           bool zero_infinity, const Tensor& out, const Tensor& log_alpha) {
          Problem p(log_probs, targets, inputs, lengths, blank);
          Tensor losses = empty(out.sizes(), DType::float64), alpha = empty(log_alpha.sizes(), DType::float64);
          parallel_tasks(p.batch, [&](int64_t b) {
            double loss = p.forward(b, alpha.data<double>() + b * p.steps * p.width());
            losses.data<double>()[b] = zero_infinity && std::isinf(loss) ? 0 : loss;
          });
          copy_elements(out, losses);
          copy_elements(log_alpha, alpha);
        },
    .saves = {"log_probs", "targets"},
    .gradient =
        [](Grad& g) {
          return call<"_ctc_loss_gradient">(g.out(), g.arg("log_probs"), g.arg("targets"), g.ints("input_lengths"),
                                            g.ints("target_lengths"), g.integer("blank"), g.flag("zero_infinity"));
        },
};
OP(_ctc_loss_gradient){
    .signature =
        "_ctc_loss_gradient(Tensor grad, Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, "
        "int blank, bool zero_infinity) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The gradient of ``ctc_loss`` by the log-probabilities, of which a softmax is assumed to have been taken.",
    .shape = [](const Tensor& grad, const Tensor& log_probs, const Tensor& targets, IntSpan inputs, IntSpan lengths,
                int64_t blank, bool) -> ResultSpec {
      check_problem(log_probs, targets, inputs, lengths, blank);
      check(grad.numel() == log_probs.size(1), ErrorKind::Runtime, "_ctc_loss_gradient: the gradient ", describe(grad),
            " has to have an element for each of ", log_probs.size(1), " sequences");
      return {Dims(log_probs.sizes()), log_probs.dtype()};
    },
    .cpu =
        [](const Tensor& grad, const Tensor& log_probs, const Tensor& targets, IntSpan inputs, IntSpan lengths,
           int64_t blank, bool zero_infinity, const Tensor& out) {
          Problem p(log_probs, targets, inputs, lengths, blank);
          Tensor wide = empty(out.sizes(), DType::float64), g = as_contiguous(cast(grad, DType::float64));
          fill_elements(wide, Scalar(0));
          parallel_tasks(p.batch, [&](int64_t b) {
            std::vector<double> alpha(p.steps * p.width());
            double loss = p.forward(b, alpha.data());
            p.backward(b, alpha.data(), loss, g.data<double>()[b], zero_infinity, wide.data<double>());
          });
          copy_elements(out, wide);
        },
    .gradient = [](Grad&) -> Tensor {  // refused, rather than a gradient that counts as constant
      raise(ErrorKind::Runtime, "ctc_loss: the second derivative is not implemented");
    },
};

static Tensor ctc(const Tensor& log_probs, const Tensor& targets, IntSpan inputs, IntSpan lengths, int64_t blank,
                  int64_t reduction, bool zero_infinity) {
  bool batched = log_probs.dim() == 3;
  Tensor x = batched ? log_probs : call<"unsqueeze">(log_probs, int64_t{1});
  Tensor losses = call_all<"_ctc_loss">(x, targets, inputs, lengths, blank, zero_infinity)[0].tensor();
  if (reduction == static_cast<int64_t>(Reduction::mean)) {
    Tensor count = empty(Dims{static_cast<int64_t>(lengths.size())}, DType::int64);
    for (size_t i = 0; i < lengths.size(); ++i) count.data<int64_t>()[i] = std::max<int64_t>(1, lengths[i]);
    return call<"mean">(call<"div.Tensor">(losses, call<"to.device">(count, losses.device(), losses.dtype())));
  }
  if (reduction == static_cast<int64_t>(Reduction::sum)) return call<"sum">(losses);
  return batched ? losses : call<"squeeze.dim">(losses, int64_t{0});
}

OP(ctc_loss_ints){
    .signature =
        "ctc_loss.IntList(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank=0, "
        "int reduction=1, bool zero_infinity=False) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc =
        "CTC loss of log-probabilities (T, N, C) and labels (N, S), or all labels in one row; the mean divides by the "
        "lengths of the targets first.",
    .composite = ctc,
    .autocast = Autocast::high,
};
OP(ctc_loss_tensors){
    .signature =
        "ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank=0, "
        "int reduction=1, bool zero_infinity=False) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .composite =
        [](const Tensor& log_probs, const Tensor& targets, const Tensor& inputs, const Tensor& lengths, int64_t blank,
           int64_t reduction, bool zero_infinity) {
          return ctc(log_probs, targets, lengths_of(inputs), lengths_of(lengths), blank, reduction, zero_infinity);
        },
    .autocast = Autocast::high,
};

}  // namespace flambeau
