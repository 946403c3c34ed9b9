"""Names of `flambeau._C` that programs ask for and that are written in Python; loaded when first asked for.

Most say truthfully that something is not there: no tracer, no fuser, no wrapped tensors of transforms.
"""

from __future__ import annotations

import contextlib
import importlib
import weakref
from collections.abc import Callable
from typing import Any

from flambeau import _C
from flambeau._absent import absent_class

# Modules whose `__all__` says names of the core, too.
_HOMES = ("_schema", "_dispatch_keys", "_streams", "_symbolic")
# Modules in the folder `_core`.
_ROOMS = ("_autograd", "_distributed_c10d", "_fft", "_functions", "_functorch", "_linalg", "_nn", "_special")

TensorBase = _C.Tensor
StorageBase = _C.UntypedStorage
_TensorMeta = type(_C.Tensor)
Graph = absent_class("_C", "Graph", "a graph of TorchScript", NotImplementedError)
Value = absent_class("_C", "Value", "a graph of TorchScript", NotImplementedError)
Block = absent_class("_C", "Block", "a graph of TorchScript", NotImplementedError)
ScriptModule = absent_class("_C", "ScriptModule", "TorchScript", NotImplementedError)
ScriptFunction = absent_class("_C", "ScriptFunction", "TorchScript", NotImplementedError)
ScriptMethod = absent_class("_C", "ScriptMethod", "TorchScript", NotImplementedError)
CompilationUnit = absent_class("_C", "CompilationUnit", "TorchScript", NotImplementedError)


def _infer_size(a: Any, b: Any) -> Any:
    """The sizes that both broadcast to; RuntimeError where they don't."""
    import flambeau

    for position, sizes in enumerate((a, b), 1):
        if not isinstance(sizes, flambeau.Size):
            raise RuntimeError(f"_infer_size: expected a Size as argument {position}, but got {type(sizes).__name__}")
    return flambeau.broadcast_shapes(a, b)


ScriptObject = absent_class("_C", "ScriptObject", "TorchScript", NotImplementedError)
_emit_hooks: list[Any] = [None, None]


def _jit_set_emit_hooks(on_module: Any, on_function: Any) -> None:
    """Set what is called with each module and function that is compiled; nothing is, so nothing calls them."""
    _emit_hooks[:] = [on_module, on_function]


def _jit_get_emit_hooks() -> tuple[Any, Any]:
    """What `_jit_set_emit_hooks` set."""
    return _emit_hooks[0], _emit_hooks[1]


