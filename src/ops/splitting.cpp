// Taking tensors apart: split, chunk, unbind, narrow and windows that slide.
#include <algorithm>

#include "core/saturating.h"
#include "ops/define.h"

namespace flambeau {

namespace {

// A list of views has a tensor for each; numbers that no memory holds come from a slip or an overflow.
void check_count(const char* op, int64_t count) {
  constexpr int64_t most = int64_t{1} << 24;
  check(count <= most, ErrorKind::OutOfMemory, op, ": the result would be a list of ", count,
        " tensors; there may be at most ", most);
}

std::vector<Layout> pieces(const Tensor& self, int64_t dim, IntSpan lengths) {
  std::vector<Layout> out;
  out.reserve(lengths.size());
  int64_t start = 0;
  for (int64_t n : lengths) {
    out.push_back(self.layout().sliced(dim, start, n, 1));
    start += n;
  }
  return out;
}

Dims equal_lengths(const char* op, const Tensor& self, int64_t split_size, int64_t dim) {
  check(self.dim() > 0, ErrorKind::Runtime, op, ": split expects at least a 1-dimensional tensor");
  check(split_size >= 0, ErrorKind::Runtime, op,
        ": split expects split_size be non-negative, but got split_size=", split_size);
  int64_t size = self.size(wrap_dim(op, dim, self.dim()));
  check(split_size > 0 || size == 0, ErrorKind::Runtime, op,
        ": split_size can only be 0 if dimension size is 0, but got dimension size of ", size);
  int64_t count = split_size == 0 ? 1 : std::max<int64_t>(size / split_size + (size % split_size != 0), 1);
  check_count(op, count);
  Dims lengths(count, split_size);
  lengths[count - 1] = split_size - (split_size * count - size);
  return lengths;
}

Dims checked_lengths(const char* op, const Tensor& self, IntSpan sizes, int64_t dim) {
  check(self.dim() > 0, ErrorKind::Runtime, op, ": split expects at least a 1-dimensional tensor");
  int64_t size = self.size(wrap_dim(op, dim, self.dim())), sum = 0;
  for (int64_t s : sizes) {
    check(s >= 0, ErrorKind::Runtime, op,
          ": split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=",
          list_text(sizes));
    sum += s;
  }
  check(sum == size, ErrorKind::Runtime, op, ": split_with_sizes expects split_sizes to sum exactly to ", size,
        " (input tensor's size at dimension ", dim, "), but got split_sizes=", list_text(sizes));
  return Dims(sizes);
}

int64_t chunk_length(const Tensor& self, int64_t chunks, int64_t dim) {
  check(self.dim() > 0, ErrorKind::Runtime, "chunk: expects at least a 1-dimensional tensor");
  check(chunks > 0, ErrorKind::Runtime, "chunk: expects `chunks` to be greater than 0, got: ", chunks);
  int64_t size = self.size(wrap_dim("chunk", dim, self.dim()));
  return size / chunks + (size % chunks != 0);
}

// All pieces' cotangents joined; zeros stand where nothing flowed.
Tensor joined(Grad& g, int64_t count) {
  std::vector<Tensor> parts;
  for (int64_t i = 0; i < count; ++i) parts.push_back(g.out(static_cast<int>(i)));
  return call<"cat">(TensorSpan(parts), wrap_dim("split", g.integer("dim"), g.dim("self")));
}

std::vector<Tensor> copies(const std::vector<Tensor>& views) {
  std::vector<Tensor> out;
  for (const Tensor& v : views) out.push_back(call<"clone">(v, MemoryFormat::contiguous));
  return out;
}

std::vector<Tensor> list_of(Value v) { return v.tensors(); }

// Cut before each of the indices, which may be negative or beyond the end.
std::vector<Tensor> cut_at(const Tensor& self, IntSpan indices, int64_t dim) {
  check(self.dim() > 0, ErrorKind::Runtime,
        "tensor_split: expected at least a 1-dimensional tensor, but got a tensor with ", self.dim(), " dims");
  dim = wrap_dim("tensor_split", dim, self.dim());
  std::vector<Tensor> out;
  int64_t start = 0;
  for (int64_t end : indices) {
    out.push_back(call<"slice.Tensor">(self, dim, start, end));
    start = end;
  }
  out.push_back(call<"slice.Tensor">(self, dim, start, self.size(dim)));
  return out;
}

std::vector<Tensor> cut_into(const Tensor& self, int64_t sections, int64_t dim) {
  check(self.dim() > 0, ErrorKind::Runtime,
        "tensor_split: expected at least a 1-dimensional tensor, but got a tensor with ", self.dim(), " dims");
  check(sections > 0, ErrorKind::Runtime, "tensor_split: number of sections must be larger than 0, got ", sections);
  dim = wrap_dim("tensor_split", dim, self.dim());
  check_count("tensor_split", sections);
  int64_t size = self.size(dim), least = size / sections, longer = size % sections, start = 0;
  std::vector<Tensor> out;
  for (int64_t i = 0; i < sections; ++i) {
    int64_t n = least + (i < longer);
    out.push_back(call<"slice.Tensor">(self, dim, start, start + n));
    start += n;
  }
  return out;
}

int64_t split_dim(const char* op, const Tensor& self, int64_t least) {
  check(self.dim() >= least, ErrorKind::Runtime, op, ": requires a tensor with at least ", least, " dimension",
        least > 1 ? "s" : "", ", but got a tensor with ", self.dim(), " dimensions!");
  if (least == 3) return 2;
  return least == 2 ? 0 : self.dim() == 1 ? 0 : 1;
}
std::vector<Tensor> even(const char* op, const Tensor& self, int64_t sections, int64_t dim) {
  check(sections != 0 && self.size(dim) % sections == 0, ErrorKind::Runtime, op,
        ": attempted to split along dimension ", dim, ", but the size of the dimension ", self.size(dim),
        " is not divisible by the split_size ", sections, "!");
  return cut_into(self, sections, dim);
}

}  // namespace

OP(split_size){
    .signature = "split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]",
    .doc = R"(Views of ``split_size`` entries each along a dimension (the last may be shorter), or of the given lengths.
      >>> [len(part) for part in flambeau.arange(5).split(2)]
      [2, 2, 1])",
    .view =
        [](const Tensor& self, int64_t size, int64_t dim) {
          Dims lengths = equal_lengths("split", self, size, dim);
          return pieces(self, wrap_dim("split", dim, self.dim()), lengths);
        },
    .gradient =
        [](Grad& g) {
          int64_t size = g.integer("split_size"),
                  total = g.sizes("self")[wrap_dim("split", g.integer("dim"), g.dim("self"))];
          return joined(g, size == 0 ? 1 : std::max<int64_t>((total + size - 1) / size, 1));
        },
};
OP(split_sizes){
    .signature = "split.sizes(Tensor(a -> *) self, SymInt[] split_size, int dim=0) -> Tensor(a)[]",
    .composite = [](const Tensor& self, IntSpan sizes, int64_t dim) -> std::vector<Tensor> {
      return list_of(call_value<"split_with_sizes">(self, sizes, dim));
    },
};
OP(split_with_sizes){
    .signature = "split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[]",
    .doc = "Views of the given lengths along a dimension; the lengths sum to its size.",
    .view =
        [](const Tensor& self, IntSpan sizes, int64_t dim) {
          Dims lengths = checked_lengths("split_with_sizes", self, sizes, dim);
          return pieces(self, wrap_dim("split", dim, self.dim()), lengths);
        },
    .gradient = [](Grad& g) { return joined(g, static_cast<int64_t>(g.ints("split_sizes").size())); },
};
// Pieces that are no views to the tape: each counts changes of its own, and none is seen by the whole's history.
static std::vector<Tensor> apart(std::vector<Tensor> pieces) {
  for (Tensor& t : pieces) {
    t.impl()->base = nullptr;
    t.impl()->version = nullptr;
    t.impl()->keys &= ~key::OneOfViews;
  }
  return pieces;
}
OP(unsafe_split){
    .signature = "unsafe_split.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]",
    .doc = "Like :func:`split`; the pieces may be changed in place, which the whole's gradient does not see.",
    .composite = [](const Tensor& self, int64_t size, int64_t dim) -> std::vector<Tensor> {
      return apart(list_of(call_value<"split.Tensor">(self, size, dim)));
    },
};
OP(unsafe_split_with_sizes){
    .signature = "unsafe_split_with_sizes(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]",
    .doc =
        "Like :func:`split_with_sizes`; the pieces may be changed in place, which the whole's gradient does not see.",
    .composite = [](const Tensor& self, IntSpan sizes, int64_t dim) -> std::vector<Tensor> {
      return apart(list_of(call_value<"split_with_sizes">(self, sizes, dim)));
    },
};
OP(split_copy){
    .signature = "split_copy.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]",
    .python = torch,
    .doc = "The pieces of :func:`split` with memory of their own.",
    .composite = [](const Tensor& self, int64_t size, int64_t dim) -> std::vector<Tensor> {
      return copies(list_of(call_value<"split.Tensor">(self, size, dim)));
    },
};
OP(split_with_sizes_copy){
    .signature = "split_with_sizes_copy(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]",
    .python = torch,
    .doc = "The pieces of :func:`split_with_sizes` with memory of their own.",
    .composite = [](const Tensor& self, IntSpan sizes, int64_t dim) -> std::vector<Tensor> {
      return copies(list_of(call_value<"split_with_sizes">(self, sizes, dim)));
    },
};

