"""The operators behind `special`."""

from flambeau import _C

_C.export_operators("special", globals())
