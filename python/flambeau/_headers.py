"""Prints what is derived from the operator table: the C++ prototypes in include/flambeau and the type stubs of the package.

python -m flambeau._headers --write     write the files
python -m flambeau._headers --check     1 when a file differs from what would be written
"""

# ruff: noqa: E501  (tables of C++ text)
from __future__ import annotations

import argparse
import inspect
import keyword
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import flambeau
from flambeau import _C

ROOT = Path(__file__).resolve().parent.parent.parent


class Argument(NamedTuple):
    """One argument of a signature: its ATen type without `?` and `[]`, what it holds, and its default as written."""

    kind: str
    name: str
    optional: bool
    listed: bool
    optional_items: bool
    default: str | None
    keyword_only: bool


class Operator(NamedTuple):
    """An operator of the table with its parsed signature."""

    name: str
    base: str
    faces: tuple[str, ...]
    inplace: bool
    out: bool
    pointwise: bool
    arguments: tuple[Argument, ...]
    returns: tuple[str, ...]
    doc: str


_TYPE = re.compile(r"^(\w+)(?:\(\w+!?(?:\s*->\s*\*)?\))?(\?)?(\[\d*\])?(?:\(\w+!?\))?(\?)?$")


def _split(text: str) -> list[str]:
    """At commas that are not inside of brackets or quotes."""
    parts, depth, quoted, current = [], 0, False, ""
    for c in text:
        quoted ^= c == "'"
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0 and not quoted:
            parts.append(current.strip())
            current = ""
        else:
            current += c
    return [*parts, current.strip()] if current.strip() else parts


def _argument(text: str, keyword_only: bool) -> Argument:
    declaration, _, default = text.partition("=")
    kind, name = declaration.strip().rsplit(" ", 1)
    found = _TYPE.match(kind.replace(" ", ""))
    if not found:
        raise ValueError(f"_headers: cannot read the type {kind!r}")
    plain, before, listed, after = found.groups()
    return Argument(
        "int" if plain == "SymInt" else plain, name, bool(after or (before and not listed)), bool(listed), bool(before and listed),
        default.strip() if default else None, keyword_only,
    )  # fmt: skip


def operators() -> list[Operator]:
    """The table, in order of name."""
    found = []
    for op in _C.list_operators():
        text = op["signature"]
        opening = text.index("(")
        depth, end = 0, opening
        for end in range(opening, len(text)):
            depth += (text[end] == "(") - (text[end] == ")")
            if depth == 0:
                break
        arguments, keyword_only = [], False
        for part in _split(text[opening + 1 : end]):
            if part == "*":
                keyword_only = True
            else:
                arguments.append(_argument(part, keyword_only))
        result = text[text.index("->", end) + 2 :].strip()
        parts = _split(result[1:-1]) if result.startswith("(") else [result]
        returns = tuple(re.sub(r"\(\w+!?\)", "", p.split(" ")[0]) for p in parts)
        found.append(
            Operator(
                op["name"],
                op["base"],
                tuple(op["faces"]),
                op["inplace"],
                op["out"],
                op["kind"] == "pointwise",
                tuple(arguments),
                returns,
                op["doc"],
            )
        )
    return found


