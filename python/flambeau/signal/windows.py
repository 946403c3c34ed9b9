"""Window functions of M points; ``sym=False`` gives one period, for spectra, instead of a symmetric window."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import flambeau

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann",
    "kaiser", "nuttall",
]  # fmt: skip


def _window(name: str, M: int, sym: bool, options: dict[str, Any], shape: Callable[[Any, int], Any]) -> Any:
    """A window from a function of the points 0 … M−1 and the number of steps from end to end."""
    options = {"dtype": flambeau.get_default_dtype()} | {
        key: value for key, value in options.items() if value is not None
    }
    requires_grad, layout = options.pop("requires_grad", False), options.pop("layout", flambeau.strided)
    if M < 0:
        raise ValueError(f"{name}: a window has M ≥ 0 points, got {M}")
    if layout is not flambeau.strided:
        raise ValueError(f"{name}: only strided tensors are made, got {layout}")
    if options["dtype"] not in (flambeau.float32, flambeau.float64):
        raise ValueError(f"{name}: float32 and float64 are supported, got {options['dtype']}")
    if M == 0:
        result = flambeau.empty((0,), **options)
    elif M == 1:
        result = flambeau.ones((1,), **options)
    else:
        result = shape(flambeau.arange(M, **options), M - 1 if sym else M)
    return result.requires_grad_(requires_grad)


def _cosines(coefficients: Iterable[float]) -> Callable[[Any, int], Any]:
    terms = list(coefficients)

    def shape(n: Any, steps: int) -> Any:
        angle = n * (2 * math.pi / steps)
        return sum(((-1) ** k * a) * flambeau.cos(angle * k) for k, a in enumerate(terms))

    return shape


def general_cosine(M: int, *, a: Iterable, sym: bool = True, **options: Any) -> Any:
    """The sum of ``(−1)^k·a_k·cos(2πkn/N)``."""
    if not isinstance(a, Iterable):
        raise TypeError(f"general_cosine: coefficients must be a list or tuple, got {type(a).__name__}")
    terms = list(a)
    if not terms:
        raise ValueError("general_cosine: there are no coefficients")
    return _window("general_cosine", M, sym, options, _cosines(terms))


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Any:
    """``alpha − (1 − alpha)·cos(2πn/N)``"""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Hamming's window, 0.54 and 0.46."""
    return general_hamming(M, sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Von Hann's window, ``sin²(πn/N)``."""
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Blackman's window of three cosines."""
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **options)


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Nuttall's window of four cosines (1981)."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **options)


def bartlett(M: int, *, sym: bool = True, **options: Any) -> Any:
    """A triangle from 0 to 1 and back."""
    return _window("bartlett", M, sym, options, lambda n, steps: 1 - (n * (2 / steps) - 1).abs())


def cosine(M: int, *, sym: bool = True, **options: Any) -> Any:
    """``sin(π(n + ½)/(N + 1))``, half a wave."""
    return _window("cosine", M, sym, options, lambda n, steps: flambeau.sin((n + 0.5) * (math.pi / (steps + 1))))


def exponential(M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, **options: Any) -> Any:
    """``exp(−|n − center|/tau)``; the centre may only be given for ``sym=False``."""
    if tau <= 0:
        raise ValueError(f"exponential: tau must be positive, got {tau}")
    if sym and center is not None:
        raise ValueError("exponential: center can only be given with sym=False")

    def shape(n: Any, steps: int) -> Any:
        return flambeau.exp((n - (steps / 2 if center is None else center)).abs() / -tau)

    return _window("exponential", M, sym, options, shape)


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, **options: Any) -> Any:
    """The normal curve around the middle."""
    if std <= 0:
        raise ValueError(f"gaussian: std must be positive, got {std}")
    return _window("gaussian", M, sym, options, lambda n, steps: flambeau.exp(((n - steps / 2) / std).square() / -2))


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, **options: Any) -> Any:
    """``I₀(β√(1 − x²)) / I₀(β)`` with x from −1 to 1 (Kaiser, 1974)."""
    if beta < 0:
        raise ValueError(f"kaiser: beta must not be negative, got {beta}")

    def shape(n: Any, steps: int) -> Any:
        inside = (1 - (n * (2 / steps) - 1).square()).clamp(min=0)
        return flambeau.i0(beta * inside.sqrt()) / flambeau.i0(flambeau.tensor(float(beta), dtype=n.dtype))

    return _window("kaiser", M, sym, options, shape)
