"""Discrete Fourier transforms: one, two or more dimensions, complex, real and Hermitian.

The operators come from the operator table (``src/ops/fft.cpp``); their kernels stand under ``src/cpu/fft``.
"""

from __future__ import annotations

from flambeau import _C

__all__: list[str] = []  # the operators join it
_C.export_operators("fft", globals())
