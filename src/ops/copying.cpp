// Copies, casts and fills.
#include "core/current_device.h"
#include "core/saturating.h"
#include "loops/copy.h"
#include "loops/iterator.h"
#include "loops/transfer.h"
#include "ops/define.h"

namespace flambeau {

OP(copy_){
    .signature = "copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)",
    .python = method,
    .doc = "Takes over the elements of ``src``, broadcast and cast to this tensor's sizes and type.",
    .cpu = [](const Tensor& self, const Tensor& src, bool non_blocking) -> Tensor {
      if (!std::ranges::equal(self.sizes(), src.sizes())) {
        Dims sizes = broadcast_sizes("copy_", self.sizes(), src.sizes());
        check(std::ranges::equal(self.sizes(), IntSpan(sizes)), ErrorKind::Runtime, "copy_: output with shape ",
              list_text(self.sizes()), " doesn't match the broadcast shape ", list_text(sizes));
      }
      check_no_internal_overlap("copy_", self);
      check(!src.is_meta(), ErrorKind::NotImplemented,
            "copy_: Cannot copy out of meta tensor; no data! The nearest alternative is zeros_like(self)");
      if (self.is(src)) return self;
      check_no_partial_overlap("copy_", self, src);
      // Interleaved in one storage: by way of a copy, unless they are the same window.
      if (self.storage().get() == src.storage().get() && self.numel() > 0 &&
          !(self.layout().strides == src.layout().strides && self.offset() == src.offset())) {
        Tensor plain = empty(src.sizes(), src.dtype(), src.device());
        copy_elements(plain, src);
        copy_elements(self, plain);
      } else {
        if (non_blocking)
          transfer_elements(self, src);
        else
          copy_elements(self, src);
      }
      return self;
    },
    .writes = "self",
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", call<"zeros_like">(g.out()));
          if (g.wants("src")) g.set("src", g.out());
        },
    .reads_lazy = true,
    .device_neutral = true,
};

OP(fill_scalar){
    .signature = "fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)",
    .doc = "Sets every element to ``value``.",
    .cpu = [](const Tensor& self, const Scalar& value) -> Tensor {
      fill_elements(self, value);
      return self;
    },
    .writes = "self",
    .gradient = [](Grad& g) { g.set("self", call<"zeros_like">(g.out())); },
    .device_neutral = true,
};

OP(fill_tensor){
    .signature = "fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)",
    .doc = "Sets every element to the only element of ``value``.",
    .shape = [](const Tensor& self, const Tensor& value) -> ResultSpec {
      check(value.dim() == 0, ErrorKind::Runtime, "fill_ only supports 0-dimension value tensor but got tensor with ",
            value.dim(), " dimensions.");
      return {Dims(self.sizes()), self.dtype()};
    },
    // The value is converted as an element, so it may wrap around.
    .cpu = [](const Tensor& self,
              const Tensor& value) { fill_elements(self, read_element(cast(value, self.dtype()))); },
    .writes = "self",
    .gradient =
        [](Grad& g) {
          if (g.wants("self")) g.set("self", call<"zeros_like">(g.out()));
          if (g.wants("value")) g.set("value", call<"sum">(g.out()));
        },
    .device_neutral = true,
};

OP(fill_of_scalar){
    .signature = "fill.Scalar(Tensor self, Scalar value) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .doc = "A tensor like ``self`` with every element ``value``.",
    .composite = [](const Tensor& self, const Scalar& value) -> Tensor {
      return call<"fill_.Scalar">(call<"clone">(self), value);
    },
};
OP(fill_of_tensor){
    .signature = "fill.Tensor(Tensor self, Tensor value) -> Tensor",
    .python = torch,
    .variants = Variants::out,
    .composite = [](const Tensor& self, const Tensor& value) -> Tensor {
      return call<"fill_.Tensor">(call<"clone">(self), value);
    },
};

OP(zero_){
    .signature = "zero_(Tensor(a!) self) -> Tensor(a!)",
    .doc = "Sets every element to 0.",
    .cpu = [](const Tensor& self) -> Tensor {
      fill_elements(self, Scalar(int64_t{0}));
      return self;
    },
    .writes = "self",
    .gradient = [](Grad& g) { g.set("self", call<"zeros_like">(g.out())); },
    .device_neutral = true,
};

