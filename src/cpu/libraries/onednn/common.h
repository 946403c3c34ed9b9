// Shared by the files of libflambeau_onednn.so: the engine, types, work memory, thread count and error guard.
#pragma once

#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "cpu/libraries/onednn/table.h"

namespace flambeau::libraries::onednn {

inline dnnl::engine& engine() {
  static dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}
inline dnnl::stream& stream() {
  thread_local dnnl::stream instance(engine());
  return instance;
}
inline dnnl::memory::data_type to_dnnl(Type type) {
  switch (type) {
    case Type::bfloat16: return dnnl::memory::data_type::bf16;
    case Type::float16: return dnnl::memory::data_type::f16;
    case Type::int8: return dnnl::memory::data_type::s8;
    case Type::uint8: return dnnl::memory::data_type::u8;
    case Type::int32: return dnnl::memory::data_type::s32;
    default: return dnnl::memory::data_type::f32;
  }
}

inline Memory& memory_functions() {
  static Memory functions;
  return functions;
}
class Workspace {
 public:
  explicit Workspace(size_t bytes) : data_(bytes ? memory_functions().allocate(bytes) : nullptr), bytes_(bytes) {}
  Workspace(const Workspace&) = delete;
  ~Workspace() {
    if (data_) memory_functions().release(data_, bytes_);
  }
  char* data() const { return static_cast<char*>(data_); }

 private:
  void* data_;
  size_t bytes_;
};

// oneDNN takes the number of threads from OpenMP's setting of the calling thread, when creating and when executing.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(omp_get_max_threads()) {
    if (threads != before_) omp_set_num_threads(threads);
    changed_ = threads != before_;
  }
  ThreadCount(const ThreadCount&) = delete;
  ~ThreadCount() {
    if (changed_) omp_set_num_threads(before_);
  }

 private:
  int before_;
  bool changed_;
};

template <class Body>
const char* guarded(const Body& body) {
  thread_local std::string message;
  try {
    body();
    return nullptr;
  } catch (const dnnl::error& error) {
    message = std::string("oneDNN: ") + error.what() + " (status " + std::to_string(error.status) + ")";
  } catch (const std::exception& error) { message = error.what(); }
  return message.c_str();
}

const char* sgemm(const Sgemm& call);
const char* matmul(const Matmul& call, const void* a, const void* b, void* c);
const char* convolution(const Convolution& call, const ConvolutionData& data);
const char* pack_weights(const Convolution& call, const void* weights, void** packed);
void release_weights(void* packed);

}  // namespace flambeau::libraries::onednn
