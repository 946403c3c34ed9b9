// Products of matrices and vectors. The broadcasting ones are in matmul_broadcast.cpp, linear in linear.cpp.
#include "core/fits.h"
#include "cpu/product.h"
#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

static ResultSpec mm_shape(const char* op, const Tensor& a, const Tensor& b) {
  check_rank(op, "self", a, 2);
  check_rank(op, "mat2", b, 2);
  check(a.size(1) == b.size(0), ErrorKind::Runtime, op, ": mat1 and mat2 shapes cannot be multiplied (", a.size(0), "x",
        a.size(1), " and ", b.size(0), "x", b.size(1), ")");
  check_same_type(op, a, b);
  return {Dims{a.size(0), b.size(1)}, a.dtype()};
}

static ResultSpec bmm_shape(const char* op, const Tensor& a, const Tensor& b) {
  check_rank(op, "batch1", a, 3);
  check_rank(op, "batch2", b, 3);
  check(a.size(0) == b.size(0) && a.size(2) == b.size(1), ErrorKind::Runtime, op,
        ": Expected size for first two dimensions of batch2 tensor to be: [", a.size(0), ", ", a.size(2),
        "] but got: [", b.size(0), ", ", b.size(1), "].");
  check_same_type(op, a, b);
  return {Dims{a.size(0), a.size(1), b.size(2)}, a.dtype()};
}

static void check_scalars(const char* op, const Scalar& beta, const Scalar& alpha, DType dtype) {
  check_factors(op, beta, alpha, dtype);
  check_fits(op, beta, dtype);
  check_fits(op, alpha, dtype);
}

// out = beta · self + alpha · a · b, self broadcast to out's sizes.
static void add_product(const Tensor& out, const Tensor& self, const Tensor& a, const Tensor& b, const Scalar& beta,
                        const Scalar& alpha) {
  if (!beta.equal(0)) copy_elements(out, self);
  product(out, a, b, alpha, beta);
}

static void product_gradients(Grad& g, const char* first, const char* second, const Scalar& alpha) {
  if (g.wants(first)) g.set(first, scaled(call<"matmul">(g.out(), adjoint_of(g.arg(second))), alpha));
  if (g.wants(second)) g.set(second, scaled(call<"matmul">(adjoint_of(g.arg(first)), g.out()), alpha));
}

OP(mm){
    .signature = "mm(Tensor self, Tensor mat2) -> Tensor",
    .doc = R"(Product of two matrices, of sizes (n, k) and (k, m). Nothing broadcasts; see :func:`matmul`.

    >>> flambeau.mm(flambeau.ones(2, 3), flambeau.ones(3, 1))
    tensor([[3.],
            [3.]]))",
    .shape = [](const Tensor& self, const Tensor& mat2) -> ResultSpec { return mm_shape("mm", self, mat2); },
    .cpu = [](const Tensor& self, const Tensor& mat2, const Tensor& out) { product(out, self, mat2); },
    .saves = {"self for mat2", "mat2 for self"},
    .gradient = [](Grad& g) { product_gradients(g, "self", "mat2", 1); },
    .autocast = Autocast::low,
};

OP(bmm){
    .signature = "bmm(Tensor self, Tensor mat2) -> Tensor",
    .doc = "Products of the matrices of two batches, of sizes (b, n, k) and (b, k, m).",
    .shape = [](const Tensor& self, const Tensor& mat2) -> ResultSpec { return bmm_shape("bmm", self, mat2); },
    .cpu = [](const Tensor& self, const Tensor& mat2, const Tensor& out) { product(out, self, mat2); },
    .saves = {"self for mat2", "mat2 for self"},
    .gradient = [](Grad& g) { product_gradients(g, "self", "mat2", 1); },
    .autocast = Autocast::low,
};

