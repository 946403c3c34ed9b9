// Type promotion: the lattice of element types and the three priorities (tensors with dimensions, tensors without,
// numbers), in which a lower priority only counts when it is of a higher class (bool < integral < floating < complex).
#pragma once

#include "core/dtype.h"
#include "core/scalar.h"

namespace flambeau {

DType promote(DType a, DType b);
bool can_cast(DType from, DType to);
DType default_dtype();  // of the calling thread
void set_default_dtype(DType dtype);

class Promotion {
 public:
  void tensor(DType dtype, int64_t dim, bool wrapped_number) {
    auto& slot = wrapped_number ? number_ : dim > 0 ? array_ : scalar_;
    slot = static_cast<int>(slot < 0 ? dtype : promote(static_cast<DType>(slot), dtype));
  }
  void number(const Scalar& value);
  DType result() const;

 private:
  int array_ = -1, scalar_ = -1, number_ = -1;  // a DType, or -1 for none seen
};

}  // namespace flambeau
