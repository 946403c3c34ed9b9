"""Inputs for measurements by chance: parameters from distributions, tensors of sizes made of them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import flambeau

__all__ = ["FuzzedParameter", "FuzzedSparseTensor", "FuzzedTensor", "Fuzzer", "ParameterAlias"]


class ParameterAlias:
    """Stands for the value of another parameter."""

    def __init__(self, alias_to: str) -> None:
        self.alias_to = alias_to

    def __repr__(self) -> str:
        return f"ParameterAlias[alias_to: {self.alias_to}]"


class FuzzedParameter:
    """A number by chance.

    Args:
        name: of it.
        minval, maxval: bounds, for a distribution by name.
        distribution: ``"uniform"``, ``"loguniform"``, or a dict from values to probabilities.
        strict: where the first guess of a constraint fails, the parameter keeps its value.
    """

    def __init__(
        self,
        name: str,
        minval: Any = None,
        maxval: Any = None,
        distribution: str | dict[Any, float] | None = None,
        strict: bool = False,
    ) -> None:
        self._name, self._minval, self._maxval, self.strict = name, minval, maxval, strict
        if isinstance(distribution, str):
            if distribution not in ("uniform", "loguniform"):
                raise AssertionError(f"FuzzedParameter: distribution {distribution!r}; uniform or loguniform is wanted")
            if minval is None or maxval is None:
                raise AssertionError(f"FuzzedParameter: {distribution} wants minval and maxval")
        elif isinstance(distribution, dict):
            if abs(sum(distribution.values()) - 1) > 1e-6 or any(p < 0 for p in distribution.values()):
                raise AssertionError(f"FuzzedParameter: the probabilities {distribution} do not sum to 1")
        else:
            raise AssertionError("FuzzedParameter: a distribution is wanted")
        self._distribution = distribution

    @property
    def name(self) -> str:
        """Of the parameter."""
        return self._name

    def sample(self, state: random.Random) -> Any:
        """A value."""
        if isinstance(self._distribution, dict):
            return state.choices(list(self._distribution), list(self._distribution.values()))[0]
        if self._distribution == "loguniform":
            value = math.exp(state.uniform(math.log(self._minval), math.log(self._maxval)))
            return round(value) if isinstance(self._minval, int) and isinstance(self._maxval, int) else value
        if isinstance(self._minval, int) and isinstance(self._maxval, int):
            return state.randint(self._minval, self._maxval)
        return state.uniform(self._minval, self._maxval)


class FuzzedTensor:
    """A tensor whose sizes are parameters.

    Args:
        name: of it.
        size, steps: numbers or names of parameters; with steps above 1 the tensor is a strided view.
        probability_contiguous: else its dimensions are permuted in memory.
        min_elements, max_elements, max_allocation_bytes: parameters are drawn again outside of these.
        dim_parameter: name of the parameter that says how many dimensions are used.
        dtype: of it.
        tensor_constructor: of ``(size, dtype)`` and the parameters; random numbers by default.
    """

    def __init__(
        self,
        name: str,
        size: tuple[str | int, ...],
        steps: tuple[str | int, ...] | None = None,
        probability_contiguous: float = 0.5,
        min_elements: int | None = None,
        max_elements: int | None = None,
        max_allocation_bytes: int | None = None,
        dim_parameter: str | None = None,
        roll_parameter: str | None = None,
        dtype: Any = flambeau.float32,
        cuda: bool = False,
        tensor_constructor: Callable[..., Any] | None = None,
    ) -> None:
        self._name, self._size, self._steps = name, size, steps
        self._contiguous, self._dim_parameter, self._roll = probability_contiguous, dim_parameter, roll_parameter
        self._bounds = (min_elements, max_elements, max_allocation_bytes)
        self._dtype, self._make = dtype, tensor_constructor or self.default_tensor_constructor

    @property
    def name(self) -> str:
        """Of the tensor."""
        return self._name

    @staticmethod
    def default_tensor_constructor(size: Any, dtype: Any, **kwargs: Any) -> Any:
        """Random numbers; integers below 127 for integer types."""
        if dtype.is_floating_point or dtype.is_complex:
            return flambeau.rand(size, dtype=dtype)
        return flambeau.randint(1, 127, size=size, dtype=dtype)

    def _sizes(self, params: dict[str, Any]) -> tuple[list[int], list[int], list[int]]:
        """Sizes, steps and sizes in memory."""
        dims = params[self._dim_parameter] if self._dim_parameter else len(self._size)

        def values(given: Any) -> list[int]:
            return [params.get(item, item) if isinstance(item, str) else item for item in given][:dims]

        size = values(self._size)
        steps = values(self._steps) if self._steps else [1] * dims
        return size, steps, [n * step for n, step in zip(size, steps, strict=True)]

    def satisfies_constraints(self, params: dict[str, Any]) -> bool:
        """Whether the sizes lie within the bounds."""
        size, _, memory = self._sizes(params)
        least, most, most_bytes = self._bounds
        count = math.prod(size)
        allocated = math.prod(memory) * flambeau.empty((), dtype=self._dtype).element_size()
        return (
            (least is None or count >= least)
            and (most is None or count <= most)
            and (most_bytes is None or allocated <= most_bytes)
        )

    def _make_tensor(self, params: dict[str, Any], state: random.Random) -> tuple[Any, dict[str, Any]]:
        size, steps, memory = self._sizes(params)
        tensor = self._make(size=tuple(memory), dtype=self._dtype, **params)
        order = list(range(tensor.dim()))
        if tensor.dim() > 1 and state.random() > self._contiguous:
            state.shuffle(order)
            tensor = tensor.permute(order).contiguous()
            tensor = tensor.permute([order.index(d) for d in range(len(order))])
        tensor = tensor[tuple(slice(0, n * step, step) for n, step in zip(size, steps, strict=True))]
        told = {
            "numel": tensor.numel(),
            "order": order,
            "steps": steps,
            "is_contiguous": tensor.is_contiguous(),
            "dtype": str(self._dtype),
        }
        return tensor, told


class FuzzedSparseTensor:
    """Sparse tensors by chance are not made here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "FuzzedSparseTensor: not made here; FuzzedTensor with a tensor_constructor that calls to_sparse() does"
        )


