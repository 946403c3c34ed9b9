"""`flambeau.onnx`: there is no exporter yet. Libraries register symbolic functions when they are imported; those are
taken note of and never called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau
from flambeau._absent_rooms import fill

producer_name = "flambeau"
producer_version = flambeau.__version__
_symbolic: dict[tuple[str, int], Callable[..., Any]] = {}


def export(model: Any, args: Any = (), f: Any = None, *further: Any, **options: Any) -> Any:
    """Not available: writing ONNX files."""
    raise NotImplementedError(
        "onnx.export: Flambeau writes no ONNX files yet; save the state_dict with flambeau.save, "
        "load it in PyTorch, and export there"
    )


def is_in_onnx_export() -> bool:
    """False."""
    return False


def is_onnxrt_backend_supported() -> bool:
    """False."""
    return False


def register_custom_op_symbolic(symbolic_name: str, symbolic_fn: Callable[..., Any], opset_version: int) -> None:
    """Say how an operator of one's own is written in ONNX: kept, and used by no one while nothing is exported."""
    if "::" not in symbolic_name:
        raise ValueError(f"onnx.register_custom_op_symbolic: {symbolic_name!r}, a name as 'domain::operator' is wanted")
    _symbolic[symbolic_name, opset_version] = symbolic_fn


def unregister_custom_op_symbolic(symbolic_name: str, opset_version: int) -> None:
    """Forget what was registered under a name."""
    _symbolic.pop((symbolic_name, opset_version), None)


fill(globals())
