// The tensor: a storage seen through a layout as elements of one type. Nothing here knows operators, the tape or
// Python; each of those hangs its own state on an abstract hook.
#pragma once

#include <memory>
#include <optional>

#include "core/device.h"
#include "core/dtype.h"
#include "core/error.h"
#include "core/intrusive.h"
#include "core/layout.h"
#include "core/storage.h"

namespace flambeau {

// What makes a call leave the straight way to the CPU kernel. A call's keys are the union over its tensors and the
// thread; op/layers.h says which layer each of them leads to. All of them stand here.
using Keys = uint32_t;
namespace key {
inline constexpr Keys Meta = 1, Mock = 2, Cuda = 4;  // backends other than the CPU
inline constexpr Keys Backends = Meta | Mock | Cuda;
// Of tensors.
inline constexpr Keys Neg = 8, Conj = 16;  // values are the negative, the conjugate, of the bytes
inline constexpr Keys Autograd = 32;       // requires a gradient
inline constexpr Keys Dual = 64;           // carries a tangent (autograd/forward.h)
inline constexpr Keys Wrapped = 128;       // stands for a value at a level of the thread (op/level.h)
inline constexpr Keys Sparse = 256;        // indices and values in place of bytes (core/sparse.h)
// Of the thread.
inline constexpr Keys Autocast = 1u << 12, Levels = 1u << 13, Record = 1u << 14, Profile = 1u << 15;
// What may not be done to a view; no layer looks at these.
inline constexpr Keys OfFunction = 1u << 27;     // result of a custom Function, whose backward no other may override
inline constexpr Keys OneOfViews = 1u << 29;     // made with others by one operator: no change in place on the tape
inline constexpr Keys RefusesChange = 1u << 30;  // made while gradients were off: no change in place once they are on
}  // namespace key
constexpr Keys backend_key(DeviceType type) {
  return type == DeviceType::cpu    ? 0
         : type == DeviceType::meta ? key::Meta
         : type == DeviceType::mock ? key::Mock
                                    : key::Cuda;
}

// Counts in-place changes; shared by views and detached tensors. While a saved value refers to it, the place of the
// last change is recorded, so that the error about it can name file and line.
class VersionCounter final : public RefCounted {
 public:
  ~VersionCounter() override {
    if (place) forget_place(*this);
  }
  std::atomic<uint32_t> value{0};
  std::atomic<bool> watched{false};
  void* place = nullptr;  // the Python code object, and the instruction in it
  int instruction = 0;
  std::string last_change() const { return place ? describe_place(*this) : std::string(); }
  void bump() {
    value.fetch_add(1, std::memory_order_relaxed);
    if (watched.load(std::memory_order_relaxed) && record_place) record_place(*this);
  }
  static void* operator new(size_t size);
  static void operator delete(void* p, size_t size);
  // Installed by the Python face.
  static inline void (*record_place)(VersionCounter&) = nullptr;
  static inline std::string (*describe_place)(const VersionCounter&) = nullptr;
  static inline void (*forget_place)(VersionCounter&) = nullptr;
};

class AutogradState {
 public:
  virtual ~AutogradState() = default;
  virtual bool is_leaf() const = 0;
};

class TensorImpl {
 public:
  TensorImpl(Ref<Storage> storage, Layout layout, DType dtype, Device device)
      : storage(std::move(storage)),
        layout(std::move(layout)),
        device(device),
        dtype(dtype),
        keys(backend_key(device.type)) {}
  TensorImpl(const TensorImpl&) = delete;

  Ref<Storage> storage;
  Layout layout;
  Ref<VersionCounter> version;  // made on need
  std::unique_ptr<AutogradState> autograd;
  Ref<TensorImpl> base;      // of a view: the tensor whose storage it shows
  void* python = nullptr;    // the Python object, once there is one
  bool owns_python = false;  // the object is kept alive from here because Python itself let go of it
  Device device;
  DType dtype;
  bool wrapped_number = false;  // came from a Python number: counts as one in type promotion
  bool inference = false;
  bool no_grad_view = false;  // a view made while gradients were off: changing it in place is then refused
  Keys keys;

  // A view follows its base on the tape and in its tangent, which the base may have got after the view was made.
  Keys all_keys() const {
    return base ? keys | (base->keys & (no_grad_view ? key::Dual : key::Autograd | key::Dual)) : keys;
  }

