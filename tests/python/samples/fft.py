"""Samples of the Fourier transforms."""

from __future__ import annotations

from typing import Any


def _complex(s: Any) -> Any:
    """The complex type as wide as the one under test."""
    return "complex128" if s.dtype in ("float64", "complex128") else "complex64"


SAMPLES = {
    "fft_fft": lambda s: [s((2, 6))],
    "fft_ifft": lambda s: [s((2, 5)), {"norm": "ortho"}],
    "fft_rfft": lambda s: [s((2, 6)), 5],
    "fft_irfft": lambda s: [s((2, 4)), 7],
    "fft_hfft": lambda s: [s((2, 4))],
    "fft_ihfft": lambda s: [s((2, 6))],
    "fft_fftn": lambda s: [s((2, 3, 4))],
    "fft_ifftn": lambda s: [s((2, 3, 4)), (4, 2)],
    "fft_rfftn": lambda s: [s((2, 3, 4))],
    "fft_irfftn": lambda s: [s((2, 3, 4))],
    "fft_fft2": lambda s: [s((3, 4))],
    "fft_ifft2": lambda s: [s((3, 4))],
    "fft_rfft2": lambda s: [s((3, 4))],
    "fft_irfft2": lambda s: [s((3, 4))],
    "fft_fftshift": lambda s: [s((3, 4))],
    "fft_ifftshift": lambda s: [s((3, 4)), {"dim": 1}],
    "fft_hfft2": lambda s: [s((3, 4))],
    "fft_ihfft2": lambda s: [s((3, 4))],
    "fft_hfftn": lambda s: [s((2, 3, 4)), (3, 6)],
    "fft_ihfftn": lambda s: [s((2, 3, 4)), None, (1, 2)],
    "fft_fftfreq": lambda s: [5, 0.5],
    "fft_rfftfreq": lambda s: [6],
    "_fft_c2c": lambda s: [s((2, 3, 4), dtype=_complex(s)), [1, 2], 0, True],
    "_fft_r2c": lambda s: [s((2, 6)), [1], 0, True],
    "_fft_c2r": lambda s: [s((2, 4), dtype=_complex(s)), [1], 0, 7],
    "_frames": lambda s: [s((2, 9)), 4, 2],
    "_overlap_add": lambda s: [s((2, 3, 4)), 2, 9],
    "stft.center": lambda s: [s((2, 16)), 8, {"return_complex": True}],
    "istft": lambda s: [s((2, 5, 5), dtype=_complex(s)), 8, {"length": 15}],
}
TYPES = {
    **dict.fromkeys(("_fft_c2c", "_fft_r2c", "_fft_c2r", "istft"), "float32"),
    **dict.fromkeys(("_frames", "_overlap_add"), "float32 complex64"),
    **dict.fromkeys(("fft_fftfreq", "fft_rfftfreq"), "float32"),
}
