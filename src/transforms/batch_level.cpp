// Running a call at a level of batches: what each kind of operator does with the batch's dimension.
#include <algorithm>
#include <map>
#include <mutex>

#include "autograd/forward.h"
#include "op/layers.h"
#include "transforms/batch.h"

namespace flambeau {

void (*warn_of_loop)(const char* op) = nullptr;

namespace {

std::mutex& loops_mutex() {
  static std::mutex mutex;
  return mutex;
}
std::map<std::string, int>& loops() {
  static auto* names = new std::map<std::string, int>;
  return *names;
}

}  // namespace

void note_loop(const std::string& name) {
  bool first;
  {
    std::lock_guard lock(loops_mutex());
    first = loops()[name]++ == 0;
  }
  if (first && warn_of_loop) warn_of_loop(name.c_str());
}

std::vector<std::string> looped_operators() {
  std::lock_guard lock(loops_mutex());
  std::vector<std::string> names;
  for (auto& [name, count] : loops()) names.push_back(name);
  return names;
}

bool is_batched(const BatchLevel& level, const Tensor& t) { return t.defined() && belongs_to(t.impl(), level); }

Tensor batched(const BatchLevel& level, const Tensor& value) {
  Layout entry = value.layout();
  entry.sizes.erase(0);
  entry.strides.erase(0);
  return wrap_value(level, value, std::move(entry));
}

Tensor whole_batch(const BatchLevel& level, const Tensor& t) {
  if (is_batched(level, t)) return wrapped_parts(t.impl()).value;
  Dims sizes{level.size};
  for (int64_t s : t.sizes()) sizes.push_back(s);
  return call<"expand">(t, sizes);
}

int BatchCall::index(std::string_view name) const {
  int i = call.op.signature.index_of(name);
  check(i >= 0, ErrorKind::Runtime, call.op.name, ": its batch rule asks for '", name, "', which is not an argument");
  return i;
}
bool BatchCall::is_batched(int i) const {
  return call.args[i].is_tensor() && belongs_to(call.args[i].tensor_impl(), level);
}
Tensor BatchCall::raw(int i) const { return unwrapped(level, call.args[i].tensor()); }
Tensor BatchCall::whole(int i) const {
  return call.args[i].is_tensor() ? whole_batch(level, call.args[i].tensor()) : Tensor();
}
Tensor BatchCall::aligned(int i, int64_t rank) const {
  Tensor t = whole(i);
  while (t.dim() < rank + 1) t = flambeau::call<"unsqueeze">(t, int64_t{1});
  return t;
}

Tensor folded(const Tensor& t) {
  Dims sizes{t.size(0) * t.size(1)};
  for (int64_t d = 2; d < t.dim(); ++d) sizes.push_back(t.size(d));
  return call<"reshape">(t, sizes);
}
Tensor unfolded(const Tensor& t, int64_t batch) {
  if (!t.defined()) return t;
  Dims sizes{batch, t.size(0) / std::max<int64_t>(batch, 1)};
  for (int64_t d = 1; d < t.dim(); ++d) sizes.push_back(t.size(d));
  return call<"reshape">(t, sizes);
}

std::vector<Tensor> run_with(const Op& op, std::vector<Value> args) {
  Call inner{op, args.data()};
  run(inner);
  std::vector<Tensor> out;
  for (size_t r = 0; r < op.signature.returns.size(); ++r) {
    if (inner.results[r].is_tensors())
      for (const Tensor& t : inner.results[r].tensors()) out.push_back(t);
    else
      out.push_back(inner.results[r].tensor());
  }
  return out;
}

namespace {

constexpr const char* kCaptured =
    ": vmap: in-place arithmetic on a tensor that is shared by all entries of the batch, with values that differ from "
    "entry to entry, is not possible; use the out-of-place form";

bool names_dimensions(const Argument& a) { return a.type == ArgType::Int && (a.name == "dim" || a.name == "dims"); }
bool has_dimensions(const Op& op) {
  return std::ranges::any_of(op.signature.arguments, names_dimensions) &&
         std::ranges::any_of(op.signature.arguments, [](const Argument& a) {
           return a.name == "self" || a.name == "tensors" || a.type == ArgType::Tensor;
         });
}
// new_zeros, zeros_like: makes its result itself and reads no values.
bool is_factory(const Op& op) { return op.spec.any_device && op.signature.index_of("self") == 0; }

// How an operator is taken over a batch.
enum class Way { rule, view, random, formula, writes, write_each, leading, rows, over_all, factory, dimensions, loop };
Way way_of(const Op& op) {
  const OpSpec& spec = op.spec;
  const auto* form = op.form<BatchForm>();
  if (form && form->rule) return Way::rule;
  if (spec.view) return Way::view;
  if (spec.random) return Way::random;
  if (spec.formula) return Way::formula;
  if (op.writes >= 0) return form && form->leading ? Way::writes : Way::write_each;
  if (form && form->leading) return Way::leading;
  if (form && !form->rows.empty()) return Way::rows;
  if (form && form->over_all) return Way::over_all;
  if (is_factory(op)) return Way::factory;
  return !form && has_dimensions(op) ? Way::dimensions : Way::loop;
}
bool depends_on_data(const Op& op) {
  const OpSpec& spec = op.spec;
  return spec.cpu && !spec.shape && op.writes < 0 && !spec.any_device && !op.form<BatchForm>();
}

class Runner {
 public:
  Runner(BatchLevel& level, Call& call) : level_(level), call_(call), batch_(level, call) {}

