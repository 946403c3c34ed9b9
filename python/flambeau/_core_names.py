"""Names of `flambeau._C` that programs ask for and that are written in Python; loaded when first asked for."""

from __future__ import annotations

import importlib
from typing import Any

# Modules whose `__all__` says names of the core, too.
_HOMES = ("_schema", "_dispatch_keys")


def _jit_get_schemas_for_operator(name: str) -> list[Any]:
    """The schemas of all overloads of "aten::add"; none for what is no operator."""
    from flambeau._ops import ops

    space, _, base = name.partition("::")
    packet = getattr(getattr(ops, space), base, None)
    return [] if packet is None else [overload._schema for overload in packet.op_overloads]


def _get_schema(name: str, overload_name: str) -> Any:
    """The schema of one overload. RuntimeError where there is none."""
    for schema in _jit_get_schemas_for_operator(name):
        if schema.overload_name == overload_name:
            return schema
    raise RuntimeError(f"_get_schema: Found no matching schema for '{name}' with overload '{overload_name}'")


def _jit_get_operation(name: str) -> tuple[Any, list[str]]:
    """The packet of an operator, and the names of its overloads; (None, []) for what is no operator."""
    from flambeau._ops import ops

    space, _, base = name.partition("::")
    packet = getattr(getattr(ops, space), base, None)
    return (None, []) if packet is None else (packet, packet._overload_names)


def find(name: str) -> Any:
    """The object behind a name of the core. AttributeError where there is none."""
    for home in _HOMES:
        module = importlib.import_module("flambeau." + home)
        if name in module.__all__:
            return getattr(module, name)
    if name.startswith("_") and not name.startswith("__") and name in globals() and name != "_HOMES":
        return globals()[name]
    raise AttributeError(f"module 'flambeau._C' has no attribute '{name}'")