# --- C++ --------------------------------------------------------------------------------------------------------------
_CPP_WORDS = frozenset(
    [
        "and",
        "and_eq",
        "asm",
        "auto",
        "bitand",
        "bitor",
        "bool",
        "break",
        "case",
        "catch",
        "char",
        "class",
        "compl",
        "const",
        "continue",
        "default",
        "delete",
        "do",
        "double",
        "else",
        "enum",
        "explicit",
        "export",
        "extern",
        "false",
        "float",
        "for",
        "friend",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "mutable",
        "namespace",
        "new",
        "noexcept",
        "not",
        "not_eq",
        "nullptr",
        "operator",
        "or",
        "or_eq",
        "private",
        "protected",
        "public",
        "register",
        "requires",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "template",
        "this",
        "throw",
        "true",
        "try",
        "typedef",
        "typename",
        "union",
        "unsigned",
        "using",
        "virtual",
        "void",
        "volatile",
        "while",
        "xor",
        "xor_eq",
    ]
)
_CPP_OF_CLASS = frozenset(
    [
        "dim",
        "numel",
        "sizes",
        "strides",
        "size",
        "dtype",
        "device",
        "is_contiguous",
        "requires_grad",
        "defined",
        "handle",
        "share",
        "own",
        "data_ptr",
        "bump_version",
    ]
)
_CPP = {
    "Tensor": "const Tensor&", "Scalar": "const Scalar&", "int": "int64_t", "float": "double", "bool": "bool", "str": "std::string",
    "ScalarType": "DType", "Device": "Device", "MemoryFormat": "MemoryFormat",
}  # fmt: skip
_CPP_LISTS = {"Tensor": "const std::vector<Tensor>&", "int": "const IntList&", "float": "const std::vector<double>&"}
_CPP_RESULTS = {"Tensor": "Tensor", "Tensor[]": "std::vector<Tensor>", "Scalar": "Scalar", "bool": "bool", "int": "int64_t", "SymInt": "int64_t",
                "float": "double", "ScalarType": "DType"}  # fmt: skip
_CPP_DEFAULTS = {"True": "true", "False": "false", "[]": "{}", "contiguous_format": "MemoryFormat::contiguous", "preserve_format": "MemoryFormat::preserve",
                 "long": "DType::int64", "float": "DType::float32", "inf": "HUGE_VAL"}  # fmt: skip


def _cpp_argument(a: Argument) -> tuple[str, str | None] | None:
    """The parameter's declaration and its default; None when C++ has no form of it (generators, layouts, names)."""
    kind = (_CPP_LISTS if a.listed else _CPP).get(a.kind)
    if kind is None or a.optional_items:
        return None
    name = a.name + "_" if a.name in _CPP_WORDS else a.name
    default = a.default
    if a.optional and not (a.kind == "Tensor" and not a.listed):
        plain = kind.removeprefix("const ").removesuffix("&")
        kind, default = f"const std::optional<{plain}>&", "std::nullopt" if default == "None" else default
    elif default == "None":
        default = "Tensor()" if a.kind == "Tensor" and not a.listed else "{}"
    if default is not None:
        default = _CPP_DEFAULTS.get(default, default)
        if a.kind == "ScalarType" and default == "4":  # the schemas' number for int64
            default = "DType::int64"
        if default.startswith("'"):
            default = '"' + default.strip("'") + '"'
        elif default.startswith("["):
            default = "{" + default[1:-1] + "}"
        elif a.kind == "int" and a.listed and re.fullmatch(r"-?\d+", default):
            default = "{" + default + "}"
    return f"{kind} {name}", default


class _Cpp(NamedTuple):
    name: str
    result: str
    parameters: tuple[tuple[str, str | None], ...]
    values: tuple[str, ...]
    operator: str
    several: bool
    has_self: bool


def _cpp(op: Operator) -> _Cpp | None:
    """The C++ form of an operator; arguments that C++ cannot give take their defaults, which must then be all that follow."""
    if op.name.startswith("__") or op.base in ("cpu",):
        return None
    results = [_CPP_RESULTS.get(r) for r in op.returns]
    if any(r is None for r in results) or not results:
        return None
    parameters: list[tuple[str, str | None]] = []
    values: list[str | None] = []
    for a in op.arguments:
        made = _cpp_argument(a)
        if made is None:
            if a.default is None:
                return None
            values.append("Argument()" if a.default == "None" else None)
            continue
        parameters.append(made)
        values.append(made[0].rsplit(" ", 1)[1])
    while values and values[-1] in (None, "Argument()"):
        values.pop()
    given = tuple(v for v in values if v is not None)
    if len(given) < len(values):
        return None
    needed = max((i for i, p in enumerate(parameters) if p[1] is None), default=-1)
    parameters = [(p, None if i < needed else d) for i, (p, d) in enumerate(parameters)]
    result = str(results[0]) if len(results) == 1 else "std::tuple<" + ", ".join(map(str, results)) + ">"
    return _Cpp(
        op.base,
        result,
        tuple(parameters),
        given,
        op.name,
        len(results) > 1,
        bool(op.arguments and op.arguments[0].name == "self"),
    )


