"""Several modules, each on its own input, in a thread each."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import flambeau

from ..modules.module import Module

__all__ = ["get_a_var", "parallel_apply"]


def get_a_var(obj: Any) -> Any:
    """The first tensor in a structure, or None."""
    if isinstance(obj, flambeau.Tensor):
        return obj
    if isinstance(obj, (list, tuple, dict)):
        for item in obj.values() if isinstance(obj, dict) else obj:
            found = get_a_var(item)
            if found is not None:
                return found
    return None


def parallel_apply(
    modules: Sequence[Module],
    inputs: Sequence[Any],
    kwargs_tup: Sequence[dict[str, Any]] | None = None,
    devices: Sequence[Any] | None = None,
) -> list[Any]:
    """The results of ``modules[i](*inputs[i], **kwargs_tup[i])``; the first error of a thread is raised here."""
    named = [{}] * len(modules) if kwargs_tup is None else list(kwargs_tup)
    if not len(modules) == len(inputs) == len(named):
        raise AssertionError(
            f"parallel_apply: {len(modules)} modules, {len(inputs)} inputs and {len(named)} keyword arguments given"
        )
    results: list[Any] = [None] * len(modules)
    errors: list[BaseException | None] = [None] * len(modules)
    enabled, autocast = flambeau.is_grad_enabled(), flambeau.is_autocast_enabled("cpu")

    def run(place: int) -> None:
        given = inputs[place] if isinstance(inputs[place], (list, tuple)) else (inputs[place],)
        try:
            with flambeau.set_grad_enabled(enabled), flambeau.autocast("cpu", enabled=autocast):
                results[place] = modules[place](*given, **named[place])
        except BaseException as error:
            errors[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(1, len(modules))]
    for thread in threads:
        thread.start()
    if modules:
        run(0)
    for thread in threads:
        thread.join()
    for error in errors:
        if error is not None:
            raise error
    return results
