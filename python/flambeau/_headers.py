"""Prints what is derived from the operator table: the C++ prototypes in include/flambeau and the type stubs of the package.

python -m flambeau._headers --write     write the files
python -m flambeau._headers --check     1 when a file differs from what would be written

Here are the table as the printers read it, the C++ side and the command; the stubs are in _stubs.py.
"""

# ruff: noqa: E501  (tables of C++ text)
from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import NamedTuple

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
    result_names: tuple[str, ...]
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
        result_names = tuple(p.split(" ")[1] for p in parts if " " in p)
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
                result_names if len(result_names) == len(returns) > 1 else (),
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


def printed() -> dict[Path, str]:
    """Every printed file with its text."""
    from flambeau import _stubs  # which needs the classes above

    package, include = ROOT / "python" / "flambeau", ROOT / "include" / "flambeau"
    return {
        include / "ops.h": ops_header(),
        **{include / f"ops_{part}.h": ops_part(part) for part in _PARTS},
        include / "tensor_methods.h": methods_header(),
        include / "tensor_methods_inline.h": methods_inline(),
        **{package / name: text for name, text in _stubs.printed(operators()).items()},
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
