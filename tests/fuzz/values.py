"""Hostile values. Each is made by an expression (a string) that `evaluate` can read, so that a call can be printed as a
program. `T(shape, dtype, fill, form)` makes the tensors."""

# ruff: noqa: E501, SIM905 (tables of words)
from __future__ import annotations

import math
import random
import sys
from pathlib import Path
from typing import Any

import flambeau as f

sys.path.insert(0, str(Path(__file__).parent.parent / "python"))
from samples import map_tensors, samples_of

TYPES = (
    "float32 float64 float16 bfloat16 complex64 complex128 complex32 int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    "bool float8_e4m3fn float8_e5m2"
).split()
SHAPES = (
    "() (0,) (1,) (2,) (3,) (5,) (17,) (1, 1) (2, 3) (3, 2) (3, 3) (4, 4) (0, 3) (3, 0) (0, 0) (1, 4) (2, 0, 3) (2, 3, 4) (1, 1, 1) "
    "(2, 1, 3) (1, 3, 4, 4) (2, 3, 4, 5) (0, 3, 4, 4) (1, 3, 0, 4) (1, 2, 3, 4, 5) (1,)*7 (1,)*64 (2,)*12 (1000,) (300, 3)"
)
# No elements, or no memory: what counts elements one dimension at a time would overflow or never return.
VAST = (
    "(0, 2**40) (2**40, 0) (2**31, 0, 2**31) (0, 2**62) (2**62, 2**62, 0) (2**31, 2**31) (2**62,) (2**33, 3) (2**31,) "
    "(2**20, 2**20, 2**20)"
)
FILLS = "zero one minus ramp nan inf big odd random".split()
FORMS = (
    "plain transposed strided reversed expanded offset overlapping window grad leaf conj neg view parameter subclass "
    "inference deferred"
).split()
INTS = (
    "0 1 -1 2 3 -2 4 5 7 -5 16 100 -100 255 256 1000 2**15 2**31-1 2**31 -2**31 -2**31-1 2**32 2**33+1 2**53+1 2**62 "
    "2**63-1 -2**63 2**63 2**64 -2**64 10**30 True False"
)
FLOATS = "0.0 -0.0 0.5 1.0 -1.5 2.5 1e-45 1e-300 1e38 1e39 1e308 -1e308 nan inf -inf"
OTHERS = [
    *"None '' 'mean' 'none' 'sum' 'reflect' 'circular' 'x'*5000 '\\x00' '\\ud800' b'ab' bytearray(3) object() int f.Tensor ... "
    "NotImplemented f dict() {1:2} set() (lambda:0) 1j complex(nan,inf) -1j slice(None) slice(-5,2**70,3) range(3) range(2**40) "
    "f.float32 f.int64 f.complex64 f.strided f.sparse_coo f.channels_last f.contiguous_format f.device('meta') "
    "f.device('cpu') f.Generator() f.Size([2,3]) Odd() BadIndex() BadLength() Lying() Growing() Wide() Torch() Number() "
    "'cuda' 'cpu' 'meta' 'cpu:7' 'ij->ji' '...ij,jk' ',,->' 'i'*300 '->' nested(3) nested(2000) cyclic() iter([1,2])".split(),
    "'a b'",
]
LISTS = (
    "[] [0] [1] [-1] [2] [0,0] [0,1] [1,0] [-1,-2] [2,3] [1,2,3] [0,1,2] [2,2,2] [-1,-1] [1]*7 [0]*70 [2]*64 [1]*1000 "
    "[2**31] [2**62] [2**31,2**31] [2**62,4] [-2**63] [2**63] [-1,2**40] [0,2**62] [1.5] [None] [True] ['a'] [[1]] [1,[2]] "
    "[None,None] (1,) (2,2) (0,) (3,1,-1) [nan] [10**30] [object()] (1,2,3,4,5,6) [1,1,1,1] [0,0,0,0] [-3,4] [2**31-1]*3"
)
INF, NAN = math.inf, math.nan


class Odd:
    """Converts to nothing."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError(name)


class BadIndex:
    """An index that raises."""

    def __index__(self) -> int:
        raise KeyError("index")

    __int__ = __float__ = __bool__ = __index__


class BadLength(list):  # type: ignore[type-arg]
    """A list that lies about its length."""

    def __len__(self) -> int:
        return 1 << 40


class Lying:
    """A sequence whose items are not there."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, i: int) -> Any:
        if i:
            raise RuntimeError("no such item")
        return 1


class Growing(list):  # type: ignore[type-arg]
    """A list that changes while it is read."""

    def __iter__(self) -> Any:
        self.extend([1, 2])
        yield from (1, 2)
        self.clear()
        yield 3


class Wide(int):
    """An int with an index of its own."""

    def __index__(self) -> int:
        return 2**70


class Number(float):
    """A float that is a subclass."""

    def __float__(self) -> float:
        return math.nan


