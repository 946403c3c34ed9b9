// Folds, moments, places and truth, softmax: the forms of routines that go along dimensions.
#include <algorithm>
#include <bit>

#include "cpu/routines.h"
#include "cuda/emit.h"
#include "cuda/walk.h"
#include "loops/copy.h"

namespace flambeau::cuda {

namespace {

Lane lane_for(DType dtype) { return dtype == DType::float64 ? Lane::f64 : is_floating(dtype) ? Lane::f32 : Lane::i64; }
Definition lowest(Lane lane) {
  return {"LOWEST", lane == Lane::i64   ? "L(-9223372036854775807LL - 1)"
                    : lane == Lane::f32 ? "(-__uint_as_float(0x7f800000u))"
                                        : "(-__longlong_as_double(0x7ff0000000000000LL))"};
}
Definition highest(Lane lane) {
  return {"HIGHEST", lane == Lane::i64   ? "L(9223372036854775807LL)"
                     : lane == Lane::f32 ? "__uint_as_float(0x7f800000u)"
                                         : "__longlong_as_double(0x7ff0000000000000LL)"};
}

struct Divided {
  Tensor x;  // contiguous where the layout had too many dimensions
  Dimensions kept, reduced;
};
Divided divided(const Tensor& x, uint64_t mask) {
  Divided d{x, {}, {}};
  if (divide_dimensions(x.layout(), mask, d.kept, d.reduced)) return d;
  d = {as_contiguous(x), {}, {}};
  check(divide_dimensions(d.x.layout(), mask, d.kept, d.reduced), ErrorKind::NotImplemented, "reduce: these ", x.dim(),
        " dimensions are too many for a CUDA kernel; the nearest alternative is .to('cpu')");
  return d;
}

// Threads of a block for rows of n elements.
int row_threads(int64_t n) {
  return static_cast<int>(std::clamp<uint64_t>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(n, 1))), 32, 256));
}

struct FoldRun {
  Fold fold;
  const char* in;
  Lane lane;
  const char* out;
  After after;
  int64_t total;
};

void fold_with(const FoldRun& run, const char* entry, int device, Grid grid, int threads, const void* out,
               const void* in, const Dimensions& kept, const Dimensions& reduced, int64_t part) {
  const Kernel& k = kernel("reduce.cu", entry, device,
                           {{"M", run.in},
                            {"L", lane_type(run.lane)},
                            {"O", run.out},
                            {"UNSIGNED", run.lane == Lane::i64 ? "uint64_t" : lane_type(run.lane)},
                            {"FOLD", std::to_string(static_cast<int>(run.fold))},
                            {"AFTER", std::to_string(static_cast<int>(run.after))},
                            {"KEPT", kept.rank_text()},
                            {"REDUCED", reduced.rank_text()},
                            lowest(run.lane),
                            highest(run.lane)},
                           "reduce");
  launch("reduce", device, k, grid, threads, 0, out, in, kept.walk, reduced.walk, reduced.count, part, kept.count,
         run.total);
}

void fold(Fold how, const Tensor& given, uint64_t mask, const Tensor& out, After after) {
  if (out.numel() == 0) return;
  int device = index_of(out.device());
  use(device);
  Divided d = divided(given, mask);
  Lane lane = lane_for(out.dtype());
  const int64_t outputs = d.kept.count, count = d.reduced.count;
  const char* in = memory_type(d.x.dtype());
  const char* to = memory_type(out.dtype());
  const int64_t wanted = int64_t{properties(device).multiprocessors} * 8;  // blocks that keep the device busy
  const bool by_columns = count <= 16 || (d.reduced.walk.stride[0] != 1 && d.kept.rank && d.kept.walk.stride[0] == 1);
  // The sizes alone decide on the parts, not the device, so that results are the same everywhere.
  const int64_t part_size = by_columns ? 1024 : 32768;
  int64_t parts = std::clamp<int64_t>((count + part_size - 1) / part_size, 1, 1024);
  const int64_t part = std::max<int64_t>((count + parts - 1) / parts, 1);
  parts = std::max<int64_t>((count + part - 1) / part, 1);
  auto grid = [&](int threads) {
    int64_t blocks = by_columns ? (outputs + threads - 1) / threads : outputs;
    return Grid{std::min<int64_t>(blocks, std::max(wanted * 16, int64_t{1} << 16)), parts, 1};
  };
  const int threads =
      by_columns ? static_cast<int>(std::clamp<int64_t>((outputs + 31) / 32 * 32, 32, 256)) : row_threads(part);
  const char* entry = by_columns ? "columns" : "rows";
  if (parts == 1)
    return fold_with({how, in, lane, to, after, count}, entry, device, grid(threads), threads, elements(out),
                     elements(d.x), d.kept, d.reduced, part);
  DType partial = natural_type(lane);
  Tensor room = empty(Dims{outputs, parts}, partial, out.device());
  fold_with({how, in, lane, memory_type(partial), After::nothing, count}, entry, device, grid(threads), threads,
            elements(room), elements(d.x), d.kept, d.reduced, part);
  Dimensions kept, reduced;
  reduced.add(parts, 1);
  kept.add(outputs, parts);
  const int last = row_threads(parts);
  fold_with({second_fold(how), memory_type(partial), lane, to, after, count}, "rows", device,
            {std::min<int64_t>(outputs, int64_t{1} << 20), 1, 1}, last, elements(out), elements(room), kept, reduced,
            parts);
}

