// Elements put in another order or repeated: roll, flip, rot90, repeat, tile, repeat_interleave; grids and products.
#include <cstring>

#include "core/saturating.h"
#include "cpu/dispatch.h"
#include "loops/copy.h"
#include "loops/move.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

uint64_t dim_bits(const char* op, IntSpan dims, int64_t rank) {
  uint64_t which = 0;
  for (int64_t d : dims) {
    int64_t w = wrap_dim(op, d, rank);
    check(!(which >> w & 1), ErrorKind::Runtime, op, ": dim ", w, " appears multiple times in the list of dims");
    which |= uint64_t{1} << w;
  }
  return which;
}

// Sizes and strides of a copy that keeps the order of the original's dimensions.
std::optional<Dims> kept_strides(const Tensor& self) {
  if (self.is_contiguous()) return std::nullopt;
  if (self.layout().dense() && !self.layout().overlapping()) return Dims(self.strides());
  return strides_like(self.sizes(), self.sizes(), self.strides());
}

void check_roll(const Tensor& self, IntSpan shifts, IntSpan dims) {
  check(!shifts.empty(), ErrorKind::Runtime, "roll: `shifts` required");
  check((dims.empty() && shifts.size() == 1) || dims.size() == shifts.size(), ErrorKind::Runtime,
        "roll: shifts and dimensions must align. shifts: ", shifts.size(), ", dims:", dims.size());
  check(self.dim() > 0 || dims.empty(), ErrorKind::Index, "roll: Dimension specified as ", list_text(dims),
        " but tensor has no dimensions");
  for (int64_t d : dims) wrap_dim("roll", d, self.dim());
}

// One dimension of a contiguous tensor: in every outer slice the end goes to the front.
void roll_dim(const char* from, char* to, int64_t outer, int64_t size, int64_t inner_bytes, int64_t shift) {
  shift = ((shift % size) + size) % size;
  int64_t row = size * inner_bytes, head = shift * inner_bytes;
  parallel_for(outer, std::max<int64_t>(1, 131072 / std::max<int64_t>(row, 1)), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      copy_run(to + o * row + head, from + o * row, row - head, outer * row);
      copy_run(to + o * row, from + (o + 1) * row - head, head, outer * row);
    }
  });
}

}  // namespace

OP(roll){
    .signature = "roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor",
    .doc =
        R"(The elements moved along dimensions, those beyond the end coming in at the front; without ``dims`` as one long vector.
      >>> flambeau.roll(flambeau.tensor([1, 2, 3]), 1)
      tensor([3, 1, 2]))",
    .shape = [](const Tensor& self, IntSpan shifts, IntSpan dims) -> ResultSpec {
      check_roll(self, shifts, dims);
      return {Dims(self.sizes()), self.dtype()};
    },
    .cpu =
        [](const Tensor& self, IntSpan shifts, IntSpan dims, const Tensor& out) {
          if (out.numel() == 0) return;
          Tensor from = as_contiguous(self);
          int64_t item = static_cast<int64_t>(out.itemsize()), n = out.numel();
          if (dims.empty())
            return roll_dim(static_cast<const char*>(from.data()), static_cast<char*>(out.data()), 1, n, item,
                            shifts[0]);
          for (size_t i = 0; i < dims.size(); ++i) {
            if (self.dim() == 0) return copy_elements(out, from);
            int64_t d = wrap_dim("roll", dims[i], self.dim()), outer = 1, inner = item;
            for (int64_t k = 0; k < d; ++k) outer *= out.size(k);
            for (int64_t k = d + 1; k < out.dim(); ++k) inner *= out.size(k);
            Tensor to = i + 1 == dims.size() ? out : empty(out.sizes(), out.dtype());
            roll_dim(static_cast<const char*>(from.data()), static_cast<char*>(to.data()), outer, out.size(d), inner,
                     shifts[i]);
            from = to;
          }
        },
    .gradient =
        [](Grad& g) {
          Dims back(g.ints("shifts"));
          for (int64_t& s : back) s = -s;
          return call<"roll">(g.out(), back, g.ints("dims"));
        },
};

