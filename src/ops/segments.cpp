// segment_reduce: reductions of consecutive segments of a dimension. The kernels are in cpu/segments.cpp.
#include "cpu/segments.h"

#include <algorithm>

#include "loops/copy.h"
#include "ops/define.h"

namespace flambeau {

namespace {

constexpr const char* kName = "segment_reduce(): ";

SegmentReduction named(std::string_view reduce) {
  if (reduce == "sum") return SegmentReduction::sum;
  if (reduce == "mean") return SegmentReduction::mean;
  if (reduce == "max") return SegmentReduction::max;
  if (reduce == "min") return SegmentReduction::min;
  check(reduce == "prod", ErrorKind::Runtime, kName, "reduce should be sum, mean, max, min or prod, but got ", reduce);
  return SegmentReduction::prod;
}

ResultSpec segment_spec(const Tensor& data, std::string_view reduce, const Tensor& lengths, const Tensor& offsets,
                        int64_t axis) {
  named(reduce);
  check(lengths.defined() || offsets.defined(), ErrorKind::Runtime, kName,
        "Either lengths or offsets must be defined.");
  check(data.is_floating() && !data.is_complex(), ErrorKind::NotImplemented, kName, "not implemented for ",
        name(data.dtype()), "; convert the data to float32");
  axis = wrap_dim("segment_reduce", axis, data.dim());
  const Tensor& given = offsets.defined() ? offsets : lengths;
  check(is_integral(given.dtype()), ErrorKind::NotImplemented, kName, "lengths and offsets of type ",
        name(given.dtype()), " are not implemented; give int64");
  check(given.dim() == axis + 1 && given.dim() <= data.dim(), ErrorKind::Runtime, kName,
        "Expected axis to be the last dimension of lengths, but got ", axis, " and shape ", list_text(given.sizes()),
        " beside data ", list_text(data.sizes()));
  for (int64_t d = 0; d < axis; ++d)
    check(given.size(d) == data.size(d), ErrorKind::Runtime, kName, "lengths ", list_text(given.sizes()), " and data ",
          list_text(data.sizes()), " differ before axis ", axis);
  check(lengths.defined() || given.size(-1) > 0, ErrorKind::Runtime, kName, "offsets have to hold at least one bound");
  Dims sizes(data.sizes());
  sizes[axis] = given.size(-1) - (offsets.defined() ? 1 : 0);
  return {.sizes = sizes, .dtype = data.dtype()};
}

// (…, S + 1) bounds of the segments, from their lengths where no offsets are given.
Tensor bounds_of(const Tensor& lengths, const Tensor& offsets) {
  Tensor bounds = offsets.defined()
                      ? offsets
                      : call<"constant_pad_nd">(call<"cumsum">(lengths, int64_t{-1}), Dims{1, 0}, int64_t{0});
  return call<"contiguous">(call<"to.dtype">(bounds, DType::int64));
}

// The same for the kernels: checked, or, where the caller asked for no check, brought inside of the dimension.
Tensor safe_bounds(const Tensor& lengths, const Tensor& offsets, int64_t n, bool unsafe) {
  Tensor bounds = bounds_of(lengths, offsets);
  const int64_t per_row = bounds.size(-1), rows = per_row ? bounds.numel() / per_row : 0;
  if (unsafe) bounds = call<"clone">(bounds);
  for (int64_t r = 0; r < rows; ++r) {
    auto* at = bounds.data<int64_t>() + r * per_row;
    if (unsafe) {
      for (int64_t i = 0; i < per_row; ++i) at[i] = std::clamp<int64_t>(at[i], i ? at[i - 1] : 0, n);
      continue;
    }
    for (int64_t i = 1; i < per_row; ++i)
      check(at[i] >= at[i - 1], ErrorKind::Runtime, kName, "lengths contains negative value!");
    check(at[0] >= 0 && at[per_row - 1] == n, ErrorKind::Runtime, kName,
          "Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when !unsafe: the size is ", n);
  }
  return bounds;
}

std::optional<double> number(const Value& initial) {
  return initial.is_none() ? std::nullopt : std::optional(initial.number());
}

// The gradient written with operators, for derivatives of it in turn.
struct Composed {
  explicit Composed(Grad& g)
      : data(g.arg("data")), grad(g.out()), axis(wrap_dim("segment_reduce", g.integer("axis"), g.dim("data"))) {
    bounds = bounds_of(g.arg("lengths"), g.arg("offsets"));
    const int64_t n = data.size(axis);
    Dims rows(bounds.sizes());
    rows.back() = n;
    Tensor places = call<"contiguous">(call<"expand">(call<"arange">(n, DType::int64, Value(), bounds.device()), rows));
    // 0 is what lies before the first segment, S + 1 what lies behind the last.
    owner = call<"searchsorted.Tensor">(bounds, places, false, true);
  }

