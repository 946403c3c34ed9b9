"""`ModuleTracker`: which modules the program is in, in forward passes and in backward passes."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import _C

__all__ = ["ModuleTracker"]


class ModuleTracker:
    """While it is entered, ``parents`` has the names of the modules whose computation runs, and "Global".

    A module met first gets the name of its class, those inside it theirs after it: ``ResNet.layer1.0.conv1``. In the
    backward pass a module begins when a gradient of a result arrives and ends when those of all its inputs are there;
    where no input wants one, with the pass.

    Args:
        on_change: called with a name and whether it has begun.
    """

    def __init__(self, on_change: Callable[[str, bool], None] | None = None) -> None:
        self.parents = {"Global"}
        self._names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._on_change = on_change
        self._in_backward: set[str] = set()
        self._ends_with_pass = False
        self._handles: list[Any] = []

    def __enter__(self) -> ModuleTracker:
        from flambeau.nn.modules import module

        self._handles = [
            module.register_module_forward_pre_hook(self._before),
            module.register_module_forward_hook(self._after, always_call=True),
        ]
        return self

    def __exit__(self, *exception: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._end_of_pass()

    @property
    def is_bw(self) -> bool:
        """Whether a backward pass runs."""
        return self._ends_with_pass

    def _name(self, module: Any) -> str:
        name = self._names.get(module)
        if name is None:
            name = self._names[module] = type(module).__name__
            for inner, child in module.named_modules():
                if inner:
                    self._names.setdefault(child, f"{name}.{inner}")
        return name

    def _begin(self, name: str) -> None:
        if name not in self.parents:
            self.parents.add(name)
            if self._on_change is not None:
                self._on_change(name, True)

    def _end(self, name: str) -> None:
        if name in self.parents:
            self.parents.discard(name)
            if self._on_change is not None:
                self._on_change(name, False)

    def _before(self, module: Any, inputs: Any) -> None:
        name = self._name(module)
        self._begin(name)
        wanting = _wanting_gradients(inputs)
        missing = len(wanting)

        def arrived(grad: Any) -> None:
            nonlocal missing
            missing -= 1
            if missing == 0:
                missing = len(wanting)
                self._leave_backward(name)

        for tensor in wanting:
            tensor.register_hook(arrived)

    def _after(self, module: Any, inputs: Any, output: Any) -> None:
        name = self._name(module)
        self._end(name)
        for tensor in _wanting_gradients(output):
            tensor.register_hook(lambda grad: self._enter_backward(name))

    def _enter_backward(self, name: str) -> None:
        if not self._ends_with_pass:
            self._ends_with_pass = True
            _C._queue_callback(self._end_of_pass)
        self._in_backward.add(name)
        self._begin(name)

    def _leave_backward(self, name: str) -> None:
        self._in_backward.discard(name)
        self._end(name)

    def _end_of_pass(self) -> None:
        self._ends_with_pass = False
        for name in sorted(self._in_backward):
            self._end(name)
        self._in_backward.clear()


def _wanting_gradients(values: Any) -> list[Any]:
    from flambeau.utils._pytree import tree_leaves

    if not flambeau.is_grad_enabled():
        return []
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, flambeau.Tensor) and leaf.requires_grad]
