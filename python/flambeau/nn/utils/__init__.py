"""Helpers around modules: gradient clipping, parameters as one vector, sequences, normalizations, parametrizations.

The larger submodules (parametrize, parametrizations, prune, stateless) are loaded when asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from flambeau._shadowing import functions_named_as_their_file

from . import rnn

functions_named_as_their_file(__name__, "spectral_norm", "weight_norm")
_PLACES = {
    "clip_grad_norm": "clip_grad",
    "clip_grad_norm_": "clip_grad",
    "clip_grad_value_": "clip_grad",
    "clip_grads_with_norm_": "clip_grad",
    "get_total_norm": "clip_grad",
    "parameters_to_vector": "convert_parameters",
    "vector_to_parameters": "convert_parameters",
    "convert_conv2d_weight_memory_format": "memory_format",
    "convert_conv3d_weight_memory_format": "memory_format",
    "fuse_conv_bn_eval": "fusion",
    "fuse_conv_bn_weights": "fusion",
    "fuse_linear_bn_eval": "fusion",
    "fuse_linear_bn_weights": "fusion",
    "remove_spectral_norm": "spectral_norm",
    "remove_weight_norm": "weight_norm",
    "skip_init": "init",
    "spectral_norm": "spectral_norm",
    "weight_norm": "weight_norm",
}
_SUBMODULES = frozenset(
    (
        "clip_grad", "convert_parameters", "fusion", "init", "memory_format", "parametrizations", "parametrize",
        "prune", "stateless",
    )
)  # fmt: skip

__all__ = ["rnn", *_PLACES, "parametrizations", "parametrize", "prune", "stateless"]


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is not None:
        value = getattr(importlib.import_module(f"{__name__}.{place}"), name)
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        try:
            return importlib.import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
