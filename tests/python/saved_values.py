"""Which tensors of a call may be changed before its backward pass: the question, asked alike of PyTorch (by
tools/golden_operators.py, into tests/golden/saved_values.json) and of Flambeau.

A call is made anew for each of its tensors, arguments in order and then results; that tensor's version is counted up
as a change in place would do, and the gradients are asked for. The answer is a letter for each tensor: "x" if that is
refused, "s" if it is not but the tensor is kept all the same, "." if it is not kept. One word for each choice of the
arguments that require a gradient: all that can, then (where there are several) each alone. "-" stands for a choice
without gradients.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

MOST_ALONE = 4


def answers(lib: Any, call: Callable[[Any, Any], Any], args: Any, kwargs: Any) -> list[str] | None:
    """The words for one sample; None where there is nothing to ask. `call(args, kwargs)` gives the result."""
    places = tensors_in(lib, (args, kwargs))
    if any(t.layout != lib.strided for t in places):
        return None
    able = [i for i, t in enumerate(places) if t.is_floating_point() or t.is_complex()]
    if not able:
        return None
    choices = [set(able), *({i} for i in able[:MOST_ALONE] if len(able) > 1)]
    return [_word(lib, call, args, kwargs, choice) for choice in choices]


def _word(lib: Any, call: Callable[[Any, Any], Any], args: Any, kwargs: Any, choice: set[int]) -> str:
    def run() -> tuple[list[Any], list[Any], list[Any]]:
        leaves, given = [], []

        def prepare(t: Any) -> Any:
            t = t.detach().clone()
            if len(given) in choice:
                leaves.append(t.requires_grad_())
                t = t.clone()  # not a leaf, and clone keeps nothing
            given.append(t)
            return t

        lib.manual_seed(0)
        made = map_tensors(lib, args, prepare), map_tensors(lib, kwargs, prepare)
        with lib.autograd.graph.saved_tensors_hooks(note, lambda t: t) if noting else contextlib.nullcontext():
            result = call(*made)
        return leaves, given, tensors_in(lib, () if result is None else result)

    def note(t: Any) -> Any:
        if t.numel():
            kept.add(t.untyped_storage().data_ptr())
        return t

    def fails(changed: int | None) -> bool:
        leaves, given, results = run()
        if changed is not None:
            lib.autograd.graph.increment_version([(given + results)[changed]])
        roots = [t for t in results if t.requires_grad]
        try:
            lib.autograd.grad(roots, leaves, [lib.ones_like(r) for r in roots], allow_unused=True)
        except RuntimeError as error:
            if "modified by an inplace operation" not in str(error):
                raise
            return True
        return False

    kept: set[int] = set()
    noting = True
    try:
        _, given, results = run()
        if not any(t.requires_grad for t in results) or any(t.layout != lib.strided for t in results):
            return "-"
        saved = [bool(t.numel()) and t.untyped_storage().data_ptr() in kept for t in given + results]
        noting = False
        fails(None)
        return "".join("x" if fails(i) else "s" if saved[i] else "." for i in range(len(saved)))
    except Exception:
        return "-"


def map_tensors(lib: Any, value: Any, function: Callable[[Any], Any]) -> Any:
    """The same structure with `function` applied to each tensor."""
    if isinstance(value, lib.Tensor):
        return function(value)
    if isinstance(value, (list, tuple)):
        items = [map_tensors(lib, v, function) for v in value]
        return type(value)(items) if type(value) in (list, tuple) else tuple(items)
    if isinstance(value, dict):
        return {k: map_tensors(lib, v, function) for k, v in value.items()}
    return value


def tensors_in(lib: Any, value: Any) -> list[Any]:
    """The tensors of a structure in order."""
    found: list[Any] = []
    map_tensors(lib, value, lambda t: found.append(t) or t)
    return found
