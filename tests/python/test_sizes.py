"""Sizes at which kernels change their way: past the vector width (8 vectors and 5), past a tile (about 1,000 elements),
a block (4,096) and the grain of threads; along rows, columns and everything, of views, of many types, at 1, 2 and 7
threads. Reductions, scans and products are held against NumPy in double precision, pointwise operators (all of the
registry) against their own results for a few elements."""

# ruff: noqa: E501 (tables, an expression a line)
from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from samples import samples_of
from test_operators import OPERATORS, SAMPLED, attempt, function, supported, unstable

import flambeau
from flambeau import _C

Tensor = flambeau.Tensor
LENGTHS = (69, 133, 1029, 4103, 70_003)
TYPES = ("float32", "float64", "bfloat16", "float16", "int64", "int32", "uint8", "bool", "complex64")
# Relative spacing of the numbers of a type.
SPACING = {"float32": 1.2e-7, "float64": 2.3e-16, "bfloat16": 8e-3, "float16": 1e-3, "complex64": 1.2e-7}


def signed(n: int, seed: int = 0) -> Any:
    """Numbers of size about 1 whose partial sums stay small, so that one too many or too few shows in their sum."""
    dice = np.random.default_rng(seed)
    return np.where(np.arange(n) % 2, -1.0, 1.0) * (1 + np.round(dice.random(n), 2) / 4)


def values(shape: tuple[int, ...], dtype: str, seed: int = 0) -> tuple[Any, Any]:
    """The same numbers as a tensor of the type and as an array in double precision."""
    flat = signed(math.prod(shape), seed)
    if dtype == "complex64":
        flat = flat + 1j * signed(flat.size, seed + 1)[::-1]
    elif dtype == "bool":
        flat = np.round(np.abs(flat) * 2) % 2
    elif dtype not in SPACING:
        flat = np.round(flat * 3)
        flat = np.abs(flat) if dtype == "uint8" else flat
    t = flambeau.from_numpy(flat.reshape(shape)).to(getattr(flambeau, dtype))
    return t, array(t)


def array(t: Any) -> Any:
    """A tensor in double precision, or as whole numbers."""
    t = t.detach().resolve_conj()
    if t.dtype.is_complex:
        return t.to(flambeau.complex128).numpy()
    if t.dtype.is_floating_point:
        return t.double().numpy()
    return t.numpy()


Axes = tuple[int, ...]


def moments(x: Any, axes: Axes, correction: int = 1) -> Any:
    n = math.prod(x.shape[a] for a in axes)
    off = x - x.mean(axes, keepdims=True)
    with np.errstate(all="ignore"):
        return (
            (np.abs(off) ** 2).sum(axes) / max(n - correction, 0)
            if n > correction
            else np.full(off.sum(axes).shape, np.nan)
        )


def logsumexp(x: Any, axes: Axes) -> Any:
    top = x.max(axes, keepdims=True)
    return np.log(np.exp(x - top).sum(axes)) + top.squeeze(axes)


