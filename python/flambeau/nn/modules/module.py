"""Module: the base of everything that holds parameters and computes.

Registration and attributes, iteration, conversion, hooks, printing and the call. State dictionaries are in
nn/_state.py, hooks on all modules and backward hooks in nn/_hooks.py, the path shown in errors in nn/_error_path.py.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

import flambeau
from flambeau import _C
from flambeau._C import Tensor

from .. import _error_path, _hooks, _state
from .._hooks import (
    BackwardHook,
    RemovableHandle,
    _any_global_hook,
    _global_backward_hooks,
    _global_backward_pre_hooks,
    _global_buffer_registration_hooks,
    _global_forward_hooks,
    _global_forward_hooks_always_called,
    _global_forward_hooks_with_kwargs,
    _global_forward_pre_hooks,
    _global_module_registration_hooks,
    _global_parameter_registration_hooks,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from .._state import _EXTRA_STATE_KEY_SUFFIX, _IncompatibleKeys
from ..parameter import Buffer, Parameter

__all__ = [
    "_EXTRA_STATE_KEY_SUFFIX",
    "Module",
    "RemovableHandle",
    "_IncompatibleKeys",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

T_destination = TypeVar("T_destination", bound=dict[str, Any])
_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result", covariant=True)


class _Computes(Protocol[_Arguments, _Result]):
    """What `Module.__call__` sees of its own class: calling a module takes and gives what its `forward` does."""

    def forward(self, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result: ...


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _only_floating(method: str) -> Callable[[Any], Any]:
    """Calls a conversion method on floating tensors and leaves the others as they are."""
    return lambda tensor: getattr(tensor, method)() if tensor.is_floating_point() else tensor


def _addindent(text: str, spaces: int) -> str:
    """Indents every line but the first."""
    return text.replace("\n", "\n" + " " * spaces)


def _forward_unimplemented(self: Any, *input: Any) -> None:
    """Stands in for ``forward`` until a subclass defines it. Raises NotImplementedError."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


