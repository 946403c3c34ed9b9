// The broadcasting product and what follows from it by composition.
#include "core/saturating.h"
#include "cpu/product.h"
#include "ops/product_rules.h"

namespace flambeau {

// Both at least 2-D; leading dimensions broadcast without a copy.
OP(_matmul_batched){
    .signature = "_matmul_batched(Tensor self, Tensor other) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The kernel behind :func:`matmul` of batches.",
    .shape = [](const Tensor& self, const Tensor& other) -> ResultSpec {
      check(self.dim() >= 2 && other.dim() >= 2, ErrorKind::Runtime,
            "matmul: batches of matrices have at least 2 dimensions, got ", self.dim(), " and ", other.dim());
      check_same_type("matmul", self, other);
      check(self.size(-1) == other.size(-2), ErrorKind::Runtime,
            "matmul: Expected size for first two dimensions of batch2 tensor to be: [", self.size(-1), ", …] but got ",
            list_text(self.sizes()), " and ", list_text(other.sizes()));
      Dims sizes = broadcast_sizes("matmul", self.sizes().first(self.dim() - 2), other.sizes().first(other.dim() - 2));
      sizes.push_back(self.size(-2));
      sizes.push_back(other.size(-1));
      return {std::move(sizes), self.dtype()};
    },
    .cpu =
        [](const Tensor& self, const Tensor& other, const Tensor& out) {
          auto raised = [&](const Tensor& t) {
            Layout layout = t.layout();
            while (layout.dim() < out.dim()) layout = layout.unsqueezed(0);
            return alias(t, std::move(layout));
          };
          product(out, raised(self), raised(other));
        },
    .saves = {"self for other", "other for self"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", call<"matmul">(g.out(), adjoint_of(g.arg("other"))));
          if (g.wants("other")) g.set("other", call<"matmul">(adjoint_of(g.self()), g.out()));
        },
};

static Tensor broadcast_product(const char* op, const Tensor& a, const Tensor& b) {
  check(a.dim() > 0 && b.dim() > 0, ErrorKind::Runtime, op,
        ": both arguments to matmul need to be at least 1D, but they are ", a.dim(), "D and ", b.dim(), "D");
  if (a.dim() == 1 && b.dim() == 1) return call<"dot">(a, b);
  if (a.dim() == 2 && b.dim() == 1) return call<"mv">(a, b);
  if (a.dim() == 2 && b.dim() == 2) return call<"mm">(a, b);
  if (a.dim() == 1 && b.dim() == 2) return call<"mv">(call<"t">(b), a);
  if (a.dim() == 1) return call<"squeeze.dim">(broadcast_product(op, call<"unsqueeze">(a, int64_t{0}), b), int64_t{-2});
  Layout flat;
  if (b.dim() <= 2 && a.layout().viewed(Dims{a.size(-1) ? a.numel() / a.size(-1) : 0, a.size(-1)}, flat) &&
      a.numel() > 0) {
    Dims sizes(a.sizes());
    sizes.pop_back();
    if (b.dim() == 2) sizes.push_back(b.size(1));
    check(a.size(-1) == b.size(0), ErrorKind::Runtime, op, ": mat1 and mat2 shapes cannot be multiplied (",
          list_text(a.sizes()), " and ", list_text(b.sizes()), ")");
    Tensor rows = call<"view">(a, flat.sizes);
    return call<"view">(b.dim() == 2 ? call<"mm">(rows, b) : call<"mv">(rows, b), sizes);
  }
  if (b.dim() == 1)
    return call<"squeeze.dim">(call<"_matmul_batched">(a, call<"unsqueeze">(b, int64_t{1})), int64_t{-1});
  return call<"_matmul_batched">(a, b);
}

OP(matmul){
    .signature = "matmul(Tensor self, Tensor other) -> Tensor",
    .variants = Variants::out,
    .doc =
        R"(Product of tensors: of two vectors their dot product; of a matrix and a vector as expected; in higher dimensions the
    products of the last two, the others broadcasting.

    >>> flambeau.matmul(flambeau.ones(4, 2, 3), flambeau.ones(3)).shape
    torch.Size([4, 2]))",
    .composite = [](const Tensor& self, const Tensor& other) -> Tensor {
      return broadcast_product("matmul", self, other);
    },
    .autocast = Autocast::low,
};
OP(linalg_matmul){
    .signature = "linalg_matmul(Tensor self, Tensor other) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Another name of :func:`matmul`.",
    .composite = [](const Tensor& self, const Tensor& other) -> Tensor {
      return broadcast_product("linalg.matmul", self, other);
    },
};

