"""Names for annotations: number, device, storage, file and similar types."""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence
from typing import IO, Any

import flambeau

__all__ = ["Device", "FileLike", "Number", "Storage"]

_TensorOrTensors = Any | Sequence[Any]
_TensorOrTensorsOrGradEdge = Any | Sequence[Any]
_bool = builtins.bool
_int = builtins.int
_float = builtins.float
_complex = builtins.complex
_dtype = flambeau.dtype
_device = flambeau.device
_qscheme = Any
_layout = flambeau.layout
_size = flambeau.Size | builtins.list[builtins.int] | builtins.tuple[builtins.int, ...]
_symsize = _size
_dispatchkey = Any
IntLikeType = builtins.int
FloatLikeType = builtins.float
BoolLikeType = builtins.bool
py_sym_types = ()
Number = builtins.int | builtins.float | builtins.bool
_Number = (builtins.int, builtins.float, builtins.bool)
FileLike = str | os.PathLike[str] | IO[bytes]
Device = flambeau.device | str | builtins.int | None


class Storage:
    """What all storages offer: element size, length, device, copies."""

    _cdata: builtins.int
    device: Any
    dtype: Any

    def element_size(self) -> builtins.int:
        raise NotImplementedError("Storage: element_size of the annotation class; UntypedStorage has one")

    def nbytes(self) -> builtins.int:
        raise NotImplementedError("Storage: nbytes of the annotation class; UntypedStorage has one")
