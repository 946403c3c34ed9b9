"""Window functions for spectra, in their symmetric form, or periodic with `sym=False`.

A periodic window of M points is the symmetric one of M + 1 points without its last. Formulas: F. J. Harris, "On the use
of windows for harmonic analysis with the discrete Fourier transform", Proc. IEEE 66 (1978), and scipy.signal.windows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from flambeau import _C

aten = _C.aten

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann",
    "kaiser", "nuttall",
]  # fmt: skip


def _window(name: str, count: int, sym: bool, options: dict[str, Any], values: Callable[[Any, float], Any]) -> Any:
    """`values(i, last)` for the points i = 0, 1, … of a symmetric window ending at `last`, in type `dtype`."""
    dtype = options.get("dtype") or _C.get_default_dtype()
    layout = options.get("layout")
    if layout is not None and layout != _C.strided:
        raise ValueError(f"{name}: is implemented for strided tensors only, got: {layout}")
    if dtype not in (_C.float32, _C.float64):
        raise ValueError(f"{name}: expects float32 or float64 dtypes, got: {dtype}")
    if count < 0:
        raise ValueError(f"{name}: requires non-negative window length, got M={count}")
    device = options.get("device")
    if count < 2:
        out = aten.ones((count,), dtype=dtype, device=device)
    else:
        last = float(count - 1 if sym else count)
        out = values(aten.arange(count, dtype=dtype, device=device), last)
    return out.requires_grad_() if options.get("requires_grad") else out


def general_cosine(M: int, *, a: Iterable[float], sym: bool = True, **options: Any) -> Any:
    """A sum of cosines with the weights `a` and alternating signs."""
    if not isinstance(a, (list, tuple)):
        raise TypeError(f"general_cosine: Coefficients must be a list/tuple, got {type(a).__name__}")
    if not a:
        raise ValueError("general_cosine: Coefficients cannot be empty")

    def values(i: Any, last: float) -> Any:
        out = aten.zeros_like(i)
        for k, weight in enumerate(a):
            out = out + (-1) ** k * weight * (i * (2 * math.pi * k / last)).cos()
        return out

    return _window("general_cosine", M, sym, options, values)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Any:
    """`alpha - (1 - alpha) cos`."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Hamming's window."""
    return general_hamming(M, sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Hann's window."""
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Blackman's window."""
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **options)


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Nuttall's minimum window of four terms."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **options)


def bartlett(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Bartlett's triangle."""
    return _window("bartlett", M, sym, options, lambda i, last: 1 - (i * (2 / last) - 1).abs())


def cosine(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Half a period of a sine, taken at the middle of each of the M parts."""
    return _window("cosine", M, sym, options, lambda i, last: ((i + 0.5) * (math.pi / (last + 1))).sin())


def exponential(M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, **options: Any) -> Any:
    """`exp(-|i - center| / tau)`; the centre can be moved only in periodic windows."""
    if tau <= 0:
        raise ValueError(f"exponential: Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("exponential: Center must be None for symmetric windows")
    return _window(
        "exponential",
        M,
        sym,
        options,
        lambda i, last: (-(i - (last / 2 if center is None else center)).abs() / tau).exp(),
    )


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, **options: Any) -> Any:
    """A bell curve of standard deviation `std`."""
    if std <= 0:
        raise ValueError(f"gaussian: Standard deviation must be positive, got: {std} instead.")

    def values(i: Any, last: float) -> Any:
        x = (i - last / 2) / (std * math.sqrt(2))
        return (-x * x).exp()

    return _window("gaussian", M, sym, options, values)


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, **options: Any) -> Any:
    """Kaiser's window: a ratio of Bessel functions of order 0."""
    if beta < 0:
        raise ValueError(f"kaiser: beta must be non-negative, got: {beta} instead.")
    return _window(
        "kaiser",
        M,
        sym,
        options,
        lambda i, last: aten.kaiser_window(i.numel(), last == i.numel(), float(beta), dtype=i.dtype, device=i.device),
    )