def _cpp_body(f: _Cpp, values: tuple[str, ...], form: int) -> str:
    given = ", ".join(values)
    head = f'static const Operator op("{f.operator}"); '
    if not f.several:
        return head + f"return op({{{given}}}{', 1' if form else ''});"
    count = f.result.count(",") + 1
    return head + f"auto all = op.all({{{given}}}); return {{{', '.join(f'all[{i}]' for i in range(count))}}};"


def _cpp_functions() -> list[tuple[_Cpp, Operator]]:
    found: list[tuple[_Cpp, Operator]] = []
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for op in operators():
        f = _cpp(op)
        if f is None:
            continue
        # Overloads that C++ could not tell apart: the first stands.
        key = (f.name, tuple(p.rsplit(" ", 1)[0] for p, d in f.parameters if d is None))
        if key in seen:
            continue
        seen.add(key)
        found.append((f, op))
    return found


def _declared(f: _Cpp) -> str:
    return ", ".join(p + (f" = {d}" if d is not None else "") for p, d in f.parameters)


def _name(name: str) -> str:
    return name + "_" if name in _CPP_WORDS else name


_PARTS = {
    "a": "_abcd",
    "e": "efghijkl",
    "m": "mnopqr",
    "s": "stuvwxyz",
}  # files by the first letter of the names in them
_PRINTED = "printed from the operator table by `./dev headers`, not to be edited.\n// clang-format off"


def ops_header() -> str:
    """include/flambeau/ops.h: includes its parts."""
    includes = [f'#include "flambeau/ops_{part}.h"' for part in _PARTS]
    return "\n".join(
        [f"// The operators as C++ functions and methods of Tensor; {_PRINTED}", "// Include extension.h.", "#pragma once", "", "#include <cmath>", "",
         *includes, '#include "flambeau/tensor_methods_inline.h"', ""]
    )  # fmt: skip


def ops_part(part: str) -> str:
    """include/flambeau/ops_<part>.h: operators as inline functions."""
    lines = [
        f"// Operators whose names begin with {', '.join(_PARTS[part])}; {_PRINTED}",
        "#pragma once",
        "",
        "namespace flambeau {",
        "",
    ]
    for f, op in _cpp_functions():
        if f.name[0].lower() not in _PARTS[part]:
            continue
        lines.append(f"inline {f.result} {_name(f.name)}({_declared(f)}) {{ {_cpp_body(f, f.values, 0)} }}")
        if op.inplace and f.result == "Tensor":
            lines.append(f"inline {f.result} {f.name}_({_declared(f)}) {{ {_cpp_body(f, f.values, 1)} }}")
    return "\n".join([*lines, "", "}  // namespace flambeau", ""])


def methods_inline() -> str:
    """include/flambeau/tensor_methods_inline.h: the bodies of Tensor's methods."""
    lines = [f"// The bodies of Tensor's methods; {_PRINTED}", "#pragma once", "", "namespace flambeau {", ""]
    for f, op in _methods():
        parameters = ", ".join(p for p, _ in f.parameters[1:])
        values = ("*this", *f.values[1:])
        lines.append(f"inline {f.result} Tensor::{_name(f.name)}({parameters}) const {{ {_cpp_body(f, values, 0)} }}")
        if op.inplace and f.result == "Tensor":
            lines.append(f"inline {f.result} Tensor::{f.name}_({parameters}) const {{ {_cpp_body(f, values, 1)} }}")
    return "\n".join([*lines, "", "}  // namespace flambeau", ""])


def _methods() -> list[tuple[_Cpp, Operator]]:
    return [
        (f, op) for f, op in _cpp_functions()
        if "method" in op.faces and f.has_self and f.parameters and f.parameters[0][0] == "const Tensor& self" and f.name not in _CPP_OF_CLASS
    ]  # fmt: skip


