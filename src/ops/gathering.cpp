// Reading and writing along one dimension: gather and the scatter family.
#include "cpu/along.h"
#include "loops/copy.h"
#include "ops/define.h"
#include "ops/indexed_products.h"

namespace flambeau {

namespace {

void check_index(const char* op, const Tensor& index) {
  if (index.numel() == 0) return;
  check(index.dtype() == DType::int64 || index.dtype() == DType::int32, ErrorKind::Runtime, op,
        "(): Expected dtype int32/int64 for index, got ", name(index.dtype()));
}
int64_t rank_of(const Tensor& t) { return std::max<int64_t>(t.dim(), 1); }
Dims sizes_of(const Tensor& t) { return t.dim() == 0 ? Dims{1} : Dims(t.sizes()); }

ResultSpec gather_rule(const Tensor& self, int64_t dim, const Tensor& index) {
  check_index("gather", index);
  dim = wrap_dim("gather", dim, self.dim());
  check(rank_of(self) == rank_of(index) || index.numel() == 0, ErrorKind::Runtime,
        "gather: Index tensor must have the same number of dimensions as input tensor, got ", index.dim(), " and ",
        self.dim());
  Dims have = sizes_of(self), want = sizes_of(index);
  for (size_t d = 0; d < want.size() && index.numel() > 0; ++d)
    check(static_cast<int64_t>(d) == dim || want[d] <= have[d], ErrorKind::Runtime,
          "gather: Size does not match at dimension ", d, " expected index ", list_text(index.sizes()),
          " to be no larger than self ", list_text(self.sizes()), " apart from dimension ", dim);
  return {Dims(index.sizes()), self.dtype()};
}

// The checks all scatters share. `src` may be undefined.
void check_scatter(const char* op, const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
  check_index(op, index);
  dim = wrap_dim(op, dim, self.dim());
  if (src.defined())
    check(self.dtype() == src.dtype(), ErrorKind::Runtime, op, "(): Expected self.dtype to be equal to src.dtype, got ",
          name(self.dtype()), " and ", name(src.dtype()));
  if (index.numel() == 0) return;
  check(rank_of(self) == rank_of(index), ErrorKind::Runtime, op,
        ": Index tensor must have the same number of dimensions as self tensor, got ", index.dim(), " and ",
        self.dim());
  check(!src.defined() || rank_of(src) == rank_of(index), ErrorKind::Runtime, op,
        ": Index tensor must have the same number of dimensions as src tensor, got ", index.dim(), " and ",
        src.defined() ? src.dim() : 0);
  Dims want = sizes_of(index), have = sizes_of(self), from = src.defined() ? sizes_of(src) : want;
  for (size_t d = 0; d < want.size(); ++d)
    check((static_cast<int64_t>(d) == dim || want[d] <= have[d]) && want[d] <= from[d], ErrorKind::Runtime, op,
          ": Expected index ", list_text(index.sizes()), " to be no larger than self ", list_text(self.sizes()),
          " apart from dimension ", dim,
          src.defined() ? " and to be no larger than src " + list_text(src.sizes()) : std::string());
}

enum class Reduction { assign, add, multiply, least, most, mean };
Reduction reduction_named(const char* op, std::string_view text, bool two) {
  if (two) {
    if (text == "sum") return Reduction::add;
    if (text == "prod") return Reduction::multiply;
    if (text == "mean") return Reduction::mean;
    if (text == "amax") return Reduction::most;
    if (text == "amin") return Reduction::least;
    raise(ErrorKind::Runtime, op, ": reduce argument must be either sum, prod, mean, amax or amin, got ", text, ".");
  }
  if (text == "add") return Reduction::add;
  if (text == "multiply") return Reduction::multiply;
  raise(ErrorKind::Runtime, op, ": reduce argument must be either add or multiply, got ", text, ".");
}

template <class T>
T combine(Reduction how, T a, T b) {
  switch (how) {
    case Reduction::assign: return b;
    case Reduction::add:
    case Reduction::mean: return static_cast<T>(static_cast<Wide<T>>(a) + static_cast<Wide<T>>(b));
    case Reduction::multiply: return static_cast<T>(static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b));
    case Reduction::least:
      if constexpr (!is_complex_v<T>)
        return b != b || static_cast<Wide<T>>(b) < static_cast<Wide<T>>(a) ? (a != a ? a : b) : a;
      break;
    case Reduction::most:
      if constexpr (!is_complex_v<T>)
        return b != b || static_cast<Wide<T>>(b) > static_cast<Wide<T>>(a) ? (a != a ? a : b) : a;
      break;
  }
  return a;
}

// What a position holds before the first value is combined into it, when self is left out.
template <class T>
T identity(Reduction how) {
  if constexpr (is_complex_v<T>) {
    return T(how == Reduction::multiply ? 1 : 0);
  } else {
    using W = Wide<T>;
    if (how == Reduction::multiply) return T(W(1));
    if (how == Reduction::least || how == Reduction::most) {
      bool top = how == Reduction::least;
      if constexpr (std::is_same_v<T, bool>)
        return top;
      else if constexpr (is_floating_v<T>)
        return T(W(top ? INFINITY : -INFINITY));
      else
        return top ? std::numeric_limits<T>::max() : std::numeric_limits<T>::lowest();
    }
    return T(W(0));
  }
}

// `value` stands for src where that is undefined.
void scatter_kernel(const char* op, int64_t dim, const Tensor& index, const Tensor& src, const Scalar& value,
                    Reduction how, bool include_self, const Tensor& out) {
  if (index.numel() == 0) return;
  dim = wrap_dim(op, dim, out.dim());
  Tensor where = as_contiguous(index), from = src.defined() ? as_contiguous(src) : Tensor();
  Dims index_sizes = sizes_of(index), out_sizes = sizes_of(out);
  along::Places target(out_sizes, index_sizes, dim),
      source(src.defined() ? sizes_of(src) : index_sizes, index_sizes, dim);
  dispatch_index(op, where.dtype(), [&]<class I>() {
    const I* at = where.data<I>();
    along::check_bounds(op, at, where.numel(), dim, out_sizes[dim]);
    if (how == Reduction::assign) {
      dispatch_size(out.itemsize(), [&]<class T>() {
        T* to = out.data<T>();
        if (from.defined()) {
          const T* values = from.data<T>();
          along::for_each(at, index_sizes, dim, target, source,
                          [=](int64_t t, int64_t, int64_t s) { to[t] = values[s]; });
        } else {
          Tensor one = empty({}, out.dtype());
          fill_elements(one, value, op);
          T v = *one.data<T>();
          along::for_each(at, index_sizes, dim, target, source, [=](int64_t t, int64_t, int64_t) { to[t] = v; });
        }
      });
      return;
    }
    dispatch_number(op, out.dtype(), [&]<class T>() {
      T* to = out.data<T>();
      T v{};
      if (!from.defined()) {
        Tensor one = empty({}, out.dtype());
        fill_elements(one, value, op);
        v = *one.data<T>();
      }
      const T* values = from.defined() ? from.data<T>() : nullptr;
      if (!include_self) {
        T start = identity<T>(how);
        along::for_each(at, index_sizes, dim, target, source, [=](int64_t t, int64_t, int64_t) { to[t] = start; });
      }
      if (how == Reduction::add) {
        along::for_each(at, index_sizes, dim, target, source, [=](int64_t t, int64_t, int64_t s) {
          to[t] = combine(Reduction::add, to[t], values ? values[s] : v);
        });
      } else {
        along::for_each(at, index_sizes, dim, target, source,
                        [=](int64_t t, int64_t, int64_t s) { to[t] = combine(how, to[t], values ? values[s] : v); });
      }
      if (how == Reduction::mean) {
        std::vector<int32_t> counts(out.numel(), include_self ? 1 : 0);
        int32_t* c = counts.data();
        along::for_each(at, index_sizes, dim, target, source, [=](int64_t t, int64_t, int64_t) { ++c[t]; });
        for (int64_t i = 0; i < out.numel(); ++i) {
          if (c[i] < 2) continue;
          if constexpr (is_complex_v<T>)
            to[i] /= static_cast<typename T::value_type>(c[i]);
          else if constexpr (is_floating_v<T>)
            to[i] = T(Wide<T>(static_cast<Wide<T>>(to[i]) / static_cast<Wide<T>>(c[i])));
          else if constexpr (!std::is_same_v<T, bool>) {  // towards minus infinity
            T q = static_cast<T>(to[i] / c[i]);
            if (to[i] % c[i] != 0 && to[i] < 0) --q;
            to[i] = q;
          }
        }
      }
    });
  });
}

ResultSpec like_self(const Tensor& self) { return {Dims(self.sizes()), self.dtype()}; }
Tensor none() { return {}; }

}  // namespace

