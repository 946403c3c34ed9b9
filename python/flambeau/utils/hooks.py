"""Handles of hooks: `RemovableHandle` is that of modules, under the name by which programs import it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from flambeau.nn._hooks import RemovableHandle

__all__ = ["RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]


def unserializable_hook(f: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a hook of a tensor as one that a pickle leaves out without a warning."""
    f.__torch_unserializable__ = True  # type: ignore[attr-defined]
    return f


def warn_if_has_hooks(tensor: Any) -> None:
    """Warn of hooks that a pickle of the tensor would lose."""
    for hook in (getattr(tensor, "_backward_hooks", None) or {}).values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(f"pickle: the hook {hook!r} of a tensor is not saved", stacklevel=2)
