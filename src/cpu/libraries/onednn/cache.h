// A cache of ready primitives for one thread: least recently used goes first. One per thread, so no lock is taken and
// the memory objects in an entry can be pointed at a call's buffers; oneDNN shares the compiled kernels between threads
// itself.
#pragma once

#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <unordered_map>

namespace flambeau::libraries::onednn {

template <class Key, class Value, size_t capacity>
class Cache {
  struct Hash {
    size_t operator()(const Key* key) const {
      uint64_t words[sizeof(Key) / 8];
      std::memcpy(words, key, sizeof words);
      uint64_t hash = 0x9e3779b97f4a7c15ull;
      for (uint64_t word : words) {
        hash = (hash ^ word) * 0xff51afd7ed558ccdull;
        hash ^= hash >> 32;
      }
      return hash;
    }
  };
  struct Equal {
    bool operator()(const Key* a, const Key* b) const { return std::memcmp(a, b, sizeof(Key)) == 0; }
  };
  static_assert(sizeof(Key) % 8 == 0);

 public:
  template <class Make>
  Value& get(const Key& key, const Make& make) {
    if (!order_.empty() && Equal()(&order_.front().first, &key)) return *order_.front().second;
    auto found = index_.find(&key);
    if (found != index_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return *order_.front().second;
    }
    order_.emplace_front(key, make(key));
    index_.emplace(&order_.front().first, order_.begin());
    if (order_.size() > capacity) {
      index_.erase(&order_.back().first);
      order_.pop_back();
    }
    return *order_.front().second;
  }

 private:
  std::list<std::pair<Key, std::unique_ptr<Value>>> order_;
  std::unordered_map<const Key*, typename decltype(order_)::iterator, Hash, Equal> index_;
};

}  // namespace flambeau::libraries::onednn
