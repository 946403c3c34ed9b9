"""Calling a module with other tensors in the places of its parameters and buffers."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any


def _tied_names(module: Any, names: Any) -> dict[str, str]:
    """Names that are not given, each with a given name whose tensor it shares."""
    by_tensor: dict[int, list[str]] = {}
    members = (*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False))
    for name, tensor in members:
        by_tensor.setdefault(id(tensor), []).append(name)
    tied: dict[str, str] = {}
    for group in by_tensor.values():
        given = [name for name in group if name in names]
        if given:
            for name in group:
                if name not in names:
                    tied[name] = given[0]
    return tied


@contextlib.contextmanager
def _reparametrize_module(
    module: Any, parameters_and_buffers: dict[str, Any], tie_weights: bool = False, strict: bool = False
) -> Iterator[None]:
    """Within the block ``module`` holds the given tensors; what was replaced returns at the end.

    What the module itself puts in the place of a given tensor meanwhile goes into the dictionary.

    With ``tie_weights`` a tensor stands in for every name of the one that it replaces. With ``strict`` missing and
    unexpected names raise RuntimeError.
    """
    wanted = dict(parameters_and_buffers)
    if tie_weights:
        for name, source in _tied_names(module, wanted).items():
            wanted[name] = wanted[source]
    if strict:
        known = {name for name, _ in (*module.named_parameters(remove_duplicate=False),
                                      *module.named_buffers(remove_duplicate=False))}  # fmt: skip
        unexpected, missing = sorted(set(wanted) - known), sorted(known - set(wanted))
        if unexpected or missing:
            raise RuntimeError(
                f"functional_call of {type(module).__name__}: unexpected keys {unexpected}, missing keys {missing}"
            )
    saved: list[tuple[dict[str, Any], str, Any]] = []
    lent: list[tuple[str, dict[str, Any], str]] = []
    try:
        for path, tensor in wanted.items():
            prefix, _, name = path.rpartition(".")
            owner = module.get_submodule(prefix)
            group = owner._parameters if name in owner._parameters else owner._buffers
            if name not in group:
                if hasattr(owner, name):
                    raise TypeError(f"functional_call: {path} of {type(owner).__name__} is no parameter and no buffer")
                raise AttributeError(f"{type(owner).__name__} has no attribute `{name}`")
            saved.append((group, name, group[name]))
            group[name] = tensor
            if path in parameters_and_buffers:
                lent.append((path, group, name))
        yield
    finally:
        for path, group, name in lent:
            if name in group and group[name] is not parameters_and_buffers[path]:
                parameters_and_buffers[path] = group[name]
        for group, name, tensor in reversed(saved):
            group[name] = tensor


def _functional_call(
    module: Any,
    parameters_and_buffers: dict[str, Any],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    if args is None:
        args = ()
    elif not isinstance(args, tuple):
        args = (args,)
    with _reparametrize_module(module, parameters_and_buffers, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def functional_call(
    module: Any,
    parameters_and_buffers: dict[str, Any],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Old place of ``flambeau.func.functional_call``."""
    warnings.warn(
        "nn.utils.stateless.functional_call is deprecated in favor of func.functional_call", FutureWarning, stacklevel=2
    )
    return _functional_call(module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict)
