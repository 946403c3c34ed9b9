// What operators do with sparse tensors: forms written over indices and values, put beside the operators of the table
// by the files src/ops/sparse*.cpp. The call path asks here and nowhere else.
#pragma once

#include "op/op.h"

namespace flambeau {

// Composites over the operator's arguments, at least one of which is sparse. What they are written with carries the
// gradient.
struct SparseForm {
  static constexpr FormKind kind = FormKind::sparse_coo;
  Bound run;
  Bound inplace;          // where the in-place form does better than replacing the parts by those of the result
  bool as_it_is = false;  // the operator's own kernel reads sparse tensors
};
namespace forms {
using sparse_coo = SparseForm;
}  // namespace forms

// Runs a call that has sparse arguments: by the operator's sparse form; else, for a formula of one tensor that maps 0
// to 0, on the values; else raises NotImplementedError. False: the operator's own kernel is to run.
bool run_sparse(Call& call);
// The form of a composite, which has sparse arguments.
void run_form_of_composite(const SparseForm& form, Call& call, Value* results);
}  // namespace flambeau
