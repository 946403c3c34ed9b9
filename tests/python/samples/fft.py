"""Samples of the Fourier transforms."""

from __future__ import annotations

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
    "stft.center": lambda s: [s((2, 16)), 8, {"return_complex": True}],
}
