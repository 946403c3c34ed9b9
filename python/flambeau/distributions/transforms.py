"""Invertible transformations of random values, with the log of their Jacobian's determinant.

Those that stack, reshape or work on matrices are in `_shape_transforms.py`; this file is the public place of all.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from typing import Any

import flambeau

from . import constraints
from .utils import _sum_rightmost, forwarded

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]


class Transform:
    """A map ``y = t(x)`` with its inverse ``t.inv(y)``.

    Args:
        cache_size: 1 remembers the last pair, so that inverting what was just computed is exact and free.

    A subclass gives ``domain``, ``codomain``, `_call`, `_inverse` and `log_abs_det_jacobian`.
    """

    bijective = False
    _arguments: tuple[str, ...] = ()  # attributes that make an equal transform when given to the class
    domain: Any
    codomain: Any

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"{type(self).__name__}: cache_size is {cache_size}, 0 or 1 is wanted")
        self._inv: Any = None
        self._cache_size, self._cached_x_y = cache_size, (None, None)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_inv": None}  # a weak reference is not pickled

    @property
    def event_dim(self) -> int:
        """Dimensions of a value, if they are equal on both sides."""
        here, there = self.domain.event_dim, self.codomain.event_dim
        if here == there:
            return here
        raise ValueError(
            f"{type(self).__name__}.event_dim: domain and codomain differ; ask domain.event_dim or codomain.event_dim"
        )

    @property
    def inv(self) -> Transform:
        """The inverse transform."""
        inverse = self._inv() if self._inv is not None else None
        if inverse is None:
            inverse = _InverseTransform(self)
            self._inv = weakref.ref(inverse)
        return inverse

    @property
    def sign(self) -> Any:
        """Sign of the derivative, of monotonic transforms of single numbers."""
        raise NotImplementedError(f"{type(self).__name__}.sign: not defined")

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same transform with another cache size."""
        if cache_size == self._cache_size:
            return self
        kind: Any = type(self)
        if kind.__init__ is not Transform.__init__:
            kind = next((base for base in kind.__mro__ if "_arguments" in vars(base)), Transform)
            if kind is Transform:
                raise NotImplementedError(f"{type(self).__name__}.with_cache: not defined")
        return kind(*[getattr(self, name) for name in kind._arguments], cache_size=cache_size)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __call__(self, x: Any) -> Any:
        """``t(x)``."""
        if self._cache_size == 0:
            return self._call(x)
        old_x, old_y = self._cached_x_y
        if x is old_x:
            return old_y
        y = self._call(x)
        self._cached_x_y = x, y
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size == 0:
            return self._inverse(y)
        old_x, old_y = self._cached_x_y
        if y is old_y:
            return old_x
        x = self._inverse(y)
        self._cached_x_y = x, y
        return x

    def _call(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: its forward direction is not defined")

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: its inverse is not defined")

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """``log |dy/dx|``."""
        raise NotImplementedError(f"{type(self).__name__}.log_abs_det_jacobian: not defined")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def forward_shape(self, shape: Any) -> Any:
        """Shape of y for a shape of x."""
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """Shape of x for a shape of y."""
        return shape


class _InverseTransform(Transform):
    """A transform seen from the other side."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(cache_size=transform._cache_size)
        self._inv: Any = transform

    @property
    def domain(self) -> Any:
        return self._inv.codomain

    @property
    def codomain(self) -> Any:
        return self._inv.domain

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return self._inv.bijective

    @property
    def sign(self) -> Any:
        return self._inv.sign

    @property
    def inv(self) -> Transform:
        return self._inv

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self.inv.with_cache(cache_size).inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and self._inv == other._inv

    def __hash__(self) -> int:
        return hash(("inverse", self._inv))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._inv!r})"

    def __call__(self, x: Any) -> Any:
        return self._inv._inv_call(x)

    def _inv_call(self, y: Any) -> Any:
        return self._inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Any:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._inv.forward_shape(shape)


class ComposeTransform(Transform):
    """Several transforms, the first applied first."""

    _arguments = ("parts",)

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)
        super().__init__(cache_size=cache_size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = Transform.__hash__

    def _side(self, parts: list[Transform], near: str, far: str) -> Any:
        if not parts:
            return constraints.real
        side = getattr(parts[0], near)
        # Later parts may look at more dimensions than the first.
        dim = getattr(parts[-1], far).event_dim
        for part in reversed(parts):
            dim += getattr(part, near).event_dim - getattr(part, far).event_dim
            dim = max(dim, getattr(part, near).event_dim)
        return constraints.independent(side, dim - side.event_dim) if dim > side.event_dim else side

    @property
    def domain(self) -> Any:
        return self._side(self.parts, "domain", "codomain")

    @property
    def codomain(self) -> Any:
        return self._side(self.parts[::-1], "codomain", "domain")

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        sign: Any = 1
        for part in self.parts:
            sign = sign * part.sign
        return sign

    @property
    def inv(self) -> Transform:
        inverse = self._inv() if self._inv is not None else None
        if inverse is None:
            inverse = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv = weakref.ref(inverse)
            inverse._inv = weakref.ref(self)
        return inverse

    def __call__(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        if not self.parts:
            return flambeau.zeros_like(x)
        values = [x]
        for part in self.parts[:-1]:
            values.append(part(values[-1]))
        values.append(y)
        dim = self.domain.event_dim
        total: Any = 0
        for part, before, after in zip(self.parts, values, values[1:], strict=False):
            total = total + _sum_rightmost(part.log_abs_det_jacobian(before, after), dim - part.domain.event_dim)
            dim += part.codomain.event_dim - part.domain.event_dim
        return total

    def forward_shape(self, shape: Any) -> Any:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    " + ",\n    ".join(repr(part) for part in self.parts) + "\n)"


identity_transform = ComposeTransform([])


class _Monotonic(Transform):
    bijective = True
    sign = 1

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    __hash__ = Transform.__hash__


class ExpTransform(_Monotonic):
    """``y = exp(x)``."""

    domain = constraints.real
    codomain = constraints.positive

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x  # the derivative is y

    def _inverse(self, y: Any) -> Any:
        return flambeau.log(y)

    def _call(self, x: Any) -> Any:
        return flambeau.exp(x)


class PowerTransform(Transform):
    """``y = x^exponent`` on the positive numbers."""

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True

    _arguments = ("exponent",)

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.exponent = exponent if isinstance(exponent, flambeau.Tensor) else flambeau.tensor(float(exponent))

    @property
    def sign(self) -> Any:
        return self.exponent.sign()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and bool(self.exponent.eq(other.exponent).all())

    __hash__ = Transform.__hash__

    def _call(self, x: Any) -> Any:
        return x.pow(self.exponent)

    def _inverse(self, y: Any) -> Any:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        return flambeau.broadcast_shapes(shape, tuple(self.exponent.shape))

    inverse_shape = forward_shape


def _inside_unit(y: Any) -> Any:
    """The nearest numbers above 0 and below 1."""
    limits = flambeau.finfo(y.dtype)
    return flambeau.clamp(y, limits.tiny, 1.0 - limits.eps)


class SigmoidTransform(_Monotonic):
    """``y = 1/(1 + exp(−x))``, kept inside (0, 1)."""

    domain = constraints.real
    codomain = constraints.unit_interval

    def _call(self, x: Any) -> Any:
        return _inside_unit(flambeau.sigmoid(x))

    def _inverse(self, y: Any) -> Any:
        y = _inside_unit(y)
        return flambeau.log(y) - flambeau.log1p(-y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        softplus = flambeau.nn.functional.softplus
        return -softplus(-x) - softplus(x)


class SoftplusTransform(_Monotonic):
    """``y = log(1 + exp(x))``."""

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return flambeau.nn.functional.softplus(x)

    def _inverse(self, y: Any) -> Any:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -flambeau.nn.functional.softplus(-x)


class TanhTransform(_Monotonic):
    """``y = tanh(x)``; its Jacobian is computed so that large x don't lose digits."""

    domain = constraints.real
    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Any) -> Any:
        return x.tanh()

    def _inverse(self, y: Any) -> Any:
        return flambeau.atanh(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return 2.0 * (math.log(2.0) - x - flambeau.nn.functional.softplus(-2.0 * x))


class AbsTransform(Transform):
    """``y = |x|``, not invertible; the inverse gives the positive one."""

    domain = constraints.real
    codomain = constraints.positive

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AbsTransform)

    __hash__ = Transform.__hash__

    def _inverse(self, y: Any) -> Any:
        return y  # one of the two

    def _call(self, x: Any) -> Any:
        return flambeau.abs(x)