OP(inner){
    .signature = "inner(Tensor self, Tensor other) -> Tensor",
    .variants = Variants::out,
    .doc = "Sum of products over the last dimensions of both; with a number, the plain product.",
    .composite = [](const Tensor& self, const Tensor& other) -> Tensor {
      if (self.dim() == 0 || other.dim() == 0) return call<"mul.Tensor">(self, other);
      check(self.size(-1) == other.size(-1), ErrorKind::Runtime,
            "inner() the last dimension must match on both input tensors but got shapes ", list_text(self.sizes()),
            " and ", list_text(other.sizes()));
      return call<"tensordot">(self, other, Dims{-1}, Dims{-1});
    },
};

OP(tensordot){
    .signature = "tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor",
    .python = nn_private,
    .variants = Variants::out,
    .doc =
        "Sums products over pairs of dimensions; the result has the other dimensions of the first, then those of the "
        "second.",
    .composite = [](const Tensor& self, const Tensor& other, IntSpan dims_self, IntSpan dims_other) -> Tensor {
      check(dims_self.size() == dims_other.size(), ErrorKind::Runtime,
            "tensordot: both dimension lists should have same length, got ", list_text(dims_self), " and ",
            list_text(dims_other));
      Tensor a = self, b = other;
      uint64_t in_a = 0, in_b = 0;
      Dims order_a, order_b, sizes;
      Dims summed_a, summed_b;
      int64_t inner = 1;
      for (size_t i = 0; i < dims_self.size(); ++i) {
        int64_t da = wrap_dim("tensordot", dims_self[i], a.dim()), db = wrap_dim("tensordot", dims_other[i], b.dim());
        check(!(in_a >> da & 1) && !(in_b >> db & 1), ErrorKind::Runtime, "tensordot: dim ", da, " or ", db,
              " appears multiple times in the list of dims");
        in_a |= uint64_t{1} << da;
        in_b |= uint64_t{1} << db;
        int64_t na = a.size(da), nb = b.size(db);
        if (na != nb) {
          check(na == 1 || nb == 1, ErrorKind::Runtime,
                "tensordot: contracted dimensions need to match, but first has size ", na, " in dim ", dims_self[i],
                " and second has size ", nb, " in dim ", dims_other[i]);
          if (na == 1)
            b = call<"sum.dim_IntList">(b, Dims{db}, true);  // the one element meets each of the others
          else
            a = call<"sum.dim_IntList">(a, Dims{da}, true);
        }
        inner *= a.size(da);
        summed_a.push_back(da);
        summed_b.push_back(db);
      }
      int64_t rows = 1, columns = 1;
      for (int64_t d = 0; d < a.dim(); ++d)
        if (!(in_a >> d & 1)) order_a.push_back(d), sizes.push_back(a.size(d)), rows *= a.size(d);
      for (int64_t d : summed_a) order_a.push_back(d);
      order_b = summed_b;
      for (int64_t d = 0; d < b.dim(); ++d)
        if (!(in_b >> d & 1)) order_b.push_back(d), sizes.push_back(b.size(d)), columns *= b.size(d);
      Tensor left = call<"reshape">(call<"permute">(a, order_a), Dims{rows, inner}),
             right = call<"reshape">(call<"permute">(b, order_b), Dims{inner, columns});
      return call<"reshape">(call<"mm">(left, right), sizes);
    },
};

OP(kron){
    .signature = "kron(Tensor self, Tensor other) -> Tensor",
    .variants = Variants::out,
    .doc = "Kronecker product: every element of the first times the whole second, in blocks.",
    .composite = [](const Tensor& self, const Tensor& other) -> Tensor {
      const int64_t rank = std::max(self.dim(), other.dim());
      Dims left, right, sizes;
      for (int64_t d = 0; d < rank; ++d) {
        int64_t a = d < rank - self.dim() ? 1 : self.size(d - (rank - self.dim())),
                b = d < rank - other.dim() ? 1 : other.size(d - (rank - other.dim()));
        left.push_back(a);
        left.push_back(1);
        right.push_back(1);
        right.push_back(b);
        sizes.push_back(sat_mul(a, b));
      }
      // The product keeps copies of the small factors, not what the caller may go on to change.
      auto kept = [](const Tensor& t) { return t_state.grad_enabled && t.numel() ? call<"clone">(t) : t; };
      return call<"reshape">(call<"mul.Tensor">(call<"reshape">(kept(self), left), call<"reshape">(kept(other), right)),
                             sizes);
    },
};

