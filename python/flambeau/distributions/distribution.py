"""The base class of all distributions."""

from __future__ import annotations

import warnings
from typing import Any

import flambeau

from . import constraints
from .utils import lazy_property

__all__ = ["Distribution"]


def _shape(value: Any) -> Any:
    return flambeau.Size(value)


def _is_lazy(kind: type, name: str) -> bool:
    return any(isinstance(vars(base).get(name), lazy_property) for base in kind.__mro__)


class Distribution:
    """A batch of independent distributions of one kind.

    A sample has shape ``sample_shape + batch_shape + event_shape``: how often, which one, one value.

    Args:
        batch_shape: shape of the parameters, without event dimensions.
        event_shape: shape of a single value.
        validate_args: check parameters and values; by default as `set_default_validate_args` says.
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__
    _family: Any = None  # the class whose table of parameters holds for this one

    def __init_subclass__(
        cls,
        support: Any = None,
        parameters: dict[str, constraints.Constraint] | None = None,
        differentiable: bool | None = None,
        countable: bool | None = None,
        **options: Any,
    ) -> None:
        """Take the facts of a distribution from the head of its class: support, parameters, kinds of sampling."""
        super().__init_subclass__(**options)
        facts = {
            "support": support,
            "arg_constraints": parameters,
            "has_rsample": differentiable,
            "has_enumerate_support": countable,
        }
        for name, value in facts.items():
            if value is not None:
                setattr(cls, name, value)
        if parameters is not None:
            cls._family = cls

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions check parameters and values if not told otherwise."""
        if value not in (True, False):
            raise ValueError(f"Distribution.set_default_validate_args: {value!r} given, True or False is wanted")
        Distribution._validate_args = value

    def __init__(self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None) -> None:
        self._batch_shape = _shape(batch_shape)
        self._event_shape = _shape(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()
        super().__init__()

    def _check_parameters(self) -> None:
        name = type(self).__name__
        try:
            wanted = self.arg_constraints
        except NotImplementedError:
            warnings.warn(f"{name}: it has no arg_constraints, so parameters are not checked", stacklevel=4)
            return
        for parameter, constraint in wanted.items():
            if constraints.is_dependent(constraint):
                continue
            if parameter not in self.__dict__ and _is_lazy(type(self), parameter):
                continue  # computed from one that is checked
            value = getattr(self, parameter)
            inside = constraint.check(value)
            if not inside.all():
                raise ValueError(
                    f"{name}: {parameter}, a tensor of shape {tuple(value.shape)}, must satisfy {constraint!r}, "
                    f"but holds\n{value}"
                )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distributions seen with a larger batch shape; parameters are expanded, not copied."""
        family = self._family
        if family is None:
            raise NotImplementedError(f"{type(self).__name__}.expand: not defined")
        names = ["_param"]
        for base in type(self).__mro__:
            table = vars(base).get("arg_constraints")
            names += table if isinstance(table, dict) else ()
        return self._expanded(family, batch_shape, _instance, tuple(dict.fromkeys(names)), self.event_shape)

    @property
    def batch_shape(self) -> Any:
        """Shape of the batch of distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Any:
        """Shape of one value."""
        return self._event_shape

    @property
    def arg_constraints(self) -> dict[str, constraints.Constraint]:
        """The constraint of each parameter."""
        raise NotImplementedError(f"{type(self).__name__}.arg_constraints: not defined")

    @property
    def support(self) -> Any:
        """The constraint of samples."""
        raise NotImplementedError(f"{type(self).__name__}.support: not defined")

    @property
    def mean(self) -> Any:
        """The mean."""
        raise NotImplementedError(f"{type(self).__name__}.mean: not defined")

    @property
    def mode(self) -> Any:
        """The most probable value."""
        raise NotImplementedError(f"{type(self).__name__}.mode: not defined")

    @property
    def variance(self) -> Any:
        """The variance."""
        raise NotImplementedError(f"{type(self).__name__}.variance: not defined")

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Any:
        """Draw values, without a gradient."""
        with flambeau.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Draw values as a differentiable function of the parameters."""
        raise NotImplementedError(
            f"{type(self).__name__}.rsample: it has no differentiable sampling; sample() draws without a gradient"
        )

    def sample_n(self, n: int) -> Any:
        """Draw ``n`` values; deprecated, use ``sample((n,))``."""
        warnings.warn("Distribution.sample_n: use sample((n,))", UserWarning, stacklevel=2)
        return self.sample(_shape((n,)))

    def log_prob(self, value: Any) -> Any:
        """Log of the density, or of the probability, at a value."""
        raise NotImplementedError(f"{type(self).__name__}.log_prob: not defined")

    def cdf(self, value: Any) -> Any:
        """Probability of values up to this one."""
        raise NotImplementedError(f"{type(self).__name__}.cdf: not defined")

    def icdf(self, value: Any) -> Any:
        """The value up to which there is this probability."""
        raise NotImplementedError(f"{type(self).__name__}.icdf: not defined")

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values of a discrete distribution, along a new first dimension.

        Args:
            expand: repeat them over the batch; otherwise batch dimensions are 1.
        """
        raise NotImplementedError(f"{type(self).__name__}.enumerate_support: not defined")

    def entropy(self) -> Any:
        """The entropy, in nats."""
        raise NotImplementedError(f"{type(self).__name__}.entropy: not defined")

    def perplexity(self) -> Any:
        """The exponential of the entropy."""
        return flambeau.exp(self.entropy())

    def _extended_shape(self, sample_shape: Any = ()) -> Any:
        return _shape(tuple(sample_shape) + tuple(self._batch_shape) + tuple(self._event_shape))

    def _checked(self, value: Any) -> None:
        """Look at a value, if values are to be looked at."""
        if self._validate_args:
            self._validate_sample(value)

    def _validate_sample(self, value: Any) -> None:
        name = f"{type(self).__name__}.log_prob"
        if not isinstance(value, flambeau.Tensor):
            raise ValueError(f"{name}: the value is a {type(value).__name__}, a tensor is wanted")
        event = len(self._event_shape)
        shape = tuple(value.shape)
        if shape[len(shape) - event :] != tuple(self._event_shape):
            raise ValueError(
                f"{name}: the value has shape {shape}, its last dimensions must be {tuple(self._event_shape)}"
            )
        own = tuple(self._batch_shape) + tuple(self._event_shape)
        for left, right in zip(reversed(shape), reversed(own), strict=False):
            if left != 1 and right != 1 and left != right:
                raise ValueError(f"{name}: the value has shape {shape}, which doesn't broadcast with {own}")
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(f"{name}: the distribution has no support, so values are not checked", stacklevel=3)
            return
        if not support.check(value).all():
            raise ValueError(f"{name}: the value, of shape {shape}, must be inside {support!r}, but holds\n{value}")

    def _get_checked_instance(self, cls: Any, _instance: Any = None) -> Any:
        if _instance is None and type(self).__init__ != cls.__init__:
            raise NotImplementedError(
                f"{type(self).__name__}.expand: a subclass with its own __init__ must give its own expand"
            )
        return self.__new__(type(self)) if _instance is None else _instance

    def _expanded(
        self, cls: Any, batch_shape: Any, _instance: Any, names: tuple[str, ...], event_shape: Any = ()
    ) -> Any:
        """A new instance whose named parameters, those that exist, are expanded; event dimensions are kept."""
        new = self._get_checked_instance(cls, _instance)
        batch_shape = tuple(batch_shape)
        for name in names:
            if name in self.__dict__:
                value = getattr(self, name)
                kept = tuple(value.shape)[len(self._batch_shape) :]
                setattr(new, name, value.expand(batch_shape + kept))
        if "_given" in self.__dict__:  # which of probs and logits
            new._given = self.__dict__["_given"]
        Distribution.__init__(new, batch_shape, event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    def __repr__(self) -> str:
        parts = []
        for name in self.arg_constraints:
            if name in self.__dict__:
                value = self.__dict__[name]
                parts.append(f"{name}: {value if value.numel() == 1 else value.size()}")
        return f"{type(self).__name__}({', '.join(parts)})"