// The strides of a copy in a memory format.
static std::optional<Dims> copied_strides(const char* op, const Tensor& self, MemoryFormat format) {
  switch (format) {
    case MemoryFormat::contiguous: return std::nullopt;
    case MemoryFormat::channels_last:
    case MemoryFormat::channels_last_3d: {
      int64_t rank = format == MemoryFormat::channels_last ? 4 : 5;
      check(self.dim() == rank, ErrorKind::Runtime, op, ": required rank ", rank,
            " tensor to use channels_last format, got ", self.dim());
      return channels_last_strides(self.sizes());
    }
    case MemoryFormat::preserve: break;
  }
  if (self.layout().dense() && !self.layout().overlapping()) return Dims(self.strides());
  const Layout* layouts[] = {&self.layout()};
  return result_strides(self.sizes(), layouts);
}

OP(clone){
    .signature = "clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor",
    .variants = Variants::none,
    .doc = "A copy with memory of its own, in the order of the original's dimensions unless a memory format is given.",
    .shape = [](const Tensor& self, std::optional<MemoryFormat> format) -> ResultSpec {
      return {Dims(self.sizes()), self.dtype(), copied_strides("clone", self, format.value_or(MemoryFormat::preserve))};
    },
    .cpu = [](const Tensor& self, std::optional<MemoryFormat>, const Tensor& out) { copy_elements(out, self); },
    .gradient = [](Grad& g) { return g.out(); },
    .reads_lazy = true,
    .device_neutral = true,
};

OP(contiguous){
    .signature = "contiguous(Tensor(a) self, *, MemoryFormat memory_format=contiguous_format) -> Tensor(a)",
    .python = method,
    .doc = "The tensor itself where its memory is in this order already, else a copy that is.",
    .composite = [](const Tensor& self, MemoryFormat format) -> Tensor {
      check(format != MemoryFormat::preserve, ErrorKind::Runtime,
            "contiguous: preserve memory format is unsupported by the contiguous operator");
      if (self.layout().matches(format)) return self;
      return call<"clone">(self, format);
    },
};

OP(_to_copy){
    .signature =
        "_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? "
        "pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "A copy of another type or on another device.",
    .composite = [](const Tensor& self, std::optional<DType> dtype, const Value&, std::optional<Device> device,
                    std::optional<bool>, bool non_blocking, std::optional<MemoryFormat> format) -> Tensor {
      DType type = dtype.value_or(self.dtype());
      Device target = device.value_or(self.device());
      return call<"_cast_copy">(self, type, target, format.value_or(MemoryFormat::preserve), non_blocking);
    },
};

OP(_cast_copy){
    .signature =
        "_cast_copy(Tensor self, ScalarType dtype, Device device, MemoryFormat memory_format, bool non_blocking=False) "
        "-> Tensor",
    .python = hidden,
    .doc = "The kernel behind to() and its relatives.",
    .cpu = [](const Tensor& self, DType dtype, Device device, MemoryFormat format, bool non_blocking) -> Tensor {
      auto strides = copied_strides("to", self, format);
      Tensor out =
          strides ? empty_strided(Dims(self.sizes()), *strides, dtype, device) : empty(self.sizes(), dtype, device);
      if (device.type == DeviceType::meta) return out;
      check(!self.is_meta(), ErrorKind::NotImplemented,
            "to: Cannot copy out of meta tensor; no data! Use to_empty() to give it memory instead.");
      if (non_blocking)
        transfer_elements(out, self);
      else
        copy_elements(out, self);
      return out;
    },
    .gradient =
        [](Grad& g) { return call<"_cast_copy">(g.out(), g.dtype("self"), g.device("self"), MemoryFormat::preserve); },
    .any_device = true,
    .reads_lazy = true,
};

// to() in its forms; each gives back the tensor itself when nothing has to change.
static Tensor to_impl(const Tensor& self, DType dtype, Device device, bool non_blocking, bool copy,
                      std::optional<MemoryFormat> format) {
  device = device.type == DeviceType::cpu && self.device().type == DeviceType::cpu ? self.device() : on_current(device);
  MemoryFormat f = format.value_or(MemoryFormat::preserve);
  if (!copy && dtype == self.dtype() && device == self.device() &&
      (f == MemoryFormat::preserve || self.layout().matches(f)))
    return self;
  return call<"_cast_copy">(self, dtype, device, f, non_blocking);
}

