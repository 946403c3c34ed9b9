// Recurrent networks: cells, and layers over padded or packed sequences. The projections of a whole sequence's inputs
// are one product; a direction of an LSTM layer is one operator (lstm.cpp).
#include "core/saturating.h"
#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

namespace {

enum class Kind { lstm, gru, tanh, relu };

struct Weights {
  Tensor ih, hh, bias_ih, bias_hh, projection;
};
struct State {
  Tensor hidden, cell;  // cell: LSTM only
};

Tensor affine(const Tensor& x, const Tensor& w, const Tensor& b) { return call<"linear">(x, w, b); }

State step(Kind kind, const Tensor& from_input, const State& state, const Weights& w) {
  Tensor from_hidden = affine(state.hidden, w.hh, w.bias_hh);
  if (kind == Kind::lstm) {
    auto parts = call_all<"_lstm_gates">(call<"add.Tensor">(from_input, from_hidden), state.cell);
    Tensor hidden = parts[0].tensor();
    if (w.projection.defined()) hidden = call<"linear">(hidden, w.projection);
    return {hidden, parts[1].tensor()};
  }
  if (kind == Kind::gru) {
    const int64_t n = state.hidden.size(1);
    auto part = [&](const Tensor& t, int64_t begin, int64_t end) {
      return call<"slice.Tensor">(t, int64_t{1}, begin * n, end * n);
    };
    Tensor gates = call<"sigmoid">(call<"add.Tensor">(part(from_input, 0, 2), part(from_hidden, 0, 2)));
    Tensor candidate = call<"tanh">(
        call<"add.Tensor">(part(from_input, 2, 3), call<"mul.Tensor">(part(gates, 0, 1), part(from_hidden, 2, 3))));
    // z · (h - n) + n
    return {call<"add.Tensor">(call<"mul.Tensor">(part(gates, 1, 2), call<"sub.Tensor">(state.hidden, candidate)),
                               candidate),
            {}};
  }
  Tensor sum = call<"add.Tensor">(from_input, from_hidden);
  return {kind == Kind::tanh ? call<"tanh">(sum) : call<"relu">(sum), {}};
}

Tensor rows(const Tensor& t, int64_t begin, int64_t end) { return call<"slice.Tensor">(t, int64_t{0}, begin, end); }

// One direction of one layer. x (T, B, F), or (sum of sizes, F) with the number of sequences that reach each time.
Tensor run_layer(Kind kind, const Tensor& x, std::span<const int64_t> sizes, bool reverse, const Weights& w,
                 State& state) {
  Tensor projected = affine(x, w.ih, w.bias_ih);
  if (kind == Kind::lstm && !w.projection.defined()) {
    const bool padded = sizes.empty();
    const int64_t batch = state.hidden.size(0), gates = projected.size(-1);
    const Dims all = padded ? Dims(static_cast<size_t>(x.size(0)), batch) : Dims(IntSpan(sizes));
    if (padded) projected = call<"reshape">(projected, Dims{x.size(0) * batch, gates});
    auto parts = call_all<"_lstm_layer">(projected, state.hidden, state.cell, w.hh, w.bias_hh, all, reverse);
    state = {parts[3].tensor(), parts[4].tensor()};
    Tensor output = parts[0].tensor();
    return padded ? call<"view">(output, Dims{x.size(0), batch, output.size(1)}) : output;
  }
  if (sizes.empty()) {
    const int64_t steps = x.size(0);
    std::vector<Tensor> outputs(steps);
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t t = reverse ? steps - 1 - i : i;
      state = step(kind, call<"select.int">(projected, int64_t{0}, t), state, w);
      outputs[t] = state.hidden;
    }
    return call<"stack">(outputs, int64_t{0});
  }
  const int64_t steps = static_cast<int64_t>(sizes.size());
  std::vector<Tensor> outputs(steps), ended_hidden, ended_cell;
  std::vector<int64_t> start(steps + 1, 0);
  for (int64_t t = 0; t < steps; ++t) start[t + 1] = start[t] + sizes[t];
  const State first = state;
  auto cut = [&](const State& s, int64_t begin, int64_t end) {
    return State{rows(s.hidden, begin, end), s.cell.defined() ? rows(s.cell, begin, end) : Tensor()};
  };
  if (reverse) {
    state = cut(first, 0, sizes[steps - 1]);
    for (int64_t t = steps; t-- > 0;) {
      const int64_t now = state.hidden.size(0);
      if (sizes[t] > now) {  // sequences that end here join
        State more = cut(first, now, sizes[t]);
        state.hidden = call<"cat">(std::vector<Tensor>{state.hidden, more.hidden}, int64_t{0});
        if (state.cell.defined()) state.cell = call<"cat">(std::vector<Tensor>{state.cell, more.cell}, int64_t{0});
      }
      state = step(kind, rows(projected, start[t], start[t + 1]), state, w);
      outputs[t] = state.hidden;
    }
    return call<"cat">(outputs, int64_t{0});
  }
  for (int64_t t = 0; t < steps; ++t) {
    const int64_t now = state.hidden.size(0);
    if (sizes[t] < now) {  // the shorter sequences have ended
      State done = cut(state, sizes[t], now);
      ended_hidden.push_back(done.hidden);
      ended_cell.push_back(done.cell);
      state = cut(state, 0, sizes[t]);
    }
    state = step(kind, rows(projected, start[t], start[t + 1]), state, w);
    outputs[t] = state.hidden;
  }
  auto together = [](std::vector<Tensor>& parts, const Tensor& last) {
    parts.push_back(last);
    std::reverse(parts.begin(), parts.end());
    return parts.size() == 1 ? parts[0] : call<"cat">(parts, int64_t{0});
  };
  if (state.cell.defined()) state.cell = together(ended_cell, state.cell);
  state.hidden = together(ended_hidden, state.hidden);
  return call<"cat">(outputs, int64_t{0});
}