OP(addmm){
    .signature = "addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    .variants = Variants::both,
    .doc =
        "``beta * self + alpha * (mat1 @ mat2)``; ``self`` broadcasts to the product's sizes and is not read when "
        "``beta`` is 0.",
    .shape = [](const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta,
                const Scalar& alpha) -> ResultSpec {
      ResultSpec result = mm_shape("addmm", mat1, mat2);
      check_same_type("addmm", self, mat1);
      check_expands("addmm", self, result.sizes);
      check_scalars("addmm", beta, alpha, self.dtype());
      return result;
    },
    .cpu = [](const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha,
              const Tensor& out) { add_product(out, self, mat1, mat2, beta, alpha); },
    .saves = {"mat1 for mat2", "mat2 for mat1"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", scaled(g.out(), g.scalar("beta")));
          product_gradients(g, "mat1", "mat2", g.scalar("alpha"));
        },
    .autocast = Autocast::low,
};

OP(_addmm_activation){
    .signature =
        "_addmm_activation(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1, bool "
        "use_gelu=False) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = ":func:`addmm`, then ``relu``, or ``gelu`` where ``use_gelu`` says so.",
    .composite = [](const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha,
                    bool use_gelu) -> Tensor {
      Tensor sum = call<"addmm">(self, mat1, mat2, beta, alpha);
      return use_gelu ? call<"gelu">(sum) : call<"relu">(sum);
    },
};
OP(_compute_linear_combination){
    .signature = "_compute_linear_combination(Tensor input, Tensor coefficients) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc =
        "Sums of the entries of ``input`` (N, …), weighted by the rows of ``coefficients`` (M, N): of shape (M, …) "
        "and the input's type. Neither may be empty.",
    .composite = [](const Tensor& input, const Tensor& coefficients) -> Tensor {
      const char* op = "_compute_linear_combination";
      check_rank(op, "coefficients", coefficients, 2);
      check(input.numel() > 0 && coefficients.numel() > 0, ErrorKind::Runtime, op, ": Empty tensor not supported: got ",
            list_text(input.sizes()), " and ", list_text(coefficients.sizes()));
      check(input.dim() > 0 && coefficients.size(1) == input.size(0), ErrorKind::Runtime, op, ": coefficients ",
            list_text(coefficients.sizes()), " want ", coefficients.size(1), " entries, but the input is of sizes ",
            list_text(input.sizes()));
      Dims sizes(input.sizes());
      sizes[0] = coefficients.size(0);
      return call<"view">(
          call<"mm">(call<"to.dtype">(coefficients, input.dtype()), call<"reshape">(input, Dims{input.size(0), -1})),
          sizes);
    },
};

OP(baddbmm){
    .signature = "baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    .variants = Variants::both,
    .doc = "``beta * self + alpha * bmm(batch1, batch2)``; ``self`` broadcasts to the product's sizes.",
    .shape = [](const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
                const Scalar& alpha) -> ResultSpec {
      ResultSpec result = bmm_shape("baddbmm", batch1, batch2);
      check_same_type("baddbmm", self, batch1);
      check_expands("baddbmm", self, result.sizes);
      check_scalars("baddbmm", beta, alpha, self.dtype());
      return result;
    },
    .cpu = [](const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha,
              const Tensor& out) { add_product(out, self, batch1, batch2, beta, alpha); },
    .saves = {"batch1 for batch2", "batch2 for batch1"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", scaled(g.out(), g.scalar("beta")));
          product_gradients(g, "batch1", "batch2", g.scalar("alpha"));
        },
    .autocast = Autocast::low,
};

OP(addbmm){
    .signature = "addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    .variants = Variants::both,
    .doc = "``beta * self + alpha * bmm(batch1, batch2).sum(0)``.",
    .shape = [](const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
                const Scalar& alpha) -> ResultSpec {
      ResultSpec result = bmm_shape("addbmm", batch1, batch2);
      result.sizes = Dims{batch1.size(1), batch2.size(2)};
      check_same_type("addbmm", self, batch1);
      check_expands("addbmm", self, result.sizes);
      check_scalars("addbmm", beta, alpha, self.dtype());
      return result;
    },
    .cpu =
        [](const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha,
           const Tensor& out) {
          if (beta.equal(0))
            fill_elements(out, Scalar(0));
          else
            copy_elements(out, self);
          // The sum over the batch is part of the inner dimension: (n, b·k) times (b·k, m).
          Tensor left = as_contiguous(alias(batch1, batch1.layout().permuted(Dims{1, 0, 2}))),
                 right = as_contiguous(batch2);
          const int64_t inner = left.size(1) * left.size(2);
          product(out, alias(left, Layout(Dims{left.size(0), inner})), alias(right, Layout(Dims{inner, right.size(2)})),
                  alpha, beta.equal(0) ? Scalar(1) : beta);
        },
    .saves = {"batch1 for batch2", "batch2 for batch1"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", scaled(g.out(), g.scalar("beta")));
          product_gradients(g, "batch1", "batch2", g.scalar("alpha"));
        },
    .autocast = Autocast::low,
};

