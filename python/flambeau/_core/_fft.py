"""The operators behind `fft`."""

from flambeau import _C

_C.export_operators("fft", globals())