struct Result {
  Tensor output, hidden, cell;
};

Result run_network(const char* op, Kind kind, const Tensor& input, std::span<const int64_t> sizes, const Tensor& hx,
                   const Tensor& cx, TensorSpan params, bool has_biases, int64_t layers, double dropout, bool train,
                   bool bidirectional) {
  const int64_t directions = bidirectional ? 2 : 1, runs = layers * directions;
  check(layers > 0, ErrorKind::Runtime, op, ": num_layers must be positive, got ", layers);
  check(hx.dim() == 3 && hx.size(0) == runs, ErrorKind::Runtime, op, ": Expected hidden size (", runs,
        ", batch, hidden), got ", list_text(hx.sizes()));
  check(kind != Kind::lstm || (cx.dim() == 3 && cx.size(0) == runs), ErrorKind::Runtime, op,
        ": Expected cell state of size (", runs, ", batch, hidden)");
  const bool projected = kind == Kind::lstm && hx.size(2) != cx.size(2);
  const int64_t each = (has_biases ? 4 : 2) + projected;
  check(static_cast<int64_t>(params.size()) == runs * each, ErrorKind::Runtime, op,
        ": got an incorrect number of parameters: ", params.size(), ", expected ", runs * each);
  std::vector<Tensor> hidden, cell;
  Tensor x = input;
  for (int64_t layer = 0; layer < layers; ++layer) {
    std::vector<Tensor> outputs;
    for (int64_t d = 0; d < directions; ++d) {
      const int64_t run = layer * directions + d;
      const Tensor* p = params.data() + run * each;
      Weights w{p[0], p[1], has_biases ? p[2] : Tensor(), has_biases ? p[3] : Tensor(),
                projected ? p[each - 1] : Tensor()};
      State state{call<"select.int">(hx, int64_t{0}, run),
                  kind == Kind::lstm ? call<"select.int">(cx, int64_t{0}, run) : Tensor()};
      check(x.size(-1) == w.ih.size(-1), ErrorKind::Runtime, op, ": input has ", x.size(-1),
            " features, the weight of layer ", layer, " wants ", w.ih.size(-1));
      outputs.push_back(run_layer(kind, x, sizes, d == 1, w, state));
      hidden.push_back(state.hidden);
      if (kind == Kind::lstm) cell.push_back(state.cell);
    }
    x = directions == 1 ? outputs[0] : call<"cat">(outputs, int64_t{-1});
    if (dropout > 0 && train && layer + 1 < layers) x = call<"dropout">(x, dropout, true);
  }
  return {x, call<"stack">(hidden, int64_t{0}), kind == Kind::lstm ? call<"stack">(cell, int64_t{0}) : Tensor()};
}

// Half types compute in float over the whole network and round once: a state rounded at every step would lose what the
// next step adds to it. Other mixtures of types are left to the operators, which refuse them.
Result run_wide(const char* op, Kind kind, const Tensor& input, std::span<const int64_t> sizes, const Tensor& hx,
                const Tensor& cx, TensorSpan params, bool has_biases, int64_t layers, double dropout, bool train,
                bool bidirectional) {
  const DType dtype = input.dtype();
  const bool half = (dtype == DType::bfloat16 || dtype == DType::float16) && hx.dtype() == dtype &&
                    (!cx.defined() || cx.dtype() == dtype) &&
                    std::ranges::all_of(params, [&](const Tensor& p) { return p.dtype() == dtype; });
  if (!half)
    return run_network(op, kind, input, sizes, hx, cx, params, has_biases, layers, dropout, train, bidirectional);
  auto to = [](const Tensor& t, DType type) {
    return t.defined() ? call<"_cast_copy">(t, type, t.device(), MemoryFormat::preserve) : t;
  };
  std::vector<Tensor> wide;
  for (const Tensor& p : params) wide.push_back(to(p, DType::float32));
  Result r = run_network(op, kind, to(input, DType::float32), sizes, to(hx, DType::float32), to(cx, DType::float32),
                         wide, has_biases, layers, dropout, train, bidirectional);
  return {to(r.output, dtype), to(r.hidden, dtype), to(r.cell, dtype)};
}