static Tensor as_column(const Tensor& v) { return alias(v, v.layout().unsqueezed(1)); }

static ResultSpec mv_shape(const char* op, const Tensor& mat, const Tensor& vec) {
  check(mat.dim() == 2 && vec.dim() == 1, ErrorKind::Runtime, op, ": vector + matrix @ vector expected, got ",
        mat.dim(), "-D matrix ", list_text(mat.sizes()), " and ", vec.dim(), "-D vector ", list_text(vec.sizes()));
  check(mat.size(1) == vec.size(0), ErrorKind::Runtime, op, ": size mismatch, got input (", mat.size(0), "), mat (",
        mat.size(0), "x", mat.size(1), "), vec (", vec.size(0), ")");
  check_same_type(op, mat, vec);
  return {Dims{mat.size(0)}, mat.dtype()};
}
static void mv_gradients(Grad& g, const char* vec, const Scalar& alpha, const char* mat) {
  if (g.wants(mat)) g.set(mat, scaled(call<"outer">(g.out(), conjugated(g.arg(vec))), alpha));
  if (g.wants(vec)) g.set(vec, scaled(call<"mv">(adjoint_of(g.arg(mat)), g.out()), alpha));
}

OP(mv){
    .signature = "mv(Tensor self, Tensor vec) -> Tensor",
    .doc = "Product of a matrix (n, m) and a vector (m).",
    .shape = [](const Tensor& self, const Tensor& vec) -> ResultSpec { return mv_shape("mv", self, vec); },
    .cpu = [](const Tensor& self, const Tensor& vec,
              const Tensor& out) { product(as_column(out), self, as_column(vec)); },
    .saves = {"self for vec", "vec for self"},
    .gradient = [](Grad& g) { mv_gradients(g, "vec", 1, "self"); },
};

OP(addmv){
    .signature = "addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    .variants = Variants::both,
    .doc = "``beta * self + alpha * (mat @ vec)``.",
    .shape = [](const Tensor& self, const Tensor& mat, const Tensor& vec, const Scalar& beta,
                const Scalar& alpha) -> ResultSpec {
      ResultSpec result = mv_shape("addmv", mat, vec);
      check_same_type("addmv", self, mat);
      check_expands("addmv", self, result.sizes);
      check_scalars("addmv", beta, alpha, self.dtype());
      return result;
    },
    .cpu =
        [](const Tensor& self, const Tensor& mat, const Tensor& vec, const Scalar& beta, const Scalar& alpha,
           const Tensor& out) {
          if (!beta.equal(0)) copy_elements(out, self);
          product(as_column(out), mat, as_column(vec), alpha, beta);
        },
    .saves = {"mat for vec", "vec for mat"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", scaled(g.out(), g.scalar("beta")));
          mv_gradients(g, "vec", g.scalar("alpha"), "mat");
        },
};

static ResultSpec dot_shape(const char* op, const Tensor& a, const Tensor& b) {
  check(a.dim() == 1 && b.dim() == 1, ErrorKind::Runtime, op, ": 1D tensors expected, but got ", a.dim(), "D and ",
        b.dim(), "D tensors");
  check(a.dtype() == b.dtype(), ErrorKind::Runtime, op, ": expected both vectors to have same dtype, but found ",
        name(a.dtype()), " and ", name(b.dtype()));
  check(a.size(0) == b.size(0), ErrorKind::Runtime, op, ": inconsistent tensor size, expected tensor [", a.size(0),
        "] and src [", b.size(0), "] to have the same number of elements, but got ", a.size(0), " and ", b.size(0),
        " elements respectively");
  return {Dims{}, a.dtype()};
}

