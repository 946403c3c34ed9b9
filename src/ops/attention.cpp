// Scaled dot-product attention: the tiled kernel where it applies, otherwise the formula by products and softmax.
#include "cpu/attention.h"

#include <cmath>
#include <limits>

#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

namespace {

DType kernel_type(DType t) { return t == DType::float64 ? t : DType::float32; }

Attention described(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, bool causal,
                    std::optional<double> scale) {
  const DType dtype = kernel_type(q.dtype());
  auto ready = [&](const Tensor& t) {
    return t.stride(3) == 1 && t.dtype() == dtype ? t : as_contiguous(cast(t, dtype));
  };
  Attention a{ready(q), ready(k), ready(v), {}, causal, scale.value_or(1 / std::sqrt(static_cast<double>(q.size(3))))};
  if (mask.defined()) {
    Tensor m = mask.dtype() == DType::bool_ ? mask : cast(mask, dtype);
    Layout layout = m.layout();
    while (layout.dim() < 4) layout = layout.unsqueezed(0);
    a.mask = alias(m, layout.expanded(Dims{q.size(0), q.size(1), q.size(2), k.size(2)}));
  }
  return a;
}

// A result to compute in, and back.
struct Work {
  const Tensor& result;
  Tensor tensor;
  Work(const Tensor& out, DType dtype)
      : result(out), tensor(out.dtype() == dtype && out.stride(-1) == 1 ? out : empty(out.sizes(), dtype)) {}
  void deliver() const {
    if (!tensor.is(result)) copy_elements(result, tensor);
  }
};

Tensor to_additive(const Tensor& mask, const Tensor& scores) {
  if (mask.dtype() != DType::bool_) return call<"add.Tensor">(scores, mask);
  Tensor never = call<"full">(Dims{}, Scalar(-std::numeric_limits<double>::infinity()), scores.dtype());
  return call<"where.self">(mask, scores, never);
}

Tensor causal_mask(const Tensor& like, int64_t rows, int64_t columns) {
  return call<"tril">(call<"ones">(Dims{rows, columns}, DType::bool_, Value(), like.device()));
}

// Weights of attention; a row that may see nothing has none.
Tensor weights_of(const Tensor& q, const Tensor& k, const Tensor& mask, bool causal, double scale) {
  Tensor scores = call<"mul.Tensor">(call<"matmul">(q, call<"transpose.int">(k, int64_t{-2}, int64_t{-1})), scale);
  if (causal) scores = to_additive(causal_mask(q, q.size(-2), k.size(-2)), scores);
  if (!mask.defined()) return call<"softmax.int">(scores, int64_t{-1});
  scores = to_additive(mask, scores);
  Tensor weights = call<"softmax.int">(scores, int64_t{-1});
  Tensor nothing =
      call<"all.dim">(call<"eq.Tensor">(scores, -std::numeric_limits<double>::infinity()), int64_t{-1}, true);
  return call<"where.self">(nothing, call<"full">(Dims{}, Scalar(0.0), weights.dtype()), weights);
}

}  // namespace

