// x[i, j] with tensors as indices, reading and writing; positions of elements that are not zero.
#include "cpu/index.h"
#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau {

namespace {

std::vector<Tensor> saved_list(Grad& g, const char* name) {
  std::vector<Tensor> out;
  for (int i = 0; i < g.count(name); ++i) out.push_back(g.arg(name, i));
  return out;
}

void check_values(const char* op, const Tensor& self, const Tensor& values) {
  check(self.dtype() == values.dtype(), ErrorKind::Runtime, op,
        ": Index put requires the source and destination dtypes match, got ", name(self.dtype()),
        " for the destination and ", name(values.dtype()), " for the source.");
}

// Sizes are looked at before types: a value of the wrong shape is of the wrong type as well when it is empty.
void write(const char* op, const Tensor& out, TensorSpan indices, const Tensor& values, bool accumulate) {
  IndexPlan plan = plan_index(op, out, indices);
  if (!std::ranges::equal(values.sizes(), IntSpan(plan.sizes))) {
    // Leading dimensions of one that the selection lacks are allowed.
    Dims sizes(values.sizes());
    while (sizes.size() > plan.sizes.size() && sizes[0] == 1) sizes.erase(0);
    bool fits = sizes.size() <= plan.sizes.size();
    for (size_t i = 0; fits && i < sizes.size(); ++i) {
      int64_t want = plan.sizes[plan.sizes.size() - sizes.size() + i];
      fits = sizes[i] == want || sizes[i] == 1;
    }
    check(fits, ErrorKind::Runtime, op, ": shape mismatch: value tensor of shape ", list_text(values.sizes()),
          " cannot be broadcast to indexing result of shape ", list_text(plan.sizes));
    check_values(op, out, values);
    Layout trimmed = values.layout();
    while (trimmed.dim() > static_cast<int64_t>(sizes.size())) trimmed = trimmed.squeezed(0);
    index_write(op, out, plan, alias(values, trimmed), accumulate);
    return;
  }
  check_values(op, out, values);
  index_write(op, out, plan, values, accumulate);
}

}  // namespace

OP(index){
    .signature = "index.Tensor(Tensor self, Tensor?[] indices) -> Tensor",
    .python = hidden,
    .doc =
        "``self[indices]``: an index tensor, a mask or nothing for each dimension; the index tensors are broadcast "
        "together.",
    .cpu = [](const Tensor& self, TensorSpan indices) -> Tensor {
      IndexPlan plan = plan_index("index", self, indices);
      Tensor out = empty(plan.sizes, self.dtype(), self.device());
      if (self.is_meta()) return empty_strided(plan.sizes, plan.strides, self.dtype(), self.device());
      index_read("index", self, plan, out);
      if (plan.strides == contiguous_strides(plan.sizes) ||
          out.is_contiguous() == Layout(plan.sizes, plan.strides).contiguous())
        return out;
      Tensor ordered = empty_strided(plan.sizes, plan.strides, self.dtype(), self.device());
      copy_elements(ordered, out);
      return ordered;
    },
    .saves = {"indices"},
    .gradient =
        [](Grad& g) {
          auto indices = saved_list(g, "indices");
          g.set("self",
                call<"index_put">(call<"new_zeros">(g.out(), g.sizes("self")), TensorSpan(indices), g.out(), true));
        },
    .any_device = true,
};
OP(_unsafe_index){
    .signature = "_unsafe_index.Tensor(Tensor self, Tensor?[] indices) -> Tensor",
    .python = hidden,
    .doc = "Like ``index``; kept for traced programs.",
    .composite = [](const Tensor& self, TensorSpan indices) -> Tensor { return call<"index.Tensor">(self, indices); },
};