OP(gather){
    .signature = "gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor",
    .doc =
        R"(Along ``dim`` the element that ``index`` names at each place: ``out[i][j] = self[index[i][j]][j]`` for ``dim=0``.
      >>> flambeau.gather(flambeau.tensor([[1, 2], [3, 4]]), 1, flambeau.tensor([[0, 0], [1, 0]]))
      tensor([[1, 1],
              [4, 3]]))",
    .out = OutRule::distinct,
    .shape = [](const Tensor& self, int64_t dim, const Tensor& index, bool) { return gather_rule(self, dim, index); },
    .cpu =
        [](const Tensor& self, int64_t dim, const Tensor& index, bool, const Tensor& out) {
          if (out.numel() == 0) return;
          dim = wrap_dim("gather", dim, self.dim());
          Tensor from = as_contiguous(self), where = as_contiguous(index);
          Dims index_sizes = sizes_of(index), sizes = sizes_of(self);
          along::Places source(sizes, index_sizes, dim), target(index_sizes, index_sizes, dim);
          dispatch_index("gather", where.dtype(), [&]<class I>() {
            const I* at = where.data<I>();
            along::check_bounds("gather", at, where.numel(), dim, sizes[dim]);
            dispatch_size(out.itemsize(), [&]<class T>() {
              T* to = out.data<T>();
              const T* values = from.data<T>();
              along::for_each(at, index_sizes, dim, source, target,
                              [=](int64_t s, int64_t position, int64_t) { to[position] = values[s]; });
            });
          });
        },
    .saves = {"index"},
    .gradient =
        [](Grad& g) {
          g.set("self", call<"scatter_add">(call<"new_zeros">(g.out(), g.sizes("self")), g.integer("dim"),
                                            g.arg("index"), g.out()));
        },
};

