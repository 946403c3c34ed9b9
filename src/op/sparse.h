// What operators do with sparse tensors: forms written over indices and values, put beside the operators of the table
// by the files src/ops/sparse*.cpp. The call path asks here and nowhere else.
#pragma once

#include "op/op.h"

namespace flambeau {

// Composites over the operator's arguments, at least one of which is sparse. What they are written with carries the
// gradient.
struct SparseForm {
  Bound run;
  Bound inplace;          // where the in-place form does better than replacing the parts by those of the result
  bool as_it_is = false;  // the operator's own kernel reads sparse tensors
};

// Runs a call that has sparse arguments: by the operator's sparse form; else, for a formula of one tensor that maps 0
// to 0, on the values; else raises NotImplementedError. False: the operator's own kernel is to run.
bool run_sparse(Call& call);
// The composite of an operator that has a sparse form too: looks at its arguments first. Others come back unchanged.
Bound with_sparse_form(const OpSpec& spec);

struct SparseRegistrar {
  SparseRegistrar(const char* full_name, SparseForm form);
};
// SPARSE(mm, "mm"){.run = ...};   The identifier only has to be unique in its file.
#define SPARSE(identifier, full_name)                                                                \
  static const ::flambeau::SparseRegistrar sparse_##identifier = ::flambeau::SparseSlot(full_name) = \
      ::flambeau::SparseForm

class SparseSlot {
 public:
  explicit SparseSlot(const char* full_name) : name_(full_name) {}
  SparseRegistrar operator=(SparseForm form) const { return SparseRegistrar(name_, std::move(form)); }

 private:
  const char* name_;
};

}  // namespace flambeau