OP(to_dtype){
    .signature =
        "to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? "
        "memory_format=None) -> Tensor(a)",
    .python = method,
    .doc =
        "The tensor as another type, on another device or in another memory format; itself where nothing changes and "
        "``copy`` is false.",
    .composite = [](const Tensor& self, DType dtype, bool, bool copy, std::optional<MemoryFormat> f) -> Tensor {
      return to_impl(self, dtype, self.device(), false, copy, f);
    },
};
OP(to_device){
    .signature =
        "to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, bool copy=False, "
        "MemoryFormat? memory_format=None) -> Tensor(a)",
    .python = method,
    .composite = [](const Tensor& self, Device device, DType dtype, bool non_blocking, bool copy,
                    std::optional<MemoryFormat> f) -> Tensor {
      return to_impl(self, dtype, device, non_blocking, copy, f);
    },
};
OP(to_other){
    .signature =
        "to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, MemoryFormat? "
        "memory_format=None) -> Tensor(a)",
    .python = method,
    .composite = [](const Tensor& self, const Tensor& other, bool non_blocking, bool copy,
                    std::optional<MemoryFormat> f) -> Tensor {
      return to_impl(self, other.dtype(), other.device(), non_blocking, copy, f);
    },
};
OP(to_options){
    .signature =
        "to.dtype_layout(Tensor(a) self, Device? device=None, ScalarType? dtype=None, bool non_blocking=False, bool "
        "copy=False, *, Layout? layout=None, MemoryFormat? memory_format=None) -> Tensor(a)",
    .python = method,
    .composite = [](const Tensor& self, std::optional<Device> device, std::optional<DType> dtype, bool non_blocking,
                    bool copy, const Value&, std::optional<MemoryFormat> f) -> Tensor {
      return to_impl(self, dtype.value_or(self.dtype()), device.value_or(self.device()), non_blocking, copy, f);
    },
};
OP(type_as){
    .signature = "type_as(Tensor self, Tensor other) -> Tensor",
    .python = method,
    .doc = "The tensor as the type of ``other``.",
    .composite = [](const Tensor& self, const Tensor& other) -> Tensor {
      return to_impl(self, other.dtype(), other.device(), false, false, {});
    },
};

OP(item){
    .signature = "item(Tensor self) -> Scalar",
    .python = method,
    .doc = "The only element, as a Python number.",
    .composite = [](const Tensor& self) -> Scalar {
      check(self.numel() == 1, ErrorKind::Runtime, "a Tensor with ", self.numel(),
            " elements cannot be converted to Scalar");
      check(!self.is_meta(), ErrorKind::Runtime, "Tensor.item() cannot be called on meta tensors");
      return read_element(self);
    },
};

OP(local_scalar_dense){
    .signature = "_local_scalar_dense(Tensor self) -> Scalar",
    .python = hidden,
    .doc = "The only element, as a number: what is seen of ``item`` below autograd.",
    .cpu = [](const Tensor& self) -> Scalar { return read_element(self); },
    .not_differentiable = "the result is a number",
};

OP(lift_fresh){
    .signature = "lift_fresh(Tensor(a) self) -> Tensor(a)",
    .python = hidden,
    .doc = "The tensor itself, just made from data: where modes below autograd meet it.",
    .view = [](const Tensor& self) { return self.layout(); },
    .gradient = [](Grad& g) { return g.out(); },
};

OP(conj){
    .signature = "conj(Tensor(a) self) -> Tensor(a)",
    .doc = "The complex conjugate, as a lazy view; real tensors as they are.",
    .composite = [](const Tensor& self) -> Tensor { return self.is_complex() ? call<"_conj">(self) : self; },
};
OP(_conj){
    .signature = "_conj(Tensor(a) self) -> Tensor(a)",
    .python = hidden,
    .doc = "A view whose values are read conjugated.",
    .view = [](const Tensor& self) { return self.layout(); },
    .toggles = key::Conj,
    .gradient = [](Grad& g) { return call<"conj">(g.out()); },
};
OP(_neg_view){
    .signature = "_neg_view(Tensor(a) self) -> Tensor(a)",
    .python = torch | method,
    .doc = "A view whose values are read negated.",
    .view = [](const Tensor& self) { return self.layout(); },
    .toggles = key::Neg,
    .gradient = [](Grad& g) { return call<"neg">(g.out()); },
};
OP(resolve_conj){
    .signature = "resolve_conj(Tensor(a) self) -> Tensor(a)",
    .doc = "The tensor itself, or, of a lazily conjugated one, its values in memory of their own.",
    .composite = [](const Tensor& self) -> Tensor { return self.is_conj() ? call<"clone">(self) : self; },
};
OP(resolve_neg){
    .signature = "resolve_neg(Tensor(a) self) -> Tensor(a)",
    .doc = "The tensor itself, or, of a lazily negated one, its values in memory of their own.",
    .composite = [](const Tensor& self) -> Tensor { return self.is_neg() ? call<"clone">(self) : self; },
};

