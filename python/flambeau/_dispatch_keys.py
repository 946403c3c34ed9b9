"""Names of PyTorch's dispatcher: `DispatchKey`, `DispatchKeySet`, `Tag`. Kernels of one's own are registered by key."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["DispatchKey", "DispatchKeySet", "Tag", "_TorchDispatchModeKey"]

_BACKENDS = (
    "CPU", "CUDA", "HIP", "XLA", "MPS", "IPU", "XPU", "HPU", "VE", "Lazy", "MTIA", "MAIA",
    "PrivateUse1", "PrivateUse2", "PrivateUse3", "Meta",
)  # fmt: skip
_FUNCTIONALITIES = (
    "Undefined", "Dense", "Quantized", "Sparse", "SparseCsr", "NestedTensor", "BackendSelect", "Python",
    "Functionalize", "Conjugate", "Negative", "ZeroTensor", "ADInplaceOrView", "AutogradOther", "AutogradFunctionality",
    "AutogradNestedTensor", "Autocast", "AutocastCPU", "AutocastMPS", "AutocastXPU", "AutocastHPU", "AutocastIPU",
    "AutocastCUDA", "AutocastPrivateUse1", "FuncTorchBatchedDecomposition", "FuncTorchBatched", "FuncTorchVmapMode",
    "FuncTorchGradWrapper", "FuncTorchDynamicLayerFrontMode", "FuncTorchDynamicLayerBackMode", "PythonTLSSnapshot",
    "PreDispatch", "PythonDispatcher", "Autograd", "CompositeImplicitAutograd", "CompositeImplicitAutogradNestedTensor",
    "CompositeExplicitAutograd", "CompositeExplicitAutogradNonFunctional",
)  # fmt: skip
_KINDS = ("", "Quantized", "Sparse", "SparseCsr", "NestedTensor", "Autograd")

DispatchKey = enum.Enum(  # type: ignore[misc]
    "DispatchKey",
    list(dict.fromkeys([*_FUNCTIONALITIES, *(kind + backend for kind in _KINDS for backend in _BACKENDS)])),
    module="torch._C",
)
DispatchKey.__doc__ = "For what a kernel is registered: a backend, autograd, or all of them."


class DispatchKeySet:
    """A set of dispatch keys."""

    def __init__(self, *keys: Any) -> None:
        self._keys = frozenset(keys)

    def has(self, k: Any) -> bool:
        """Whether a key is in the set."""
        return k in self._keys

    def add(self, k: Any) -> DispatchKeySet:
        """The set with a key more."""
        return DispatchKeySet(*self._keys, k)

    def remove(self, k: Any) -> DispatchKeySet:
        """The set without a key."""
        return DispatchKeySet(*(self._keys - {k}))

    def highestPriorityTypeId(self) -> Any:
        """The key that goes first."""
        order = list(DispatchKey)
        return max(self._keys, key=order.index, default=DispatchKey["Undefined"])

    def __contains__(self, k: Any) -> bool:
        return k in self._keys

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys)

    def __or__(self, other: Iterable[Any]) -> DispatchKeySet:
        return DispatchKeySet(*self._keys, *other)

    def __and__(self, other: Any) -> DispatchKeySet:
        return DispatchKeySet(*(k for k in self._keys if k in other))

    def __sub__(self, other: Any) -> DispatchKeySet:
        return DispatchKeySet(*(k for k in self._keys if k not in other))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DispatchKeySet) and self._keys == other._keys

    def __hash__(self) -> int:
        return hash(self._keys)

    def __repr__(self) -> str:
        return f"DispatchKeySet({', '.join(sorted(k.name for k in self._keys))})"


_TorchDispatchModeKey = enum.Enum("_TorchDispatchModeKey", ["FAKE", "PROXY", "FUNCTIONAL"], start=0, module="torch._C")
_TorchDispatchModeKey.__doc__ = "The places of the modes that the library itself enters, outside of all others."

_TAGS = (
    "core cudagraph_unsafe data_dependent_output dynamic_output_shape flexible_layout generated inplace inplace_view "
    "maybe_aliasing_or_mutating needs_contiguous_strides needs_exact_strides needs_fixed_stride_order "
    "nondeterministic_bitwise nondeterministic_seeded out out_variant pointwise pt2_compliant_tag reduction view_copy"
)
_make_enum: Any = enum.Enum  # the members are known from the text alone
Tag: Any = _make_enum("Tag", _TAGS, start=0, module="torch")
Tag.__doc__ = "What is known of an operator beside its schema."
DispatchKeySet.__module__ = "torch"