def methods_header() -> str:
    """include/flambeau/tensor_methods.h: declarations inside of class Tensor."""
    lines = [f"// Methods of Tensor, included inside of the class; {_PRINTED}"]
    for f, op in _methods():
        parameters = ", ".join(p + (f" = {d}" if d is not None else "") for p, d in f.parameters[1:])
        lines.append(f"  {f.result} {_name(f.name)}({parameters}) const;")
        if op.inplace and f.result == "Tensor":
            lines.append(f"  {f.result} {f.name}_({parameters}) const;")
    return "\n".join([*lines, ""])


# --- Python stubs -----------------------------------------------------------------------------------------------------
_PY = {
    "Tensor": "Tensor", "Scalar": "Number", "int": "_int", "float": "_float", "bool": "_bool", "str": "str", "ScalarType": "_dtype", "Layout": "_layout",
    "Device": "DeviceLike", "MemoryFormat": "_memory_format", "Generator": "Generator", "Stream": "Any", "Storage": "Any", "Dimname": "str",
}  # fmt: skip
_PY_RESULTS = {"Tensor": "Tensor", "Tensor[]": "tuple[Tensor, ...]", "Scalar": "Number", "bool": "_bool", "int": "_int", "SymInt": "_int", "float": "_float",
               "ScalarType": "_dtype"}  # fmt: skip


def _py_argument(a: Argument, number_too: bool) -> str:
    kind = _PY.get(a.kind, "Any")
    if a.listed:
        kind = f"Sequence[{kind} | None]" if a.optional_items else f"Sequence[{kind}]"
        if a.kind in ("int", "float", "bool"):
            kind = f"{_PY[a.kind]} | {kind}"
    elif a.kind == "Tensor" and number_too:
        kind = "Tensor | Number"
    if a.optional or a.default == "None":
        kind += " | None"
    default = a.default
    if default is None:
        return f"{a.name}: {kind}"
    if (
        default in ("contiguous_format", "preserve_format", "long", "strided")
        or a.listed
        or a.kind in ("ScalarType", "MemoryFormat")
    ):
        default = "..."
    return f"{a.name}: {kind} = {default}"


def _py(op: Operator, name: str, method: bool, form: str) -> str:
    arguments = [a for a in op.arguments if not (method and a.name == "self")]
    parts, star, optional_seen = (["self"] if method else []), False, False
    for a in arguments:
        if a.keyword_only and not star:
            star = True
            parts.append("*")
        text = _py_argument(a, op.pointwise)
        if a.name == "self":
            text = text.replace("self:", "input:")
        elif keyword.iskeyword(a.name):
            text = text.replace(f"{a.name}:", f"{a.name}_:")
        if a.default is not None and not star:
            optional_seen = True
        elif optional_seen and not star:
            text += " = ..."
        parts.append(text)
    if form == "out" and op.out:
        if not star:
            parts.append("*")
        parts.append("out: Tensor | None = None" if len(op.returns) == 1 else "out: tuple[Tensor, ...] | None = None")
        star = True
    if any(a.name == "pin_memory" for a in arguments) and form != "inplace":
        if not star:
            parts.append("*")
        parts.append("requires_grad: _bool = False")
    results = [_PY_RESULTS.get(r, "Any") for r in op.returns]
    result = "None" if not results else results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
    if form == "inplace":
        result = "Tensor"
    return f"def {name}({', '.join(parts)}) -> {result}: ..."


def _stubs(entries: dict[str, list[str]], indent: str) -> list[str]:
    lines = []
    for name in sorted(entries):
        overloads = list(dict.fromkeys(entries[name]))
        for text in overloads:
            if len(overloads) > 1:
                lines.append(f"{indent}@overload")
            lines.append(indent + text)
    return lines


_PREAMBLE = """# Printed from the operator table by `./dev headers`, not to be edited.
import builtins
from collections.abc import Callable, Sequence
from typing import Any, overload
"""