static Layout parts_layout(const Tensor& self, int64_t part) {
  Layout out = self.layout();
  for (int64_t& s : out.strides) s *= 2;
  out.offset = 2 * out.offset + part;
  return out;
}
OP(view_as_real){
    .signature = "view_as_real(Tensor(a) self) -> Tensor(a)",
    .python = torch,
    .doc = "The parts of complex numbers as a last dimension of size 2, over the same memory.",
    .view =
        [](const Tensor& self) {
          check(self.is_complex(), ErrorKind::Runtime, "view_as_real is only supported for complex tensors, got ",
                name(self.dtype()));
          check(!self.is_conj(), ErrorKind::Runtime,
                "view_as_real doesn't work on unresolved conjugated tensors. To resolve the conjugate tensor so you "
                "can view it as real, use self.resolve_conj()");
          return self.layout().with_parts();
        },
    .view_dtype = [](DType t) { return to_real(t); },
    .gradient = [](Grad& g) { return call<"view_as_complex">(call<"contiguous">(g.out())); },
};
OP(view_as_complex){
    .signature = "view_as_complex(Tensor(a) self) -> Tensor(a)",
    .python = torch,
    .doc = "Pairs in a last dimension of size 2 as complex numbers, over the same memory.",
    .view =
        [](const Tensor& self) {
          check(self.is_floating() && self.dim() > 0 && self.size(-1) == 2 && self.stride(-1) == 1, ErrorKind::Runtime,
                "view_as_complex: needs a floating-point tensor whose last dimension has size 2 and stride 1, got ",
                describe(self));
          check(itemsize(to_complex(self.dtype())) == 2 * self.itemsize(), ErrorKind::Runtime,
                "view_as_complex is only supported for types with a complex type of twice their size, got ",
                name(self.dtype()));
          Layout out = self.layout();
          out.sizes.pop_back();
          out.strides.pop_back();
          for (int64_t& s : out.strides) {
            check(s % 2 == 0, ErrorKind::Runtime,
                  "Tensor must have a stride divisible by 2 for all but last dimension");
            s /= 2;
          }
          check(out.offset % 2 == 0, ErrorKind::Runtime, "Tensor must have a storage_offset divisible by 2");
          out.offset /= 2;
          return out;
        },
    .view_dtype = [](DType t) { return to_complex(t); },
    .gradient = [](Grad& g) { return call<"view_as_real">(call<"resolve_conj">(g.out())); },
    .autocast = Autocast::high,
};
OP(real){
    .signature = "real(Tensor(a) self) -> Tensor(a)",
    .python = torch,
    .doc = "The real part, as a view; real tensors as they are.",
    .composite = [](const Tensor& self) -> Tensor {
      if (!self.is_complex()) return self;
      Tensor plain = self.is_conj() ? call<"_conj">(self) : self;
      return call<"select.int">(call<"view_as_real">(plain), int64_t{-1}, int64_t{0});
    },
};
OP(imag){
    .signature = "imag(Tensor(a) self) -> Tensor(a)",
    .python = torch,
    .doc = "The imaginary part, as a view.",
    .composite = [](const Tensor& self) -> Tensor {
      check(self.is_complex(), ErrorKind::Runtime, "imag is not implemented for tensors with non-complex dtypes.");
      if (self.is_conj())
        return call<"_neg_view">(
            call<"select.int">(call<"view_as_real">(call<"_conj">(self)), int64_t{-1}, int64_t{1}));
      return call<"select.int">(call<"view_as_real">(self), int64_t{-1}, int64_t{1});
    },
};
OP(view_dtype){
    .signature = "view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)",
    .python = method,
    .doc = "The same bytes as another type.",
    .composite = [](const Tensor& self, DType dtype) -> Tensor {
      size_t from = self.itemsize(), to = itemsize(dtype);
      if (dtype == self.dtype()) return call<"alias">(self);
      check(!self.is_conj() && !self.is_neg(), ErrorKind::Runtime,
            "view.dtype is not supported on lazily conjugated or negated tensors");
      Layout out = self.layout();
      if (to < from) {
        check(self.dim() > 0, ErrorKind::Runtime, "self.dim() cannot be 0 to view ", name(self.dtype()), " as ",
              name(dtype), " (different element sizes)");
        check(self.stride(-1) == 1, ErrorKind::Runtime, "self.stride(-1) must be 1 to view ", name(self.dtype()),
              " as ", name(dtype), " (different element sizes), but got ", self.stride(-1));
        int64_t k = static_cast<int64_t>(from / to);
        for (size_t i = 0; i + 1 < out.strides.size(); ++i) out.strides[i] *= k;
        out.sizes.back() *= k;
        out.offset *= k;
      } else if (to > from) {
        check(self.dim() > 0, ErrorKind::Runtime, "self.dim() cannot be 0 to view ", name(self.dtype()), " as ",
              name(dtype), " (different element sizes)");
        int64_t k = static_cast<int64_t>(to / from);
        check(self.stride(-1) == 1 && self.size(-1) % k == 0 && self.offset() % k == 0, ErrorKind::Runtime,
              "self.size(-1) must be divisible by ", k, " to view ", name(self.dtype()), " as ", name(dtype),
              " (different element sizes), but got ", self.size(-1));
        for (size_t i = 0; i + 1 < out.strides.size(); ++i) {
          check(out.strides[i] % k == 0, ErrorKind::Runtime, "self.stride(", i, ") must be divisible by ", k,
                " to view as ", name(dtype));
          out.strides[i] /= k;
        }
        out.sizes.back() /= k;
        out.offset /= k;
      }
      Tensor v = alias(self, out, dtype);
      TensorImpl* root = self.impl()->base ? self.impl()->base.get() : self.impl();
      v.impl()->base = Ref<TensorImpl>::share(root);
      v.impl()->no_grad_view = true;
      return v;
    },
    .on_values = true,
};

