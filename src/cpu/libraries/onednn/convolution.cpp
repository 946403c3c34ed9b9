// Convolution primitives: the layouts they run in, reorders from and to the caller's layouts, and packed weights.
#include <array>
#include <vector>

#include "cpu/libraries/onednn/cache.h"
#include "cpu/libraries/onednn/common.h"

namespace flambeau::libraries::onednn {
namespace {

using dnnl::memory;
using Dims = memory::dims;

// Dense strides of `dims`; channels last moves the channel, at position `channel`, behind the spatial ones.
Dims dense_strides(const Dims& dims, size_t channel, bool last) {
  Dims strides(dims.size());
  int64_t step = 1;
  if (last) {
    strides[channel] = 1;
    step = dims[channel];
  }
  for (size_t i = dims.size(); i-- > 0;) {
    if (last && i == channel) continue;
    strides[i] = step;
    step *= dims[i];
  }
  return strides;
}

struct Shapes {
  Dims source, weights, bias, destination, stride, dilation, begin, end;

  explicit Shapes(const Convolution& call) {
    source = {call.batch, call.in_channels};
    destination = {call.batch, call.out_channels};
    bias = {call.out_channels};
    if (call.groups > 1)
      weights = {call.groups, call.out_channels / call.groups, call.in_channels / call.groups};
    else
      weights = {call.out_channels, call.in_channels};
    for (int i = 3 - call.spatial; i < 3; i++) {
      source.push_back(call.input[i]);
      destination.push_back(call.output[i]);
      weights.push_back(call.kernel[i]);
      stride.push_back(call.stride[i]);
      dilation.push_back(call.dilation[i] - 1);
      begin.push_back(call.padding_begin[i]);
      end.push_back(call.padding_end[i]);
    }
  }
};

struct Descriptions {
  memory::desc source, weights, bias, destination;  // as the caller has them
  explicit Descriptions(const Convolution& call) {
    Shapes shapes(call);
    auto type = to_dnnl(call.type);
    source = {shapes.source, type, dense_strides(shapes.source, 1, call.source_last)};
    destination = {shapes.destination, type, dense_strides(shapes.destination, 1, call.destination_last)};
    weights = {shapes.weights, type, dense_strides(shapes.weights, call.groups > 1 ? 2 : 1, call.weights_last)};
    if (call.with_bias) bias = {shapes.bias, type, Dims{1}};
  }
};

// One tensor of a call. Where the primitive wants another layout, `inner` lies in work memory and `reorder` copies.
struct Operand {
  int argument;
  memory outer, inner;
  dnnl::reorder reorder;
  bool reordered = false, written = false;
  size_t offset = 0;
};

struct Ready {
  dnnl::primitive primitive;
  std::vector<Operand> operands;  // source, weights, destination, then bias if there is one
  memory scratch;
  memory::desc weights;
  size_t scratch_offset = 0, bytes = 0;
};

template <class Description>
void finish(Ready& ready, const Description& description, const Convolution& call,
            std::initializer_list<std::pair<int, memory::desc>> inner) {
  Descriptions outer(call);
  const memory::desc* outer_of[] = {&outer.source, &outer.weights, &outer.destination, &outer.bias};
  auto reserve = [&](size_t bytes) {
    size_t offset = ready.bytes;
    ready.bytes += (bytes + 63) / 64 * 64;
    return offset;
  };
  const int written = call.pass == Pass::forward ? 2 : call.pass == Pass::backward_data ? 0 : 1;
  int position = 0;
  for (const auto& [argument, wanted] : inner) {
    Operand operand;
    operand.argument = argument;
    operand.written = position == written || (position == 3 && call.pass == Pass::backward_weights);
    const memory::desc& given = *outer_of[position];
    operand.outer = memory(given, engine(), nullptr);
    operand.inner = memory(wanted, engine(), nullptr);
    operand.reordered = wanted != given;
    if (operand.reordered) {
      dnnl::reorder::primitive_desc copy(engine(), operand.written ? wanted : given, engine(),
                                         operand.written ? given : wanted);
      operand.reorder = dnnl::reorder(copy);
      operand.offset = reserve(wanted.get_size());
    }
    if (position == 1) ready.weights = wanted;
    ready.operands.push_back(std::move(operand));
    position++;
  }
  auto scratch = description.scratchpad_desc();
  ready.scratch = memory(scratch, engine(), nullptr);
  ready.scratch_offset = reserve(scratch.get_size());
}

std::unique_ptr<Ready> make(const Convolution& call) {
  Shapes shapes(call);
  auto type = to_dnnl(call.type);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  // Channels last runs as it is, and takes the other tensor along; only where all is channels first may oneDNN choose.
  const bool last = call.source_last || call.destination_last;
  auto layout = [&](const Dims& dims) {
    return last ? memory::desc(dims, type, dense_strides(dims, 1, true))
                : memory::desc(dims, type, memory::format_tag::any);
  };
  memory::desc source = layout(shapes.source), destination = layout(shapes.destination);
  memory::desc weights(shapes.weights, type, memory::format_tag::any), bias;
  if (call.with_bias && call.pass != Pass::backward_data) bias = {shapes.bias, type, memory::format_tag::x};
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const auto kind = call.pass == Pass::forward ? dnnl::prop_kind::forward_inference : dnnl::prop_kind::forward_training;
  dnnl::convolution_forward::primitive_desc forward(engine(), kind, algorithm, source, weights, bias, destination,
                                                    shapes.stride, shapes.dilation, shapes.begin, shapes.end,
                                                    attributes);
  auto ready = std::make_unique<Ready>();
  if (call.pass == Pass::forward) {
    ready->primitive = dnnl::convolution_forward(forward);
    auto& d = forward;
    if (call.with_bias) {
      finish(*ready, d, call,
             {{DNNL_ARG_SRC, d.src_desc()},
              {DNNL_ARG_WEIGHTS, d.weights_desc()},
              {DNNL_ARG_DST, d.dst_desc()},
              {DNNL_ARG_BIAS, d.bias_desc()}});
    } else {
      finish(*ready, d, call,
             {{DNNL_ARG_SRC, d.src_desc()}, {DNNL_ARG_WEIGHTS, d.weights_desc()}, {DNNL_ARG_DST, d.dst_desc()}});
    }
  } else if (call.pass == Pass::backward_data) {
    dnnl::convolution_backward_data::primitive_desc d(engine(), algorithm, source, weights, destination, shapes.stride,
                                                      shapes.dilation, shapes.begin, shapes.end, forward, attributes);
    ready->primitive = dnnl::convolution_backward_data(d);
    finish(*ready, d, call,
           {{DNNL_ARG_DIFF_SRC, d.diff_src_desc()},
            {DNNL_ARG_WEIGHTS, d.weights_desc()},
            {DNNL_ARG_DIFF_DST, d.diff_dst_desc()}});
  } else {
    dnnl::convolution_backward_weights::primitive_desc d(engine(), algorithm, source, weights, bias, destination,
                                                         shapes.stride, shapes.dilation, shapes.begin, shapes.end,
                                                         forward, attributes);
    ready->primitive = dnnl::convolution_backward_weights(d);
    if (call.with_bias) {
      finish(*ready, d, call,
             {{DNNL_ARG_SRC, d.src_desc()},
              {DNNL_ARG_DIFF_WEIGHTS, d.diff_weights_desc()},
              {DNNL_ARG_DIFF_DST, d.diff_dst_desc()},
              {DNNL_ARG_DIFF_BIAS, d.diff_bias_desc()}});
    } else {
      finish(*ready, d, call,
             {{DNNL_ARG_SRC, d.src_desc()},
              {DNNL_ARG_DIFF_WEIGHTS, d.diff_weights_desc()},
              {DNNL_ARG_DIFF_DST, d.diff_dst_desc()}});
    }
  }
  return ready;
}

Ready& ready_for(const Convolution& call) {
  thread_local Cache<Convolution, Ready, 256> cache;
  return cache.get(call, make);
}

void copy(Operand& operand, bool inward) {
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, (inward ? operand.outer : operand.inner).get()},
                                 {DNNL_ARG_TO, (inward ? operand.inner : operand.outer).get()}};
  dnnl::error::wrap_c_api(dnnl_primitive_execute(operand.reorder.get(), stream().get(), 2, arguments),
                          "reorder failed");
}

