"""Samples of softmaxes, normalisations and losses."""

from __future__ import annotations

from typing import Any

from . import calls

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
