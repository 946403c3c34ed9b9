"""Modules that compute their activations again in the backward pass instead of keeping them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from flambeau import nn
from flambeau.utils.checkpoint import checkpoint

__all__ = ["CheckpointImpl", "apply_activation_checkpointing", "checkpoint_wrapper"]

_PREFIX = "_checkpoint_wrapped_module"


class CheckpointImpl(Enum):
    """The two ways of `utils.checkpoint`."""

    REENTRANT = auto()
    NO_REENTRANT = auto()


class CheckpointWrapper(nn.Module):
    """A module inside a checkpoint; names of parameters in ``state_dict`` are those of the module itself."""

    def __init__(
        self, module: nn.Module, checkpoint_impl: CheckpointImpl, function: Any, options: dict[str, Any]
    ) -> None:
        super().__init__()
        setattr(self, _PREFIX, module)
        self._function, self._options = function, options
        self._reentrant = checkpoint_impl is CheckpointImpl.REENTRANT
        self._register_state_dict_hook(self._plain_names)
        self._register_load_state_dict_pre_hook(self._wrapped_names)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The module's result, recorded for a second computation."""
        if self._function is not None:
            return self._function(getattr(self, _PREFIX), *args, **self._options, **kwargs)
        return checkpoint(getattr(self, _PREFIX), *args, use_reentrant=self._reentrant, **self._options, **kwargs)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__(_PREFIX), name)

    @staticmethod
    def _plain_names(module: Any, state: dict[str, Any], prefix: str, *ignored: Any) -> None:
        for name in [n for n in state if n.startswith(f"{prefix}{_PREFIX}.")]:
            state[prefix + name[len(prefix) + len(_PREFIX) + 1 :]] = state.pop(name)

    @staticmethod
    def _wrapped_names(state: dict[str, Any], prefix: str, *ignored: Any) -> None:
        for name in [n for n in state if n.startswith(prefix) and not n.startswith(f"{prefix}{_PREFIX}.")]:
            state[f"{prefix}{_PREFIX}.{name[len(prefix) :]}"] = state.pop(name)


def checkpoint_wrapper(
    module: nn.Module,
    checkpoint_impl: CheckpointImpl = CheckpointImpl.NO_REENTRANT,
    checkpoint_fn: Any = None,
    **checkpoint_fn_kwargs: Any,
) -> nn.Module:
    """The module inside a checkpoint.

    Args:
        checkpoint_impl: which of the two ways.
        checkpoint_fn: used in place of `utils.checkpoint.checkpoint`.
        checkpoint_fn_kwargs: options of either.
    """
    return CheckpointWrapper(module, checkpoint_impl, checkpoint_fn, checkpoint_fn_kwargs)


def apply_activation_checkpointing(
    model: nn.Module,
    checkpoint_wrapper_fn: Callable[[nn.Module], nn.Module] = checkpoint_wrapper,
    check_fn: Callable[[nn.Module], bool] = lambda _: True,
    auto_wrap_policy: Any = None,
) -> None:
    """Put every submodule that ``check_fn`` picks inside a checkpoint, in place."""
    if auto_wrap_policy is not None:
        raise NotImplementedError("apply_activation_checkpointing: auto_wrap_policy is not implemented; use check_fn")
    for parent in list(model.modules()):
        if isinstance(parent, CheckpointWrapper):
            continue
        for name, child in list(parent.named_children()):
            if check_fn(child):
                setattr(parent, name, checkpoint_wrapper_fn(child))


def offload_wrapper(module: nn.Module) -> nn.Module:
    """The module itself: activations are in the memory that others would move theirs to."""
    if not isinstance(module, nn.Module):
        raise TypeError(f"offload_wrapper: {type(module).__name__} given, a Module is wanted")
    return module
