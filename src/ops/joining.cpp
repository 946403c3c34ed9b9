// Joining tensors: cat and stack with their kernels, and the forms of both that NumPy knows.
#include <cstring>

#include "cpu/dispatch.h"
#include "loops/copy.h"
#include "loops/move.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

// A one-dimensional empty tensor joins with anything: a list started with tensor([]) is common.
bool skipped(const Tensor& t) { return t.dim() == 1 && t.size(0) == 0; }

DType common_type(TensorSpan tensors) {
  DType first = tensors[0].dtype();
  bool same = true;
  for (const Tensor& t : tensors) same &= t.dtype() == first;
  if (same) return first;
  Promotion p;
  for (const Tensor& t : tensors) p.tensor(t.dtype(), t.dim(), t.impl()->wrapped_number);
  return p.result();
}

// Channels-last when all the inputs are, and nothing says otherwise.
bool all_channels_last(TensorSpan tensors) {
  for (const Tensor& t : tensors)
    if (skipped(t))
      continue;
    else if (t.is_contiguous() || !t.layout().channels_last())
      return false;
  return true;
}

ResultSpec cat_rule(const char* op, TensorSpan tensors, int64_t dim) {
  check(!tensors.empty(), ErrorKind::Value, op, ": expected a non-empty list of Tensors");
  const Tensor* first = nullptr;
  for (size_t i = 0; i < tensors.size(); ++i) {
    check(tensors[i].dim() > 0, ErrorKind::Runtime, op, ": zero-dimensional tensor (at position ", i,
          ") cannot be concatenated");
    if (!first && !skipped(tensors[i])) first = &tensors[i];
  }
  ResultSpec out;
  out.dtype = common_type(tensors);
  if (!first) {
    out.sizes = Dims{0};
    return out;
  }
  int64_t rank = first->dim();
  dim = wrap_dim(op, dim, rank);
  out.sizes = Dims(first->sizes());
  int64_t length = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& t = tensors[i];
    if (skipped(t)) continue;
    check(t.dim() == rank, ErrorKind::Runtime, op, ": Tensors must have same number of dimensions: got ", rank, " and ",
          t.dim());
    for (int64_t d = 0; d < rank; ++d)
      check(d == dim || t.size(d) == out.sizes[d], ErrorKind::Runtime, op,
            ": Sizes of tensors must match except in dimension ", dim, ". Expected size ", out.sizes[d],
            " but got size ", t.size(d), " for tensor number ", i, " in the list.");
    length += t.size(dim);
  }
  out.sizes[dim] = length;
  if (rank >= 4 && all_channels_last(tensors)) out.strides = channels_last_strides(out.sizes);
  return out;
}

// Rows of `bytes` from each part, one after the other, `rows` times.
struct Part {
  const char* from;
  int64_t bytes;
};
void interleave_rows(char* to, const std::vector<Part>& parts, int64_t rows) {
  int64_t width = 0;
  for (const Part& p : parts) width += p.bytes;
  if (rows == 1) {  // long runs: cut them, not the rows
    for (const Part& p : parts) {
      copy_bytes(to, p.from, p.bytes);
      to += p.bytes;
    }
    return;
  }
  bool alike = true;
  int64_t item = parts[0].bytes;
  for (const Part& p : parts) alike &= p.bytes == item;
  alike &= item <= 16 && (item & (item - 1)) == 0;
  parallel_for(rows, std::max<int64_t>(1, 131072 / std::max<int64_t>(width, 1)), [&](int64_t begin, int64_t end) {
    if (alike && item > 0) {  // single elements
      dispatch_size(item, [&]<class T>() {
        T* out = reinterpret_cast<T*>(to) + begin * static_cast<int64_t>(parts.size());
        if (parts.size() == 2) {
          const T *a = reinterpret_cast<const T*>(parts[0].from), *b = reinterpret_cast<const T*>(parts[1].from);
          for (int64_t i = begin; i < end; ++i, out += 2) out[0] = a[i], out[1] = b[i];
        } else {
          for (int64_t i = begin; i < end; ++i)
            for (const Part& p : parts) *out++ = reinterpret_cast<const T*>(p.from)[i];
        }
      });
      return;
    }
    char* at = to + begin * width;
    for (int64_t i = begin; i < end; ++i)
      for (const Part& p : parts) {
        copy_run(at, p.from + i * p.bytes, p.bytes, rows * width);
        at += p.bytes;
      }
  });
}

void cat_kernel(TensorSpan tensors, int64_t dim, const Tensor& out) {
  if (out.numel() == 0) return;
  int64_t rank = out.dim();
  dim = wrap_dim("cat", dim, rank);
  bool direct = out.is_contiguous() && out.device().type == DeviceType::cpu;
  for (const Tensor& t : tensors) direct = direct && (skipped(t) || (t.is_contiguous() && t.dtype() == out.dtype()));
  int64_t item = static_cast<int64_t>(out.itemsize());
  if (direct) {
    int64_t rows = 1, inner = item;
    for (int64_t d = 0; d < dim; ++d) rows *= out.size(d);
    for (int64_t d = dim + 1; d < rank; ++d) inner *= out.size(d);
    std::vector<Part> parts;
    parts.reserve(tensors.size());
    for (const Tensor& t : tensors)
      if (t.numel() > 0) parts.push_back({static_cast<const char*>(t.data()), t.size(dim) * inner});
    return interleave_rows(static_cast<char*>(out.data()), parts, rows);
  }
  int64_t start = 0;
  for (const Tensor& t : tensors) {
    if (skipped(t)) continue;
    int64_t length = t.size(dim);
    if (t.numel() > 0) copy_elements(alias(out, out.layout().sliced(dim, start, length, 1)), t);
    start += length;
  }
}

