// Matrix products through oneDNN: the BLAS-like sgemm, and matmul primitives for the narrow types.
#include <dnnl.h>

#include "cpu/libraries/onednn/cache.h"
#include "cpu/libraries/onednn/common.h"

namespace flambeau::libraries::onednn {
namespace {

struct Ready {
  dnnl::matmul primitive;
  dnnl::memory a, b, c, scratch;
  size_t scratch_bytes;
};

std::unique_ptr<Ready> make(const Matmul& call) {
  using dnnl::memory;
  memory::desc a({call.batch, call.m, call.k}, to_dnnl(call.a_type), {call.a_batch, call.a_row, call.a_column});
  memory::desc b({call.batch, call.k, call.n}, to_dnnl(call.b_type), {call.b_batch, call.b_row, call.b_column});
  memory::desc c({call.batch, call.m, call.n}, to_dnnl(call.c_type), {call.c_batch, call.c_row, call.c_column});
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops after;
  if (call.alpha != 1) after.append_eltwise(dnnl::algorithm::eltwise_linear, call.alpha, 0.f);
  if (call.beta != 0) after.append_sum(call.beta);
  if (after.len()) attributes.set_post_ops(after);
  dnnl::matmul::primitive_desc description(engine(), a, b, c, attributes);
  auto scratch = description.scratchpad_desc();
  return std::make_unique<Ready>(Ready{dnnl::matmul(description), memory(a, engine(), nullptr),
                                       memory(b, engine(), nullptr), memory(c, engine(), nullptr),
                                       memory(scratch, engine(), nullptr), scratch.get_size()});
}

}  // namespace

const char* sgemm(const Sgemm& x) {
  ThreadCount one(1);
  dnnl_status_t status =
      dnnl_sgemm(x.transpose_a, x.transpose_b, x.m, x.n, x.k, x.alpha, x.a, x.lda, x.b, x.ldb, x.beta, x.c, x.ldc);
  return status == dnnl_success ? nullptr : "oneDNN: sgemm refused its arguments";
}

const char* matmul(const Matmul& call, const void* a, const void* b, void* c) {
  return guarded([&] {
    thread_local Cache<Matmul, Ready, 256> cache;
    ThreadCount count(call.threads);
    Ready& ready = cache.get(call, make);
    Workspace workspace(ready.scratch_bytes);
    ready.a.set_data_handle(const_cast<void*>(a));
    ready.b.set_data_handle(const_cast<void*>(b));
    ready.c.set_data_handle(c);
    ready.scratch.set_data_handle(workspace.data());
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, ready.a.get()},
                                   {DNNL_ARG_WEIGHTS, ready.b.get()},
                                   {DNNL_ARG_DST, ready.c.get()},
                                   {DNNL_ARG_SCRATCHPAD, ready.scratch.get()}};
    dnnl::error::wrap_c_api(dnnl_primitive_execute(ready.primitive.get(), stream().get(), 4, arguments),
                            "matmul failed");
  });
}

}  // namespace flambeau::libraries::onednn