static std::vector<Tensor> chunked(const Tensor& self, int64_t chunks, int64_t dim) {
  int64_t length = chunk_length(self, chunks, dim);
  // An empty dimension still gives the number of chunks that was asked for.
  if (length == 0) return list_of(call_value<"split_with_sizes">(self, Dims(chunks, 0), dim));
  return list_of(call_value<"split.Tensor">(self, length, dim));
}
OP(chunk){
    .signature = "chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]",
    .doc = "At most ``chunks`` views of equal length along a dimension; the last may be shorter.",
    .composite = [](const Tensor& self, int64_t chunks, int64_t dim) -> std::vector<Tensor> {
      return chunked(self, chunks, dim);
    },
};
OP(unsafe_chunk){
    .signature = "unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]",
    .doc = "Like :func:`chunk`; the pieces may be changed in place, which the whole's gradient does not see.",
    .composite = [](const Tensor& self, int64_t chunks, int64_t dim) -> std::vector<Tensor> {
      return apart(chunked(self, chunks, dim));
    },
};

OP(tensor_split_sections){
    .signature = "tensor_split.sections(Tensor(a -> *) self, SymInt sections, int dim=0) -> Tensor(a)[]",
    .doc =
        R"(``sections`` views along a dimension, the first ones longer by one where it does not divide; or cuts before each of ``indices``.
      >>> [len(part) for part in flambeau.arange(7).tensor_split(3)]
      [3, 2, 2])",
    .composite = [](const Tensor& self, int64_t sections, int64_t dim) -> std::vector<Tensor> {
      return cut_into(self, sections, dim);
    },
};
OP(tensor_split_indices){
    .signature = "tensor_split.indices(Tensor(a -> *) self, SymInt[] indices, int dim=0) -> Tensor(a)[]",
    .composite = [](const Tensor& self, IntSpan indices, int64_t dim) -> std::vector<Tensor> {
      return cut_at(self, indices, dim);
    },
};
OP(tensor_split_tensor){
    .signature =
        "tensor_split.tensor_indices_or_sections(Tensor(a -> *) self, Tensor tensor_indices_or_sections, int dim=0) -> "
        "Tensor(a)[]",
    .composite = [](const Tensor& self, const Tensor& where, int64_t dim) -> std::vector<Tensor> {
      check(where.dtype() == DType::int64 && where.dim() <= 1, ErrorKind::Runtime,
            "tensor_split: expected tensor_indices_or_sections to be a zero- or one-dimensional tensor of dtype int64, "
            "got ",
            describe(where));
      Tensor plain = call<"contiguous">(where);
      if (plain.dim() == 0) return cut_into(self, *plain.data<int64_t>(), dim);
      return cut_at(self, IntSpan(plain.data<int64_t>(), plain.numel()), dim);
    },
};
#define NUMPY_SPLIT(name, least, text)                                                \
  OP(name##_int){                                                                     \
      .signature = #name ".int(Tensor(a -> *) self, int sections) -> Tensor(a)[]",    \
      .doc = text,                                                                    \
      .composite = [](const Tensor& self, int64_t sections) -> std::vector<Tensor> {  \
        return even(#name, self, sections, split_dim(#name, self, least));            \
      },                                                                              \
  };                                                                                  \
  OP(name##_array){                                                                   \
      .signature = #name ".array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]", \
      .composite = [](const Tensor& self, IntSpan indices) -> std::vector<Tensor> {   \
        return cut_at(self, indices, split_dim(#name, self, least));                  \
      },                                                                              \
  };
NUMPY_SPLIT(hsplit, 1,
            "Equal views side by side (along the second dimension, of vectors the first), or cuts at ``indices``.")
NUMPY_SPLIT(vsplit, 2, "Equal views along the first dimension, or cuts at ``indices``.")
NUMPY_SPLIT(dsplit, 3, "Equal views along the third dimension, or cuts at ``indices``.")
#undef NUMPY_SPLIT

OP(unbind){
    .signature = "unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]",
    .doc = "The slices along a dimension, without it.",
    .view =
        [](const Tensor& self, int64_t dim) {
          check(self.dim() > 0, ErrorKind::Index, "unbind: Dimension specified as ", dim,
                " but tensor has no dimensions");
          dim = wrap_dim("unbind", dim, self.dim());
          check_count("unbind", self.size(dim));
          std::vector<Layout> out;
          out.reserve(self.size(dim));
          for (int64_t i = 0; i < self.size(dim); ++i) out.push_back(self.layout().selected(dim, i));
          return out;
        },
    .gradient =
        [](Grad& g) {
          int64_t dim = wrap_dim("unbind", g.integer("dim"), g.dim("self"));
          std::vector<Tensor> parts;
          for (int64_t i = 0; i < g.sizes("self")[dim]; ++i) parts.push_back(g.out(static_cast<int>(i)));
          return call<"stack">(TensorSpan(parts), dim);
        },
};
OP(unbind_copy){
    .signature = "unbind_copy.int(Tensor self, int dim=0) -> Tensor[]",
    .python = torch,
    .doc = "The slices of :func:`unbind` with memory of their own.",
    .composite = [](const Tensor& self, int64_t dim) -> std::vector<Tensor> {
      return copies(list_of(call_value<"unbind.int">(self, dim)));
    },
};

static Tensor narrowed(const char* op, const Tensor& self, int64_t dim, int64_t start, int64_t length) {
  check(self.dim() > 0, ErrorKind::Runtime, op, ": cannot be applied to a tensor without dimensions");
  check(length >= 0, ErrorKind::Runtime, op, ": length must be non-negative, got ", length);
  dim = wrap_dim(op, dim, self.dim());
  int64_t size = self.size(dim);
  check(start >= -size && start <= size, ErrorKind::Index, op, ": start out of range (expected to be in range of [",
        -size, ", ", size, "], but got ", start, ")");
  if (start < 0) start += size;
  check(start <= size - length, ErrorKind::Runtime, op, ": start (", start, ") + length (", length,
        ") exceeds dimension size (", size, ").");
  return call<"slice.Tensor">(self, dim, start, start + length);
}
OP(narrow){
    .signature = "narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a)",
    .doc = "The ``length`` entries from ``start`` on along a dimension, as a view.",
    .composite = [](const Tensor& self, int64_t dim, int64_t start, int64_t length) -> Tensor {
      return narrowed("narrow", self, dim, start, length);
    },
};
OP(narrow_tensor){
    .signature = "narrow.Tensor(Tensor(a) self, int dim, Tensor start, SymInt length) -> Tensor(a)",
    .composite = [](const Tensor& self, int64_t dim, const Tensor& start, int64_t length) -> Tensor {
      check(start.dim() == 0 && is_integral(start.dtype()), ErrorKind::Runtime,
            "narrow: start must be an 0-dim integral Tensor, got ", describe(start));
      return narrowed("narrow", self, dim, call_value<"item">(start).integer(), length);
    },
};
OP(narrow_copy){
    .signature = "narrow_copy(Tensor self, int dim, SymInt start, SymInt length) -> Tensor",
    .variants = Variants::out,
    .doc = "A copy of what :func:`narrow` shows.",
    .composite = [](const Tensor& self, int64_t dim, int64_t start, int64_t length) -> Tensor {
      check(dim < std::max<int64_t>(self.dim(), 1), ErrorKind::Runtime, "narrow_copy: dimension ", dim,
            " of a tensor with ", self.dim());
      return call<"clone">(narrowed("narrow_copy", self, dim, start, length), MemoryFormat::contiguous);
    },
};

OP(unfold){
    .signature = "unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)",
    .python = method,
    .doc = R"(Windows of ``size`` entries, ``step`` apart, along a dimension; their entries become a new last dimension.
      >>> flambeau.arange(5).unfold(0, 3, 2)
      tensor([[0, 1, 2],
              [2, 3, 4]]))",
    .view =
        [](const Tensor& self, int64_t dim, int64_t size, int64_t step) {
          dim = wrap_dim("unfold", dim, self.dim());
          int64_t most = self.dim() == 0 ? 1 : self.size(dim);
          check(size >= 0, ErrorKind::Runtime, "unfold: size is ", size, " but must be >= 0");
          check(size <= most, ErrorKind::Runtime, "unfold: maximum size for tensor at dimension ", dim, " is ", most,
                " but size is ", size);
          check(step > 0, ErrorKind::Runtime, "unfold: step is ", step, " but must be > 0");
          Layout out = self.layout();
          out.sizes.push_back(size);
          out.strides.push_back(self.dim() == 0 ? 1 : self.stride(dim));
          if (self.dim() > 0) {
            out.sizes[dim] = (most - size) / step + 1;
            out.strides[dim] *= step;
          }
          return out;
        },
    .gradient =
        [](Grad& g) {
          return call<"unfold_backward">(g.out(), g.sizes("self"),
                                         wrap_dim("unfold", g.integer("dimension"), g.dim("self")), g.integer("size"),
                                         g.integer("step"));
        },
};
OP(unfold_copy){
    .signature = "unfold_copy(Tensor self, int dimension, int size, int step) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "A copy of what :func:`Tensor.unfold` shows.",
    .composite = [](const Tensor& self, int64_t dim, int64_t size, int64_t step) -> Tensor {
      return call<"clone">(call<"unfold">(self, dim, size, step), MemoryFormat::contiguous);
    },
};
OP(unfold_backward){
    .signature = "unfold_backward(Tensor grad_in, SymInt[] input_sizes, int dim, int size, int step) -> Tensor",
    .python = hidden,
    .doc = "Sums the windows back to where they were taken.",
    .composite = [](const Tensor& grad, IntSpan sizes, int64_t dim, int64_t size, int64_t step) -> Tensor {
      if (sizes.empty()) return call<"reshape">(grad, sizes);
      // Entry j of all windows lies `step` apart: one addition for each j.
      Tensor out = call<"new_zeros">(grad, sizes);
      check(grad.dim() == out.dim() + 1 && step > 0 && step <= std::numeric_limits<int32_t>::max(), ErrorKind::Runtime,
            "unfold_backward: a gradient of shape ", list_text(grad.sizes()), " does not belong to windows ", step,
            " apart on a tensor of shape ", list_text(sizes));
      int64_t windows = grad.size(wrap_dim("unfold_backward", dim, out.dim()));
      for (int64_t j = 0; j < size && windows > 0; ++j)
        call_<"add.Tensor">(call<"slice.Tensor">(out, dim, j, j + (windows - 1) * step + 1, step),
                            call<"select.int">(grad, int64_t{-1}, j));
      return out;
    },
};

}  // namespace flambeau
