"""Sparse tensors: made inside the samples from the tensors under test."""


def coo(s, shape=(3, 4), sparse_dim=None):
    """A coalesced sparse tensor of the type under test, with some elements left out."""
    dense = s(shape)
    dense.masked_fill_(dense.to(s.type("float32") if not dense.dtype.is_complex else dense.dtype).abs() < 1, 0)
    return dense.to_sparse(sparse_dim)


def columns(s):
    return s.lib.tensor([[0, 1, 2], [3, 0, 3]])


SAMPLES = {
    "_sparse_from_parts": lambda s: [columns(s), s(3), (3, 4), True],
    "_sparse_values": lambda s: [coo(s)],
    "_sparse_shallow_copy": lambda s: [coo(s)],
    "_sparse_adopt_": lambda s: [coo(s), coo(s)],
    "_sparse_broadcast_to": lambda s: [coo(s), (2, 3, 4)],
    "smm": lambda s: [coo(s), s((4, 2))],
    "sspaddmm": lambda s: [coo(s), coo(s, (3, 3)), s((3, 4))],
    "_check_sparse_indices": lambda s: [columns(s), (3, 4)],
    "is_coalesced": lambda s: [coo(s)],
    "_nnz": lambda s: [coo(s)],
    "sparse_dim": lambda s: [s((2, 3))],
    "dense_dim": lambda s: [s((2, 3))],
    "_indices": lambda s: [coo(s)],
    "_values": lambda s: [coo(s)],
    "indices": lambda s: [coo(s)],
    "values": lambda s: [coo(s)],
    "coalesce": lambda s: [coo(s)],
    "_coalesced_": lambda s: [coo(s), True],
    "to_dense": lambda s: [s((2, 3))],
    "_to_sparse.sparse_dim": lambda s: [s((2, 3)), 2],
    "sparse_mask": lambda s: [s((3, 4)), coo(s)],
    "sparse_resize_": lambda s: [coo(s), (4, 4), 2, 0],
    "sparse_resize_and_clear_": lambda s: [coo(s), (4, 4), 2, 0],
}
# Their values are compared with strided tensors in test_sparse.py; the generic tests speak of strides and memory.
UNSTABLE = set()
NO_GRADIENT = dict.fromkeys(
    ("_sparse_from_parts", "_sparse_values", "values", "coalesce", "_to_sparse.sparse_dim", "sparse_mask",
     "_values", "_sparse_shallow_copy", "_sparse_adopt_", "_sparse_broadcast_to", "smm", "sspaddmm", "sparse_resize_", "sparse_resize_and_clear_", "_coalesced_"),
    "finite differences are taken of strided tensors; test_sparse.py has these gradients",
)  # fmt: skip
