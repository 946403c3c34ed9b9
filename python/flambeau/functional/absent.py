"""Functions over kinds of tensors that are not there, refused by name; and a second name of `segment_reduce`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import flambeau

__all__ = [
    "_make_per_channel_quantized_tensor",
    "_make_per_tensor_quantized_tensor",
    "_nested_compute_contiguous_strides_offsets",
    "_nested_view_from_buffer",
    "_segment_reduce",
]
_segment_reduce = flambeau.segment_reduce


def _absent(name: str, what: str, instead: str) -> Callable[..., NoReturn]:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{name}: there are no {what} tensors here; {instead}")

    refused.__name__ = refused.__qualname__ = name
    refused.__doc__ = f"Not available: {what} tensors."
    return refused


_PADDED = "nn.utils.rnn.pad_sequence pads, flambeau.masked masks"
_nested_view_from_buffer = _absent("_nested_view_from_buffer", "nested", _PADDED)
_nested_compute_contiguous_strides_offsets = _absent("_nested_compute_contiguous_strides_offsets", "nested", _PADDED)
_make_per_tensor_quantized_tensor = _absent("_make_per_tensor_quantized_tensor", "quantized", "float16 halves them")
_make_per_channel_quantized_tensor = _absent("_make_per_channel_quantized_tensor", "quantized", "float16 halves them")