OP(_scaled_dot_product_flash_attention_for_cpu){
    .signature =
        "_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0., bool "
        "is_causal=False, *, "
        "Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)",
    .python = nn_private,
    .variants = Variants::none,
    .doc =
        "Attention in tiles (Dao et al., 2022): memory linear in the lengths. Inputs (batch, heads, length, features).",
    .shape = [](const Tensor& q, const Tensor& k, const Tensor& v, double dropout, bool,
                const std::optional<Tensor>& mask, std::optional<double>) -> ResultSpecs {
      const char* op = "scaled_dot_product_attention";
      check(q.dim() == 4 && k.dim() == 4 && v.dim() == 4, ErrorKind::Runtime, op,
            ": expected 4-D query, key and value, got ", list_text(q.sizes()), ", ", list_text(k.sizes()), " and ",
            list_text(v.sizes()));
      check(q.size(0) == k.size(0) && q.size(0) == v.size(0) && q.size(1) == k.size(1) && q.size(1) == v.size(1) &&
                q.size(3) == k.size(3) && k.size(2) == v.size(2),
            ErrorKind::Runtime, op, ": query ", list_text(q.sizes()), ", key ", list_text(k.sizes()), " and value ",
            list_text(v.sizes()), " do not go together");
      check(q.is_floating() && q.dtype() == k.dtype() && q.dtype() == v.dtype(), ErrorKind::Runtime, op,
            ": Expected query, key, and value to have the same dtype, but got ", name(q.dtype()), ", ", name(k.dtype()),
            ", and ", name(v.dtype()), " instead.");
      check(dropout == 0, ErrorKind::Runtime, op, ": the tiled kernel has no dropout, got dropout_p=", dropout);
      if (mask) check_expands(op, *mask, Dims{q.size(0), q.size(1), q.size(2), k.size(2)});
      const int64_t heads = q.size(1),
                    features =
                        v.size(3);  // in memory (batch, length, heads, features), which the next layer views as one
      Dims strides{q.size(2) * heads * features, features, heads * features, 1};
      return {{Dims{q.size(0), heads, q.size(2), features}, q.dtype(), strides},
              {Dims{q.size(0), q.size(1), q.size(2)}, kernel_type(q.dtype())}};
    },
    .cpu =
        [](const Tensor& q, const Tensor& k, const Tensor& v, double, bool causal, const std::optional<Tensor>& mask,
           std::optional<double> scale, const Tensor& out, const Tensor& logsumexp) {
          if (out.numel() == 0) return;
          Attention a = described(q, k, v, mask ? *mask : Tensor(), causal, scale);
          Work y(out, logsumexp.dtype());
          attention_forward(a, y.tensor, logsumexp);
          y.deliver();
        },
    .saves = {"query", "key", "value", "attn_mask", "result0", "result1"},
    .gradient =
        [](Grad& g) {
          Tensor q = g.arg("query"), k = g.arg("key"), v = g.arg("value"),
                 mask = g.given("attn_mask") ? g.arg("attn_mask") : Tensor(), dy = g.out();
          const bool causal = g.flag("is_causal");
          const Value& given = g.value("scale");
          const double scale = given.is_none() ? 1 / std::sqrt(static_cast<double>(q.size(3))) : given.number();
          // By operators, so that this can be differentiated in turn; and where the logsumexp has a gradient.
          if (g.tracked() || g.has_out(1) || (mask.defined() && g.wants("attn_mask"))) {
            Tensor p = weights_of(q, k, mask, causal, scale);
            Tensor dp = call<"matmul">(dy, adjoint_of(v));
            Tensor inner = call<"sum.dim_IntList">(call<"mul.Tensor">(dp, p), Dims{-1}, true);
            Tensor ds = call<"sub.Tensor">(dp, inner);
            if (g.has_out(1)) ds = call<"add.Tensor">(ds, call<"unsqueeze">(g.out(1), int64_t{-1}));
            ds = call<"mul.Tensor">(p, ds);
            if (g.wants("query")) g.set("query", call<"mul.Tensor">(call<"matmul">(ds, k), scale));
            if (g.wants("key")) g.set("key", call<"mul.Tensor">(call<"matmul">(adjoint_of(ds), q), scale));
            if (g.wants("value")) g.set("value", call<"matmul">(adjoint_of(p), dy));
            if (mask.defined() && g.wants("attn_mask")) g.set("attn_mask", ds);
            return;
          }
          auto parts = call_all<"_scaled_dot_product_flash_attention_for_cpu_backward">(
              dy, q, k, v, g.result(0), g.result(1), 0.0, causal, mask, given);
          if (g.wants("query")) g.set("query", parts[0].tensor());
          if (g.wants("key")) g.set("key", parts[1].tensor());
          if (g.wants("value")) g.set("value", parts[2].tensor());
        },
};

OP(_scaled_dot_product_flash_attention_for_cpu_backward){
    .signature =
        "_scaled_dot_product_flash_attention_for_cpu_backward(Tensor grad_out, Tensor query, Tensor key, Tensor value, "
        "Tensor out, Tensor logsumexp, "
        "float dropout_p, bool is_causal, *, Tensor? attn_mask=None, float? scale=None) -> (Tensor grad_query, Tensor "
        "grad_key, Tensor grad_value)",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Gradients of attention in tiles; the scores are computed again.",
    .shape = [](const Tensor& grad, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out,
                const Tensor& logsumexp, double, bool, const std::optional<Tensor>& mask,
                std::optional<double>) -> ResultSpecs {
      check(q.dim() == 4 && k.dim() == 4 && v.dim() == 4 && std::ranges::equal(grad.sizes(), out.sizes()) &&
                std::ranges::equal(out.sizes(), Dims{q.size(0), q.size(1), q.size(2), v.size(3)}) &&
                logsumexp.numel() == q.size(0) * q.size(1) * q.size(2) && k.size(3) == q.size(3) &&
                k.size(2) == v.size(2) && k.size(0) == q.size(0) && k.size(1) == q.size(1) && v.size(0) == q.size(0) &&
                v.size(1) == q.size(1) && logsumexp.dtype() == kernel_type(q.dtype()),
            ErrorKind::Runtime, "scaled_dot_product_attention_backward: sizes do not go together: query ",
            list_text(q.sizes()), ", key ", list_text(k.sizes()), ", value ", list_text(v.sizes()), ", gradient ",
            list_text(grad.sizes()));
      if (mask)
        check_expands("scaled_dot_product_attention_backward", *mask, Dims{q.size(0), q.size(1), q.size(2), k.size(2)});
      return {{Dims(q.sizes()), q.dtype()}, {Dims(k.sizes()), k.dtype()}, {Dims(v.sizes()), v.dtype()}};
    },
    .cpu =
        [](const Tensor& grad, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out,
           const Tensor& logsumexp, double, bool causal, const std::optional<Tensor>& mask, std::optional<double> scale,
           const Tensor& dq, const Tensor& dk, const Tensor& dv) {
          Attention a = described(q, k, v, mask ? *mask : Tensor(), causal, scale);
          const DType dtype = logsumexp.dtype();
          Work wq(dq, dtype), wk(dk, dtype), wv(dv, dtype);
          attention_backward(a, cast(grad, dtype), cast(out, dtype), as_contiguous(logsumexp), wq.tensor, wk.tensor,
                             wv.tensor);
          wq.deliver();
          wk.deliver();
          wv.deliver();
        },
    .not_differentiable = "second derivatives go through the products and the softmax",
};

