// Counts under several threads: a tensor whose Python object a weak reference brings back while C++ lets go of its last
// counts ends once, and what knows an object without a count gets it alive or not at all.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "core/tensor.h"

using namespace flambeau;

namespace {

// Runs the functions at the same moment, in a thread each.
template <class... F>
void together(F... functions) {
  std::atomic<int> waiting{sizeof...(F)};
  auto at_once = [&](auto& f) {
    --waiting;
    while (waiting > 0) std::this_thread::yield();
    f();
  };
  std::vector<std::thread> threads;
  (threads.emplace_back([&] { at_once(functions); }), ...);
  for (auto& thread : threads) thread.join();
}

// The Python face in small: an object with counts of its own under one lock, which holds the tensor or is held by it.
struct Face {
  std::recursive_mutex lock;
  int counts = 0;
  TensorImpl* impl = nullptr;  // null once the object has been destroyed

  void release() {
    if (--counts > 0) return;
    if (impl->use_count() > 1) {
      counts = 1;
      impl->owns_python = true;
      return impl->release();
    }
    TensorImpl* last = std::exchange(impl, nullptr);
    last->python = nullptr;
    last->release();
  }
  // A weak reference gives the object, which is looked at and let go.
  void look() {
    std::lock_guard locked(lock);
    if (!impl) return;
    ++counts;
    { Tensor seen(Ref<TensorImpl>::share(impl)); }
    release();
  }
};

void drop_python(TensorImpl* impl) {
  auto& face = *static_cast<Face*>(impl->python);
  std::lock_guard locked(face.lock);
  if (!impl->owns_python) return impl->release();
  impl->owns_python = false;
  face.release();
}

std::atomic<int> g_ended;

}  // namespace

TEST_CASE("a tensor that comes back while others let go of it ends once") {
  auto former = std::exchange(TensorImpl::drop_python, drop_python);
  g_ended = 0;
  constexpr int kRounds = 3'000;
  for (int round = 0; round < kRounds; ++round) {
    static char bytes[64];
    auto storage = make<Storage>(bytes, sizeof bytes, Device{}, [](void*) { ++g_ended; }, nullptr);
    Face face;
    Tensor first(make<TensorImpl>(std::move(storage), Layout(Dims{4}), DType::float32, Device{}));
    face.impl = first.impl();
    face.impl->python = &face;
    face.counts = 1;
    face.impl->owns_python = true;
    Tensor second = first;
    together([&] { first = Tensor(); }, [&] { second = Tensor(); },
             [&] {
               for (int i = 0; i < 20; ++i) face.look();
             });
    REQUIRE(g_ended == round + 1);
    REQUIRE(face.impl == nullptr);
  }
  TensorImpl::drop_python = former;
}

TEST_CASE("whoever knows an object without a count gets it alive or not at all") {
  struct Known final : RefCounted {
    std::mutex& lock;
    Known*& place;
    std::atomic<int>& ended;
    Known(std::mutex& lock, Known*& place, std::atomic<int>& ended) : lock(lock), place(place), ended(ended) {}
    ~Known() override {
      std::lock_guard locked(lock);
      if (place == this) place = nullptr;
      ++ended;
    }
    void destroy() const override {
      if (take_last()) delete this;
    }
  };
  std::atomic<int> ended{0};
  int found = 0;
  constexpr int kRounds = 3'000;
  for (int round = 0; round < kRounds; ++round) {
    std::mutex lock;
    Known* place = nullptr;
    auto object = make<Known>(lock, place, ended);
    place = object.get();
    auto look = [&] {
      for (int i = 0; i < 20; ++i) {
        Ref<Known> got;
        {
          std::lock_guard locked(lock);
          if (place && place->try_retain()) got = Ref<Known>::adopt(place);
        }
        if (got) REQUIRE(got->use_count() >= 1);
      }
    };
    together([&] { object = nullptr; }, look, look);
    found += place != nullptr;
    REQUIRE(ended == round + 1);
  }
  CHECK(found == 0);
}
