// Levels: functions of functions at work on this thread (grad, jvp, vmap), as a stack. The innermost sees each call
// first and calls the operator again without itself; a tensor that stands for a value at a level carries the level.
//
// Note [A call at a level]. `run` hands a call to the innermost level before it looks at anything else. A level that
// has nothing to do with the arguments passes it on outwards. Otherwise it does its work, over values that belong to
// the levels outside of it, under `Outside`: there the thread is as it was before the level began. The stack is the
// only state; what a wrapped tensor holds in place of bytes is its level's number and the value.
#pragma once

#include "op/call.h"

namespace flambeau {

class Level {
 public:
  enum class Kind : uint8_t { grad, jvp, batch };

  // `own_gradients`: whether the level has a tape (and tangents) of its own; the grad mode outside is kept for it.
  Level(Kind kind, bool own_gradients);
  virtual ~Level() = default;
  Level(const Level&) = delete;

  virtual void run(Call& call) = 0;
  // From below autograd, for levels that let their calls walk the layers; see run_layers.
  virtual void run_below(Call& call) = 0;

  const uint64_t id;  // never used again
  const Kind kind;
  const bool own_gradients;
  int depth = 0;            // 1 for the outermost
  uint64_t dual_level = 0;  // the level of tangents that is open at it; its own for a jvp
  Level* outer = nullptr;
  bool outer_grad = true;  // the grad mode outside, where the level has its own
};

// Enters and leaves a level; it has to be the innermost to be left.
void push_level(Level& level);
void pop_level(Level& level);

// The thread as it is outside of its innermost level.
class Outside {
 public:
  Outside();
  ~Outside();
  Outside(const Outside&) = delete;

 private:
  Level* level_;
  Keys included_, excluded_;
  bool grad_;
};

// What a wrapped tensor has in place of bytes.
class WrappedParts final : public DeferredBytes {
 public:
  WrappedParts(Tensor value, const Level& level)
      : value(std::move(value)), level(level.id), same_layout_(level.own_gradients) {}
  void build(void* plain, size_t bytes) override;  // refuses: a batch's values are the level's to read
  void* direct() override;                         // the value's bytes, where it has the same layout
  Tensor value;
  uint64_t level;

 private:
  bool same_layout_;
};

inline bool is_wrapped(const TensorImpl* t) { return t->keys & key::Wrapped; }
inline WrappedParts& wrapped_parts(const TensorImpl* t) { return static_cast<WrappedParts&>(*t->storage->parts()); }
inline bool belongs_to(const TensorImpl* t, const Level& level) {
  return is_wrapped(t) && wrapped_parts(t).level == level.id;
}
// A tensor of this layout that stands for `value` at the level.
Tensor wrap_value(const Level& level, const Tensor& value, Layout layout);
// The value of a tensor of the level; other tensors come back as they are.
Tensor unwrapped(const Level& level, const Tensor& t);
bool any_belongs_to(const Call& call, const Level& level);
// The call's arguments with every tensor, those in lists included, replaced by `change(tensor)`.
template <class Change>
std::vector<Value> changed_arguments(const Call& call, Change&& change) {
  std::vector<Value> args(call.args, call.args + call.arguments());
  for (Value& v : args) {
    if (v.is_tensor()) {
      v = change(v.tensor());
    } else if (v.is_tensors()) {
      std::vector<Tensor> list = v.tensors();
      for (Tensor& t : list)
        if (t.defined()) t = change(t);
      v = Value(std::move(list));
    }
  }
  return args;
}

// The layer of wrapped tensors that no level claims: their level has ended, so they are the values.
bool run_ended(Call& call);

}  // namespace flambeau
