"""Modules of settings for what PyTorch compiles with: they are kept and given back, and nothing follows from them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any


class ConfigModule(ModuleType):
    """A module whose attributes are settings; `patch` changes some for the length of a ``with`` block or a call."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.__name__.replace('flambeau', 'torch', 1)}.{name} does not exist")

    @contextlib.contextmanager
    def _patched(self, changes: dict[str, Any]) -> Iterator[None]:
        def place(path: str) -> tuple[Any, str]:
            owner: Any = self
            *groups, last = path.split(".")
            for group in groups:
                owner = getattr(owner, group)
            return owner, last

        before = [(*place(path), getattr(*place(path), _NONE)) for path in changes]
        for path, value in changes.items():
            setattr(*place(path), value)
        try:
            yield
        finally:
            for owner, name, value in before:
                if value is _NONE:
                    delattr(owner, name)
                else:
                    setattr(owner, name, value)

    def patch(self, arg1: Any = None, arg2: Any = None, **kwargs: Any) -> Any:
        """A context and decorator: ``patch(name=value)``, ``patch("name", value)`` or ``patch({"name": value})``."""
        changes = dict(arg1) if isinstance(arg1, dict) else {} if arg1 is None else {arg1: arg2}
        return self._patched(changes | kwargs)

    def save_config(self) -> dict[str, Any]:
        """All settings."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def load_config(self, maybe_pickled_config: dict[str, Any]) -> None:
        """Take settings over."""
        vars(self).update(maybe_pickled_config)

    get_config_copy = to_dict = shallow_copy_dict = save_config


_NONE = object()


def settings(name: str) -> None:
    """Make the module of this name one of settings."""
    sys.modules[name].__class__ = ConfigModule