def softmax(x: Any, axis: int) -> Any:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def median(x: Any, axes: Axes) -> Any:
    n = math.prod(x.shape[a] for a in axes)
    flat = np.moveaxis(x, axes, range(-len(axes), 0)).reshape(*[s for i, s in enumerate(x.shape) if i not in axes], n)
    return np.sort(flat, -1)[..., (n - 1) // 2]


# Each operator as a function of an array and the axes; `floats`: floating and complex types, `real`: types with an order.
REDUCTIONS: dict[str, tuple[str, Callable[[Any, Axes], Any]]] = {
    "sum": ("all", lambda x, a: x.sum(a, dtype=None if x.dtype.kind in "fc" else np.int64)),
    "nansum": ("nocomplex", lambda x, a: np.nansum(x, a, dtype=None if x.dtype.kind in "fc" else np.int64)),
    "mean": ("floats", lambda x, a: x.mean(a)),
    "nanmean": ("floats-", lambda x, a: x.mean(a)),
    "var": ("floats", moments),
    "std": ("floats", lambda x, a: np.sqrt(moments(x, a))),
    "amax": ("real", lambda x, a: x.max(a)),
    "amin": ("real", lambda x, a: x.min(a)),
    "logsumexp": ("floats-", logsumexp),
    "count_nonzero": ("all", lambda x, a: (x != 0).sum(a)),
    "all": ("all", lambda x, a: (x != 0).all(a)),
    "any": ("all", lambda x, a: (x != 0).any(a)),
    "linalg_vector_norm": ("floats", lambda x, a: np.sqrt((np.abs(x) ** 2).sum(a))),
}
OF_ONE = {  # those that take one dimension, or all
    "prod": ("all", lambda x, a: x.prod(a, dtype=None if x.dtype.kind in "fc" else np.int64)),
    "argmax": ("real", lambda x, a: x.argmax(a[0])),
    "argmin": ("real", lambda x, a: x.argmin(a[0])),
    "max": ("real", lambda x, a: (x.max(a), x.argmax(a[0]))),
    "min": ("real", lambda x, a: (x.min(a), x.argmin(a[0]))),
    "median": ("real-", lambda x, a: median(x, a)),
    "nanmedian": ("real-", lambda x, a: median(x, a)),
    "cumsum": ("all", lambda x, a: x.cumsum(a[0], dtype=None if x.dtype.kind in "fc" else np.int64)),
    "cumprod": ("all", lambda x, a: x.cumprod(a[0], dtype=None if x.dtype.kind in "fc" else np.int64)),
    "cummax": ("real-", lambda x, a: np.maximum.accumulate(x, a[0])),
    "cummin": ("real-", lambda x, a: np.minimum.accumulate(x, a[0])),
    "logcumsumexp": ("floats-", lambda x, a: np.logaddexp.accumulate(x, a[0])),
    "softmax": ("floats-", lambda x, a: softmax(x, a[0])),
    "log_softmax": ("floats-", lambda x, a: np.log(softmax(x, a[0]))),
    "sort": ("real", lambda x, a: np.sort(x, a[0])),
    "diff": ("nobool", lambda x, a: np.diff(x, axis=a[0])),
}  # fmt: skip
OF_ONE["flip"] = ("all", lambda x, a: np.flip(x, a[0]))
TAKES_A_LIST = {"flip"}
# Operators with a dimension that are held against something else: in this file, or with values in operators.json.
ELSEWHERE = {
    "_cumsum_from_end", "_recurrence", "_fft_c2c", "_fft_c2r", "_fft_r2c", "_log_softmax", "_log_softmax_backward_data",
    "_softmax", "_softmax_backward_data", "_vector_norm", "aminmax", "cat", "stack", "gather", "hash_tensor", "index_add",
    "index_copy", "index_fill", "index_reduce", "index_select", "kthvalue", "mode", "roll", "scatter", "scatter_add",
    "scatter_reduce", "std_mean", "var_mean", "topk", "unique_consecutive", "unique_dim", "unique_dim_consecutive",
}  # fmt: skip


def test_every_operator_along_a_dimension_is_here() -> None:
    with_dim = {
        op["base"]
        for op in OPERATORS.values()
        if op["kind"] == "kernel" and any(f" {word}" in op["signature"] for word in ("dim,", "dim)", "dim=", "dims"))
    }
    assert with_dim - set(REDUCTIONS) - set(OF_ONE) - ELSEWHERE == set()


def types_for(kind: str) -> list[str]:
    floats = [t for t in TYPES if t in SPACING]
    real = [t for t in TYPES if not t.startswith("complex")]
    return {
        "all": list(TYPES), "nocomplex": real, "floats": floats, "floats-": [t for t in floats if t != "complex64"],
        "real": real, "real-": [t for t in real if t != "bool"], "nobool": [t for t in TYPES if t not in ("bool", "uint8")],
    }[kind]  # fmt: skip


def check(got: Any, expected: Any, dtype: str, size: Any, where: str) -> str:
    """`size`: how large the numbers were that went into each result."""
    for g, e in zip(got if isinstance(got, tuple) else [got], expected if isinstance(expected, tuple) else [expected]):
        g, e = array(g), np.asarray(e)
        if g.shape != e.shape:
            return f"{where}: shape {e.shape} expected, got {g.shape}"
        if g.dtype.kind in "iub":
            wrong = g != e.astype(g.dtype)
        else:
            # One rounding of the result, and those of sums in single precision or wider.
            inner = 2.3e-16 if dtype == "float64" else 1.2e-7
            room = 2 * SPACING[dtype] * np.abs(e) + 16 * inner * size + 1e-30
            wrong = ~((np.abs(g - e) <= room) | (g == e) | (np.isnan(g) & np.isnan(e)))
        if wrong.any():
            g, e, wrong = np.atleast_1d(g), np.atleast_1d(e), np.atleast_1d(wrong)
            at = tuple(int(i[0]) for i in np.nonzero(wrong))
            return f"{where}: {int(wrong.sum())} of {wrong.size} wrong, at {at} {e[at]} expected, got {g[at]}"
    return ""


def layouts(dtype: str, few: bool) -> Iterator[tuple[str, Any, Any, Axes | None]]:
    """Tensors, the arrays of the same numbers, and the axes to go along; None for all of them."""
    for n in LENGTHS:
        yield f"{n}", *values((n,), dtype), (0,)
    for shape, axes in (
        ((3, 69), (1,)), ((37, 1029), (1,)), ((69, 37), (0,)), ((1029, 21), (0,)), ((5, 133, 37), (1,)), ((2, 70_003), (1,)),
        ((9, 4103), (0,)), ((3, 5, 69), (2,)), ((), ()),
    ):  # fmt: skip
        yield f"{shape} along {axes}", *values(shape, dtype), axes
    if not few:
        for shape, axes in (((37, 133), (0, 1)), ((7, 69, 13), (0, 2)), ((21, 7, 133), (0, 1)), ((69, 7, 21), (1, 2))):
            yield f"{shape} along {axes}", *values(shape, dtype), axes
    t, x = values((70, 133), dtype)
    yield "transposed", t.t(), x.T, (0,)
    yield "transposed", t.t(), x.T, (1,)
    yield "every other", t[:, ::2], x[:, ::2], (1,)
    yield "every other row", t[1::3], x[1::3], (0,)
    yield "a part", t[1:, 3:], x[1:, 3:], (1,)
    yield "expanded", t[:, :1].expand(70, 69), np.broadcast_to(x[:, :1], (70, 69)), (1,)
    t, x = values((6, 35, 69), dtype)
    yield "permuted", t.permute(2, 0, 1), x.transpose(2, 0, 1), (1,)
    yield "permuted", t.permute(1, 2, 0), x.transpose(1, 2, 0), (0,)


def along(name: str, t: Any, axes: Axes) -> Any:
    if name == "diff":
        return flambeau.diff(t, dim=axes[0])
    call = getattr(_C.aten, name) if name in ("nanmean", "logsumexp", "amax", "amin", "linalg_vector_norm") else None
    if name == "linalg_vector_norm":
        return call(t, 2, list(axes))
    if name in OF_ONE:
        got = getattr(flambeau, name)(t, [axes[0]] if name in TAKES_A_LIST else axes[0])
        return got[0] if name in ("median", "nanmedian", "sort", "cummax", "cummin") else got
    return (call or getattr(flambeau, name))(t, axes if len(axes) > 1 or name in REDUCTIONS else axes[0])


CASES = [
    (name, dtype) for table in (REDUCTIONS, OF_ONE) for name, (kind, _) in table.items() for dtype in types_for(kind)
]


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_along_a_dimension(name: str, dtype: str) -> None:
    reference = {**REDUCTIONS, **OF_ONE}[name][1]
    wrong = []
    for where, t, x, axes in layouts(dtype, few=name in OF_ONE):
        if name in ("prod", "cumprod") and dtype in ("float16", "bfloat16") and "70003" in where:
            continue  # out of range
        if not t.dim():
            if name in ("sort", "flip", "diff"):
                continue
            t, x, axes = t.unsqueeze(0)[0], x.reshape(1), (0,)
            got = along(name, t, (0,))
            expected = reference(x, (0,))
            if name in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp", "softmax", "log_softmax"):
                expected = expected.reshape(())
        else:
            if name in ("prod", "cumprod") and dtype in SPACING:
                # Numbers near 1, and a product near 1; one less is another.
                t, x = (t / 2 + t.sgn() / 2).to(t.dtype), None
                t = t / t.abs().clamp(min=0.5) * (1 + 0.01 * t.real if dtype == "complex64" else 1 + 0.004 * t)
                x = array(t)
            elif name in ("prod", "cumprod") and dtype not in ("bool",):
                t = t.sign()
                x = array(t)
            got = along(name, t, axes)
            expected = reference(x, axes)
        if name in ("sum", "nansum", "prod", "cumsum", "cumprod") and dtype == "bool":
            assert (got[0] if isinstance(got, tuple) else got).dtype == flambeau.int64
        length = math.prod(x.shape[a] for a in axes)
        size: Any = float(np.abs(x).max()) * math.sqrt(length) * 4
        if name in ("prod", "cumprod") and dtype in SPACING:
            size = np.abs(expected) * length
        if name in ("softmax", "log_softmax", "logsumexp"):
            size = 4 + np.abs(expected) * (1 if name != "softmax" else 30)
        if name == "logcumsumexp":
            size = 300.0
        if name in ("var", "std"):
            size = 8.0
        wrong.append(check(got, expected, dtype, size, where))
    assert not any(wrong), "\n".join(filter(None, wrong))


@pytest.mark.parametrize(("name", "dtype"), [c for c in CASES if c[0] in REDUCTIONS and c[0] != "all"])
def test_all_of_a_tensor(name: str, dtype: str) -> None:
    reference = REDUCTIONS[name][1]
    wrong = []
    for where, t, x, _ in layouts(dtype, few=False):
        x = x if x.ndim else x.reshape(1)
        got = (getattr(flambeau, name) if hasattr(flambeau, name) else getattr(_C.aten, name))(
            t, *([list(range(t.dim()))] if name == "logsumexp" else [])
        )
        axes = tuple(range(x.ndim))
        length = math.sqrt(x.size) * 4 * float(np.abs(x).max())
        wrong.append(check(got, reference(x, axes), dtype, 8.0 if name in ("var", "std") else length, where))
    assert not any(wrong), "\n".join(filter(None, wrong))


# --- a probe at every place -------------------------------------------------------------------------------------------
PROBED: dict[str, Callable[[Any, int], Any]] = {
    "sum": lambda t, d: t.sum(d), "nansum": lambda t, d: t.nansum(d), "any": lambda t, d: t.any(d), "amax": lambda t, d: t.amax(d),
    "amin": lambda t, d: -(-t).amin(d), "max": lambda t, d: t.max(d).values, "min": lambda t, d: -(-t).min(d).values,
    "argmax": lambda t, d: t.argmax(d), "argmin": lambda t, d: (-t).argmin(d), "max's place": lambda t, d: t.max(d).indices,
    "mean": lambda t, d: t.mean(d) * t.shape[d], "norm": lambda t, d: t.norm(2, d), "norm of order 1": lambda t, d: t.norm(1, d),
    "greatest norm": lambda t, d: t.norm(math.inf, d), "norm of order 3": lambda t, d: t.norm(3, d),
    "prod": lambda t, d: 2 - (1 - t / 2).prod(d) * 2, "all": lambda t, d: ~(1 - t).all(d), "count_nonzero": lambda t, d: t.count_nonzero(d),
    "cumsum": lambda t, d: t.cumsum(d).select(d, -1), "cummax": lambda t, d: t.cummax(d).values.select(d, -1),
    "sort": lambda t, d: t.sort(d, descending=True).values.select(d, 0), "topk": lambda t, d: t.topk(1, d).values.select(d, 0),
    "kthvalue": lambda t, d: t.kthvalue(t.shape[d], d).values, "aminmax": lambda t, d: t.aminmax(dim=d).max,
    "std": lambda t, d: t.var(d) * t.shape[d], "logsumexp": lambda t, d: (t * 40).logsumexp(d) / 40,
    "softmax": lambda t, d: (t * 40).softmax(d).amax(d), "log_softmax": lambda t, d: (t * 40).log_softmax(d).amax(d) + 1,
    "hash_tensor": lambda t, d: (t.hash_tensor(d) != 0).to(t.dtype),
}  # fmt: skip
ROUGH = {"mean", "std", "logsumexp", "prod", "norm of order 3", "softmax", "log_softmax"}


@pytest.mark.parametrize("name", PROBED)
def test_probe_at_every_place(name: str) -> None:
    """Each row (and column) of the unit matrix holds a one at another place; none may be lost or found twice."""
    places = name in ("argmax", "argmin", "max's place")
    for dtype in ("float32", "float64", "bfloat16", "int64", "int32"):
        fractions = name in ROUGH or name.startswith(("norm", "greatest"))
        if fractions and (not getattr(flambeau, dtype).is_floating_point or (dtype == "bfloat16" and name in ROUGH)):
            continue
        for n in (7, 69, 133) if dtype != "float32" else (7, 37, 69, 1029):
            unit = flambeau.eye(n, dtype=getattr(flambeau, dtype))
            wide = flambeau.zeros(n, n + 4, dtype=unit.dtype)[:, 2 : n + 2]
            wide.copy_(unit)
            for t in (unit, unit.flip(0).flip(1), wide):
                for d in (0, 1):
                    got = PROBED[name](t, d)
                    expected = flambeau.arange(n) if places else flambeau.ones(n, dtype=got.dtype)
                    if name in ROUGH:
                        assert flambeau.allclose(got, expected, rtol=1e-4), (dtype, n, d)
                    else:
                        assert flambeau.equal(got, expected), (dtype, n, d, (got != expected).nonzero()[:5].tolist())


# --- threads ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [*REDUCTIONS, *OF_ONE])
def test_same_bits_at_any_number_of_threads(name: str) -> None:
    before = flambeau.get_num_threads()
    try:
        results: list[list[bytes]] = []
        for count in (1, 2, 7):
            flambeau.set_num_threads(count)
            got: list[Any] = []
            for shape, axes in (((140_011,), (0,)), ((3, 70_003), (1,)), ((700, 211), (0,)), ((300, 500), (1,))):
                t = values(shape, "float32", seed=5)[0]
                t = t / 2 if name.endswith("prod") else t
                r = along(name, t, axes)
                got += list(r) if isinstance(r, tuple) else [r]
            results.append([g.contiguous().numpy().tobytes() for g in got])
        assert results[0] == results[1] == results[2]
    finally:
        flambeau.set_num_threads(before)


# --- other operators along a dimension --------------------------------------------------------------------------------
@pytest.mark.parametrize("n", [69, 1029, 20_011])
def test_places(n: int) -> None:
    """Gathering, scattering, joining, ordering, counting."""
    t, x = values((n, 5), "float32")
    dice = np.random.default_rng(1)
    where = dice.integers(0, n, (n, 5))
    index = flambeau.from_numpy(where)
    row = index[:, 0].contiguous()
    assert (t.gather(0, index).numpy() == np.take_along_axis(t.numpy(), where, 0)).all()
    assert (t.t().gather(1, index.t()).numpy() == np.take_along_axis(t.numpy(), where, 0).T).all()
    assert (t.index_select(0, row).numpy() == t.numpy()[where[:, 0]]).all()
    assert (t[row].numpy() == t.numpy()[where[:, 0]]).all()
    assert (t.take(row * 5).numpy() == t.numpy().reshape(-1)[where[:, 0] * 5]).all()
    added = np.zeros((n, 5))
    for c in range(5):
        np.add.at(added[:, c], where[:, c], x[:, c])
    zeros = flambeau.zeros(n, 5)
    assert np.allclose(zeros.scatter_add(0, index, t).numpy(), added, atol=1e-4)
    assert np.allclose(zeros.scatter_reduce(0, index, t, "sum").numpy(), added, atol=1e-4)
    rows = np.zeros((n, 5))
    np.add.at(rows, where[:, 0], x)
    assert np.allclose(zeros.index_add(0, row, t).numpy(), rows, atol=1e-4)
    assert np.allclose(zeros.index_put((row,), t, accumulate=True).numpy(), rows, atol=1e-4)
    top = np.full((n, 5), -9.0)
    for c in range(5):
        np.maximum.at(top[:, c], where[:, c], x[:, c])
    assert (flambeau.full((n, 5), -9.0).scatter_reduce(0, index, t, "amax").numpy() == top).all()
    assert (flambeau.cat((t, t[:7], t), 0).numpy() == np.concatenate((x, x[:7], x)).astype(np.float32)).all()
    assert (flambeau.stack((t, t * 2), 1).numpy() == np.stack((x, x * 2), 1).astype(np.float32)).all()
    assert (t.roll(3, 0).numpy() == np.roll(t.numpy(), 3, 0)).all()
    order = t[:, 0].argsort(stable=True).numpy()
    assert (order == np.argsort(x[:, 0], kind="stable")).all()
    assert (t.topk(7, 0).values.numpy() == -np.sort(-t.numpy(), 0)[:7]).all()
    assert (t.kthvalue(11, 0).values.numpy() == np.sort(t.numpy(), 0)[10]).all()
    assert (flambeau.bincount(row, minlength=n).numpy() == np.bincount(where[:, 0], minlength=n)).all()
    assert (flambeau.nonzero(t > 0).numpy() == np.argwhere(x > 0)).all()
    assert (t.masked_select(t > 0).numpy() == t.numpy()[x > 0]).all()
    assert (flambeau.where(t > 0, t, -t).numpy() == np.abs(t.numpy())).all()
    unique, back, counts = flambeau.unique(row, return_inverse=True, return_counts=True)
    for g, e in zip((unique, back, counts), np.unique(where[:, 0], return_inverse=True, return_counts=True)):
        assert (g.numpy() == e.reshape(-1)).all()
    edges = np.sort(x[:, 1])
    assert (
        flambeau.searchsorted(flambeau.from_numpy(edges), t[:, 0].double()).numpy() == np.searchsorted(edges, x[:, 0])
    ).all()
    assert np.allclose(t.var(0).numpy(), x.var(0, ddof=1), rtol=1e-5)
    assert np.allclose(
        [r.numpy() for r in flambeau.std_mean(t, 0)], [x.std(0, ddof=1), x.mean(0)], rtol=1e-5, atol=1e-6
    )
    spectrum = flambeau.fft.fft(t[:, 0].double())
    assert np.allclose(spectrum.numpy(), np.fft.fft(x[:, 0]), atol=1e-9 * n)
    assert np.allclose(flambeau.fft.irfft(flambeau.fft.rfft(t, dim=0), n, dim=0).numpy(), x, atol=1e-5)


# --- products ---------------------------------------------------------------------------------------------------------
PRODUCTS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[[int, int, int], list[tuple[int, ...]]]]] = {
    "mm": (flambeau.mm, lambda a, b: a @ b, lambda m, k, n: [(m, k), (k, n)]),
    "bmm": (flambeau.bmm, lambda a, b: a @ b, lambda m, k, n: [(3, m, k), (3, k, n)]),
    "mv": (flambeau.mv, lambda a, b: a @ b, lambda m, k, n: [(m, k), (k,)]),
    "dot": (flambeau.dot, lambda a, b: a @ b, lambda m, k, n: [(k,), (k,)]),
    "vdot": (flambeau.vdot, np.vdot, lambda m, k, n: [(k,), (k,)]),
    "outer": (flambeau.outer, np.outer, lambda m, k, n: [(m,), (n,)]),
    "addmm": (lambda c, a, b: flambeau.addmm(c, a, b, beta=0.5, alpha=2), lambda c, a, b: c / 2 + 2 * (a @ b), lambda m, k, n: [(n,), (m, k), (k, n)]),
    "addmv": (lambda c, a, b: flambeau.addmv(c, a, b, beta=0.5, alpha=2), lambda c, a, b: c / 2 + 2 * (a @ b), lambda m, k, n: [(m,), (m, k), (k,)]),
    "addr": (flambeau.addr, lambda c, a, b: c + np.outer(a, b), lambda m, k, n: [(m, n), (m,), (n,)]),
    "baddbmm": (flambeau.baddbmm, lambda c, a, b: c + a @ b, lambda m, k, n: [(3, m, n), (3, m, k), (3, k, n)]),
    "addbmm": (flambeau.addbmm, lambda c, a, b: c + (a @ b).sum(0), lambda m, k, n: [(m, n), (3, m, k), (3, k, n)]),
    "matmul, broadcast": (flambeau.matmul, np.matmul, lambda m, k, n: [(2, 1, m, k), (3, k, n)]),
    "matmul, a vector first": (flambeau.matmul, np.matmul, lambda m, k, n: [(k,), (3, k, n)]),
    "linear": (flambeau.nn.functional.linear, lambda x, w, b: x @ w.T + b, lambda m, k, n: [(m, k), (n, k), (n,)]),
    "linear of three": (flambeau.nn.functional.linear, lambda x, w: x @ w.T, lambda m, k, n: [(2, m, k), (n, k)]),
    "einsum": (lambda a, b: flambeau.einsum("ij,kj->ik", a, b), lambda a, b: a @ b.T, lambda m, k, n: [(m, k), (n, k)]),
    "tensordot": (lambda a, b: flambeau.tensordot(a, b, 1), lambda a, b: a @ b, lambda m, k, n: [(m, k), (k, n)]),
    "kron": (flambeau.kron, np.kron, lambda m, k, n: [(3, 5), (min(m, 7), min(n, 9))]),
    "cdist": (flambeau.cdist, lambda a, b: np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1)), lambda m, k, n: [(min(m, 37), min(k, 133)), (min(n, 31), min(k, 133))]),
}  # fmt: skip
EXTENTS = ((1, 1, 1), (5, 7, 3), (1, 133, 69), (33, 1, 65), (69, 133, 1), (65, 129, 37), (131, 67, 259), (7, 4103, 5))


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "complex64", "int64"])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name: str, dtype: str) -> None:
    call, reference, shapes = PRODUCTS[name]
    if name == "cdist" and dtype in ("complex64", "int64"):
        pytest.skip("real numbers only")
    if (name == "addmm" and dtype == "int64") or (name == "addmv" and dtype == "int64"):
        pytest.skip("half a whole number")
    wrong = []
    for m, k, n in EXTENTS:
        given = [values(shape, dtype, seed=i) for i, shape in enumerate(shapes(m, k, n))]
        arrays = [x for _, x in given]
        expected = reference(*arrays)
        for form in ("as they are", "transposed", "every other"):
            tensors = []
            for t, _ in given:
                if form == "transposed" and t.dim() > 1:
                    t = t.transpose(-1, -2).contiguous().transpose(-1, -2)
                elif form == "every other":
                    wide = flambeau.zeros(*t.shape[:-1], 2 * t.shape[-1], dtype=t.dtype)
                    wide[..., ::2] = t
                    t = wide[..., ::2]
                tensors.append(t)
            room = 12.0 * k + 16 if name != "cdist" else 1e4
            wrong.append(check(call(*tensors), expected, dtype, room, f"{(m, k, n)} {form}"))
    assert not any(wrong), "\n".join(filter(None, wrong))