class Fuzzer:
    """Draws parameters until the constraints hold, and makes the tensors.

    Args:
        parameters, tensors: `FuzzedParameter` and `FuzzedTensor`, or lists of them.
        constraints: functions of the parameters by name, that must hold.
        seed: of the draws.
    """

    def __init__(
        self,
        parameters: list[Any],
        tensors: list[Any],
        constraints: list[Callable[..., bool]] | None = None,
        seed: int | None = None,
    ) -> None:
        self._seed = random.randrange(1 << 32) if seed is None else seed
        self._parameters, self._tensors = self._unpack(parameters), self._unpack(tensors)
        self._constraints = list(constraints or [])
        names = [item.name for item in (*self._parameters, *self._tensors)]
        if len(set(names)) < len(names):
            raise ValueError(f"Fuzzer: names {names} are not all different")
        self._rejections = self._total = 0

    @staticmethod
    def _unpack(values: list[Any]) -> list[Any]:
        return [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]

    def take(self, n: int) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
        """`n` times the tensors, what is to be known of them, and the parameters, all by name."""
        state = random.Random(self._seed)
        for _ in range(n):
            params = self._generate(state)
            tensors, told = {}, {}
            for tensor in self._tensors:
                tensors[tensor.name], told[tensor.name] = tensor._make_tensor(params, state)
            yield tensors, told, params

    @property
    def rejection_rate(self) -> float:
        """Share of draws for which a constraint did not hold."""
        return self._rejections / self._total if self._total else 0.0

    def _generate(self, state: random.Random) -> dict[str, Any]:
        strict: dict[str, Any] = {}
        for _ in range(1000):
            self._total += 1
            params = {p.name: strict[p.name] if p.name in strict else p.sample(state) for p in self._parameters}
            strict = {p.name: params[p.name] for p in self._parameters if p.strict}
            for name, value in params.items():
                while isinstance(value, ParameterAlias):
                    value = params[value.alias_to]
                params[name] = value
            holds = all(check(**params) for check in self._constraints)
            if holds and all(tensor.satisfies_constraints(params) for tensor in self._tensors):
                return params
            self._rejections += 1
        raise ValueError("Fuzzer: 1000 draws, and in none do all constraints hold")
