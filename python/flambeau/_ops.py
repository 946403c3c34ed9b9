"""`flambeau.ops`: operators by their full names, as objects.

``ops.aten.add`` is a packet of overloads, ``ops.aten.add.Tensor`` one of them; both can be called. They are made when
first asked for, ATen's from the operator table and one's own from what `flambeau.library` has defined.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from flambeau import _C

__all__ = ["HigherOrderOperator", "OpOverload", "OpOverloadPacket", "OperatorBase", "ops"]


class AbsentOperatorError(AttributeError, NotImplementedError):
    """An operator that PyTorch has and Flambeau has not."""


class OperatorBase:
    """What overloads and higher-order operators have in common."""

    __slots__ = ()

    def name(self) -> str:
        """The full name."""
        raise NotImplementedError(f"{type(self).__name__}.name: not defined by this class")


@_C._call_by_vector
class OpOverload(_C.OverloadBase, OperatorBase):
    """One overload of an operator: its schema, and a call that takes arguments by it.

    Calls go through autograd, autocast and ``__torch_function__``, which sees this object. Numbers may stand for
    tensors where the operator says so.

    Raises:
        RuntimeError: the arguments don't fit the schema.

    >>> flambeau.ops.aten.add.Tensor(flambeau.ones(2), flambeau.ones(2), alpha=3)
    tensor([4., 4.])
    """

    _overloadpacket: OpOverloadPacket
    _defined_in_python = False

    def _enter(self, packet: OpOverloadPacket) -> None:
        self._overloadpacket = packet
        self._overloadname = self._own_overload_name or "default"
        self.__name__ = f"{packet.__name__}.{self._overloadname}"
        self.__qualname__ = packet._qualified_op_name
        if self._own_overload_name:
            self.__qualname__ += "." + self._own_overload_name
        self.__module__ = packet.__module__
        self.__doc__ = None

    @functools.cached_property
    def _schema(self) -> Any:
        from flambeau._schema import FunctionSchema

        return FunctionSchema(self._schema_text)

    @property
    def overloadpacket(self) -> OpOverloadPacket:
        """The packet of all overloads."""
        return self._overloadpacket

    @property
    def _opname(self) -> str:
        return self._overloadpacket.__name__

    @property
    def namespace(self) -> str:
        """The part of the name before ``::``."""
        return self._overloadpacket._qualified_op_name.partition("::")[0]

    _namespace = namespace

    def name(self) -> str:
        """The full name: "aten::add.Tensor", "aten::relu"."""
        return self.__qualname__

    @property
    def _name(self) -> str:
        return self.__qualname__

    @property
    def op(self) -> Any:
        """What is called."""
        return self

    _op = op

    @functools.cached_property
    def tags(self) -> list[Any]:
        """What is known of the operator beside its schema."""
        from flambeau._dispatch_keys import Tag

        found = {Tag.pt2_compliant_tag} if self._traits else set(self.__dict__.get("_own_tags", ()))
        for trait, tag in (("pointwise", Tag.pointwise), ("random", Tag.nondeterministic_seeded),
                           ("sized by data", Tag.dynamic_output_shape)):  # fmt: skip
            if trait in self._traits:
                found.add(tag)
        returns = self._schema.returns
        if self._traits and returns and str(returns[0].type) in ("number", "Scalar", "bool"):
            found.add(Tag.data_dependent_output)
        if "view" in self._traits and self._opname.endswith("_") and not self._opname.endswith("__"):
            found.add(Tag.inplace_view)
        return sorted(found, key=lambda tag: tag.value)

    @property
    def _tags(self) -> list[Any]:
        return self.tags

    @property
    def _nondeterministic_seeded(self) -> bool:
        return "random" in self._traits

    @functools.cached_property
    def is_view(self) -> bool:
        """Whether the result shares memory with an argument."""
        return bool(self._schema._is_view_op())

    def has_kernel_for_dispatch_key(self, k: Any) -> bool:
        """Whether a kernel is there for a key; an operator of the table has them for its devices and composites."""
        name = getattr(k, "name", str(k))
        if not self._traits:
            return name in self._kernels()
        if "composite" in self._traits:
            return name == "CompositeImplicitAutograd"
        return name in ("CPU", "Meta", "Autograd", "AutogradCPU")

    def has_kernel_for_any_dispatch_key(self, ks: Any) -> bool:
        """Whether a kernel is there for one of the keys."""
        return any(self.has_kernel_for_dispatch_key(k) for k in ks)

    def _kernels(self) -> dict[str, Any]:
        return self.__dict__.get("_own_kernels", {})

    def redispatch(self, keyset: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the kernel of the first key in a set, for operators of one's own; others go on below autograd."""
        from flambeau.library import _operators

        operator = _operators.find(self)
        if operator is None:
            with _operators.below_autograd():
                return self(*args, **kwargs)
        return operator.redispatch(keyset, *args, **kwargs)

    def decompose(self, *args: Any, **kwargs: Any) -> Any:
        """The operator's result through others where it is written with them; else NotImplemented."""
        return _C._run_parts(self, args, kwargs) if "composite" in self._traits else NotImplemented

    def _can_decompose(self) -> bool:
        return "composite" in self._traits

    def py_impl(self, k: Any) -> Any:
        """Not available: kernels in Python for the operators of the table."""
        raise NotImplementedError(
            f"{self}.py_impl: operators of the table take no further kernels; library.Library(…).impl gives them to "
            "operators of one's own, and a TorchFunctionMode sees every call"
        )

    def __repr__(self) -> str:
        packet = self._overloadpacket
        return f"<OpOverload(op='{packet}', overload='{self._overloadname}')>"

    def __str__(self) -> str:
        return f"{self.namespace}.{self.__name__}"

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __copy__(self) -> OpOverload:
        return self

    def __deepcopy__(self, memo: Any = None) -> OpOverload:
        return self

    def __reduce__(self) -> Any:
        return _find, (self._overloadpacket._qualified_op_name, self._overloadname)


