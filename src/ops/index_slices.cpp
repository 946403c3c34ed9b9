// Whole slices chosen by a vector of indices: index_select, index_add, index_copy, index_fill, index_reduce.
#include "core/fits.h"
#include "cpu/along.h"
#include "loops/copy.h"
#include "ops/define.h"
#include "ops/indexed_products.h"

namespace flambeau {

namespace {

Dims sizes_of(const Tensor& t) { return t.dim() == 0 ? Dims{1} : Dims(t.sizes()); }
int64_t slice_count(const Tensor& t, int64_t dim) { return t.dim() == 0 ? 1 : t.size(dim); }

ResultSpec select_rule(const Tensor& self, int64_t dim, const Tensor& index) {
  dim = wrap_dim("index_select", dim, self.dim());
  check(index.dtype() == DType::int64 || index.dtype() == DType::int32, ErrorKind::Runtime,
        "index_select(): Expected dtype int32 or int64 for index, got ", name(index.dtype()));
  check(index.dim() <= 1, ErrorKind::Index,
        "index_select(): Index is supposed to be a vector, but got dim: ", index.dim());
  check(self.dim() > 0 || index.numel() == 1, ErrorKind::Index,
        "index_select(): Index to scalar must have exactly 1 value, got ", index.numel(), " values");
  Dims sizes(self.sizes());
  if (self.dim() > 0) sizes[dim] = index.numel();
  return {sizes, self.dtype()};
}

// The checks of index_add, index_copy and index_reduce.
ResultSpec update_rule(const char* op, const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source,
                       ErrorKind count_error) {
  dim = wrap_dim(op, dim, self.dim());
  check(index.dtype() == DType::int64 || index.dtype() == DType::int32, ErrorKind::Runtime, op,
        "_(): Expected dtype int32/int64 for index but got: ", name(index.dtype()));
  check(index.dim() <= 1, ErrorKind::Index, op, "_(): Index should have dimension 1 or 0 (got ", index.dim(), ")");
  check(self.dtype() == source.dtype(), ErrorKind::Runtime, op, "_(): self (", name(self.dtype()), ") and source (",
        name(source.dtype()), ") must have the same scalar type");
  check(source.dim() == 0 || self.dim() == 0 || source.dim() == self.dim(), ErrorKind::Runtime, op,
        "_(): Source and destination dimensionality must match, got ", source.dim(), " and ", self.dim());
  check(index.numel() == slice_count(source, dim), count_error, op, "_(): Number of indices (", index.numel(),
        ") should be equal to source.size(dim): (", slice_count(source, dim), "), for dim: ", dim);
  for (int64_t d = 0; d < self.dim() && source.dim() == self.dim(); ++d)
    check(d == dim || self.size(d) == source.size(d),
          count_error == ErrorKind::Index ? ErrorKind::Runtime : count_error, op,
          "_(): The shapes must match apart from dimension ", dim, ", got self ", list_text(self.sizes()),
          " and source ", list_text(source.sizes()));
  return {Dims(self.sizes()), self.dtype()};
}

// update(target row, source row, width) for every slice, after checking all the indices.
template <class T, class Update>
void update_slices(const char* op, int64_t dim, const Tensor& index, const Tensor& source, const Tensor& out,
                   Update update, ErrorKind kind = ErrorKind::Index) {
  dim = wrap_dim(op, dim, out.dim());
  Dims sizes = sizes_of(out);
  Tensor where = as_contiguous(index), from = as_contiguous(source);
  along::Cut target(sizes, dim);
  dispatch_index(op, where.dtype(), [&]<class I>() {
    const I* at = where.data<I>();
    along::check_bounds(op, at, where.numel(), dim, sizes[dim], kind);
    if (out.numel() == 0) return;
    T* to = out.data<T>();
    const T* values = from.data<T>();
    along::for_each_slice(at, where.numel(), target,
                          [=](int64_t t, int64_t s, int64_t width) { update(to + t, values + s, width); });
  });
}

void fill_slices(int64_t dim, const Tensor& index, const Scalar& value, const Tensor& out) {
  dim = wrap_dim("index_fill", dim, out.dim());
  Dims sizes = sizes_of(out);
  Tensor where = cast(as_contiguous(index), DType::int64), plain = empty(where.sizes(), DType::int64);
  // Negative indices count from the end here.
  int64_t n = where.numel(), size = sizes[dim];
  for (int64_t i = 0; i < n; ++i) {
    int64_t at = where.data<int64_t>()[i];
    check(at >= -size && at < size, ErrorKind::Index, "index_fill: index ", at, " is out of bounds for dimension ", dim,
          " with size ", size);
    plain.data<int64_t>()[i] = at < 0 ? at + size : at;
  }
  if (out.numel() == 0) return;
  along::Cut target(sizes, dim);
  Tensor one = empty({}, out.dtype());
  fill_elements(one, value, "index_fill");
  dispatch_size(out.itemsize(), [&]<class T>() {
    T* to = out.data<T>();
    T v = *one.data<T>();
    along::for_each_slice(plain.data<int64_t>(), n, target,
                          [=](int64_t t, int64_t, int64_t width) { std::fill(to + t, to + t + width, v); });
  });
}

void check_fill(const Tensor& self, int64_t dim, const Tensor& index) {
  wrap_dim("index_fill", dim, self.dim());
  check(index.dtype() == DType::int64, ErrorKind::Index, "index_fill_(): Expected dtype int64 for index, got ",
        name(index.dtype()));
  check(index.dim() <= 1, ErrorKind::Index, "index_fill_(): Index is supposed to be a vector, got ", index.dim(),
        " dimensions");
}

Tensor as_type(const Tensor& t, DType dtype) {
  return call<"_cast_copy">(t, dtype, t.device(), MemoryFormat::preserve);
}

}  // namespace

OP(index_select){
    .signature = "index_select(Tensor self, int dim, Tensor index) -> Tensor",
    .doc = R"(The slices along ``dim`` that a vector of indices names.
      >>> flambeau.index_select(flambeau.tensor([[1, 2], [3, 4]]), 1, flambeau.tensor([1]))
      tensor([[2],
              [4]]))",
    .out = OutRule::distinct,
    .shape = select_rule,
    .cpu =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& out) {
          dim = wrap_dim("index_select", dim, self.dim());
          Tensor from = as_contiguous(self), where = as_contiguous(index);
          along::Cut source(sizes_of(self), dim);
          int64_t n = where.numel(), item = static_cast<int64_t>(out.itemsize()), bytes = source.inner * item;
          dispatch_index("index_select", where.dtype(), [&]<class I>() {
            const I* at = where.data<I>();
            along::check_bounds("index_select", at, n, dim, source.size, ErrorKind::Index);
            if (out.numel() == 0) return;
            const char* base = static_cast<const char*>(from.data());
            char* to = static_cast<char*>(out.data());
            parallel_for(source.outer * n, std::max<int64_t>(1, 131072 / bytes), [&](int64_t begin, int64_t end) {
              if (source.inner == 1) {
                dispatch_size(item, [&]<class T>() {
                  for (int64_t r = begin; r < end; ++r)
                    reinterpret_cast<T*>(to)[r] =
                        reinterpret_cast<const T*>(base)[r / n * source.size + static_cast<int64_t>(at[r % n])];
                });
                return;
              }
              for (int64_t r = begin; r < end; ++r)
                std::memcpy(to + r * bytes, base + (r / n * source.size + static_cast<int64_t>(at[r % n])) * bytes,
                            bytes);
            });
          });
        },
    .saves = {"index"},
    .gradient =
        [](Grad& g) {
          g.set("self", call<"index_select_backward">(g.out(), g.sizes("self"), g.integer("dim"), g.arg("index")));
        },
};
OP(index_select_backward){
    .signature = "index_select_backward(Tensor grad, SymInt[] self_sizes, int dim, Tensor index) -> Tensor",
    .python = hidden,
    .doc = "Adds slices up where index_select took them.",
    .composite = [](const Tensor& grad, IntSpan sizes, int64_t dim, const Tensor& index) -> Tensor {
      return call<"index_add">(call<"new_zeros">(grad, sizes), dim, index, grad);
    },
};