  // Of each element the value that its segment has; 0 for elements without one.
  Tensor spread(const Tensor& segments) const {
    Dims pad;
    for (int64_t d = segments.dim() - 1; d >= axis; --d)
      for (int side = 0; side < 2; ++side) pad.push_back(d == axis ? 1 : 0);
    Dims shape(owner.sizes());
    shape.resize(static_cast<size_t>(data.dim()), 1);
    return call<"gather">(call<"constant_pad_nd">(segments, pad, int64_t{0}), axis,
                          call<"expand">(call<"view">(owner, shape), data.sizes()));
  }
  Tensor reduced(const Tensor& t, std::string_view how, const Value& initial) const {
    return call<"segment_reduce">(t, how, Value(), Value(), bounds, axis, true, initial);
  }
  Tensor as_numbers(const Tensor& mask) const { return call<"to.dtype">(mask, grad.dtype()); }

  Tensor extremum(const Tensor& result) const {
    Tensor hits = as_numbers(call<"logical_or">(call<"eq.Tensor">(data, spread(result)), call<"isnan">(data)));
    Tensor count = call<"clamp">(reduced(hits, "sum", Value()), int64_t{1});
    return call<"mul.Tensor">(spread(call<"div.Tensor">(grad, count)), hits);
  }
  // Elements that are 0 or nan can't be divided out: of each segment the first, the second … is left out in turn.
  Tensor product(const Tensor& result, const Value& initial) const {
    Tensor left_out = call<"logical_or">(call<"eq.Tensor">(data, int64_t{0}), call<"isnan">(data));
    Tensor safe = call<"masked_fill.Scalar">(data, left_out, int64_t{1});
    Tensor others = call<"masked_fill.Scalar">(call<"div.Tensor">(spread(result), safe), left_out, int64_t{0});
    Tensor each = call<"to.dtype">(left_out, DType::float64);
    Tensor count = call<"segment_reduce">(each, "sum", Value(), Value(), bounds, axis, true);
    Tensor before = call<"sub.Tensor">(call<"cumsum">(count, axis), count);
    Tensor unheld = call<"mul.Tensor">(each, call<"eq.Tensor">(spread(call<"ones_like">(count)), int64_t{1}));
    Tensor rank = call<"sub.Tensor">(call<"sub.Tensor">(call<"cumsum">(unheld, axis), unheld), spread(before));
    const int64_t most = count.numel() ? read_element(call<"max">(count)).to_int() : 0;
    for (int64_t k = 0; k < most; ++k) {
      Tensor chosen = call<"logical_and">(left_out, call<"eq.Tensor">(rank, k));
      Tensor rest = reduced(call<"masked_fill.Scalar">(data, chosen, int64_t{1}), "prod", initial);
      others = call<"where.self">(chosen, spread(rest), others);
    }
    return call<"mul.Tensor">(spread(grad), others);
  }
  Tensor mean() const {
    Tensor counts = call<"clamp">(as_numbers(call<"diff">(bounds, int64_t{1}, int64_t{-1})), int64_t{1});
    Dims shape(counts.sizes());
    shape.resize(static_cast<size_t>(data.dim()), 1);
    return spread(call<"div.Tensor">(grad, call<"view">(counts, shape)));
  }

