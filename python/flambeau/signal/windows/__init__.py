"""Windows for spectral analysis and filter design, as one-dimensional tensors.

``sym=True`` gives a symmetric window (for filters), ``sym=False`` a periodic one (for spectra): the symmetric window of
one element more, without its last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann",
    "kaiser", "nuttall",
]  # fmt: skip


def _window(
    name: str,
    length: int,
    sym: bool,
    value: Callable[[int, int], float],
    dtype: Any,
    layout: Any,
    device: Any,
    requires_grad: bool,
) -> Any:
    """A tensor of ``value(i, last)`` for i in [0, length), where ``last`` is the index of the window's far end."""
    import flambeau

    if length < 0:
        raise ValueError(f"{name}: requires non-negative window length, got M={length}")
    if layout is not None and layout is not flambeau.strided:
        raise ValueError(f"{name}: is implemented for strided tensors only, got: {layout}")
    dtype = flambeau.get_default_dtype() if dtype is None else dtype
    if dtype not in (flambeau.float32, flambeau.float64):
        raise ValueError(f"{name}: expects float32 or float64 dtypes, got: {dtype}")
    last = length - 1 if sym else length
    values = [value(i, last) for i in range(length)] if length != 1 else [1.0]
    return flambeau.tensor(values, dtype=dtype, device=device, requires_grad=requires_grad)


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Weighted sum of cosines: the sum over k of (-1)^k a[k] cos(2 pi k n / N)."""
    if not isinstance(a, Iterable):
        raise TypeError("general_cosine: coefficients must be a list/tuple")
    weights = [float(w) for w in a]
    if not weights:
        raise ValueError("general_cosine: coefficients cannot be empty")

    def value(i: int, last: int) -> float:
        return sum((-1) ** k * w * math.cos(2 * math.pi * k * i / last) for k, w in enumerate(weights))

    return _window("general_cosine", M, sym, value, dtype, layout, device, requires_grad)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Any:
    """alpha - (1 - alpha) cos(2 pi n / N)."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Any:
    """0.54 - 0.46 cos(2 pi n / N)."""
    return general_hamming(M, sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Any:
    """(1 - cos(2 pi n / N)) / 2."""
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(M: int, *, sym: bool = True, **options: Any) -> Any:
    """0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N)."""
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **options)


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Any:
    """The minimum four-term Blackman-Harris window after Nuttall (1981)."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **options)


def bartlett(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Triangle: 1 - |2 n / N - 1|."""

    def value(i: int, last: int) -> float:
        return 1 - abs(2 * i / last - 1)

    return _window("bartlett", M, sym, value, dtype, layout, device, requires_grad)


def cosine(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Half a wave: sin(pi (n + 1/2) / (N + 1))."""

    def value(i: int, last: int) -> float:
        return math.sin(math.pi * (i + 0.5) / (last + 1))

    return _window("cosine", M, sym, value, dtype, layout, device, requires_grad)


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """exp(-|n - center| / tau); the center is the middle unless a periodic window is given another."""
    if tau <= 0:
        raise ValueError(f"exponential: tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("exponential: center must be None for symmetric windows")

    def value(i: int, last: int) -> float:
        return math.exp(-abs(i - (last / 2 if center is None else center)) / tau)

    return _window("exponential", M, sym, value, dtype, layout, device, requires_grad)


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """exp(-((n - N / 2) / std)^2 / 2)."""
    if std <= 0:
        raise ValueError(f"gaussian: standard deviation must be positive, got: {std} instead.")

    def value(i: int, last: int) -> float:
        return math.exp(-(((i - last / 2) / std) ** 2) / 2)

    return _window("gaussian", M, sym, value, dtype, layout, device, requires_grad)


def _bessel_i0(x: float) -> float:
    """Modified Bessel function of the first kind and order 0, by its power series."""
    term = total = 1.0
    k = 1
    while term > total * 1e-18:
        term *= (x / 2 / k) ** 2
        total += term
        k += 1
    return total


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """I0(beta sqrt(1 - (2 n / N - 1)^2)) / I0(beta)."""
    if beta < 0:
        raise ValueError(f"kaiser: beta must be non-negative, got: {beta} instead.")

    def value(i: int, last: int) -> float:
        return _bessel_i0(beta * math.sqrt(max(0.0, 1 - (2 * i / last - 1) ** 2))) / _bessel_i0(beta)

    return _window("kaiser", M, sym, value, dtype, layout, device, requires_grad)
