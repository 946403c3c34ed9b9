"""Names that annotations of TorchScript programs import."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Union  # noqa: UP035

from flambeau._schema import (
    AnyType,
    BoolType,
    ComplexType,
    DeviceObjType,
    DictType,
    FloatType,
    FutureType,
    IntType,
    ListType,
    NoneType,
    OptionalType,
    StringType,
    TensorType,
    TupleType,
    UnionType,
)

__all__ = [
    "Any", "AnyType", "BoolType", "BroadcastingList1", "BroadcastingList2", "BroadcastingList3", "ComplexType",
    "DeviceObjType", "Dict", "DictType", "FloatType", "FutureType", "IntType", "List", "ListType", "NoneType",
    "Optional", "OptionalType", "StringType", "TensorType", "Tuple", "TupleType", "Union", "UnionType",
]  # fmt: skip


class BroadcastingListCls:
    """``BroadcastingList2[int]``: a list of two integers, or one number that stands for both."""

    def __getitem__(self, types: Any) -> None:
        """What annotations make of it: nothing."""


BroadcastingList1 = BroadcastingList2 = BroadcastingList3 = BroadcastingListCls()
for _n in range(4, 7):
    globals()[f"BroadcastingList{_n}"] = BroadcastingList1
