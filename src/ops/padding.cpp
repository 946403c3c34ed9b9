// Padding: constant, reflecting, replicating and circular.
#include <algorithm>
#include <cstring>

#include "core/fits.h"
#include "core/saturating.h"
#include "cpu/dispatch.h"
#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

namespace {

// Amounts come in pairs from the last dimension backwards: (left, right, top, bottom, …).
Dims padded_sizes(const char* op, const Tensor& self, IntSpan pad) {
  check(pad.size() % 2 == 0, ErrorKind::Runtime, op, ": Length of pad must be even but instead it equals ", pad.size());
  int64_t pairs = static_cast<int64_t>(pad.size() / 2), rank = self.dim();
  check(pairs <= rank, ErrorKind::Runtime, op,
        ": Length of pad should be no more than twice the number of dimensions of the input. Pad length is ",
        pad.size(), " while the input has ", rank, " dimensions.");
  Dims sizes(self.sizes());
  for (int64_t i = 0; i < pairs; ++i) {
    int64_t d = rank - 1 - i;
    sizes[d] += pad[2 * i] + pad[2 * i + 1];
    check(sizes[d] >= 0, ErrorKind::Runtime, op, ": The input size ", self.size(d), ", plus negative padding ",
          pad[2 * i], " and ", pad[2 * i + 1],
          " resulted in a negative output size, which is invalid. Check dimension ", d, " of your input.");
  }
  return sizes;
}

// The part of `out` that comes from `self`, and that part of `self`.
std::pair<Layout, Layout> inner_windows(const Tensor& out, const Tensor& self, IntSpan pad) {
  Layout to = out.layout(), from = self.layout();
  for (size_t i = 0; i < pad.size() / 2; ++i) {
    int64_t d = self.dim() - 1 - static_cast<int64_t>(i), left = pad[2 * i], right = pad[2 * i + 1];
    int64_t length = std::max<int64_t>(self.size(d) + std::min<int64_t>(left, 0) + std::min<int64_t>(right, 0), 0);
    to = to.sliced(d, std::max<int64_t>(left, 0), length, 1);
    from = from.sliced(d, std::max<int64_t>(-left, 0), length, 1);
  }
  return {to, from};
}

enum class Border { reflect, replicate };

// Where an output coordinate of a padded dimension is read.
int64_t source_of(int64_t at, int64_t size, Border border) {
  if (border == Border::replicate) return std::clamp<int64_t>(at, 0, size - 1);
  if (at < 0) at = -at;
  return at >= size ? 2 * (size - 1) - at : at;
}

ResultSpec border_rule(const char* op, const Tensor& self, IntSpan pad, int64_t dims, Border border) {
  check(static_cast<int64_t>(pad.size()) == 2 * dims, ErrorKind::Runtime, op, ": padding size is expected to be ",
        2 * dims, ", but got: ", pad.size());
  int64_t rank = self.dim();
  bool batch = rank == dims + 2, sized = rank == dims + 1 || batch;
  for (int64_t d = batch ? 1 : 0; sized && d < rank; ++d) sized = self.size(d) != 0;
  check(sized, ErrorKind::Runtime, op, ": Expected ", dims + 1, "D or ", dims + 2,
        "D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: ",
        list_text(self.sizes()));
  Dims sizes(self.sizes());
  for (int64_t i = 0; i < dims; ++i) {
    int64_t d = rank - 1 - i, left = pad[2 * i], right = pad[2 * i + 1];
    check(border == Border::replicate || (left < self.size(d) && right < self.size(d)), ErrorKind::Runtime, op,
          ": Padding size should be less than the corresponding input dimension, but got: padding (", left, ", ", right,
          ") at dimension ", d, " of input ", list_text(self.sizes()));
    sizes[d] = sat_add(sat_add(sizes[d], left), right);
    check(sizes[d] >= 1, ErrorKind::Runtime, op, ": input (", self.size(d),
          ") is too small. Calculated output size: ", sizes[d], " in dimension ", d);
  }
  ResultSpec out{sizes, self.dtype()};
  if (!self.is_contiguous() && self.layout().channels_last()) out.strides = channels_last_strides(sizes);
  return out;
}

// Tables of source coordinates for every padded dimension, the last `dims` ones.
std::vector<std::vector<int64_t>> coordinates(IntSpan in, IntSpan out, IntSpan pad, int64_t dims, Border border) {
  std::vector<std::vector<int64_t>> tables(3, std::vector<int64_t>(1, 0));
  int64_t rank = static_cast<int64_t>(in.size());
  for (int64_t i = 0; i < dims; ++i) {
    int64_t d = rank - 1 - i;
    auto& table = tables[2 - i];
    table.resize(out[d]);
    for (int64_t k = 0; k < out[d]; ++k) table[k] = source_of(k - pad[2 * i], in[d], border);
  }
  return tables;
}

template <class Visit>  // visit(plane, output row start, input row start, columns table)
void planes(const Tensor& small, const Tensor& large, IntSpan pad, int64_t dims, Border border, Visit visit) {
  auto tables = coordinates(small.sizes(), large.sizes(), pad, dims, border);
  const auto &depth = tables[0], &rows = tables[1], &columns = tables[2];
  int64_t rank = small.dim(), in_width = small.size(-1), in_height = dims > 1 ? small.size(-2) : 1,
          in_depth = dims > 2 ? small.size(-3) : 1;
  int64_t in_plane = in_width * in_height * in_depth, out_rows = static_cast<int64_t>(depth.size() * rows.size()),
          count = 1;
  for (int64_t d = 0; d < rank - dims; ++d) count *= small.size(d);
  int64_t width = static_cast<int64_t>(columns.size());
  parallel_for(count, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, out_rows * width)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t p = begin; p < end; ++p)
                   for (int64_t r = 0; r < out_rows; ++r) {
                     int64_t z = depth[r / rows.size()], y = rows[r % rows.size()];
                     visit((p * out_rows + r) * width, p * in_plane + (z * in_height + y) * in_width, columns);
                   }
               });
}