// Softmax and its relatives see (outer, n, inner).
struct Cut {
  int64_t n = 1, inner = 1, rows = 1;
  Cut(const Tensor& t, int64_t dim) {
    for (int64_t d = 0; d < t.dim(); ++d) (d == dim ? n : d > dim ? inner : rows) *= t.size(d);
    rows *= inner;
  }
};
template <class... A>
void along(const char* entry, const Tensor& in, const Tensor& out, bool log, const Cut& cut, A... pointers) {
  int device = index_of(out.device());
  use(device);
  Lane lane = lane_for(out.dtype());
  const Kernel& k = kernel("softmax.cu", entry, device,
                           {{"M", memory_type(in.dtype())},
                            {"O", memory_type(out.dtype())},
                            {"L", lane_type(lane)},
                            {"LOG", log ? "1" : "0"},
                            lowest(lane),
                            highest(lane)},
                           entry);
  launch(entry, device, k, {std::min<int64_t>(cut.rows, int64_t{1} << 20)}, row_threads(cut.n), 0, pointers..., cut.n,
         cut.inner, cut.rows);
}

}  // namespace

ROUTINE(cuda, reduce_fold) = fold;

ROUTINE(cuda, reduce_truth) = [](bool all, const Tensor& x, uint64_t mask, const Tensor& out) {
  if (out.numel() == 0) return;
  if (reduced_count(x.sizes(), mask) == 0) return fill_elements(out, Scalar(all));
  fold(all ? Fold::min : Fold::max, x, mask, out, After::nothing);
};

ROUTINE(cuda, reduce_moments) = [](const Tensor& given, uint64_t mask, double correction, bool root,
                                   const Tensor& variance, const Tensor& mean) {
  const Tensor& some = variance.defined() ? variance : mean;
  if (some.numel() == 0) return;
  int device = index_of(given.device());
  use(device);
  Divided d = divided(given, mask);
  Lane lane = lane_for(given.dtype());
  // Results of two types: one after the other.
  if (variance.defined() && mean.defined() && variance.dtype() != mean.dtype()) {
    Tensor same = empty(mean.sizes(), variance.dtype(), mean.device());
    routines::reduce_moments.on(given.device())(given, mask, correction, root, variance, same);
    return copy_elements(mean, same);
  }
  const Kernel& k = kernel("moments.cu", "moments", device,
                           {{"M", memory_type(given.dtype())},
                            {"L", lane_type(lane)},
                            {"O", memory_type(some.dtype())},
                            {"KEPT", d.kept.rank_text()},
                            {"REDUCED", d.reduced.rank_text()}},
                           "var", false);
  launch("var", device, k, {std::min<int64_t>(d.kept.count, int64_t{1} << 20)}, row_threads(d.reduced.count), 0,
         elements(variance), elements(mean), elements(d.x), d.kept.walk, d.reduced.walk, d.reduced.count, d.kept.count,
         correction, static_cast<int32_t>(root));
};

ROUTINE(cuda, reduce_arg) = [](bool max, const Tensor& given, int64_t dim, const Tensor& values,
                               const Tensor& indices) {
  Tensor x = dim < 0 || given.dim() == 0 ? as_contiguous(given) : given;
  uint64_t mask = dim < 0 || x.dim() == 0 ? ~uint64_t{0} : uint64_t{1} << dim;
  int device = index_of(given.device());
  use(device);
  Divided d = divided(x, mask);
  if (d.kept.count == 0 || d.reduced.count == 0) return;
  Lane lane = lane_for(x.dtype());
  const Kernel& k = kernel("reduce_arg.cu", "reduce_arg", device,
                           {{"M", memory_type(x.dtype())},
                            {"L", lane_type(lane)},
                            {"MAX", max ? "1" : "0"},
                            {"KEPT", d.kept.rank_text()},
                            {"REDUCED", d.reduced.rank_text()}},
                           max ? "argmax" : "argmin");
  launch("argmax", device, k, {std::min<int64_t>(d.kept.count, int64_t{1} << 20)}, row_threads(d.reduced.count), 0,
         elements(values), elements(indices), elements(d.x), d.kept.walk, d.reduced.walk, d.reduced.count,
         d.kept.count);
};

ROUTINE(cuda, softmax_forward) = [](const Tensor& given, int64_t dim, bool log, const Tensor& out) {
  Tensor x = as_contiguous(given);
  along("forward", x, out, log, Cut(x, dim), elements(out), elements(x));
};
ROUTINE(cuda, softmax_backward) = [](const Tensor& grad, const Tensor& out, int64_t dim, bool log,
                                     const Tensor& result) {
  Tensor y = as_contiguous(out), g = as_contiguous(cast(grad, y.dtype()));
  along("backward", y, result, log, Cut(y, dim), elements(result), elements(g), elements(y));
};
ROUTINE(cuda, logsumexp_forward) = [](const Tensor& given, int64_t dim, const Tensor& result) {
  Tensor x = as_contiguous(given);
  along("logsumexp", x, result, false, Cut(x, dim), elements(result), elements(x));
};

}  // namespace flambeau::cuda
