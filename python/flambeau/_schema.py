"""Schemas of operators as objects: `FunctionSchema`, its arguments and their types.

The text is read by the core's one parser of signatures; here are the classes that programs ask questions of.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from flambeau import _C

__all__ = [
    "AnyType", "Argument", "AwaitType", "BoolType", "ClassType", "ComplexType", "DeviceObjType", "DictType", "EnumType",
    "FloatType", "FunctionSchema", "FutureType", "IntType", "InterfaceType", "ListType", "NoneType", "NumberType",
    "OptionalType", "PyObjectType", "RRefType", "StreamObjType", "StringType", "SymBoolType", "SymIntType",
    "TensorType", "TupleType", "Type", "UnionType", "parse_schema",
]  # fmt: skip


class Type:
    """The type of an argument or result. Equal types are equal objects to ``==`` and as keys."""

    _text = ""

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def str(self) -> Any:
        """The type as text."""
        return self._text

    @property
    def annotation_str(self) -> Any:
        """The type as an annotation says it."""
        return self._text

    def kind(self) -> Any:
        """The name of the class."""
        return type(self).__name__

    def containedTypes(self) -> list[Type]:
        """The types inside of a list or an optional."""
        return []

    def isSubtypeOf(self, other: Type) -> bool:
        """Whether a value of this type may stand for one of the other."""
        if self == other or isinstance(other, AnyType):
            return True
        if isinstance(other, OptionalType):
            return isinstance(self, NoneType) or self.isSubtypeOf(other.getElementType())
        return isinstance(other, NumberType) and isinstance(self, (IntType, FloatType, ComplexType))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((type(self), self._text))


class _PlainType(Type):
    @classmethod
    @functools.cache
    def get(cls) -> Any:
        """The type."""
        return cls()


class TensorType(_PlainType):
    """A tensor."""

    _text = "Tensor"


class IntType(_PlainType):
    """An integer, and what schemas write as one: element types, layouts, memory formats."""

    _text = "int"


class FloatType(_PlainType):
    """A float."""

    _text = "float"


class ComplexType(_PlainType):
    """A complex number."""

    _text = "complex"


class BoolType(_PlainType):
    """A truth value."""

    _text = "bool"


class NumberType(_PlainType):
    """A number of any kind."""

    _text = "number"


class StringType(_PlainType):
    """A text."""

    _text = "str"


class NoneType(_PlainType):
    """None."""

    _text = "NoneType"


class AnyType(_PlainType):
    """Anything."""

    _text = "Any"


class DeviceObjType(_PlainType):
    """A device."""

    _text = "Device"


class StreamObjType(_PlainType):
    """A stream of a device."""

    _text = "Stream"


class PyObjectType(_PlainType):
    """A Python object."""

    _text = "PyObject"


class SymIntType(_PlainType):
    """A size that may be symbolic."""

    _text = "SymInt"


class SymBoolType(_PlainType):
    """A truth value that may be symbolic."""

    _text = "SymBool"


class _GeneratorType(_PlainType):
    _text = "Generator"


class _NamedType(Type):
    """What a schema calls by a name of its own where the type is an integer: ScalarType, Layout, MemoryFormat."""

    def __init__(self, text: Any) -> None:
        self._text = text


class _Container(Type):
    _head = ""

    def __init__(self, element: Type) -> None:
        self._element = element
        self._text = f"{self._head}[{element}]"

    def getElementType(self) -> Type:
        """The type inside."""
        return self._element

    def containedTypes(self) -> list[Type]:
        """The type inside."""
        return [self._element]


class ListType(_Container):
    """A list of values of one type."""

    _head = "List"

    @staticmethod
    def ofTensors() -> ListType:
        """A list of tensors."""
        return ListType(TensorType.get())

    @staticmethod
    def ofInts() -> ListType:
        """A list of integers."""
        return ListType(IntType.get())

    @staticmethod
    def ofFloats() -> ListType:
        """A list of floats."""
        return ListType(FloatType.get())

    @staticmethod
    def ofBools() -> ListType:
        """A list of truth values."""
        return ListType(BoolType.get())

    @staticmethod
    def ofStrings() -> ListType:
        """A list of texts."""
        return ListType(StringType.get())


class OptionalType(_Container):
    """A value or None."""

    _head = "Optional"

    @staticmethod
    def ofTensor() -> OptionalType:
        """A tensor or None."""
        return OptionalType(TensorType.get())


class TupleType(Type):
    """A tuple of values of given types."""

    def __init__(self, elements: list[Type]) -> None:
        self._elements = list(elements)
        self._text = f"Tuple[{', '.join(map(str, self._elements)) or '()'}]"

    def elements(self) -> list[Type]:
        """The types of the entries."""
        return list(self._elements)

    containedTypes = elements


class UnionType(Type):
    """A value of one of several types."""

    def __init__(self, members: list[Type]) -> None:
        self._members = list(members)
        self._text = f"Union[{', '.join(map(str, self._members))}]"

    def containedTypes(self) -> list[Type]:
        """The types it may have."""
        return list(self._members)


class DictType(Type):
    """A dictionary with keys and values of given types."""

    def __init__(self, key: Type, value: Type) -> None:
        self._key, self._value = key, value
        self._text = f"Dict[{key}, {value}]"

    def getKeyType(self) -> Type:
        """The type of the keys."""
        return self._key

    def getValueType(self) -> Type:
        """The type of the values."""
        return self._value

    def containedTypes(self) -> list[Type]:
        """The types of keys and values."""
        return [self._key, self._value]


class FutureType(_Container):
    """A value that is there later."""

    _head = "Future"


class AwaitType(_Container):
    """A value that is computed when it is asked for."""

    _head = "Await"


class RRefType(_Container):
    """A value in another process."""

    _head = "RRef"


class ClassType(_NamedType):
    """A class of TorchScript."""


class InterfaceType(_NamedType):
    """An interface of TorchScript."""


class EnumType(_NamedType):
    """An enumeration."""


_PLAIN: dict[str, type[_PlainType]] = {
    "Tensor": TensorType, "int": IntType, "SymInt": IntType, "float": FloatType, "bool": BoolType, "str": StringType,
    "Scalar": NumberType, "number": NumberType, "complex": ComplexType, "Any": AnyType, "t": AnyType,
    "Device": DeviceObjType, "Stream": StreamObjType, "Generator": _GeneratorType,
}  # fmt: skip
_NAMED = ("ScalarType", "Layout", "MemoryFormat", "Storage", "Dimname")


def parse_type(text: str, real: bool = False) -> Type:
    """A type as schemas write it: "Tensor(a!)[]?", "SymInt[2]". With `real`, element types and the like keep their
    name; else they are the integers that stand for them.
    """
    rest = re.sub(r"\([^)]*\)", "", text)
    base = re.match(r"\w+", rest)
    assert base is not None
    name = base[0]
    made: Type
    if name in _NAMED:
        made = _NamedType(name) if real else IntType.get()
    else:
        made = _PLAIN[name].get()
    for mark in re.findall(r"\[\d*\]|\?", rest[base.end() :]):
        made = OptionalType(made) if mark == "?" else ListType(made)
    return made


class _AliasInfo:
    """Which memory an argument or result shares, and whether it is written."""

    def __init__(self, mark: str, on_list: bool) -> None:
        before, _, after = mark.replace("!", "").partition("->")
        self.is_write = "!" in mark
        # Of a list of tensors the mark is about what is in it.
        self.before_set = set() if on_list else {part.strip() for part in before.split("|")}
        self.after_set = {part.strip() for part in after.split("|")} if after else set(self.before_set)


def _alias(text: str) -> _AliasInfo | None:
    mark = re.search(r"\(([^)]*)\)", text)
    return None if mark is None else _AliasInfo(mark[1], "[" in text)


class Argument:
    """An argument or a result of a schema."""

    def __init__(
        self,
        name: str,
        type_text: str,
        length: int | None = None,
        has_default: bool = False,
        default: Any = None,
        kwarg_only: bool = False,
        written: bool = False,
    ) -> None:
        self.name, self.N, self.default_value, self.kwarg_only = name, length, default, kwarg_only
        self._type_text, self._has_default = type_text, has_default
        self.is_write = written
        self.is_out = written and kwarg_only

    @functools.cached_property
    def type(self) -> Type:
        """The type; element types, layouts and memory formats are integers."""
        return parse_type(self._type_text)

    @functools.cached_property
    def real_type(self) -> Type:
        """The type by its own name."""
        return parse_type(self._type_text, real=True)

    @functools.cached_property
    def alias_info(self) -> _AliasInfo | None:
        """Which memory it shares; None for none."""
        return _alias(self._type_text)

    def has_default_value(self) -> bool:
        """Whether a call may leave it out."""
        return self._has_default


class FunctionSchema:
    """What an operator takes and gives: `name` ("aten::add"), `overload_name`, `arguments`, `returns`."""

    def __init__(self, text: str) -> None:
        space, name, self.overload_name, arguments, returns, shown = _C._parse_schema(text)
        self.name = f"{space}::{name}" if space else name
        self.arguments = [Argument(*parts) for parts in arguments]
        self.returns = [Argument(*parts) for parts in returns]
        self._text = shown if space else shown.removeprefix("aten::")

    @property
    def is_mutable(self) -> bool:
        """Whether it writes into an argument."""
        return any(argument.is_write for argument in self.arguments)

    def _is_view_op(self) -> bool:
        """Whether a result shares memory with an argument that is not written."""
        return any(a.alias_info is not None and not a.alias_info.is_write for a in self.arguments)

    def is_backward_compatible_with(self, old_schema: FunctionSchema) -> bool:
        """Whether every call that fits the old schema fits this one."""
        if self.name != old_schema.name or self.overload_name != old_schema.overload_name:
            return False
        if [str(r.type) for r in self.returns] != [str(r.type) for r in old_schema.returns]:
            return False
        own = {argument.name: argument for argument in self.arguments}
        old = [argument.name for argument in old_schema.arguments]
        if any(name not in own or own[name].type != a.type for name, a in zip(old, old_schema.arguments, strict=True)):
            return False
        positional = [a.name for a in self.arguments if not a.kwarg_only]
        before = [a.name for a in old_schema.arguments if not a.kwarg_only]
        if positional[: len(before)] != before:
            return False
        return all(argument.has_default_value() for name, argument in own.items() if name not in old)

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionSchema) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> Any:
        return parse_schema, (self._text,)


FunctionSchema.__module__ = Argument.__module__ = "torch"


def parse_schema(schema: str, allow_typevars: bool = False) -> FunctionSchema:
    """A schema from its text. RuntimeError where the text is none."""
    return FunctionSchema(schema)
