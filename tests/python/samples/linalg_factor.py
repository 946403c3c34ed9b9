"""Samples of the factorizations and solvers of linear algebra."""

from __future__ import annotations

from typing import Any


def spd(s: Any, *shape: int) -> Any:
    """A symmetric positive-definite matrix."""
    a = s(shape)
    return a @ a.mH + 3 * __import__("flambeau").eye(shape[-1], dtype=a.dtype)


def hermitian(a: Any) -> Any:
    return (a + a.mH) / 2


def regular(s: Any, *shape: int) -> Any:
    """A matrix far from singular, with simple singular values and eigenvalues."""
    import flambeau

    return s(shape, low=-0.3, high=0.3) + flambeau.diag(flambeau.arange(1, shape[-1] + 1).to(s(()).dtype))


SAMPLES = {
    "linalg_cholesky_ex": lambda s: [spd(s, 2, 3, 3)],
    "linalg_cholesky": lambda s: [spd(s, 3, 3), {"upper": True}],
    "cholesky": lambda s: [spd(s, 3, 3)],
    "cholesky_solve": lambda s: [s((3, 2)), regular(s, 3, 3)],
    "cholesky_inverse": lambda s: [s.lib.linalg.cholesky(spd(s, 3, 3))],
    "linalg_lu_factor_ex": lambda s: [regular(s, 2, 3, 3)],
    "linalg_lu_factor": lambda s: [regular(s, 3, 3)],
    "linalg_lu": lambda s: [regular(s, 3, 3)],
    "linalg_qr": lambda s: [regular(s, 3, 3)],
    "qr": lambda s: [regular(s, 3, 3)],
    "linalg_solve_ex": lambda s: [regular(s, 2, 3, 3), s((2, 3, 2))],
    "linalg_solve": lambda s: [regular(s, 3, 3), s((3,))],
    "linalg_inv_ex": lambda s: [regular(s, 3, 3)],
    "linalg_inv": lambda s: [regular(s, 2, 3, 3)],
    "inverse": lambda s: [regular(s, 3, 3)],
    "linalg_det": lambda s: [regular(s, 2, 3, 3)],
    "det": lambda s: [regular(s, 3, 3)],
    "linalg_slogdet": lambda s: [regular(s, 3, 3)],
    "slogdet": lambda s: [regular(s, 3, 3)],
    "logdet": lambda s: [spd(s, 3, 3)],
    "linalg_solve_triangular": lambda s: [regular(s, 3, 3), s((3, 2)), {"upper": True}],
    "triangular_solve": lambda s: [s((3, 2)), regular(s, 3, 3)],
    "linalg_svdvals": lambda s: [regular(s, 3, 3)],
    "linalg_eigvalsh": lambda s: [spd(s, 3, 3)],
    "linalg_matrix_exp": lambda s: [s((2, 3, 3))],
    "matrix_exp": lambda s: [s((3, 3))],
    "linalg_matrix_norm": lambda s: [s((3, 4)), 1],
    "linalg_norm": lambda s: [s((3, 4))],
    "linalg_cond": lambda s: [regular(s, 3, 3)],
    "linalg_tensorinv": lambda s: [regular(s, 4, 4).reshape(2, 2, 2, 2)],
    "linalg_tensorsolve": lambda s: [regular(s, 4, 4).reshape(2, 2, 4), s((2, 2))],
    "linalg_vander": lambda s: [s((3,)), {"N": 4}],
    "linalg_pinv": lambda s: [regular(s, 3, 3), 1e-6],
    "pinverse": lambda s: [regular(s, 3, 3)],
}
TYPES = {"cholesky_inverse": "float32 complex64"}
# These read one triangle, and their gradient is the symmetric matrix that belongs to Hermitian changes of the input.
DOMAIN = dict.fromkeys(("linalg_cholesky_ex", "linalg_cholesky", "cholesky", "linalg_eigvalsh"), hermitian)
ROUNDS_ONCE = dict.fromkeys(
    ("linalg_matrix_exp", "matrix_exp"), "PyTorch computes in bfloat16, in which the coefficients overflow"
)