  void run() {
    check(call_.form != Form::out, ErrorKind::NotImplemented, call_.name(),
          ": vmap: out= has no form for batches; the nearest alternative is the call without it");
    const int written = call_.form == Form::inplace ? 0 : call_.op.writes;
    if (written >= 0) check(batch_.is_batched(written), ErrorKind::Runtime, call_.name(), kCaptured);
    refuse_what_depends_on_data();
    const auto* form = call_.op.form<BatchForm>();
    if (form || has_dimensions(call_.op)) check_entry();
    Outside outside;
    switch (way_of(call_.op)) {
      case Way::rule: return finish(form->rule(batch_));
      case Way::view: return view();
      case Way::random: return finish(random());
      case Way::formula: return formula(written);
      case Way::writes: return writes();
      case Way::write_each: return write_each();
      case Way::leading: return finish(leading(*form));
      case Way::rows: return finish(rows(*form));
      case Way::over_all: return finish(over_all(form->over_all));
      case Way::factory: return finish(factory());
      case Way::dimensions: return finish(along_dimensions());
      case Way::loop: note_loop(call_.op.name); return finish(loop());
    }
  }

 private:
  // Whole results, to results of the level.
  void finish(std::vector<Tensor> whole) {
    if (call_.form == Form::inplace ||
        call_.op.writes >= 0) {  // a kernel has no in-place form of its own: its result is copied
      const int written = call_.form == Form::inplace ? 0 : call_.op.writes;
      static const OpCall copy("copy_");
      const Tensor self = batch_.whole(written);
      check(std::ranges::equal(self.sizes(), whole[0].sizes()), ErrorKind::Runtime, call_.name(),
            "_: output with shape ", list_text(self.sizes()), " doesn't match the broadcast shape ",
            list_text(whole[0].sizes()));
      if (!self.is(whole[0])) copy({self, whole[0]});
      return changed(written);
    }
    size_t at = 0;
    for (size_t r = 0; r < call_.op.signature.returns.size(); ++r) {
      if (call_.op.signature.returns[r].list) {
        std::vector<Tensor> list;
        while (at < whole.size()) list.push_back(batched(level_, whole[at++]));
        call_.results[r] = Value(std::move(list));
      } else {
        const Tensor t = at < whole.size() ? whole[at] : Tensor();
        ++at;
        call_.results[r] = t.defined() ? Value(batched(level_, t)) : Value();
      }
    }
  }

  void refuse_what_depends_on_data() {
    if (!depends_on_data(call_.op)) return;
    raise(
        ErrorKind::Runtime, call_.name(),
        ": vmap: the size of the result depends on the values, which differ from entry to entry (dynamic shapes); the "
        "nearest alternative is a form of fixed size, such as torch.where");
  }

  // What is wrong for one entry may pass for the whole: a batch of vectors looks like a matrix.
  void check_entry() {
    const OpSpec& spec = call_.op.spec;
    if (!spec.shape || spec.formula || spec.view) return;
    ResultSpecs checked;
    spec.shape(call_.args, &checked);
  }