# --- normalization and gradients at such sizes ------------------------------------------------------------------------
F = flambeau.nn.functional
DIFFERENTIATED: dict[str, Callable[..., Any]] = {
    **{n: (lambda n: lambda x, w, b: getattr(flambeau, n)(x, 1))(n) for n in (
        "sum", "mean", "var", "std", "prod", "cumsum", "cumprod", "logcumsumexp", "softmax", "log_softmax", "logsumexp",
        "amax", "nansum", "nanmean", "norm", "diff")},
    **{f"{n} of columns": (lambda n: lambda x, w, b: getattr(flambeau, n)(x, 0))(n) for n in (
        "sum", "mean", "var", "std", "prod", "cumsum", "softmax", "log_softmax", "logsumexp", "amax")},
    "norm of order 3": lambda x, w, b: x.norm(3, 1), "norm of order 1": lambda x, w, b: x.norm(1, 1),
    "cummax": lambda x, w, b: x.cummax(1).values, "cummin": lambda x, w, b: x.cummin(0).values, "max": lambda x, w, b: x.max(1).values, "median": lambda x, w, b: x.median(1).values, "sort": lambda x, w, b: x.sort(1).values * b,
    "layer_norm": lambda x, w, b: F.layer_norm(x, x.shape[1:], w, b), "rms_norm": lambda x, w, b: F.rms_norm(x, x.shape[1:], w),
    "batch_norm": lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
    "batch_norm, evaluated": lambda x, w, b: F.batch_norm(x, flambeau.linspace(-1, 1, x.shape[1]).to(x), flambeau.linspace(0.5, 2, x.shape[1]).to(x), w, b),
    "group_norm": lambda x, w, b: F.group_norm(x.unsqueeze(0), 1, x[:, 0], x[:, 1]),
    "instance_norm": lambda x, w, b: F.instance_norm(x.unsqueeze(0)),
    "normalize": lambda x, w, b: F.normalize(x, dim=1), "cosine_similarity": lambda x, w, b: F.cosine_similarity(x, w.unsqueeze(0)),
    "cross_entropy": lambda x, w, b: F.cross_entropy(x, flambeau.arange(x.shape[0]) % x.shape[1], weight=b.detach().abs() + 1),
    "cross_entropy of probabilities": lambda x, w, b: F.cross_entropy(x, w.detach().abs().expand_as(x), reduction="none"),
    "nll_loss": lambda x, w, b: F.nll_loss(x, flambeau.arange(x.shape[0]) % x.shape[1], reduction="sum"),
    "mse_loss": lambda x, w, b: F.mse_loss(x, w.expand_as(x)), "bce": lambda x, w, b: F.binary_cross_entropy_with_logits(x, w.sigmoid().expand_as(x)),
    "gelu": lambda x, w, b: F.gelu(x * w + b), "broadcast": lambda x, w, b: (x + w) * (x.t()[:, :1].t() - b), "mv": lambda x, w, b: x @ w,
    "matmul": lambda x, w, b: (x * w) @ (x + b).t(), "linear": lambda x, w, b: F.linear(x, x[:5], x[:5, 0]),
    "addmm": lambda x, w, b: flambeau.addmm(x[:, 0], x, x.t()), "attention": lambda x, w, b: F.scaled_dot_product_attention(x, x * w, x + b),
    "cat": lambda x, w, b: flambeau.cat((x, x[:2] * w), 0) * b, "index": lambda x, w, b: x[flambeau.arange(7) % 3] * w,
    "gather": lambda x, w, b: x.gather(1, (flambeau.arange(x.numel()) % x.shape[1]).reshape(x.shape)) * w, "embedding": lambda x, w, b: F.embedding(flambeau.arange(9) % 3, x) * w,
    "views": lambda x, w, b: x.t()[::2].reshape(-1) * x[:, ::2].t().reshape(-1), "where": lambda x, w, b: flambeau.where(x > w, x * b, w),
    "cdist": lambda x, w, b: flambeau.cdist(x, x[:3] * w), "einsum": lambda x, w, b: flambeau.einsum("ij,kj,j->ik", x, x, w),
    "conv1d": lambda x, w, b: F.conv1d(x.unsqueeze(0), x[:4, :9].reshape(1, 4, 9).expand(3, 4, 9), padding=2) if x.shape[0] == 4 else x,
    "avg_pool1d": lambda x, w, b: F.avg_pool1d(x, 3, 2, 1), "max_pool1d": lambda x, w, b: F.max_pool1d(x, 3, 2, 1), "pad": lambda x, w, b: F.pad(x, (2, 3)) ** 2,
    "trapezoid": lambda x, w, b: flambeau.trapezoid(x, w), "lerp": lambda x, w, b: flambeau.lerp(x, w, b), "cumulative product of columns": lambda x, w, b: (x / 2 + 1).cumprod(0),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENTIATED)
