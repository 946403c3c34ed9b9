// Long short-term memory: the gates of one step, and one direction of a whole layer as a single operator.
#include "cpu/recurrent.h"
#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

namespace {

// Gradients of the gates' sums and of the cell state before the step, written with differentiable operators. The
// activations, which a network does not look at, may have a gradient of their own.
std::pair<Tensor, Tensor> gates_gradient(const Tensor& gates, const Tensor& cx, const Tensor& dh, const Tensor& dc,
                                         const Tensor& dactivations = {}) {
  const int64_t n = cx.size(1);
  auto part = [&](int64_t i) { return call<"slice.Tensor">(gates, int64_t{1}, i * n, (i + 1) * n); };
  auto times = [](const Tensor& a, const Tensor& b) { return call<"mul.Tensor">(a, b); };
  auto rest = [](const Tensor& a) { return call<"rsub.Tensor">(a, 1.0); };
  Tensor in = call<"sigmoid">(part(0)), forget = call<"sigmoid">(part(1)), candidate = call<"tanh">(part(2)),
         out = call<"sigmoid">(part(3));
  Tensor bent = call<"tanh">(call<"add.Tensor">(times(forget, cx), times(in, candidate)));
  Tensor to_cell = call<"add.Tensor">(dc, times(times(dh, out), rest(times(bent, bent))));
  // By the activations first, then through sigmoid and tanh.
  std::vector<Tensor> by{times(to_cell, candidate), times(to_cell, cx), times(to_cell, in), times(dh, bent)};
  const Tensor slopes[] = {times(in, rest(in)), times(forget, rest(forget)), rest(times(candidate, candidate)),
                           times(out, rest(out))};
  for (int64_t i = 0; i < 4; ++i) {
    if (dactivations.defined())
      by[i] = call<"add.Tensor">(by[i], call<"slice.Tensor">(dactivations, int64_t{1}, i * n, (i + 1) * n));
    by[i] = times(by[i], slopes[i]);
  }
  Tensor to_gates = call<"cat">(by, int64_t{1});
  return {to_gates, times(to_cell, forget)};
}

DType computed_in(const Tensor& t) { return t.dtype() == DType::float64 ? DType::float64 : DType::float32; }
Tensor read(const Tensor& t, DType dtype) { return as_contiguous(cast(t, dtype)); }
Tensor work(const Tensor& t, DType dtype) { return t.dtype() == dtype ? t : empty(t.sizes(), dtype); }
void write(const Tensor& to, const Tensor& from) {
  if (!to.is(from)) copy_elements(to, from);
}

Tensor rows(const Tensor& t, int64_t begin, int64_t end) { return call<"slice.Tensor">(t, int64_t{0}, begin, end); }
Tensor joined(const Tensor& a, const Tensor& b) {
  if (b.size(0) == 0) return a;
  return call<"cat">(std::vector<Tensor>{a, b}, int64_t{0});
}

// The gradient of a layer by differentiable operators, step by step: for gradients of gradients.
void layer_gradient(Grad& g) {
  Tensor projected = g.arg("projected"), hx = g.arg("hx"), cx = g.arg("cx"), w = g.arg("w_hh"), b = g.arg("b_hh");
  const IntSpan sizes = g.ints("sizes");
  const bool reverse = g.flag("reverse");
  const int64_t steps = static_cast<int64_t>(sizes.size()), batch = hx.size(0);
  std::vector<int64_t> start(steps + 1, 0);
  for (int64_t t = 0; t < steps; ++t) start[t + 1] = start[t] + sizes[t];
  std::vector<Tensor> gates(steps), hidden(steps), cell(steps), to_gates(steps);
  auto time = [&](int64_t i) { return reverse ? steps - 1 - i : i; };
  Tensor h = hx, c = cx;
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t t = time(i), n = sizes[t];
    hidden[t] = rows(h, 0, n), cell[t] = rows(c, 0, n);
    gates[t] = call<"add.Tensor">(rows(projected, start[t], start[t + 1]), call<"linear">(hidden[t], w, b));
    auto after = call_all<"_lstm_gates">(gates[t], cell[t]);
    h = joined(after[0].tensor(), rows(h, n, batch));
    c = joined(after[1].tensor(), rows(c, n, batch));
  }
  Tensor output = g.out(0), dh = g.out(3), dc = g.out(4);
  for (int64_t i = steps; i-- > 0;) {
    const int64_t t = time(i), n = sizes[t];
    Tensor now = call<"add.Tensor">(rows(dh, 0, n), rows(output, start[t], start[t + 1]));
    auto [to, before] = gates_gradient(gates[t], cell[t], now, rows(dc, 0, n));
    to_gates[t] = to;
    dh = joined(call<"mm">(to, w), rows(dh, n, batch));
    dc = joined(before, rows(dc, n, batch));
  }
  Tensor all = call<"cat">(to_gates, int64_t{0});
  if (g.wants("projected")) g.set("projected", all);
  if (g.wants("hx")) g.set("hx", dh);
  if (g.wants("cx")) g.set("cx", dc);
  if (g.wants("w_hh")) g.set("w_hh", call<"mm">(call<"t">(all), call<"cat">(hidden, int64_t{0})));
  if (g.given("b_hh") && g.wants("b_hh")) g.set("b_hh", call<"sum.dim_IntList">(all, Dims{0}));
}

