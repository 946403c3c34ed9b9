"""Hooks of modules: removable handles, the registries of hooks on all modules, and backward hooks.

A backward hook is run by two identity functions put around a module's inputs and outputs; their backward passes
see exactly the gradients that the hook is shown.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau._C import Tensor
from flambeau.utils.hooks import RemovableHandle

# Hooks on every module. `_any_global_hook` holds the key of each hook that a call has to look at, so that
# Module.__call__ tests one dictionary instead of four.
_any_global_hook: OrderedDict[int, bool] = OrderedDict()
_global_forward_pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
_global_forward_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
_global_forward_hooks_with_kwargs: OrderedDict[int, bool] = OrderedDict()
_global_forward_hooks_always_called: OrderedDict[int, bool] = OrderedDict()
_global_backward_pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
_global_backward_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
_global_is_full_backward_hook: bool | None = None
_global_parameter_registration_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
_global_buffer_registration_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
_global_module_registration_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()


def _register(hooks: OrderedDict[int, Any], hook: Any, *flags: OrderedDict[int, bool]) -> RemovableHandle:
    handle = RemovableHandle(hooks, extra_dict=list(flags))
    hooks[handle.id] = hook
    for flag in flags:
        flag[handle.id] = True
    return handle


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Runs ``hook(module, args)`` before the forward of every module; a result replaces ``args``."""
    return _register(_global_forward_pre_hooks, hook, _any_global_hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Runs ``hook(module, args, output)`` after the forward of every module; a result replaces ``output``."""
    flags = [_any_global_hook]
    if with_kwargs:
        flags.append(_global_forward_hooks_with_kwargs)
    if always_call:
        flags.append(_global_forward_hooks_always_called)
    return _register(_global_forward_hooks, hook, *flags)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Runs ``hook(module, grad_output)`` when the gradients of any module's outputs are known."""
    return _register(_global_backward_pre_hooks, hook, _any_global_hook)


def _set_global_kind(full: bool) -> None:
    global _global_is_full_backward_hook
    if _global_is_full_backward_hook is (not full) and _global_backward_hooks:
        raise RuntimeError("backward hooks on all modules are either full or of the old kind; both at once is refused")
    _global_is_full_backward_hook = full


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Runs ``hook(module, grad_input, grad_output)`` when the gradients of any module's inputs are known."""
    _set_global_kind(True)
    return _register(_global_backward_hooks, hook, _any_global_hook)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Old form of :func:`register_module_full_backward_hook`: sees the gradients of the last operator only."""
    _set_global_kind(False)
    return _register(_global_backward_hooks, hook, _any_global_hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Runs ``hook(module, name, parameter)`` at each registration of a parameter; a result replaces it."""
    return _register(_global_parameter_registration_hooks, hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Runs ``hook(module, name, buffer)`` at each registration of a buffer; a result replaces it."""
    return _register(_global_buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Runs ``hook(module, name, submodule)`` at each registration of a submodule; a result replaces it."""
    return _register(_global_module_registration_hooks, hook)


_boundaries: tuple[Any, Any] | None = None


def _boundary_functions() -> tuple[Any, Any]:
    """The two identity functions; made at first use, as they need the autograd package."""
    global _boundaries
    if _boundaries is not None:
        return _boundaries
    function: Any = flambeau.autograd.Function

    class InputBoundary(function):
        @staticmethod
        def forward(ctx: Any, hook: Any, *tensors: Any) -> Any:
            ctx.hook = hook
            ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
            return tensors

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            wanted = [g if need else None for g, need in zip(grads, ctx.needs_input_grad[1:], strict=True)]
            return (None, *ctx.hook.input_gradients(wanted))

    class OutputBoundary(function):
        @staticmethod
        def forward(ctx: Any, hook: Any, *tensors: Any) -> Any:
            ctx.hook = hook
            ctx.set_materialize_grads(False)
            ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
            return tensors

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            return (None, *ctx.hook.output_gradients(list(grads)))

    _boundaries = InputBoundary, OutputBoundary
    return _boundaries


class BackwardHook:
    """One call of one module that has full backward hooks: keeps its output gradients until the input's are known."""

    def __init__(self, module: Any, user_hooks: list[Any], user_pre_hooks: list[Any]) -> None:
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs: tuple[Any, ...] | None = None
        self.input_places: list[int] | None = None
        self.input_count = 0
        self.output_places: list[int] = []
        self.output_count = 0

    def setup_input_hook(self, args: Any) -> Any:
        values = args if isinstance(args, tuple) else (args,)
        self.input_count = len(values)
        places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
        if not (flambeau.is_grad_enabled() and any(values[i].requires_grad for i in places)):
            return args
        self.input_places = places
        replaced = list(values)
        for i, tensor in zip(places, _boundary_functions()[0].apply(self, *(values[i] for i in places)), strict=True):
            replaced[i] = tensor
        return tuple(replaced) if isinstance(args, tuple) else replaced[0]

    def setup_output_hook(self, output: Any) -> Any:
        values = output if isinstance(output, tuple) else (output,)
        self.output_count = len(values)
        self.output_places = places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
        if not (flambeau.is_grad_enabled() and any(values[i].requires_grad for i in places)):
            return output
        replaced = list(values)
        for i, tensor in zip(places, _boundary_functions()[1].apply(self, *(values[i] for i in places)), strict=True):
            replaced[i] = tensor
        if not isinstance(output, tuple):
            return replaced[0]
        return type(output)(*replaced) if hasattr(output, "_fields") else type(output)(replaced)

    def output_gradients(self, grads: list[Any]) -> list[Any]:
        full: list[Any] = [None] * self.output_count
        for place, grad in zip(self.output_places, grads, strict=True):
            full[place] = grad
        shown = tuple(full)
        for hook in self.user_pre_hooks:
            shown = self._checked(hook(self.module, shown), shown, "pre hook", "output")
        self.grad_outputs = shown
        if self.input_places is None:
            # No input wants a gradient: the hook would never fire at the inputs, so it fires here.
            if self.user_hooks:
                warnings.warn(
                    "Full backward hook is firing when gradients are computed with respect to module outputs since "
                    f"no input of {type(self.module).__name__} requires gradients",
                    stacklevel=2,
                )
            for hook in self.user_hooks:
                result = hook(self.module, (None,) * self.input_count, shown)
                if result is not None and not (isinstance(result, tuple) and all(r is None for r in result)):
                    raise RuntimeError(
                        f"backward hook of {type(self.module).__name__}: no input requires gradients, so None is the "
                        "only value that the hook may return"
                    )
            self.grad_outputs = None
        return [shown[place] for place in self.output_places]

    def input_gradients(self, grads: list[Any]) -> list[Any]:
        places = self.input_places or []
        if self.grad_outputs is None:  # the module's outputs took no part in this backward pass
            return grads
        full: list[Any] = [None] * self.input_count
        for place, grad in zip(places, grads, strict=True):
            full[place] = grad
        shown = tuple(full)
        for hook in self.user_hooks:
            shown = self._checked(hook(self.module, shown, self.grad_outputs), shown, "hook", "input")
        self.grad_outputs = None
        return [shown[place] for place in places]

    def _checked(self, result: Any, shown: tuple[Any, ...], kind: str, what: str) -> tuple[Any, ...]:
        if result is None:
            return shown
        if not isinstance(result, tuple):
            result = (result,)
        if len(result) != len(shown):
            raise RuntimeError(
                f"backward {kind} of {type(self.module).__name__} returned {len(result)} gradients for "
                f"{len(shown)} {what}s"
            )
        return result
