"""A reader for the data subset of pickle, with no path from the file to a call.

The machine builds None, numbers, text, bytes, lists, tuples, dicts and sets. A global name never reaches Python's
import system: it is looked up in the table given to the constructor (`_names.py`), and REDUCE, NEWOBJ and BUILD hand
their operands to that table, which knows a handler for each name or refuses. Everything else is an UnpicklingError
that says the file, the opcode and its offset.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pickle import UnpicklingError
from typing import Any, Protocol

MAX_KEY_DEPTH = 32
MAX_KEY_PARTS = 4096
MAX_TEXT_NUMBER = 4000
MAX_LINE = 1 << 16
_DOUBLE = struct.Struct(">d")
_MARK = object()
_EMPTY_MEMO = object()


class _Outer(Exception):
    """Carries an error of the storages past the machine's own wrapping."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Globals(Protocol):
    """What the machine asks about names; `_names.SafeGlobals` implements it."""

    def lookup(self, module: str, name: str) -> Any: ...
    def reduce(self, function: Any, arguments: tuple[Any, ...]) -> Any: ...
    def new(self, cls: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any: ...
    def build(self, instance: Any, state: Any) -> Any: ...


class PickleReader:
    """Reads one pickle from `data`, starting at `position`; afterwards `position` stands behind its end."""

    def __init__(
        self,
        data: bytes | memoryview,
        names: Globals,
        persistent: Callable[[Any], Any] | None = None,
        label: str = "pickle",
        position: int = 0,
        encoding: str = "utf-8",
    ) -> None:
        self.data = memoryview(data)
        self.end = len(self.data)
        self.position = position
        self.names = names
        self.persistent = persistent
        self.label = label
        self.encoding = encoding
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.value: Any = None
        self.hit_end = False

    def load(self) -> Any:
        """Run to STOP and return the object."""
        actions = _ACTIONS
        data, start = self.data, self.position
        while True:
            start = self.position
            if start >= self.end:
                self.hit_end = True
                raise self.failure(start, "the pickle ended before its STOP opcode")
            code = data[start]
            self.position = start + 1
            action = actions[code]
            if action is None:
                raise self.failure(start, f"opcode {bytes((code,))!r} is not one that data need")
            try:
                if action(self):
                    return self.value
            except UnpicklingError as error:
                if getattr(error, "located", False):
                    raise
                raise self.failure(start, f"{_NAMES[code]}: {error}") from None
            except RecursionError:
                raise self.failure(start, f"{_NAMES[code]}: nested too deeply") from None
            except _Outer as outer:
                raise outer.error from None
            except MemoryError:
                raise
            except Exception as error:
                raise self.failure(start, f"{_NAMES[code]}: {error}") from error

    def failure(self, offset: int, text: str) -> UnpicklingError:
        """An error that carries its place, so that outer levels pass it on unchanged."""
        error = UnpicklingError(f"load: {self.label}, offset {offset}: {text}")
        error.located = True  # type: ignore[attr-defined]
        return error

    def take(self, count: int) -> memoryview:
        """The next `count` bytes."""
        start = self.position
        if count < 0 or count > self.end - start:
            self.hit_end = True
            raise UnpicklingError(f"wants {count} bytes, {self.end - start} are left")
        self.position = start + count
        return self.data[start : start + count]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def line(self) -> bytes:
        """The text up to the next newline."""
        start = self.position
        head = bytes(self.data[start : start + MAX_LINE])
        length = head.find(b"\n")
        if length < 0:
            self.hit_end = len(head) < MAX_LINE
            raise UnpicklingError(f"a text operand has no end within {len(head)} bytes")
        self.position = start + length + 1
        return head[:length]

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if not self.stack:
            raise UnpicklingError("the stack is empty")
        value = self.stack.pop()
        if value is _MARK:
            raise UnpicklingError("a mark stands where a value is wanted")
        return value

    def top(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise UnpicklingError("the stack is empty")
        return self.stack[-1]

    def pop_to_mark(self) -> list[Any]:
        stack = self.stack
        at = len(stack) - 1
        while at >= 0 and stack[at] is not _MARK:
            at -= 1
        if at < 0:
            raise UnpicklingError("no mark on the stack")
        values = stack[at + 1 :]
        del stack[at:]
        return values

    def replace(self, old: Any, new: Any) -> None:
        """Put `new` where the memo holds `old` (a BUILD that answers with another object)."""
        for key, value in self.memo.items():
            if value is old:
                self.memo[key] = new


_UNHASHABLE = (list, dict, set, bytearray, OrderedDict)
_SIMPLE_KEYS = (str, bytes, float, bool, type(None))


def check_key(key: Any) -> None:
    """Refuse keys that cannot be hashed safely: nested tuples hash recursively and in full, big integers collide."""
    if type(key) in _SIMPLE_KEYS:
        return
    waiting: list[tuple[Any, int]] = [(key, 0)]
    seen = 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if depth > MAX_KEY_DEPTH or seen > MAX_KEY_PARTS:
            raise UnpicklingError(f"a key nested more than {MAX_KEY_DEPTH} deep or of more than {MAX_KEY_PARTS} parts")
        kind = type(part)
        if kind is int:
            if part.bit_length() > 64:
                raise UnpicklingError(f"an integer key of {part.bit_length()} bits; at most 64 are read")
        elif kind is tuple or kind is frozenset:
            if len(part) > MAX_KEY_PARTS:
                raise UnpicklingError(f"a key of {len(part)} parts")
            waiting.extend((inner, depth + 1) for inner in part)
        elif kind in _UNHASHABLE:
            raise UnpicklingError(f"a {kind.__name__} cannot be a key")


_ACTIONS: list[Callable[[PickleReader], Any] | None] = [None] * 256
_NAMES: dict[int, str] = {}


def _opcode(code: bytes, name: str) -> Callable[[Callable[[PickleReader], Any]], Callable[[PickleReader], Any]]:
    def register(action: Callable[[PickleReader], Any]) -> Callable[[PickleReader], Any]:
        _ACTIONS[code[0]] = action
        _NAMES[code[0]] = name
        return action

    return register


def _constant(code: bytes, name: str, value: Any) -> None:
    _opcode(code, name)(lambda vm: vm.stack.append(value))


_constant(b"N", "NONE", None)
_constant(b"\x88", "NEWTRUE", True)
_constant(b"\x89", "NEWFALSE", False)
_constant(b")", "EMPTY_TUPLE", ())
_constant(b"(", "MARK", _MARK)
_opcode(b"]", "EMPTY_LIST")(lambda vm: vm.stack.append([]))
_opcode(b"}", "EMPTY_DICT")(lambda vm: vm.stack.append({}))
_opcode(b"\x8f", "EMPTY_SET")(lambda vm: vm.stack.append(set()))
_opcode(b"K", "BININT1")(lambda vm: vm.push(vm.number(1)))
_opcode(b"M", "BININT2")(lambda vm: vm.push(vm.number(2)))
_opcode(b"J", "BININT")(lambda vm: vm.push(int.from_bytes(vm.take(4), "little", signed=True)))
_opcode(b"\x8a", "LONG1")(lambda vm: vm.push(int.from_bytes(vm.take(vm.number(1)), "little", signed=True)))
_opcode(b"\x8b", "LONG4")(lambda vm: vm.push(int.from_bytes(vm.take(vm.number(4)), "little", signed=True)))
_opcode(b"G", "BINFLOAT")(lambda vm: vm.push(_DOUBLE.unpack(vm.take(8))[0]))


def _text(vm: PickleReader, size: int) -> None:
    vm.push(str(vm.take(size), "utf-8", "surrogatepass"))


def _old_text(vm: PickleReader, size: int) -> None:
    data = bytes(vm.take(size))
    vm.push(data if vm.encoding == "bytes" else data.decode(vm.encoding))


_opcode(b"X", "BINUNICODE")(lambda vm: _text(vm, vm.number(4)))
_opcode(b"\x8c", "SHORT_BINUNICODE")(lambda vm: _text(vm, vm.number(1)))
_opcode(b"\x8d", "BINUNICODE8")(lambda vm: _text(vm, vm.number(8)))
_opcode(b"T", "BINSTRING")(lambda vm: _old_text(vm, int.from_bytes(vm.take(4), "little", signed=True)))
_opcode(b"U", "SHORT_BINSTRING")(lambda vm: _old_text(vm, vm.number(1)))
_opcode(b"B", "BINBYTES")(lambda vm: vm.push(bytes(vm.take(vm.number(4)))))
_opcode(b"C", "SHORT_BINBYTES")(lambda vm: vm.push(bytes(vm.take(vm.number(1)))))
_opcode(b"\x8e", "BINBYTES8")(lambda vm: vm.push(bytes(vm.take(vm.number(8)))))
_opcode(b"\x96", "BYTEARRAY8")(lambda vm: vm.push(bytearray(vm.take(vm.number(8)))))


@_opcode(b"I", "INT")
def _int_text(vm: PickleReader) -> None:
    line = vm.line()
    if line in (b"00", b"01"):
        vm.push(line == b"01")
    else:
        vm.push(_number_from_text(line))


@_opcode(b"L", "LONG")
def _long_text(vm: PickleReader) -> None:
    vm.push(_number_from_text(vm.line().removesuffix(b"L")))


def _number_from_text(line: bytes) -> int:
    if len(line) > MAX_TEXT_NUMBER:
        raise UnpicklingError(f"a number of {len(line)} digits")
    return int(line)


@_opcode(b"F", "FLOAT")
def _float_text(vm: PickleReader) -> None:
    vm.push(float(vm.line()))


@_opcode(b"V", "UNICODE")
def _unicode_text(vm: PickleReader) -> None:
    vm.push(str(vm.line(), "raw-unicode-escape"))


@_opcode(b"\x80", "PROTO")
def _proto(vm: PickleReader) -> None:
    version = vm.number(1)
    if version > 5:
        raise UnpicklingError(f"protocol {version}; 5 is the newest one known")


@_opcode(b"\x95", "FRAME")
def _frame(vm: PickleReader) -> None:
    size = vm.number(8)
    if size > vm.end - vm.position:
        vm.hit_end = True
        raise UnpicklingError(f"a frame of {size} bytes, {vm.end - vm.position} are left")


@_opcode(b".", "STOP")
def _stop(vm: PickleReader) -> bool:
    vm.value = vm.pop()
    if vm.stack:
        raise UnpicklingError(f"{len(vm.stack)} values are left on the stack")
    vm.memo.clear()
    return True


@_opcode(b"0", "POP")
def _pop(vm: PickleReader) -> None:
    if not vm.stack:
        raise UnpicklingError("the stack is empty")
    vm.stack.pop()


@_opcode(b"1", "POP_MARK")
def _pop_mark(vm: PickleReader) -> None:
    vm.pop_to_mark()


@_opcode(b"2", "DUP")
def _dup(vm: PickleReader) -> None:
    vm.push(vm.top())


def _put(vm: PickleReader, index: int) -> None:
    vm.memo[index] = vm.top()


def _get(vm: PickleReader, index: int) -> None:
    value = vm.memo.get(index, _EMPTY_MEMO)
    if value is _EMPTY_MEMO:
        raise UnpicklingError(f"memo entry {index} was never stored")
    vm.stack.append(value)


_opcode(b"q", "BINPUT")(lambda vm: _put(vm, vm.number(1)))
_opcode(b"r", "LONG_BINPUT")(lambda vm: _put(vm, vm.number(4)))
_opcode(b"p", "PUT")(lambda vm: _put(vm, _number_from_text(vm.line())))
_opcode(b"\x94", "MEMOIZE")(lambda vm: _put(vm, len(vm.memo)))
_opcode(b"h", "BINGET")(lambda vm: _get(vm, vm.number(1)))
_opcode(b"j", "LONG_BINGET")(lambda vm: _get(vm, vm.number(4)))
_opcode(b"g", "GET")(lambda vm: _get(vm, _number_from_text(vm.line())))


def _tuple_of(count: int) -> Callable[[PickleReader], None]:
    def build(vm: PickleReader) -> None:
        values = [vm.pop() for _ in range(count)]
        vm.push(tuple(reversed(values)))

    return build


_opcode(b"\x85", "TUPLE1")(_tuple_of(1))
_opcode(b"\x86", "TUPLE2")(_tuple_of(2))
_opcode(b"\x87", "TUPLE3")(_tuple_of(3))
_opcode(b"t", "TUPLE")(lambda vm: vm.push(tuple(vm.pop_to_mark())))
_opcode(b"l", "LIST")(lambda vm: vm.push(vm.pop_to_mark()))


def _extend(vm: PickleReader, values: list[Any]) -> None:
    target = vm.top()
    if type(target) is not list:
        raise UnpicklingError(f"items for a {type(target).__name__}, which is not a list")
    target.extend(values)


@_opcode(b"a", "APPEND")
def _append(vm: PickleReader) -> None:
    value = vm.pop()
    _extend(vm, [value])


_opcode(b"e", "APPENDS")(lambda vm: _extend(vm, vm.pop_to_mark()))


def _pairs(values: list[Any]) -> Iterator[tuple[Any, Any]]:
    if len(values) % 2:
        raise UnpicklingError(f"{len(values)} keys and values do not pair")
    return zip(values[::2], values[1::2], strict=True)


def _store(vm: PickleReader, values: list[Any]) -> None:
    target = vm.top()
    if not isinstance(target, dict):
        raise UnpicklingError(f"keys and values for a {type(target).__name__}, which is not a dict")
    store = OrderedDict.__setitem__ if isinstance(target, OrderedDict) else dict.__setitem__
    for key, value in _pairs(values):
        check_key(key)
        store(target, key, value)


@_opcode(b"s", "SETITEM")
def _setitem(vm: PickleReader) -> None:
    value = vm.pop()
    key = vm.pop()
    _store(vm, [key, value])


_opcode(b"u", "SETITEMS")(lambda vm: _store(vm, vm.pop_to_mark()))


@_opcode(b"d", "DICT")
def _dict(vm: PickleReader) -> None:
    values = vm.pop_to_mark()
    vm.push({})
    _store(vm, values)


@_opcode(b"\x90", "ADDITEMS")
def _additems(vm: PickleReader) -> None:
    values = vm.pop_to_mark()
    target = vm.top()
    if type(target) is not set:
        raise UnpicklingError(f"members for a {type(target).__name__}, which is not a set")
    for value in values:
        check_key(value)
        target.add(value)


@_opcode(b"\x91", "FROZENSET")
def _frozenset(vm: PickleReader) -> None:
    values = vm.pop_to_mark()
    for value in values:
        check_key(value)
    vm.push(frozenset(values))


@_opcode(b"c", "GLOBAL")
def _global(vm: PickleReader) -> None:
    module = vm.line().decode("utf-8")
    vm.push(vm.names.lookup(module, vm.line().decode("utf-8")))


@_opcode(b"\x93", "STACK_GLOBAL")
def _stack_global(vm: PickleReader) -> None:
    name, module = vm.pop(), vm.pop()
    if type(name) is not str or type(module) is not str:
        raise UnpicklingError("a global whose name is not text")
    vm.push(vm.names.lookup(module, name))


def _arguments(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise UnpicklingError(f"arguments that are a {type(value).__name__}, not a tuple")
    return value


@_opcode(b"R", "REDUCE")
def _reduce(vm: PickleReader) -> None:
    arguments = _arguments(vm.pop())
    function = vm.pop()
    vm.push(vm.names.reduce(function, arguments))


@_opcode(b"\x81", "NEWOBJ")
def _newobj(vm: PickleReader) -> None:
    arguments = _arguments(vm.pop())
    cls = vm.pop()
    vm.push(vm.names.new(cls, arguments, {}))


@_opcode(b"\x92", "NEWOBJ_EX")
def _newobj_ex(vm: PickleReader) -> None:
    keywords = vm.pop()
    arguments = _arguments(vm.pop())
    cls = vm.pop()
    if type(keywords) is not dict or not all(type(key) is str for key in keywords):
        raise UnpicklingError("keyword arguments that are not a dict of text keys")
    vm.push(vm.names.new(cls, arguments, keywords))


@_opcode(b"b", "BUILD")
def _build(vm: PickleReader) -> None:
    state = vm.pop()
    instance = vm.top()
    answer = vm.names.build(instance, state)
    if answer is not instance:
        vm.replace(instance, answer)
        vm.stack[-1] = answer


def _persistent(vm: PickleReader, key: Any) -> None:
    if vm.persistent is None:
        raise UnpicklingError("a persistent id, but this pickle has no storages")
    try:
        vm.push(vm.persistent(key))
    except UnpicklingError:
        raise
    except Exception as error:  # a damaged container, a missing device, a user's map_location: theirs to tell
        raise _Outer(error) from None


_opcode(b"Q", "BINPERSID")(lambda vm: _persistent(vm, vm.pop()))
_opcode(b"P", "PERSID")(lambda vm: _persistent(vm, vm.line().decode("utf-8")))
