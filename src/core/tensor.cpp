// Making tensors and letting them go.
#include "core/tensor.h"

#include <ostream>

#include "core/extent.h"
#include "core/free_list.h"

namespace flambeau {

void* TensorImpl::operator new(size_t) { return FreeList<sizeof(TensorImpl)>::take(); }
void TensorImpl::operator delete(void* p, size_t) { FreeList<sizeof(TensorImpl)>::give(p); }

void* VersionCounter::operator new(size_t) { return FreeList<sizeof(VersionCounter)>::take(); }
void VersionCounter::operator delete(void* p, size_t) { FreeList<sizeof(VersionCounter)>::give(p); }

void TensorImpl::destroy() {
  if (owns_python) return drop_python(this);  // the last count becomes the object's, which lets go in its turn
  delete this;
}

size_t storage_bytes(const char* op, const Layout& layout, DType dtype) {
  int64_t elements;
  if (layout.numel() == 0) return 0;
  check(!__builtin_add_overflow(layout.offset, int64_t{1}, &elements), ErrorKind::Runtime, op, ": storage offset ",
        layout.offset, " is beyond any memory");
  for (size_t i = 0; i < layout.sizes.size(); ++i) {
    int64_t reach;
    bool overflow = __builtin_mul_overflow(layout.sizes[i] - 1, layout.strides[i], &reach) ||
                    __builtin_add_overflow(elements, reach, &elements);
    check(!overflow, ErrorKind::Runtime, op,
          ": Storage size calculation overflowed with sizes=", list_text(layout.sizes),
          " and strides=", list_text(layout.strides));
  }
  int64_t bytes;
  check(!__builtin_mul_overflow(elements, static_cast<int64_t>(itemsize(dtype)), &bytes), ErrorKind::Runtime, op,
        ": Storage size calculation overflowed with sizes=", list_text(layout.sizes));
  return static_cast<size_t>(bytes);
}

// Kernels keep sizes and strides in arrays of this many.
static void check_rank(const char* op, size_t rank) {
  check(rank <= kMaxDims, ErrorKind::Runtime, op, ": tensors of more than ", kMaxDims,
        " dimensions are not supported, got ", rank);
}

static Tensor fresh(Layout layout, size_t bytes, DType dtype, Device device) {
  device = resolved(device);
  return Tensor(make<TensorImpl>(make<Storage>(bytes, device), std::move(layout), dtype, device));
}

Tensor empty(IntSpan sizes, DType dtype, Device device) {
  check_rank("empty", sizes.size());
  int64_t bytes;
  check(!__builtin_mul_overflow(numel_of(sizes), static_cast<int64_t>(itemsize(dtype)), &bytes), ErrorKind::Runtime,
        "empty: Storage size calculation overflowed with sizes=", list_text(sizes));
  return fresh(Layout(sizes), static_cast<size_t>(bytes), dtype, device);
}

Tensor empty_strided(Dims sizes, Dims strides, DType dtype, Device device) {
  check(sizes.size() == strides.size(), ErrorKind::Runtime, "empty_strided: dimensionality of sizes (", sizes.size(),
        ") must match dimensionality of strides (", strides.size(), ")");
  check_rank("empty_strided", sizes.size());
  numel_of(sizes);
  for (int64_t s : strides)
    check(s >= 0, ErrorKind::Runtime, "empty_strided: negative strides are not supported, got ", list_text(strides));
  Layout layout(std::move(sizes), std::move(strides));
  const size_t bytes = storage_bytes("empty_strided", layout, dtype);
  return fresh(std::move(layout), bytes, dtype, device);
}

void Tensor::no_dimension(int64_t d) const {
  raise(ErrorKind::Index, "Dimension out of range: ", d, " of a tensor of shape ", list_text(sizes()));
}

Tensor alias(const Tensor& base, Layout layout) { return alias(*base.impl(), std::move(layout), base.dtype()); }

Tensor alias(const Tensor& base, Layout layout, DType dtype) { return alias(*base.impl(), std::move(layout), dtype); }

Tensor alias(TensorImpl& base, Layout&& layout, DType dtype) {
  check_rank("view", layout.sizes.size());
  // Inside of a transform the elements lie in the value: only an operator can show them in another way.
  check(!(base.keys & key::Wrapped) || (dtype == base.dtype && layout.sizes == base.layout.sizes &&
                                        layout.strides == base.layout.strides && layout.offset == base.layout.offset),
        ErrorKind::NotImplemented,
        "transforms of functions: this operator has no form for tensors inside of vmap, grad or jvp");
  Tensor view(make<TensorImpl>(base.storage, std::move(layout), dtype, base.device));
  TensorImpl* to = view.impl();
  to->keys = base.keys & ~key::Autograd;
  to->inference = base.inference;
  if (!base.inference) {
    base.versions();
    to->version = base.version;
  }
  return view;
}

void check_extent(const char* op, const Layout& layout, size_t itemsize, size_t available) {
  check(layout.offset >= 0, ErrorKind::Runtime, op, ": storage offset ", layout.offset, " is negative");
  numel_of(layout.sizes);
  for (int64_t s : layout.strides)
    check(s >= 0, ErrorKind::Runtime, op,
          ": Negative strides are not supported at the moment, got strides: ", list_text(layout.strides));
  check(storage_bytes(op, layout, DType::uint8) <= available / itemsize, ErrorKind::Runtime, op, ": setStorage: sizes ",
        list_text(layout.sizes), ", strides ", list_text(layout.strides), ", storage offset ", layout.offset,
        ", and itemsize ", itemsize, " are out of bounds for storage of size ", available);
}

TensorText::operator std::string() const {
  return impl ? std::string(name(impl->dtype)) + " " + std::string(shape_text(impl->layout.sizes)) : "None";
}

std::ostream& operator<<(std::ostream& out, const TensorText& text) { return out << std::string(text); }

}  // namespace flambeau
