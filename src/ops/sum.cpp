// Sums, and the sum that undoes a broadcast.
#include "loops/copy.h"
#include "op/define.h"

namespace flambeau {

OP(sum_to_size) {
  .signature = "sum_to_size(Tensor self, SymInt[] size) -> Tensor",
  .python = method,
  .doc = "Sums over the dimensions that a broadcast from ``size`` would have repeated.",
  .composite = [](const Tensor& self, IntSpan size) -> Tensor {
    int64_t lead = self.dim() - static_cast<int64_t>(size.size());
    check(lead >= 0, ErrorKind::Runtime, "sum_to_size: size ", list_text(size), " is not expandable to size ", list_text(self.sizes()), ".");
    Dims dims;
    for (int64_t d = 0; d < self.dim(); ++d) {
      if (d < lead) {
        dims.push_back(d);
        continue;
      }
      int64_t want = size[d - lead], have = self.sizes()[d];
      check(want == have || want == 1, ErrorKind::Runtime, "sum_to_size: size ", list_text(size), " is not expandable to size ", list_text(self.sizes()), ".");
      if (want == 1 && have != 1) dims.push_back(d);
    }
    Tensor t = dims.empty() ? self : call<"sum.dim_IntList">(self, dims, true);
    return lead > 0 ? call<"view">(t, size) : t;
  },
};

}  // namespace flambeau