OP(flip){
    .signature = "flip(Tensor self, int[] dims) -> Tensor",
    .doc = R"(The elements in reverse order along some dimensions.
      >>> flambeau.flip(flambeau.tensor([1, 2, 3]), (0,))
      tensor([3, 2, 1]))",
    .shape = [](const Tensor& self, IntSpan dims) -> ResultSpec {
      dim_bits("flip", dims, self.dim());
      return {Dims(self.sizes()), self.dtype(), kept_strides(self)};
    },
    .cpu =
        [](const Tensor& self, IntSpan dims, const Tensor& out) {
          uint64_t which = dim_bits("flip", dims, self.dim());
          if (out.numel() == 0) return;
          Layout backward = self.layout();
          for (int64_t d = 0; d < self.dim(); ++d) {
            if (!(which >> d & 1)) continue;
            backward.offset += (backward.sizes[d] - 1) * backward.strides[d];
            backward.strides[d] = -backward.strides[d];
          }
          copy_elements(out, alias(self, backward));
        },
    .gradient = [](Grad& g) { return call<"flip">(g.out(), g.ints("dims")); },
};
OP(fliplr){
    .signature = "fliplr(Tensor self) -> Tensor",
    .doc = "The columns in reverse order.",
    .composite = [](const Tensor& self) -> Tensor {
      check(self.dim() >= 2, ErrorKind::Runtime, "fliplr: Input must be >= 2-d, got ", self.dim(), "-d");
      return call<"flip">(self, Dims{1});
    },
};
OP(flipud){
    .signature = "flipud(Tensor self) -> Tensor",
    .doc = "The rows in reverse order.",
    .composite = [](const Tensor& self) -> Tensor {
      check(self.dim() >= 1, ErrorKind::Runtime, "flipud: Input must be >= 1-d, got ", self.dim(), "-d");
      return call<"flip">(self, Dims{0});
    },
};
OP(rot90){
    .signature = "rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor",
    .variants = Variants::out,
    .doc = "The plane of two dimensions turned ``k`` times by 90 degrees, from the first towards the second.",
    .composite = [](const Tensor& self, int64_t k, IntSpan dims) -> Tensor {
      check(dims.size() == 2, ErrorKind::Runtime,
            "rot90: expected total rotation dims == 2, but got dims = ", dims.size());
      check(self.dim() >= 2, ErrorKind::Runtime, "rot90: expected total dims >= 2, but got total dims = ", self.dim());
      check(dims[0] != dims[1] && std::abs(dims[0] - dims[1]) != self.dim(), ErrorKind::Runtime,
            "rot90: expected rotation dims to be different, but got dim0 = ", dims[0], " and dim1 = ", dims[1]);
      for (int64_t d : dims)
        check(d >= -self.dim() && d < self.dim(), ErrorKind::Runtime, "rot90: Rotation dim0 out of range, dim0 = ", d);
      k = ((k % 4) + 4) % 4;
      if (k == 1) return call<"transpose.int">(call<"flip">(self, Dims{dims[1]}), dims[0], dims[1]);
      if (k == 2) return call<"flip">(self, dims);
      if (k == 3) return call<"transpose.int">(call<"flip">(self, Dims{dims[0]}), dims[0], dims[1]);
      return call<"clone">(self, MemoryFormat::contiguous);
    },
};

static Tensor repeated(const char* op, const Tensor& self, IntSpan repeats) {
  int64_t rank = static_cast<int64_t>(repeats.size()), lead = rank - self.dim();
  check(lead >= 0, ErrorKind::Runtime, op,
        ": Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor, got ",
        list_text(repeats), " for ", self.dim(), " dimensions");
  // (r0, s0, r1, s1, …), the r by stride 0; copied, then joined in pairs.
  Dims split, wide, joined;
  for (int64_t d = 0; d < rank; ++d) {
    check(repeats[d] >= 0, ErrorKind::Runtime, op, ": Trying to create tensor with negative dimension ", repeats[d],
          ": ", list_text(repeats));
    int64_t own = d < lead ? 1 : self.size(d - lead);
    if (repeats[d] != 1) {
      split.push_back(1);
      wide.push_back(repeats[d]);
    }
    split.push_back(own);
    wide.push_back(own);
    joined.push_back(sat_mul(own, repeats[d]));
  }
  numel_of(joined);
  if (wide.size() > static_cast<size_t>(kMaxDims)) raise(ErrorKind::Runtime, op, ": too many dimensions");
  Tensor spread = call<"expand">(call<"reshape">(self, split), wide);
  return call<"view">(call<"clone">(spread, MemoryFormat::contiguous), joined);
}
OP(repeat){
    .signature = "repeat(Tensor self, SymInt[] repeats) -> Tensor",
    .python = method,
    .variants = Variants::out,
    .doc = R"(Copies of the tensor along each dimension; further counts at the front make new dimensions.
      >>> flambeau.tensor([1, 2]).repeat(2, 2)
      tensor([[1, 2, 1, 2],
              [1, 2, 1, 2]]))",
    .composite = [](const Tensor& self, IntSpan repeats) -> Tensor { return repeated("repeat", self, repeats); },
};
OP(tile){
    .signature = "tile(Tensor self, SymInt[] dims) -> Tensor",
    .doc = "Copies of the tensor along each dimension; missing counts at the front are 1.",
    .composite = [](const Tensor& self, IntSpan dims) -> Tensor {
      Dims counts(dims);
      while (static_cast<int64_t>(counts.size()) < self.dim()) counts.insert(0, 1);
      return repeated("tile", self, counts);
    },
};