  // Elementwise: entries are aligned from behind, the batch stays in front.
  void formula(int written) {
    int64_t most = 0;
    for_each_tensor(call_, [&](TensorImpl* t) { most = std::max(most, t->layout.dim()); });
    // Promotion looks at the ranks of entries, which the whole batches don't show.
    bool mixed = false;
    const Tensor* first = nullptr;
    std::vector<Tensor> tensors;
    for_each_tensor(call_, [&](TensorImpl* t) { tensors.emplace_back(Ref<TensorImpl>::share(t)); });
    for (const Tensor& t : tensors) {
      if (first) mixed |= t.dtype() != first->dtype() || t.impl()->wrapped_number;
      first = &t;
    }
    const DType common = mixed ? computation_type(call_) : DType::float32;
    const DTypeRule& rule = call_.op.spec.dtype;
    std::vector<Value> args(call_.args, call_.args + call_.arguments());
    for (int i = 0; i < call_.arguments(); ++i) {
      if (!args[i].is_tensor()) continue;
      Tensor t = args[i].tensor();
      const bool mine = is_batched(level_, t);
      t = unwrapped(level_, t);
      if (mixed && i != written && !((rule.masks | rule.outside) >> i & 1) && t.dtype() != common)
        t = call<"_to_copy">(t, common);
      if (mine)
        while (t.dim() < most + 1) t = call<"unsqueeze">(t, int64_t{1});
      args[i] = t;
    }
    Call inner{call_.op, args.data(), call_.form};
    flambeau::run(inner);
    if (written >= 0) return changed(written);
    call_.results[0] = batched(level_, inner.results[0].tensor());
  }

  void changed(int written) {
    bump_version(call_.tensor(written));
    call_.results[0] = call_.args[written];
  }

  // A view: the operator's own rule over the layout of one entry, then the batch's size and stride back in front.
  void view() {
    const OpSpec& spec = call_.op.spec;
    const Tensor whole = batch_.whole(0);
    std::vector<Value> args(call_.args, call_.args + call_.arguments());
    if (spec.toggles || spec.view_dtype) {
      args[0] = whole;
      call_.results[0] = shown(run_with(call_.op, std::move(args))[0]);
      return;
    }
    Layout entry = whole.layout();
    const int64_t size = entry.sizes[0], stride = entry.strides[0];
    entry.sizes.erase(0);
    entry.strides.erase(0);
    // A stand-in that is only looked at for its layout, and for how far the memory goes.
    Tensor plain = whole;
    while (is_wrapped(plain.impl())) plain = Tensor(wrapped_parts(plain.impl()).value);
    args[0] = Tensor(make<TensorImpl>(plain.storage(), entry, whole.dtype(), whole.device()));
    ViewResult layouts;
    spec.view(args.data(), &layouts);
    auto with_batch = [&](const Layout& l) {
      Dims sizes{size}, strides{stride};
      for (int64_t s : l.sizes) sizes.push_back(s);
      for (int64_t s : l.strides) strides.push_back(s);
      return call<"as_strided">(whole, sizes, strides, l.offset);
    };
    if (call_.op.signature.returns[0].list) {
      std::vector<Tensor> several;
      for (const Layout& l : layouts.several) several.push_back(shown(with_batch(l)));
      call_.results[0] = Value(std::move(several));
    } else if (call_.form == Form::inplace) {
      Tensor self = call_.tensor(0);
      WrappedParts& parts = wrapped_parts(self.impl());
      parts.value = with_batch(layouts.one);
      self.impl()->layout = std::move(layouts.one);
      changed(0);
    } else {
      call_.results[0] = shown(with_batch(layouts.one));
    }
  }
  Tensor shown(const Tensor& value) {
    Tensor out = batched(level_, value);
    TensorImpl* from = call_.args[0].tensor_impl();
    out.impl()->base = Ref<TensorImpl>::share(from->base ? from->base.get() : from);
    from->versions();
    out.impl()->version = from->version;
    return out;
  }

  // Kernels that change an argument: fill_, copy_ and the like.
  void writes() {
    int64_t most = 0;
    for (int i = 0; i < call_.arguments(); ++i) most = std::max(most, batch_.rank(i));
    std::vector<Value> args(call_.args, call_.args + call_.arguments());
    bool scalar_differs = false;
    for (int i = 0; i < call_.arguments(); ++i) {
      if (!args[i].is_tensor()) continue;
      scalar_differs |= i != call_.op.writes && batch_.is_batched(i) && batch_.rank(i) == 0;
      args[i] = batch_.is_batched(i) ? batch_.aligned(i, i == call_.op.writes ? batch_.rank(i) : most) : batch_.raw(i);
    }
    static const OpCall copy("copy_");
    if (scalar_differs && &call_.op != &copy.op())
      copy({args[call_.op.writes], args[1]});  // fill_ by a number of each entry
    else
      run_with(call_.op, std::move(args));
    changed(call_.op.writes);
  }

