// Reading and writing at places that tensors name. Bounds are checked by the kernels; what they report is raised when
// the host waits for the device.
#include <algorithm>
#include <limits>
#include <vector>

#include "cpu/routines.h"
#include "cuda/emit.h"
#include "cuda/walk.h"
#include "loops/copy.h"
#include "op/backend.h"
#include "op/call.h"

namespace flambeau::cuda {

namespace {

struct Places {
  const int64_t* at[8] = {};
  int64_t size[8] = {}, stride[8] = {};
  int32_t dim[8] = {};
  int32_t count = 0;
};

const char* bits_of(size_t bytes) {
  switch (bytes) {
    case 1: return "uint8_t";
    case 2: return "uint16_t";
    case 4: return "uint32_t";
    case 8: return "uint64_t";
    default: return "pair<double>";
  }
}
Lane lane_for(DType dtype) { return lane_of(dtype == DType::bool_ ? DType::int64 : dtype); }
const Kernel& indexing(const char* files, const char* entry, int device, DType dtype, bool number, const char* index,
                       int how, const char* op) {
  size_t item = itemsize(dtype);
  return kernel(files, entry, device,
                {{"M", number ? memory_type(dtype) : bits_of(item)},
                 {"L", number ? lane_type(lane_for(dtype)) : "int32_t"},
                 {"I", index},
                 {"ITEM", std::to_string(std::min<size_t>(item, 8))},
                 {"NUMBER", number ? "1" : "0"},
                 {"ACCUMULATE", number ? "1" : "0"},
                 {"HOW", std::to_string(how)}},
                op, false);
}

constexpr int kThreads = 256;

struct Selection {
  Dimensions before, after;
  Places places;
  std::vector<Tensor> kept;
  int64_t positions = 1, width = 1, count = 0;
  Selection(const char* op, const Tensor& self, const IndexPlan& plan)
      : before(dimensions(op, plan.before.sizes, plan.before.strides)),
        after(dimensions(op, plan.after.sizes, plan.after.strides)) {
    check(plan.indices.size() <= 8, ErrorKind::NotImplemented, op,
          ": more than eight index tensors are too many for its CUDA kernel; the nearest alternative is .to('cpu')");
    for (size_t i = 0; i < plan.indices.size(); ++i) {
      int64_t d = plan.indexed[i];
      Tensor index = plan.indices[i];
      if (!(index.device() == self.device())) {  // indices may lie on the host
        index = empty(index.sizes(), index.dtype(), self.device());
        copy_elements(index, plan.indices[i]);
      }
      kept.push_back(index);
      places.at[i] = reinterpret_cast<const int64_t*>(elements(index));
      places.size[i] = self.size(d);
      places.stride[i] = self.stride(d);
      places.dim[i] = static_cast<int32_t>(d);
    }
    places.count = static_cast<int32_t>(plan.indices.size());
    positions = numel_of(plan.index_sizes);
    width = numel_of(plan.after.sizes);
    count = numel_of(plan.before.sizes) * positions * width;
  }
};

// Complex numbers are added part by part: they are seen as a last dimension of two.
Tensor parts_of(const Tensor& t) { return alias(t, t.layout().with_parts(), to_real(t.dtype())); }

// A walk over the first sizes of a row-major tensor, with the strides of another one.
Dimensions inside(const char* op, IntSpan index_sizes, IntSpan strides, int64_t without) {
  Dims own(strides);
  if (without >= 0 && without < static_cast<int64_t>(own.size())) own[static_cast<size_t>(without)] = 0;
  return dimensions(op, index_sizes, own);
}
Dims sizes_of(const Tensor& t) { return t.dim() == 0 ? Dims{1} : Dims(t.sizes()); }

Scalar identity_of(routines::Scattering how, DType type) {
  using How = routines::Scattering;
  if (how == How::multiply) return Scalar(int64_t{1});
  if (how != How::least && how != How::most) return Scalar(int64_t{0});
  bool top = how == How::least;
  if (is_floating(type))
    return Scalar(top ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity());
  if (type == DType::bool_) return Scalar(top);
  int bits = static_cast<int>(itemsize(type)) * 8;
  if (is_unsigned(type)) return Scalar(top ? static_cast<int64_t>((uint64_t{1} << (bits - 1)) * 2 - 1) : int64_t{0});
  int64_t most = static_cast<int64_t>((uint64_t{1} << (bits - 1)) - 1);
  return Scalar(top ? most : -most - 1);
}

}  // namespace

ROUTINE(cuda, index_read) = [](const char* op, const Tensor& self, const IndexPlan& plan, const Tensor& out) {
  Selection s(op, self, plan);
  if (s.count == 0) return;
  int device = index_of(self.device());
  use(device);
  launch(op, device, indexing("index.cu", "index_read", device, self.dtype(), false, "int64_t", 0, op),
         {blocks_for(s.count, kThreads, device)}, kThreads, 0, elements(out), elements(self), s.before.walk,
         s.after.walk, s.places, s.positions, s.width, s.count, report_of(device), report_name(op, true));
};

ROUTINE(cuda, index_write) = [](const char* op, const Tensor& self, const IndexPlan& plan, const Tensor& values,
                                bool accumulate) {
  if (accumulate && self.is_complex()) {
    IndexPlan wide = plan;
    Tensor target = parts_of(self), from = parts_of(as_contiguous(values));
    for (Layout* l : {&wide.before, &wide.after})
      for (int64_t& stride : l->strides) stride *= 2;
    wide.after.sizes.push_back(2);
    wide.after.strides.push_back(1);
    wide.sizes.push_back(2);
    return routines::index_write.on(self.device())(op, target, wide, from, true);
  }
  Selection s(op, self, plan);
  if (s.count == 0) return;
  int device = index_of(self.device());
  use(device);
  bool one = values.numel() == 1;
  Tensor plain = one ? as_contiguous(values) : as_contiguous(alias(values, values.layout().expanded(plan.sizes)));
  launch(op, device,
         indexing(accumulate ? "atomic.cuh+index.cu" : "index.cu", "index_write", device, self.dtype(), accumulate,
                  "int64_t", 0, op),
         {blocks_for(s.count, kThreads, device)}, kThreads, 0, elements(self), elements(plain),
         static_cast<int32_t>(one), s.before.walk, s.after.walk, s.places, s.positions, s.width, s.count,
         report_of(device), report_name(op, true));
};

// The number of elements decides on the result's size, so the host has to wait for them anyway: it looks itself.
ROUTINE(cuda, nonzero) = [](const Tensor& self) -> Tensor {
  Tensor plain = as_contiguous(self), host = empty(plain.sizes(), plain.dtype());
  copy_elements(host, plain);
  Tensor found = nonzero_cpu(host), there = empty(found.sizes(), found.dtype(), self.device());
  copy_elements(there, found);
  return there;
};

ROUTINE(cuda, gather) = [](const Tensor& self, int64_t dim, const Tensor& index, const Tensor& out) {
  int device = index_of(out.device());
  use(device);
  Tensor from = as_contiguous(self), where = as_contiguous(index);
  Dims sizes = sizes_of(from), index_sizes = sizes_of(where), strides = contiguous_strides(sizes);
  Dimensions source = inside("gather", index_sizes, strides, dim);
  launch("gather", device,
         indexing("along.cuh+gather.cu", "gather", device, out.dtype(), false, memory_type(where.dtype()), 0, "gather"),
         {blocks_for(where.numel(), kThreads, device)}, kThreads, 0, elements(out), elements(from), elements(where),
         source.walk, strides[static_cast<size_t>(dim)], sizes[static_cast<size_t>(dim)], static_cast<int32_t>(dim),
         where.numel(), report_of(device), report_name("gather", false));
};

ROUTINE(cuda, scatter) = [](const char* op, int64_t dim, const Tensor& index, const Tensor& src, const Scalar& value,
                            routines::Scattering how, bool include_self, const Tensor& out) {
  using How = routines::Scattering;
  if (out.is_complex() && how != How::assign) {
    check(how == How::add && src.defined(), ErrorKind::NotImplemented, op,
          ": complex numbers have only assignment and sums on device 'cuda'; the nearest alternative is .to('cpu')");
    Layout repeated(sizes_of(index));
    repeated.sizes.push_back(2);
    repeated.strides.push_back(0);
    Tensor twice = as_contiguous(alias(as_contiguous(index), repeated));
    return routines::scatter.on(out.device())(op, dim, twice, parts_of(as_contiguous(src)), value, how, include_self,
                                              parts_of(out));
  }
  int device = index_of(out.device());
  use(device);
  Tensor where = as_contiguous(index), from;
  if (src.defined()) {
    from = as_contiguous(src);
  } else {
    from = empty({}, out.dtype(), out.device());
    fill_elements(from, value);
  }
  const int32_t one = !src.defined();
  Dims sizes = sizes_of(out), index_sizes = sizes_of(where), strides = contiguous_strides(sizes),
       from_strides = one ? Dims(index_sizes.size(), 0) : contiguous_strides(sizes_of(from));
  Dimensions target = inside(op, index_sizes, strides, dim), source = inside(op, index_sizes, from_strides, -1);
  auto run = [&](int kind, const Tensor& to, const Tensor& values, int32_t single, int32_t* counts, bool number) {
    launch(op, device,
           indexing(kind == 0 || kind == 5 ? "along.cuh+scatter.cu" : "atomic.cuh+along.cuh+scatter.cu", "scatter",
                    device, out.dtype(), number, memory_type(where.dtype()), kind, op),
           {blocks_for(where.numel(), kThreads, device)}, kThreads, 0, elements(to), elements(values), elements(where),
           counts, target.walk, source.walk, strides[static_cast<size_t>(dim)], sizes[static_cast<size_t>(dim)],
           static_cast<int32_t>(dim), single, where.numel(), report_of(device), report_name(op, false));
  };
  if (how == How::assign) return run(0, out, from, one, nullptr, false);
  if (!include_self) {
    Tensor start = empty({}, out.dtype(), out.device());
    fill_elements(start, identity_of(how, out.dtype()));
    run(0, out, start, 1, nullptr, false);
  }
  const int kind = how == How::multiply ? 2 : how == How::least ? 3 : how == How::most ? 4 : 1;
  run(kind, out, from, one, nullptr, true);
  if (how != How::mean) return;
  Tensor counts = empty(out.sizes(), DType::int32, out.device());
  fill_elements(counts, Scalar(int64_t{include_self ? 1 : 0}));
  run(5, out, from, one, reinterpret_cast<int32_t*>(elements(counts)), true);
  static const OpCall clamp("clamp_min");
  static const OpCall divide("div.Tensor_mode", Form::inplace), divide_whole("div.Tensor", Form::inplace);
  Tensor divisor = clamp({counts, Scalar(int64_t{1})}).tensor();
  if (is_floating(out.dtype()))
    divide_whole({out, divisor});
  else
    divide({out, divisor, Value(std::string_view("floor"))});
};

}  // namespace flambeau::cuda
