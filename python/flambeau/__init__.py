"""Flambeau: tensors, automatic differentiation and neural networks, with the names of PyTorch.

Only the compiled core and a little Python are loaded here; `flambeau.nn`, `flambeau.optim` and the other rooms come in
when they are first used.
"""

from __future__ import annotations

import importlib as _importlib
import math as _math
import os as _os
import sys as _sys
from typing import Any as _Any


def _load_core() -> object:
    # How long a waiting thread spins is fixed when the OpenMP library loads; its default burns a core for long waits.
    given = "GOMP_SPINCOUNT" in _os.environ or "OMP_WAIT_POLICY" in _os.environ
    if not given:
        _os.environ["GOMP_SPINCOUNT"] = "10000"
    try:
        return _importlib.import_module("flambeau._C")
    finally:
        if not given:
            del _os.environ["GOMP_SPINCOUNT"]


_C = _load_core()

from flambeau import _tensor, _tensor_pickle  # noqa: E402  (the core comes first)
from flambeau._settings import *  # noqa: E402, F403
from flambeau.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled  # noqa: E402
from flambeau.functional.checks import *  # noqa: E402, F403
from flambeau.functional.distinct import *  # noqa: E402, F403
from flambeau.functional.linalg import *  # noqa: E402, F403
from flambeau.functional.numeric import *  # noqa: E402, F403
from flambeau.functional.reshape import *  # noqa: E402, F403

e, pi, inf, nan, newaxis = _math.e, _math.pi, _math.inf, _math.nan, None
__version__ = "2.13.0+flambeau"

for _name in [
    "Tensor",
    "dtype",
    "device",
    "layout",
    "memory_format",
    "Size",
    "Generator",
    "Node",
    "UntypedStorage",
    "strided",
    "sparse_coo",
    "sparse_csr",
    "sparse_csc",
    "sparse_bsr",
    "sparse_bsc",
    "contiguous_format",
    "preserve_format",
    "channels_last",
    "channels_last_3d",
    "tensor",
    "as_tensor",
    "asarray",
    "from_numpy",
    "frombuffer",
    "from_dlpack",
    "get_default_dtype",
    "set_default_dtype",
    "get_num_threads",
    "set_num_threads",
    "get_num_interop_threads",
    "set_num_interop_threads",
    "promote_types",
    "can_cast",
    "result_type",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "is_anomaly_enabled",
    "default_generator",
    "OutOfMemoryError",
    "memory_stats",
    "empty_cache",
]:
    globals()[_name] = getattr(_C, _name)
globals().update({_name: _type for _name, _type in vars(_C).items() if isinstance(_type, _C.dtype)})
_C.export_operators("torch", globals())
_tensor_pickle.register_with_copyreg()
del _name