def _usable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def core_stub() -> str:
    """python/flambeau/_C.pyi: the compiled core: Tensor with all methods, dtypes and the small types."""
    entries: dict[str, list[str]] = {}
    for op in operators():
        if "method" not in op.faces or not any(a.name == "self" for a in op.arguments):
            continue
        if not op.base.startswith("__") and _usable(op.base):
            entries.setdefault(op.base, []).append(_py(op, op.base, True, "functional"))
            if op.inplace and not op.base.endswith("_"):
                entries.setdefault(op.base + "_", []).append(_py(op, op.base + "_", True, "inplace"))
    lines = [
        _PREAMBLE,
        "_bool = builtins.bool",
        "_int = builtins.int",
        "_float = builtins.float",
        "Number = builtins.int | builtins.float | builtins.bool | builtins.complex",
        "",
    ]
    for kind in ("dtype", "layout", "memory_format", "device", "Size", "Generator", "Node", "UntypedStorage"):
        base = "(tuple[_int, ...])" if kind == "Size" else ""
        lines.append(f"class {kind}{base}:")
        members = [n for n in sorted(vars(getattr(_C, kind))) if not n.startswith("_")]
        if kind == "device":
            lines.append(
                "    def __init__(self, type: str | _int | device = ..., index: _int | None = None) -> None: ..."
            )
        lines += [f"    {n}: Any" for n in members] or ["    ..."]
    lines += ["_dtype = dtype", "_layout = layout", "_memory_format = memory_format", "_device = device"]
    lines += ["DeviceLike = device | str | builtins.int", ""]
    lines.append("class Tensor:")
    described = sorted(
        n
        for n, v in vars(_C.Tensor).items()
        if (inspect.isgetsetdescriptor(v) or isinstance(v, property)) and not n.startswith("_")
    )
    known = {"shape": "Size", "dtype": "_dtype", "device": "_device", "layout": "_layout", "ndim": "_int", "requires_grad": "_bool", "grad": "Tensor | None",
             "is_leaf": "_bool", "itemsize": "_int", "nbytes": "_int", "grad_fn": "Node | None", "data": "Tensor", "T": "Tensor", "H": "Tensor",
             "mT": "Tensor", "mH": "Tensor", "real": "Tensor", "imag": "Tensor"}  # fmt: skip
    lines += [f"    {n}: {known.get(n, 'Any')}" for n in described]
    binary = [
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "matmul",
        "and",
        "or",
        "xor",
        "lshift",
        "rshift",
    ]
    lines += ["    def __init__(self, *args: Any, **kwargs: Any) -> None: ..."]
    lines += [f"    def __{r}{n}__(self, other: Any) -> Tensor: ..." for n in binary for r in ("", "r", "i")]
    lines += [f"    def __{n}__(self, other: Any) -> Tensor: ..." for n in ("lt", "le", "gt", "ge")]
    lines += [f"    def __{n}__(self, other: Any) -> Tensor: ...  # type: ignore[override]" for n in ("eq", "ne")]
    lines += [f"    def __{n}__(self) -> Tensor: ..." for n in ("neg", "pos", "abs", "invert")]
    lines += ["    def __getitem__(self, index: Any) -> Tensor: ...", "    def __setitem__(self, index: Any, value: Any) -> None: ...",
              "    def __len__(self) -> _int: ...", "    def __bool__(self) -> _bool: ...", "    def __float__(self) -> _float: ...",
              "    def __int__(self) -> _int: ...", "    def __index__(self) -> _int: ...", "    def __hash__(self) -> _int: ...",
              "    def __iter__(self) -> Any: ...", "    def __getattr__(self, name: str) -> Any: ...",
              "    def __setattr__(self, name: str, value: Any) -> None: ..."]  # fmt: skip
    lines += _stubs(entries, "    ")
    others = sorted(
        n for n in dir(_C.Tensor)
        if not n.startswith("_") and n not in entries and n not in described and callable(getattr(_C.Tensor, n, None))
    )  # fmt: skip
    lines += [f"    def {n}(self, *args: Any, **kwargs: Any) -> Any: ..." for n in others if _usable(n)]
    lines.append("")
    classes = {"Tensor", "dtype", "layout", "memory_format", "device", "Size", "Generator", "Node", "UntypedStorage"}
    for name in sorted(n for n in vars(_C) if not n.startswith("__")):
        value = getattr(_C, name)
        if name in classes or not _usable(name):
            continue
        lines.append(f"{name}: {_kind_of(value)}")
    return "\n".join([*lines, ""])


