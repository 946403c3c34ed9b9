"""Samples of the simple reductions, scans and sorts."""

from __future__ import annotations

from typing import Any

from . import calls


def _dims(s: Any) -> Any:
    return calls((s((2, 3, 4)),), (s((2, 3, 4)), 1), (s((2, 3, 4)), (0, -1), True))


def _all_or_dim(s: Any) -> Any:
    return calls((s((2, 3)),), (s((2, 3)), 1), (s((2, 3)), {"dim": 0, "keepdim": True}))


def _dim(s: Any) -> Any:
    return calls((s((2, 3)), 1), (s((2, 3, 2)), -2, True))


SAMPLES: dict[str, Any] = {
    **{name: lambda s: calls((s((2, 3)),), (s(()),)) for name in ["sum", "mean", "prod", "all", "any", "max", "min"]},
    **{
        name: lambda s: calls((s((2, 3, 4)), 1), (s((2, 3, 4)), (0, -1), True))
        for name in ("sum.dim_IntList", "mean.dim")
    },
    **dict.fromkeys(["nansum", "nanmean", "amax", "amin"], _dims),
    "logsumexp": lambda s: calls((s((2, 3)), 1), (s((2, 3, 2)), (0, -1), True)),
    **dict.fromkeys(["argmax", "argmin"], _all_or_dim),
    **dict.fromkeys(
        [
            "max.dim",
            "min.dim",
            "all.dim",
            "any.dim",
            "prod.dim_int",
            "median.dim",
            "nanmedian.dim",
            "mode",
            "cummax",
            "cummin",
        ],
        _dim,
    ),
    **{name: lambda s: calls((s((2, 3, 2)),), (s((2, 3, 2)), (0, 2), True)) for name in ("all.dims", "any.dims")},
    "max.other": lambda s: [s((2, 3)), s((3,))],
    "min.other": lambda s: [s((2, 3)), s((3,))],
    "aminmax": lambda s: calls((s((2, 3)),), (s((2, 3)), {"dim": 1})),
    "count_nonzero": lambda s: calls((s.mask((2, 3)),), (s((2, 3), low=-1, high=1), 1)),
    "count_nonzero.dim_IntList": lambda s: [s((2, 3, 2), low=-1, high=1), (0, 2)],
    "median": lambda s: [s((5,))],
    "nanmedian": lambda s: [s((5,))],
    "std": lambda s: calls((s((2, 4)),), (s((4,)), False)),
    "var": lambda s: calls((s((2, 4)),), (s((4,)), False)),
    **{
        f"{n}.dim": lambda s: calls((s((2, 4)), (1,)), (s((2, 4)), (0, 1), False, True))
        for n in ("std", "var", "std_mean", "var_mean")
    },
    **{
        f"{n}.correction": lambda s: calls((s((2, 4)), (1,), {"correction": 0}), (s((2, 4)),))
        for n in ("std", "var", "std_mean", "var_mean")
    },
    "std_mean": lambda s: [s((2, 4))],
    "var_mean": lambda s: [s((2, 4))],
    "norm.Scalar": lambda s: [s((2, 3)), 2],
    "norm.ScalarOpt_dim": lambda s: [s((2, 3)), 2, (1,)],
    "norm.ScalarOpt_dtype": lambda s: [s((2, 3)), 2, {"dtype": s.type("float64")}],
    "cumsum": lambda s: calls((s((2, 3)), 0), (s((2, 3)), -1)),
    "cumprod": lambda s: [s((2, 3), low=0.5, high=2), 1],
    "_cumsum_from_end": lambda s: calls((s((2, 3)), 0), (s((2, 3)), -1)),
    "_recurrence": lambda s: calls((s((2, 4)), s((2, 4)), 1, False), (s((2, 4)), s((2, 4)), 0, True)),
    "logcumsumexp": lambda s: [s((2, 3)), 1],
    "bincount": lambda s: calls((s.index((5,), 6),), (s.index((5,), 4), s((5,)), 7)),
    "sort": lambda s: calls((s((2, 4)),), (s((4,)), 0, True)),
    "sort.stable": lambda s: [s((2, 4)), {"stable": True, "dim": 1}],
    "argsort": lambda s: [s((2, 4)), 1],
    "argsort.stable": lambda s: [s((2, 4)), {"stable": True, "dim": 1}],
    "msort": lambda s: [s((4, 2))],
    "kthvalue": lambda s: [s((2, 5)), 2],
    "value_selecting_reduction_backward": lambda s: [s((2,)), 1, s.index((2,), 3), (2, 3), False],
}
TYPES = dict.fromkeys(("nanmean", "_vector_norm_of_all"), "float32 int64 complex64")
