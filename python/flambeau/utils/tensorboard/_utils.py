"""Pictures: their axes brought into order, several set in a grid, figures of Matplotlib drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy

__all__ = ["convert_to_HWC", "figure_to_image", "make_grid"]


def figure_to_image(figures: Any, close: bool = True) -> numpy.ndarray:
    """A figure of Matplotlib, or a list of them, as bytes (3, H, W) or (N, 3, H, W)."""
    import matplotlib.backends.backend_agg as agg
    import matplotlib.pyplot as plt

    def draw(figure: Any) -> numpy.ndarray:
        canvas = agg.FigureCanvasAgg(figure)
        canvas.draw()
        image = numpy.asarray(canvas.buffer_rgba())[:, :, :3]
        if close:
            plt.close(figure)
        return numpy.moveaxis(image, 2, 0)

    return numpy.stack([draw(figure) for figure in figures]) if isinstance(figures, list) else draw(figures)


def make_grid(I: numpy.ndarray, ncols: int = 8) -> numpy.ndarray:
    """Pictures (N, C, H, W) side by side in one (3, rows·H, columns·W), the rest black; one channel becomes three."""
    if I.ndim != 4 or I.shape[1] not in (1, 3):
        raise AssertionError(f"make_grid: pictures of shape {I.shape}, (N, 1 or 3, H, W) is wanted")
    if I.shape[1] == 1:
        I = numpy.concatenate([I, I, I], 1)
    count, _, height, width = I.shape
    columns = min(count, ncols)
    canvas = numpy.zeros((3, height * math.ceil(count / columns), width * columns), dtype=I.dtype)
    for number, image in enumerate(I):
        y, x = number // columns * height, number % columns * width
        canvas[:, y : y + height, x : x + width] = image
    return canvas


def convert_to_HWC(tensor: numpy.ndarray, input_format: str) -> numpy.ndarray:
    """A picture, or several, with axes as `input_format` names them (such as "CHW" or "NCHW"), as one of axes HWC."""
    letters = input_format.upper()
    if len(set(letters)) != len(letters):
        raise AssertionError(f"tensorboard: dataformats={input_format!r} names an axis twice")
    if len(tensor.shape) != len(letters):
        raise AssertionError(f"tensorboard: dataformats={input_format!r}, but the picture has shape {tensor.shape}")
    place = [letters.find(axis) for axis in "NHWC"]
    if len(letters) == 4:
        return make_grid(tensor.transpose([place[0], place[3], place[1], place[2]])).transpose(1, 2, 0)
    if len(letters) == 3:
        image = tensor.transpose([place[1], place[2], place[3]])
        return numpy.concatenate([image, image, image], 2) if image.shape[2] == 1 else image
    image = tensor.transpose([letters.find("H"), letters.find("W")])
    return numpy.stack([image, image, image], 2)


def _prepare_video(V: numpy.ndarray) -> numpy.ndarray:
    """Videos (B, T, C, H, W) beside and below each other, as (T, rows·H, columns·W, C); rows a power of two."""
    b, t, c, h, w = V.shape
    if V.dtype == numpy.uint8:
        V = V.astype(numpy.float32) / 255.0
    full = 1 << (b - 1).bit_length() if b > 1 else b
    if full > b:
        V = numpy.concatenate([V, numpy.zeros((full - b, t, c, h, w), dtype=V.dtype)])
    rows = 2 ** ((full.bit_length() - 1) // 2)
    columns = full // rows
    V = V.reshape(rows, columns, t, c, h, w).transpose(2, 0, 4, 1, 5, 3)
    return V.reshape(t, rows * h, columns * w, c)
