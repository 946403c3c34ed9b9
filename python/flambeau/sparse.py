"""Sparse tensors are not there yet; what asks for them is told so."""

from __future__ import annotations

from typing import Any, NoReturn

_NAMES = ["addmm", "as_sparse_gradcheck", "log_softmax", "mm", "sampled_addmm", "softmax", "spdiags", "sum"]


def _absent(name: str) -> Any:
    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            f"sparse.{name}: sparse tensors are not implemented; a dense tensor, index_add or scatter_add do"
        )

    refused.__name__ = refused.__qualname__ = name
    refused.__doc__ = "Not implemented: there are no sparse tensors."
    return refused


for _name in (*_NAMES, "sparse_coo_tensor", "sparse_csr_tensor", "sparse_compressed_tensor"):
    globals()[_name] = _absent(_name)
del _name