OP(scatter_src){
    .signature = "scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor",
    .variants = Variants::both,
    .doc =
        R"(``self`` with values written along ``dim`` where ``index`` says: ``self[index[i][j]][j] = src[i][j]`` for ``dim=0``.
Of several values for one place the last is kept; ``reduce`` ('add', 'multiply') combines them with what is there.)",
    .shape =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
          check_scatter("scatter", self, dim, index, src);
          return like_self(self);
        },
    .cpu =
        [](const Tensor&, int64_t dim, const Tensor& index, const Tensor& src, const Tensor& out) {
          scatter_kernel("scatter", dim, index, src, Scalar(), Reduction::assign, true, out);
        },
    .starts_from = "self",
    .saves = {"index"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self"))
            g.set("self", call<"scatter.value">(g.out(), g.integer("dim"), g.arg("index"), Scalar(int64_t{0})));
          if (g.wants("src"))
            g.set("src", call<"_gathered_like">(g.out(), g.integer("dim"), g.arg("index"), g.sizes("src")));
        },
};
OP(scatter_value){
    .signature = "scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
    .variants = Variants::both,
    .shape =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Scalar&) {
          check_scatter("scatter", self, dim, index, none());
          return like_self(self);
        },
    .cpu =
        [](const Tensor&, int64_t dim, const Tensor& index, const Scalar& value, const Tensor& out) {
          scatter_kernel("scatter", dim, index, none(), value, Reduction::assign, true, out);
        },
    .starts_from = "self",
    .saves = {"index"},
    .gradient =
        [](Grad& g) {
          g.set("self", call<"scatter.value">(g.out(), g.integer("dim"), g.arg("index"), Scalar(int64_t{0})));
        },
};
OP(scatter_reduce_old){
    .signature = "scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor",
    .variants = Variants::both,
    .shape =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce) {
          check_scatter("scatter", self, dim, index, src);
          reduction_named("scatter", reduce, false);
          return like_self(self);
        },
    .cpu =
        [](const Tensor&, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
           const Tensor& out) {
          scatter_kernel("scatter", dim, index, src, Scalar(), reduction_named("scatter", reduce, false), true, out);
        },
    .starts_from = "self",
    .not_differentiable = "scatter_reduce is the differentiable form",
};
OP(scatter_value_reduce){
    .signature = "scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor",
    .variants = Variants::both,
    .shape =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Scalar&, std::string_view reduce) {
          check_scatter("scatter", self, dim, index, none());
          reduction_named("scatter", reduce, false);
          return like_self(self);
        },
    .cpu =
        [](const Tensor&, int64_t dim, const Tensor& index, const Scalar& value, std::string_view reduce,
           const Tensor& out) {
          scatter_kernel("scatter", dim, index, none(), value, reduction_named("scatter", reduce, false), true, out);
        },
    .starts_from = "self",
    .not_differentiable = "scatter_reduce is the differentiable form",
};

