// Pooling of tensors, see pooling_tensors.h.
#include "cpu/pooling_tensors.h"

#include <string>

#include "loops/copy.h"

namespace flambeau {

namespace {

Dims repeated(const char* op, const char* what, IntSpan given, int64_t count) {
  check(given.size() == 1 || static_cast<int64_t>(given.size()) == count, ErrorKind::Runtime, op, ": ", what,
        " must either be a single int, or a tuple of ", count, " ints, got ", list_text(given));
  Dims all;
  for (int64_t i = 0; i < count; ++i) all.push_back(given[given.size() == 1 ? 0 : i]);
  return all;
}

// The type that the kernels run in.
DType kernel_type(DType t) {
  if (t == DType::float32 || t == DType::float64 || t == DType::int64) return t;
  if (is_floating(t)) return DType::float32;
  check(is_integral(t), ErrorKind::NotImplemented, "pooling: not implemented for ", name(t), "; cast to float32");
  return DType::int64;
}

Tensor in_order(const Tensor& t, bool channels_last, DType dtype) {
  Tensor plain = cast(t, dtype);
  if (!channels_last) return as_contiguous(plain);
  Dims strides = channels_last_strides(plain.sizes());
  if (std::ranges::equal(plain.strides(), strides)) return plain;
  Tensor out = empty_strided(Dims(plain.sizes()), strides, dtype);
  copy_elements(out, plain);
  return out;
}

// A tensor to write to in the order and type of the kernels: the result itself where it fits.
struct Target {
  const Tensor& result;
  Tensor work;
  Target(const Tensor& out, bool channels_last, DType dtype) : result(out), work(out) {
    Dims wanted = channels_last ? channels_last_strides(out.sizes()) : contiguous_strides(out.sizes());
    if (out.dtype() != dtype || !std::ranges::equal(out.strides(), wanted))
      work = empty_strided(Dims(out.sizes()), wanted, dtype);
  }
  void deliver() const {
    if (!work.is(result)) copy_elements(result, work);
  }
};

template <class Body>
void with_type(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::float32: return body(float());
    case DType::float64: return body(double());
    default: return body(int64_t());
  }
}

void place(Pooling& p, IntSpan input, int64_t spatial, bool channels_last) {
  p.channels_last = channels_last;
  if (static_cast<int64_t>(input.size()) > spatial) p.channels = input[input.size() - spatial - 1];
  if (static_cast<int64_t>(input.size()) > spatial + 1) p.batch = input[0];
  check(p.in_plane() < INT32_MAX, ErrorKind::NotImplemented, "pooling: planes of more than 2147483647 elements");
}

// Dimensions from `first` on have elements.
void check_dims(const char* op, const Tensor& self, int64_t spatial, int64_t first) {
  check(self.dim() == spatial + 1 || self.dim() == spatial + 2, ErrorKind::Runtime, op, ": Expected ", spatial + 1,
        "D or ", spatial + 2, "D tensor, but got ", list_text(self.sizes()));
  for (int64_t d = first; d < self.dim(); ++d)
    check(self.size(d) > 0, ErrorKind::Runtime, op, ": Expected input to be ", spatial + 1,
          "D or, with a batch that may be empty, ", spatial + 2,
          "D, all other dimensions with elements, but got: ", list_text(self.sizes()));
}

}  // namespace

// The number of dimensions is checked before the first list of that length is made.
static int64_t checked_spatial(const char* op, int64_t spatial) {
  check(spatial >= 1 && spatial <= 3, ErrorKind::Runtime, op, ": windows have 1 to 3 dimensions, got ", spatial);
  return spatial;
}

PoolArguments::PoolArguments(const char* op, int64_t spatial, IntSpan k, IntSpan s, IntSpan p, IntSpan d, bool ceil)
    : kernel(repeated(op, "kernel_size", k, checked_spatial(op, spatial))),
      padding(repeated(op, "padding", p, spatial)),
      dilation(repeated(op, "dilation", d, spatial)),
      ceil_mode(ceil) {
  stride = s.empty() ? kernel : repeated(op, "stride", s, spatial);
  for (int64_t i = 0; i < spatial; ++i) {
    check(kernel[i] > 0, ErrorKind::Runtime, op, ": kernel size should be greater than zero, but got ",
          list_text(kernel));
    check(stride[i] > 0, ErrorKind::Runtime, op,
          ": stride should be greater than zero (stride should not be zero), but got ", list_text(stride));
    check(dilation[i] > 0, ErrorKind::Runtime, op, ": dilation should be greater than zero, but got ",
          list_text(dilation));
    check(padding[i] >= 0, ErrorKind::Runtime, op, ": pad must be non-negative, but got pad: ", padding[i]);
    check(padding[i] <= ((kernel[i] - 1) * dilation[i] + 1) / 2, ErrorKind::Runtime, op,
          ": pad should be at most half of effective kernel size, but got pad=", padding[i],
          ", kernel_size=", kernel[i], " and dilation=", dilation[i]);
  }
}

bool pools_channels_last(const Tensor& self, int64_t spatial) {
  return spatial >= 2 && self.dim() == spatial + 2 && self.layout().channels_last();
}