class _WrappedHook:
    """A state dictionary hook that also receives the module; holds it weakly, so that no cycle arises."""

    def __init__(self, hook: Callable[..., Any], module: Module | None = None) -> None:
        import weakref

        self.hook = hook
        self.with_module = module is not None
        self.module: Any = weakref.ref(module) if module is not None else None
        self.__name__ = getattr(hook, "__name__", type(hook).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.with_module:
            return self.hook(*args, **kwargs)
        module = self.module()
        if module is None:
            raise RuntimeError(f"hook {self.__name__}: its module does not exist any more")
        return self.hook(module, *args, **kwargs)

    def __getstate__(self) -> Any:
        return {"hook": self.hook, "module": self.module() if self.with_module else None}

    def __setstate__(self, state: Any) -> None:
        self.__init__(state["hook"], state["module"])  # type: ignore[misc]


_HOOK_DICTIONARIES = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


class Module:
    """Base class of all layers and networks.

    A subclass calls ``super().__init__()`` first, assigns parameters (:class:`Parameter`), buffers and submodules as
    attributes, and defines ``forward``. Calling the module runs ``forward`` and its hooks. When ``forward`` raises,
    the exception carries a note with the path of the submodule it came from, such as ``decoder.layers.2.linear1``.
    """

    dump_patches: bool = False
    _version: int = 1
    call_super_init: bool = False
    _compiled_call_impl: Any = None
    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Any]
    _modules: dict[str, Module | None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            what = f"keyword argument '{next(iter(kwargs))}'" if kwargs else f"{len(args)} positional argument(s)"
            raise TypeError(f"{type(self).__name__}.__init__() got an unexpected {what}; Module takes none")
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _non_persistent_buffers_set=set(),
            _backward_pre_hooks=OrderedDict(),
            _backward_hooks=OrderedDict(),
            _is_full_backward_hook=None,
            _forward_hooks=OrderedDict(),
            _forward_hooks_with_kwargs=OrderedDict(),
            _forward_hooks_always_called=OrderedDict(),
            _forward_pre_hooks=OrderedDict(),
            _forward_pre_hooks_with_kwargs=OrderedDict(),
            _state_dict_hooks=OrderedDict(),
            _state_dict_pre_hooks=OrderedDict(),
            _load_state_dict_pre_hooks=OrderedDict(),
            _load_state_dict_post_hooks=OrderedDict(),
            _modules={},
        )
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    forward: Callable[..., Any] = _forward_unimplemented

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _C._install_module_slots(cls)  # the plain call and attribute lookup in C

    # The call. -------------------------------------------------------------------------------------------------

    if TYPE_CHECKING:

        def __call__(
            self: _Computes[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
        ) -> _Result: ...

    else:

        def __call__(self, *args, **kwargs):
            try:
                if (
                    self._forward_hooks
                    or self._forward_pre_hooks
                    or self._backward_hooks
                    or self._backward_pre_hooks
                    or _any_global_hook
                ):
                    return self._call_with_hooks(args, kwargs)
                return self.forward(*args, **kwargs)
            except Exception as error:
                _error_path.note(self, error, args)
                raise

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        call: Any = Module.__call__
        return call(self, *args, **kwargs)

    _wrapped_call_impl = _call_impl

    def _slow_forward(self, *input: Any, **kwargs: Any) -> Any:
        return self.forward(*input, **kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call when any hook is set: hooks on all modules run before the module's own."""
        called: set[int] = set()
        state: list[Any] = [args, kwargs, None]
        try:
            return self._run_hooks(state, called)
        except Exception:
            # Hooks registered with always_call see the result (None if there is none) even now.
            self._run_always_called(state, called)
            raise

    def _run_hooks(self, state: list[Any], called: set[int]) -> Any:
        args, kwargs = state[0], state[1]
        for key, hook in (*_global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()):
            if key in self._forward_pre_hooks_with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is not None:
                    if not (isinstance(changed, tuple) and len(changed) == 2):
                        raise RuntimeError(
                            "forward pre-hook with kwargs must return None or a tuple (args, kwargs), "
                            f"but returned {changed!r}"
                        )
                    args, kwargs = changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        state[0], state[1] = args, kwargs

        full, old = self._get_backward_hooks()
        before = self._get_backward_pre_hooks()
        boundary = BackwardHook(self, full, before) if full or before else None
        if boundary is not None:
            args = boundary.setup_input_hook(args)
        result = state[2] = self.forward(*args, **kwargs)

        for key, hook in (*_global_forward_hooks.items(), *self._forward_hooks.items()):
            called.add(key)
            changed = self._run_forward_hook(key, hook, args, kwargs, result)
            if changed is not None:
                result = state[2] = changed

        if boundary is not None:
            if not isinstance(result, Tensor | tuple):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but "
                    f"{type(self).__name__} returned {type(result)}",
                    stacklevel=4,
                )
            result = boundary.setup_output_hook(result)
        if old:
            self._attach_old_backward_hooks(old, args, result)
        return result

    def _run_forward_hook(self, key: int, hook: Any, args: Any, kwargs: Any, result: Any) -> Any:
        if key in self._forward_hooks_with_kwargs or key in _global_forward_hooks_with_kwargs:
            return hook(self, args, kwargs, result)
        return hook(self, args, result)

    def _run_always_called(self, state: list[Any], called: set[int]) -> None:
        for always, hooks in (
            (_global_forward_hooks_always_called, _global_forward_hooks),
            (self._forward_hooks_always_called, self._forward_hooks),
        ):
            for key, hook in list(hooks.items()):
                if key in always and key not in called:
                    try:
                        changed = self._run_forward_hook(key, hook, state[0], state[1], state[2])
                        if changed is not None:
                            state[2] = changed
                    except Exception as error:
                        warnings.warn(
                            f"forward hook with always_call=True raised {error!r}, silenced since forward has "
                            "already raised another exception",
                            stacklevel=4,
                        )

    def _attach_old_backward_hooks(self, hooks: list[Any], args: Any, result: Any) -> None:
        variable = result
        while not isinstance(variable, Tensor):
            if isinstance(variable, Mapping):
                variable = next((v for v in variable.values() if isinstance(v, Tensor)), None)
            else:
                variable = variable[0]
        grad_fn = variable.grad_fn
        if grad_fn is not None:
            for hook in hooks:
                grad_fn.register_hook(lambda grad_in, grad_out, hook=hook: hook(self, grad_in, grad_out))
            self._maybe_warn_non_full_backward_hook(args, result, grad_fn)

    def _maybe_warn_non_full_backward_hook(self, inputs: Any, result: Any, grad_fn: Any) -> None:
        single = isinstance(result, Tensor) and (not isinstance(inputs, tuple) or len(inputs) == 1)
        if not single:
            warnings.warn(
                f"{type(self).__name__}: a non-full backward hook on a module with several inputs or outputs sees "
                "only some gradients; use register_full_backward_hook",
                FutureWarning,
                stacklevel=5,
            )

    # Attributes. -----------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Reached only when neither the instance dictionary nor the class has the name.
        own = self.__dict__
        if (group := own.get("_parameters")) is not None and name in group:
            return group[name]
        if (group := own.get("_modules")) is not None and name in group:
            return group[name]
        if (group := own.get("_buffers")) is not None and name in group:
            return group[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        parameters = own.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, own, "_buffers", "_modules")
            self.register_parameter(name, value)
        elif parameters is not None and name in parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, None)
        elif isinstance(value, Module):
            modules = own.get("_modules")
            if modules is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, own, "_parameters", "_buffers")
            for hook in _global_module_registration_hooks.values():
                changed = hook(self, name, value)
                if changed is not None:
                    value = changed
            modules[name] = value
        elif (modules := own.get("_modules")) is not None and name in modules:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            for hook in _global_module_registration_hooks.values():
                changed = hook(self, name, value)
                if changed is not None:
                    value = changed
            modules[name] = value
        else:
            buffers = own.get("_buffers")
            if buffers is not None and name in buffers:
                if value is not None and not isinstance(value, Tensor):
                    raise TypeError(
                        f"cannot assign '{_type_name(value)}' as buffer '{name}' (torch.Tensor or None expected)"
                    )
                if isinstance(value, Tensor) and hasattr(value, "persistent") and isinstance(value, Buffer):
                    self.register_buffer(name, value, value.persistent)
                    return
                for hook in _global_buffer_registration_hooks.values():
                    changed = hook(self, name, value)
                    if changed is not None:
                        value = changed
                buffers[name] = value
            elif isinstance(value, Tensor) and isinstance(value, Buffer):
                if buffers is None:
                    raise AttributeError("cannot assign buffer before Module.__init__() call")
                self._forget(name, own, "_parameters", "_modules")
                self.register_buffer(name, value, value.persistent)
            else:
                object.__setattr__(self, name, value)

    @staticmethod
    def _forget(name: str, own: dict[str, Any], *groups: str) -> None:
        """A name lives in one place: takes it out of the instance dictionary and of the groups named."""
        own.pop(name, None)
        for group in groups:
            if (names := own.get(group)) is not None:
                names.pop(name, None)
        if (names := own.get("_non_persistent_buffers_set")) is not None:
            names.discard(name)

    def __delattr__(self, name: str) -> None:
        for group in (self._parameters, self._buffers, self._modules):
            if name in group:
                del group[name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers}
        return sorted(name for name in names if not name[:1].isdigit())

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # Pickles made before a kind of hook existed lack its dictionary.
        for name in _HOOK_DICTIONARIES:
            self.__dict__.setdefault(name, OrderedDict())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        self.__dict__.setdefault("_is_full_backward_hook", None)

    # Registration. ---------------------------------------------------------------------------------------------

    def _check_new_name(self, name: Any, kind: str, group: str) -> None:
        if group not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_type_name(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[group]:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter under ``name``; None reserves the name (the parameter is then left out of the state).

        Raises TypeError when ``param`` is no Parameter, KeyError for a name that is empty, dotted or taken, and
        ValueError for a tensor that was computed (a parameter is a leaf).
        """
        self._check_new_name(name, "parameter", "_parameters")
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{_type_name(param)}' object to parameter '{name}' "
                    "(torch.nn.Parameter or None required)"
                )
            if param.grad_fn is not None:
                raise ValueError(
                    f"cannot assign a computed tensor to parameter '{name}': parameters are leaves of the graph; "
                    "compute the value from a parameter inside forward() instead"
                )
            for hook in _global_parameter_registration_hooks.values():
                changed = hook(self, name, param)
                if changed is not None:
                    param = changed
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Adds a tensor that is state without being trained; ``persistent=False`` keeps it out of the state dict."""
        self._check_new_name(name, "buffer", "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        for hook in _global_buffer_registration_hooks.values():
            changed = hook(self, name, tensor)
            if changed is not None:
                tensor = changed
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Adds a submodule under ``name``. Raises TypeError for anything but a Module or None."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{_type_name(module)} is not a Module subclass")
        self._check_new_name(name, "module", "_modules")
        for hook in _global_module_registration_hooks.values():
            changed = hook(self, name, module)
            if changed is not None:
                module = changed
        self._modules[name] = module

    def register_module(self, name: str, module: Module | None) -> None:
        """The same as :meth:`add_module`."""
        self.add_module(name, module)

    def get_submodule(self, target: str) -> Module:
        """The submodule at a dotted path; the module itself for ''. Raises AttributeError naming the part missing."""
        module: Any = self
        if target:
            for part in target.split("."):
                if not hasattr(module, part):
                    raise AttributeError(f"{type(module).__name__} has no attribute `{part}`")
                module = getattr(module, part)
                if not isinstance(module, Module):
                    raise AttributeError(f"`{part}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts ``module`` at a dotted path. With ``strict`` the path must already lead to a module."""
        if target == "":
            raise ValueError("set_submodule: the path of the submodule is empty")
        if not isinstance(module, Module):
            raise ValueError(f"set_submodule: `module` is not an nn.Module, found {type(module)}")
        *path, name = target.split(".")
        parent = self.get_submodule(".".join(path))
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{type(parent).__name__} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path. Raises AttributeError when there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        value = getattr(module, name)
        if not isinstance(value, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return value

    def get_buffer(self, target: str) -> Any:
        """The buffer at a dotted path. Raises AttributeError when there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return getattr(module, name)

    def get_extra_state(self) -> Any:
        """What else belongs in the state dict; a subclass defines it together with :meth:`set_extra_state`."""
        raise RuntimeError(f"{type(self).__name__}: get_extra_state is not defined by this module")

    def set_extra_state(self, state: Any) -> None:
        """Takes back what :meth:`get_extra_state` gave."""
        raise RuntimeError(f"{type(self).__name__}: set_extra_state is not defined, yet the state_dict has extra state")

    # Conversion. -----------------------------------------------------------------------------------------------

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Any:
        """Replaces every parameter, gradient and buffer by ``fn`` of it; parameters keep their identity.

        `flambeau.__future__` says whether new parameters take their places instead.
        """
        conversions = flambeau.__future__
        if recurse:
            for module in self.children():
                module._apply(fn)
        for name, param in self._parameters.items():
            if param is None:
                continue
            with flambeau.no_grad():
                changed = fn(param)
            grad: Any = param.grad
            if conversions.get_swap_module_params_on_conversion():
                target = param
                flambeau.utils.swap_tensors(param, Parameter(changed, param.requires_grad))
            elif (
                conversions.get_overwrite_module_params_on_conversion()
                or param.is_meta != changed.is_meta
                or param.layout is not changed.layout
            ):
                # Contents cannot be exchanged with a tensor that has none, or in another form: a new Parameter takes
                # the place.
                self._parameters[name] = target = Parameter(changed, param.requires_grad)
            else:
                target = param
                target.data = changed
            if grad is not None:
                with flambeau.no_grad():
                    new_grad = fn(grad)
                target.grad = new_grad.requires_grad_(grad.requires_grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def apply(self, fn: Callable[[Module], None]) -> Any:
        """Calls ``fn`` on every submodule, then on the module itself; returns the module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Moves and converts parameters and buffers in place: ``to(device, dtype, non_blocking)``, ``to(dtype)``,
        ``to(tensor)``, ``to(memory_format=...)``. The dtype is applied to floating and complex tensors only.

        Raises TypeError for an integer dtype.
        """
        device, dtype, non_blocking, memory_format = _parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )

        def convert(t: Any) -> Any:
            kind = dtype if t.is_floating_point() or t.is_complex() else None
            if memory_format is not None and t.dim() in (4, 5):
                return t.to(device, kind, non_blocking, memory_format=memory_format)
            return t.to(device, kind, non_blocking)

        return self._apply(convert)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Gives parameters and buffers memory on ``device`` without copying or setting any value."""
        return self._apply(lambda t: flambeau.empty_like(t, device=device), recurse=recurse)

    def cpu(self) -> Any:
        """Moves all parameters and buffers to the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Any:
        """Moves all parameters and buffers to a CUDA device."""
        return self._apply(lambda t: t.cuda(device))

    def _to_kind(self, kind: str, index: Any) -> Any:
        place = kind if index is None else index if not isinstance(index, int) else f"{kind}:{index}"
        return self._apply(lambda t: t.to(place))

    def ipu(self, device: Any = None) -> Any:
        """Moves all parameters and buffers to an IPU; there is none, so this raises what ``Tensor.to`` raises."""
        return self._to_kind("ipu", device)

    def xpu(self, device: Any = None) -> Any:
        """Moves all parameters and buffers to an XPU; there is none, so this raises what ``Tensor.to`` raises."""
        return self._to_kind("xpu", device)

    def mtia(self, device: Any = None) -> Any:
        """Moves all parameters and buffers to an MTIA; there is none, so this raises what ``Tensor.to`` raises."""
        return self._to_kind("mtia", device)

    def type(self, dst_type: Any) -> Any:
        """Converts all parameters and buffers to a dtype (or a type's name)."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Any:
        """Converts floating parameters and buffers to float32."""
        return self._apply(_only_floating("float"))

    def double(self) -> Any:
        """Converts floating parameters and buffers to float64."""
        return self._apply(_only_floating("double"))

    def half(self) -> Any:
        """Converts floating parameters and buffers to float16."""
        return self._apply(_only_floating("half"))

    def bfloat16(self) -> Any:
        """Converts floating parameters and buffers to bfloat16."""
        return self._apply(_only_floating("bfloat16"))

    def share_memory(self) -> Any:
        """Moves parameters and buffers to memory that other processes can map."""
        return self._apply(lambda t: t.share_memory_())

    def train(self, mode: bool = True) -> Any:
        """Sets training mode (dropout and batch norm depend on it) here and in all submodules."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode is a bool, got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Any:
        """The same as ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Sets ``requires_grad`` of all parameters."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drops the gradients of all parameters, or zeroes them when ``set_to_none`` is False."""
        for param in self.parameters():
            grad = param.grad
            if grad is not None:
                if set_to_none:
                    param.grad = None
                else:
                    if grad.grad_fn is not None:
                        grad.detach_()
                    else:
                        grad.requires_grad_(False)
                    grad.zero_()

    def compile(self, *args: Any, **kwargs: Any) -> Any:
        """Compilation is not there yet: the module goes on running as it is, and is returned."""
        return self

    def _replicate_for_data_parallel(self) -> Any:
        replica: Any = self.__new__(type(self))
        replica.__dict__ = self.__dict__.copy()
        for group in ("_buffers", "_modules"):
            replica.__dict__[group] = self.__dict__[group].copy()
        replica.__dict__["_parameters"] = {}  # a replica has its own tensors set as attributes
        replica.__dict__["_is_replica"] = True
        return replica

    # Hooks. ----------------------------------------------------------------------------------------------------

    def _add_hook(self, hooks: Any, hook: Any, prepend: bool = False, *flags: Any) -> RemovableHandle:
        handle = _hooks._register(hooks, hook, *flags)
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Runs ``hook(module, args)`` before forward; with ``with_kwargs``, ``hook(module, args, kwargs)``.

        What it returns replaces the arguments (a tuple ``(args, kwargs)`` in the second form).
        """
        flags = (self._forward_pre_hooks_with_kwargs,) if with_kwargs else ()
        return self._add_hook(self._forward_pre_hooks, hook, prepend, *flags)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Runs ``hook(module, args, output)`` (or ``(module, args, kwargs, output)``) after forward.

        What it returns replaces the output. With ``always_call`` it also runs when forward raised.
        """
        flags = [self._forward_hooks_with_kwargs] if with_kwargs else []
        if always_call:
            flags.append(self._forward_hooks_always_called)
        return self._add_hook(self._forward_hooks, hook, prepend, *flags)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Runs ``hook(module, grad_output)`` in backward, before gradients pass through the module."""
        return self._add_hook(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Runs ``hook(module, grad_input, grad_output)`` once the gradients of the inputs are known.

        What it returns replaces ``grad_input``.
        """
        if self._is_full_backward_hook is False:
            raise RuntimeError("Cannot use both regular backward hooks and full backward hooks on a single Module.")
        self._is_full_backward_hook: bool | None = True
        return self._add_hook(self._backward_hooks, hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Old form of :meth:`register_full_backward_hook`: sees the gradients of the last operator only."""
        if self._is_full_backward_hook is True:
            raise RuntimeError("Cannot use both regular backward hooks and full backward hooks on a single Module.")
        self._is_full_backward_hook = False
        return self._add_hook(self._backward_hooks, hook)

    def _get_backward_hooks(self) -> tuple[list[Any], list[Any]]:
        full: list[Any] = []
        old: list[Any] = []
        if _global_backward_hooks:
            (full if _hooks._global_is_full_backward_hook else old).extend(_global_backward_hooks.values())
        (full if self._is_full_backward_hook else old).extend(self._backward_hooks.values())
        return full, old

    def _get_backward_pre_hooks(self) -> list[Any]:
        return [*_global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Runs ``hook(module, state_dict, prefix, local_metadata)`` after collection; may return a new dictionary."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError("the hook is already registered with register_state_dict_post_hook")
        return self._add_hook(self._state_dict_hooks, hook)

    def register_state_dict_post_hook(self, hook: Any) -> RemovableHandle:
        """Runs ``hook(module, state_dict, prefix, local_metadata)`` after collection; it changes it in place."""
        hook._from_public_api = True
        return self._add_hook(self._state_dict_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Runs ``hook(module, prefix, keep_vars)`` before the module's state is collected."""
        return self._add_hook(self._state_dict_pre_hooks, hook)

    def _register_load_state_dict_pre_hook(self, hook: Any, with_module: bool = False) -> RemovableHandle:
        return self._add_hook(self._load_state_dict_pre_hooks, _WrappedHook(hook, self if with_module else None))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Runs the hook before the module's own state is read; its arguments are the module and then those of
        :meth:`_load_from_state_dict`."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Runs ``hook(module, incompatible_keys)`` after the module's state is read; it may change the key lists."""
        return self._add_hook(self._load_state_dict_post_hooks, hook)

    # State. ----------------------------------------------------------------------------------------------------

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        _state.save_own_state(self, destination, prefix, keep_vars)

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """All parameters and persistent buffers, by dotted name, in an ordered dictionary.

        Tensors are detached but share memory with the module, unless ``keep_vars`` keeps them as they are.
        """
        if args:
            warnings.warn("state_dict: give destination, prefix and keep_vars by keyword", FutureWarning, stacklevel=2)
            destination = args[0] if destination is None else destination
            prefix = args[1] if len(args) > 1 and prefix == "" else prefix
            keep_vars = args[2] if len(args) > 2 and keep_vars is False else keep_vars
        return _state.collect_state(self, destination, prefix, keep_vars)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        _state.load_own_state(
            self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Copies a state dictionary into the module (with ``assign``, takes over its tensors).

        Returns ``(missing_keys, unexpected_keys)``. Raises RuntimeError for shapes that differ and, if ``strict``,
        for keys that do.
        """
        return _state.load_state(self, state_dict, strict, assign)

    # Iteration. ------------------------------------------------------------------------------------------------

    def _named_members(
        self, get_members_fn: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        seen: set[Any] = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for module_prefix, module in modules:
            for key, member in get_members_fn(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield (f"{module_prefix}.{key}" if module_prefix else key), member

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once; without ``recurse`` only the module's own."""
        for _, param in self.named_parameters(recurse=recurse):
            yield param

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Pairs of dotted name and parameter."""
        yield from self._named_members(lambda m: m._parameters.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """The buffers, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Pairs of dotted name and buffer."""
        yield from self._named_members(lambda m: m._buffers.items(), prefix, recurse, remove_duplicate)

    def children(self) -> Iterator[Module]:
        """The direct submodules, each once."""
        for _, module in self.named_children():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Pairs of name and direct submodule."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """The module itself and all below it, depth first, each once."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Pairs of dotted name and module; the module itself comes first, under ``prefix``."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    # Printing. -------------------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What the printed form shows between the parentheses; a subclass overrides it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = [f"({name}): {_addindent(repr(module), 2)}" for name, module in self._modules.items()]
        if not child_lines and len(extra_lines) <= 1:
            return f"{self._get_name()}({extra})"
        return self._get_name() + "(\n  " + "\n  ".join(extra_lines + child_lines) + "\n)"


def _parse_to(*args: Any, **kwargs: Any) -> tuple[Any, Any, bool, Any]:
    """The forms of ``Module.to`` as (device, dtype, non_blocking, memory_format)."""
    device = kwargs.pop("device", None)
    dtype = kwargs.pop("dtype", None)
    non_blocking = kwargs.pop("non_blocking", False)
    memory_format = kwargs.pop("memory_format", None)
    like = kwargs.pop("tensor", kwargs.pop("other", None))
    kwargs.pop("copy", None)
    if kwargs:
        raise TypeError(f"to() received an invalid keyword argument: {next(iter(kwargs))!r}")
    positional = list(args)
    if positional:
        first = positional.pop(0)
        if isinstance(first, Tensor):
            like = first
        elif isinstance(first, flambeau.dtype):
            dtype = first
        elif first is not None and not isinstance(first, str | int | flambeau.device):
            raise TypeError(f"to() received an invalid combination of arguments - got ({_type_name(first)})")
        else:
            if device is not None:
                raise TypeError("to() got the device twice, by position and by name")
            device = first
            if positional:
                dtype = positional.pop(0)
                if dtype is not None and not isinstance(dtype, flambeau.dtype):
                    raise TypeError(f"to(): the dtype behind the device is a {_type_name(dtype)}")
        if positional:
            non_blocking = positional.pop(0)
        positional = positional[1:]  # copy
    if positional:
        raise TypeError(f"to() takes at most 4 positional arguments, got {len(args)}")
    if like is not None:
        device, dtype = like.device, like.dtype
    if device is not None and not isinstance(device, flambeau.device):
        device = flambeau.device(device)
    return device, dtype, non_blocking, memory_format


_C._prepare_module_slots(Module.__call__, Module.__getattr__, _error_path.note, _any_global_hook)