ResultSpec stack_rule(TensorSpan tensors, int64_t dim) {
  check(!tensors.empty(), ErrorKind::Runtime, "stack: expects a non-empty TensorList");
  const Tensor& first = tensors[0];
  dim = wrap_dim("stack", dim, first.dim() + 1);
  for (size_t i = 1; i < tensors.size(); ++i)
    check(std::ranges::equal(tensors[i].sizes(), first.sizes()), ErrorKind::Runtime,
          "stack: expects each tensor to be equal size, but got ", list_text(first.sizes()), " at entry 0 and ",
          list_text(tensors[i].sizes()), " at entry ", i);
  ResultSpec out;
  out.dtype = common_type(tensors);
  out.sizes = Dims(first.sizes());
  out.sizes.insert(dim, static_cast<int64_t>(tensors.size()));
  return out;
}

void stack_kernel(TensorSpan tensors, int64_t dim, const Tensor& out) {
  if (out.numel() == 0) return;
  dim = wrap_dim("stack", dim, out.dim());
  bool direct = out.is_contiguous() && out.device().type == DeviceType::cpu;
  for (const Tensor& t : tensors) direct = direct && t.is_contiguous() && t.dtype() == out.dtype();
  if (!direct) {
    for (size_t i = 0; i < tensors.size(); ++i)
      copy_elements(alias(out, out.layout().selected(dim, static_cast<int64_t>(i))), tensors[i]);
    return;
  }
  int64_t rows = 1;
  for (int64_t d = 0; d < dim; ++d) rows *= out.size(d);
  int64_t bytes = tensors[0].numel() / rows * static_cast<int64_t>(out.itemsize());
  std::vector<Part> parts;
  parts.reserve(tensors.size());
  for (const Tensor& t : tensors) parts.push_back({static_cast<const char*>(t.data()), bytes});
  interleave_rows(static_cast<char*>(out.data()), parts, rows);
}

std::vector<Tensor> each(TensorSpan tensors, Tensor (*f)(const Tensor&)) {
  std::vector<Tensor> out;
  for (const Tensor& t : tensors) out.push_back(f(t));
  return out;
}

}  // namespace

// Of cat and stack.
static void fits_out(const Call& call, DType result) {
  if (call.form != Form::out) return;
  DType given = call.results[0].tensor_impl()->dtype;
  check(can_cast(result, given), ErrorKind::Type, call.name(), ": the inputs give ", name(result),
        ", which can't be cast to ", name(given), " of out=");
}

OP(cat){
    .signature = "cat(Tensor[] tensors, int dim=0) -> Tensor",
    .python = torch,
    .doc = R"(The tensors one after the other along a dimension; their other sizes must agree, their types are promoted.
      >>> flambeau.cat([flambeau.ones(2), flambeau.zeros(1)])
      tensor([1., 1., 0.]))",
    .verify = fits_out,
    .out = OutRule::distinct_converts,
    .shape = [](TensorSpan tensors, int64_t dim) { return cat_rule("cat", tensors, dim); },
    .cpu = [](TensorSpan tensors, int64_t dim, const Tensor& out) { cat_kernel(tensors, dim, out); },
    .gradient =
        [](Grad& g) {
          int n = g.count("tensors");
          int64_t dim = g.integer("dim"), start = 0;
          for (int i = 0; i < n; ++i)
            if (IntSpan s = g.sizes("tensors", i); !(s.size() == 1 && s[0] == 0))
              dim = wrap_dim("cat", g.integer("dim"), static_cast<int64_t>(s.size()));
          for (int i = 0; i < n; ++i) {
            IntSpan sizes = g.sizes("tensors", i);
            if (sizes.size() == 1 && sizes[0] == 0) {
              if (g.wants("tensors", i))
                g.set("tensors", call<"zeros">(sizes, g.dtype("tensors", i), Value(), g.out().device()), i);
              continue;
            }
            int64_t length = sizes[dim];
            if (g.wants("tensors", i)) g.set("tensors", call<"slice.Tensor">(g.out(), dim, start, start + length), i);
            start += length;
          }
        },
    .autocast = Autocast::widest,
};
OP(concat){
    .signature = "concat(Tensor[] tensors, int dim=0) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "Another name of :func:`cat`.",
    .composite = [](TensorSpan tensors, int64_t dim) -> Tensor { return call<"cat">(tensors, dim); },
};
OP(concatenate){
    .signature = "concatenate(Tensor[] tensors, int dim=0) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "Another name of :func:`cat`.",
    .composite = [](TensorSpan tensors, int64_t dim) -> Tensor { return call<"cat">(tensors, dim); },
};

