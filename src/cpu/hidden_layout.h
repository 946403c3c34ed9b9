// Results whose elements lie in another physical order than their strides say. A convolution may leave its fresh result
// in channels-last order behind the storage gate; operators that know of it read it as it is, everybody else makes the
// gate build the plain order. Off unless switched on: see hidden_layouts().
#pragma once

#include "core/tensor.h"

namespace flambeau {

class ChannelsLastBytes final : public DeferredBytes {
 public:
  explicit ChannelsLastBytes(Tensor values) : values_(std::move(values)) {}
  void build(void* plain, size_t bytes) override;
  const Tensor& values() const { return values_; }  // of the result's sizes, dense in channels-last order

 private:
  Tensor values_;
};

// Whether convolutions leave their results hidden; process-wide.
bool hidden_layouts();
void set_hidden_layouts(bool on);

// True for a result that nobody else can see yet, row-major and of rank 4 or 5.
bool may_hide(const Tensor& fresh);
// Gives `fresh` the values in their order, behind the gate.
void hide(const Tensor& fresh, Tensor channels_last);
// The channels-last tensor behind t, or t itself where nothing is hidden or t shows only a part.
Tensor revealed(const Tensor& t);

}  // namespace flambeau