  void write_each() {
    note_loop(call_.op.name);
    for (int64_t b = 0; b < batch_.batch; ++b)
      run_with(call_.op, changed_arguments(call_, [&](const Tensor& t) { return entry_of(t, b); }));
    changed(call_.op.writes);
  }

  std::vector<Tensor> leading(const BatchForm& form) {
    int64_t most = 0;
    size_t at = 0;
    auto own = [&] { return at < form.core.size() ? form.core[at] : 0; };
    for (int i = 0; i < call_.arguments(); ++i) {
      if (!call_.argument(i).is_tensor()) continue;
      most = std::max(most, batch_.rank(i) - own());
      ++at;
    }
    std::vector<Value> args(call_.args, call_.args + call_.arguments());
    at = 0;
    for (int i = 0; i < call_.arguments(); ++i) {
      if (!call_.argument(i).is_tensor()) continue;
      if (args[i].is_tensor()) args[i] = batch_.aligned(i, most + own());
      ++at;
    }
    return run_with(call_.op, std::move(args));
  }

  std::vector<Tensor> rows(const BatchForm& form) {
    const int lead = batch_.index(form.rows[0]);
    int64_t with_rows = form.rows_rank;
    if (!with_rows) {
      const Value& v = batch_.value(form.spatial);
      with_rows = 2 + (v.tag() == Tag::Ints      ? static_cast<int64_t>(v.ints().size())
                       : v.tag() == Tag::Doubles ? static_cast<int64_t>(v.doubles().size())
                                                 : v.integer());
    }
    const bool fold = batch_.rank(lead) == with_rows;
    std::vector<Value> args(call_.args, call_.args + call_.arguments());
    for (int i = 0; i < call_.arguments(); ++i) {
      const Argument& a = call_.argument(i);
      if (args[i].is_tensor()) {
        const bool row = std::ranges::any_of(form.rows, [&](const char* n) { return a.name == n; });
        if (!row && batch_.is_batched(i)) {
          note_loop(call_.op.name);
          return loop();
        }
        if (row) args[i] = fold ? folded(batch_.whole(i)) : batch_.whole(i);
      } else if (a.name == "input_size" && args[i].tag() == Tag::Ints &&
                 static_cast<int64_t>(args[i].ints().size()) == batch_.rank(lead)) {
        Dims sizes = args[i].ints();
        if (fold)
          sizes[0] *= batch_.batch;
        else
          sizes.insert(0, batch_.batch);
        args[i] = sizes;
      }
    }
    std::vector<Tensor> out = run_with(call_.op, std::move(args));
    if (fold)
      for (Tensor& t : out) t = unfolded(t, batch_.batch);
    return out;
  }

  std::vector<Tensor> over_all(const char* overload) {
    const Op& op = Registry::get().find(overload);
    const int self = batch_.index("self");
    Tensor flat = call<"reshape">(batch_.whole(self), Dims{batch_.batch, -1});
    std::vector<Value> args;
    for (const Argument& a : op.signature.arguments) {
      int own = call_.op.signature.index_of(a.name);
      if (a.name == "self")
        args.push_back(flat);
      else if (a.name == "dim")
        args.push_back(a.list ? Value(Dims{1}) : Value(int64_t{1}));
      else
        args.push_back(own >= 0 ? call_.args[own] : a.fallback);
    }
    std::vector<Tensor> out = run_with(op, std::move(args));
    out.resize(call_.op.signature.returns.size());
    return out;
  }