OP(repeat_interleave_counts){
    .signature = "repeat_interleave.Tensor(Tensor repeats, *, SymInt? output_size=None) -> Tensor",
    .variants = Variants::out,
    .doc = R"(Each element, or slice along ``dim``, repeated so many times in a row; one count for all or one for each.
      >>> flambeau.repeat_interleave(flambeau.tensor([7, 8]), flambeau.tensor([1, 2]))
      tensor([7, 8, 8]))",
    .cpu = [](const Tensor& repeats, std::optional<int64_t> size) -> Tensor {
      check(repeats.dim() == 1, ErrorKind::Runtime, "repeat_interleave only accept 1D vector as repeat, got ",
            repeats.dim(), " dimensions");
      check(repeats.dtype() == DType::int64 || repeats.dtype() == DType::int32, ErrorKind::Runtime,
            "repeats has to be Long or Int tensor, got ", name(repeats.dtype()));
      Tensor counts = cast(as_contiguous(repeats), DType::int64);
      int64_t n = counts.numel(), total = 0;
      for (int64_t i = 0; i < n; ++i) {
        int64_t c = counts.data<int64_t>()[i];
        check(c >= 0, ErrorKind::Runtime, "repeat_interleave: repeats can not be negative, got ", c);
        total = sat_add(total, c);
      }
      check(!size || *size == total, ErrorKind::Runtime,
            "repeat_interleave: allocated size does not match required size, output_size is ", size.value_or(0),
            ", the repeats sum to ", total);
      Tensor out = empty(Dims{total}, repeats.dtype());
      Tensor wide = empty(Dims{total}, DType::int64);
      int64_t* to = wide.data<int64_t>();
      for (int64_t i = 0; i < n; ++i) to = std::fill_n(to, counts.data<int64_t>()[i], i);
      copy_elements(out, wide);
      return out;
    },
    .not_differentiable = "the result is positions",
};
OP(repeat_interleave_tensor){
    .signature =
        "repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, SymInt? output_size=None) -> "
        "Tensor",
    .composite = [](const Tensor& self, const Tensor& repeats, std::optional<int64_t> dim,
                    std::optional<int64_t> size) -> Tensor {
      Tensor from = dim ? self : call<"reshape">(self, Dims{-1});
      int64_t d = dim ? wrap_dim("repeat_interleave", *dim, self.dim()) : 0;
      if (from.dim() == 0) from = call<"reshape">(from, Dims{1});
      Tensor counts = repeats;
      if (repeats.dim() == 0 || (repeats.dim() == 1 && repeats.size(0) == 1)) {
        counts = call<"expand">(call<"reshape">(repeats, Dims{1}), Dims{from.size(d)});
      } else {
        check(repeats.dim() == 1, ErrorKind::Runtime, "repeat_interleave: repeats must be 0-dim or 1-dim tensor, got ",
              repeats.dim(), " dimensions");
        check(repeats.size(0) == from.size(d), ErrorKind::Runtime,
              "repeat_interleave: repeats must have the same size as input along dim, but got repeats.size(0) = ",
              repeats.size(0), " and input.size(", d, ") = ", from.size(d));
      }
      return call<"index_select">(from, d, call<"repeat_interleave.Tensor">(counts, size));
    },
};
OP(repeat_interleave_int){
    .signature =
        "repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor",
    .composite = [](const Tensor& self, int64_t repeats, std::optional<int64_t> dim,
                    std::optional<int64_t> size) -> Tensor {
      check(repeats >= 0, ErrorKind::Runtime, "repeat_interleave: repeats can not be negative, got ", repeats);
      Tensor from = dim ? self : call<"reshape">(self, Dims{-1});
      if (from.dim() == 0) from = call<"reshape">(from, Dims{1});
      int64_t d = dim ? wrap_dim("repeat_interleave", *dim, self.dim()) : 0;
      const int64_t length = sat_mul(from.size(d), repeats);
      check(!size || *size == length, ErrorKind::Runtime,
            "repeat_interleave: allocated size does not match required size, output_size is ", size.value_or(0),
            ", the repeats sum to ", length);
      Dims wide(from.sizes()), joined(from.sizes());
      wide.insert(d + 1, repeats);
      joined[d] = length;
      return call<"view">(call<"clone">(call<"expand">(call<"unsqueeze">(from, d + 1), wide), MemoryFormat::contiguous),
                          joined);
    },
};

