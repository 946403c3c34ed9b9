// What an operator does with batches: FORM(batch, "mm"){.rule = …}. An operator without a form is taken through by its
// kind (formula, view, composite) or its signature (dimension arguments); what is left runs entry by entry.
#pragma once

#include "op/form.h"
#include "ops/define.h"
#include "transforms/levels.h"

namespace flambeau {

// The arguments of a call as a rule sees them, from outside of the level. Whole: with the batch's dimension in front.
class BatchCall {
 public:
  BatchCall(const BatchLevel& level, const Call& call) : level(level), call(call), batch(level.size) {}

  bool given(std::string_view name) const { return call.args[index(name)].is_tensor(); }
  bool is_batched(std::string_view name) const { return is_batched(index(name)); }
  bool is_batched(int i) const;
  Tensor raw(std::string_view name) const { return raw(index(name)); }  // whole where it is batched
  Tensor raw(int i) const;
  Tensor whole(std::string_view name) const { return whole(index(name)); }  // shared tensors repeat
  Tensor whole(int i) const;
  Tensor aligned(int i, int64_t rank) const;  // whole, with entries of so many dimensions: ones are put in behind
  int64_t rank(std::string_view name) const { return rank(index(name)); }  // of one entry
  int64_t rank(int i) const { return call.args[i].is_tensor() ? call.args[i].tensor_impl()->layout.dim() : 0; }
  const Value& value(std::string_view name) const { return call.args[index(name)]; }
  int index(std::string_view name) const;

  const BatchLevel& level;
  const Call& call;
  const int64_t batch;
};

// (B, N, …) as (B·N, …), and back.
Tensor folded(const Tensor& t);
Tensor unfolded(const Tensor& t, int64_t batch);
// A call with other arguments, all results.
std::vector<Tensor> run_with(const Op& op, std::vector<Value> args);

using BatchResults = std::vector<Tensor>;

struct BatchForm {
  static constexpr FormKind kind = FormKind::batch;
  // Gives the whole results, from the whole arguments.
  BatchResults (*rule)(const BatchCall& b) = nullptr;
  // The kernel takes any number of dimensions in front of its own; entries are aligned from behind. `core`: how many
  // dimensions each tensor argument has of its own, where they differ.
  bool leading = false;
  std::vector<int> core;
  // The first dimension of these arguments holds independent rows (images): the batch is folded into it. The entry has
  // that dimension when its rank is `rows_rank`, or, where that is 0, 2 + the length or value of argument `spatial`.
  std::vector<const char*> rows;
  int rows_rank = 0;
  const char* spatial = nullptr;
  // A reduction of everything: this overload, over all dimensions of an entry.
  const char* over_all = nullptr;
};
namespace forms {
using batch = BatchForm;
}  // namespace forms

}  // namespace flambeau
