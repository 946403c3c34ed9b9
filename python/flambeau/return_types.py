"""The types of results with named parts: ``return_types.max`` is the type of ``max(x, dim)``'s result.

The operators make them; a type is here as soon as its name is asked for.
"""

from __future__ import annotations

from typing import Any

from flambeau import _C


def __getattr__(name: str) -> Any:
    if name == "all_return_types":
        found: Any = [kind for kind in map(_named, __dir__()) if kind is not None]
    else:
        # The type of a call with `out=` is the same.
        found = None if name.startswith("__") else _named(name.removesuffix("_out"))
    if found is None:
        raise AttributeError(f"module 'flambeau.return_types' has no attribute {name!r}")
    globals()[name] = found
    return found


def _named(operator: str) -> Any:
    try:
        return _C._return_type(operator)
    except AttributeError:
        return None


def __dir__() -> list[str]:
    return sorted({op["base"] for op in _C.list_operators() if _named(op["base"]) is not None})
