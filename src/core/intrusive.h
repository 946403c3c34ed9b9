// Reference counting inside the object: a pointer is one word, and an object can be handed through C interfaces.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace flambeau {

// Takes a count away, unless it is the last: then true, and it stands still. So an object on its way out never shows 0
// to others who may bring it back (Python, by a weak reference), and only one of them ever sees the last.
inline bool drop_count(std::atomic<uint32_t>& refs) {
  uint32_t n = refs.load(std::memory_order_acquire);
  while (n != 1)
    if (refs.compare_exchange_weak(n, n - 1, std::memory_order_acq_rel, std::memory_order_acquire)) return false;
  return true;
}

class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;
  virtual ~RefCounted() = default;

  void retain() const { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() const {
    if (drop_count(refs_)) destroy();
  }
  // For whoever knows an object of a class that says `take_last` without a count: false once the object is dying.
  bool try_retain() const {
    for (uint32_t n = refs_.load(std::memory_order_acquire); n != 0;)
      if (refs_.compare_exchange_weak(n, n + 1, std::memory_order_acq_rel, std::memory_order_acquire)) return true;
    return false;
  }
  uint32_t use_count() const { return refs_.load(std::memory_order_acquire); }

 protected:
  virtual void destroy() const { delete this; }  // while the last count stands
  // The first step of `destroy` in a class whose objects others `try_retain`: false where one of them was faster, and
  // the count has gone to it.
  bool take_last() const {
    uint32_t last = 1;
    if (refs_.compare_exchange_strong(last, 0, std::memory_order_acq_rel)) return true;
    release();
    return false;
  }

 private:
  mutable std::atomic<uint32_t> refs_{1};
};

template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  Ref(const Ref& other) : p_(other.p_) {
    if (p_) p_->retain();
  }
  Ref(Ref&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  template <class U>
  Ref(Ref<U> other) : p_(other.detach()) {}
  ~Ref() {
    if (p_) p_->release();
  }
  Ref& operator=(Ref other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }

  static Ref adopt(T* p) {
    Ref r;
    r.p_ = p;
    return r;
  }  // takes over a count that the caller holds
  static Ref share(T* p) {
    if (p) p->retain();
    return adopt(p);
  }
  T* detach() { return std::exchange(p_, nullptr); }

  T* get() const { return p_; }
  T* operator->() const { return p_; }
  T& operator*() const { return *p_; }
  explicit operator bool() const { return p_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.p_ == b.p_; }

 private:
  T* p_ = nullptr;
};

template <class T, class... Args>
Ref<T> make(Args&&... args) {
  return Ref<T>::adopt(new T(std::forward<Args>(args)...));
}

}  // namespace flambeau
