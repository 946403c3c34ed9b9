"""Where PyTorch turns modules into TorchScript; there is none yet."""

from __future__ import annotations

from typing import Any, NoReturn


def create_script_module(nn_module: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Not available: TorchScript."""
    raise NotImplementedError(
        "jit._recursive.create_script_module: Flambeau has no TorchScript yet; jit.script(module)"
    )


def wrap_cpp_module(cpp_module: Any) -> NoReturn:
    """Not available: TorchScript."""
    raise NotImplementedError("jit._recursive.wrap_cpp_module: Flambeau has no TorchScript yet")


class ConcreteTypeStore:
    """Types of modules that were compiled; empty, since none is."""

    def __init__(self) -> None:
        self.type_store: dict[type, list[Any]] = {}


concrete_type_store = ConcreteTypeStore()
