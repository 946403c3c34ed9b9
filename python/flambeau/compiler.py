"""`flambeau.compile` and `flambeau.compiler`: for now everything runs as it is written."""

from __future__ import annotations

from typing import Any

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "compile",
    "cudagraph_mark_step_begin",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "reset",
    "set_stance",
    "wrap_numpy",
]


def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = "inductor",
    mode: str | None = None,
    options: Any = None,
    disable: bool = False,
) -> Any:
    """Answer the function or module itself, or, without one, a decorator that does.

    Nothing is compiled yet: results are those of the uncompiled function, at its speed.
    """
    if mode is not None and options is not None:
        raise RuntimeError("compile: mode and options exclude each other")
    if model is not None and not callable(model):
        raise RuntimeError(f"compile: a {type(model).__name__} cannot be called")
    return (lambda function: function) if model is None else model


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Answer the function itself."""
    return (lambda function: function) if fn is None else fn


def allow_in_graph(fn: Any) -> Any:
    """Answer the function itself."""
    return fn


def assume_constant_result(fn: Any) -> Any:
    """Answer the function itself."""
    return fn


def wrap_numpy(fn: Any) -> Any:
    """A function of tensors around a function of NumPy arrays."""
    import functools

    import flambeau
    from flambeau.utils._pytree import tree_map_only

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        import numpy

        args, kwargs = tree_map_only(flambeau.Tensor, lambda value: value.numpy(), (args, kwargs))
        return tree_map_only(numpy.ndarray, flambeau.as_tensor, fn(*args, **kwargs))

    return wrapped


def is_compiling() -> bool:
    """False."""
    return False


def is_dynamo_compiling() -> bool:
    """False."""
    return False


def is_exporting() -> bool:
    """False."""
    return False


def reset() -> None:
    """Nothing is cached."""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """No compiling backends."""
    return []


def cudagraph_mark_step_begin() -> None:
    """There are no CUDA graphs."""


class set_stance:
    """Takes a stance on compiling, which changes nothing; usable as a call, context and decorator."""

    def __init__(
        self, stance: str = "default", *, skip_guard_eval_unsafe: bool = False, force_backend: Any = None
    ) -> None:
        self.stance = stance

    def __call__(self, fn: Any) -> Any:
        return fn

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass


def load_compiled_function(file: Any, **options: Any) -> Any:
    """Not available: saved results of compiling."""
    raise NotImplementedError("compiler.load_compiled_function: nothing is compiled, so there is nothing to load")