void border_forward(const Tensor& self, IntSpan pad, int64_t dims, Border border, const Tensor& out) {
  if (out.numel() == 0) return;
  Tensor from = as_contiguous(self), to = out.is_contiguous() ? out : empty(out.sizes(), out.dtype());
  int64_t left = pad[0], width = self.size(-1);
  dispatch_size(out.itemsize(), [&]<class T>() {
    const T* values = from.data<T>();
    T* target = to.data<T>();
    planes(self, out, pad, dims, border, [=](int64_t o, int64_t i, const std::vector<int64_t>& columns) {
      int64_t n = static_cast<int64_t>(columns.size());
      // The middle is a straight copy.
      int64_t first = std::clamp<int64_t>(left, 0, n), last = std::clamp<int64_t>(left + width, first, n);
      for (int64_t k = 0; k < first; ++k) target[o + k] = values[i + columns[k]];
      if (last > first) std::memcpy(target + o + first, values + i + columns[first], (last - first) * sizeof(T));
      for (int64_t k = last; k < n; ++k) target[o + k] = values[i + columns[k]];
    });
  });
  if (!to.is(out)) copy_elements(out, to);
}

void border_backward(const char* op, const Tensor& grad, IntSpan pad, int64_t dims, Border border, const Tensor& out) {
  Tensor to = out.is_contiguous() ? out : empty(out.sizes(), out.dtype());
  fill_elements(to, Scalar(int64_t{0}));
  if (grad.numel() > 0) {
    Tensor from = as_contiguous(grad);
    dispatch_number(op, out.dtype(), [&]<class T>() {
      const T* values = from.data<T>();
      T* target = to.data<T>();
      planes(out, grad, pad, dims, border, [=](int64_t o, int64_t i, const std::vector<int64_t>& columns) {
        for (size_t k = 0; k < columns.size(); ++k)
          target[i + columns[k]] =
              static_cast<T>(static_cast<Wide<T>>(target[i + columns[k]]) + static_cast<Wide<T>>(values[o + k]));
      });
    });
  }
  if (!to.is(out)) copy_elements(out, to);
}

// Cotangents are laid out like the input: its strides are kept where it is channels-last.
ResultSpec backward_rule(const char* op, const Tensor& grad, const Tensor& self, IntSpan pad, int64_t dims,
                         Border border) {
  ResultSpec forward = border_rule(op, self, pad, dims, border);
  check(std::ranges::equal(grad.sizes(), IntSpan(forward.sizes)), ErrorKind::Runtime, op, ": grad_output has sizes ",
        list_text(grad.sizes()), ", expected ", list_text(forward.sizes));
  ResultSpec out{Dims(self.sizes()), grad.dtype()};
  if (forward.strides) out.strides = channels_last_strides(self.sizes());
  return out;
}

}  // namespace