OP(index_add){
    .signature = "index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor",
    .variants = Variants::both,
    .doc = R"(``self`` with ``alpha`` times the slices of ``source`` added to the slices that ``index`` names, in order.
      >>> flambeau.zeros(2).index_add(0, flambeau.tensor([1, 1]), flambeau.tensor([2., 3.]))
      tensor([0., 5.]))",
    .shape =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) {
          check_fits("index_add", alpha, self.dtype());
          return update_rule("index_add", self, dim, index, source, ErrorKind::Runtime);
        },
    .cpu =
        [](const Tensor&, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha,
           const Tensor& out) {
          bool plain = alpha.equal(1);
          dispatch_number("index_add", out.dtype(), [&]<class T>() {
            using W = Wide<T>;
            W scale;
            if constexpr (is_complex_v<T>)
              scale = W(alpha.to_complex());
            else if constexpr (std::is_integral_v<T>)
              scale = static_cast<W>(alpha.to_int());
            else
              scale = static_cast<W>(alpha.to_double());
            update_slices<T>(
                "index_add", dim, index, source, out,
                [=](T* to, const T* from, int64_t n) {
                  if (plain)
                    along::add_row(to, from, n);
                  else
                    for (int64_t i = 0; i < n; ++i)
                      to[i] = static_cast<T>(static_cast<W>(to[i]) + scale * static_cast<W>(from[i]));
                },
                ErrorKind::Runtime);
          });
        },
    .starts_from = "self",
    .saves = {"index for source"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", g.out());
          if (!g.wants("source")) return;
          Tensor part = call<"index_select">(g.out(), g.integer("dim"), g.arg("index"));
          Scalar alpha = g.scalar("alpha");
          if (!alpha.equal(1))
            part = call<"mul.Tensor">(part, alpha.is_complex() ? Scalar(std::conj(alpha.to_complex())) : alpha);
          g.set("source", call<"reshape">(part, g.sizes("source")));
        },
};

