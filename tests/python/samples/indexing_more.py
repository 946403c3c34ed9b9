"""Samples of padding, copies of views, ranges, windows, searching and scattering."""

from __future__ import annotations

from typing import Any

from . import calls

_WINDOWS = "bartlett blackman hamming hann kaiser"


def _pad(dims: int) -> Any:
    return lambda s: [s((2, *(4,) * dims)), (1, 2) * dims]


def _pad_backward(dims: int) -> Any:
    return lambda s: [s((2, *(7,) * dims)), s((2, *(4,) * dims)), (1, 2) * dims]


SAMPLES: dict[str, Any] = {
    **{f"{kind}_pad{d}d": _pad(d) for kind in ("reflection", "replication") for d in (1, 2, 3)},
    **{f"{kind}_pad{d}d_backward": _pad_backward(d) for kind in ("reflection", "replication") for d in (1, 2, 3)},
    "constant_pad_nd": lambda s: calls((s((2, 3)), (1, 2), 2), (s((2, 3)), (1, 0, -1, 1))),
    "pad": lambda s: calls((s((2, 3)), (1, 2)), (s((1, 2, 4)), (1, 2), "reflect"), (s((1, 2, 4)), (1, 1), "circular")),
    "_pad_circular": lambda s: [s((1, 2, 4)), (1, 2)],
    "alias_copy": lambda s: [s((2, 3))],
    "detach_copy": lambda s: [s((2, 3))],
    "as_strided_copy": lambda s: [s((6,)), (2, 2), (3, 1), 1],
    "as_strided_scatter": lambda s: [s((6,)), s((2, 2)), (2, 2), (3, 1), 1],
    "diagonal_copy": lambda s: [s((3, 4)), 1],
    "diagonal_backward": lambda s: [s((3,)), (3, 4), 0, 0, 1],
    "diagonal_scatter": lambda s: [s((3, 4)), s((3,))],
    "expand_copy": lambda s: [s((3, 1)), (2, 3, 4)],
    "permute_copy": lambda s: [s((2, 3, 4)), (2, 0, 1)],
    "select_copy.int": lambda s: [s((2, 3)), 1, 2],
    "select_scatter": lambda s: [s((2, 3)), s((2,)), 1, 2],
    "slice_copy.Tensor": lambda s: [s((5, 2)), 0, 1, 4, 2],
    "slice_scatter": lambda s: [s((5, 2)), s((2, 2)), 0, 1, 4, 2],
    "squeeze_copy": lambda s: [s((1, 3, 1))],
    "squeeze_copy.dim": lambda s: [s((1, 3, 1)), 0],
    "squeeze_copy.dims": lambda s: [s((1, 3, 1)), (0, 2)],
    "t_copy": lambda s: [s((2, 3))],
    "transpose_copy.int": lambda s: [s((2, 3, 4)), 0, 2],
    "unsqueeze_copy": lambda s: [s((2, 3)), 1],
    "view_copy": lambda s: [s((2, 6)), (3, 4)],
    "view_as_real_copy": lambda s: [s((2, 3), dtype="complex64")],
    "view_as_complex_copy": lambda s: [s((3, 2), dtype="float32")],
    "masked_scatter_backward": lambda s: [s((2, 3)), s.lib.tensor([[True, False, True], [False, True, False]]), (6,)],
    "index_select_backward": lambda s: [s((2, 3)), (4, 3), 0, s.lib.tensor([2, 0])],
    "allclose": lambda s: calls((s((3,), low=1, high=2), s((3,), low=-2, high=-1)), (s.lib.ones(2), s.lib.ones(2))),
    "equal": lambda s: [s((3,), low=1, high=2), s((3,), low=-2, high=-1)],
    "is_same_size": lambda s: [s((2, 3)), s((3,))],
    "isclose": lambda s: [s((3,), low=1, high=2), s((3,), low=1, high=2)],
    "isin.Tensor_Tensor": lambda s: [s.index((2, 3), 5), s.index((3,), 5)],
    "isin.Tensor_Scalar": lambda s: [s.index((2, 3), 5), 2],
    "isin.Scalar_Tensor": lambda s: [2, s.index((3,), 5)],
    "arange": lambda s: calls((5,), (2.5,), (4, {"dtype": s.type("float64")})),
    "arange.start": lambda s: [2, 6],
    "arange.start_step": lambda s: calls((6, 1, -2), (0.0, 1.0, 0.25)),
    "range.step": lambda s: [0.0, 1.0, 0.25],
    "eye": lambda s: [3, {"dtype": s.type()}],
    "eye.m": lambda s: [2, 3],
    "linspace": lambda s: calls((0, 1, 5), (2.0, -1.0, 4)),
    "linspace.Tensor_Tensor": lambda s: [s.lib.tensor(0.0), s.lib.tensor(1.0), 5],
    "linspace.Tensor_Scalar": lambda s: [s.lib.tensor(0.0), 1, 5],
    "linspace.Scalar_Tensor": lambda s: [0, s.lib.tensor(1.0), 5],
    "logspace": lambda s: calls((0, 2, 5), (0.0, 3.0, 4, 2.0)),
    "logspace.Tensor_Tensor": lambda s: [s.lib.tensor(0.0), s.lib.tensor(2.0), 5],
    "logspace.Tensor_Scalar": lambda s: [s.lib.tensor(0.0), 2, 5],
    "logspace.Scalar_Tensor": lambda s: [0, s.lib.tensor(2.0), 5],
    **{f"{name}_window": lambda s: [6] for name in _WINDOWS.split()},
    **{f"{name}_window.periodic": lambda s: calls((6, False), (1, True)) for name in _WINDOWS.split()},
    "hamming_window.periodic_alpha": lambda s: [6, False, 0.5],
    "hamming_window.periodic_alpha_beta": lambda s: [6, True, 0.5, 0.4],
    "kaiser_window.beta": lambda s: [6, True, 8.0],
    "bucketize.Tensor": lambda s: [s((2, 3)), s.lib.tensor([-1.0, 0.5, 2.0])],
    "bucketize.Scalar": lambda s: [0.75, s.lib.tensor([-1.0, 0.5, 2.0])],
    "searchsorted.Scalar": lambda s: [s.lib.tensor([-1.0, 0.5, 2.0]), 0.5],
    "cartesian_prod": lambda s: [[s((2,)), s((3,))]],
    "combinations": lambda s: calls((s((4,)),), (s((3,)), 2, True)),
    "meshgrid": lambda s: [[s((2,)), s((3,))]],
    "meshgrid.indexing": lambda s: [[s((2,)), s((3,))], {"indexing": "xy"}],
    "one_hot": lambda s: calls((s.index((2, 3), 4),), (s.index((3,), 4), 6)),
    "put": lambda s: calls(
        (s((2, 3)), s.lib.tensor([1, 4]), s((2,))), (s((2, 3)), s.lib.tensor([1, 1]), s((2,)), True)
    ),
    "repeat_interleave.Tensor": lambda s: [s.lib.tensor([1, 0, 3])],
    "repeat_interleave.self_Tensor": lambda s: [s((3, 2)), s.lib.tensor([1, 0, 3]), 0],
    "repeat_interleave.self_int": lambda s: calls((s((3, 2)), 2), (s((3, 2)), 2, 1)),
    "resize_": lambda s: [s((2, 3)), (3, 2)],
    "resize_as_": lambda s: [s((2, 3)), s((3, 2))],
    "scatter.reduce": lambda s: [s((4, 3)), 0, s.lib.tensor([[0, 1, 2], [0, 3, 1]]), s((2, 3)), {"reduce": "add"}],
    "scatter.value_reduce": lambda s: [s((4, 3)), 0, s.lib.tensor([[0, 1, 2]]), 2, {"reduce": "multiply"}],
    "scatter_reduce.two": lambda s: calls(
        *(
            (s((4, 3)), 0, s.lib.tensor([[0, 1, 2], [0, 3, 1]]), s((2, 3)), kind)
            for kind in ("sum", "prod", "mean", "amax", "amin")
        )
    ),
    "index_reduce": lambda s: [s((4, 3)), 0, s.lib.tensor([2, 0]), s((2, 3)), "prod"],
    "trace": lambda s: [s((3, 4))],
    "tril_indices": lambda s: [3, 4, 1],
    "triu_indices": lambda s: [3, 4, -1],
    "_unique": lambda s: [s.index((6,), 3)],
    "_unique2": lambda s: [s.index((6,), 3), True, True, True],
    "unique_consecutive": lambda s: [s.index((6,), 3), True, True],
    "unique_dim": lambda s: [s.index((4, 2), 2), 0, True, True, True],
    "unique_dim_consecutive": lambda s: [s.index((4, 2), 2), 0, True, True],
    "vander": lambda s: calls((s((3,)),), (s((3,)), 4, True)),
    "embedding": lambda s: [s((5, 3)), s.index((2, 2), 5)],
    "embedding_dense_backward": lambda s: [s((2, 2, 3)), s.index((2, 2), 5), 5, -1, False],
    "embedding_renorm_": lambda s: [s((5, 3)), s.lib.tensor([0, 3]), 1.0, 2.0],
    "embedding_bag": lambda s: [s((5, 3)), s.index((6,), 5), s.lib.tensor([0, 2, 5])],
    "embedding_bag.padding_idx": lambda s: [
        s((5, 3)),
        s.index((6,), 5),
        s.lib.tensor([0, 2, 5]),
        False,
        0,
        False,
        None,
        False,
        1,
    ],
    "_embedding_bag": lambda s: [s((5, 3)), s.index((6,), 5), s.lib.tensor([0, 2, 5])],
}
TYPES = {
    **{f"{kind}_pad{d}d{end}": "float32 complex64" for kind in ("reflection", "replication") for d in (1, 2, 3) for end in ("", "_backward")},
    **dict.fromkeys(("embedding_renorm_", "embedding_bag", "embedding_bag.padding_idx", "_embedding_bag", "embedding_dense_backward"), "float32"),
    **{name: "float32" for name in SAMPLES if "window" in name or "space" in name or name.startswith(("arange", "range"))},
    "scatter_reduce.two": "float32 int64",
    "index_reduce": "float32 int64",
}  # fmt: skip
NO_GRADIENT = {"embedding_renorm_": "normalises in place", "resize_": "sizes only", "resize_as_": "sizes only"}
READS_VALUES = {"narrow.Tensor": "where the view starts"}