@_C._call_by_vector
class OpOverloadPacket(_C.PacketBase):
    """All overloads of an operator; a call takes the first that the arguments fit.

    >>> flambeau.ops.aten.relu.overloads()
    ['default', 'out']
    """

    def __init__(self, qualified_name: str, overloads: list[Any]) -> None:
        space, _, self.__name__ = qualified_name.partition("::")
        self.__module__ = "torch._ops." + space
        self.__doc__ = None
        for overload in overloads:
            self._show(overload)

    def _show(self, overload: OpOverload) -> None:
        overload._enter(self)
        setattr(self, overload._overloadname, overload)

    def _add(self, overload: OpOverload) -> None:
        self._overload_list.append(overload)
        self._show(overload)

    def _remove(self, overload: OpOverload) -> None:
        self._overload_list.remove(overload)
        delattr(self, overload._overloadname)

    def overloads(self) -> list[str]:
        """The names of the overloads; "default" is the one without a name."""
        return [overload._overloadname for overload in self._overload_list]

    @property
    def _overload_names(self) -> list[str]:
        return [overload._own_overload_name for overload in self._overload_list]

    @property
    def op_overloads(self) -> list[OpOverload]:
        """The overloads themselves."""
        return list(self._overload_list)

    @property
    def _schemas(self) -> dict[str, Any]:
        return {overload._own_overload_name: overload._schema for overload in self._overload_list}

    @property
    def op(self) -> Any:
        """What is called."""
        return self

    _op = op

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"The underlying op of '{self}' has no overload name '{name}'")

    def __iter__(self) -> Iterator[str]:
        return iter(self.overloads())

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self}')>"

    def __str__(self) -> str:
        return self._qualified_op_name.replace("::", ".")

    def __copy__(self) -> OpOverloadPacket:
        return self

    def __deepcopy__(self, memo: Any = None) -> OpOverloadPacket:
        return self

    def __reduce__(self) -> Any:
        return _find, (self._qualified_op_name,)


def _find(qualified_name: str, overload: str | None = None) -> Any:
    space, _, name = qualified_name.partition("::")
    packet = getattr(getattr(ops, space), name)
    return packet if overload is None else getattr(packet, overload)


class HigherOrderOperator(OperatorBase):
    """An operator that takes functions. Derive, and define ``__call__``."""

    def __init__(self, name: str, *, cacheable: bool = False) -> None:
        if type(self) is HigherOrderOperator:
            raise RuntimeError("HigherOrderOperator: derive from it and define __call__")
        self._name = self.__name__ = name
        self._ns = "higher_order"
        ops.higher_order.__dict__[name] = self

    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def namespace(self) -> str:
        """``higher_order``."""
        return self._ns

    def py_impl(self, k: Any) -> Callable[[Any], Any]:
        """Take a function for a key and leave it: calls go to ``__call__``."""
        return lambda function: function

    def __str__(self) -> str:
        return self._name


