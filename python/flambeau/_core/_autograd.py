"""`_C._autograd`: the hooks that pack saved values, under the names by which programs reach them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import _C

SavedTensor = _C._SavedTensor
_push_saved_tensors_default_hooks: Callable[[Any, Any], None] = _C._push_pack_hooks
_pop_saved_tensors_default_hooks: Callable[[], None] = _C._pop_pack_hooks


def _saved_tensors_hooks_get_disabled_error_message() -> str | None:
    """Why such hooks are refused on this thread; None where they are not."""
    message: str | None = _C._refuse_pack_hooks(None)
    _C._refuse_pack_hooks(message)
    return message


def _saved_tensors_hooks_is_enabled() -> bool:
    """Whether such hooks may be entered on this thread."""
    return _saved_tensors_hooks_get_disabled_error_message() is None


def _saved_tensors_hooks_disable(error_message: str, fail_if_non_empty: bool = True) -> None:
    """Refuse such hooks from now on; RuntimeError with this message where some are active."""
    _C._refuse_pack_hooks(error_message)


def _saved_tensors_hooks_enable() -> None:
    """Allow them again."""
    _C._refuse_pack_hooks(None)