// A window on a tensor's elements, described by the layouts of the window and of the whole over one storage. They carry
// gradients through in-place changes of views (see autograd/record.cpp).
static Layout window_of(const char* op, const Tensor& whole, IntSpan size, IntSpan stride, int64_t offset) {
  check(size.size() == stride.size(), ErrorKind::Runtime, op, ": sizes ", list_text(size), " and strides ",
        list_text(stride), " are not of the same length");
  Layout window(Dims(size), Dims(stride), offset);
  check_extent(op, window, whole.itemsize(), whole.storage()->nbytes());
  return window;
}
static Tensor arranged(const Tensor& whole, IntSpan base_stride) {
  Tensor out = empty_strided(Dims(whole.sizes()), Dims(base_stride), whole.dtype(), whole.device());
  copy_elements(out, whole);
  return out;
}
OP(_window_gather){
    .signature =
        "_window_gather(Tensor self, int[] size, int[] stride, int offset, int[] base_size, int[] base_stride, int "
        "base_offset) -> Tensor",
    .python = hidden,
    .doc = "The elements of a window.",
    .cpu = [](const Tensor& self, IntSpan size, IntSpan stride, int64_t offset, IntSpan, IntSpan base_stride,
              int64_t base_offset) -> Tensor {
      Tensor whole = arranged(self, base_stride);
      return as_contiguous(
          alias(whole, window_of("_window_gather", whole, size, stride, sat_sub(offset, base_offset))));
    },
    .gradient =
        [](Grad& g) {
          return call<"_window_scatter">(call<"new_zeros">(g.out(), g.sizes("self")), g.out(), g.ints("size"),
                                         g.ints("stride"), g.integer("offset"), g.ints("base_stride"),
                                         g.integer("base_offset"));
        },
    .device_neutral = true,
};
OP(_window_scatter){
    .signature =
        "_window_scatter(Tensor self, Tensor part, int[] size, int[] stride, int offset, int[] base_stride, int "
        "base_offset) -> Tensor",
    .python = hidden,
    .doc = "A copy of the whole with the elements of a window replaced.",
    .cpu = [](const Tensor& self, const Tensor& part, IntSpan size, IntSpan stride, int64_t offset, IntSpan base_stride,
              int64_t base_offset) -> Tensor {
      Tensor whole = arranged(self, base_stride);
      Layout window = window_of("_window_scatter", whole, size, stride, offset - base_offset);
      check(std::ranges::equal(part.sizes(), size), ErrorKind::Runtime, "_window_scatter: a part of shape ",
            list_text(part.sizes()), " is not what fills a window of shape ", list_text(size));
      copy_elements(alias(whole, window), part);
      return whole;
    },
    .gradient =
        [](Grad& g) {
          Tensor part = call<"_window_gather">(g.out(), g.ints("size"), g.ints("stride"), g.integer("offset"),
                                               g.sizes("self"), g.ints("base_stride"), g.integer("base_offset"));
          if (g.wants("part")) g.set("part", part);
          if (g.wants("self"))
            g.set("self",
                  call<"_window_scatter">(g.out(), call<"zeros_like">(part), g.ints("size"), g.ints("stride"),
                                          g.integer("offset"), g.ints("base_stride"), g.integer("base_offset")));
        },
    .device_neutral = true,
};

