"""From a constraint to a transform that reaches it from unconstrained numbers.

`biject_to` gives bijections, for inference; `transform_to` gives simpler maps that may reach a point twice, for
optimization.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import constraints, transforms

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """A table of functions from constraints to transforms, by the constraint's type."""

    def __init__(self) -> None:
        self._registry: dict[type, Callable[[Any], transforms.Transform]] = {}
        super().__init__()

    def register(self, constraint: Any, factory: Callable[[Any], transforms.Transform] | None = None) -> Any:
        """Enter a function for a type of constraint, or for that of an instance; usable as a decorator."""
        if factory is None:
            return lambda later: self.register(constraint, later)
        kind = constraint if isinstance(constraint, type) else type(constraint)
        if not issubclass(kind, constraints.Constraint):
            raise TypeError(f"ConstraintRegistry.register: {constraint!r} is neither a Constraint nor a type of them")
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> transforms.Transform:
        """The transform for a constraint."""
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotImplementedError(
                f"ConstraintRegistry: no transform to {constraint!r} is registered; register() adds one"
            )
        return factory(constraint)


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


def _both(kind: Any) -> Callable[..., Any]:
    def enter(factory: Any) -> Any:
        biject_to.register(kind, factory)
        transform_to.register(kind, factory)
        return factory

    return enter


@_both(constraints.real)
def _to_real(constraint: Any) -> Any:
    return transforms.identity_transform


@biject_to.register(constraints.independent)
def _biject_to_independent(constraint: Any) -> Any:
    return transforms.IndependentTransform(biject_to(constraint.base_constraint), constraint.reinterpreted_batch_ndims)


@transform_to.register(constraints.independent)
def _transform_to_independent(constraint: Any) -> Any:
    return transforms.IndependentTransform(
        transform_to(constraint.base_constraint), constraint.reinterpreted_batch_ndims
    )


@_both(constraints.positive)
@_both(constraints.nonnegative)
def _to_above(constraint: Any) -> Any:
    exp = transforms.ExpTransform()
    bound = constraint.lower_bound
    if isinstance(bound, (int, float)) and bound == 0:
        return exp
    return transforms.ComposeTransform([exp, transforms.AffineTransform(bound, 1)])


@_both(constraints.less_than)
def _to_below(constraint: Any) -> Any:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.upper_bound, -1)]
    )


@_both(constraints.interval)
@_both(constraints.half_open_interval)
def _to_between(constraint: Any) -> Any:
    low, high = constraint.lower_bound, constraint.upper_bound
    sigmoid = transforms.SigmoidTransform()
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low == 0 and high == 1:
        return sigmoid
    return transforms.ComposeTransform([sigmoid, transforms.AffineTransform(low, high - low)])


def _fixed(kind: Any) -> Callable[[Any], Any]:
    return lambda constraint: kind()


for _registry, _kinds in (
    (biject_to, {constraints.simplex: transforms.StickBreakingTransform}),
    (
        transform_to,
        {
            constraints.simplex: transforms.SoftmaxTransform,
            constraints.lower_cholesky: transforms.LowerCholeskyTransform,
            constraints.positive_semidefinite: transforms.PositiveDefiniteTransform,
            constraints.positive_definite: transforms.PositiveDefiniteTransform,
        },
    ),
):
    for _constraint, _kind in _kinds.items():
        _registry.register(_constraint, _fixed(_kind))
_both(constraints.corr_cholesky)(_fixed(transforms.CorrCholeskyTransform))


def _side_by_side(registry: ConstraintRegistry) -> None:
    """Cat and stack, in one registry: a transform for each part."""

    def to_cat(constraint: Any) -> Any:
        return transforms.CatTransform([registry(c) for c in constraint.cseq], constraint.dim, constraint.lengths)

    def to_stack(constraint: Any) -> Any:
        return transforms.StackTransform([registry(c) for c in constraint.cseq], constraint.dim)

    registry.register(constraints.cat, to_cat)
    registry.register(constraints.stack, to_stack)


_side_by_side(biject_to)
_side_by_side(transform_to)