  // Dimension arguments count from behind the batch. An entry without dimensions gets one for the time of the call.
  std::vector<Tensor> along_dimensions() {
    int64_t rank = 0;
    for_each_tensor(call_, [&](TensorImpl* t) { rank = std::max(rank, t->layout.dim()); });
    const bool none = rank == 0;
    const int64_t entry_rank = none ? 1 : rank;
    auto whole = [&](const Tensor& t) {
      Tensor w = whole_batch(level_, t);
      if (t.dim() == 0) w = call<"unsqueeze">(w, int64_t{1});
      return w;
    };
    // stack() makes a dimension.
    static const OpCall stack("stack");
    const int64_t wraps = &call_.op == &stack.op() ? rank + 1 : entry_rank;
    auto shifted = [&](int64_t d) {
      check(d >= -wraps && d < wraps, ErrorKind::Index, call_.name(),
            ": Dimension out of range (expected to be in range of [", -wraps, ", ", wraps - 1, "], but got ", d, ")");
      return (d < 0 ? d + wraps : d) + 1;
    };
    std::vector<Value> args(call_.args, call_.args + call_.arguments());
    Dims flattened;
    for (int i = 0; i < call_.arguments(); ++i) {
      const Argument& a = call_.argument(i);
      if (args[i].is_tensor()) {
        args[i] = whole(args[i].tensor());
      } else if (args[i].is_tensors()) {
        std::vector<Tensor> list = args[i].tensors();
        for (Tensor& t : list)
          if (t.defined()) t = &call_.op == &stack.op() ? whole_batch(level_, t) : whole(t);
        args[i] = Value(std::move(list));
      } else if (names_dimensions(a)) {
        if (!a.list) {
          if (!args[i].is_none()) {
            args[i] = shifted(args[i].integer());
          } else {  // over everything: one dimension
            Tensor self = args[batch_.index("self")].tensor();
            args[batch_.index("self")] = call<"reshape">(self, Dims{batch_.batch, -1});
            args[i] = int64_t{1};
            flattened = Dims{batch_.batch};
            int keep = call_.op.signature.index_of("keepdim");
            const bool kept = keep >= 0 && args[keep].tag() == Tag::Bool && args[keep].boolean();
            if (kept && !none)
              for (int64_t d = 0; d < rank; ++d) flattened.push_back(1);
            if (keep >= 0) args[keep] = false;
          }
        } else {
          Dims dims;
          if (!args[i].is_none())
            for (int64_t d : args[i].ints()) dims.push_back(shifted(d));
          if (dims.empty())
            for (int64_t d = 0; d < entry_rank; ++d) dims.push_back(d + 1);
          args[i] = dims;
        }
      }
    }
    std::vector<Tensor> out = run_with(call_.op, std::move(args));
    for (Tensor& t : out) {
      if (!t.defined()) continue;
      if (!flattened.empty())
        t = call<"reshape">(t, flattened);
      else if (none && t.dim() > 1 && &call_.op != &stack.op() && t.numel() == batch_.batch)
        t = call<"reshape">(t, Dims{batch_.batch});
    }
    return out;
  }

  std::vector<Tensor> factory() {
    std::vector<Value> args(call_.args, call_.args + call_.arguments());
    args[0] = batch_.whole(0);
    int size = call_.op.signature.index_of("size"), stride = call_.op.signature.index_of("stride");
    if (stride >= 0 && size >= 0) {
      Layout entry(args[size].ints(), args[stride].ints());
      Dims strides = args[stride].ints();
      strides.insert(0, entry.numel() ? entry.extent() : 0);
      args[stride] = strides;
    }
    if (size >= 0 && args[size].tag() == Tag::Ints) {
      Dims sizes = args[size].ints();
      sizes.insert(0, batch_.batch);
      args[size] = sizes;
    }
    return run_with(call_.op, std::move(args));
  }

  std::vector<Tensor> random();

  Tensor entry_of(const Tensor& t, int64_t b) {
    return is_batched(level_, t) ? call<"select.int">(unwrapped(level_, t), int64_t{0}, b) : t;
  }

  // One entry after the other.
  std::vector<Tensor> loop() {
    check(batch_.batch > 0, ErrorKind::NotImplemented, call_.name(), ": vmap: a batch without entries");
    std::vector<std::vector<Tensor>> results;
    for (int64_t b = 0; b < batch_.batch; ++b)
      results.push_back(run_with(call_.op, changed_arguments(call_, [&](const Tensor& t) { return entry_of(t, b); })));
    std::vector<Tensor> out;
    for (size_t r = 0; r < results[0].size(); ++r) {
      std::vector<Tensor> parts;
      for (auto& one : results) parts.push_back(one[r]);
      out.push_back(parts[0].defined() ? call<"stack">(parts, int64_t{0}) : Tensor());
    }
    return out;
  }