// Under autocast products, such as the gates, are narrower than the state, which keeps its own precision.
bool narrower(const Tensor& a, const Tensor& b) {
  return b.dtype() == DType::float32 && (a.dtype() == DType::bfloat16 || a.dtype() == DType::float16);
}

void check_layer(const char* op, const Tensor& hx, const Tensor& cx, const Tensor& w, IntSpan sizes, int64_t count) {
  int64_t total = 0, most = 0;
  for (int64_t n : sizes) total += n, most = std::max(most, n);
  check(hx.dim() == 2 && std::ranges::equal(hx.sizes(), cx.sizes()) &&
            std::ranges::equal(w.sizes(), Dims{4 * hx.size(1), hx.size(1)}),
        ErrorKind::Runtime, op, ": states ", list_text(hx.sizes()), " and ", list_text(cx.sizes()), " and weight ",
        list_text(w.sizes()), " do not go together");
  check(total == count && (sizes.empty() || most == hx.size(0)), ErrorKind::Runtime, op, ": sizes ", list_text(sizes),
        " do not go with ", count, " rows and ", hx.size(0), " sequences");
  check_same_type(op, hx, cx);
  check_same_type(op, hx, w);
  check(hx.is_floating(), ErrorKind::NotImplemented, op, ": not implemented for ", name(hx.dtype()),
        "; cast to float32");
}

}  // namespace

