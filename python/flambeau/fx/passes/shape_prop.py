"""ShapeProp: running a graph once and noting the shape and type of every value."""

from __future__ import annotations

from typing import Any, NamedTuple

import flambeau

from .._compatibility import stable
from ..graph_module import GraphModule
from ..interpreter import Interpreter
from ..node import Node, map_aggregate

__all__ = ["ShapeProp", "TensorMetadata"]


@stable
class TensorMetadata(NamedTuple):
    """What ``node.meta["tensor_meta"]`` says of a tensor.

    Attributes:
        shape, dtype, requires_grad, stride: those of the tensor.
        memory_format: the first of contiguous and channels-last formats that it has; None if it has none.
        is_quantized, qparams: False and empty: there are no quantized tensors.
    """

    shape: flambeau.Size
    dtype: flambeau.dtype
    requires_grad: bool
    stride: tuple[int, ...]
    memory_format: flambeau.memory_format | None
    is_quantized: bool
    qparams: dict[str, Any]


def _extract_tensor_metadata(result: flambeau.Tensor, include_contiguity: bool = True) -> TensorMetadata:
    memory_format = None
    if include_contiguity:
        formats = [flambeau.contiguous_format]
        if result.dim() in (4, 5):
            formats.append(flambeau.channels_last if result.dim() == 4 else flambeau.channels_last_3d)
        memory_format = next((kind for kind in formats if result.is_contiguous(memory_format=kind)), None)
    stride = result.stride() if result.layout == flambeau.strided else ()
    return TensorMetadata(
        result.shape, result.dtype, result.requires_grad, tuple(stride), memory_format, is_quantized=False, qparams={}
    )


@stable
class ShapeProp(Interpreter):
    """Runs a graph and writes into each node's `meta` the `type` of its value and, for tensors, `tensor_meta`.

    With inputs on the "meta" device nothing is computed but shapes.

    Args:
        gm: the module.
        fake_mode: not supported; give tensors of the "meta" device.
    """

    def __init__(self, gm: GraphModule, fake_mode: Any = None) -> None:
        super().__init__(gm)
        if fake_mode is not None:
            raise NotImplementedError("fx.ShapeProp: fake_mode; inputs on device 'meta' propagate shapes without data")
        self.module = gm

    def run_node(self, n: Node) -> Any:
        """The value of a node, noted."""
        result = super().run_node(n)
        found = False

        def note(value: Any) -> Any:
            nonlocal found
            if not isinstance(value, flambeau.Tensor):
                return value
            found = True
            return _extract_tensor_metadata(value)

        described = map_aggregate(result, note)
        if found:
            n.meta["tensor_meta"] = described
        n.meta["type"] = type(result)
        return result

    def propagate(self, *args: Any) -> Any:
        """Run the graph with these arguments and give its result."""
        return super().run(*args)