  BatchLevel& level_;
  Call& call_;
  BatchCall batch_;
};

void check_randomness(const BatchLevel& level, const Call& call) {
  check(level.randomness != Randomness::error, ErrorKind::Runtime, call.name(),
        ": vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
        "randomness flags on vmap or perform the randomness operation out of vmap");
}

// Draws for each entry, or once for all.
std::vector<Tensor> Runner::random() {
  check_randomness(level_, call_);
  std::vector<Value> args(call_.args, call_.args + call_.arguments());
  const int self = call_.op.signature.index_of("self"), written = call_.op.writes;
  const bool same = level_.randomness == Randomness::same;
  if (same) {
    int others = 0;
    for (int i = 0; i < call_.arguments(); ++i)
      others += batch_.is_batched(i) && !(i == self && (written >= 0 || call_.op.spec.any_device));
    check(others == 0, ErrorKind::Runtime, call_.name(),
          ": vmap: with randomness='same' the distribution's parameters have to be the same for all entries; use "
          "randomness='different'");
    Tensor like = call<"select.int">(batch_.whole(self), int64_t{0}, int64_t{0});
    if (written >= 0) like = call<"clone">(like);
    args[self] = like;
    Tensor drawn = run_with(call_.op, std::move(args))[0];
    if (written < 0) return {whole_batch(level_, drawn)};
    static const OpCall copy("copy_");
    copy({batch_.whole(self), drawn});
    return {batch_.whole(self)};
  }
  for (int i = 0; i < call_.arguments(); ++i)
    if (args[i].is_tensor()) args[i] = i == written ? batch_.whole(i) : call<"clone">(batch_.whole(i));
  const auto* form = call_.op.form<BatchForm>();
  if (form && !form->rows.empty()) return rows(*form);
  return run_with(call_.op, std::move(args));
}

// A random operator without a batched argument, under randomness='different'.
bool draws_for_each(const Call& call) { return call.op.spec.random; }

}  // namespace

// A tensor from outside may carry a tangent that differs from entry to entry.
static bool any_dual(const Call& call) {
  bool any = false;
  for_each_tensor(call, [&](TensorImpl* t) { any |= (t->all_keys() & key::Dual) != 0; });
  return any;
}

void BatchLevel::run(Call& call) {
  const bool mine = any_belongs_to(call, *this) || (dual_level && any_dual(call));
  if (!mine && !draws_for_each(call)) {
    if (call.op.spec.composite) return run_layers(call);  // what it is written with may draw
    Outside outside;
    return flambeau::run(call);
  }
  const auto* form = call.op.form<BatchForm>();
  if (call.op.spec.composite && !(form && form->rule)) return run_layers(call);
  if (!mine) return run_drawing(call);
  if (dual_level && layers[static_cast<int>(LayerSlot::tangent)].run) {
    // The level's own tangents; what is outside has its history there.
    struct Without {
      Without() : before(t_state.excluded) { t_state.excluded |= key::Autograd | key::Sparse; }
      ~Without() { t_state.excluded = before; }
      Keys before;
    } plain;
    if (layers[static_cast<int>(LayerSlot::tangent)].run(call)) return;
  }
  run_below(call);
}

void BatchLevel::run_below(Call& call) {
  if (any_belongs_to(call, *this)) return Runner(*this, call).run();
  if (draws_for_each(call)) return run_drawing(call);
  Outside outside;
  flambeau::run(call);
}

bool runs_entry_by_entry(const Op& op) {
  if (op.spec.composite || op.tensor_arguments == 0 || depends_on_data(op)) return false;
  const Way way = way_of(op);
  return way == Way::loop || way == Way::write_each;
}

void BatchLevel::run_drawing(Call& call) {
  check_randomness(*this, call);
  check(randomness == Randomness::same || call.op.writes < 0, ErrorKind::Runtime, call.name(),
        ": vmap: an in-place random operator on a tensor shared by all entries cannot draw different numbers for each; "
        "use the form that makes a tensor, or randomness='same'");
  Outside outside;
  if (randomness == Randomness::same) return flambeau::run(call);
  std::vector<Value> args(call.args, call.args + call.arguments());
  const int at = call.op.signature.index_of("size"), self = call.op.signature.index_of("self");
  if (at >= 0 && args[at].tag() == Tag::Ints) {
    Dims sizes = args[at].ints();
    sizes.insert(0, size);
    args[at] = sizes;
    call.results[0] = batched(*this, run_with(call.op, std::move(args))[0]);
    return;
  }
  if (self >= 0 && args[self].is_tensor()) {
    args[self] = whole_batch(*this, args[self].tensor());
    const bool rows = call.op.form<BatchForm>() && args[self].tensor_impl()->layout.dim() > 2;
    if (!rows) {
      call.results[0] = batched(*this, run_with(call.op, std::move(args))[0]);
      return;
    }
  }
  std::vector<Tensor> parts;
  for (int64_t b = 0; b < size; ++b)
    parts.push_back(run_with(call.op, std::vector<Value>(call.args, call.args + call.arguments()))[0]);
  call.results[0] = batched(*this, flambeau::call<"stack">(parts, int64_t{0}));
}

}  // namespace flambeau
