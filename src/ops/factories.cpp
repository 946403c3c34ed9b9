// New tensors: empty, zeros, ones, full and their relatives.
#include "core/sparse.h"
#include "loops/copy.h"
#include "loops/iterator.h"
#include "ops/define.h"

namespace flambeau {

namespace {

// dtype, layout, device, pin_memory, as they end every factory's signature.
#define OPTIONS "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"
// The same of factories whose tensors may be without elements: they make sparse ones, too.
#define ANY_OPTIONS "ScalarType? dtype=None, Layout|sparse? layout=None, Device? device=None, bool? pin_memory=None"
using MaybeDType = std::optional<DType>;
using MaybeDevice = std::optional<Device>;
using MaybeBool = std::optional<bool>;
using MaybeFormat = std::optional<MemoryFormat>;

Tensor make(IntSpan size, DType dtype, Device device, MaybeFormat format = {}) {
  numel_of(size);
  if (format == MemoryFormat::channels_last || format == MemoryFormat::channels_last_3d) {
    size_t rank = format == MemoryFormat::channels_last ? 4 : 5;
    check(size.size() == rank, ErrorKind::Runtime, "empty: required rank ", rank, " tensor to use channels_last",
          rank == 5 ? "_3d" : "", " format, got sizes ", list_text(size));
    return empty_strided(Dims(size), channels_last_strides(size), dtype, device);
  }
  return empty(size, dtype, device);
}

bool asks_for_sparse(const Value& layout) { return layout.tag() == Tag::Layout && !layout.boolean(); }
Tensor no_entries(IntSpan size, DType dtype, Device device) {
  numel_of(size);
  Tensor indices = empty(Dims{static_cast<int64_t>(size.size()), 0}, DType::int64, device);
  return sparse_tensor(indices, empty(Dims{0}, dtype, device), size, true);
}

Tensor filled(Tensor t, const Scalar& value, const char* op = "full") {
  if (!t.is_meta()) fill_elements(t, value, op);
  if (t_state.inference) t.impl()->inference = true;
  return t;
}

Tensor like(const Tensor& self, MaybeDType dtype, MaybeDevice device, MaybeFormat format) {
  MemoryFormat f = format.value_or(MemoryFormat::preserve);
  DType type = dtype.value_or(self.dtype());
  Device where = device.value_or(self.device());
  if (f != MemoryFormat::preserve) return make(self.sizes(), type, where, f);
  if (self.layout().dense() && !self.layout().overlapping())
    return empty_strided(Dims(self.sizes()), Dims(self.strides()), type, where);
  const Layout* layouts[] = {&self.layout()};
  return empty_strided(Dims(self.sizes()), result_strides(self.sizes(), layouts), type, where);
}

constexpr const char* kConstant = "the values do not depend on the argument's";

}  // namespace

OP(empty){
    .signature = "empty.memory_format(SymInt[] size, *, " ANY_OPTIONS ", MemoryFormat? memory_format=None) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "A tensor whose values are whatever the memory held.",
    .cpu = [](IntSpan size, MaybeDType dtype, const Value& layout, MaybeDevice device, MaybeBool,
              MaybeFormat format) -> Tensor {
      if (asks_for_sparse(layout)) return no_entries(size, dtype.value_or(default_dtype()), device.value_or(Device{}));
      Tensor t = make(size, dtype.value_or(default_dtype()), device.value_or(Device{}), format);
      if (t_state.inference) t.impl()->inference = true;
      return t;
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(empty_strided){
    .signature = "empty_strided(SymInt[] size, SymInt[] stride, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .doc = "An uninitialised tensor of given sizes and strides.",
    .cpu = [](IntSpan size, IntSpan stride, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool) -> Tensor {
      return empty_strided(Dims(size), Dims(stride), dtype.value_or(default_dtype()), device.value_or(Device{}));
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(empty_permuted){
    .signature = "empty_permuted(SymInt[] size, int[] physical_layout, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .doc =
        "An uninitialised tensor whose dimensions lie in memory in the order of ``physical_layout``, outermost first.",
    .cpu = [](IntSpan size, IntSpan order, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool) -> Tensor {
      int64_t rank = static_cast<int64_t>(size.size());
      check(order.size() == size.size(), ErrorKind::Runtime, "empty_permuted: physical_layout ", list_text(order),
            " must name each of the ", rank, " dimensions of ", list_text(size));
      Dims strides(size.size(), -1);
      int64_t step = 1;
      for (int64_t i = rank; i-- > 0;) {
        int64_t d = order[i];
        check(d >= 0 && d < rank && strides[d] < 0, ErrorKind::Runtime, "empty_permuted: physical_layout ",
              list_text(order), " is not a permutation of the dimensions 0 to ", rank - 1);
        strides[d] = step;
        step *= std::max<int64_t>(size[d], 1);
      }
      return empty_strided(Dims(size), strides, dtype.value_or(default_dtype()), device.value_or(Device{}));
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(scalar_tensor){
    .signature = "scalar_tensor(Scalar s, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "A tensor of no dimensions holding the number, of the default type unless ``dtype`` is given.",
    .cpu = [](const Scalar& s, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool) -> Tensor {
      DType type = dtype.value_or(default_dtype());
      check(!s.is_complex() || is_complex(type), ErrorKind::Runtime,
            "scalar_tensor: a complex number cannot be of type ", name(type), "; give dtype=complex64");
      return filled(make({}, type, device.value_or(Device{})), s, "scalar_tensor");
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(zeros){
    .signature = "zeros(SymInt[] size, *, " ANY_OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "A tensor of zeros.",
    .cpu = [](IntSpan size, MaybeDType dtype, const Value& layout, MaybeDevice device, MaybeBool) -> Tensor {
      if (asks_for_sparse(layout)) return no_entries(size, dtype.value_or(default_dtype()), device.value_or(Device{}));
      return filled(make(size, dtype.value_or(default_dtype()), device.value_or(Device{})), Scalar(int64_t{0}));
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(ones){
    .signature = "ones(SymInt[] size, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "A tensor of ones.",
    .cpu = [](IntSpan size, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool) -> Tensor {
      return filled(make(size, dtype.value_or(default_dtype()), device.value_or(Device{})), Scalar(int64_t{1}));
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(full){
    .signature = "full(SymInt[] size, Scalar fill_value, *, " OPTIONS ") -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "A tensor whose elements are all ``fill_value``; of the number's type unless ``dtype`` is given.",
    .cpu = [](IntSpan size, const Scalar& value, MaybeDType dtype, const Value&, MaybeDevice device,
              MaybeBool) -> Tensor {
      DType natural = value.natural_dtype(default_dtype());
      if (natural == DType::complex32) natural = DType::complex64;  // complex numbers of half precision: on demand only
      return filled(make(size, dtype.value_or(natural), device.value_or(Device{})), value);
    },
    .not_differentiable = kConstant,
    .any_device = true,
};

#define LIKE_OPTIONS OPTIONS ", MemoryFormat? memory_format=None"
#define ANY_LIKE_OPTIONS ANY_OPTIONS ", MemoryFormat? memory_format=None"
OP(empty_like){
    .signature = "empty_like(Tensor self, *, " ANY_LIKE_OPTIONS ") -> Tensor",
    .python = torch,
    .doc = "An uninitialised tensor of the sizes and type of another.",
    .cpu = [](const Tensor& self, MaybeDType dtype, const Value& layout, MaybeDevice device, MaybeBool,
              MaybeFormat format) -> Tensor {
      if (asks_for_sparse(layout))
        return no_entries(self.sizes(), dtype.value_or(self.dtype()), device.value_or(self.device()));
      return like(self, dtype, device, format);
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(zeros_like){
    .signature = "zeros_like(Tensor self, *, " ANY_LIKE_OPTIONS ") -> Tensor",
    .python = torch,
    .doc = "Zeros of the sizes and type of another tensor.",
    .cpu = [](const Tensor& self, MaybeDType dtype, const Value& layout, MaybeDevice device, MaybeBool,
              MaybeFormat format) -> Tensor {
      if (asks_for_sparse(layout))
        return no_entries(self.sizes(), dtype.value_or(self.dtype()), device.value_or(self.device()));
      return filled(like(self, dtype, device, format), Scalar(int64_t{0}));
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(ones_like){
    .signature = "ones_like(Tensor self, *, " LIKE_OPTIONS ") -> Tensor",
    .python = torch,
    .doc = "Ones of the sizes and type of another tensor.",
    .cpu = [](const Tensor& self, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool,
              MaybeFormat format) -> Tensor { return filled(like(self, dtype, device, format), Scalar(int64_t{1})); },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(full_like){
    .signature = "full_like(Tensor self, Scalar fill_value, *, " LIKE_OPTIONS ") -> Tensor",
    .python = torch,
    .doc = "One value everywhere, in the sizes and type of another tensor.",
    .cpu = [](const Tensor& self, const Scalar& value, MaybeDType dtype, const Value&, MaybeDevice device, MaybeBool,
              MaybeFormat format) -> Tensor { return filled(like(self, dtype, device, format), value, "full_like"); },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(new_empty){
    .signature = "new_empty(Tensor self, SymInt[] size, *, " ANY_OPTIONS ") -> Tensor",
    .python = method,
    .doc = "An uninitialised tensor of this one's type and device.",
    .cpu = [](const Tensor& self, IntSpan size, MaybeDType dtype, const Value& layout, MaybeDevice device,
              MaybeBool) -> Tensor {
      if (asks_for_sparse(layout))
        return no_entries(size, dtype.value_or(self.dtype()), device.value_or(self.device()));
      return make(size, dtype.value_or(self.dtype()), device.value_or(self.device()));
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(new_empty_strided){
    .signature = "new_empty_strided(Tensor self, SymInt[] size, SymInt[] stride, *, " OPTIONS ") -> Tensor",
    .python = method,
    .doc = "An uninitialised tensor of given sizes and strides, of this one's type and device.",
    .cpu = [](const Tensor& self, IntSpan size, IntSpan stride, MaybeDType dtype, const Value&, MaybeDevice device,
              MaybeBool) -> Tensor {
      return empty_strided(Dims(size), Dims(stride), dtype.value_or(self.dtype()), device.value_or(self.device()));
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(new_zeros){
    .signature = "new_zeros(Tensor self, SymInt[] size, *, " ANY_OPTIONS ") -> Tensor",
    .python = method,
    .doc = "Zeros of this tensor's type and device.",
    .cpu = [](const Tensor& self, IntSpan size, MaybeDType dtype, const Value& layout, MaybeDevice device,
              MaybeBool) -> Tensor {
      if (asks_for_sparse(layout))
        return no_entries(size, dtype.value_or(self.dtype()), device.value_or(self.device()));
      return filled(make(size, dtype.value_or(self.dtype()), device.value_or(self.device())), Scalar(int64_t{0}));
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(new_ones){
    .signature = "new_ones(Tensor self, SymInt[] size, *, " OPTIONS ") -> Tensor",
    .python = method,
    .doc = "Ones of this tensor's type and device.",
    .cpu = [](const Tensor& self, IntSpan size, MaybeDType dtype, const Value&, MaybeDevice device,
              MaybeBool) -> Tensor {
      return filled(make(size, dtype.value_or(self.dtype()), device.value_or(self.device())), Scalar(int64_t{1}));
    },
    .not_differentiable = kConstant,
    .any_device = true,
};
OP(new_full){
    .signature = "new_full(Tensor self, SymInt[] size, Scalar fill_value, *, " OPTIONS ") -> Tensor",
    .python = method,
    .doc = "One value everywhere, of this tensor's type and device.",
    .cpu = [](const Tensor& self, IntSpan size, const Scalar& value, MaybeDType dtype, const Value&, MaybeDevice device,
              MaybeBool) -> Tensor {
      return filled(make(size, dtype.value_or(self.dtype()), device.value_or(self.device())), value, "new_full");
    },
    .not_differentiable = kConstant,
    .any_device = true,
};

}  // namespace flambeau