# Names that live in a module of their own, loaded when first asked for.
_LAZY = {
    "save": "serialization", "load": "serialization", "finfo": "_dtype_info", "iinfo": "_dtype_info",
    "set_printoptions": "_tensor_str", "compile": "compiler", "install_as_torch": "_as_torch",
    "TypedStorage": "storage", "manual_seed": "random", "seed": "random", "initial_seed": "random",
    "get_rng_state": "random", "set_rng_state": "random",
    "ops": "_ops", "classes": "_classes", "jagged": "nested", "PyTorchFileReader": "serialization._reader",
    "PyTorchFileWriter": "serialization._reader",
    "cond": "_higher_order_ops", "while_loop": "_higher_order_ops",
    "autocast": "amp", "GradScaler": "amp", "vmap": "func",
    "sparse_coo_tensor": "sparse", "sparse_csr_tensor": "sparse", "sparse_compressed_tensor": "sparse",
    "sparse_csc_tensor": "sparse", "sparse_bsr_tensor": "sparse", "sparse_bsc_tensor": "sparse",
    "Future": "futures", "ScriptModule": "jit", "StorageBase": "storage",
}  # fmt: skip
# Modules whose `__all__` says more such names.
_LATE = (
    "functional.assertions", "functional.symbolic", "functional.lowrank", "functional.grouped", "functional.eigen",
    "functional.legacy", "functional.absent", "_absent_dtypes", "_schema", "_dispatch_keys", "_symbolic", "_streams",
)  # fmt: skip
_ROOMS = frozenset(
    [
        "__future__",
        "nn",
        "optim",
        "autograd",
        "utils",
        "linalg",
        "fft",
        "special",
        "distributions",
        "testing",
        "random",
        "amp",
        "serialization",
        "storage",
        "types",
        "overrides",
        "hub",
        "cuda",
        "xpu",
        "mps",
        "mtia",
        "cpu",
        "accelerator",
        "backends",
        "distributed",
        "version",
        "torch_version",
        "compiler",
        "jit",
        "onnx",
        "_custom_ops",
        "_dynamo",
        "_functorch",
        "_guards",
        "_higher_order_ops",
        "_inductor",
        "_jit_internal",
        "_library",
        "_prims_common",
        "_subclasses",
        "nested",
        "functional",
        "multiprocessing",
        "signal",
        "func",
        "sparse",
        "futures",
        "fx",
        "profiler",
        "library",
        "package",
        "return_types",
        "export",
        "masked",
        "quantization",
        "ao",
        "debug",
        "_inductor",
        "quasirandom",
        "_tensor_str",
        "_utils",
        "__config__",
    ]
)


def __getattr__(name: str) -> object:
    if name in _LAZY:
        value = getattr(_importlib.import_module("flambeau." + _LAZY[name]), name)
    elif name in _ROOMS:
        try:
            return _importlib.import_module("flambeau." + name)
        except ModuleNotFoundError as error:
            if error.name == "flambeau." + name:
                raise AttributeError(f"module 'flambeau' has no attribute '{name}'") from None
            raise
    elif name == "torch":  # torch.torch
        return _sys.modules[__name__]
    elif name.endswith("Storage"):
        classes = _importlib.import_module("flambeau.storage").legacy_classes()
        if name == "Storage":  # of the default dtype, which may change: not kept
            return next(c for c in classes.values() if c.dtype is _C.get_default_dtype())
        if name not in classes:
            raise AttributeError(f"module 'flambeau' has no attribute '{name}'")
        value = classes[name]
    elif name.endswith("Tensor") and name in _tensor.LEGACY_TYPES:
        value = _tensor.legacy_type(name)
    elif "autocast" in name and not name.startswith("__") and hasattr(_C, name):
        value = getattr(_C, name)
    else:
        late = next((m for m in _late_modules() if name in m.__all__), None)
        if late is None:
            raise AttributeError(f"module 'flambeau' has no attribute '{name}'")
        value = getattr(late, name)
    globals()[name] = value
    return value


def _late_modules() -> list[_Any]:
    return [_importlib.import_module("flambeau." + name) for name in _LATE]


def _name_of_core(name: str) -> object:
    if name.startswith("__"):
        raise AttributeError(f"module 'flambeau._C' has no attribute '{name}'")
    value = _importlib.import_module("flambeau._core_names").find(name)
    setattr(_C, name, value)
    return value


_C.__getattr__ = _name_of_core  # type: ignore[attr-defined]
_C.__path__ = [_os.path.join(_os.path.dirname(__file__), "_core")]  # type: ignore[attr-defined]


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_ROOMS, *(name for m in _late_modules() for name in m.__all__)})


class _AbsentRooms:
    """Finds rooms that are not there, so that a program may mention them; the last finder asked."""

    @staticmethod
    def find_spec(fullname: str, path: object = None, target: object = None) -> object:
        if not fullname.startswith("flambeau."):
            return None
        from flambeau import _absent_rooms

        return _absent_rooms.spec_of(fullname)


_sys.meta_path.append(_AbsentRooms)  # type: ignore[arg-type]

if hasattr(_os, "register_at_fork"):
    # An exception of an audit hook stops the fork; those of at-fork hooks are only printed.
    _sys.addaudithook(lambda event, args: _C._refuse_fork_in_region() if event == "os.fork" else None)
