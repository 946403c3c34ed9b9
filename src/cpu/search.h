// Distinct values and binary search.
#pragma once

#include <vector>

#include "core/tensor.h"

namespace flambeau {

struct Distinct {
  Tensor values, inverse, counts;  // the last two only where asked for; inverse is a vector
};
// The distinct values of a contiguous tensor in order. NaNs are all distinct.
Distinct distinct_values(const Tensor& self, bool inverse, bool counts);
// Groups of equal neighbouring slices along the first dimension of a contiguous (rows, width) tensor, in the order
// given. `first` are the rows that begin a group; inverse[order[i]] is the group of row order[i].
struct Groups {
  std::vector<int64_t> first, inverse, counts;
};
Groups group_rows(const Tensor& rows, const std::vector<int64_t>& order);
// Rows of a (rows, width) tensor in lexicographic order, equal ones as they stood.
std::vector<int64_t> row_order(const Tensor& rows);

// For each value the position in its sorted row before (right: after) the entries equal to it. All contiguous and of
// one type; `sequence` has one row, or as many as `values`. `order`, if defined, sorts the sequence.
void search_rows(const Tensor& sequence, const Tensor& order, const Tensor& values, bool right, const Tensor& out);

}  // namespace flambeau