class _WeakTensorRef:
    """Tells whether a tensor is still there, without keeping it."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = weakref.ref(tensor)

    def expired(self) -> bool:
        """Whether the tensor is gone."""
        return self._tensor() is None


# --- operators --------------------------------------------------------------------------------------------------------
def _packet(name: str) -> Any:
    from flambeau._ops import ops

    space, _, base = name.partition("::")
    return getattr(getattr(ops, space), base, None)


def _jit_get_schemas_for_operator(name: str) -> list[Any]:
    """The schemas of all overloads of "aten::add"; none for what is no operator."""
    packet = _packet(name)
    return [] if packet is None else [overload._schema for overload in packet.op_overloads]


def _get_schema(name: str, overload_name: str) -> Any:
    """The schema of one overload. RuntimeError where there is none."""
    for schema in _jit_get_schemas_for_operator(name):
        if schema.overload_name == overload_name:
            return schema
    raise RuntimeError(f"_get_schema: Found no matching schema for '{name}' with overload '{overload_name}'")


def _jit_get_operation(name: str) -> tuple[Any, list[str]]:
    """The packet of an operator, and the names of its overloads; (None, []) for what is no operator."""
    packet = _packet(name)
    return (None, []) if packet is None else (packet, packet._overload_names)


def _get_operation_overload(name: str, overload_name: str) -> Any:
    """What is called for an overload, twice, and its tags; None where there is none."""
    overload = getattr(_packet(name), overload_name or "default", None)
    return None if overload is None else (overload, overload, overload.tags)


def _dispatch_has_kernel_for_dispatch_key(name: str, key: Any) -> bool:
    """Whether "aten::add.Tensor" has a kernel for a key."""
    name, _, overload = name.partition(".")
    return bool(getattr(_packet(name), overload or "default").has_kernel_for_dispatch_key(key))


class _AutoDispatchBelowAutograd:
    """Within it, operators of one's own go to the backend's kernels, and nothing is put on the tape."""

    def __enter__(self) -> None:
        from flambeau.library._operators import below_autograd

        self._stack = contextlib.ExitStack()
        self._stack.enter_context(below_autograd())

    def __exit__(self, *exception: Any) -> None:
        self._stack.close()


def _keys_after_autograd() -> Any:
    from flambeau._dispatch_keys import DispatchKey, DispatchKeySet

    return DispatchKeySet(*(key for key in DispatchKey if not key.name.startswith(("Autograd", "Autocast"))))


_AutoDispatchBelowADInplaceOrView = _AutoDispatchBelowAutograd


class _ExcludeDispatchKeyGuard:
    """Within it, keys for autograd or autocast are left out."""

    def __init__(self, keys: Any) -> None:
        names = {k.name for k in keys} if hasattr(keys, "__iter__") else {keys.name}
        self._autograd = any(name.startswith("Autograd") for name in names)
        self._autocast = any(name.startswith("Autocast") for name in names)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> None:
        from flambeau.library._operators import below_autograd, without_autocast

        if self._autograd:
            self._stack.enter_context(below_autograd())
        if self._autocast:
            import flambeau

            self._stack.enter_context(without_autocast())
            self._stack.enter_context(flambeau.autocast("cpu", enabled=False))

    def __exit__(self, *exception: Any) -> None:
        self._stack.close()


# --- what is not there ------------------------------------------------------------------------------------------------
def _get_tracing_state() -> None:
    """None: nothing is traced."""


def _log_api_usage_once(event: str) -> None:
    """Nothing is logged."""


def _is_tracing() -> bool:
    """False."""
    return False


def _get_accelerator(check: bool | None = None) -> Any:
    """The device that programs compute on: the CPU."""
    return _C.device("cpu")


def _get_default_device() -> str:
    """The default device as text."""
    import flambeau

    return str(flambeau.get_default_device())


def _get_privateuse1_backend_name() -> str:
    """The name of devices of other makers."""
    return "privateuseone"


def _are_functorch_transforms_active() -> bool:
    """Whether vmap, grad, jvp or the like is at work on this thread."""
    return _C._current_level() is not None


def _set_math_sdp_allow_fp16_bf16_reduction(enabled: bool) -> None:
    """Attention in half types sums in float32, whatever is asked."""


def _get_math_sdp_allow_fp16_bf16_reduction() -> bool:
    """False."""
    return False


_fuser: dict[str, bool] = {}


def _switch(name: str, before: bool | None) -> Callable[[bool], bool | None]:
    """A switch of TorchScript's: it is kept, and nothing follows from it. Some answer what was before."""

    def switch(enabled: bool) -> bool | None:
        was, _fuser[name] = _fuser.get(name, before), bool(enabled)
        return None if before is None else was

    switch.__name__ = switch.__qualname__ = name
    return switch


_jit_set_profiling_executor = _switch("_jit_set_profiling_executor", True)
_jit_set_profiling_mode = _switch("_jit_set_profiling_mode", True)
_jit_set_texpr_fuser_enabled = _switch("_jit_set_texpr_fuser_enabled", None)
_jit_set_nvfuser_enabled = _switch("_jit_set_nvfuser_enabled", None)
_jit_set_nvfuser_guard_mode = _switch("_jit_set_nvfuser_guard_mode", None)
_jit_set_nvfuser_single_node_mode = _switch("_jit_set_nvfuser_single_node_mode", None)
_jit_override_can_fuse_on_cpu = _switch("_jit_override_can_fuse_on_cpu", None)
_jit_override_can_fuse_on_gpu = _switch("_jit_override_can_fuse_on_gpu", None)
_jit_set_autocast_mode = _switch("_jit_set_autocast_mode", True)


def _jit_can_fuse_on_cpu() -> bool:
    """What was last set; False at first. Nothing is fused so."""
    return _fuser.get("_jit_override_can_fuse_on_cpu", False)


def _jit_can_fuse_on_gpu() -> bool:
    """What was last set; False at first. Nothing is fused so."""
    return _fuser.get("_jit_override_can_fuse_on_gpu", False)


def _jit_texpr_fuser_enabled() -> bool:
    """What was last set; True at first. Nothing is fused so."""
    return _fuser.get("_jit_set_texpr_fuser_enabled", True)


def _jit_clear_class_registry() -> None:
    """Nothing is registered."""


def find(name: str) -> Any:
    """The object behind a name of the core. AttributeError where there is none."""
    if name in _ROOMS:
        return importlib.import_module("flambeau._C." + name)
    if name in ("_after_autograd_keyset", "_after_ADInplaceOrView_keyset"):
        return _keys_after_autograd()
    for home in _HOMES:
        module = importlib.import_module("flambeau." + home)
        if name in module.__all__:
            return getattr(module, name)
    if name in globals() and not name.startswith("__") and name not in _OWN_NAMES:
        return globals()[name]
    raise AttributeError(f"module 'flambeau._C' has no attribute '{name}'")


_OWN_NAMES = (
    "Any", "Callable", "_C", "_HOMES", "_OWN_NAMES", "_ROOMS", "_emit_hooks", "_fuser", "_keys_after_autograd",
    "_packet", "_switch", "absent_class", "annotations", "contextlib", "find", "importlib", "weakref",
)  # fmt: skip