class AffineTransform(Transform):
    """``y = loc + scale·x``.

    Args:
        loc, scale: numbers or tensors.
        event_dim: dimensions of a value.
        cache_size: see :class:`Transform`.
    """

    bijective = True

    _arguments = ("loc", "scale", "_event_dim")

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        self.loc, self.scale, self._event_dim = loc, scale, event_dim
        super().__init__(cache_size)

    event_dim = property(lambda self: self._event_dim, doc="Dimensions of a value.")

    @property
    def domain(self) -> Any:
        return constraints.independent(constraints.real, self._event_dim) if self._event_dim else constraints.real

    codomain = domain

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AffineTransform):
            return False

        def same(a: Any, b: Any) -> bool:
            equal = a == b
            return bool(equal.all()) if isinstance(equal, flambeau.Tensor) else bool(equal)

        return same(self.loc, other.loc) and same(self.scale, other.scale)

    __hash__ = Transform.__hash__

    @property
    def sign(self) -> Any:
        if isinstance(self.scale, flambeau.Tensor):
            return self.scale.sign()
        return (self.scale > 0) - (self.scale < 0)

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        shape = x.shape
        if isinstance(self.scale, flambeau.Tensor):
            result = flambeau.abs(self.scale).log()
        else:
            result = flambeau.full_like(x, math.log(abs(self.scale)))
        if self._event_dim:
            result = result.expand(flambeau.broadcast_shapes(tuple(result.shape), tuple(shape)))
            result = _sum_rightmost(result, self._event_dim)
            shape = shape[: len(shape) - self._event_dim]
        return result.expand(shape)

    def forward_shape(self, shape: Any) -> Any:
        return flambeau.broadcast_shapes(
            tuple(shape), tuple(getattr(self.loc, "shape", ())), tuple(getattr(self.scale, "shape", ()))
        )

    inverse_shape = forward_shape


class SoftmaxTransform(Transform):
    """``y = softmax(x)`` along the last dimension; not injective, the inverse is the log."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SoftmaxTransform)

    __hash__ = Transform.__hash__

    def _call(self, x: Any) -> Any:
        weights = (x - x.max(-1, True)[0]).exp()
        return weights / weights.sum(-1, True)

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def forward_shape(self, shape: Any) -> Any:
        if len(shape) < 1:
            raise ValueError("SoftmaxTransform: a value needs a dimension")
        return shape

    inverse_shape = forward_shape


class CumulativeDistributionTransform(Transform):
    """``y = cdf(x)`` of a distribution of single numbers."""

    bijective = True
    codomain = constraints.unit_interval
    sign = 1

    _arguments = ("distribution",)

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.distribution = distribution

    # Everything is the distribution's own, under other names.
    domain = forwarded("distribution", "support")
    _call = forwarded("distribution", "cdf")
    _inverse = forwarded("distribution", "icdf")

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return self.distribution.log_prob(x)


from ._shape_transforms import (  # noqa: E402  (they derive from Transform)
    CatTransform,
    CorrCholeskyTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    ReshapeTransform,
    StackTransform,
    StickBreakingTransform,
)