def test_gradients_at_such_sizes(name: str) -> None:
    """The gradient against a difference quotient in a direction, in double precision; that of single precision and of
    strided tensors against it."""
    for rows, n in ((4, 69), (3, 1029), (37, 133)):
        flambeau.manual_seed(n)
        given = [
            flambeau.randn(rows, n, dtype=flambeau.float64),
            flambeau.randn(n, dtype=flambeau.float64),
            flambeau.randn(n, dtype=flambeau.float64),
        ]
        if name == "prod" or name.startswith(("cumprod", "prod")):
            given[0] = 1 + given[0] / n
        leaves = [g.clone().requires_grad_() for g in given]
        out = DIFFERENTIATED[name](*leaves)
        weights = flambeau.randn(out.shape, dtype=out.dtype)
        grads = flambeau.autograd.grad(out, leaves, weights, allow_unused=True)
        for i, (g, x) in enumerate(zip(grads, given)):
            if g is None:
                continue
            # Directions that each touch a part of the elements, so that no part can hide.
            for part in range(3):
                v = flambeau.zeros_like(x).reshape(-1)
                v[part::3] = flambeau.randn(v[part::3].shape, dtype=v.dtype)
                v = v.reshape(x.shape)
                step = 1e-6
                ends = [
                    DIFFERENTIATED[name](*(y + s * step * v if i == j else y for j, y in enumerate(given)))
                    for s in (1, -1)
                ]
                quotient = ((ends[0] - ends[1]) * weights).sum().item() / (2 * step)
                slope = (g * v).sum().item()
                scale = (g * v).abs().sum().item()
                assert abs(slope - quotient) <= 2e-6 * scale + 1e-6, (rows, n, i, part, slope, quotient)
        narrow = [g.float().requires_grad_() for g in given]
        spread = [flambeau.stack((g, g), -1)[..., 0].detach().requires_grad_() for g in given]
        for others, room in ((narrow, 2e-3), (spread, 1e-9)):
            out = DIFFERENTIATED[name](*others)
            again = flambeau.autograd.grad(out, others, weights.to(out.dtype), allow_unused=True)
            for g, e in zip(again, grads):
                assert (g is None) == (e is None)
                if g is not None and e is not None:
                    assert float((g.double() - e).abs().max()) <= room * (1 + float(e.abs().max())), (rows, n, room)