  Tensor data, grad, bounds, owner;
  int64_t axis;
};

}  // namespace

OP(segment_reduce){
    .signature =
        "segment_reduce(Tensor data, str reduce, *, Tensor? lengths=None, Tensor? indices=None, Tensor? offsets=None, "
        "int axis=0, bool unsafe=False, Scalar? initial=None) -> Tensor",
    .python = torch,
    .variants = Variants::none,
    .doc =
        "Reduces (``sum``, ``mean``, ``max``, ``min``, ``prod``) consecutive segments of the dimension ``axis``, given "
        "by their lengths (..., S) or by S + 1 offsets; the dimensions before ``axis`` have segments of their own. An "
        "empty segment gives ``initial``, or the reduction's neutral element (nan for mean). ``unsafe`` leaves out the "
        "check that the segments cover the dimension.",
    .shape = [](const Tensor& data, std::string_view reduce, const Tensor& lengths, const Tensor& indices,
                const Tensor& offsets, int64_t axis, bool, const Value&) -> ResultSpec {
      check(!indices.defined(), ErrorKind::Runtime, kName,
            "indices based reduction is not supported; give lengths or offsets");
      return segment_spec(data, reduce, lengths, offsets, axis);
    },
    .cpu =
        [](const Tensor& data, std::string_view reduce, const Tensor& lengths, const Tensor&, const Tensor& offsets,
           int64_t axis, bool unsafe, const Value& initial, const Tensor& out) {
          axis = wrap_dim("segment_reduce", axis, data.dim());
          reduce_segments(as_contiguous(data), safe_bounds(lengths, offsets, data.size(axis), unsafe), axis,
                          named(reduce), number(initial), out);
        },
    .saves = {"data", "lengths", "offsets", "result"},
    .gradient =
        [](Grad& g) {
          if (!g.wants("data")) return;
          if (!g.tracked())
            return g.set("data", call<"_segment_reduce_backward">(g.out(), g.result(), g.arg("data"), g.text("reduce"),
                                                                  g.arg("lengths"), g.arg("offsets"), g.integer("axis"),
                                                                  g.value("initial")));
          Composed composed(g);
          switch (named(g.text("reduce"))) {
            case SegmentReduction::sum: return g.set("data", composed.spread(composed.grad));
            case SegmentReduction::mean: return g.set("data", composed.mean());
            case SegmentReduction::prod: return g.set("data", composed.product(g.result(), g.value("initial")));
            default: return g.set("data", composed.extremum(g.result()));
          }
        },
};
OP(_segment_reduce_backward){
    .signature =
        "_segment_reduce_backward(Tensor grad, Tensor output, Tensor data, str reduce, *, Tensor? lengths=None, "
        "Tensor? offsets=None, int axis=0, Scalar? initial=None) -> Tensor",
    .python = torch,
    .doc =
        "The gradient of ``data`` of a :func:`segment_reduce` whose result was ``output``. Of a maximum or minimum the "
        "elements that equal it, and nan, share; of a product each element gets the product of the others.",
    .shape = [](const Tensor& grad, const Tensor& output, const Tensor& data, std::string_view reduce,
                const Tensor& lengths, const Tensor& offsets, int64_t axis, const Value&) -> ResultSpec {
      ResultSpec forward = segment_spec(data, reduce, lengths, offsets, axis);
      for (const Tensor* t : {&grad, &output})
        check(std::ranges::equal(t->sizes(), forward.sizes) && t->dtype() == data.dtype(), ErrorKind::Runtime,
              "_segment_reduce_backward(): expected grad and output of type ", name(data.dtype()), " and sizes ",
              list_text(forward.sizes), ", but got ", name(t->dtype()), " ", list_text(t->sizes()));
      return {.sizes = data.sizes(), .dtype = data.dtype()};
    },
    .cpu =
        [](const Tensor& grad, const Tensor& output, const Tensor& data, std::string_view reduce, const Tensor& lengths,
           const Tensor& offsets, int64_t axis, const Value& initial, const Tensor& out) {
          axis = wrap_dim("segment_reduce", axis, data.dim());
          reduce_segments_backward(as_contiguous(grad), as_contiguous(output), as_contiguous(data),
                                   safe_bounds(lengths, offsets, data.size(axis), true), axis, named(reduce),
                                   number(initial), out);
        },
    .not_differentiable = "segment_reduce writes it with operators where it is differentiated in turn",
};

}  // namespace flambeau