def _kind_of(value: Any) -> str:
    for kind in ("dtype", "layout", "memory_format", "Generator"):
        if isinstance(value, getattr(_C, kind)):
            return kind
    if isinstance(value, type):
        return "Any" if not issubclass(value, BaseException) else "builtins.type[Exception]"
    return "Callable[..., Any]" if callable(value) else "Any"


def package_stub() -> str:
    """python/flambeau/__init__.pyi: functions over tensors, and the names the package gives beside them."""
    entries: dict[str, list[str]] = {}
    for op in operators():
        if "torch" not in op.faces or op.base.startswith("__") or not _usable(op.base) or op.base in _from_python():
            continue
        entries.setdefault(op.base, []).append(_py(op, op.base, False, "out"))
        if op.inplace and not op.base.endswith("_"):
            entries.setdefault(op.base + "_", []).append(_py(op, op.base + "_", False, "inplace"))
    lines = [_PREAMBLE]
    rooms = sorted(
        r
        for r in flambeau._ROOMS
        if (Path(__file__).parent / r).is_dir() or (Path(__file__).parent / f"{r}.py").exists()
    )
    lines.append("from flambeau import " + ", ".join(f"{r} as {r}" for r in rooms))
    types = (
        "Tensor",
        "dtype",
        "layout",
        "memory_format",
        "device",
        "Size",
        "Generator",
        "Node",
        "UntypedStorage",
        "DeviceLike",
        "Number",
        "_bool",
        "_int",
        "_float",
        "_dtype",
        "_layout",
        "_memory_format",
        "_device",
    )
    lines.append("from flambeau._C import " + ", ".join(f"{t} as {t}" for t in types))
    lines.append("from flambeau._functions import *")
    modes = ("enable_grad", "inference_mode", "no_grad", "set_grad_enabled")
    lines.append("from flambeau.autograd.grad_mode import " + ", ".join(f"{m} as {m}" for m in modes))
    given = {*types, *rooms, *modes, *_from_python(), *entries}
    for name, module in sorted(flambeau._LAZY.items()):
        if (
            name not in given
            and (Path(__file__).parent / (module.replace(".", "/") + ".py")).exists()
            | (Path(__file__).parent / module).is_dir()
        ):
            lines.append(f"from flambeau.{module} import {name} as {name}" if _static(module, name) else f"{name}: Any")
            given.add(name)
    lines += ["", "__version__: str", "_C: Any"]
    for name in sorted(vars(flambeau)):
        if name.startswith("_") or name in given or not _usable(name):
            continue
        value = vars(flambeau)[name]
        if inspect.ismodule(value):
            continue
        lines.append(f"{name}: {'_float' if isinstance(value, float) else _kind_of(value)}")
    lines += ["def __getattr__(name: str) -> Any: ...", ""]
    return "\n".join([*lines, *_stubs(entries, ""), ""])


def _from_python() -> frozenset[str]:
    from flambeau import _functions

    return frozenset(_functions.__all__)


def _static(module: str, name: str) -> bool:
    """Whether a module defines a name in its text (rather than when asked)."""
    base = Path(__file__).parent / module.replace(".", "/")
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    return bool(re.search(rf"^(def|class) {name}\b|^{name}\b.*=|\bimport .*\b{name}\b", path.read_text(), re.M))


def printed() -> dict[Path, str]:
    """Every printed file with its text."""
    package, include = ROOT / "python" / "flambeau", ROOT / "include" / "flambeau"
    return {
        include / "ops.h": ops_header(),
        **{include / f"ops_{part}.h": ops_part(part) for part in _PARTS},
        include / "tensor_methods.h": methods_header(),
        include / "tensor_methods_inline.h": methods_inline(),
        package / "_C.pyi": core_stub(),
        package / "__init__.pyi": package_stub(),
    }


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m flambeau._headers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    status = 0
    for path, text in printed().items():
        before = path.read_text() if path.exists() else None
        if before == text:
            continue
        if options.write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)} ({text.count(chr(10))} lines)")
        else:
            print(f"{path.relative_to(ROOT)} is not what the operator table gives; ./dev headers writes it")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
