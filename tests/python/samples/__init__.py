"""Arguments for the tests that enumerate the operators: one line per operator in the files of this folder.

A file holds a dictionary `SAMPLES = {"add.Tensor": lambda s: [s((2, 3)), s((3,)), {"alpha": 2}]}`: the list is the
positional arguments, a dictionary at its end the keyword ones; several calls are `calls((a, b), (c, {"dim": 1}))`.
`s(shape)` makes a tensor of the type under test, the same at every run; its values are odd multiples of 1/32 (exact in
every floating type, never 0 and never equal within a tensor while they last). A file may also hold

    TYPES = {"erf": "float32 bfloat16"}        the types to test, where it is not all of DTYPES
    TOLERANCE = {"inv": 1e-3}                  the relative tolerance, where the usual one is too strict
    UNSTABLE = {"eig", "empty"}                operators whose values are not determined (signs of vectors, memory)
    NO_GRADIENT = {"name": "why"}              operators whose finite differences make no sense at the samples
    NO_SECOND_GRADIENT = {"name": "why"}       operators that refuse to be differentiated twice
    OWN_RESULTS = {"_ctc_loss": 1}             how many results are the operator's own; the rest is kept for the
                                               backward pass, in a form of ours and without a gradient
    CONSTANT = {"nll_loss": (2,)}              positions of the arguments that the operator is not differentiated by
    DOMAIN = {"cholesky": hermitian}           what maps any tensor to a first argument that the operator takes: the
                                               gradient holds for changes within that domain
    ROUNDS_ONCE = {"lstm.input": "why"}        where half precision is held against our float32, as PyTorch's own rounds
                                               on the way and is less exact
    IN_PLACE_TYPE = {"float_power": "why"}     operators whose in-place form refuses a type other than the result's
    READS_VALUES = {"narrow.Tensor": "why"}    operators whose result's shape takes a tensor's values: none on meta
    MEMORY = {"as_strided": "why"}             operators that speak of the strides of their argument
"""

from __future__ import annotations

import functools
import importlib
import math
import pkgutil
import random
import zlib
from collections.abc import Callable
from typing import Any

import flambeau

TABLES = (
    "SAMPLES", "TYPES", "TOLERANCE", "UNSTABLE", "NO_GRADIENT", "NO_SECOND_GRADIENT", "OWN_RESULTS", "CONSTANT",
    "DOMAIN", "ROUNDS_ONCE", "IN_PLACE_TYPE", "READS_VALUES", "MEMORY",
)  # fmt: skip
DTYPES = ("float32", "bfloat16", "int64", "uint8", "bool", "complex64")


def dtype_name(dtype: Any) -> str:
    """'float32' of a dtype or its name."""
    return str(dtype).rsplit(".", 1)[-1]


class Calls(list[tuple[Any, ...]]):
    """Several samples of one operator."""


def calls(*samples: tuple[Any, ...]) -> Calls:
    """Several samples of one operator, each a tuple of arguments as in a single sample's list."""
    return Calls(samples)


class Sampler:
    """Makes the tensors of a sample. `dtype` is the type under test, for tensors that ask for none."""

    def __init__(self, dtype: str = "float32", seed: str = "") -> None:
        self.dtype = dtype
        self._random = random.Random(zlib.crc32(seed.encode()))

    def __call__(
        self, shape: Any = (), dtype: Any = None, low: float | None = None, high: float | None = None, **unused: Any
    ) -> Any:
        """A tensor of `shape` with values in [low, high], by default [-3, 3]; integers in [-9, 9]."""
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        name = self.dtype if dtype is None else dtype_name(dtype)
        values = self._values(math.prod(shape), name, low, high)
        return flambeau.tensor(values, dtype=getattr(flambeau, name)).reshape(shape)

    def distinct(self, shape: Any) -> Any:
        """A tensor without equal elements, of a type that has enough values."""
        count = math.prod(shape)
        if not self.type().is_floating_point and not self.type().is_complex:
            values = self._random.sample(range(4 * count), count)
            return flambeau.tensor(values, dtype=self.type()).reshape(shape)
        return self(shape)

    lib = flambeau

    def type(self, name: str | None = None) -> Any:
        """The dtype of this name, or the one under test."""
        return getattr(flambeau, name or self.dtype)

    def index(self, shape: Any, size: int) -> Any:
        """Indices below `size`."""
        return self(shape, dtype="int64", low=0, high=size - 1)

    def mask(self, shape: Any) -> Any:
        """Truth values."""
        return self(shape, dtype="bool")

    def _values(self, count: int, name: str, low: float | None, high: float | None) -> list[Any]:
        kind = getattr(flambeau, name)
        if name == "bool":
            return [self._random.random() < 0.5 for _ in range(count)]
        if kind.is_complex:
            parts = self._reals(2 * count, low, high)
            return [complex(a, b) for a, b in zip(parts[::2], parts[1::2])]
        if kind.is_floating_point:
            return self._reals(count, low, high)
        first = math.ceil(low if low is not None else -9 if high is None or high >= -9 else high - 9)
        last = math.floor(high if high is not None else max(9, first + 9))
        if name.startswith("u"):
            first = max(first, 0)
        last = max(first, last)
        return [self._random.randint(first, last) for _ in range(count)]

    def _reals(self, count: int, low: float | None, high: float | None) -> list[float]:
        low = -3.0 if low is None else low
        high = max(3.0, low + 3.0) if high is None else high
        for denominator in (32, 128, 1024, 2**20):
            first, last = math.ceil((low * denominator - 1) / 2), math.floor((high * denominator - 1) / 2)
            if last - first >= 8 or denominator == 2**20:
                break
        choices = range(first, last + 1)
        drawn: list[int] = []
        while len(drawn) < count:
            drawn += self._random.sample(choices, min(len(choices), count - len(drawn)))
        return [(2 * k + 1) / denominator for k in drawn]


def split(sample: Any) -> tuple[list[Any], dict[str, Any]]:
    """A sample as positional and keyword arguments."""
    args = list(sample)
    if args and isinstance(args[-1], dict):
        return args[:-1], args[-1]
    return args, {}


@functools.cache
def tables() -> dict[str, dict[str, Any]]:
    """The dictionaries of all files together, sets as dictionaries too."""
    merged: dict[str, dict[str, Any]] = {name: {} for name in TABLES}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for table, into in merged.items():
            found = getattr(module, table, {})
            into.update(found if isinstance(found, dict) else dict.fromkeys(found, True))
    return merged


def samples_of(operator: str, dtype: str = "float32") -> list[tuple[list[Any], dict[str, Any]]]:
    """The samples of an operator, made anew, with tensors of `dtype` where a sample asks for no type."""
    make: Callable[[Sampler], Any] = tables()["SAMPLES"][operator]
    made = make(Sampler(dtype, operator))
    return [split(call) for call in (made if isinstance(made, Calls) else [made])]


def types_of(operator: str) -> tuple[str, ...]:
    """The types an operator is tested with."""
    return tuple(tables()["TYPES"].get(operator, " ".join(DTYPES)).split())


def map_tensors(value: Any, function: Callable[[Any], Any]) -> Any:
    """The same structure with `function` applied to each tensor."""
    if isinstance(value, flambeau.Tensor):
        return function(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map_tensors(v, function) for v in value) if type(value) in (list, tuple) else value
    if isinstance(value, dict):
        return {k: map_tensors(v, function) for k, v in value.items()}
    return value
