"""Samples of operators that join, split, repeat and rearrange, and of those that index."""

from __future__ import annotations

from typing import Any

from . import calls


def _joined(s: Any) -> Any:
    return [[s((2, 3)), s((2, 3))]]


def _any_dim(s: Any) -> Any:
    return calls((s((2, 3)),), (s((3,)),), (s(()),))


_MATRIX = "adjoint mH mT matrix_H numpy_T"

SAMPLES: dict[str, Any] = {
    **{
        name: lambda s: calls(([s((2, 3)), s((1, 3))],), ([s((2, 3)), s((2, 2))], 1))
        for name in ("cat", "concat", "concatenate")
    },
    "stack": lambda s: calls(([s((2, 3)), s((2, 3))],), ([s((2,)), s((2,))], -1)),
    **dict.fromkeys(["hstack", "vstack", "dstack", "column_stack", "row_stack"], _joined),
    "block_diag": lambda s: [[s((2, 2)), s((3,)), s(())]],
    "broadcast_tensors": lambda s: [[s((2, 1)), s((3,))]],
    "broadcast_to": lambda s: [s((3, 1)), (2, 3, 4)],
    **{f"atleast_{n}d": _any_dim for n in (1, 2, 3)},
    **{f"atleast_{n}d.Sequence": lambda s: [[s((2,)), s(())]] for n in (1, 2, 3)},
    "chunk": lambda s: calls((s((5, 2)), 2), (s((2, 6)), 3, 1)),
    "unsafe_chunk": lambda s: [s((5, 2)), 2],
    **{name: lambda s: [s((5, 2)), 2] for name in ("split.Tensor", "split_copy.Tensor", "unsafe_split.Tensor")},
    **{
        name: lambda s: [s((5, 2)), (2, 3)]
        for name in ("split.sizes", "split_with_sizes", "split_with_sizes_copy", "unsafe_split_with_sizes")
    },
    "tensor_split.sections": lambda s: [s((5, 2)), 2],
    "tensor_split.indices": lambda s: [s((5, 2)), (1, 3)],
    "tensor_split.tensor_indices_or_sections": lambda s: [s((5, 2)), s.lib.tensor(2)],
    **{f"{n}split.int": lambda s: [s((4, 4, 4)), 2] for n in "hvd"},
    **{f"{n}split.array": lambda s: [s((4, 4, 4)), (1, 3)] for n in "hvd"},
    **{name: lambda s: [s((2, 3)), 1] for name in ("unbind.int", "unbind_copy.int")},
    **{name: lambda s: [s((2, 3, 4)), 0, 2] for name in ("movedim.int", "moveaxis.int", "swapaxes", "swapdims")},
    **{name: lambda s: [s((2, 3, 4)), (0, 1), (2, 0)] for name in ("movedim.intlist", "moveaxis.intlist")},
    **{name: lambda s: [s((2, 3))] for name in _MATRIX.split()},
    "narrow": lambda s: [s((5, 2)), 0, 1, 3],
    "narrow.Tensor": lambda s: [s((5, 2)), 0, s.lib.tensor(1), 3],
    "narrow_copy": lambda s: [s((5, 2)), 0, 1, 3],
    "ravel": lambda s: calls((s((2, 3)),), (s((3, 2)).t(),)),
    "flatten.using_ints": lambda s: calls((s((2, 3, 4)),), (s((2, 3, 4)), 1)),
    "unflatten.int": lambda s: [s((2, 6)), 1, (3, -1)],
    "reshape_as": lambda s: [s((2, 6)), s((3, 4))],
    "view_as": lambda s: [s((2, 6)), s((3, 4))],
    "expand_as": lambda s: [s((3, 1)), s((2, 3, 4))],
    "_unsafe_view": lambda s: [s((2, 6)), (3, 4)],
    "_reshape_alias": lambda s: [s((2, 6)), (3, 4), (4, 1)],
    "unfold": lambda s: [s((2, 7)), 1, 3, 2],
    "unfold_copy": lambda s: [s((2, 7)), 1, 3, 2],
    "unfold_backward": lambda s: [s((2, 3, 3)), (2, 7), 1, 3, 2],
    "flip": lambda s: [s((2, 3)), (0, 1)],
    "fliplr": lambda s: [s((2, 3))],
    "flipud": lambda s: [s((2, 3))],
    "roll": lambda s: calls((s((2, 3)), 1), (s((2, 3)), (1, 2), (0, 1))),
    "rot90": lambda s: [s((2, 3)), 1, (0, 1)],
    "repeat": lambda s: [s((2, 3)), (2, 1, 2)],
    "tile": lambda s: [s((2, 3)), (2,)],
    "diagonal": lambda s: calls((s((3, 4)),), (s((3, 4, 2)), 1, 0, 1)),
    "diag": lambda s: calls((s((3,)),), (s((3, 4)), 1)),
    "diag_embed": lambda s: [s((2, 3))],
    "diagflat": lambda s: [s((2, 2)), 1],
    "tril": lambda s: calls((s((3, 4)),), (s((3, 4)), -1)),
    "triu": lambda s: calls((s((3, 4)),), (s((3, 4)), 1)),
    "nonzero": lambda s: [s((2, 3), low=-1, high=1)],
    "nonzero_numpy": lambda s: [s((2, 3), low=-1, high=1)],
    "nonzero_static": lambda s: [s.mask((2, 3)), {"size": 4}],
    "argwhere": lambda s: [s((2, 3), low=-1, high=1)],
    "where": lambda s: [s.mask((2, 3))],
    **{
        name: lambda s: [s((4, 3)), [s.index((2,), 4), s.index((2,), 3)]]
        for name in ("index.Tensor", "_unsafe_index.Tensor")
    },
    **{
        name: lambda s: calls(
            (s((4, 3)), [s.lib.tensor([0, 2])], s((2, 3))), (s((4, 3)), [s.lib.tensor([1, 1])], s((2, 3)), True)
        )
        for name in ("index_put", "_unsafe_index_put", "_index_put_impl_")
    },
    "index_select": lambda s: [s((4, 3)), 0, s.index((5,), 4)],
    "gather": lambda s: [s((4, 3)), 0, s.index((2, 3), 4)],
    "take": lambda s: [s((4, 3)), s.index((2, 2), 12)],
    "take_along_dim": lambda s: [s((4, 3)), s.index((4, 2), 3), 1],
    "masked_select": lambda s: [s((2, 3)), s.mask((2, 3))],
    "masked_fill.Scalar": lambda s: [s((2, 3)), s.mask((2, 3)), 2],
    "masked_fill.Tensor": lambda s: [s((2, 3)), s.mask((3,)), s(())],
    "masked_scatter": lambda s: [s((2, 3)), s.mask((2, 3)), s((6,))],
    "scatter.src": lambda s: [s((4, 3)), 0, s.lib.tensor([[0, 1, 2]]), s((1, 3))],
    "scatter.value": lambda s: [s((4, 3)), 0, s.lib.tensor([[0, 1, 2]]), 2],
    "scatter_add": lambda s: [s((4, 3)), 0, s.index((2, 3), 4), s((2, 3))],
    "index_add": lambda s: [s((4, 3)), 0, s.index((2,), 4), s((2, 3)), {"alpha": 2}],
    "index_copy": lambda s: [s((4, 3)), 0, s.lib.tensor([2, 0]), s((2, 3))],
    "index_fill.int_Scalar": lambda s: [s((4, 3)), 0, s.lib.tensor([2, 0]), 2],
    "index_fill.int_Tensor": lambda s: [s((4, 3)), 0, s.lib.tensor([2, 0]), s(())],
}
TYPES = {"nonzero_static": "float32"}
