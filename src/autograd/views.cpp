// Views on the tape; see the header.
#include "autograd/views.h"

#include "op/call.h"

namespace flambeau {

namespace {

// How a tensor reads the memory that it shares: element type, layout, and whether it conjugates or negates.
struct Reading {
  explicit Reading(const Tensor& t)
      : layout(t.layout()), dtype(t.dtype()), bits(t.impl()->keys & (key::Conj | key::Neg)) {}
  Layout layout;
  DType dtype;
  Keys bits;
};

// Note: windows
//   A view shows some elements of its base's memory: the same numbers, their conjugates or negatives, or the parts of
//   complex ones as real numbers. The gradient of the memory is the common ground. A gradient by what a tensor reads
//   becomes one by the memory's own numbers (conjugated, negated where the tensor does so), in units of real numbers
//   where one of the two reads complex and the other real ones: the pair (∂/∂re, ∂/∂im) is what a complex gradient
//   holds. In these units the view is a strided window on the base.
struct Window {
  Window(const Tensor& part, const Tensor& base)
      : part(part), base(base), real_units(part.is_complex() != base.is_complex()) {
    if (this->part.bits == this->base.bits && !real_units) this->part.bits = this->base.bits = 0;
  }

  static bool possible(const Tensor& part, const Tensor& base) {
    return part.dtype() == base.dtype() || part.dtype() == to_real(base.dtype()) ||
           to_real(part.dtype()) == base.dtype();
  }

  // The part's gradient out of the whole one.
  Tensor gather(const Tensor& whole) const {
    static const OpCall gather("_window_gather");
    Layout p = units(part), b = units(base);
    return from_memory(
        gather({to_memory(whole, base), p.sizes, p.strides, p.offset, b.sizes, b.strides, b.offset}).tensor(), part);
  }
  // The whole gradient with the part's in its place.
  Tensor scatter(const Tensor& whole, const Tensor& of_part) const { return replaced(to_memory(whole, base), of_part); }
  // The same with zeros around it. Where the part shows an element several times, their gradients add up.
  Tensor alone(const Tensor& of_part) const {
    static const OpCall zeros("new_zeros");
    Tensor of_memory = to_memory(of_part, part);
    Tensor around = zeros({of_memory, units(base).sizes}).tensor();
    return part.layout.overlapping() ? added(around, of_memory) : replaced(around, of_part);
  }

  Reading part, base;
  bool real_units;

