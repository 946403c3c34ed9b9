"""The operators behind `linalg`."""

from flambeau import _C

_C.export_operators("linalg", globals())