// Note "Gradient of as_strided": laid over one storage, the cotangent of the view adds up where its elements overlap,
// and the argument reads its part back. Where the argument overlaps itself (it was expanded), each of its elements gets
// an equal share. The transposed map is the same with the layouts exchanged.
OP(_between_layouts){
    .signature =
        "_between_layouts(Tensor self, int[] stride, int offset, int[] to_size, int[] to_stride, int to_offset, bool "
        "shares_at_end) -> Tensor",
    .python = hidden,
    .variants = Variants::none,
    .doc = "Elements added up in a storage by one layout and read from it by another.",
    .shape = [](const Tensor& self, IntSpan stride, int64_t offset, IntSpan to_size, IntSpan to_stride,
                int64_t to_offset, bool) -> ResultSpec {
      auto negative = [](int64_t n) { return n < 0; };
      check(self.dim() == static_cast<int64_t>(stride.size()) && to_size.size() == to_stride.size() && offset >= 0 &&
                to_offset >= 0 && std::ranges::none_of(stride, negative) && std::ranges::none_of(to_stride, negative),
            ErrorKind::Runtime, "_between_layouts: strides ", list_text(stride), " and ", list_text(to_stride),
            " do not belong to sizes ", list_text(self.sizes()), " and ", list_text(to_size));
      return {Dims(to_size), self.dtype()};
    },
    .cpu =
        [](const Tensor& self, IntSpan stride, int64_t offset, IntSpan to_size, IntSpan to_stride, int64_t to_offset,
           bool shares_at_end, const Tensor& out) {
          if (out.numel() == 0) return;
          const bool complex = self.is_complex();
          Tensor from = as_contiguous(cast(self, complex ? DType::complex128 : DType::float64));
          Tensor to = empty(out.sizes(), from.dtype());
          const Layout source(Dims(self.sizes()), Dims(stride), offset),
              target(Dims(to_size), Dims(to_stride), to_offset);
          const int64_t first = std::min(offset, to_offset);
          Tensor sums = empty(Dims{std::max(source.extent(), target.extent()) - first}, from.dtype()),
                 counts = empty(sums.sizes(), DType::float64);
          fill_elements(sums, Scalar(0));
          fill_elements(counts, Scalar(0));
          auto places = [&](const Layout& layout, auto&& visit) {
            for (int64_t i = 0, n = layout.numel(); i < n; ++i) {
              int64_t at = layout.offset - first, rest = i;
              for (int64_t d = layout.dim(); d-- > 0; rest /= layout.sizes[d])
                at += rest % layout.sizes[d] * layout.strides[d];
              visit(i, at);
            }
          };
          auto run = [&]<class T>(T) {
            T *sum = sums.data<T>(), *result = to.data<T>();
            const T* given = from.data<T>();
            double* readers = counts.data<double>();
            places(shares_at_end ? target : source, [&](int64_t, int64_t at) { readers[at] += 1; });
            places(source, [&](int64_t i, int64_t at) { sum[at] += given[i]; });
            places(target, [&](int64_t i, int64_t at) { result[i] = sum[at] / std::max(readers[at], 1.0); });
          };
          if (complex)
            run(std::complex<double>());
          else
            run(0.0);
          copy_elements(out, to);
        },
    .gradient =
        [](Grad& g) {
          return call<"_between_layouts">(g.out(), g.ints("to_stride"), g.integer("to_offset"), g.sizes("self"),
                                          g.ints("stride"), g.integer("offset"), !g.flag("shares_at_end"));
        },
};

}  // namespace flambeau