class Torch:
    """Takes calls over and fails."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise LookupError("__torch_function__")


class Sub(f.Tensor):
    """A subclass of Tensor."""


def nested(depth: int) -> list[Any]:
    """[[[...]]]"""
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


def cyclic() -> list[Any]:
    """A list that holds itself."""
    made: list[Any] = [1]
    made.append(made)
    return made


def _fill(count: int, dtype: Any, fill: str) -> Any:
    if fill in ("ramp", "odd", "random"):
        t = f.arange(count)
        t = t if fill == "ramp" else (t * 7919 + 13) % 97 - (48 if fill == "odd" else 0)
        return t.to(dtype)
    if fill == "big":
        if dtype.is_floating_point or dtype.is_complex:
            return f.full((count,), 1e30).to(dtype)
        number = {f.bool: 1, f.uint64: 2**63 - 1}.get(dtype)
        return f.full((count,), f.iinfo(dtype).max if number is None else number, dtype=dtype)
    value = {"zero": 0, "one": 1, "minus": -1, "nan": NAN, "inf": INF}[fill]
    if isinstance(value, float) and not (dtype.is_floating_point or dtype.is_complex):
        value = -1
    return f.full((count,), value).to(dtype)


def T(shape: tuple[int, ...], dtype: str = "float32", fill: str = "ramp", form: str = "plain") -> Any:
    """A tensor. Forms that its type or shape cannot have become plain."""
    kind = getattr(f, dtype)
    count = math.prod(shape)
    if form == "deferred" or count > 1 << 16 or any(s > 1 << 20 for s in shape):
        return f.empty(shape, dtype=kind, device="meta" if count else "cpu")
    shape = tuple(shape)
    if form == "expanded" and shape:
        return _fill(1, kind, fill).expand(shape)
    if form == "overlapping" and shape and count:
        return _fill(sum(shape), kind, fill).as_strided(shape, (1,) * len(shape))
    if form == "strided" and shape and len(shape) < 60:
        wide = _fill(count * 2, kind, fill).reshape((*shape, 2))
        return wide[..., 1]
    if form == "reversed" and len(shape) >= 2:
        t = _fill(count, kind, fill).reshape(shape[::-1])
        return t.permute(tuple(range(len(shape)))[::-1])
    if form == "offset" and count:
        return _fill(count + 3, kind, fill)[3:].reshape(shape)
    if form == "window" and shape and count:
        return _fill(count + shape[-1], kind, fill).as_strided(shape, (0,) * (len(shape) - 1) + (1,), 1)
    t = _fill(count, kind, fill).reshape(shape)
    differentiable = kind.is_floating_point or kind.is_complex
    if form == "transposed" and len(shape) >= 2:
        t = t.transpose(-1, -2).contiguous().transpose(-1, -2)
    elif form == "leaf" and differentiable:
        t.requires_grad_()
    elif form == "grad" and differentiable:
        t = t.requires_grad_() * 1
    elif form == "conj" and kind.is_complex:
        t = t.conj()
    elif form == "neg" and kind.is_floating_point and dtype in ("float32", "float64"):
        t = f.complex(t, t).conj().imag
    elif form == "view":
        t = t.view(shape)
    elif form == "parameter" and differentiable:
        t = f.nn.Parameter(t)
    elif form == "subclass":
        t = t.as_subclass(Sub)
    elif form == "inference":
        with f.inference_mode():
            t = t.clone()
    return t


def sample(operator: str, dtype: str, which: int) -> tuple[list[Any], dict[str, Any]]:
    """A sample of an operator, made anew."""
    return samples_of(operator, dtype)[which]


NAMES: dict[str, Any] = {
    **{name: value for name, value in globals().items() if not name.startswith("_")},
    "nan": NAN,
    "inf": INF,
    "tensors": map_tensors,
}


def evaluate(source: str, **more: Any) -> Any:
    """The value of an expression."""
    return eval(source, {**NAMES, **more})


# --- choosing -----------------------------------------------------------------------------------------------------------
_SHAPES, _VAST = ([s.replace(";", " ") for s in text.replace(", ", ",").split()] for text in (SHAPES, VAST))
_INTS, _FLOATS, _LISTS = INTS.split(), FLOATS.split(), LISTS.split()


def some_shape(r: random.Random) -> str:
    return r.choice(_VAST) if r.random() < 0.06 else r.choice(_SHAPES)


def some_tensor(r: random.Random, shape: str | None = None, dtype: str | None = None) -> str:
    shape = some_shape(r) if shape is None or r.random() < 0.3 else shape
    dtype = r.choice(TYPES if r.random() < 0.5 else [TYPES[0], "int64", "bool"]) if dtype is None else dtype
    return f"T({shape}, {dtype!r}, {r.choice(FILLS)!r}, {r.choice(FORMS)!r})"


def some_value(r: random.Random, kind: str) -> str:
    """An expression for a parameter of this kind: mostly of the right one."""
    if r.random() < 0.15:
        kind = r.choice(["Tensor", "int", "float", "int[]", "other", "Tensor[]"])
    if kind.startswith("Tensor") and kind.endswith("]"):
        if r.random() < 0.2:
            return r.choice(["[]", "()", "[None]", "[1]", "Growing()", "BadLength()", "Lying()"])
        return "[" + ", ".join(some_tensor(r) for _ in range(r.choice([1, 2, 3, 5]))) + "]"
    if kind.startswith("Tensor"):
        return some_tensor(r)
    if "[" in kind:
        return r.choice(_LISTS) if r.random() < 0.9 else r.choice(["Growing()", "BadLength()", "Lying()", "cyclic()"])
    if kind.startswith(("int", "SymInt", "bool")):
        return r.choice(_INTS)
    if kind.startswith(("float", "Scalar")) and not kind.startswith("ScalarType"):
        return r.choice(_FLOATS if r.random() < 0.7 else _INTS)
    return r.choice(OTHERS)
