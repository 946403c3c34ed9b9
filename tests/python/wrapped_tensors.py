"""Classes with `__torch_dispatch__` for tests: one that holds a tensor, a mode that notes what it sees."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau import _C
from flambeau.utils import _pytree as pytree
from flambeau.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing

Tensor = flambeau.Tensor


class Held(Tensor):
    """Holds a tensor, and runs every operator on it."""

    @staticmethod
    def __new__(cls: Any, inner: Any) -> Any:
        made = Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=inner.device,
            requires_grad=inner.requires_grad,
        )
        made.held = inner.detach() if inner.requires_grad else inner
        return made

    __torch_function__ = _C._disabled_torch_function_impl

    def __tensor_flatten__(self) -> Any:
        return ["held"], None

    @staticmethod
    def __tensor_unflatten__(inner: Any, context: Any, size: Any, stride: Any) -> Any:
        return Held(inner["held"])

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*unheld(args), **unheld(kwargs))
        wrapped = pytree.tree_map(lambda t: Held(t) if isinstance(t, Tensor) and not isinstance(t, Held) else t, result)
        return return_and_correct_aliasing(func, args, kwargs, wrapped)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"Held({self.held!r})"


def unheld(tree: Any) -> Any:
    """Whatever a structure holds, with the tensors that are held."""
    return pytree.tree_map(lambda t: t.held if isinstance(t, Held) else t, tree)


class Notes(TorchDispatchMode):
    """Notes the calls it sees, runs them, and may do something with them before."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, Any, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls.append((str(func), args, kwargs or {}))
        return func(*args, **(kwargs or {}))

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.calls]
