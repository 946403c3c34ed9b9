"""`flambeau.classes`: classes that C++ libraries register; there are none, and asking for one says so."""

from __future__ import annotations

from types import ModuleType
from typing import Any


class _ClassNamespace(ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__("torch.classes." + name)
        self.name = name

    def __getattr__(self, attr: str) -> Any:
        if attr.startswith("__"):
            raise AttributeError(f"module 'torch.classes.{self.name}' has no attribute '{attr}'")
        raise RuntimeError(
            f"Tried to instantiate class '{self.name}.{attr}', but it does not exist! Classes of C++ libraries are not "
            "registered here; a Python class does the same"
        )


class _Classes(ModuleType):
    __file__ = "_classes.py"
    __path__: list[str] = []

    def __init__(self) -> None:
        super().__init__("torch.classes")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module 'torch.classes' has no attribute '{name}'")
        made = _ClassNamespace(name)
        setattr(self, name, made)
        return made

    @property
    def loaded_libraries(self) -> set[str]:
        """The shared libraries that were loaded."""
        from flambeau._ops import ops

        return ops.loaded_libraries

    def load_library(self, path: str) -> None:
        """Load a shared library; see `ops.load_library`."""
        from flambeau._ops import ops

        ops.load_library(path)


classes = _Classes()
