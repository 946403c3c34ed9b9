// Results in channels-last order behind the storage gate, see hidden_layout.h.
#include "cpu/hidden_layout.h"

#include <atomic>

#include "loops/copy.h"

namespace flambeau {

namespace {

std::atomic<bool> enabled{false};

// Leaves bytes that belong to somebody else alone.
void keep(void*) {}

}  // namespace

bool hidden_layouts() { return enabled.load(std::memory_order_relaxed); }
void set_hidden_layouts(bool on) { enabled.store(on, std::memory_order_relaxed); }

void ChannelsLastBytes::build(void* plain, size_t bytes) {
  auto storage = make<Storage>(plain, bytes, Device{}, keep, nullptr);
  Tensor target(make<TensorImpl>(std::move(storage), Layout(values_.sizes()), values_.dtype(), Device{}));
  copy_elements(target, values_);
}

bool may_hide(const Tensor& fresh) {
  const TensorImpl* impl = fresh.impl();
  return hidden_layouts() && fresh.dim() >= 4 && fresh.dim() <= 5 && impl->python == nullptr && !impl->base &&
         impl->layout.offset == 0 && fresh.is_contiguous() && impl->device.type == DeviceType::cpu &&
         fresh.storage()->use_count() == 1 && !fresh.storage()->pinned() && fresh.numel() > 0;
}

void hide(const Tensor& fresh, Tensor channels_last) {
  const size_t bytes = static_cast<size_t>(fresh.numel()) * fresh.itemsize();
  fresh.impl()->storage =
      make<Storage>(std::make_shared<ChannelsLastBytes>(std::move(channels_last)), bytes, fresh.device());
}

Tensor revealed(const Tensor& t) {
  if (t.dim() < 4 || t.offset() != 0) return t;
  auto deferred = t.storage()->deferred();
  auto* hidden = dynamic_cast<ChannelsLastBytes*>(deferred.get());
  if (!hidden || hidden->values().dtype() != t.dtype() || !std::ranges::equal(hidden->values().sizes(), t.sizes()) ||
      !t.is_contiguous())
    return t;
  return hidden->values();
}

}  // namespace flambeau