OP(scatter_add){
    .signature = "scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor",
    .variants = Variants::both,
    .doc = R"(``self`` with the values of ``src`` added along ``dim`` where ``index`` says, always in the same order.
      >>> flambeau.zeros(3).scatter_add(0, flambeau.tensor([0, 2, 0]), flambeau.ones(3))
      tensor([2., 0., 1.]))",
    .shape =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
          check_scatter("scatter_add", self, dim, index, src);
          return like_self(self);
        },
    .cpu =
        [](const Tensor&, int64_t dim, const Tensor& index, const Tensor& src, const Tensor& out) {
          scatter_kernel("scatter_add", dim, index, src, Scalar(), Reduction::add, true, out);
        },
    .starts_from = "self",
    .saves = {"index for src"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", g.out());
          if (g.wants("src"))
            g.set("src", call<"_gathered_like">(g.out(), g.integer("dim"), g.arg("index"), g.sizes("src")));
        },
};

OP(scatter_reduce){
    .signature =
        "scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> "
        "Tensor",
    .variants = Variants::both,
    .doc =
        R"(The values of ``src`` that ``index`` sends to one place along ``dim`` combined by sum, prod, mean, amax or amin, with what
``self`` holds there unless ``include_self`` is false.)",
    .shape =
        [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce, bool) {
          check_scatter("scatter_reduce", self, dim, index, src);
          reduction_named("scatter_reduce", reduce, true);
          return like_self(self);
        },
    .cpu =
        [](const Tensor&, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
           bool include_self, const Tensor& out) {
          scatter_kernel("scatter_reduce", dim, index, src, Scalar(), reduction_named("scatter_reduce", reduce, true),
                         include_self, out);
        },
    .starts_from = "self",
    .saves = {"self", "index", "src", "result"},
    .gradient =
        [](Grad& g) {
          Tensor grad = g.out(), self = g.self(), index = g.arg("index"), src = g.arg("src"), result = g.result();
          int64_t dim = g.integer("dim");
          auto how = reduction_named("scatter_reduce", g.text("reduce"), true);
          bool include = g.flag("include_self");
          IntSpan src_sizes = g.sizes("src");
          auto pick = [&](const Tensor& t) { return call<"gather">(t, dim, index); };
          auto spread = [&](const Tensor& t) { return call<"_gathered_back">(t, dim, index, src_sizes); };
          Tensor used = call<"_index_window">(src, index.sizes());  // the part of src that was read
          Tensor grad_self, grad_src;
          if (how == Reduction::add) {
            grad_self = grad;
            grad_src = pick(grad);
          } else if (how == Reduction::mean) {
            Tensor counts = include ? call<"ones_like">(grad) : call<"zeros_like">(grad);
            counts = call<"scatter_add">(counts, dim, index, call<"ones_like">(used));
            counts =
                call<"masked_fill.Scalar">(counts, call<"eq.Tensor">(counts, Scalar(int64_t{0})), Scalar(int64_t{1}));
            Tensor share = call<"div.Tensor">(grad, counts);
            grad_self = share;
            grad_src = pick(share);
          } else if (how == Reduction::multiply) {
            // Products without one factor: with one zero only the zero's place gets a gradient, with more none does.
            // The gradient of this has to see the factors that are zero: a product without one of two zeros is the
            // other.
            Tensor zeros = call<"eq.Tensor">(used, Scalar(int64_t{0}));
            Tensor plain = call<"masked_fill.Scalar">(used, zeros, Scalar(int64_t{1}));
            Tensor base = include ? self : call<"scatter.value">(self, dim, index, Scalar(int64_t{1}));
            Tensor zero_self = call<"eq.Tensor">(base, Scalar(int64_t{0}));
            Tensor count = call<"scatter_add">(
                call<"_cast_copy">(zero_self, DType::int64, grad.device(), MemoryFormat::preserve), dim, index,
                call<"_cast_copy">(zeros, DType::int64, grad.device(), MemoryFormat::preserve));
            Tensor product = call<"scatter_reduce.two">(call<"masked_fill.Scalar">(base, zero_self, Scalar(int64_t{1})),
                                                        dim, index, plain, "prod");
            Tensor sum_of_zeros;
            if (g.tracked()) {
              auto only = [](const Tensor& t, const Tensor& mask) {
                return call<"where.self">(mask, t, call<"zeros_like">(t));
              };
              sum_of_zeros = call<"scatter_add">(only(base, zero_self), dim, index, only(used, zeros));
            }
            auto at = [&](const Tensor& t) { return t.defined() ? pick(t) : t; };
            grad_self = call<"mul.Tensor">(grad, without_factor(base, zero_self, count, product, result, sum_of_zeros));
            grad_src = call<"mul.Tensor">(
                pick(grad), without_factor(used, zeros, pick(count), pick(product), pick(result), at(sum_of_zeros)));
          } else {
            Tensor self_hit = call<"eq.Tensor">(self, result), src_hit = call<"eq.Tensor">(used, pick(result));
            auto as_grad = [&](const Tensor& t) {
              return call<"_cast_copy">(t, grad.dtype(), grad.device(), MemoryFormat::preserve);
            };
            Tensor self_mask = as_grad(self_hit), src_mask = as_grad(src_hit);
            if (!include) self_mask = call<"scatter.value">(self_mask, dim, index, Scalar(int64_t{0}));
            Tensor count = call<"scatter_add">(self_mask, dim, index, src_mask);
            count = call<"masked_fill.Scalar">(count, call<"eq.Tensor">(count, Scalar(int64_t{0})), Scalar(int64_t{1}));
            Tensor share = call<"div.Tensor">(grad, count);
            grad_self = call<"mul.Tensor">(share, self_mask);
            grad_src = call<"mul.Tensor">(pick(share), src_mask);
          }
          if (g.wants("self"))
            g.set("self", include || how == Reduction::least || how == Reduction::most
                              ? grad_self
                              : call<"scatter.value">(grad_self, dim, index, Scalar(int64_t{0})));
          if (g.wants("src")) g.set("src", spread(grad_src));
        },
};