OP(index_copy){
    .signature = "index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor",
    .variants = Variants::both,
    .doc =
        "``self`` with the slices that ``index`` names replaced by those of ``source``; of several for one place the "
        "last is kept.",
    .shape =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source) {
          check(index.dtype() == DType::int64, ErrorKind::Runtime,
                "index_copy_(): Expected a long tensor for index, but got ", name(index.dtype()));
          return update_rule("index_copy", self, dim, index, source, ErrorKind::Index);
        },
    .cpu =
        [](const Tensor&, int64_t dim, const Tensor& index, const Tensor& source, const Tensor& out) {
          dispatch_size(out.itemsize(), [&]<class T>() {
            update_slices<T>("index_copy_", dim, index, source, out,
                             [](T* to, const T* from, int64_t n) { std::memcpy(to, from, n * sizeof(T)); });
          });
        },
    .starts_from = "self",
    .saves = {"index"},
    .gradient =
        [](Grad& g) {
          Tensor index = g.arg("index");
          if (g.wants("self"))
            g.set("self", call<"index_fill.int_Scalar">(g.out(), g.integer("dim"), index, Scalar(int64_t{0})));
          if (g.wants("source"))
            g.set("source", call<"reshape">(call<"index_select">(g.out(), g.integer("dim"), index), g.sizes("source")));
        },
    .autocast = Autocast::widest,
};

OP(index_fill_scalar){
    .signature = "index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
    .variants = Variants::both,
    .doc = "``self`` with one value in the slices that ``index`` names.",
    .shape = [](const Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) -> ResultSpec {
      check_fill(self, dim, index);
      check_fits("index_fill", value, self.dtype());
      return {Dims(self.sizes()), self.dtype()};
    },
    .cpu = [](const Tensor&, int64_t dim, const Tensor& index, const Scalar& value,
              const Tensor& out) { fill_slices(dim, index, value, out); },
    .starts_from = "self",
    .saves = {"index"},
    .gradient =
        [](Grad& g) {
          g.set("self", call<"index_fill.int_Scalar">(g.out(), g.integer("dim"), g.arg("index"), Scalar(int64_t{0})));
        },
};
OP(index_fill_tensor){
    .signature = "index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor",
    .variants = Variants::both,
    .shape = [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& value) -> ResultSpec {
      check(value.dim() == 0, ErrorKind::Runtime,
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with ", value.dim(),
            " dimension(s).");
      check_fill(self, dim, index);
      return {Dims(self.sizes()), self.dtype()};
    },
    .cpu = [](const Tensor&, int64_t dim, const Tensor& index, const Tensor& value,
              const Tensor& out) { fill_slices(dim, index, read_element(value), out); },
    .starts_from = "self",
    .saves = {"index"},
    .gradient =
        [](Grad& g) {
          Tensor index = g.arg("index");
          if (g.wants("self"))
            g.set("self", call<"index_fill.int_Scalar">(g.out(), g.integer("dim"), index, Scalar(int64_t{0})));
          if (!g.wants("value")) return;
          Tensor filled =
              call<"index_fill.int_Scalar">(call<"zeros_like">(g.out()), g.integer("dim"), index, Scalar(int64_t{1}));
          g.set("value", call<"sum">(call<"mul.Tensor">(g.out(), filled)));
        },
};

namespace {

enum class SliceReduction { product, mean, most, least };
SliceReduction slice_reduction(std::string_view text) {
  if (text == "prod") return SliceReduction::product;
  if (text == "mean") return SliceReduction::mean;
  if (text == "amax") return SliceReduction::most;
  if (text == "amin") return SliceReduction::least;
  raise(ErrorKind::Runtime, "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got ", text,
        ".");
}

}  // namespace

