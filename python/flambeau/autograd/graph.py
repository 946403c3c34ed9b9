"""The tape seen from Python: nodes, hooks that pack saved values, and what may be changed in place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from flambeau import _C

Node = _C.Node


class _NodeHandle:
    """Takes a node's hook away again."""

    def __init__(self, node: Any, number: int) -> None:
        self._node, self.id = node, number

    def remove(self) -> None:
        """Remove the hook."""
        self._node._remove_hook(self.id)


def _register_hook(self: Any, fn: Any) -> Any:
    """Call `fn(grad_inputs, grad_outputs)` after the node has run."""
    return _NodeHandle(self, self._register_hook(fn))


def _register_prehook(self: Any, fn: Any) -> Any:
    """Call `fn(grad_outputs)` before the node runs."""
    return _NodeHandle(self, self._register_prehook(fn))


for _name, _function in (("register_hook", _register_hook), ("register_prehook", _register_prehook)):
    setattr(Node, _name, _function)


class saved_tensors_hooks:
    """Context in which values saved for backward pass through `pack` when saved and `unpack` when used."""

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        _C._push_pack_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *error: Any) -> None:
        _C._pop_pack_hooks()


class save_on_cpu(saved_tensors_hooks):
    """Keeps saved values in host memory."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda t: (t.device, t.cpu()), lambda packed: packed[1].to(packed[0]))


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Context in which pushing such hooks is an error."""
    yield


class GradientEdge(NamedTuple):
    """A place on the tape where a gradient arrives."""

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """The edge that the tensor's gradient comes in by."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    node = tensor.grad_fn
    return GradientEdge(node if node is not None else tensor._grad_accumulator(), tensor.output_nr)


def increment_version(tensor: Any) -> None:
    """Count a change that was made behind the library's back."""
    for t in [tensor] if isinstance(tensor, _C.Tensor) else tensor:
        t._bump_version()