// The corner of a tensor that an index of these sizes reads, and its inverse.
OP(_index_window){
    .signature = "_index_window(Tensor self, int[] sizes) -> Tensor",
    .python = hidden,
    .doc = "The leading part of a tensor in every dimension.",
    .composite = [](const Tensor& self, IntSpan sizes) -> Tensor {
      Tensor out = self;
      for (int64_t d = 0; d < self.dim() && d < static_cast<int64_t>(sizes.size()); ++d)
        if (sizes[d] != self.size(d)) out = call<"slice.Tensor">(out, d, int64_t{0}, sizes[d]);
      return out;
    },
};
OP(_gathered_back){
    .signature = "_gathered_back(Tensor self, int dim, Tensor index, int[] sizes) -> Tensor",
    .python = hidden,
    .doc = "A tensor of the index's sizes with zeros up to the source's sizes.",
    .composite = [](const Tensor& self, int64_t, const Tensor& index, IntSpan sizes) -> Tensor {
      if (std::ranges::equal(self.sizes(), sizes)) return self;
      Tensor out = call<"new_zeros">(self, sizes);
      if (self.numel() > 0) call<"copy_">(call<"_index_window">(out, index.sizes()), self);
      return out;
    },
};
OP(_gathered_like){
    .signature = "_gathered_like(Tensor self, int dim, Tensor index, int[] sizes) -> Tensor",
    .python = hidden,
    .doc = "What gather reads, with zeros up to the given sizes.",
    .composite = [](const Tensor& self, int64_t dim, const Tensor& index, IntSpan sizes) -> Tensor {
      return call<"_gathered_back">(call<"gather">(self, dim, index), dim, index, sizes);
    },
};

}  // namespace flambeau