OP(dot){
    .signature = "dot(Tensor self, Tensor tensor) -> Tensor",
    .doc = "Sum of the products of two vectors' elements; complex vectors are not conjugated.",
    .shape = [](const Tensor& self, const Tensor& tensor) -> ResultSpec { return dot_shape("dot", self, tensor); },
    .cpu = [](const Tensor& self, const Tensor& tensor, const Tensor& out) { dot_product(out, self, tensor); },
    .saves = {"self for tensor", "tensor for self"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", call<"mul.Tensor">(g.out(), conjugated(g.arg("tensor"))));
          if (g.wants("tensor")) g.set("tensor", call<"mul.Tensor">(g.out(), conjugated(g.self())));
        },
};

OP(vdot){
    .signature = "vdot(Tensor self, Tensor other) -> Tensor",
    .doc = "As :func:`dot`, with the first vector conjugated.",
    .shape = [](const Tensor& self, const Tensor& other) -> ResultSpec { return dot_shape("vdot", self, other); },
    .cpu = [](const Tensor& self, const Tensor& other, const Tensor& out) { dot_product(out, self, other, true); },
    .saves = {"self for other", "other for self"},
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", call<"mul.Tensor">(conjugated(g.out()), g.arg("other")));
          if (g.wants("other")) g.set("other", call<"mul.Tensor">(g.out(), g.self()));
        },
};

OP(outer){
    .signature = "outer(Tensor self, Tensor vec2) -> Tensor",
    .variants = Variants::out,
    .doc = "The matrix of products of two vectors' elements.",
    .composite = [](const Tensor& self, const Tensor& vec2) -> Tensor {
      check_rank("outer", "self", self, 1);
      check_rank("outer", "vec2", vec2, 1);
      return call<"mul.Tensor">(call<"unsqueeze">(self, int64_t{1}), vec2);
    },
};
OP(ger){
    .signature = "ger(Tensor self, Tensor vec2) -> Tensor",
    .variants = Variants::out,
    .doc = "Another name of :func:`outer`.",
    .composite = [](const Tensor& self, const Tensor& vec2) -> Tensor { return call<"outer">(self, vec2); },
};

OP(addr){
    .signature = "addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
    .variants = Variants::both,
    .doc = "``beta * self + alpha * outer(vec1, vec2)``; ``self`` is not read when ``beta`` is 0.",
    .composite = [](const Tensor& self, const Tensor& vec1, const Tensor& vec2, const Scalar& beta,
                    const Scalar& alpha) -> Tensor {
      check_rank("addr", "vec1", vec1, 1);
      check_rank("addr", "vec2", vec2, 1);
      check_expands("addr", self, Dims{vec1.size(0), vec2.size(0)});
      Promotion promotion;
      for (const Tensor* t : {&self, &vec1, &vec2}) promotion.tensor(t->dtype(), t->dim(), false);
      DType dtype = promotion.result();
      check_scalars("addr", beta, alpha, dtype);
      for (const auto& [what, factor] : {std::pair{"beta", &beta}, std::pair{"alpha", &alpha}}) {
        check(factor->kind() != Scalar::Kind::Bool || dtype == DType::bool_, ErrorKind::Runtime, "addr: Boolean ", what,
              " only supported for Boolean results.");
        check(factor->is_integral() || !is_integral(dtype, true), ErrorKind::Runtime,
              "addr: For integral input tensors, argument ", what, " must not be a floating point number, got ",
              to_string(*factor));
      }
      Tensor product = call<"outer">(vec1, vec2);
      if (dtype == DType::bool_) {
        if (!alpha.to_bool()) product = call<"zeros_like">(product);
        return beta.to_bool() ? call<"bitwise_or.Tensor">(self, product) : product;
      }
      if (!alpha.equal(1)) product = call<"mul.Tensor">(product, alpha);
      if (beta.equal(0)) return call<"to.dtype">(product, dtype);
      return call<"add.Tensor">(beta.equal(1) ? self : call<"mul.Tensor">(self, beta), product);
    },
};

}  // namespace flambeau