OP(constant_pad_nd){
    .signature = "constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor",
    .python = torch,
    .doc =
        "The tensor in a frame of one value; amounts (before, after) for the last dimension first. Negative amounts "
        "cut off.",
    .shape = [](const Tensor& self, IntSpan pad, const Scalar& value) -> ResultSpec {
      check_fits("constant_pad_nd", value, self.dtype());
      ResultSpec out{padded_sizes("constant_pad_nd", self, pad), self.dtype()};
      if (!self.is_contiguous() && self.layout().channels_last()) out.strides = channels_last_strides(out.sizes);
      return out;
    },
    .cpu =
        [](const Tensor& self, IntSpan pad, const Scalar& value, const Tensor& out) {
          if (out.numel() == 0) return;
          auto [to, from] = inner_windows(out, self, pad);
          if (to.numel() == 0) return fill_elements(out, value);
          if (!out.is_contiguous() || !self.is_contiguous()) {
            fill_elements(out, value);
            return copy_elements(alias(out, to), alias(self, from));
          }
          // Row by row: frame and middle written once each.
          Tensor one = empty({}, out.dtype());
          fill_elements(one, value);
          int64_t rank = out.dim(), width = out.size(-1), n = out.numel() / width;
          int64_t left = pad.empty() ? 0 : std::max<int64_t>(pad[0], 0), length = to.sizes[rank - 1];
          dispatch_size(out.itemsize(), [&]<class T>() {
            T v = *one.data<T>();
            T* target = out.data<T>();
            const T* base = static_cast<const T*>(static_cast<const void*>(
                static_cast<const char*>(self.storage()->data()) + from.offset * static_cast<int64_t>(sizeof(T))));
            parallel_for(n, std::max<int64_t>(1, 32768 / width), [&](int64_t begin, int64_t end) {
              for (int64_t r = begin; r < end; ++r) {
                int64_t rest = r, source = 0;
                bool inside = true;
                for (int64_t d = rank - 1; d-- > 0;) {
                  int64_t at = rest % out.size(d);
                  rest /= out.size(d);
                  int64_t pair = 2 * (rank - 1 - d),
                          before = pair < static_cast<int64_t>(pad.size()) ? std::max<int64_t>(pad[pair], 0) : 0;
                  at -= before;
                  inside &= at >= 0 && at < to.sizes[d];
                  source += at * from.strides[d];
                }
                T* row = target + r * width;
                if (!inside) {
                  std::fill(row, row + width, v);
                  continue;
                }
                std::fill(row, row + left, v);
                std::memcpy(row + left, base + source, length * sizeof(T));
                std::fill(row + left + length, row + width, v);
              }
            });
          });
        },
    .gradient =
        [](Grad& g) {
          Dims back(g.ints("pad"));
          for (int64_t& p : back) p = -p;
          return call<"constant_pad_nd">(g.out(), back, Scalar(int64_t{0}));
        },
};