Result over_padded(const char* op, Kind kind, const Tensor& input, const Tensor& hx, const Tensor& cx,
                   TensorSpan params, bool has_biases, int64_t layers, double dropout, bool train, bool bidirectional,
                   bool batch_first) {
  check(input.dim() == 3, ErrorKind::Runtime, op, ": input must have 3 dimensions, got ", describe(input));
  check(input.size(batch_first ? 1 : 0) > 0, ErrorKind::Runtime, op,
        ": Expected sequence length to be larger than 0 in RNN");
  Tensor x = batch_first ? call<"transpose.int">(input, int64_t{0}, int64_t{1}) : input;
  Result r = run_wide(op, kind, x, {}, hx, cx, params, has_biases, layers, dropout, train, bidirectional);
  if (batch_first) r.output = call<"transpose.int">(r.output, int64_t{0}, int64_t{1});
  return r;
}

Result over_packed(const char* op, Kind kind, const Tensor& data, const Tensor& batch_sizes, const Tensor& hx,
                   const Tensor& cx, TensorSpan params, bool has_biases, int64_t layers, double dropout, bool train,
                   bool bidirectional) {
  check(batch_sizes.dim() == 1 && batch_sizes.numel() > 0 && batch_sizes.dtype() == DType::int64, ErrorKind::Runtime,
        op, ": batch_sizes must be a non-empty vector of int64, got ", describe(batch_sizes));
  Tensor plain = as_contiguous(batch_sizes);
  std::span<const int64_t> sizes(plain.data<int64_t>(), plain.numel());
  int64_t total = 0;
  for (size_t t = 0; t < sizes.size(); ++t) {
    check(sizes[t] > 0 && (t == 0 || sizes[t] <= sizes[t - 1]), ErrorKind::Runtime, op,
          ": batch_sizes must be positive and not increasing, got ", sizes[t], " at ", t);
    total = sat_add(total, sizes[t]);
  }
  check(data.dim() == 2 && data.size(0) == total && hx.dim() == 3 && hx.size(1) == sizes[0], ErrorKind::Runtime, op,
        ": data ", list_text(data.sizes()), " and states ", list_text(hx.sizes()),
        " do not match batch_sizes, whose sum is ", total, " and whose first is ", sizes[0]);
  return run_wide(op, kind, data, sizes, hx, cx, params, has_biases, layers, dropout, train, bidirectional);
}

}  // namespace

OP(lstm_input){
    .signature =
        "lstm.input(Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool "
        "train, bool bidirectional, bool batch_first) -> "
        "(Tensor, Tensor, Tensor)",
    .python = torch,
    .doc =
        "Long short-term memory (Hochreiter and Schmidhuber, 1997) over padded sequences: the outputs, and the last "
        "hidden and cell states.",
    .composite = [](const Tensor& x, TensorSpan hx, TensorSpan params, bool biases, int64_t layers, double dropout,
                    bool train, bool both, bool first) -> std::tuple<Tensor, Tensor, Tensor> {
      check(hx.size() == 2, ErrorKind::Runtime, "lstm: expects two hidden states, got ", hx.size());
      Result r = over_padded("lstm", Kind::lstm, x, hx[0], hx[1], params, biases, layers, dropout, train, both, first);
      return {r.output, r.hidden, r.cell};
    },
    .autocast = Autocast::low,
};
OP(lstm_data){
    .signature =
        "lstm.data(Tensor data, Tensor batch_sizes, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, "
        "float dropout, bool train, bool bidirectional) -> "
        "(Tensor, Tensor, Tensor)",
    .python = torch,
    .doc = "Long short-term memory over packed sequences.",
    .composite = [](const Tensor& data, const Tensor& sizes, TensorSpan hx, TensorSpan params, bool biases,
                    int64_t layers, double dropout, bool train, bool both) -> std::tuple<Tensor, Tensor, Tensor> {
      check(hx.size() == 2, ErrorKind::Runtime, "lstm: expects two hidden states, got ", hx.size());
      Result r =
          over_packed("lstm", Kind::lstm, data, sizes, hx[0], hx[1], params, biases, layers, dropout, train, both);
      return {r.output, r.hidden, r.cell};
    },
};