// The order of a chain of matrix products with the fewest multiplications (Cormen et al., section 15.2).
static Tensor multiply_chain(const std::vector<Tensor>& m) {
  const int n = static_cast<int>(m.size());
  std::vector<std::vector<double>> cost(n, std::vector<double>(n, 0));
  std::vector<std::vector<int>> cut(n, std::vector<int>(n, 0));
  for (int length = 1; length < n; ++length)
    for (int i = 0; i + length < n; ++i) {
      const int j = i + length;
      cost[i][j] = INFINITY;
      for (int k = i; k < j; ++k) {
        double c = cost[i][k] + cost[k + 1][j] + static_cast<double>(m[i].size(0)) * m[k].size(1) * m[j].size(1);
        if (c < cost[i][j]) cost[i][j] = c, cut[i][j] = k;
      }
    }
  auto run = [&](auto& self, int i, int j) -> Tensor {
    if (i == j) return m[i];
    return call<"mm">(self(self, i, cut[i][j]), self(self, cut[i][j] + 1, j));
  };
  return run(run, 0, n - 1);
}

OP(linalg_multi_dot){
    .signature = "linalg_multi_dot(Tensor[] tensors) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Product of a chain of matrices in the cheapest order; the first and the last may be vectors.",
    .composite = [](TensorSpan tensors) -> Tensor {
      const size_t n = tensors.size();
      check(n >= 2, ErrorKind::Runtime, "linalg.multi_dot: expected at least 2 tensors but got ", n);
      std::vector<Tensor> m(tensors.begin(), tensors.end());
      bool row = m.front().dim() == 1, column = m.back().dim() == 1;
      if (row) m.front() = call<"unsqueeze">(m.front(), int64_t{0});
      if (column) m.back() = call<"unsqueeze">(m.back(), int64_t{1});
      for (size_t i = 0; i < n; ++i) {
        check(m[i].dim() == 2, ErrorKind::Runtime, "linalg.multi_dot: tensor ", i, " must be ",
              i == 0 || i + 1 == n ? "1D or 2D" : "2D", " but got ", tensors[i].dim(), "D");
        check(m[i].dtype() == m[0].dtype(), ErrorKind::Runtime, "linalg.multi_dot: tensor ", i, " has type ",
              name(m[i].dtype()), ", the first ", name(m[0].dtype()));
        if (i == 0) continue;
        check(m[i - 1].size(1) == m[i].size(0), ErrorKind::Runtime, "linalg.multi_dot: tensors ", i - 1, " and ", i,
              " with shapes ", list_text(m[i - 1].sizes()), " and ", list_text(m[i].sizes()), " cannot be multiplied");
      }
      Tensor out = multiply_chain(m);
      if (column) out = call<"squeeze.dim">(out, int64_t{-1});
      if (row) out = call<"squeeze.dim">(out, int64_t{0});
      return out;
    },
};

OP(chain_matmul){
    .signature = "chain_matmul(Tensor[] matrices) -> Tensor",
    .python = hidden,
    .variants = Variants::out,
    .doc = "Product of one or more matrices in the cheapest order; see :func:`linalg.multi_dot`.",
    .composite = [](TensorSpan matrices) -> Tensor {
      check(!matrices.empty(), ErrorKind::Runtime, "chain_matmul(): Expected one or more matrices");
      for (const Tensor& m : matrices)
        check(m.dim() == 2, ErrorKind::Runtime, "chain_matmul(): Tensor should have dimension 2, got ", describe(m));
      return matrices.size() == 1 ? matrices[0] : call<"linalg_multi_dot">(matrices);
    },
};