#define BORDER_PAD(name, dims_, amounts, border_, text)                                                       \
  OP(name){                                                                                                   \
      .signature = #name "(Tensor self, SymInt[" amounts "] padding) -> Tensor",                              \
      .python = nn_private,                                                                                   \
      .doc = text,                                                                                            \
      .shape = [](const Tensor& self, IntSpan pad) { return border_rule(#name, self, pad, dims_, border_); }, \
      .cpu = [](const Tensor& self, IntSpan pad,                                                              \
                const Tensor& out) { border_forward(self, pad, dims_, border_, out); },                       \
      .saves = {"self"},                                                                                      \
      .gradient = [](Grad& g) { return call<#name "_backward">(g.out(), g.self(), g.ints("padding")); },      \
      .autocast = border_ == Border::reflect && dims_ == 3 ? Autocast::none : Autocast::high,                 \
  };                                                                                                          \
  OP(name##_backward){                                                                                        \
      .signature = #name "_backward(Tensor grad_output, Tensor self, SymInt[" amounts "] padding) -> Tensor", \
      .python = nn_private,                                                                                   \
      .doc = "The gradient of " #name ": cotangents summed where their elements came from.",                  \
      .shape = [](const Tensor& grad, const Tensor& self,                                                     \
                  IntSpan pad) { return backward_rule(#name "_backward", grad, self, pad, dims_, border_); }, \
      .cpu = [](const Tensor& grad, const Tensor&, IntSpan pad,                                               \
                const Tensor& out) { border_backward(#name "_backward", grad, pad, dims_, border_, out); },   \
      .gradient = [](Grad& g) { g.set("grad_output", call<#name>(g.out(), g.ints("padding"))); },             \
  };
BORDER_PAD(reflection_pad1d, 1, "2", Border::reflect,
           "The last dimension continued by its mirror image; the border itself is not repeated.")
BORDER_PAD(reflection_pad2d, 2, "4", Border::reflect, "The last two dimensions continued by their mirror image.")
BORDER_PAD(reflection_pad3d, 3, "6", Border::reflect, "The last three dimensions continued by their mirror image.")
BORDER_PAD(replication_pad1d, 1, "2", Border::replicate, "The last dimension continued by its border values.")
BORDER_PAD(replication_pad2d, 2, "4", Border::replicate, "The last two dimensions continued by their border values.")
BORDER_PAD(replication_pad3d, 3, "6", Border::replicate, "The last three dimensions continued by their border values.")
#undef BORDER_PAD

OP(_pad_circular){
    .signature = "_pad_circular(Tensor self, SymInt[] pad) -> Tensor",
    .python = nn_private,
    .doc = "The last dimensions continued from their other end.",
    .composite = [](const Tensor& self, IntSpan pad) -> Tensor {
      int64_t dims = static_cast<int64_t>(pad.size()) / 2, rank = self.dim();
      check(dims + 1 <= rank, ErrorKind::Runtime, "_pad_circular: Invalid padding size, expected at most ",
            2 * (rank - 1), " values but got ", pad.size());
      Tensor out = self;
      bool fresh = false;
      for (int64_t i = 0; i < dims; ++i) {
        int64_t d = rank - 1 - i, size = self.size(d), left = pad[2 * i], right = pad[2 * i + 1];
        check(left <= size && right <= size, ErrorKind::Runtime,
              "_pad_circular: Padding value causes wrapping around more than once. padding (", left, ", ", right,
              "), size ", size);
        check(left + right + size >= 0, ErrorKind::Runtime,
              "_pad_circular: Negative padding value is resulting in an empty dimension");
        // What comes in at one end is the other end of what is left after cutting.
        Tensor body = call<"slice.Tensor">(out, d, std::max<int64_t>(-left, 0), size + std::min<int64_t>(right, 0));
        int64_t length = body.size(d);
        check(left <= length && right <= length, ErrorKind::Runtime, "_pad_circular: padding (", left, ", ", right,
              ") is wider than the ", length, " elements it would repeat");
        std::vector<Tensor> parts;
        if (left > 0) parts.push_back(call<"slice.Tensor">(body, d, length - left, length));
        parts.push_back(body);
        if (right > 0) parts.push_back(call<"slice.Tensor">(body, d, int64_t{0}, right));
        fresh |= parts.size() > 1;
        out = parts.size() == 1 ? parts[0] : call<"cat">(TensorSpan(parts), d);
      }
      return fresh ? out : call<"clone">(out);
    },
};

OP(pad){
    .signature = "pad(Tensor self, SymInt[] pad, str mode=\"constant\", float? value=None) -> Tensor",
    .python = functional,
    .doc =
        "Pads the last dimensions: 'constant' with a value, 'reflect', 'replicate' or 'circular'. Amounts as (left, "
        "right, top, bottom, …).",
    .composite = [](const Tensor& self, IntSpan pad, std::string_view mode, std::optional<double> value) -> Tensor {
      check(pad.size() % 2 == 0, ErrorKind::Runtime, "pad: Padding length must be divisible by 2, got ", pad.size());
      check(static_cast<int64_t>(pad.size()) <= 2 * self.dim(), ErrorKind::Runtime,
            "pad: Padding length should be less than or equal to two times the input dimension but got padding length ",
            pad.size(), " and input of dimension ", self.dim());
      if (mode == "constant") return call<"constant_pad_nd">(self, pad, Scalar(value.value_or(0)));
      check(!value || *value == 0, ErrorKind::Runtime, "pad: Padding mode \"", mode,
            "\" doesn't take in value argument, got ", value.value_or(0));
      int64_t dims = static_cast<int64_t>(pad.size()) / 2, rank = self.dim();
      bool fits = dims >= 1 && dims <= 3 && (rank == dims + 1 || rank == dims + 2);
      if (fits && mode == "reflect")
        return dims == 1   ? call<"reflection_pad1d">(self, pad)
               : dims == 2 ? call<"reflection_pad2d">(self, pad)
                           : call<"reflection_pad3d">(self, pad);
      if (fits && mode == "replicate")
        return dims == 1   ? call<"replication_pad1d">(self, pad)
               : dims == 2 ? call<"replication_pad2d">(self, pad)
                           : call<"replication_pad3d">(self, pad);
      if (fits && mode == "circular") return call<"_pad_circular">(self, pad);
      check(mode == "reflect" || mode == "replicate" || mode == "circular", ErrorKind::NotImplemented,
            "pad: Unrecognised padding mode ", mode);
      raise(ErrorKind::NotImplemented,
            "pad: Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now; got ", pad.size(),
            " amounts for ", rank, " dimensions");
    },
};

}  // namespace flambeau
