"""Linear algebra: factorizations, solvers, eigenvalues, norms.

The operators come from the operator table (``src/ops/linalg_*.cpp``). Matrices are the last two dimensions; any
dimensions before them are a batch.
"""

from __future__ import annotations

from flambeau import _C

LinAlgError = _C.LinAlgError

_C.export_operators("linalg", globals())