# Overloads of one's own by packet: "mine::f" -> ["", "out"], entered by flambeau.library.
_own: dict[str, list[OpOverload]] = {}


def define(qualified_name: str, overload: OpOverload) -> None:
    """Enter an overload of an operator of one's own."""
    _own.setdefault(qualified_name, []).append(overload)
    space, _, name = qualified_name.partition("::")
    namespace = getattr(ops, space)
    if name in namespace.__dict__:
        namespace.__dict__[name]._add(overload)
    else:
        namespace.__dict__[name] = OpOverloadPacket(qualified_name, list(_own[qualified_name]))


def undefine(qualified_name: str, overload: OpOverload) -> None:
    """Take an overload away again."""
    there = _own[qualified_name]
    there.remove(overload)
    space, _, name = qualified_name.partition("::")
    shown = getattr(ops, space).__dict__.get(name)
    if shown is not None:
        shown._remove(overload)
    if not there:
        del _own[qualified_name]
        getattr(ops, space).__dict__.pop(name, None)


class _OpNamespace(ModuleType):
    """The operators with one prefix."""

    __file__ = "torch.ops"

    def __init__(self, name: str) -> None:
        super().__init__("torch.ops." + name)
        self.name = name

    def __getattr__(self, op_name: str) -> Any:
        qualified = f"{self.name}::{op_name}"
        if qualified in _own:
            overloads = list(_own[qualified])
        elif self.name == "aten":
            overloads = [OpOverload(op_name, overload) for overload in _C._overloads_of(op_name)]
            if not overloads and not op_name.startswith("__"):
                from flambeau.library import _aten  # noqa: F401  (defines those that are written in Python)

                overloads = list(_own.get(qualified, ()))
        else:
            overloads = []
        if not overloads:
            if self.name == "prims" and not op_name.startswith("__"):
                raise AbsentOperatorError(
                    f"torch.ops.prims.{op_name}: operators are not taken apart into prims here; torch.ops.aten has "
                    "them whole"
                )
            raise AttributeError(f"'_OpNamespace' '{self.name}' object has no attribute '{op_name}'")
        if op_name not in self.__dict__:
            self.__dict__[op_name] = OpOverloadPacket(qualified, overloads)
        return self.__dict__[op_name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in self.__dict__.items() if isinstance(value, OpOverloadPacket))

    def __dir__(self) -> list[str]:
        own = [name.partition("::")[2] for name in _own if name.startswith(self.name + "::")]
        table = _C._names_with_overloads() if self.name == "aten" else []
        return sorted({*super().__dir__(), *own, *table})

    def __reduce__(self) -> Any:
        return getattr, (ops, self.name)


class _HigherOrderNamespace(_OpNamespace):
    """The operators that take functions."""

    def __getattr__(self, op_name: str) -> Any:
        if not op_name.startswith("__"):
            from flambeau import _higher_order_ops

            if op_name in _higher_order_ops.__all__:
                return getattr(_higher_order_ops, op_name)
        raise AttributeError(f"'_OpNamespace' 'higher_order' object has no attribute '{op_name}'")


class _Ops(ModuleType):
    """The namespaces of operators; `load_library` loads a shared library that registers more."""

    __file__ = "_ops.py"

    def __init__(self) -> None:
        super().__init__("torch.ops")
        self.loaded_libraries: set[str] = set()
        self._namespaces: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module 'torch.ops' has no attribute '{name}'")
        made = _HigherOrderNamespace(name) if name == "higher_order" else _OpNamespace(name)
        setattr(self, name, made)
        self._namespaces.append(name)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._namespaces)

    def import_module(self, module: str) -> None:
        """Import a module that registers operators."""
        import importlib

        importlib.import_module(module)

    def load_library(self, path: str | os.PathLike[str]) -> None:
        """Load a shared library that registers operators with the C interface of ``flambeau/abi.h``.

        Raises:
            OSError: there is no such file, or it cannot be loaded; libraries built for PyTorch need its own core.
        """
        path = os.path.realpath(path)
        try:
            ctypes.CDLL(path)
        except OSError as error:
            raise OSError(f"Could not load this library: {path} ({error})") from error
        self.loaded_libraries.add(path)

    def __reduce__(self) -> Any:
        return "ops"


ops = _Ops()
ops.__dict__["aten"] = _OpNamespace("aten")
ops._namespaces.append("aten")
