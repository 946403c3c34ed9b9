"""Special functions of mathematical physics and statistics, under the names of SciPy's ``special``.

The operators come from the operator table.
"""

from __future__ import annotations

from flambeau import _C

__all__: list[str] = []  # the operators join it
_C.export_operators("special", globals())
