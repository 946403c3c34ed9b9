// The levels there are: gradients and tangents of a function (wrap_level.cpp), a function over a batch
// (batch_level.cpp).
#pragma once

#include "op/level.h"

namespace flambeau {

// A level with a tape and tangents of its own. Tensors from outside are constants to it, whatever history they have
// there; a tensor of the level stands for a value of the same layout.
class WrapLevel final : public Level {
 public:
  explicit WrapLevel(Kind kind) : Level(kind, true) {}
  void run(Call& call) override;
  void run_below(Call& call) override;
};

// A tensor of a level shows the memory of another one: changes of either are seen at both.
void follow_base(const Tensor& view, const Tensor& base, bool recorded, bool differentiable);

enum class Randomness : uint8_t { error, different, same };

// A level at which a tensor stands for one entry of a batch. The value is the whole batch, with the batch's dimension
// in front; the tensor has the layout of the first entry.
class BatchLevel final : public Level {
 public:
  BatchLevel(int64_t size, Randomness randomness) : Level(Kind::batch, false), size(size), randomness(randomness) {}
  void run(Call& call) override;
  void run_below(Call& call) override;
  const int64_t size;
  const Randomness randomness;

 private:
  void run_drawing(Call& call);  // a random operator over tensors from outside
};

Tensor batched(const BatchLevel& level, const Tensor& value);  // the batch's dimension in front
bool is_batched(const BatchLevel& level, const Tensor& t);
// The whole batch: of a tensor from outside, `size` views of it.
Tensor whole_batch(const BatchLevel& level, const Tensor& t);

// Whether a batch goes through an operator one entry after the other, for want of a rule.
bool runs_entry_by_entry(const Op& op);
// Operators that fell back to a loop over the entries since the program began, by name; each warned once.
std::vector<std::string> looped_operators();
void note_loop(const std::string& name);  // an operator falls back now
// Installed by the Python face: called the first time that an operator falls back.
extern void (*warn_of_loop)(const char* op);

}  // namespace flambeau
