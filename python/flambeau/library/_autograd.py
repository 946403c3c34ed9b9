"""Gradients of operators of one's own: a kernel for autograd around a function ``backward`` and what it keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau
from flambeau.library._operators import Operator, below_autograd


def _is_list(value: Any) -> bool:
    """Whether a value is a list of tensors; other lists have no gradient and are one leaf."""
    return isinstance(value, (list, tuple)) and any(isinstance(item, flambeau.Tensor) for item in value)


def _leaves(values: Any) -> list[Any]:
    return [leaf for value in values for leaf in (value if _is_list(value) else (value,))]


def _like(leaves: Any, form: Any) -> tuple[Any, ...]:
    """Leaves put together as the values they came from: lists where those are lists."""
    rest = iter(leaves)
    return tuple([next(rest) for _ in value] if _is_list(value) else next(rest) for value in form)


class _Call:
    """What is no tensor of one call: the form of inputs and output, and the arguments by keyword."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args, self.kwargs = args, kwargs
        self.output: tuple[Any, ...] = ()


def formula_kernel(
    operator: Operator, backward: Callable[..., Any] | None, setup_context: Callable[..., Any] | None
) -> Callable[..., Any]:
    """A kernel that calls the backend's below autograd and puts ``backward`` on the tape.

    ``setup_context(ctx, inputs, output)`` runs after it; where the operator has arguments by keyword alone it gets them
    as ``keyword_only_inputs``. ``ctx.needs_input_grad``, and what backward takes and gives, have a list for a list.
    """
    keyword_only = {a.name: a.default_value for a in operator.schema.arguments if a.kwarg_only}
    positional = [a.default_value for a in operator.schema.arguments if not a.kwarg_only]
    several = len(operator.schema.returns) > 1

    def forward(ctx: Any, call: _Call, *leaves: Any) -> Any:
        inputs = _like(leaves, call.args)
        with below_autograd():
            output = operator.overload(*inputs, **call.kwargs)
        ctx._call = call
        call.output = output if several else (output,)
        if setup_context is not None:
            needed, ctx.needs_input_grad = ctx.needs_input_grad, _like(ctx.needs_input_grad[1:], call.args)
            more = {"keyword_only_inputs": keyword_only | call.kwargs} if keyword_only else {}
            # Arguments that a call leaves out are shown, too.
            setup_context(ctx=ctx, inputs=(*inputs, *positional[len(inputs) :]), output=output, **more)
            ctx.needs_input_grad = needed
        return tuple(_leaves(call.output))

    def run_backward(ctx: Any, *grads: Any) -> Any:
        if backward is None:
            raise RuntimeError(
                f"Trying to backward through {operator.overload} but no autograd formula was registered. "
                "Please use register_autograd to add one."
            )
        call = ctx._call
        needed, ctx.needs_input_grad = ctx.needs_input_grad, _like(ctx.needs_input_grad[1:], call.args)
        try:
            given = backward(ctx, *_like(grads, call.output))
        finally:
            ctx.needs_input_grad = needed
        return (None, *_gradients(operator, given, call.args))

    # At a level of transforms, forward goes on to the levels outside: below autograd, the operator does.
    members = {
        "_at_this_level": True,
        "forward": staticmethod(forward),
        "backward": staticmethod(run_backward),
        "__module__": __name__,
    }
    name = f"GeneratedBackwardFor_{str(operator.overload).replace('.', '_')}"
    function: Any = type(name, (flambeau.autograd.Function,), members)

    def kernel(*args: Any, **kwargs: Any) -> Any:
        leaves = _leaves(args)
        if not flambeau.is_grad_enabled() or not any(
            isinstance(leaf, flambeau.Tensor) and leaf.requires_grad for leaf in leaves
        ):
            with below_autograd():
                return operator.overload(*args, **kwargs)
        call = _Call(args, kwargs)
        made = _like(function.apply(call, *leaves), call.output)
        return made if several else made[0]

    return kernel


def _gradients(operator: Operator, given: Any, form: Any) -> list[Any]:
    """The gradients of the inputs' leaves from what backward gave. RuntimeError where they don't fit the inputs."""
    given = given if isinstance(given, tuple) else (given,)
    if all(grad is None for grad in given):
        given = (None,) * len(form)
    if len(given) > len(form) and all(grad is None for grad in given[len(form) :]):  # of what the call left out
        given = given[: len(form)]
    if len(given) != len(form):
        raise RuntimeError(
            f"{operator.name}: backward returned an incorrect number of gradients "
            f"(expected {len(form)}, got {len(given)})"
        )
    flat: list[Any] = []
    for value, grad in zip(form, given, strict=True):
        if not _is_list(value):
            flat.append(grad)
        elif grad is None:
            flat += [None] * len(value)
        elif isinstance(grad, (list, tuple)) and len(grad) == len(value):
            flat += grad
        else:
            got = f"a list of {len(grad)}" if isinstance(grad, (list, tuple)) else f"a {type(grad).__name__}"
            raise RuntimeError(
                f"{operator.name}: Expected the return from backward to be of the same structure as the inputs; for a "
                f"list of {len(value)} it gave {got}"
            )
    return flat
