"""Generated source: compiling it so that error traces show its lines, and importing what it needs when it is loaded."""

from __future__ import annotations

import builtins
import itertools
import linecache
import weakref
from collections.abc import Callable
from types import CodeType
from typing import Any

import flambeau

from . import _naming
from ._codegen import _custom_builtins

PREFIX = "<eval_with_key>"
_numbers = itertools.count()


def compile_function(
    src: str, globals: dict[str, Any], name: str = "forward", origin: dict[str, Any] | None = None
) -> Callable[..., Any]:
    """The function that the source defines.

    The source is kept where tracebacks, `inspect` and debuggers look for it.

    Args:
        src: the source.
        globals: the names that it uses; they are copied.
        name: the function's name.
        origin: what was traced: its name, file and line as "co_name", "co_filename", "co_firstlineno".
    """
    filename = f"{PREFIX}.{next(_numbers)}"
    if origin:
        filename += f" from {origin['co_filename']}:{origin['co_firstlineno']} in {origin['co_name']}"
    code: CodeType = compile(src, filename, "exec")
    linecache.cache[filename] = (len(src), None, src.splitlines(keepends=True), filename)
    namespace = globals.copy()
    exec(code, namespace)
    function = namespace[name]
    # As long as the code lives, a traceback may show it.
    weakref.finalize(function.__code__, linecache.cache.pop, filename, None)
    return function


def _import_for_loading(name: str, *args: Any, **kwargs: Any) -> Any:
    """`import torch.…` in stored code means this library, whether it stands in for PyTorch here or not."""
    if name == "torch" or name.startswith("torch."):
        name = "flambeau" + name[len("torch") :]
        if not (len(args) > 2 and args[2]):  # import a.b: the name a
            builtins.__import__(name)
            return flambeau
    return builtins.__import__(name, *args, **kwargs)


def load_function(imports: str, src: str, name: str = "forward") -> Callable[..., Any]:
    """The function that stored source defines, after the import statements stored with it."""
    loading: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": _import_for_loading}}
    exec(imports, loading)
    loading["__builtins__"] = builtins
    loading.setdefault("torch", flambeau)
    loading.setdefault("flambeau", flambeau)
    return compile_function(src, loading, name)


def import_block(globals: dict[str, Any]) -> str:
    """The statements that import the names which generated code uses; a line each, sorted.

    Raises:
        RuntimeError: an object cannot be found under any name of its module.
    """
    return "\n".join(sorted({_import_statement(name, value) for name, value in globals.items()}))


def _import_statement(name: str, obj: Any) -> str:
    known = _custom_builtins.get(name)
    if known is not None and known.obj is obj:
        return known.import_str
    if isinstance(obj, type(builtins)):
        return f"import {obj.__name__} as {name}"
    path = _naming.library_path(obj)
    if path is not None:
        module, _, last = f"torch.{path}".rpartition(".")
        return f"from {module} import {last} as {name}"
    module, last = _place(obj)
    return f"from {module} import {last} as {name}"


def _place(obj: Any) -> tuple[str, str]:
    import sys

    last = getattr(obj, "__name__", None) or getattr(obj, "_name", None)
    module = getattr(obj, "__module__", None)
    if module is None:
        module = getattr(getattr(obj, "__objclass__", None), "__module__", None)
    if not isinstance(last, str) or module is None:
        raise RuntimeError(f"fx: {obj!r}, which generated code uses, has no name by which it could be imported")
    found = getattr(sys.modules.get(module), last, None)
    if found is not obj and not (module == "__main__" and found is not None):
        raise RuntimeError(
            f"fx: {obj!r}, which generated code uses, is not what {module}.{last} is; only what can be imported "
            "by name can be stored"
        )
    return module, last