OP(stack){
    .signature = "stack(Tensor[] tensors, int dim=0) -> Tensor",
    .python = torch,
    .doc = R"(Tensors of equal sizes along a new dimension.
      >>> flambeau.stack([flambeau.zeros(2), flambeau.ones(2)])
      tensor([[0., 0.],
              [1., 1.]]))",
    .verify = fits_out,
    .out = OutRule::distinct_converts,
    .shape = [](TensorSpan tensors, int64_t dim) { return stack_rule(tensors, dim); },
    .cpu = [](TensorSpan tensors, int64_t dim, const Tensor& out) { stack_kernel(tensors, dim, out); },
    .gradient =
        [](Grad& g) {
          int64_t dim = wrap_dim("stack", g.integer("dim"), static_cast<int64_t>(g.sizes("tensors").size()) + 1);
          for (int i = 0; i < g.count("tensors"); ++i)
            if (g.wants("tensors", i)) g.set("tensors", call<"select.int">(g.out(), dim, int64_t{i}), i);
        },
    .autocast = Autocast::widest,
};

OP(hstack){
    .signature = "hstack(Tensor[] tensors) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "Tensors side by side: joined along the second dimension, vectors along the first.",
    .composite = [](TensorSpan tensors) -> Tensor {
      check(!tensors.empty(), ErrorKind::Runtime, "hstack: expects a non-empty TensorList");
      auto parts = each(tensors, [](const Tensor& t) { return call<"atleast_1d">(t); });
      return call<"cat">(TensorSpan(parts), int64_t{parts[0].dim() == 1 ? 0 : 1});
    },
};
#define STACKED_ROWS(name)                                                                     \
  OP(name){                                                                                    \
      .signature = #name "(Tensor[] tensors) -> Tensor",                                       \
      .python = torch,                                                                         \
      .variants = Variants::out,                                                               \
      .doc = "Tensors below each other: joined along the first dimension, vectors as rows.",   \
      .composite = [](TensorSpan tensors) -> Tensor {                                          \
        check(!tensors.empty(), ErrorKind::Runtime, #name ": expects a non-empty TensorList"); \
        auto parts = each(tensors, [](const Tensor& t) { return call<"atleast_2d">(t); });     \
        return call<"cat">(TensorSpan(parts), int64_t{0});                                     \
      },                                                                                       \
  };
STACKED_ROWS(vstack)
STACKED_ROWS(row_stack)
#undef STACKED_ROWS
OP(dstack){
    .signature = "dstack(Tensor[] tensors) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "Tensors behind each other: joined along the third dimension.",
    .composite = [](TensorSpan tensors) -> Tensor {
      check(!tensors.empty(), ErrorKind::Runtime, "dstack: expects a non-empty TensorList");
      auto parts = each(tensors, [](const Tensor& t) { return call<"atleast_3d">(t); });
      return call<"cat">(TensorSpan(parts), int64_t{2});
    },
};
OP(column_stack){
    .signature = "column_stack(Tensor[] tensors) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "Tensors side by side, vectors and numbers as columns.",
    .composite = [](TensorSpan tensors) -> Tensor {
      check(!tensors.empty(), ErrorKind::Runtime, "column_stack: expects a non-empty TensorList");
      auto parts =
          each(tensors, [](const Tensor& t) { return t.dim() <= 1 ? call<"reshape">(t, Dims{t.numel(), 1}) : t; });
      return call<"hstack">(TensorSpan(parts));
    },
};

OP(block_diag){
    .signature = "block_diag(Tensor[] tensors) -> Tensor",
    .python = hidden,
    .doc = "A matrix with the given ones (vectors as rows) along its diagonal and zeros elsewhere.",
    .composite = [](TensorSpan tensors) -> Tensor {
      if (tensors.empty()) return call<"empty.memory_format">(Dims{1, 0});
      int64_t rows = 0, columns = 0;
      std::vector<Tensor> parts;
      for (size_t i = 0; i < tensors.size(); ++i) {
        check(tensors[i].dim() <= 2, ErrorKind::Runtime,
              "block_diag: Input tensors must have 2 or fewer dimensions. Input ", i, " has ", tensors[i].dim(),
              " dimensions");
        parts.push_back(call<"atleast_2d">(tensors[i]));
        rows += parts.back().size(0);
        columns += parts.back().size(1);
      }
      Promotion p;
      for (const Tensor& t : tensors) p.tensor(t.dtype(), t.dim(), t.impl()->wrapped_number);
      Tensor out = call<"new_zeros">(parts[0], Dims{rows, columns}, p.result());
      int64_t row = 0, column = 0;
      for (const Tensor& t : parts) {
        Tensor window = call<"slice.Tensor">(call<"slice.Tensor">(out, int64_t{0}, row, row + t.size(0)), int64_t{1},
                                             column, column + t.size(1));
        call<"copy_">(window, t);
        row += t.size(0);
        column += t.size(1);
      }
      return out;
    },
};

}  // namespace flambeau