OP(index_reduce){
    .signature =
        "index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True) -> "
        "Tensor",
    .variants = Variants::both,
    .doc =
        "The slices of ``source`` combined (prod, mean, amax, amin) into the slices of ``self`` that ``index`` names.",
    .shape =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce, bool) {
          slice_reduction(reduce);
          return update_rule("index_reduce", self, dim, index, source, ErrorKind::Runtime);
        },
    .cpu =
        [](const Tensor&, int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
           bool include_self, const Tensor& out) {
          // The same as scatter_reduce with the index repeated over the slice.
          int64_t d = wrap_dim("index_reduce", dim, out.dim());
          static const OpCall scatter("scatter_reduce.two", Form::inplace);
          Tensor from = source.dim() == 0 && out.dim() > 0 ? alias(source, Layout(Dims(out.dim(), 1))) : source;
          Layout wide = index.layout();
          if (out.dim() > 0) {
            wide.sizes = Dims(from.sizes());
            int64_t step = index.dim() ? index.stride(0) : 1;
            wide.strides = Dims(from.dim(), 0);
            wide.strides[d] = step;
          }
          Tensor where = cast(as_contiguous(alias(index, wide)), DType::int64);
          along::Cut cut(sizes_of(out), d);
          along::check_bounds("index_reduce", where.data<int64_t>(), where.numel(), d, cut.size, ErrorKind::Index);
          scatter({out, d, where, from, Value(reduce), include_self});
        },
    .starts_from = "self",
    .saves = {"self", "index", "source", "result"},
    .gradient =
        [](Grad& g) {
          // As scatter_reduce: the index repeated over the slices.
          Tensor self = g.self(), source = g.arg("source"), index = g.arg("index"), grad = g.out(), result = g.result();
          int64_t dim = wrap_dim("index_reduce", g.integer("dim"), self.dim());
          auto how = slice_reduction(g.text("reduce"));
          bool include = g.flag("include_self");
          auto pick = [&](const Tensor& t) { return call<"index_select">(t, dim, index); };
          Tensor grad_self, grad_source;
          Scalar one(int64_t{1}), zero(int64_t{0});
          if (how == SliceReduction::mean) {
            Tensor counts = include ? call<"ones_like">(grad) : call<"zeros_like">(grad);
            counts = call<"index_add">(counts, dim, index, call<"ones_like">(source));
            counts = call<"masked_fill.Scalar">(counts, call<"eq.Tensor">(counts, zero), one);
            grad_self = call<"div.Tensor">(grad, counts);
            grad_source = pick(grad_self);
          } else if (how == SliceReduction::product) {
            Tensor base = include ? self : call<"index_fill.int_Scalar">(self, dim, index, one);
            Tensor zero_source = call<"eq.Tensor">(source, zero), zero_self = call<"eq.Tensor">(base, zero);
            Tensor product = call<"index_reduce">(call<"masked_fill.Scalar">(base, zero_self, one), dim, index,
                                                  call<"masked_fill.Scalar">(source, zero_source, one), "prod");
            Tensor count =
                call<"index_add">(as_type(zero_self, DType::int64), dim, index, as_type(zero_source, DType::int64));
            Tensor sum_of_zeros;
            if (g.tracked()) {
              auto only = [](const Tensor& t, const Tensor& mask) {
                return call<"where.self">(mask, t, call<"zeros_like">(t));
              };
              sum_of_zeros = call<"index_add">(only(base, zero_self), dim, index, only(source, zero_source));
            }
            auto at = [&](const Tensor& t) { return t.defined() ? pick(t) : t; };
            grad_self = call<"mul.Tensor">(grad, without_factor(base, zero_self, count, product, result, sum_of_zeros));
            grad_source = call<"mul.Tensor">(pick(grad), without_factor(source, zero_source, pick(count), pick(product),
                                                                        pick(result), at(sum_of_zeros)));
          } else {
            Tensor self_mask = as_type(call<"eq.Tensor">(self, result), grad.dtype());
            Tensor source_mask = as_type(call<"eq.Tensor">(source, pick(result)), grad.dtype());
            Tensor count = call<"index_add">(self_mask, dim, index, source_mask);
            count = call<"masked_fill.Scalar">(count, call<"eq.Tensor">(count, zero), one);
            Tensor share = call<"div.Tensor">(grad, count);
            grad_self = call<"mul.Tensor">(share, self_mask);
            grad_source = call<"mul.Tensor">(pick(share), source_mask);
          }
          if (g.wants("self"))
            g.set("self", include ? grad_self : call<"index_fill.int_Scalar">(grad_self, dim, index, zero));
          if (g.wants("source")) g.set("source", grad_source);
        },
};

}  // namespace flambeau
