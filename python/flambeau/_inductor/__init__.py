"""Names of PyTorch's compiler that programs ask for: there is none here, functions run as they are."""

from __future__ import annotations

import importlib
from typing import Any, NoReturn

config: Any


def __getattr__(name: str) -> Any:
    if name == "config":
        return importlib.import_module(f"{__name__}.config")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def compile(gm: Any, example_inputs: Any = None, options: Any = None) -> Any:
    """Answer the graph module itself."""
    return gm


def aoti_compile_and_package(exported_program: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Not available: compiled packages."""
    raise NotImplementedError("_inductor.aoti_compile_and_package: nothing is compiled here; save the state_dict")


def aoti_load_package(path: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Not available: compiled packages."""
    raise NotImplementedError("_inductor.aoti_load_package: nothing is compiled here; build the model from its class")


def cudagraph_mark_step_begin() -> None:
    """There are no CUDA graphs."""


def list_mode_options(mode: str | None = None, dynamic: bool | None = None) -> dict[str, Any]:
    """No options."""
    return {}


def list_options() -> list[str]:
    """No options."""
    return []
