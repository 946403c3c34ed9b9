"""The Python dispatcher of PyTorch: kernels in Python for dispatch keys. The table takes none, so the contexts
that turn it on and off change nothing."""

from __future__ import annotations

import contextlib

__all__ = ["enable_python_dispatcher", "no_python_dispatcher", "suspend_functionalization"]


def enable_python_dispatcher() -> contextlib.AbstractContextManager[None]:
    """A context that changes nothing: operators of the table have no kernels in Python to prefer."""
    return contextlib.nullcontext()


def no_python_dispatcher() -> contextlib.AbstractContextManager[None]:
    """A context that changes nothing."""
    return contextlib.nullcontext()


def suspend_functionalization() -> contextlib.AbstractContextManager[object]:
    """A context in which operators are run as they are, in place, too."""
    from flambeau._dispatch_keys import _TorchDispatchModeKey
    from flambeau.utils._python_dispatch import _disable_infra_mode

    return _disable_infra_mode(_TorchDispatchModeKey.FUNCTIONAL)