Dims pool_sizes(const char* op, const Tensor& self, const PoolArguments& a) {
  const int64_t spatial = a.spatial();
  check_dims(op, self, spatial, self.dim() - spatial - 1);
  Dims sizes(self.sizes());
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t& n = sizes[self.dim() - spatial + i];
    n = pooled_size(n, a.kernel[i], a.stride[i], a.padding[i], a.dilation[i], a.ceil_mode);
    check(n > 0, ErrorKind::Runtime, op, ": Given input size: ", list_text(self.sizes()),
          " and kernel_size=", list_text(a.kernel), ". Calculated output size: ", list_text(sizes),
          ". Output size is too small");
  }
  return sizes;
}

Dims adaptive_sizes(const char* op, const Tensor& self, IntSpan output, int64_t first) {
  const int64_t spatial = static_cast<int64_t>(output.size());
  check_dims(op, self, spatial, first);
  Dims sizes(self.sizes());
  for (int64_t i = 0; i < spatial; ++i) {
    check(output[i] >= 0, ErrorKind::Runtime, op,
          ": elements of output_size must be greater than or equal to 0 but received ", list_text(output));
    sizes[self.dim() - spatial + i] = output[i];
  }
  return sizes;
}

Pooling pooling_of(const PoolArguments& a, IntSpan input, IntSpan output, bool channels_last) {
  Pooling p;
  const int64_t spatial = a.spatial(), rank = static_cast<int64_t>(input.size());
  for (int64_t i = 0; i < spatial; ++i)
    p.axes[3 - spatial + i] = window_axis(input[rank - spatial + i], output[rank - spatial + i], a.kernel[i],
                                          a.stride[i], a.padding[i], a.dilation[i], a.count_padding);
  p.divisor = a.divisor;
  place(p, input, spatial, channels_last);
  return p;
}

Pooling pooling_of(IntSpan output, IntSpan input, bool channels_last) {
  Pooling p;
  const int64_t spatial = static_cast<int64_t>(output.size()), rank = static_cast<int64_t>(input.size());
  for (int64_t i = 0; i < spatial; ++i) p.axes[3 - spatial + i] = adaptive_axis(input[rank - spatial + i], output[i]);
  place(p, input, spatial, channels_last);
  return p;
}

Pooling pooling_between(int64_t spatial, IntSpan input, IntSpan output, bool channels_last) {
  Pooling p;
  const int64_t rank = static_cast<int64_t>(input.size());
  for (int64_t i = 0; i < spatial; ++i) {
    p.axes[3 - spatial + i].input = input[rank - spatial + i];
    p.axes[3 - spatial + i].output = output[rank - spatial + i];
  }
  place(p, input, spatial, channels_last);
  return p;
}

void max_pool_tensors(const Pooling& p, const Tensor& self, const Tensor& out, const Tensor& indices) {
  if (out.numel() == 0) return;
  const DType dtype = kernel_type(self.dtype());
  Tensor x = in_order(self, p.channels_last, dtype);
  Target y(out, p.channels_last, dtype), places(indices, p.channels_last, DType::int64);
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    max_pool<T>(p, x.data<T>(), y.work.data<T>(), places.work.data<int64_t>());
  });
  y.deliver();
  places.deliver();
}

void average_pool_tensors(const Pooling& p, const Tensor& self, const Tensor& out) {
  if (out.numel() == 0) return;
  check(!is_integral(self.dtype()) || self.dtype() == DType::int64, ErrorKind::NotImplemented,
        "avg_pool: not implemented for ", name(self.dtype()), "; cast to float32");
  const DType dtype = kernel_type(self.dtype());
  Tensor x = in_order(self, p.channels_last, dtype);
  Target y(out, p.channels_last, dtype);
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    average_pool<T>(p, x.data<T>(), y.work.data<T>());
  });
  y.deliver();
}

void average_pool_backward_tensors(const Pooling& p, const Tensor& grad, const Tensor& out) {
  if (out.numel() == 0) return;
  if (grad.numel() == 0) return fill_elements(out, Scalar(0));
  const DType dtype = kernel_type(grad.dtype());
  Tensor g = in_order(grad, p.channels_last, dtype);
  Target x(out, p.channels_last, dtype);
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    average_pool_backward<T>(p, g.data<T>(), x.work.data<T>());
  });
  x.deliver();
}

void scatter_tensors(const Pooling& p, const Tensor& grad, const Tensor& indices, const Tensor& out) {
  if (out.numel() == 0) return;
  const DType dtype = kernel_type(grad.dtype());
  Tensor g = in_order(grad, p.channels_last, dtype), places = in_order(indices, p.channels_last, DType::int64);
  Target x(out, p.channels_last, dtype);
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    scatter_by_index<T>(p, g.data<T>(), places.data<int64_t>(), x.work.data<T>());
  });
  x.deliver();
}

void gather_tensors(const Pooling& p, const Tensor& self, const Tensor& indices, const Tensor& out) {
  if (out.numel() == 0) return;
  const DType dtype = kernel_type(self.dtype());
  Tensor x = in_order(self, p.channels_last, dtype), places = in_order(indices, p.channels_last, DType::int64);
  Target y(out, p.channels_last, dtype);
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    gather_by_index<T>(p, x.data<T>(), places.data<int64_t>(), y.work.data<T>());
  });
  y.deliver();
}

}  // namespace flambeau