#define NETWORK(id, kind, text)                                                                                       \
  OP(id##_input){                                                                                                     \
      .signature = #id                                                                                                \
      ".input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, " \
      "bool bidirectional, "                                                                                          \
      "bool batch_first) -> (Tensor, Tensor)",                                                                        \
      .python = torch,                                                                                                \
      .doc = text " over padded sequences: the outputs and the last hidden states.",                                  \
      .composite = [](const Tensor& x, const Tensor& hx, TensorSpan params, bool biases, int64_t layers,              \
                      double dropout, bool train, bool both, bool first) -> std::tuple<Tensor, Tensor> {              \
        Result r = over_padded(#id, kind, x, hx, {}, params, biases, layers, dropout, train, both, first);            \
        return {r.output, r.hidden};                                                                                  \
      },                                                                                                              \
  };                                                                                                                  \
  OP(id##_data){                                                                                                      \
      .signature = #id                                                                                                \
      ".data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float "    \
      "dropout, bool train, "                                                                                         \
      "bool bidirectional) -> (Tensor, Tensor)",                                                                      \
      .python = torch,                                                                                                \
      .doc = text " over packed sequences.",                                                                          \
      .composite = [](const Tensor& data, const Tensor& sizes, const Tensor& hx, TensorSpan params, bool biases,      \
                      int64_t layers, double dropout, bool train, bool both) -> std::tuple<Tensor, Tensor> {          \
        Result r = over_packed(#id, kind, data, sizes, hx, {}, params, biases, layers, dropout, train, both);         \
        return {r.output, r.hidden};                                                                                  \
      },                                                                                                              \
  };                                                                                                                  \
  OP(id##_cell){                                                                                                      \
      .signature = #id                                                                                                \
      "_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> Tensor",     \
      .python = torch,                                                                                                \
      .doc = text ": one step.",                                                                                      \
      .composite = [](const Tensor& x, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh,                      \
                      const std::optional<Tensor>& b_ih, const std::optional<Tensor>& b_hh) -> Tensor {               \
        Weights w{w_ih, w_hh, b_ih.value_or(Tensor()), b_hh.value_or(Tensor()), {}};                                  \
        check_cell(#id "_cell", x, hx, w);                                                                            \
        return step(kind, affine(x, w.ih, w.bias_ih), {hx, {}}, w).hidden;                                            \
      },                                                                                                              \
  };

static void check_cell(const char* op, const Tensor& x, const Tensor& hx, const Weights& w) {
  check(x.dim() == 2 && hx.dim() == 2, ErrorKind::Runtime, op, ": input and hidden state must have 2 dimensions, got ",
        list_text(x.sizes()), " and ", list_text(hx.sizes()));
  check(x.size(0) == hx.size(0), ErrorKind::Runtime, op, ": Input batch size ", x.size(0),
        " doesn't match hidden0 batch size ", hx.size(0));
  check(w.ih.dim() == 2 && x.size(1) == w.ih.size(1), ErrorKind::Runtime, op,
        ": input has inconsistent input_size: got ", x.size(1), " expected ", w.ih.dim() == 2 ? w.ih.size(1) : 0);
  check(w.hh.dim() == 2 && hx.size(1) == w.hh.size(1), ErrorKind::Runtime, op,
        ": hidden0 has inconsistent hidden_size: got ", hx.size(1), ", expected ", w.hh.dim() == 2 ? w.hh.size(1) : 0);
}
NETWORK(gru, Kind::gru, "Gated recurrent units (Cho et al., 2014)")
NETWORK(rnn_tanh, Kind::tanh, "Elman network with tanh")
NETWORK(rnn_relu, Kind::relu, "Elman network with relu")
#undef NETWORK

OP(lstm_cell){
    .signature =
        "lstm_cell(Tensor input, Tensor[] hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> "
        "(Tensor, Tensor)",
    .python = torch,
    .doc = "Long short-term memory: one step.",
    .composite = [](const Tensor& x, TensorSpan hx, const Tensor& w_ih, const Tensor& w_hh,
                    const std::optional<Tensor>& b_ih,
                    const std::optional<Tensor>& b_hh) -> std::tuple<Tensor, Tensor> {
      check(hx.size() == 2, ErrorKind::Runtime, "lstm_cell: expects two hidden states, got ", hx.size());
      Weights w{w_ih, w_hh, b_ih.value_or(Tensor()), b_hh.value_or(Tensor()), {}};
      check_cell("lstm_cell", x, hx[0], w);
      State s = step(Kind::lstm, affine(x, w.ih, w.bias_ih), {hx[0], hx[1]}, w);
      return {s.hidden, s.cell};
    },
};

}  // namespace flambeau
