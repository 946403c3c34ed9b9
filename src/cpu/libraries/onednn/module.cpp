// The one exported function of libflambeau_onednn.so: its table.
#include "cpu/libraries/onednn/common.h"

namespace fl = flambeau::libraries::onednn;

extern "C" __attribute__((visibility("default"))) const fl::Table* flambeau_onednn_table(fl::Memory memory) {
  fl::memory_functions() = memory;
  static const fl::Table table = [] {
    auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    auto has = [&](dnnl::cpu_isa wanted) {
      return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
    };
    return fl::Table{fl::kTableVersion,
                     has(dnnl::cpu_isa::avx512_core_bf16),
                     has(dnnl::cpu_isa::avx512_core_fp16),
                     fl::sgemm,
                     fl::matmul,
                     fl::convolution,
                     fl::pack_weights,
                     fl::release_weights};
  }();
  return &table;
}
