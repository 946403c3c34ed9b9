"""Samples of the steps of optimizers in one call, and of loss scaling."""

from __future__ import annotations

from typing import Any


def _lists(s: Any, count: int, positive: int = 0) -> list[Any]:
    """`count` lists of two tensors; the last `positive` of them hold what cannot be negative."""
    return [
        [
            s((2, 3), low=0 if i >= count - positive else -1, high=1),
            s((4,), low=0 if i >= count - positive else -1, high=1),
        ]
        for i in range(count)
    ]


def _steps(s: Any) -> list[Any]:
    return [s.lib.tensor(3.0), s.lib.tensor(3.0)]


def _rate(s: Any, as_tensor: bool) -> Any:
    return s.lib.tensor(0.1) if as_tensor else 0.1


def _adam(as_tensor: bool) -> Any:
    return lambda s: [
        *_lists(s, 2), *_lists(s, 1), *_lists(s, 1, 1), [], _steps(s),
        {"lr": _rate(s, as_tensor), "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.01, "eps": 1e-8, "amsgrad": False, "maximize": False},
    ]  # fmt: skip


def _adagrad(as_tensor: bool) -> Any:
    return lambda s: [
        *_lists(s, 2), *_lists(s, 1, 1), _steps(s),
        {"lr": _rate(s, as_tensor), "lr_decay": 0.1, "weight_decay": 0.01, "eps": 1e-8, "maximize": False},
    ]  # fmt: skip


def _sgd(as_tensor: bool) -> Any:
    return lambda s: [
        *_lists(s, 3),
        {"weight_decay": 0.01, "momentum": 0.9, "lr": _rate(s, as_tensor), "dampening": 0.1, "nesterov": False, "maximize": False, "is_first_step": False},
    ]  # fmt: skip


SAMPLES: dict[str, Any] = {
    **{f"_fused_{n}_{suffix}": _adam(bool(suffix)) for n in ("adam", "adamw") for suffix in ("", ".tensor_lr")},
    **{f"_fused_adagrad_{suffix}": _adagrad(bool(suffix)) for suffix in ("", ".tensor_lr")},
    **{f"_fused_sgd_{suffix}": _sgd(bool(suffix)) for suffix in ("", ".tensor_lr")},
    "_amp_foreach_non_finite_check_and_unscale_": lambda s: [[s((2, 3)), s((4,))], s.lib.zeros(1), s.lib.tensor([0.5])],
    "_amp_update_scale_": lambda s: [
        s.lib.tensor([8.0]),
        s.lib.zeros(1, dtype=s.type("int32")),
        s.lib.zeros(1),
        2.0,
        0.5,
        10,
    ],
}
TYPES = dict.fromkeys(SAMPLES, "float32")