static std::vector<Tensor> grid(TensorSpan tensors, std::string_view indexing) {
  check(!tensors.empty(), ErrorKind::Runtime, "meshgrid expects a non-empty TensorList");
  check(indexing == "ij" || indexing == "xy", ErrorKind::Runtime,
        "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: ", indexing);
  Dims sizes;
  for (const Tensor& t : tensors) {
    check(t.dim() <= 1, ErrorKind::Runtime,
          "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: ", t.dim(), "D");
    check(t.dtype() == tensors[0].dtype(), ErrorKind::Runtime,
          "torch.meshgrid expects all tensors to have the same dtype, got ", name(tensors[0].dtype()), " and ",
          name(t.dtype()));
    check(t.device() == tensors[0].device(), ErrorKind::Runtime,
          "torch.meshgrid expects all tensors to have the same device, got ", to_string(tensors[0].device()), " and ",
          to_string(t.device()));
    sizes.push_back(t.numel());
  }
  bool swap = indexing == "xy" && tensors.size() >= 2;
  std::vector<Tensor> out;
  if (swap) std::swap(sizes[0], sizes[1]);
  for (size_t i = 0; i < tensors.size(); ++i) {
    size_t place = swap && i < 2 ? 1 - i : i;
    Dims own(tensors.size(), 1);
    own[place] = tensors[i].numel();
    Dims shape = sizes;
    Tensor column = call<"view">(tensors[i].dim() ? tensors[i] : call<"reshape">(tensors[i], Dims{1}), own);
    out.push_back(call<"expand">(column, shape));
  }
  return out;
}
OP(meshgrid){
    .signature = "meshgrid(Tensor[] tensors) -> Tensor[]",
    .python = hidden,
    .doc = "Coordinates of a grid: each vector repeated along the dimensions of the others.",
    .composite = [](TensorSpan tensors) -> std::vector<Tensor> { return grid(tensors, "ij"); },
};
OP(meshgrid_indexing){
    .signature = "meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]",
    .python = hidden,
    .composite = [](TensorSpan tensors, std::string_view indexing) -> std::vector<Tensor> {
      return grid(tensors, indexing);
    },
};
OP(cartesian_prod){
    .signature = "cartesian_prod(Tensor[] tensors) -> Tensor",
    .python = hidden,
    .doc = "All combinations of one element from each vector, a row for each.",
    .composite = [](TensorSpan tensors) -> Tensor {
      for (const Tensor& t : tensors)
        check(t.dim() == 1, ErrorKind::Runtime, "cartesian_prod: Expect a 1D vector, but got shape ",
              list_text(t.sizes()));
      if (tensors.size() == 1) return tensors[0];
      std::vector<Tensor> columns;
      for (const Tensor& t : grid(tensors, "ij")) columns.push_back(call<"reshape">(t, Dims{-1}));
      return call<"stack">(TensorSpan(columns), int64_t{1});
    },
};
OP(combinations){
    .signature = "combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor",
    .python = torch,
    .doc = "All choices of ``r`` elements of a vector in their order, a row for each.",
    .composite = [](const Tensor& self, int64_t r, bool replacement) -> Tensor {
      check(self.dim() == 1, ErrorKind::Runtime, "combinations: Expect a 1D vector, but got shape ",
            list_text(self.sizes()));
      check(r >= 0, ErrorKind::Runtime, "combinations: Expect a non-negative number, but got ", r);
      if (r == 0) return call<"new_empty">(self, Dims{0});
      int64_t n = self.size(0);
      bool more = n > 0 && (replacement || r <= n);
      // The table is allocated first: there may be more choices than any memory holds.
      double count = more ? 1 : 0;
      const int64_t from = replacement ? n + std::min(r, INT64_MAX - n) - 1 : n, least = std::min(r, from - r);
      for (int64_t i = 0; i < least && count < 0x1p62; ++i)
        count = std::round(count * static_cast<double>(from - i) / static_cast<double>(i + 1));
      check(count * static_cast<double>(r) < 0x1p58, ErrorKind::OutOfMemory, "combinations: there are about ", count,
            " choices of ", r, " out of ", n, " elements");
      const int64_t rows = static_cast<int64_t>(count);
      Tensor index = empty(Dims{rows * r}, DType::int64);
      std::vector<int64_t> at(rows ? r : 0, 0);
      for (int64_t i = 0; rows && i < r && !replacement; ++i) at[i] = i;
      int64_t* to = index.data<int64_t>();
      while (more) {
        to = std::copy(at.begin(), at.end(), to);
        int64_t i = r - 1;
        while (i >= 0 && at[i] == (replacement ? n - 1 : n - r + i)) --i;
        more = i >= 0;
        if (!more) break;
        ++at[i];
        for (int64_t j = i + 1; j < r; ++j) at[j] = replacement ? at[i] : at[j - 1] + 1;
      }
      return call<"view">(call<"index_select">(self, int64_t{0}, call<"to.device">(index, self.device(), DType::int64)),
                          Dims{rows, r});
    },
};

}  // namespace flambeau