OP(scaled_dot_product_attention){
    .signature =
        "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float "
        "dropout_p=0., bool is_causal=False, *, "
        "float? scale=None, bool enable_gqa=False) -> Tensor",
    .python = functional,
    .doc =
        R"(``softmax(query @ key.mT * scale + mask) @ value`` for query (…, L, E), key (…, S, E), value (…, S, Ev). A bool mask says
    what may be seen, another is added to the scores; ``is_causal`` lets row i see columns 0 to i. ``scale`` is 1 / sqrt(E) by
    default. With ``enable_gqa`` several heads of the query share one of key and value. Memory is linear in L and S unless there is dropout.)",
    .composite = [](const Tensor& query, const Tensor& key_, const Tensor& value_,
                    const std::optional<Tensor>& attn_mask, double dropout, bool causal, std::optional<double> scale,
                    bool gqa) -> Tensor {
      const char* op = "scaled_dot_product_attention";
      Tensor key = key_, value = value_, mask = attn_mask ? *attn_mask : Tensor();
      check(query.dtype() == key.dtype() && query.dtype() == value.dtype(), ErrorKind::Runtime, op,
            ": Expected query, key, and value to have the same dtype, but got query.dtype: ", name(query.dtype()),
            " key.dtype: ", name(key.dtype()), " and value.dtype: ", name(value.dtype()), " instead.");
      check(query.dim() >= 2 && key.dim() >= 2 && value.dim() >= 2, ErrorKind::Runtime, op,
            ": Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: ", query.dim(),
            ", key.dim: ", key.dim(), " and value.dim: ", value.dim(), " instead.");
      check(query.size(-1) == key.size(-1) && key.size(-2) == value.size(-2), ErrorKind::Runtime, op, ": query ",
            list_text(query.sizes()), ", key ", list_text(key.sizes()), " and value ", list_text(value.sizes()),
            " do not go together");
      check(!(causal && mask.defined()), ErrorKind::Runtime, op,
            ": Explicit attn_mask should not be set when is_causal=True");
      check(!mask.defined() || mask.dtype() == DType::bool_ || mask.dtype() == query.dtype() ||
                mask.dtype() == DType::float32,
            ErrorKind::Runtime, op,
            ": Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: ",
            mask.defined() ? name(mask.dtype()) : "", " and  query.dtype: ", name(query.dtype()), " instead.");
      check(dropout >= 0 && dropout <= 1, ErrorKind::Runtime, op,
            ": dropout probability has to be between 0 and 1, but got ", dropout);
      if (gqa && query.dim() >= 3 && key.dim() >= 3) {
        auto shared = [&](const Tensor& t) {
          const int64_t times = t.size(-3) ? query.size(-3) / t.size(-3) : 0;
          check(t.size(-3) > 0 && query.size(-3) % t.size(-3) == 0, ErrorKind::Runtime, op,
                ": Number of heads in key and value must divide the number of heads in query, got ", t.size(-3),
                " and ", query.size(-3));
          if (times == 1) return t;
          Dims sizes(t.sizes()), repeated(t.sizes());
          repeated[t.dim() - 3] *= times;
          Tensor wide = call<"unsqueeze">(t, int64_t{-3});
          Dims to(wide.sizes());
          to[wide.dim() - 3] = times;
          return call<"reshape">(call<"expand">(wide, to), repeated);
        };
        key = shared(key);
        value = shared(value);
      }
      auto same_batch = [&](const Tensor& t) {
        return t.dim() == query.dim() &&
               std::ranges::equal(t.sizes().first(t.dim() - 2), query.sizes().first(t.dim() - 2));
      };
      const bool learned_mask = mask.defined() && mask.requires_grad() && t_state.grad_enabled;
      if (dropout == 0 && !learned_mask && query.is_floating() && (query.dim() == 4 || query.dim() == 3) &&
          same_batch(key) && same_batch(value) && query.numel() > 0 && key.numel() > 0 && value.numel() > 0 &&
          (!mask.defined() || mask.dim() <= query.dim())) {
        const bool three = query.dim() == 3;
        auto raised = [&](const Tensor& t) { return three ? call<"unsqueeze">(t, int64_t{0}) : t; };
        Tensor out = call<"_scaled_dot_product_flash_attention_for_cpu">(raised(query), raised(key), raised(value), 0.0,
                                                                         causal, mask, scale);
        return three ? call<"squeeze.dim">(out, int64_t{0}) : out;
      }
      Tensor weights =
          weights_of(query, key, mask, causal, scale.value_or(1 / std::sqrt(static_cast<double>(query.size(-1)))));
      if (dropout > 0) weights = call<"dropout">(weights, dropout, true);
      return call<"matmul">(weights, value);
    },
    .autocast = Autocast::low,
};

}  // namespace flambeau