OP(index_put){
    .signature = "index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor",
    .variants = Variants::both,
    .doc =
        R"(``self[indices] = values``, or ``+=`` with ``accumulate``. Positions that occur twice are written in order.
      >>> flambeau.zeros(3).index_put((flambeau.tensor([0, 0]),), flambeau.tensor([1., 2.]), accumulate=True)
      tensor([3., 0., 0.]))",
    .shape = [](const Tensor& self, TensorSpan, const Tensor& values, bool) -> ResultSpec {
      if (self.is_meta()) check_values("index_put", self, values);
      return {Dims(self.sizes()), self.dtype()};
    },
    .cpu = [](const Tensor&, TensorSpan indices, const Tensor& values, bool accumulate,
              const Tensor& out) { write("index_put", out, indices, values, accumulate); },
    .starts_from = "self",
    .saves = {"indices"},
    .gradient =
        [](Grad& g) {
          auto indices = saved_list(g, "indices");
          if (g.wants("self")) {
            Tensor zero = call<"zeros">(Dims{}, g.out().dtype(), Value(), g.out().device());
            g.set("self",
                  g.flag("accumulate") ? g.out() : call<"index_put">(g.out(), TensorSpan(indices), zero, false));
          }
          if (g.wants("values")) {
            Tensor grad = call<"index.Tensor">(g.out(), TensorSpan(indices));
            IntSpan sizes = g.sizes("values");
            // Leading dimensions of one were left out before the broadcast.
            while (static_cast<int64_t>(sizes.size()) > grad.dim()) grad = call<"unsqueeze">(grad, int64_t{0});
            g.set("values", grad);
          }
        },
};
OP(_unsafe_index_put){
    .signature = "_unsafe_index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor",
    .python = hidden,
    .doc = "Like ``index_put``; kept for traced programs.",
    .composite = [](const Tensor& self, TensorSpan indices, const Tensor& values, bool accumulate) -> Tensor {
      return call<"index_put">(self, indices, values, accumulate);
    },
};
OP(_index_put_impl){
    .signature =
        "_index_put_impl_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False, bool unsafe=False) "
        "-> Tensor(a!)",
    .python = hidden,
    .doc = "Like ``index_put_``; kept for traced programs.",
    .composite = [](const Tensor& self, TensorSpan indices, const Tensor& values, bool accumulate, bool) -> Tensor {
      return call_<"index_put">(self, indices, values, accumulate);
    },
};

OP(nonzero){
    .signature = "nonzero(Tensor self) -> Tensor",
    .variants = Variants::out,
    .doc = R"(The indices of the elements that are not zero, one row for each, in row-major order.
      >>> flambeau.nonzero(flambeau.tensor([0, 5, 7]))
      tensor([[1],
              [2]]))",
    .cpu = [](const Tensor& self) -> Tensor { return nonzero_cpu(self); },
    .not_differentiable = "the result is a list of positions",
};
OP(argwhere){
    .signature = "argwhere(Tensor self) -> Tensor",
    .doc = "The indices of the elements that are not zero, one row for each.",
    .composite = [](const Tensor& self) -> Tensor { return call<"nonzero">(self); },
};
OP(nonzero_numpy){
    .signature = "nonzero_numpy(Tensor self) -> Tensor[]",
    .python = hidden,
    .doc = "The indices of the elements that are not zero, one tensor for each dimension: ready for indexing.",
    .composite = [](const Tensor& self) -> std::vector<Tensor> {
      Tensor found = call<"nonzero">(self.dim() == 0 ? call<"unsqueeze">(self, int64_t{0}) : self);
      return call_value<"unbind.int">(found, int64_t{1}).tensors();
    },
};
OP(nonzero_static){
    .signature = "nonzero_static(Tensor self, *, SymInt size, int fill_value=-1) -> Tensor",
    .doc =
        "The first ``size`` rows of :func:`nonzero`, filled up with ``fill_value``: a result whose size is known "
        "beforehand.",
    .shape = [](const Tensor& self, int64_t size, int64_t) -> ResultSpec {
      check(size >= 0, ErrorKind::Runtime, "nonzero_static: `size` must be non-negative, got ", size);
      return {Dims{size, self.dim()}, DType::int64};
    },
    .cpu =
        [](const Tensor& self, int64_t size, int64_t fill, const Tensor& out) {
          Tensor found = nonzero_cpu(self);
          fill_elements(out, Scalar(fill));
          int64_t n = std::min(size, found.size(0));
          if (n > 0 && self.dim() > 0)
            copy_elements(alias(out, out.layout().sliced(0, 0, n, 1)), alias(found, found.layout().sliced(0, 0, n, 1)));
        },
    .not_differentiable = "the result is a list of positions",
};
OP(where_condition){
    .signature = "where(Tensor condition) -> Tensor[]",
    .python = torch,
    .doc = "The indices of the elements that are not zero, one tensor for each dimension.",
    .composite = [](const Tensor& condition) -> std::vector<Tensor> {
      return call_value<"nonzero_numpy">(condition).tensors();
    },
};

}  // namespace flambeau