OP(_lstm_gates){
    .signature = "_lstm_gates(Tensor gates, Tensor cx) -> (Tensor, Tensor, Tensor)",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Hidden and cell state from the sums of an LSTM's gates, and the gates' activations.",
    .shape = [](const Tensor& gates, const Tensor& cx) -> ResultSpecs {
      check(gates.dim() == 2 && cx.dim() == 2 && gates.size(0) == cx.size(0) && gates.size(1) == 4 * cx.size(1),
            ErrorKind::Runtime, "lstm: gates ", list_text(gates.sizes()), " and cell state ", list_text(cx.sizes()),
            " do not go together");
      check(gates.is_floating(), ErrorKind::NotImplemented, "lstm: not implemented for ", name(gates.dtype()));
      if (!narrower(gates, cx)) check_same_type("lstm", gates, cx);
      return {{Dims(cx.sizes()), cx.dtype()}, {Dims(cx.sizes()), cx.dtype()}, {Dims(gates.sizes()), cx.dtype()}};
    },
    .cpu =
        [](const Tensor& gates, const Tensor& cx, const Tensor& hidden, const Tensor& cell, const Tensor& activations) {
          const DType dtype = cx.dtype() == DType::float64 ? DType::float64 : DType::float32;
          auto work = [&](const Tensor& t) { return t.dtype() == dtype ? t : empty(t.sizes(), dtype); };
          Tensor h = work(hidden), c = work(cell), act = work(activations);
          lstm_forward(as_contiguous(cast(gates, dtype)), as_contiguous(cast(cx, dtype)), h, c, act);
          if (dtype != cx.dtype()) {
            copy_elements(hidden, h);
            copy_elements(cell, c);
            copy_elements(activations, act);
          }
        },
    .saves = {"gates", "cx", "result1", "result2"},
    .gradient =
        [](Grad& g) {
          Tensor cx = g.arg("cx"), dh = g.has_out(0) ? g.out(0) : call<"zeros_like">(cx),
                 dc = g.has_out(1) ? g.out(1) : call<"zeros_like">(cx);
          if (!g.tracked() && !g.has_out(2)) {
            auto parts = call_all<"_lstm_gates_backward">(dh, dc, g.result(2), cx, g.result(1));
            if (g.wants("gates")) g.set("gates", parts[0].tensor());
            if (g.wants("cx")) g.set("cx", parts[1].tensor());
            return;
          }
          // By operators from the gates themselves, to be differentiated in turn.
          auto [to_gates, to_cell] = gates_gradient(g.arg("gates"), cx, dh, dc, g.has_out(2) ? g.out(2) : Tensor());
          if (g.wants("gates")) g.set("gates", to_gates);
          if (g.wants("cx")) g.set("cx", to_cell);
        },
};
OP(_lstm_gates_backward){
    .signature =
        "_lstm_gates_backward(Tensor grad_hy, Tensor grad_cy, Tensor activations, Tensor cx, Tensor cy) -> (Tensor, "
        "Tensor)",
    .python = hidden,
    .variants = Variants::none,
    .doc = "The gradient of an LSTM's gates and cell state.",
    .shape = [](const Tensor& dh, const Tensor& dc, const Tensor& act, const Tensor& cx,
                const Tensor& cy) -> ResultSpecs {
      check(cx.dim() == 2 && std::ranges::equal(dh.sizes(), cx.sizes()) && std::ranges::equal(dc.sizes(), cx.sizes()) &&
                std::ranges::equal(cy.sizes(), cx.sizes()) &&
                std::ranges::equal(act.sizes(), Dims{cx.size(0), 4 * cx.size(1)}),
            ErrorKind::Runtime, "lstm_backward: sizes do not go together: ", list_text(dh.sizes()), ", ",
            list_text(act.sizes()), ", ", list_text(cx.sizes()));
      check(cx.is_floating(), ErrorKind::NotImplemented, "lstm_backward: not implemented for ", name(cx.dtype()));
      return {{Dims(act.sizes()), cx.dtype()}, {Dims(cx.sizes()), cx.dtype()}};
    },
    .cpu =
        [](const Tensor& dh, const Tensor& dc, const Tensor& act, const Tensor& cx, const Tensor& cy,
           const Tensor& dgates, const Tensor& dcx) {
          const DType dtype = cx.dtype() == DType::float64 ? DType::float64 : DType::float32;
          auto read = [&](const Tensor& t) { return as_contiguous(cast(t, dtype)); };
          Tensor gates = dgates.dtype() == dtype ? dgates : empty(dgates.sizes(), dtype),
                 cell = dcx.dtype() == dtype ? dcx : empty(dcx.sizes(), dtype);
          lstm_backward(read(dh), read(dc), read(act), read(cx), read(cy), gates, cell);
          if (!gates.is(dgates)) copy_elements(dgates, gates);
          if (!cell.is(dcx)) copy_elements(dcx, cell);
        },
    .not_differentiable = "second derivatives go through the gates",
};
OP(_lstm_layer){
    .signature =
        "_lstm_layer(Tensor projected, Tensor hx, Tensor cx, Tensor w_hh, Tensor? b_hh, int[] sizes, bool reverse) -> "
        "(Tensor, Tensor, Tensor, Tensor, Tensor)",
    .python = hidden,
    .variants = Variants::none,
    .doc =
        "One direction of an LSTM layer over all steps, from the projected inputs (rows of all steps, 4·h): the "
        "outputs, for the gradient the cell states and the gates' activations of every step, and the last states.",
    .shape = [](const Tensor& projected, const Tensor& hx, const Tensor& cx, const Tensor& w,
                const std::optional<Tensor>& b, IntSpan sizes, bool) -> ResultSpecs {
      check(projected.dim() == 2 && hx.dim() == 2 && projected.size(1) == 4 * hx.size(1), ErrorKind::Runtime,
            "lstm: projected input ", list_text(projected.sizes()), " and hidden state ", list_text(hx.sizes()),
            " do not go together");
      check_layer("lstm", hx, cx, w, sizes, projected.size(0));
      if (!narrower(projected, hx)) check_same_type("lstm", projected, hx);
      check(!b || (b->dim() == 1 && b->size(0) == w.size(0) && b->dtype() == w.dtype()), ErrorKind::Runtime,
            "lstm: bias and weight ", list_text(w.sizes()), " do not go together");
      const Dims each{projected.size(0), hx.size(1)};
      const DType dtype = hx.dtype();
      return {{each, dtype},
              {each, dtype},
              {Dims(projected.sizes()), dtype},
              {Dims(hx.sizes()), dtype},
              {Dims(cx.sizes()), dtype}};
    },
    .cpu =
        [](const Tensor& projected, const Tensor& hx, const Tensor& cx, const Tensor& w, const std::optional<Tensor>& b,
           IntSpan sizes, bool reverse, const Tensor& output, const Tensor& cells, const Tensor& activations,
           const Tensor& hy, const Tensor& cy) {
          const DType dtype = computed_in(cx);
          LstmLayer layer{read(projected, dtype),
                          read(hx, dtype),
                          read(cx, dtype),
                          read(w, dtype),
                          b ? read(*b, dtype) : Tensor(),
                          sizes,
                          reverse,
                          work(output, dtype),
                          work(hy, dtype),
                          work(cy, dtype),
                          work(cells, dtype),
                          work(activations, dtype)};
          lstm_layer(layer);
          write(output, layer.output);
          write(hy, layer.hy);
          write(cy, layer.cy);
          write(cells, layer.cells);
          write(activations, layer.activations);
        },
    .saves = {"projected", "hx", "cx", "w_hh", "b_hh", "result0", "result1", "result2"},
    .gradient =
        [](Grad& g) {
          if (g.tracked()) return layer_gradient(g);
          auto given = [&](int i) { return g.has_out(i) ? g.out(i) : Tensor(); };
          auto parts = call_all<"_lstm_layer_backward">(given(0), given(3), given(4), g.arg("hx"), g.arg("cx"),
                                                        g.arg("w_hh"), g.result(0), g.result(1), g.result(2),
                                                        Dims(g.ints("sizes")), g.flag("reverse"));
          Tensor gates = parts[0].tensor();
          if (g.wants("projected")) g.set("projected", gates);
          if (g.wants("hx")) g.set("hx", parts[1].tensor());
          if (g.wants("cx")) g.set("cx", parts[2].tensor());
          if (g.wants("w_hh")) g.set("w_hh", parts[3].tensor());
          if (g.given("b_hh") && g.wants("b_hh")) g.set("b_hh", call<"sum.dim_IntList">(gates, Dims{0}));
        },
};
OP(_lstm_layer_backward){
    .signature =
        "_lstm_layer_backward(Tensor? grad_output, Tensor? grad_hy, Tensor? grad_cy, Tensor hx, Tensor cx, Tensor "
        "w_hh, Tensor output, Tensor cells, Tensor activations, int[] sizes, bool reverse) -> (Tensor, Tensor, Tensor, "
        "Tensor)",
    .python = hidden,
    .variants = Variants::none,
    .doc =
        "The gradients of a layer's projected inputs, of its first hidden and cell states and of its recurrent "
        "weights.",
    .shape = [](const std::optional<Tensor>& grad_output, const std::optional<Tensor>& grad_hy,
                const std::optional<Tensor>& grad_cy, const Tensor& hx, const Tensor& cx, const Tensor& w,
                const Tensor& output, const Tensor& cells, const Tensor& activations, IntSpan sizes,
                bool) -> ResultSpecs {
      check_layer("lstm_backward", hx, cx, w, sizes, output.size(0));
      auto alike = [](const std::optional<Tensor>& t, IntSpan wanted) {
        check(!t || std::ranges::equal(t->sizes(), wanted), ErrorKind::Runtime, "lstm_backward: expected a tensor of ",
              list_text(wanted), ", got ", t ? list_text(t->sizes()) : std::string());
      };
      const Dims each{output.size(0), hx.size(1)}, gates{output.size(0), 4 * hx.size(1)};
      alike(grad_output, each);
      alike(grad_hy, hx.sizes());
      alike(grad_cy, cx.sizes());
      alike(output, each);
      alike(cells, each);
      alike(activations, gates);
      const DType dtype = hx.dtype();
      return {{gates, dtype}, {Dims(hx.sizes()), dtype}, {Dims(cx.sizes()), dtype}, {Dims(w.sizes()), dtype}};
    },
    .cpu =
        [](const std::optional<Tensor>& grad_output, const std::optional<Tensor>& grad_hy,
           const std::optional<Tensor>& grad_cy, const Tensor& hx, const Tensor& cx, const Tensor& w,
           const Tensor& output, const Tensor& cells, const Tensor& activations, IntSpan sizes, bool reverse,
           const Tensor& grad_gates, const Tensor& grad_hx, const Tensor& grad_cx, const Tensor& grad_w) {
          const DType dtype = computed_in(cx);
          auto optional = [&](const std::optional<Tensor>& t) { return t ? read(*t, dtype) : Tensor(); };
          LstmLayerBackward layer{optional(grad_output),
                                  optional(grad_hy),
                                  optional(grad_cy),
                                  read(hx, dtype),
                                  read(cx, dtype),
                                  read(w, dtype),
                                  read(output, dtype),
                                  read(cells, dtype),
                                  read(activations, dtype),
                                  sizes,
                                  reverse,
                                  work(grad_gates, dtype),
                                  work(grad_hx, dtype),
                                  work(grad_cx, dtype),
                                  work(grad_w, dtype)};
          lstm_layer_backward(layer);
          write(grad_gates, layer.grad_gates);
          write(grad_hx, layer.grad_hx);
          write(grad_cx, layer.grad_cx);
          write(grad_w, layer.grad_weight);
        },
    .not_differentiable = "second derivatives go through the layer's steps",
};

}  // namespace flambeau
