"""Element types that are not there: quantized ones, those of less than a byte, scales of blocks.

They compare, hash and print as the types of PyTorch do and are instances of ``dtype``, so that tables of types can
mention them; no tensor has one, and asking for one is a TypeError, as of anything that is no dtype.
"""

from __future__ import annotations

from flambeau._C import dtype


class AbsentDtype:
    """The name of an element type, with what programs ask of one."""

    is_complex = False

    def __init__(self, name: str, itemsize: int, is_signed: bool, is_floating_point: bool = False) -> None:
        self._name, self.itemsize = name, itemsize
        self._is_signed, self.is_floating_point = is_signed, is_floating_point

    @property
    def is_signed(self) -> bool:
        """Whether there are negative numbers; of quantized types, whose zero can lie anywhere, that says nothing."""
        if self._name.startswith(("qint", "quint")):
            raise RuntimeError(f"is_signed: not supported for quantized types such as {self!r}")
        return self._is_signed

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # what isinstance() asks; the core, which goes by type(), refuses
        return dtype

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name


AbsentDtype.__module__ = "flambeau"
_KINDS = {
    **{f"{sign}int{bits}": (1, not sign, False) for sign in ("", "u") for bits in range(1, 8)},
    "qint8": (1, True, False), "quint8": (1, False, False), "qint32": (4, True, False),
    "quint4x2": (1, False, False), "quint2x4": (1, False, False),
    "float8_e8m0fnu": (1, False, True), "float4_e2m1fn_x2": (1, True, True),
    "bits1x8": (1, False, False), "bits2x4": (1, False, False), "bits4x2": (1, False, False),
    "bits8": (1, False, False), "bits16": (2, False, False), "bit": (1, False, False),
}  # fmt: skip
__all__ = list(_KINDS)
for _name, _properties in _KINDS.items():
    globals()[_name] = AbsentDtype(_name, *_properties)
del _name, _properties
