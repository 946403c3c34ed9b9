"""`opcheck`: whether an operator of one's own keeps what its schema and its registrations promise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flambeau
from flambeau.library._operators import find, tensors_in

_ALL = ("test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic")


class OpCheckError(Exception):
    """An operator does not keep a promise."""


def _flat(result: Any) -> list[Any]:
    return tensors_in(result if isinstance(result, (tuple, list)) else (result,))


def _copies(args: Any, kwargs: Any) -> tuple[Any, Any]:
    from flambeau.utils import _pytree as pytree

    def copied(value: Any) -> Any:
        if not isinstance(value, flambeau.Tensor):
            return value
        return value.detach().clone().requires_grad_(value.requires_grad)

    return pytree.tree_map(copied, args), pytree.tree_map(copied, kwargs)


def _test_schema(op: Any, args: Any, kwargs: Any) -> None:
    """Arguments are written where the schema says so, and nowhere else."""
    names = [argument.name for argument in op._schema.arguments]
    written = {argument.name for argument in op._schema.arguments if argument.is_write}
    given = [*zip(names, args, strict=False), *kwargs.items()]
    before = [(name, t, t.detach().clone()) for name, value in given for t in tensors_in((value,))]
    with flambeau.no_grad():
        op(*args, **kwargs)
    for name, tensor, copy in before:
        if name not in written and not _same(tensor.detach(), copy):
            raise RuntimeError(f"{op}: argument '{name}' was written, but the schema {op._schema} does not say so")


def _same(a: Any, b: Any) -> bool:
    equal = a == b
    return bool((equal | ((a != a) & (b != b))).all())  # NaN is NaN here


def _test_autograd_registration(op: Any, args: Any, kwargs: Any) -> None:
    """An operator of tensors that require gradients has a kernel for autograd, or is composite."""
    if not any(t.requires_grad for t in tensors_in((*args, *kwargs.values()))):
        return
    kernels = op._kernels()
    if any(key.startswith("Autograd") for key in kernels) or "CompositeImplicitAutograd" in kernels or op._traits:
        return
    if any(t.requires_grad for t in _flat(op(*args, **kwargs))):
        raise RuntimeError(
            f"{op}: the result requires a gradient, but no formula was registered for autograd; register_autograd, or "
            "a kernel for 'CompositeImplicitAutograd', gives it one"
        )


def _test_faketensor(op: Any, args: Any, kwargs: Any) -> None:
    """On ``meta`` the results have the sizes, strides and types that they have with data."""
    from flambeau.utils import _pytree as pytree

    def on_meta(value: Any) -> Any:
        return value.detach().to("meta") if isinstance(value, flambeau.Tensor) else value

    with flambeau.no_grad():
        real = _flat(op(*args, **kwargs))
        fake = _flat(op(*pytree.tree_map(on_meta, args), **pytree.tree_map(on_meta, kwargs)))
    if len(real) != len(fake):
        raise RuntimeError(f"{op}: {len(real)} tensors with data, {len(fake)} on 'meta'")
    for i, (a, b) in enumerate(zip(real, fake, strict=True)):
        for what, with_data, on_meta_ in (
            ("shape", tuple(a.shape), tuple(b.shape)),
            ("dtype", a.dtype, b.dtype),
            ("strides", a.stride() if a.numel() else (), b.stride() if a.numel() else ()),
        ):
            if with_data != on_meta_:
                raise RuntimeError(f"{op}: result {i} has {what} {with_data} with data, {on_meta_} on 'meta'")


def _test_gradients(op: Any, args: Any, kwargs: Any) -> None:
    """A backward pass gives gradients of the inputs' shapes."""
    inputs = [t for t in tensors_in((*args, *kwargs.values())) if t.requires_grad]
    outputs = [t for t in _flat(op(*args, **kwargs)) if t.requires_grad]
    if not inputs or not outputs:
        return
    grads = flambeau.autograd.grad(
        outputs, inputs, [flambeau.ones_like(output) for output in outputs], allow_unused=True
    )
    for grad, tensor in zip(grads, inputs, strict=True):
        if grad is not None and grad.shape != tensor.shape:
            raise RuntimeError(f"{op}: a gradient of shape {tuple(grad.shape)} for an input of {tuple(tensor.shape)}")


_TESTS: dict[str, Callable[..., None]] = {
    "test_schema": _test_schema,
    "test_autograd_registration": _test_autograd_registration,
    "test_faketensor": _test_faketensor,
    "test_aot_dispatch_static": _test_gradients,
    "test_aot_dispatch_dynamic": _test_gradients,
}


def opcheck(
    op: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    *,
    test_utils: str | Sequence[str] = _ALL,
    raise_exception: bool = True,
    atol: Any = None,
    rtol: Any = None,
) -> dict[str, Any]:
    """Call an operator with sample arguments and check what it promises.

    Args:
        op: an overload, or what `custom_op` made.
        test_utils: which of ``test_schema`` (only the arguments of the schema are written),
            ``test_autograd_registration``, ``test_faketensor`` (shapes on ``meta`` are the true ones) and
            ``test_aot_dispatch_dynamic`` (gradients have the inputs' shapes).

    Returns:
        For each test ``"SUCCESS"`` or the exception.

    Raises:
        OpCheckError: a test failed, unless ``raise_exception`` is False.
    """
    overload = getattr(op, "_opoverload", op)
    if hasattr(overload, "op_overloads"):
        raise ValueError(f"opcheck: {op} is a packet of overloads; name one of them, such as {op}.default")
    if not hasattr(overload, "_traits") and find(overload) is None:
        raise ValueError(f"opcheck: an operator's overload is wanted, got {type(op).__name__}")
    results: dict[str, Any] = {}
    for name in (test_utils,) if isinstance(test_utils, str) else test_utils:
        if name not in _TESTS:
            raise ValueError(f"opcheck: there is no test {name!r}; there are {', '.join(_TESTS)}")
        try:
            _TESTS[name](overload, *_copies(args, kwargs or {}))
            results[name] = "SUCCESS"
        except Exception as error:
            if raise_exception:
                raise OpCheckError(f"opcheck(op, ...): {name} failed with {error}") from error
            results[name] = error
    return results
