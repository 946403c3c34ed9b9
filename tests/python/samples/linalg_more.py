"""Samples of spectral decompositions, further factorizations and their solvers, ranks, pseudoinverses and norms by name."""

from __future__ import annotations

from typing import Any

from . import calls
from .linalg_factor import regular, spd


def _linalg(s: Any) -> Any:
    return s.lib.linalg


def _symmetric(s: Any) -> Any:
    a = s((3, 3))
    return a + a.mH


def _lu(s: Any, *shape: int) -> list[Any]:
    return list(_linalg(s).lu_factor(regular(s, *shape)))


def _reflectors(s: Any) -> list[Any]:
    return list(s.lib.geqrf(regular(s, 3, 3)))


def _ldl(s: Any) -> list[Any]:
    return list(_linalg(s).ldl_factor(_symmetric(s)))


def _low_rank(s: Any) -> Any:
    """Rank 2 of 3."""
    return s((4, 2)) @ s((2, 3))


SAMPLES: dict[str, Any] = {
    "linalg_eig": lambda s: [regular(s, 3, 3)],
    "linalg_eigvals": lambda s: [regular(s, 2, 3, 3)],
    "_linalg_eigvals": lambda s: [regular(s, 3, 3)],
    "linalg_eigh": lambda s: [spd(s, 3, 3)],
    "_linalg_eigh": lambda s: [spd(s, 2, 3, 3)],
    "linalg_svd": lambda s: calls(
        (regular(s, 3, 3), False),
    ),
    "_linalg_svd": lambda s: [regular(s, 2, 3, 3)],
    "svd": lambda s: [regular(s, 3, 3)],
    "_linalg_det": lambda s: [regular(s, 2, 3, 3)],
    "_linalg_slogdet": lambda s: [regular(s, 2, 3, 3)],
    "_linalg_solve_ex": lambda s: [regular(s, 2, 3, 3), s((2, 3, 2))],
    "_lu_with_info": lambda s: [regular(s, 3, 3)],
    "_lu_solve": lambda s: calls((*_lu(s, 3, 3), s((3, 2)), False), (*_lu(s, 3, 3), s((3, 2)), True)),
    "lu_solve": lambda s: [s((3, 2)), *_lu(s, 3, 3)],
    "linalg_lu_solve": lambda s: calls(
        (*_lu(s, 2, 3, 3), s((2, 3, 2))), (*_lu(s, 3, 3), s((2, 3)), {"left": False, "adjoint": True})
    ),
    "lu_unpack": lambda s: [*_lu(s, 3, 3)],
    "_permutation_matrix": lambda s: [_lu(s, 3, 3)[1], 3, s.type()],
    "_cholesky_solve_helper": lambda s: [s((3, 2)), _linalg(s).cholesky(spd(s, 3, 3)), False],
    "linalg_ldl_factor": lambda s: [_symmetric(s)],
    "linalg_ldl_factor_ex": lambda s: [_symmetric(s)],
    "linalg_ldl_solve": lambda s: [*_ldl(s), s((3, 2))],
    "geqrf": lambda s: [regular(s, 3, 3)],
    "linalg_householder_product": lambda s: [*_reflectors(s)],
    "orgqr": lambda s: [*_reflectors(s)],
    "ormqr": lambda s: calls((*_reflectors(s), s((3, 2))), (*_reflectors(s), s((2, 3)), False, True)),
    "linalg_lstsq": lambda s: [s((4, 2)), s((4, 3))],
    "linalg_matrix_rank": lambda s: [_low_rank(s), 1e-3],
    "linalg_matrix_rank.tol_tensor": lambda s: [_low_rank(s), s.lib.tensor(1e-3)],
    "linalg_matrix_rank.atol_rtol_float": lambda s: [_low_rank(s), {"atol": 1e-3, "rtol": 1e-4}],
    "linalg_matrix_rank.atol_rtol_tensor": lambda s: [_low_rank(s), {"atol": s.lib.tensor(1e-3)}],
    "linalg_pinv.atol_rtol_float": lambda s: [regular(s, 3, 3), {"rtol": 1e-4}],
    "linalg_pinv.atol_rtol_tensor": lambda s: [regular(s, 3, 3), {"rtol": s.lib.tensor(1e-4)}],
    "linalg_pinv.rcond_tensor": lambda s: [regular(s, 3, 3), s.lib.tensor(1e-4)],
    "_pinv": lambda s: [regular(s, 3, 3), s.lib.tensor(0.0), s.lib.tensor(1e-4), False],
    "linalg_cond.p_str": lambda s: calls((regular(s, 3, 3), "fro"), (regular(s, 3, 3), "nuc")),
    "linalg_matrix_norm.str_ord": lambda s: calls((s((3, 4)),), (s((2, 3, 4)), "nuc", (0, 2), True)),
    "linalg_norm.ord_str": lambda s: [s((3, 4)), "fro"],
    "frobenius_norm.dim": lambda s: calls((s((2, 3)), [1]), (s((2, 3, 2)), [0, 2], True)),
    "nuclear_norm": lambda s: [s((3, 4))],
    "nuclear_norm.dim": lambda s: [s((2, 3, 4)), [0, 2], True],
    "norm.number": lambda s: [s((2, 3)), 3, [1]],
    "norm.word": lambda s: [s((2, 3)), "fro", [1]],
    "norm.ScalarOpt_dim_dtype": lambda s: [s((2, 3)), 2, [1], False, {"dtype": s.type("float64")}],
    "_vector_norm": lambda s: calls((s((2, 3)), 2.0, [1], False), (s((2, 3)), 3.5, [0, 1], True)),
    "_vector_norm_of_all": lambda s: calls((s((2, 3)),), (s((2, 3)), 1)),
}
_INTERNAL = "_linalg_eigvals _linalg_svd _lu_solve _permutation_matrix _pinv _vector_norm"
TYPES = {
    **dict.fromkeys(SAMPLES, "float32 complex64"),
    **dict.fromkeys(_INTERNAL.split(), "float32"),
}
TOLERANCE = dict.fromkeys(("linalg_eigvals", "_linalg_eigvals"), 1e-4)
# Eigenvectors and singular vectors are given up to a sign or a phase, eigenvalues in no order.
UNSTABLE = {
    "linalg_eig", "linalg_eigvals", "_linalg_eigvals", "linalg_eigh", "_linalg_eigh", "linalg_svd", "_linalg_svd", "svd",
}  # fmt: skip
OWN_RESULTS = {"_linalg_det": 1, "_linalg_slogdet": 2, "_linalg_solve_ex": 1}
