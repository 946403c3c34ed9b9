// Changing a tensor's own sizes.
#include <algorithm>

#include "core/extent.h"
#include "ops/define.h"

namespace flambeau {

namespace {

Tensor resized(const char* op, const Tensor& self, IntSpan size, std::optional<MemoryFormat> format) {
  check(!self.requires_grad(), ErrorKind::Runtime, op, ": cannot resize variables that require grad");
  numel_of(size);
  MemoryFormat f = format.value_or(MemoryFormat::contiguous);
  bool last = f == MemoryFormat::channels_last || f == MemoryFormat::channels_last_3d;
  size_t rank = f == MemoryFormat::channels_last ? 4 : 5;
  check(!last || size.size() == rank, ErrorKind::Runtime, op, ": required rank ", rank,
        " tensor to use channels_last format, got ", size.size());
  check(f != MemoryFormat::preserve, ErrorKind::Runtime, op, ": Unsupported memory format preserve");
  TensorImpl* impl = self.impl();
  if (!std::ranges::equal(self.sizes(), size)) {
    Layout layout{size};
    layout.offset = self.offset();
    size_t wanted = storage_bytes(op, layout, self.dtype());
    if (!self.is_meta() && wanted > impl->storage->nbytes()) impl->storage->resize(wanted);
    impl->layout = std::move(layout);
  }
  if (last) impl->layout.strides = channels_last_strides(size);
  bump_version(self);
  return self;
}

}  // namespace

OP(resize_){
    .signature = "resize_(Tensor(a!) self, SymInt[] size, *, MemoryFormat? memory_format=None) -> Tensor(a!)",
    .python = method,
    .doc = "Gives the tensor other sizes; its memory grows if it has to, and new elements hold whatever was there.",
    .composite = [](const Tensor& self, IntSpan size, std::optional<MemoryFormat> format) -> Tensor {
      return resized("resize_", self, size, format);
    },
};
OP(resize_as_){
    .signature = "resize_as_(Tensor(a!) self, Tensor the_template, *, MemoryFormat? memory_format=None) -> Tensor(a!)",
    .doc = "Gives the tensor the sizes of another.",
    .composite = [](const Tensor& self, const Tensor& other, std::optional<MemoryFormat> format) -> Tensor {
      if (format == MemoryFormat::preserve) {
        resized("resize_as_", self, other.sizes(), std::nullopt);
        self.impl()->layout.strides = strides_like(other.sizes(), other.sizes(), other.strides());
        return self;
      }
      return resized("resize_as_", self, other.sizes(), format);
    },
};

}  // namespace flambeau