 private:
  Layout units(const Reading& r) const { return real_units && is_complex(r.dtype) ? r.layout.with_parts() : r.layout; }
  static Tensor turned(Tensor g, Keys bits) {
    static const OpCall conj("conj"), neg("neg");
    if (bits & key::Conj) g = conj({g}).tensor();
    if (bits & key::Neg) g = neg({g}).tensor();
    return g;
  }
  Tensor to_memory(const Tensor& g, const Reading& r) const {
    static const OpCall as_real("view_as_real"), resolve("resolve_conj");
    Tensor out = turned(g, r.bits);
    return real_units && is_complex(r.dtype) ? as_real({resolve({out}).tensor()}).tensor() : out;
  }
  Tensor from_memory(const Tensor& g, const Reading& r) const {
    static const OpCall as_complex("view_as_complex");
    return turned(real_units && is_complex(r.dtype) ? as_complex({g}).tensor() : g, r.bits);
  }
  Tensor replaced(const Tensor& memory, const Tensor& of_part) const {
    static const OpCall scatter("_window_scatter"), as_complex("view_as_complex");
    Layout p = units(part), b = units(base);
    return to_base(
        scatter({memory, to_memory(of_part, part), p.sizes, p.strides, p.offset, b.strides, b.offset}).tensor());
  }
  Tensor added(const Tensor& memory, const Tensor& of_memory) const {
    static const OpCall arange("arange"), view("view"), gather("_window_gather"), add("index_add"), flat("reshape");
    Layout p = units(part), b = units(base);
    Tensor places = view({arange({memory.numel(), DType::int64, Value(), memory.device()}), b.sizes}).tensor();
    places = gather({places, p.sizes, p.strides, p.offset, b.sizes, b.strides, b.offset}).tensor();
    Tensor sum =
        add({flat({memory, Dims{-1}}), int64_t{0}, flat({places, Dims{-1}}), flat({of_memory, Dims{-1}})}).tensor();
    return to_base(view({sum, b.sizes}).tensor());
  }
  Tensor to_base(Tensor out) const {
    if (!real_units || !is_complex(base.dtype)) return turned(out, base.bits);
    static const OpCall contiguous("contiguous"),
        as_complex("view_as_complex");  // pairs side by side, however the base lies
    return turned(as_complex({contiguous({out}).tensor()}).tensor(), base.bits);
  }
};

// The history of a view whose base was changed in place.
class WindowBackward final : public Node {
 public:
  explicit WindowBackward(Window window) : window(std::move(window)) {}
  std::vector<Tensor> apply(std::vector<Tensor> grads) override {
    if (!grads[0].defined()) return {Tensor()};
    return {window.alone(grads[0])};
  }
  std::string name() const override { return "AsStridedBackward0"; }
  Window window;
};

// An in-place change of a view: the base's history takes it in, for the window of the base that the view shows. The
// first edge is the base's former history, the others are those of the changing operator but for the view itself.
class CopySlices final : public Node {
 public:
  CopySlices(Window window, Ref<Node> fn, int own) : fn(std::move(fn)), own(own), window(std::move(window)) {}
  std::vector<Tensor> apply(std::vector<Tensor> grads) override {
    static const OpCall zeros("zeros_like");
    if (!grads[0].defined()) return std::vector<Tensor>(next.size());
    Tensor part = window.gather(grads[0]);
    std::vector<Tensor> inner = fn->apply({part});
    // The changed window's own cotangent takes the place of what flowed in there.
    Tensor own_grad;
    if (own >= 0 && own < static_cast<int>(inner.size())) {
      own_grad = inner[own];
      inner.erase(inner.begin() + own);
    }
    if (next[0]) {
      if (!own_grad.defined()) own_grad = zeros({part}).tensor();
      inner.insert(inner.begin(), window.scatter(grads[0], own_grad));
    } else {
      inner.insert(inner.begin(), Tensor());
    }
    return inner;
  }
  void release_saved() override { fn->release_saved(); }
  std::string name() const override { return "CopySlices"; }
  Ref<Node> fn;
  int own;  // the edge of fn that is the view
  Window window;
};

enum class Change { itself, base };

// A view whose history can't be made anew from its base's.
void refuse_override(const char* what, const Tensor& view, Change change) {
  Keys keys = view.impl()->keys;
  if (!(keys & (key::OneOfViews | key::OfFunction))) return;
  TapeState* state = tape_or_null(view);
  std::string name = state && state->grad_fn ? state->grad_fn->name() : "a function";
  if (name.ends_with("Backward0")) name.resize(name.size() - 9);
  raise(ErrorKind::Runtime, what, *what ? ": " : "", "Output ", state ? state->output : 0, " of ", name,
        " is a view and ",
        change == Change::itself ? "is being modified inplace"
                                 : "its base or another view of its base was modified inplace",
        keys & key::OneOfViews
            ? ". This view is the output of a function that returns multiple views (unbind, split, ...), none of "
              "which may be modified inplace; use the out-of-place form."
            : ". This view was created inside a custom Function (or because an input was returned as-is), whose "
              "backward the history of the change would override; clone() the output of the Function.");
}

}  // namespace

void check_inplace(const char* what, const Tensor& target) {
  if (!t_state.grad_enabled) return;
  TensorImpl* base = target.impl()->base.get();
  const bool of_base = base && target.impl()->keys & key::RefusesChange && base->keys & key::Autograd;
  if (!of_base && target.requires_grad() && is_leaf(target))
    raise(ErrorKind::Runtime, what, ": a leaf Variable that requires grad is being used in an in-place operation.");
  if (!base) return;
  Tensor b(Ref<TensorImpl>::share(base));
  refuse_override(what, target, Change::itself);
  if (b.requires_grad() && is_leaf(b))
    raise(ErrorKind::Runtime, what,
          ": a view of a leaf Variable that requires grad is being used in an in-place operation.");
  check(!(target.impl()->keys & key::RefusesChange) || !b.requires_grad(), ErrorKind::Runtime, what,
        ": A view was created in ", target.impl()->keys & key::Autograd ? "inference mode" : "no_grad mode",
        " and is being modified inplace with grad mode enabled. Make the view with grad mode enabled, or change it "
        "under no_grad.");
}

void rebase_history(const Tensor& view, Ref<Node> fn, int own) {
  Tensor base(view.impl()->base);
  auto slices = make<CopySlices>(Window(view, base), fn, own);
  slices->next.push_back(gradient_edge(base));
  for (int e = 0; e < static_cast<int>(fn->next.size()); ++e)
    if (e != own) slices->next.push_back(fn->next[e]);
  slices->outputs.push_back({base.layout().sizes, base.dtype(), base.device()});
  set_history(base, slices, 0);
  tape(view).view_version = ~0u;
  view.impl()->keys |= key::Autograd;
  refresh_view(view);
}

void refresh_view(const Tensor& view) {
  TapeState* state = tape_or_null(view);
  TensorImpl* impl = view.impl();
  uint32_t now = impl->version->value.load(std::memory_order_relaxed);
  if (now == (state ? state->view_version : 0)) return;
  Tensor base(impl->base);
  if (base.requires_grad() && !is_leaf(base) && Window::possible(view, base)) {
    refuse_override("", view, Change::base);
    auto node = make<WindowBackward>(Window(view, base));
    node->next.push_back(gradient_edge(base));
    node->outputs.push_back({impl->layout.sizes, impl->dtype, impl->device});
    set_history(view, node, 0);
  } else if (state) {
    state->view_version = now;
  }
}

}  // namespace flambeau
