// Elements by their position in the whole tensor (take, put), and gather with broadcasting (take_along_dim).
#include "cpu/dispatch.h"
#include "loops/copy.h"
#include "loops/parallel.h"
#include "ops/define.h"

namespace flambeau {

OP(take_along_dim){
    .signature = "take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor",
    .variants = Variants::out,
    .doc = "Like :func:`gather` with the other dimensions broadcast; without ``dim`` both are taken as vectors.",
    .out = OutRule::distinct_converts,
    .composite = [](const Tensor& self, const Tensor& indices, std::optional<int64_t> dim) -> Tensor {
      check(indices.dtype() == DType::int64, ErrorKind::Runtime,
            "take_along_dim(): dtype of indices should be Long but got ", name(indices.dtype()));
      if (!dim) return call<"gather">(call<"reshape">(self, Dims{-1}), int64_t{0}, call<"reshape">(indices, Dims{-1}));
      check(self.dim() == indices.dim(), ErrorKind::Runtime,
            "take_along_dim(): input and indices should have the same number of dimensions, but got ", self.dim(),
            " dimensions for input, and ", indices.dim(), " dimensions for indices");
      int64_t d = wrap_dim("take_along_dim", *dim, self.dim());
      Dims a(self.sizes()), b(indices.sizes());
      Tensor wrapped = indices;
      if (self.dim() > 0) {  // negative ones count from the end
        Tensor below = call<"lt.Tensor">(indices, Scalar(int64_t{0}));
        wrapped = call<"where.self">(below, call<"add.Tensor">(indices, Scalar(self.size(d))), indices);
      }
      if (!a.empty()) {
        int64_t own = a[d], index = b[d];
        a[d] = b[d] = 1;
        Dims common = broadcast_sizes("take_along_dim", a, b);
        a = b = common;
        a[d] = own;
        b[d] = index;
      }
      return call<"gather">(call<"expand">(self, a), d, call<"expand">(wrapped, b));
    },
};

OP(take){
    .signature = "take(Tensor self, Tensor index) -> Tensor",
    .doc = R"(The elements at positions of the tensor seen as one long vector; of the index's sizes.
      >>> flambeau.take(flambeau.tensor([[4, 3], [2, 1]]), flambeau.tensor([0, -1]))
      tensor([4, 1]))",
    .out = OutRule::distinct,
    .shape = [](const Tensor& self, const Tensor& index) -> ResultSpec {
      check(index.dtype() == DType::int64, ErrorKind::Runtime, "take(): Expected a long tensor for index, but got ",
            name(index.dtype()));
      check(self.numel() > 0 || index.numel() == 0, ErrorKind::Index, "take(): tried to take from an empty tensor");
      return {Dims(index.sizes()), self.dtype()};
    },
    .cpu =
        [](const Tensor& self, const Tensor& index, const Tensor& out) {
          Tensor from = as_contiguous(self), where = as_contiguous(index);
          int64_t n = self.numel();
          const int64_t* at = where.data<int64_t>();
          dispatch_size(out.itemsize(), [&]<class T>() {
            const T* values = from.data<T>();
            T* to = out.data<T>();
            parallel_for(out.numel(), 32768, [&](int64_t begin, int64_t end) {
              for (int64_t i = begin; i < end; ++i) {
                check(at[i] >= -n && at[i] < n, ErrorKind::Index, "take: out of range: tried to access index ", at[i],
                      " on a tensor of ", n, " elements.");
                to[i] = values[at[i] < 0 ? at[i] + n : at[i]];
              }
            });
          });
        },
    .saves = {"index"},
    .gradient =
        [](Grad& g) {
          g.set("self", call<"put">(call<"new_zeros">(g.out(), g.sizes("self")), g.arg("index"), g.out(), true));
        },
};
OP(put){
    .signature = "put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor",
    .variants = Variants::both,
    .doc =
        "``self``, seen as one long vector, with the values of ``source`` at the positions of ``index``; added with "
        "``accumulate``.",
    .shape = [](const Tensor& self, const Tensor& index, const Tensor& source, bool) -> ResultSpec {
      check(index.dtype() == DType::int64, ErrorKind::Runtime, "put_(): Expected a long tensor for index, but got ",
            name(index.dtype()));
      check(self.dtype() == source.dtype(), ErrorKind::Runtime,
            "put_(): self and source expected to have the same dtype, but got self.dtype = ", name(self.dtype()),
            " and source.dtype = ", name(source.dtype()));
      check(index.numel() == source.numel(), ErrorKind::Runtime,
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = ",
            source.numel(), ", index.numel() = ", index.numel());
      check(self.numel() > 0 || index.numel() == 0, ErrorKind::Index,
            "put_(): Tried to put elements into an empty tensor");
      return ResultSpec{Dims(self.sizes()), self.dtype()};
    },
    .cpu =
        [](const Tensor&, const Tensor& index, const Tensor& source, bool accumulate, const Tensor& out) {
          Tensor where = as_contiguous(index), from = as_contiguous(source);
          int64_t n = out.numel(), count = where.numel();
          const int64_t* at = where.data<int64_t>();
          for (int64_t i = 0; i < count; ++i)
            check(at[i] >= -n && at[i] < n, ErrorKind::Index, "put_: out of range: tried to access index ", at[i],
                  " on a tensor of ", n, " elements.");
          auto position = [=](int64_t i) { return at[i] < 0 ? at[i] + n : at[i]; };
          if (!accumulate) {
            dispatch_size(out.itemsize(), [&]<class T>() {
              for (int64_t i = 0; i < count; ++i) out.data<T>()[position(i)] = from.data<T>()[i];
            });
          } else {
            dispatch_number("put_", out.dtype(), [&]<class T>() {
              T* to = out.data<T>();
              for (int64_t i = 0; i < count; ++i)
                to[position(i)] =
                    static_cast<T>(static_cast<Wide<T>>(to[position(i)]) + static_cast<Wide<T>>(from.data<T>()[i]));
            });
          }
        },
    .starts_from = "self",
    .saves = {"index"},
    .gradient =
        [](Grad& g) {
          Tensor index = g.arg("index");
          if (g.wants("self"))
            g.set("self", g.flag("accumulate")
                              ? g.out()
                              : call<"put">(g.out(), index,
                                            call<"zeros">(index.sizes(), g.out().dtype(), Value(), g.out().device())));
          if (g.wants("source")) g.set("source", call<"reshape">(call<"take">(g.out(), index), g.sizes("source")));
        },
};

}  // namespace flambeau
