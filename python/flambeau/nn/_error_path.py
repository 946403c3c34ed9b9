"""Names the submodule in which an exception arose: a note on the exception, kept up to date while it travels
outwards through Module.__call__. Nothing here runs unless something was raised."""

from __future__ import annotations

from typing import Any

_MARK = "in module "


def note(module: Any, error: Exception, args: tuple[Any, ...]) -> None:
    """Called by each module that ``error`` passes: puts the innermost module's path, as seen from ``module``, in a
    note, together with the shapes that it was called with."""
    try:
        record = error.__dict__.get("_module_path")
        if record is None:
            # outermost module so far, path from it, description of the innermost call
            record = [module, "", f"{type(module).__name__}, called with ({', '.join(map(_describe, args))})"]
            error._module_path = record  # type: ignore[attr-defined]
        else:
            inner = record[0]
            if inner is module:
                return
            for name, candidate in module.named_modules():
                if candidate is inner and name:
                    record[0] = module
                    record[1] = f"{name}.{record[1]}" if record[1] else name
                    break
            else:
                return  # the inner module is not registered under this one: its own path stays
        where = record[1] or "(top)"
        notes = error.__dict__.setdefault("__notes__", [])
        notes[:] = [text for text in notes if not text.startswith(_MARK)]
        notes.append(f"{_MARK}{where}: {record[2]}")
    except Exception:
        return


def _describe(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if shape is not None and hasattr(value, "dtype"):
        return f"{str(value.dtype).rpartition('.')[2]}[{'×'.join(map(str, shape))}]"
    if isinstance(value, tuple | list) and len(value) <= 4:
        return f"({', '.join(map(_describe, value))})"
    text = repr(value)
    return text if len(text) <= 40 else type(value).__name__
