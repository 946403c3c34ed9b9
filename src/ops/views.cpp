// Views: other layouts over the same storage.
#include <algorithm>

#include "ops/define.h"

namespace flambeau {

OP(view){
    .signature = "view(Tensor(a) self, SymInt[] size) -> Tensor(a)",
    .python = method,
    .doc =
        "The same elements under other sizes, without a copy. One size may be -1. Errors when the strides do not allow "
        "it.",
    .view =
        [](const Tensor& self, IntSpan size) {
          Dims sizes = infer_sizes("view", size, self.numel());
          if (self.is_contiguous()) {
            Dims strides = contiguous_strides(sizes);
            return Layout(std::move(sizes), std::move(strides), self.offset());
          }
          Layout out;
          check(self.layout().viewed(sizes, out), ErrorKind::Runtime, "view: view size ", list_text(sizes),
                " is not compatible with input tensor's size ", list_text(self.sizes()), " and stride ",
                list_text(self.strides()),
                " (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.");
          return out;
        },
    .gradient = [](Grad& g) { return call<"reshape">(g.out(), g.sizes("self")); },
};

OP(reshape){
    .signature = "reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)",
    .doc = "The same elements under other sizes: a view where the strides allow it, else a copy.",
    .composite = [](const Tensor& self, IntSpan shape) -> Tensor {
      Dims sizes = infer_sizes("reshape", shape, self.numel());
      Layout out;
      if (self.layout().viewed(sizes, out)) return call<"view">(self, sizes);
      return call<"_unsafe_view">(call<"clone">(self, MemoryFormat::contiguous), sizes);
    },
};

OP(alias){
    .signature = "alias(Tensor(a) self) -> Tensor(a)",
    .python = hidden,
    .doc = "A new tensor over the same elements.",
    .view = [](const Tensor& self) { return self.layout(); },
    .gradient = [](Grad& g) { return g.out(); },
};

OP(detach){
    .signature = "detach(Tensor(a) self) -> Tensor(a)",
    .doc = "The same elements, outside of the tape.",
    .view = [](const Tensor& self) { return self.layout(); },
    .not_differentiable = "that is its purpose",
};

OP(transpose){
    .signature = "transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)",
    .variants = Variants::inplace,
    .doc = "Two dimensions exchanged.",
    .view =
        [](const Tensor& self, int64_t a, int64_t b) {
          return self.layout().transposed(wrap_dim("transpose", a, self.dim()), wrap_dim("transpose", b, self.dim()));
        },
    .gradient = [](Grad& g) { return call<"transpose.int">(g.out(), g.integer("dim0"), g.integer("dim1")); },
};

OP(t){
    .signature = "t(Tensor(a) self) -> Tensor(a)",
    .variants = Variants::inplace,
    .doc = "The transpose of a matrix; a vector or number as it is.",
    .view =
        [](const Tensor& self) {
          check(self.dim() <= 2, ErrorKind::Runtime, "t() expects a tensor with <= 2 dimensions, but self is ",
                self.dim(), "D");
          return self.dim() == 2 ? self.layout().transposed(0, 1) : self.layout();
        },
    .gradient = [](Grad& g) { return call<"t">(g.out()); },
};

static Dims wrapped_order(const char* op, IntSpan dims, int64_t rank) {
  check(static_cast<int64_t>(dims.size()) == rank, ErrorKind::Runtime, op,
        ": number of dimensions in the tensor input does not match the length of the ",
        "desired ordering of dimensions i.e. input.dim() = ", rank, " is not equal to len(dims) = ", dims.size());
  Dims order;
  uint64_t seen = 0;
  for (int64_t d : dims) {
    int64_t w = wrap_dim(op, d, rank);
    check(!(seen >> w & 1), ErrorKind::Runtime, op, ": duplicate dims are not allowed, got ", list_text(dims));
    seen |= uint64_t{1} << w;
    order.push_back(w);
  }
  return order;
}

OP(permute){
    .signature = "permute(Tensor(a) self, int[] dims) -> Tensor(a)",
    .doc = "The dimensions in another order.",
    .view = [](const Tensor& self,
               IntSpan dims) { return self.layout().permuted(wrapped_order("permute", dims, self.dim())); },
    .gradient =
        [](Grad& g) {
          Dims order = wrapped_order("permute", g.ints("dims"), g.dim("self")), back(order.size());
          for (size_t i = 0; i < order.size(); ++i) back[order[i]] = static_cast<int64_t>(i);
          return call<"permute">(g.out(), back);
        },
};

OP(unsqueeze){
    .signature = "unsqueeze(Tensor(a) self, int dim) -> Tensor(a)",
    .variants = Variants::inplace,
    .doc = "A new dimension of size 1 at ``dim``.",
    .view = [](const Tensor& self,
               int64_t dim) { return self.layout().unsqueezed(wrap_dim("unsqueeze", dim, self.dim() + 1)); },
    .gradient =
        [](Grad& g) {
          return call<"squeeze.dim">(g.out(), wrap_dim("unsqueeze", g.integer("dim"), g.dim("self") + 1));
        },
};

static Layout squeeze_dims(const Tensor& self, uint64_t which) {
  Layout out = self.layout();
  for (int64_t d = self.dim(); d-- > 0;)
    if ((which >> d & 1) && out.sizes[d] == 1) out = out.squeezed(d);
  return out;
}

OP(squeeze){
    .signature = "squeeze(Tensor(a) self) -> Tensor(a)",
    .variants = Variants::inplace,
    .doc = "Without the dimensions of size 1.",
    .view = [](const Tensor& self) { return squeeze_dims(self, ~uint64_t{0}); },
    .gradient = [](Grad& g) { return call<"reshape">(g.out(), g.sizes("self")); },
};

OP(squeeze_dim){
    .signature = "squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)",
    .variants = Variants::inplace,
    .doc = "Without dimension ``dim`` if its size is 1.",
    .view = [](const Tensor& self,
               int64_t dim) { return squeeze_dims(self, uint64_t{1} << wrap_dim("squeeze", dim, self.dim())); },
    .gradient = [](Grad& g) { return call<"reshape">(g.out(), g.sizes("self")); },
};

OP(squeeze_dims){
    .signature = "squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)",
    .variants = Variants::inplace,
    .doc = "Without those of the dimensions named whose size is 1.",
    .view =
        [](const Tensor& self, IntSpan dims) {
          uint64_t which = 0;
          for (int64_t d : dims) which |= uint64_t{1} << wrap_dim("squeeze", d, self.dim());
          return squeeze_dims(self, which);
        },
    .gradient = [](Grad& g) { return call<"reshape">(g.out(), g.sizes("self")); },
};

OP(expand){
    .signature = "expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)",
    .python = method,
    .doc = "Dimensions of size 1, and new leading ones, repeated without a copy; -1 keeps a size.",
    .view =
        [](const Tensor& self, IntSpan size, bool) {
          int64_t lead = static_cast<int64_t>(size.size()) - self.dim();
          check(lead >= 0, ErrorKind::Runtime, "expand: the number of sizes provided (", size.size(),
                ") must be greater or equal to the number of dimensions in the tensor (", self.dim(), ")");
          Dims to(size);
          for (int64_t i = 0; i < static_cast<int64_t>(to.size()); ++i) {
            if (i < lead) {
              check(to[i] >= 0, ErrorKind::Runtime, "expand: The expanded size of the tensor (", to[i],
                    ") isn't allowed in a leading, non-existing dimension ", i);
              continue;
            }
            int64_t own = self.sizes()[i - lead];
            if (to[i] == -1) to[i] = own;
            check(to[i] == own || own == 1, ErrorKind::Runtime, "expand: The expanded size of the tensor (", to[i],
                  ") must match the existing size (", own, ") at non-singleton dimension ", i,
                  ".  Target sizes: ", list_text(to), ".  Tensor sizes: ", list_text(self.sizes()));
            check(to[i] >= 0, ErrorKind::Runtime, "expand: negative size ", to[i]);
          }
          return self.layout().expanded(to);
        },
    .gradient =
        [](Grad& g) { return g.out(); },  // brought back to the argument's sizes by the sum that every broadcast gets
};

OP(select){
    .signature = "select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)",
    .doc = "The slice at ``index`` along ``dim``, without that dimension.",
    .view =
        [](const Tensor& self, int64_t dim, int64_t index) {
          check(self.dim() > 0, ErrorKind::Index, "select() cannot be applied to a 0-dim tensor.");
          dim = wrap_dim("select", dim, self.dim());
          int64_t size = self.sizes()[dim];
          check(index >= -size && index < size, ErrorKind::Index, "select(): index ", index,
                " out of range for tensor of size ", list_text(self.sizes()), " at dimension ", dim);
          return self.layout().selected(dim, index < 0 ? index + size : index);
        },
    .gradient =
        [](Grad& g) { return call<"select_backward">(g.out(), g.sizes("self"), g.integer("dim"), g.integer("index")); },
};

struct SliceRange {
  int64_t dim, start, length, step;
};
static SliceRange slice_range(const Layout& self, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end,
                              int64_t step) {
  check(self.dim() > 0, ErrorKind::Runtime, "slice() cannot be applied to a 0-dim tensor.");
  dim = wrap_dim("slice", dim, self.dim());
  check(step > 0, ErrorKind::Runtime, "slice: step must be positive, got ", step);
  int64_t size = self.sizes[dim], a = start.value_or(0), b = end.value_or(INT64_MAX);
  if (a < 0) a += size;
  if (b < 0) b += size;
  a = std::clamp<int64_t>(a, 0, size);
  b = std::clamp<int64_t>(b, a, size);
  return {dim, a, (b - a) / step + ((b - a) % step != 0), step};
}

OP(slice){
    .signature =
        "slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)",
    .python = hidden,
    .doc = "Every ``step``-th entry of a range along ``dim``.",
    .view =
        [](const Tensor& self, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end, int64_t step) {
          auto r = slice_range(self.layout(), dim, start, end, step);
          return self.layout().sliced(r.dim, r.start, r.length, r.step);
        },
    .gradient =
        [](Grad& g) {
          auto start = g.value("start"), end = g.value("end");
          auto r = slice_range(Layout(g.sizes("self")), g.integer("dim"),
                               start.is_none() ? std::nullopt : std::optional(start.integer()),
                               end.is_none() ? std::nullopt : std::optional(end.integer()), g.integer("step"));
          return call<"slice_backward">(g.out(), g.sizes("self"), r.dim, r.start, r.start + r.length * r.step, r.step);
        },
};

OP(select_backward){
    .signature = "select_backward(Tensor grad_output, SymInt[] input_sizes, int dim, SymInt index) -> Tensor",
    .python = hidden,
    .doc = "Zeros with ``grad_output`` in the place that select took.",
    .composite = [](const Tensor& grad, IntSpan sizes, int64_t dim, int64_t index) -> Tensor {
      Tensor out = call<"new_zeros">(grad, sizes);
      call<"copy_">(call<"select.int">(out, dim, index), grad);
      return out;
    },
};

OP(slice_backward){
    .signature =
        "slice_backward(Tensor grad_output, SymInt[] input_sizes, int dim, SymInt start, SymInt end, SymInt step) -> "
        "Tensor",
    .python = hidden,
    .doc = "Zeros with ``grad_output`` in the places that slice took.",
    .composite = [](const Tensor& grad, IntSpan sizes, int64_t dim, int64_t start, int64_t end,
                    int64_t step) -> Tensor {
      Tensor out = call<"new_zeros">(grad, sizes);
      call<"copy_">(call<"slice.Tensor">(out, dim, start, end, step), grad);
      return out;
    },
};

// The view itself notes the layout of its argument, which the gradient needs: the two overlap in the storage only.
OP(_as_strided){
    .signature =
        "_as_strided(Tensor(a) self, int[] size, int[] stride, int offset, int[] base_stride, int base_offset) -> "
        "Tensor(a)",
    .python = hidden,
    .variants = Variants::inplace,
    .doc = "``as_strided`` of a tensor whose own strides and offset are told again.",
    .view =
        [](const Tensor& self, IntSpan size, IntSpan stride, int64_t offset, IntSpan, int64_t) {
          check(size.size() == stride.size(), ErrorKind::Runtime,
                "as_strided: mismatch in length of strides and shape: ", list_text(size), " and ", list_text(stride));
          Layout out{Dims(size), Dims(stride), offset};
          check_extent("as_strided", out, self.itemsize(), self.storage()->nbytes());
          return out;
        },
    .gradient =
        [](Grad& g) {
          return call<"_between_layouts">(g.out(), g.ints("stride"), g.integer("offset"), g.sizes("self"),
                                          g.ints("base_stride"), g.integer("base_offset"), true);
        },
};
OP(as_strided_){
    .signature =
        "as_strided_(Tensor(a!) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a!)",
    .doc = "Gives the tensor itself another layout over its storage.",
    .composite = [](const Tensor& self, IntSpan size, IntSpan stride, std::optional<int64_t> offset) -> Tensor {
      Dims own(self.strides());  // the tensor loses them
      return call_<"_as_strided">(self, size, stride, offset.value_or(self.offset()), own, self.offset());
    },
};
OP(as_strided){
    .signature = "as_strided(Tensor(a) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a)",
    .doc = "Any layout over the storage: sizes, strides and offset in elements.",
    .composite = [](const Tensor& self, IntSpan size, IntSpan stride, std::optional<int64_t> offset) -> Tensor {
      return call<"_as_strided">(self, size, stride, offset.value_or(self.offset()), self.strides(), self.offset());
    },
};

}  // namespace flambeau