struct Packed {
  memory::desc description;
  void* data;
  size_t bytes;
};

}  // namespace

const char* convolution(const Convolution& call, const ConvolutionData& data) {
  return guarded([&] {
    ThreadCount count(call.threads);
    Ready& ready = ready_for(call);
    const auto* packed = static_cast<const Packed*>(data.packed_weights);
    const bool use_packed = packed && packed->description == ready.weights;
    Workspace workspace(ready.bytes);
    void* given[] = {data.source, data.weights, data.destination, data.bias};
    std::array<dnnl_exec_arg_t, 5> arguments;
    int used = 0;
    for (Operand& operand : ready.operands) {
      void* pointer = given[used];
      bool reordered = operand.reordered;
      if (used == 1 && use_packed) {
        pointer = packed->data;
        reordered = false;
      }
      if (reordered) {
        operand.outer.set_data_handle(pointer);
        pointer = workspace.data() + operand.offset;
      }
      operand.inner.set_data_handle(pointer);
      if (reordered && !operand.written) copy(operand, true);
      arguments[used++] = {operand.argument, operand.inner.get()};
    }
    ready.scratch.set_data_handle(workspace.data() + ready.scratch_offset);
    arguments[used++] = {DNNL_ARG_SCRATCHPAD, ready.scratch.get()};
    dnnl::error::wrap_c_api(dnnl_primitive_execute(ready.primitive.get(), stream().get(), used, arguments.data()),
                            "convolution failed");
    for (Operand& operand : ready.operands) {
      if (operand.reordered && operand.written) copy(operand, false);
    }
  });
}

const char* pack_weights(const Convolution& call, const void* weights, void** packed) {
  return guarded([&] {
    ThreadCount count(call.threads);
    Ready& ready = ready_for(call);
    size_t bytes = ready.weights.get_size();
    auto result = std::make_unique<Packed>(Packed{ready.weights, memory_functions().allocate(bytes), bytes});
    Descriptions outer(call);
    memory from(outer.weights, engine(), const_cast<void*>(weights)), to(ready.weights, engine(), result->data);
    dnnl::reorder(from, to).execute(stream(), from, to);
    *packed = result.release();
  });
}

void release_weights(void* packed) {
  auto* weights = static_cast<Packed*>(packed);
  memory_functions().release(weights->data, weights->bytes);
  delete weights;
}

}  // namespace flambeau::libraries::onednn
