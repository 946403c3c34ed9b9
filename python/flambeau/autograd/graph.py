"""The tape seen from Python: nodes, hooks that pack saved values, and what may be changed in place."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from flambeau import _C

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]

Node = _C.Node


class _NodeHandle:
    """Takes a node's hook away again."""

    def __init__(self, node: Any, number: int) -> None:
        self._node, self.id = node, number

    def remove(self) -> None:
        """Remove the hook."""
        self._node._remove_hook(self.id)

    def __enter__(self) -> _NodeHandle:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


def _register_hook(self: Any, fn: Any) -> Any:
    """Call `fn(grad_inputs, grad_outputs)` after the node has run."""
    return _NodeHandle(self, self._register_hook(fn))


def _register_prehook(self: Any, fn: Any) -> Any:
    """Call `fn(grad_outputs)` before the node runs."""
    return _NodeHandle(self, self._register_prehook(fn))


for _name, _function in (("register_hook", _register_hook), ("register_prehook", _register_prehook)):
    setattr(Node, _name, _function)


class saved_tensors_hooks:
    """Context in which values saved for backward pass through `pack` when saved and `unpack` when used.

    Args:
        pack_hook: gets each tensor as it is saved, on the tape or not; what it returns is kept in its place. It must
            not change the tensor (RuntimeError).
        unpack_hook: gets that and returns a tensor of the same values.
    """

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
    """Context in which such hooks are refused: entering them raises RuntimeError with this message."""
    before = _C._refuse_pack_hooks(error_message)
    try:
        yield
    finally:
        _C._refuse_pack_hooks(before)


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


# --- one hook for several tensors -------------------------------------------------------------------------------------
class _MultiHandle:
    """Takes the hooks of several tensors away again."""

    def __init__(self, handles: tuple[Any, ...]) -> None:
        self.handles = handles

    def remove(self) -> None:
        """Remove the hooks."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> _MultiHandle:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


def register_multi_grad_hook(tensors: Sequence[Any], fn: Callable[..., None], *, mode: str = "all") -> Any:
    """Call `fn` once a backward pass when the gradients of several tensors are known.

    Args:
        tensors: all require gradients (AssertionError otherwise).
        fn: with mode "all" it gets a list with each tensor's gradient, None for those that the pass does not reach,
            when the last one has come; with mode "any" the gradient that came first. What it returns is ignored.
        mode: "all" or "any".

    Returns:
        A handle whose ``remove()`` takes the hook away.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"register_multi_grad_hook: Expects mode to be one of ('all', 'any') but got {mode}")
    if any(not t.requires_grad for t in tensors):
        raise AssertionError("register_multi_grad_hook: Expected gradient function to be set; a tensor requires none")
    nodes = [get_gradient_edge(t).node for t in tensors]
    state = _AllOf(nodes, fn) if mode == "all" else _AnyOf(fn)
    return _MultiHandle(tuple(t.register_hook(state.hook_of(i)) for i, t in enumerate(tensors)))


class _AllOf:
    """Collects the gradients of one pass."""

    def __init__(self, nodes: list[Any], fn: Callable[..., None]) -> None:
        self.nodes, self.fn = nodes, fn
        self.waiting: dict[int, int] = {}  # pass -> gradients still to come
        self.come: dict[int, list[Any]] = {}

    def hook_of(self, place: int) -> Callable[[Any], None]:
        def hook(grad: Any) -> None:
            task = _C._current_graph_task_id()
            if task not in self.come:
                self.come[task] = [None] * len(self.nodes)
                self.waiting[task] = sum(_C._will_engine_execute_node(node) for node in self.nodes)
            self.come[task][place] = grad
            self.waiting[task] -= 1
            if self.waiting[task] == 0:
                del self.waiting[task]
                self.fn(self.come.pop(task))

        return hook


class _AnyOf:
    """Passes the first gradient of a pass on."""

    def __init__(self, fn: Callable[..., None]) -> None:
        self.fn = fn
        self.last = -1

    def hook_of(self, place: int) -> Callable[[Any], None]:
        def hook(grad: Any) -> None:
            task = _C._current_graph_task_id()
            if task != self.last:
                self.last = task
                self.fn(grad)

        return hook


# --- changes of saved values ------------------------------------------------------------------------------------------
class _Kept:
    """A saved value: the tensor itself until it is about to be changed, then a copy."""

    __slots__ = ("__weakref__", "context", "tensor", "version")

    def __init__(self, tensor: Any, context: Any) -> None:
        self.tensor, self.version, self.context = tensor.detach(), tensor._version, context


class _AllowMutationOnSavedContext:
    """The values that were saved within the context, by their memory."""

    def __init__(self) -> None:
        self.active = True
        self.kept: dict[int, weakref.WeakSet[_Kept]] = {}

    def pack(self, tensor: Any) -> _Kept:
        kept = _Kept(tensor, self)
        self.kept.setdefault(tensor.untyped_storage().data_ptr(), weakref.WeakSet()).add(kept)
        return kept

    def unpack(self, kept: _Kept) -> Any:
        if not self.active:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context in which the graph was "
                "originally recorded."
            )
        return kept.tensor

    def before_change(self, tensor: Any) -> None:
        """Copy what is saved of the tensor's memory."""
        if tensor.layout != _C.strided:
            return
        for kept in self.kept.pop(tensor.untyped_storage().data_ptr(), ()):
            kept.tensor = kept.tensor.clone()

    def clear(self) -> None:
        """Forget all."""
        self.kept.clear()


def _changed_by(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The tensors that a call writes to."""
    given = kwargs.get("out")
    found = [given] if isinstance(given, _C.Tensor) else list(given) if isinstance(given, (tuple, list)) else []
    name = getattr(function, "__name__", "")
    in_place = name.endswith("_") and not name.endswith("__")
    if (in_place or name == "__setitem__" or name in _AUGMENTED) and args:
        found += [args[0]] if isinstance(args[0], _C.Tensor) else list(args[0]) if name.startswith("_foreach") else []
    return [t for t in found if isinstance(t, _C.Tensor)]


_AUGMENTED = frozenset(
    f"__i{name}__"
    for name in (
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "and",
        "or",
        "xor",
        "lshift",
        "rshift",
        "div",
    )
)
_in_allow_mutation = False


@contextlib.contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[_AllowMutationOnSavedContext]:
    """Context in which values saved for backward may be changed in place: they are copied just before.

    The backward pass has to run within the context, too. Contexts of this kind don't nest (RuntimeError).
    """
    from flambeau.overrides import TorchFunctionMode

    global _in_allow_mutation
    context = _AllowMutationOnSavedContext()

    class CopyBeforeChange(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            for tensor in _changed_by(func, args, kwargs):
                context.before_change(tensor)
            return func(*args, **kwargs)

    if _in_allow_mutation:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    with saved_tensors_hooks(context.pack, context.unpack), CopyBeforeChange():
        _in_allow_mutation = True
        try:
            yield context
        finally:
            _in_allow_mutation = context.active = False
            context.clear()
