"""`lobpcg`: some eigenpairs of a large symmetric matrix, by products with it alone."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau._C import overridable

__all__ = ["lobpcg"]


def _orthonormal(basis: Any, B: Any) -> Any:
    """Columns that span what those of `basis` do, orthonormal with respect to B; directions of length 0 left out."""
    gram = basis.mT @ (basis if B is None else B @ basis)
    scale = gram.diagonal().clamp(min=0).sqrt()
    kept = scale > 0
    basis, gram, scale = basis[:, kept], gram[kept][:, kept], scale[kept]
    values, vectors = flambeau.linalg.eigh(gram / scale / scale.unsqueeze(1))
    good = values > values.max() * flambeau.finfo(values.dtype).eps * len(values) * 10
    return (basis / scale) @ (vectors[:, good] / values[good].sqrt())


def _one(A: Any, k: int, B: Any, X: Any, iK: Any, niter: int, tol: float, largest: bool, tracker: Any) -> Any:
    n = X.shape[1]
    sign = -1.0 if largest else 1.0
    previous = None
    X = _orthonormal(X, B)
    norm_a = None
    for step in range(niter + 1):
        values, turn = flambeau.linalg.eigh(sign * (X.mT @ (A @ X)))
        X, values = X @ turn, sign * values
        AX, BX = A @ X, X if B is None else B @ X
        residual = AX - BX * values
        if norm_a is None:  # a scale for residuals, from the first subspace
            norm_a = AX.norm() / X.norm().clamp(min=1e-30)
        size = residual[:, :k].norm(dim=0) / (X[:, :k].norm(dim=0) * (norm_a + values[:k].abs())).clamp(min=1e-30)
        if tracker is not None:
            tracker(_State(step, X, values, residual, size, n))
        if step == niter or bool((size < tol).all()):
            break
        search = residual if iK is None else iK @ residual
        basis = flambeau.cat([X, search] if previous is None else [X, search, previous], 1)
        basis = _orthonormal(basis, B)
        _, vectors = flambeau.linalg.eigh(sign * (basis.mT @ (A @ basis)))
        following = basis @ vectors[:, :n]
        previous = following - X @ (X.mT @ (following if B is None else B @ following))
        X = _orthonormal(following, B)
        if X.shape[1] < n:
            X = following
    return values[:k], X[:, :k]


class _State:
    """What a tracker sees of an iteration."""

    def __init__(self, step: int, X: Any, E: Any, R: Any, rerr: Any, n: int) -> None:
        self.X, self.E, self.R = X, E, R
        self.ivars = {"istep": step, "iterations_left": 0, "converged_count": 0, "converged_end": 0}
        self.tvars = {"rerr": rerr}
        self.iparams = {"n": n}


class _Eigenpairs(flambeau.autograd.Function):
    """Eigenpairs of a symmetric matrix with their gradient: dλ = xᵀ dA x and dx = (λ - A)⁺ dA x, for simple λ."""

    generate_vmap_rule = True

    @staticmethod
    def forward(A: Any, values: Any, vectors: Any) -> Any:
        return values.clone(), vectors.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(inputs[0], *output)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, of_values: Any, of_vectors: Any) -> Any:
        A, values, vectors = ctx.saved_tensors
        grad = None
        if of_values is not None:
            grad = (vectors * of_values.unsqueeze(-2)) @ vectors.mT
        if of_vectors is not None:
            # One system for each pair: adding x xᵀ makes λ - A regular without a change on what is orthogonal to x.
            x, g = vectors.mT.unsqueeze(-1), of_vectors.mT.unsqueeze(-1)  # (…, k, m, 1)
            regular = values[..., None, None] * flambeau.eye(A.shape[-1], dtype=A.dtype, device=A.device)
            regular = regular - A.unsqueeze(-3) + x @ x.mT
            y = flambeau.linalg.solve(regular, g - x @ (x.mT @ g))
            turned = (y @ x.mT).sum(-3)
            grad = turned if grad is None else grad + turned
        return grad, None, None


@overridable
def lobpcg(
    A: Any,
    k: int | None = None,
    B: Any = None,
    X: Any = None,
    n: int | None = None,
    iK: Any = None,
    niter: int | None = None,
    tol: float | None = None,
    largest: bool | None = None,
    method: str | None = None,
    tracker: Any = None,
    ortho_iparams: dict[str, int] | None = None,
    ortho_fparams: dict[str, float] | None = None,
    ortho_bparams: dict[str, bool] | None = None,
) -> tuple[Any, Any]:
    """The `k` largest, or smallest, eigenvalues (…, k) and eigenvectors (…, m, k) of ``A x = λ B x``.

    The locally optimal block preconditioned conjugate gradient method of A. V. Knyazev, SIAM J. Sci. Comput. 23 (2001):
    each step takes the best vectors in the span of the present ones, their residuals and the last change.

    Args:
        A: symmetric (…, m, m), dense or, without batches, sparse.
        k: how many; the columns of `X` by default, else 1.
        B: symmetric and positive, of A's shape; the identity by default.
        X: (…, m, n) to begin with; random by default.
        n: columns of X, at least k; more of them converge in fewer steps.
        iK: about the inverse of A, a preconditioner.
        niter: most steps; by default as many as it takes to reach `tol`, 1000 at most.
        tol: of residuals relative to A and λ; the square root of the type's precision by default.
        largest: False for the smallest eigenvalues.
        method: ``"ortho"`` or ``"basic"``; there is one method, which keeps its basis orthonormal.
        tracker: called with the state of each step.
    """
    if A.dim() < 2 or A.shape[-1] != A.shape[-2]:
        raise RuntimeError(f"lobpcg: A has shape {tuple(A.shape)}, square matrices are wanted")
    if not A.dtype.is_floating_point:
        raise RuntimeError(f"lobpcg: A has dtype {A.dtype}, a real floating point type is wanted")
    if method not in (None, "basic", "ortho"):
        raise RuntimeError(f"lobpcg: method is {method!r}, 'basic' or 'ortho' is wanted")
    m = A.shape[-1]
    k = (1 if X is None else X.shape[-1]) if k is None else k
    n = (k if X is None else X.shape[-1]) if n is None else n
    if not 1 <= k <= n or 3 * n > m:
        raise ValueError(
            f"lobpcg: k is {k}, n is {n} for a {m}×{m} matrix; 1 ≤ k ≤ n ≤ m/3 is wanted, and eigh does small matrices"
        )
    tol = flambeau.finfo(A.dtype).eps ** 0.5 if tol is None else tol
    niter = 1000 if niter is None or niter < 0 else niter
    largest = True if largest is None else largest
    batch = A.shape[:-2]
    if A.requires_grad and not A.is_sparse:
        A = (A + A.mT) / 2  # the gradient is one by symmetric matrices
    if X is None:
        X = flambeau.randn(*batch, m, n, dtype=A.dtype, device=A.device)
    with flambeau.no_grad():
        if not batch:
            values, vectors = _one(A, k, B, X, iK, niter, tol, largest, tracker)
        else:
            flat = [
                None if t is None else t.expand(*batch, *t.shape[-2:]).reshape(-1, *t.shape[-2:]) for t in (A, B, X, iK)
            ]
            a, b, x, p = flat
            assert a is not None and x is not None
            pairs = [
                _one(
                    a[i],
                    k,
                    None if b is None else b[i],
                    x[i],
                    None if p is None else p[i],
                    niter,
                    tol,
                    largest,
                    tracker,
                )
                for i in range(len(a))
            ]
            values = flambeau.stack([pair[0] for pair in pairs]).reshape(*batch, k)
            vectors = flambeau.stack([pair[1] for pair in pairs]).reshape(*batch, m, k)
    if A.requires_grad and not A.is_sparse and B is None:
        return _Eigenpairs.apply(A, values, vectors)
    if A.requires_grad or (B is not None and B.requires_grad):
        raise NotImplementedError(
            "lobpcg: gradients are there for a dense A without B; linalg.eigh has them for others"
        )
    return values, vectors
