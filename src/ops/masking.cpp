// Elements chosen by a mask: masked_fill, masked_select, masked_scatter.
#include <cstring>

#include "core/fits.h"
#include "cpu/dispatch.h"
#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

void check_mask(const char* op, const Tensor& mask) {
  check(mask.dtype() == DType::bool_, ErrorKind::Runtime, op, ": expected BoolTensor for mask, got ",
        name(mask.dtype()));
}

Tensor expanded(const Tensor& t, IntSpan sizes) { return as_contiguous(alias(t, t.layout().expanded(sizes))); }

constexpr int64_t kBlock = 32768;

// Positions of the first selected element of each block, and their number at the end.
std::vector<int64_t> block_starts(const uint8_t* mask, int64_t n) {
  int64_t blocks = (n + kBlock - 1) / kBlock;
  std::vector<int64_t> start(blocks + 1, 0);
  parallel_tasks(blocks, [&](int64_t b) {
    int64_t count = 0;
    for (int64_t i = b * kBlock, end = std::min(n, i + kBlock); i < end; ++i) count += mask[i];
    start[b + 1] = count;
  });
  for (int64_t b = 0; b < blocks; ++b) start[b + 1] += start[b];
  return start;
}

}  // namespace

OP(masked_fill_scalar){
    .signature = "masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor",
    .doc = R"(``self`` with ``value`` (a number or a tensor without dimensions) where the mask is true.
      >>> flambeau.masked_fill(flambeau.tensor([1., 2.]), flambeau.tensor([True, False]), 0)
      tensor([0., 2.]))",
    .dtype = rule::first.mask(1),
    .formula = [](Expr self, Expr mask, Expr value) { return formula::where(mask, value, self); },
};
OP(masked_fill_tensor){
    .signature = "masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor",
    .dtype = rule::first.mask(1),
    .formula = [](Expr self, Expr mask, Expr value) { return formula::where(mask, value, self); },
    .verify =
        [](const Call& call, DType common) {
          if (!call.args[2].is_tensor()) return;
          Tensor value = call.tensor(2);
          check(value.dim() == 0, ErrorKind::Runtime, call.name(),
                ": value has to be a number or a tensor without dimensions, got one of shape ",
                list_text(value.sizes()));
          check(!value.is_complex() || is_complex(common), ErrorKind::Runtime, call.name(),
                ": a complex value does not fit into a tensor of dtype ", name(common));
          if (is_integral(common) && value.dtype() != common && !value.is_meta())
            check_fits(call.name(), read_element(value), common);
        },
};

OP(masked_select){
    .signature = "masked_select(Tensor self, Tensor mask) -> Tensor",
    .variants = Variants::out,
    .doc = R"(The elements where the mask is true, as a vector; tensor and mask are broadcast together.
      >>> flambeau.masked_select(flambeau.tensor([1, 2, 3]), flambeau.tensor([True, False, True]))
      tensor([1, 3]))",
    .out = OutRule::distinct,
    .cpu = [](const Tensor& self, const Tensor& mask) -> Tensor {
      check_mask("masked_select", mask);
      Dims sizes = broadcast_sizes("masked_select", self.sizes(), mask.sizes());
      Tensor from = expanded(self, sizes), where = expanded(mask, sizes);
      int64_t n = from.numel();
      const uint8_t* bits = n ? static_cast<const uint8_t*>(where.data()) : nullptr;
      std::vector<int64_t> start = block_starts(bits, n);
      Tensor out = empty(Dims{start.back()}, self.dtype(), self.device());
      dispatch_size(self.itemsize(), [&]<class T>() {
        const T* values = n ? from.data<T>() : nullptr;
        T* to = start.back() ? out.data<T>() : nullptr;
        parallel_tasks(static_cast<int64_t>(start.size()) - 1, [&](int64_t b) {
          T* at = to + start[b];
          T* stop = to + start[b + 1];
          // Without a branch: written always, kept when selected.
          for (int64_t i = b * kBlock; at < stop; ++i) {
            *at = values[i];
            at += bits[i];
          }
        });
      });
      return out;
    },
    .saves = {"mask"},
    .gradient =
        [](Grad& g) {
          Tensor mask = g.arg("mask");
          Dims sizes = broadcast_sizes("masked_select", g.sizes("self"), mask.sizes());
          Tensor wide = call<"expand">(mask, sizes);
          g.set("self", call<"masked_scatter">(call<"new_zeros">(g.out(), sizes), wide, g.out()));
        },
};

OP(masked_scatter){
    .signature = "masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor",
    .variants = Variants::both,
    .doc = "``self`` with the elements of ``source``, in order, in the places where the mask is true.",
    .shape = [](const Tensor& self, const Tensor& mask, const Tensor& source) -> ResultSpec {
      check_mask("masked_scatter_", mask);
      check(self.dtype() == source.dtype(), ErrorKind::Runtime,
            "masked_scatter_: expected self and source to have same dtypes but got ", name(self.dtype()), " and ",
            name(source.dtype()));
      return {broadcast_sizes("masked_scatter", self.sizes(), mask.sizes()), self.dtype()};
    },
    .cpu =
        [](const Tensor&, const Tensor& mask, const Tensor& source, const Tensor& out) {
          Tensor where = expanded(mask, out.sizes()), from = as_contiguous(source);
          int64_t n = out.numel();
          if (n == 0) return;
          const uint8_t* bits = static_cast<const uint8_t*>(where.data());
          std::vector<int64_t> start = block_starts(bits, n);
          check(start.back() <= from.numel(), ErrorKind::Runtime,
                "masked_scatter: Number of elements of source < number of ones in mask (", from.numel(), " < ",
                start.back(), ")");
          dispatch_size(out.itemsize(), [&]<class T>() {
            T* to = out.data<T>();
            const T* values = from.numel() ? from.data<T>() : nullptr;
            parallel_tasks(static_cast<int64_t>(start.size()) - 1, [&](int64_t b) {
              int64_t at = start[b];
              for (int64_t i = b * kBlock, end = std::min(n, i + kBlock); i < end; ++i)
                if (bits[i]) to[i] = values[at++];
            });
          });
        },
    .starts_from = "self",
    .saves = {"mask"},
    .gradient =
        [](Grad& g) {
          Tensor mask = g.arg("mask");
          if (g.wants("self")) g.set("self", call<"masked_fill.Scalar">(g.out(), mask, Scalar(int64_t{0})));
          if (g.wants("source")) g.set("source", call<"masked_scatter_backward">(g.out(), mask, g.sizes("source")));
        },
};
OP(masked_scatter_backward){
    .signature = "masked_scatter_backward(Tensor grad_output, Tensor mask, SymInt[] sizes) -> Tensor",
    .python = hidden,
    .doc = "The selected cotangents, followed by zeros for what was not used.",
    .composite = [](const Tensor& grad, const Tensor& mask, IntSpan sizes) -> Tensor {
      Tensor used = call<"masked_select">(grad, call<"expand">(mask, grad.sizes()));
      int64_t missing = numel_of(sizes) - used.numel();
      if (missing > 0) {
        std::vector<Tensor> parts = {used, call<"new_zeros">(used, Dims{missing})};
        used = call<"cat">(TensorSpan(parts));
      }
      return call<"view">(used, sizes);
    },
};

}  // namespace flambeau