# --- every pointwise operator -----------------------------------------------------------------------------------------
POINTWISE = [n for n in SAMPLED if OPERATORS[n]["kind"] == "pointwise" and not unstable(n)]


def spread_out(t: Any, n: int, strided: bool) -> Any:
    """n elements that repeat those of t."""
    flat = t.reshape(-1)
    made = flat[flambeau.arange(n) % flat.numel()]
    if strided:
        wide = flambeau.zeros(3 * n, dtype=t.dtype)
        wide[1::3] = made
        made = wide[1::3]
    return made


@pytest.mark.parametrize("name", POINTWISE)
def test_pointwise_at_such_sizes(name: str) -> None:
    """Elements of a large tensor are those of a small one, wherever they stand."""
    call = function(name)
    for dtype in [t for t in ("float32", "bfloat16", "int64", "complex64", "bool") if t in supported(name)]:
        args, kwargs = samples_of(name, dtype)[0]
        places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        if not places or any(isinstance(v, Tensor) for v in kwargs.values()):
            return
        shape = flambeau.broadcast_shapes(*(args[i].shape for i in places))
        small = [args[i].expand(shape).reshape(-1).contiguous() if i in places else a for i, a in enumerate(args)]
        few = attempt(lambda: call(*[a.clone() if isinstance(a, Tensor) else a for a in small], **kwargs))
        if isinstance(few, Exception):
            continue
        results = few if isinstance(few, tuple) else (few,)
        for n, strided in ((133, False), (133, True), (1029, False), (4103, True), (40_009, False)):
            if n > 1029 and "bessel" in name:
                continue  # a microsecond and more an element
            large = [spread_out(a, n, strided) if i in places else a for i, a in enumerate(small)]
            got = call(*large, **kwargs)
            for g, e in zip(got if isinstance(got, tuple) else (got,), results):
                expected = spread_out(e, n, False)
                same = (g == expected) | ((g != g) & (expected != expected))
                assert bool(same.all()), (dtype, n, strided, (~same).nonzero()[:5].tolist())
        if len(places) == 2 and small[places[0]].numel() > 1:
            # Rows beside columns, and a 0-dimensional tensor, against the same written out.
            a, b = spread_out(small[places[0]], 37, False).unsqueeze(1), spread_out(small[places[1]], 133, False)
            for left, right in (
                (a, b),
                (a.expand(37, 133).t(), b.unsqueeze(1)),
                (a.expand(37, 133).contiguous(), b[0]),
            ):
                given = list(small)
                given[places[0]], given[places[1]] = left, right
                whole = list(small)
                full = flambeau.broadcast_shapes(left.shape, right.shape)
                whole[places[0]], whole[places[1]] = left.expand(full).contiguous(), right.expand(full).contiguous()
                got, expected = call(*given, **kwargs), call(*whole, **kwargs)
                if got.dtype == expected.dtype:
                    assert bool(((got == expected) | ((got != got) & (expected != expected))).all()), (
                        dtype,
                        left.shape,
                    )