static Tensor power_of(const char* op, const Tensor& self, int64_t n) {
  check(self.dim() >= 2 && self.size(-1) == self.size(-2), ErrorKind::Runtime, op,
        ": A must be batches of square matrices, but they are ", describe(self));
  Tensor base = n < 0 ? call<"linalg_inv">(self) : self, result;
  uint64_t rest = static_cast<uint64_t>(n < 0 ? -n : n);
  if (rest == 0) {
    Tensor one = call<"eye">(self.size(-1), self.dtype(), Value(), self.device());
    return call<"copy_">(call<"clone">(self, MemoryFormat::contiguous), one);  // of self's history: its gradient is 0
  }
  if (rest == 1) return n < 0 ? base : call<"clone">(base, MemoryFormat::contiguous);
  while (true) {
    if (rest & 1) result = result.defined() ? call<"matmul">(result, base) : base;
    if (!(rest >>= 1)) return result;
    base = call<"matmul">(base, base);
  }
}
OP(matrix_power){
    .signature = "matrix_power(Tensor self, int n) -> Tensor",
    .variants = Variants::out,
    .doc = "The ``n``-th power of square matrices by repeated squaring; negative powers are of the inverse.",
    .composite = [](const Tensor& self, int64_t n) -> Tensor { return power_of("matrix_power", self, n); },
};
OP(linalg_matrix_power){
    .signature = "linalg_matrix_power(Tensor self, int n) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "As :func:`matrix_power`.",
    .composite = [](const Tensor& self, int64_t n) -> Tensor { return power_of("linalg.matrix_power", self, n); },
};

OP(linalg_vecdot){
    .signature = "linalg_vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Sum of ``conj(x) * y`` along a dimension; the others broadcast.",
    .composite = [](const Tensor& x, const Tensor& y, int64_t dim) -> Tensor {
      check(is_differentiable(x.dtype()), ErrorKind::Runtime,
            "linalg.vecdot: Expected a floating point or complex tensor as input. Got ", name(x.dtype()));
      check_same_type("linalg.vecdot", x, y);
      if (x.dim() == 1 && y.dim() == 1) return call<"vdot">(x, y);
      return call<"sum.dim_IntList">(call<"mul.Tensor">(conjugated(x), y), Dims{dim}, false);
    },
    .autocast = Autocast::low,
};

static Tensor cross_of(const char* op, const Tensor& self, const Tensor& other, int64_t dim) {
  check(self.dim() == other.dim(), ErrorKind::Runtime, op, ": inputs must have the same number of dimensions, got ",
        self.dim(), " and ", other.dim());
  dim = wrap_dim(op, dim, self.dim());
  check(self.dim() > 0 && self.size(dim) == 3 && other.size(dim) == 3, ErrorKind::Runtime, op, ": inputs dimension ",
        dim, " must have length 3. Got ", self.dim() ? self.size(dim) : 0, " and ", other.dim() ? other.size(dim) : 0);
  auto turned = [&](const Tensor& t, int64_t by) {  // components in cyclic order, beginning at `by`
    return call<"cat">(std::vector<Tensor>{call<"narrow">(t, dim, by, 3 - by), call<"narrow">(t, dim, int64_t{0}, by)},
                       dim);
  };
  return call<"sub.Tensor">(call<"mul.Tensor">(turned(self, 1), turned(other, 2)),
                            call<"mul.Tensor">(turned(self, 2), turned(other, 1)));
}
OP(linalg_cross){
    .signature = "linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor",
    .python = linalg,
    .variants = Variants::out,
    .doc = "Vector product of three-component vectors along ``dim``.",
    .composite = [](const Tensor& self, const Tensor& other, int64_t dim) -> Tensor {
      return cross_of("linalg.cross", self, other, dim);
    },
};
OP(cross){
    .signature = "cross(Tensor self, Tensor other, int? dim=None) -> Tensor",
    .variants = Variants::out,
    .doc = "Vector product along ``dim``, or along the first dimension of size 3.",
    .composite = [](const Tensor& self, const Tensor& other, std::optional<int64_t> dim) -> Tensor {
      if (!dim)
        for (int64_t d = 0; d < self.dim() && !dim; ++d)
          if (self.size(d) == 3) dim = d;
      check(dim.has_value(), ErrorKind::Runtime, "cross: no dimension of size 3 in input ", list_text(self.sizes()));
      return cross_of("cross", self, other, *dim);
    },
};

}  // namespace flambeau
