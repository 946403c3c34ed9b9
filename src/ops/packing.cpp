// Sequences of unequal lengths: padded to one tensor, packed step by step, and back.
#include <algorithm>

#include "loops/copy.h"
#include "ops/product_rules.h"

namespace flambeau {

namespace {

Tensor filled(Dims sizes, const Tensor& like, const Scalar& value) {
  return call<"full">(sizes, value, like.dtype(), Value(), like.device());
}
Tensor part(const Tensor& t, int64_t dim, int64_t begin, int64_t end) {
  return call<"slice.Tensor">(t, dim, begin, end);
}
Tensor joined(std::vector<Tensor> parts, int64_t dim) { return parts.size() == 1 ? parts[0] : call<"cat">(parts, dim); }

}  // namespace

OP(_pack_padded_sequence){
    .signature = "_pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first) -> (Tensor, Tensor)",
    .python = torch,
    .doc =
        "The steps of padded sequences, sorted by falling length, one after another without the padding; and how many "
        "sequences reach each step.",
    .composite = [](const Tensor& input, const Tensor& lengths, bool batch_first) -> std::tuple<Tensor, Tensor> {
      const char* op = "pack_padded_sequence";
      check(input.dim() >= 2, ErrorKind::Runtime, op, ": input must have at least 2 dimensions, got ", describe(input));
      Tensor x = batch_first ? call<"transpose.int">(input, int64_t{0}, int64_t{1}) : input;
      check(x.numel() > 0, ErrorKind::Runtime, op, ": Cannot pack empty tensors.");
      check(lengths.dim() == 1 && lengths.size(0) == x.size(1), ErrorKind::Runtime, op,
            ": Expected `len(lengths)` to be equal to batch_size, but got ", lengths.numel(),
            " (batch_size=", x.size(1), ")");
      Tensor plain = as_contiguous(cast(lengths, DType::int64));
      const int64_t* length = plain.data<int64_t>();
      const int64_t batch = x.size(1);
      for (int64_t i = 0; i < batch; ++i) {
        check(i == 0 || length[i] <= length[i - 1], ErrorKind::Runtime, op,
              ": `lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
              "`enforce_sorted=False` to pack_padded_sequence to sidestep this requirement");
        check(length[i] > 0, ErrorKind::Runtime, op,
              ": Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0: ",
              length[i]);
      }
      check(length[0] <= x.size(0), ErrorKind::Runtime, op, ": Expected sequence lengths up to ", x.size(0),
            ", but got ", length[0]);
      Tensor sizes = empty(Dims{length[0]}, DType::int64);
      std::vector<Tensor> parts;
      int64_t from = 0;
      for (int64_t i = batch; i-- > 0;) {  // the shortest first: its steps have all of the sequences left
        if (length[i] == from) continue;
        Tensor steps = part(part(x, 0, from, length[i]), 1, 0, i + 1);
        Dims flat{(length[i] - from) * (i + 1)};
        for (int64_t d = 2; d < x.dim(); ++d) flat.push_back(x.size(d));
        parts.push_back(call<"reshape">(steps, flat));
        std::fill(sizes.data<int64_t>() + from, sizes.data<int64_t>() + length[i], i + 1);
        from = length[i];
      }
      return {joined(std::move(parts), 0), sizes};
    },
};

OP(_pad_packed_sequence){
    .signature =
        "_pad_packed_sequence(Tensor data, Tensor batch_sizes, bool batch_first, Scalar padding_value, int "
        "total_length) -> (Tensor, Tensor)",
    .python = torch,
    .doc = "Packed sequences as one padded tensor, and their lengths; ``total_length`` of 0 or less: the longest.",
    .composite = [](const Tensor& data, const Tensor& batch_sizes, bool batch_first, const Scalar& value,
                    int64_t total) -> std::tuple<Tensor, Tensor> {
      const char* op = "pad_packed_sequence";
      check(batch_sizes.dim() == 1 && batch_sizes.numel() > 0 && batch_sizes.dtype() == DType::int64,
            ErrorKind::Runtime, op, ": batch_sizes must be a non-empty vector of int64, got ", describe(batch_sizes));
      check(data.dim() >= 1, ErrorKind::Runtime, op, ": data must have at least 1 dimension");
      Tensor plain = as_contiguous(batch_sizes);
      const int64_t* size = plain.data<int64_t>();
      const int64_t steps = plain.numel(), batch = size[0];
      int64_t sum = 0;
      for (int64_t t = 0; t < steps; ++t) {
        check(size[t] > 0 && (t == 0 || size[t] <= size[t - 1]), ErrorKind::Runtime, op,
              ": batch_sizes must be positive and not increasing, got ", size[t], " at ", t);
        sum += size[t];
      }
      check(sum == data.size(0), ErrorKind::Runtime, op, ": batch_sizes add up to ", sum, ", but data has ",
            data.size(0), " steps");
      check(total <= 0 || total >= steps, ErrorKind::Runtime, op,
            ": Expected total_length to be at least the length of the longest sequence in input, but got total_length=",
            total, " and max sequence length being ", steps);
      Tensor lengths = empty(Dims{batch}, DType::int64);
      for (int64_t i = 0; i < batch; ++i)
        lengths.data<int64_t>()[i] = std::count_if(size, size + steps, [i](int64_t n) { return n > i; });
      auto shaped = [&](int64_t a, int64_t b) {
        Dims sizes{a, b};
        for (int64_t d = 1; d < data.dim(); ++d) sizes.push_back(data.size(d));
        return sizes;
      };
      std::vector<Tensor> parts;
      for (int64_t t = 0, row = 0; t < steps;) {  // runs of steps with as many sequences
        int64_t end = t;
        while (end < steps && size[end] == size[t]) ++end;
        const int64_t rows = (end - t) * size[t];
        Tensor run = call<"reshape">(part(data, 0, row, row + rows), shaped(end - t, size[t]));
        if (size[t] < batch) run = joined({run, filled(shaped(end - t, batch - size[t]), data, value)}, 1);
        parts.push_back(run);
        row += rows;
        t = end;
      }
      if (total > steps) parts.push_back(filled(shaped(total - steps, batch), data, value));
      Tensor out = joined(std::move(parts), 0);
      return {batch_first ? call<"transpose.int">(out, int64_t{0}, int64_t{1}) : out, lengths};
    },
};

OP(pad_sequence){
    .signature =
        "pad_sequence(Tensor[] sequences, bool batch_first=False, float padding_value=0.0, str padding_side=\"right\") "
        "-> Tensor",
    .python = nn_private,
    .doc = "Stacks tensors that differ in their first size, filled up to the longest on one side.",
    .composite = [](TensorSpan sequences, bool batch_first, double value, std::string_view side) -> Tensor {
      check(!sequences.empty(), ErrorKind::Runtime, "pad_sequence: received an empty list of sequences");
      check(side == "left" || side == "right", ErrorKind::Runtime,
            "pad_sequence: Expected padding_side to be one of left or right, but got ", side, ".");
      int64_t longest = 0;
      const Tensor& first = sequences[0];
      for (const Tensor& s : sequences) {
        check(
            s.dim() > 0 && s.dim() == first.dim() && std::ranges::equal(s.sizes().subspan(1), first.sizes().subspan(1)),
            ErrorKind::Runtime, "pad_sequence: The size of tensor ", list_text(s.sizes()),
            " must match the size of tensor ", list_text(first.sizes()), " in all but the first dimension");
        longest = std::max(longest, s.size(0));
      }
      std::vector<Tensor> padded;
      for (const Tensor& s : sequences) {
        Dims sizes(s.sizes());
        sizes[0] = longest - s.size(0);
        if (sizes[0] == 0) {
          padded.push_back(s);
          continue;
        }
        Tensor filler = filled(sizes, s, Scalar(value));
        padded.push_back(side == "right" ? joined({s, filler}, 0) : joined({filler, s}, 0));
      }
      return call<"stack">(padded, batch_first ? int64_t{0} : int64_t{1});
    },
};

}  // namespace flambeau