  void retain() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (drop_count(refs_)) destroy();
  }
  uint32_t use_count() const { return refs_.load(std::memory_order_acquire); }
  VersionCounter& versions() {
    if (!version) version = make<VersionCounter>();
    return *version;
  }

  static void* operator new(size_t size);
  static void operator delete(void* p, size_t size);
  // Lets the Python object of a dying tensor go; installed by the Python face.
  static inline void (*drop_python)(TensorImpl*) = nullptr;

 private:
  void destroy();
  std::atomic<uint32_t> refs_{1};
};

class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}

  bool defined() const { return static_cast<bool>(impl_); }
  explicit operator bool() const { return defined(); }
  TensorImpl* impl() const { return impl_.get(); }
  Ref<TensorImpl> detach_ref() { return std::move(impl_); }
  bool is(const Tensor& other) const { return impl_ == other.impl_; }

  DType dtype() const { return impl_->dtype; }
  Device device() const { return impl_->device; }
  const Layout& layout() const { return impl_->layout; }
  IntSpan sizes() const { return impl_->layout.sizes; }
  IntSpan strides() const { return impl_->layout.strides; }
  int64_t offset() const { return impl_->layout.offset; }
  int64_t dim() const { return impl_->layout.dim(); }
  int64_t numel() const { return impl_->layout.numel(); }
  int64_t size(int64_t d) const { return impl_->layout.sizes[place(d)]; }
  int64_t stride(int64_t d) const { return impl_->layout.strides[place(d)]; }
  size_t itemsize() const { return flambeau::itemsize(impl_->dtype); }
  bool is_contiguous() const { return impl_->layout.contiguous(); }
  bool is_floating() const { return flambeau::is_floating(impl_->dtype); }
  bool is_complex() const { return flambeau::is_complex(impl_->dtype); }
  bool is_meta() const { return impl_->device.type == DeviceType::meta; }
  bool is_conj() const { return impl_->keys & key::Conj; }
  bool is_neg() const { return impl_->keys & key::Neg; }
  bool requires_grad() const { return impl_->all_keys() & key::Autograd; }
  const Ref<Storage>& storage() const { return impl_->storage; }

  // The first element; goes through the storage's gate.
  void* data() const {
    return static_cast<char*>(impl_->storage->data()) + impl_->layout.offset * static_cast<int64_t>(itemsize());
  }
  // The same on the tensor's own device, for those who know what they do with it.
  void* device_data() const {
    return static_cast<char*>(impl_->storage->device_data()) + impl_->layout.offset * static_cast<int64_t>(itemsize());
  }
  template <class T>
  T* data() const {
#ifdef __SANITIZE_ADDRESS__  // a kernel that takes one type for another
    if (sizeof(T) != 1 && sizeof(T) != itemsize()) __builtin_trap();
#endif
    return static_cast<T*>(data());
  }

 private:
  size_t place(int64_t d) const {
    const int64_t at = d < 0 ? d + dim() : d;
    if (__builtin_expect(at < 0 || at >= dim(), 0)) no_dimension(d);
    return static_cast<size_t>(at);
  }
  [[noreturn]] void no_dimension(int64_t d) const;  // IndexError

  Ref<TensorImpl> impl_;
};

struct TensorOptions {
  std::optional<DType> dtype;
  std::optional<Device> device;
};

Tensor empty(IntSpan sizes, DType dtype, Device device = {});
Tensor empty_strided(Dims sizes, Dims strides, DType dtype, Device device = {});
// Another tensor over the same storage. Shares the version counter; knows nothing of the tape.
Tensor alias(const Tensor& base, Layout layout);
Tensor alias(const Tensor& base, Layout layout, DType dtype);
Tensor alias(TensorImpl& base, Layout&& layout, DType dtype);
void check_extent(const char* op, const Layout& layout, size_t itemsize, size_t storage_bytes);
// "float32 (2, 3)": how a tensor is shown in error messages. Made only when it is shown.
struct TensorText {
  const TensorImpl* impl;
  operator std::string() const;
};
inline TensorText describe(const Tensor& t) { return {t.impl()}; }
std::ostream& operator<<(std::ostream& out, const TensorText& text);

}  // namespace flambeau
