"""Samples of softmaxes, normalisations and losses."""

from __future__ import annotations

from typing import Any

from . import calls

_ALL = [True, True, True]


def _layer_norm_backward(s: Any) -> Any:
    x, weight, bias = s((2, 3, 4)), s((4,)), s((4,))
    y, mean, rstd = s.lib.native_layer_norm(x, [4], weight, bias, 1e-5)
    return [s(y.shape), x, [4], mean, rstd, weight, bias, _ALL]


def _batch_norm_backward(s: Any) -> Any:
    x, weight, bias = s((4, 3, 2)), s((3,)), s((3,))
    y, mean, rstd = s.lib.native_batch_norm(x, weight, bias, None, None, True, 0.1, 1e-5)
    return [s(y.shape), x, weight, None, None, mean, rstd, True, 1e-5, _ALL]


def _group_norm_backward(s: Any) -> Any:
    x, weight, bias = s((2, 4, 3)), s((4,)), s((4,))
    y, mean, rstd = s.lib.native_group_norm(x, weight, bias, 2, 4, 3, 2, 1e-5)
    return [s(y.shape), x, mean, rstd, weight, 2, 4, 3, 2, _ALL]


SAMPLES: dict[str, Any] = {
    "softmax.int": lambda s: calls((s((2, 3)), 1), (s((2, 3)), 0)),
    "log_softmax.int": lambda s: calls((s((2, 3)), 1), (s((2, 3)), 0)),
    "_softmax": lambda s: [s((2, 3)), 1, False],
    "_log_softmax": lambda s: [s((2, 3)), 1, False],
    "special_softmax": lambda s: [s((2, 3)), 1],
    "special_log_softmax": lambda s: [s((2, 3)), 1],
    "layer_norm": lambda s: [s((2, 3, 4)), [4], s((4,)), s((4,))],
    "native_layer_norm": lambda s: [s((2, 3, 4)), [4], s((4,)), s((4,)), 1e-5],
    "rms_norm": lambda s: [s((2, 3, 4)), [4], s((4,))],
    "batch_norm": lambda s: [s((4, 3, 2)), s((3,)), s((3,)), None, None, True, 0.1, 1e-5, False],
    "native_batch_norm": lambda s: [s((4, 3, 2)), s((3,)), s((3,)), None, None, True, 0.1, 1e-5],
    "instance_norm": lambda s: [s((2, 3, 4)), s((3,)), s((3,)), None, None, True, 0.1, 1e-5, False],
    "group_norm": lambda s: [s((2, 4, 3)), 2, s((4,)), s((4,))],
    "native_group_norm": lambda s: [s((2, 4, 3)), s((4,)), s((4,)), 2, 4, 3, 2, 1e-5],
    "_native_batch_norm_legit.no_stats": lambda s: [s((4, 3, 2)), s((3,)), s((3,)), True, 0.1, 1e-5],
    "native_layer_norm_backward": _layer_norm_backward,
    "native_batch_norm_backward": _batch_norm_backward,
    "native_group_norm_backward": _group_norm_backward,
    "_softmax_backward_data": lambda s: [s((2, 3)), s.lib.softmax(s((2, 3)), 1), 1, s.type()],
    "_log_softmax_backward_data": lambda s: [s((2, 3)), s.lib.log_softmax(s((2, 3)), 1), 1, s.type()],
    "mse_loss": lambda s: calls((s((2, 3)), s((2, 3))), (s((2, 3)), s((2, 3)), 0)),
    "l1_loss": lambda s: calls((s((2, 3)), s((2, 3))), (s((2, 3)), s((2, 3)), 2)),
    "smooth_l1_loss": lambda s: [s((2, 3)), s((2, 3))],
    "huber_loss": lambda s: [s((2, 3)), s((2, 3))],
    "soft_margin_loss": lambda s: [s((2, 3)), s((2, 3))],
    "binary_cross_entropy": lambda s: [s((2, 3), low=0.1, high=0.9), s((2, 3), low=0.1, high=0.9)],
    "binary_cross_entropy_with_logits": lambda s: [s((2, 3)), s((2, 3), low=0.1, high=0.9)],
    "kl_div": lambda s: [s((2, 3)), s((2, 3), low=0.1, high=0.9)],
    "poisson_nll_loss": lambda s: [s((2, 3)), s((2, 3), low=0, high=4), True, False, 1e-8, 1],
    "margin_ranking_loss": lambda s: [s((3,)), s((3,)), s((3,))],
    "triplet_margin_loss": lambda s: [s((2, 3)), s((2, 3)), s((2, 3))],
}
TYPES = {
    **dict.fromkeys((name for name in SAMPLES if name.startswith(("native_", "_native_"))), "float32 bfloat16"),
    **dict.fromkeys((name for name in SAMPLES if name.endswith("_backward")), "float32"),
    **dict.fromkeys(("_softmax_backward_data", "_log_softmax_backward_data"), "float32"),
}
