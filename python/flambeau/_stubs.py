"""Prints the type stubs of the package: the compiled core, the package itself, and the modules filled from the operator
table (linalg, fft, special, nn.functional). `./dev headers` writes them.

What an operator takes and gives comes from its signature; what the core's own classes have stands in `_MEMBERS`, as
facts about C++ code that cannot be asked.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import keyword
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flambeau
from flambeau import _C

if TYPE_CHECKING:
    from flambeau._headers import Argument, Operator

PACKAGE = Path(__file__).resolve().parent

_ARGUMENTS = {
    "Tensor": "Tensor", "Scalar": "Number | _complex", "int": "_int", "float": "_float", "bool": "_bool",
    "str": "str", "ScalarType": "_dtype", "Layout": "_layout", "Device": "DeviceLike", "MemoryFormat": "_memory_format",
    "Generator": "Generator", "Stream": "Any", "Storage": "UntypedStorage", "Dimname": "str",
}  # fmt: skip
_RESULTS = {
    "Tensor": "Tensor", "Tensor[]": "tuple[Tensor, ...]", "Scalar": "Number", "bool": "_bool", "int": "_int",
    "SymInt": "_int", "float": "_float", "ScalarType": "_dtype",
}  # fmt: skip

_TYPES = ("dtype", "layout", "memory_format", "device", "Size", "Generator", "Node", "UntypedStorage")

# Members of the classes that are written in C++. What is missing here is printed as Any.
_MEMBERS: dict[str, dict[str, str]] = {
    "dtype": {
        "is_complex": "is_complex: _bool",
        "is_floating_point": "is_floating_point: _bool",
        "is_signed": "is_signed: _bool",
        "itemsize": "itemsize: _int",
        "to_complex": "def to_complex(self) -> dtype: ...",
        "to_real": "def to_real(self) -> dtype: ...",
    },
    "device": {"type": "type: str", "index": "index: _int | None"},
    "Size": {"numel": "def numel(self) -> _int: ..."},
    "Generator": {
        "device": "device: _device",
        "manual_seed": "def manual_seed(self, seed: _int) -> Generator: ...",
        "seed": "def seed(self) -> _int: ...",
        "initial_seed": "def initial_seed(self) -> _int: ...",
        "get_state": "def get_state(self) -> Tensor: ...",
        "set_state": "def set_state(self, new_state: Tensor) -> Generator: ...",
    },
    "Node": {
        "name": "def name(self) -> str: ...",
        "metadata": "metadata: dict[str, Any]",
        "next_functions": "next_functions: tuple[tuple[Node | None, _int], ...]",
        "register_hook": "def register_hook(self, fn: Callable[..., Any]) -> Any: ...",
        "register_prehook": "def register_prehook(self, fn: Callable[..., Any]) -> Any: ...",
    },
    "UntypedStorage": {
        "device": "device: _device",
        "is_cuda": "is_cuda: _bool",
        **{
            name: f"def {name}(self) -> {result}: ..."
            for name, result in {
                "data_ptr": "_int", "element_size": "_int", "nbytes": "_int", "size": "_int", "resizable": "_bool",
                "is_pinned": "_bool", "is_shared": "_bool", "clone": "UntypedStorage", "tolist": "list[_int]",
            }.items()
        },
    },
    "Tensor": {
        **dict.fromkeys(("shape",), "Size"),
        **dict.fromkeys(("T", "H", "mT", "mH", "real", "imag", "data"), "Tensor"),
        **dict.fromkeys(("grad", "_base", "_grad"), "Tensor | None"),
        **dict.fromkeys(("ndim", "itemsize", "nbytes", "output_nr", "_version"), "_int"),
        **dict.fromkeys(
            ("requires_grad", "is_leaf", "retains_grad", "is_cpu", "is_cuda", "is_meta", "is_mkldnn", "is_mps",
             "is_nested", "is_quantized", "is_sparse", "is_sparse_csr", "is_vulkan", "is_xpu"), "_bool"
        ),
        "dtype": "_dtype", "device": "_device", "layout": "_layout", "grad_fn": "Node | None", "name": "str | None",
    },
}  # fmt: skip
_CONSTRUCTORS = {
    "device": "def __init__(self, type: str | _int | device = ..., index: _int | None = None) -> None: ...",
    "Size": "def __new__(cls, iterable: Iterable[_int] = ..., /) -> Size: ...",
    "Generator": "def __init__(self, device: DeviceLike | None = None) -> None: ...",
    "UntypedStorage": "def __init__(self, *args: Any, **kwargs: Any) -> None: ...",
}
_PREDICATES = ["is_complex", "is_conj", "is_floating_point", "is_inference", "is_neg", "is_signed"]
_TENSOR_METHODS: dict[str, list[str]] = {
    "size": ["def size(self, dim: None = None) -> Size: ...", "def size(self, dim: _int) -> _int: ..."],
    "stride": [
        "def stride(self, dim: None = None) -> tuple[_int, ...]: ...",
        "def stride(self, dim: _int) -> _int: ...",
    ],
    **{
        name: [f"def {name}(self) -> _int: ..."]
        for name in ("dim", "ndimension", "numel", "nelement", "element_size", "storage_offset", "data_ptr")
    },
    **{name: [f"def {name}(self) -> _bool: ..."] for name in _PREDICATES},
    "is_contiguous": ["def is_contiguous(self, memory_format: _memory_format = ...) -> _bool: ..."],
    "tolist": ["def tolist(self) -> Any: ..."],
    "numpy": ["def numpy(self, *, force: _bool = False) -> Any: ..."],
    "backward": [
        "def backward(self, gradient: Tensor | None = None, retain_graph: _bool | None = None, "
        "create_graph: _bool = False, inputs: Tensor | Sequence[Tensor] | None = None) -> None: ..."
    ],
    "requires_grad_": ["def requires_grad_(self, requires_grad: _bool = True) -> Self: ..."],
    "new_tensor": [
        "def new_tensor(self, data: Any, *, dtype: _dtype | None = None, device: DeviceLike | None = None, "
        "requires_grad: _bool = False) -> Tensor: ..."
    ],
    "untyped_storage": ["def untyped_storage(self) -> UntypedStorage: ..."],
    "_make_subclass": ["@staticmethod", "def _make_subclass(*args: Any, **kwargs: Any) -> Any: ..."],
    "_is_view": ["def _is_view(self) -> _bool: ..."],
    "__torch_function__": [
        "@classmethod",
        "def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any: ...",
    ],
    "__iter__": ["def __iter__(self) -> Iterator[Tensor]: ..."],
    "__reversed__": ["def __reversed__(self) -> Tensor: ..."],
    "__getitem__": ["def __getitem__(self, index: Any) -> Tensor: ..."],
    "__setitem__": ["def __setitem__(self, index: Any, value: Any) -> None: ..."],
    "__array__": ["def __array__(self, dtype: Any = None) -> Any: ..."],
    "__dlpack__": ["def __dlpack__(self, **kwargs: Any) -> Any: ..."],
    "__dlpack_device__": ["def __dlpack_device__(self) -> tuple[Any, _int]: ..."],
    "__contains__": ["def __contains__(self, element: Any) -> _bool: ..."],
    **{
        f"__{name}__": [f"def __{name}__(self) -> {result}: ..."]
        for name, result in {
            "len": "_int", "bool": "_bool", "float": "_float", "int": "_int", "index": "_int", "hash": "_int",
            "complex": "_complex", "neg": "Tensor", "pos": "Tensor", "abs": "Tensor", "invert": "Tensor",
        }.items()
    },
    **{
        f"__{r}{name}__": [f"def __{r}{name}__(self, other: Any) -> {'Self' if r == 'i' else 'Tensor'}: ..."]
        for name in (
            "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift",
        )
        for r in ("", "r", "i")
    },
    **{f"__{name}__": [f"def __{name}__(self, other: Any) -> Tensor: ..."] for name in ("lt", "le", "gt", "ge")},
    **{
        f"__{name}__": [f"def __{name}__(self, other: Any) -> Tensor: ...  # type: ignore[override]"]
        for name in ("eq", "ne")
    },
}  # fmt: skip

_PREAMBLE = """# Printed from the operator table by `./dev headers`, not to be edited.
import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Self, overload
"""


# --- one operator ---------------------------------------------------------------------------------------------------
def _argument(a: Argument, number_too: bool) -> tuple[str, str | None]:
    """Annotation and default of an argument."""
    kind = _ARGUMENTS.get(a.kind, "Any")
    if a.listed:
        kind = f"Sequence[{kind} | None]" if a.optional_items else f"Sequence[{kind}]"
        if a.kind in ("int", "float", "bool"):
            kind = f"{_ARGUMENTS[a.kind]} | {kind}"
    elif a.kind == "Tensor" and number_too:
        kind = "Tensor | Number | _complex"
    if a.optional or a.default == "None":
        kind += " | None"
    default = a.default
    if default is not None and (
        default in ("contiguous_format", "preserve_format", "long", "strided")
        or a.listed
        or a.kind in ("ScalarType", "MemoryFormat")
    ):
        default = "..."
    return kind, default


def _result(op: Operator, form: str) -> str:
    if form == "inplace":
        return "Tensor"
    results = [_RESULTS.get(r, "Any") for r in op.returns]
    if (
        op.result_names
        and all(r == "Tensor" for r in results)
        and all(_usable(n) and n[0] != "_" for n in op.result_names)
    ):
        return _named(op)
    return "None" if not results else results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"


def _named(op: Operator) -> str:
    return f"_{op.base}_{'_'.join(op.result_names)}"


def _forms(op: Operator, name: str, method: bool, form: str) -> list[str]:
    """The operator's signature as Python has it; a list of integers in front may be given one by one too."""
    arguments = [a for a in op.arguments if not (method and a.name == "self")]
    texts = [_signature(op, arguments, name, method, form, None)]
    has_self = any(a.name == "self" for a in op.arguments)
    first = arguments[0] if arguments else None
    if first and first.listed and first.kind == "int" and not first.keyword_only and (method or not has_self):
        texts.append(_signature(op, arguments, name, method, form, first))
    return texts


def _signature(
    op: Operator, arguments: list[Argument], name: str, method: bool, form: str, spread: Argument | None
) -> str:
    parts, star, optional_seen = (["self"] if method else []), False, False
    for a in arguments:
        shown = "input" if a.name == "self" else a.name + "_" if keyword.iskeyword(a.name) else a.name
        kind, default = _argument(a, op.pointwise)
        if a is spread:
            star = True
            parts.append(f"*{shown}: _int")
            continue
        if a.keyword_only and not star:
            star = True
            parts.append("*")
        if default is None and optional_seen and not star:
            default = "..."
        optional_seen |= default is not None and not star
        parts.append(f"{shown}: {kind}" + (f" = {default}" if default is not None else ""))
    extra = []
    if form == "out" and op.out:
        extra.append("out: Tensor | None = None" if len(op.returns) == 1 else "out: tuple[Tensor, ...] | None = None")
    if any(a.name == "pin_memory" for a in arguments) and form != "inplace":
        extra.append("requires_grad: _bool = False")
    if extra and not star:
        parts.append("*")
    return f"def {name}({', '.join([*parts, *extra])}) -> {_result(op, form)}: ..."


def _stubs(entries: dict[str, list[str]], indent: str) -> list[str]:
    lines = []
    for name in sorted(entries):
        overloads = list(dict.fromkeys(entries[name]))
        for text in overloads:
            if len(overloads) > 1 and not overloads[0].startswith("@"):
                lines.append(f"{indent}@overload")
            lines.append(indent + text)
    return lines


def _usable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _has_inplace(op: Operator) -> bool:
    return op.inplace and not op.base.endswith("_")


def _functions(operators: list[Operator], face: str, prefix: str = "") -> dict[str, list[str]]:
    """The stubs of a face's functions by their Python names."""
    entries: dict[str, list[str]] = {}
    for op in operators:
        name = op.base.removeprefix(prefix)
        if face not in op.faces or name.startswith("__") or not _usable(name):
            continue
        entries.setdefault(name, []).extend(_forms(op, name, False, "out"))
        if _has_inplace(op) and face in ("torch", "functional"):
            entries.setdefault(name + "_", []).extend(_forms(op, name + "_", False, "inplace"))
    return entries


# --- Python functions -------------------------------------------------------------------------------------------------
_KNOWN_WORDS = {"Any", "Tensor", "None", "str", "object", "Callable", "Sequence", "Iterator", "Iterable", "tuple",
                "list", "dict", "_int", "_float", "_bool", "_complex", "_dtype"}  # fmt: skip
_WORDS = {"int": "_int", "float": "_float", "bool": "_bool", "complex": "_complex", "dtype": "_dtype"}


def _annotation(text: Any) -> str:
    """An annotation of the source as the stub can have it; Any where it uses other names."""
    if text is inspect.Parameter.empty:
        return "Any"
    shown = re.sub(r"\w+", lambda m: _WORDS.get(m[0], m[0]), re.sub(r"\b(flambeau|_C)\.", "", str(text)))
    return shown if set(re.findall(r"\w+", shown)) <= _KNOWN_WORDS else "Any"


def _python_function(name: str, function: Any, method: bool) -> str:
    """The stub of a function that is written in Python, from its annotations."""
    parts: list[str] = []
    star = False
    for i, p in enumerate(inspect.signature(function).parameters.values()):
        if method and i == 0:
            parts.append("self")
            continue
        if p.kind is p.KEYWORD_ONLY and not star:
            parts.append("*")
        star |= p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)
        sign = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
        default = "" if p.default is p.empty else " = ..."
        parts.append(f"{sign}{p.name}: {_annotation(p.annotation)}{default}")
    returns = _annotation(inspect.signature(function).return_annotation)
    return f"def {name}({', '.join(parts)}) -> {returns}: ..."


def _kind_of(value: Any) -> str:
    for kind in ("dtype", "layout", "memory_format", "Generator"):
        if isinstance(value, getattr(_C, kind)):
            return kind
    if isinstance(value, type):
        return "Any"
    return "Callable[..., Any]" if callable(value) else "Any"


# --- the files --------------------------------------------------------------------------------------------------------
_WRITTEN_OUT = (
    "_settings",
    "functional.checks",
    "functional.linalg",
    "functional.numeric",
    "functional.reshape",
    "functional.distinct",
)  # modules written in Python
_MIDDLE = "m"  # where the operators' names are cut into two files


def _operator_methods(operators: list[Operator]) -> dict[str, list[str]]:
    entries: dict[str, list[str]] = {}
    for op in operators:
        if "method" not in op.faces or not any(a.name == "self" for a in op.arguments):
            continue
        if not op.base.startswith("__") and _usable(op.base):
            entries.setdefault(op.base, []).extend(_forms(op, op.base, True, "functional"))
            if _has_inplace(op):
                entries.setdefault(op.base + "_", []).extend(_forms(op, op.base + "_", True, "inplace"))
    return entries


def _tensor_members(operators: list[Operator]) -> Iterable[str]:
    methods = _operator_methods(operators)
    elsewhere = {n for n in methods if n < _MIDDLE}
    entries = {n: t for n, t in methods.items() if n not in elsewhere}
    own = vars(_C.Tensor)
    described = [n for n, v in own.items() if inspect.isgetsetdescriptor(v) or isinstance(v, property)]
    for name in sorted(n for n in described if not n.startswith("__")):
        yield f"    {name}: {_MEMBERS['Tensor'].get(name, 'Any')}"
    yield "    def __init__(self, *args: Any, **kwargs: Any) -> None: ..."
    for name in sorted(own):
        if name in methods or name in described or not _usable(name):
            continue
        if name in _TENSOR_METHODS:
            entries[name] = _TENSOR_METHODS[name]
        elif inspect.isfunction(own[name]):
            if name.startswith("__") and hasattr(object, name):
                continue
            entries[name] = [_python_function(name, own[name], True)]
        elif callable(own[name]) and not name.startswith("__"):
            entries[name] = [f"def {name}(self, *args: Any, **kwargs: Any) -> Any: ..."]
    for name in [
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "len",
        "bool",
        "float",
        "int",
        "index",
        "hash",
        "neg",
        "pos",
        "abs",
        "invert",
        "getitem",
        "setitem",
    ]:
        entries.setdefault(f"__{name}__", _TENSOR_METHODS[f"__{name}__"])
    yield from _stubs(entries, "    ")


def _named_results(operators: list[Operator], face: str | None = None) -> dict[str, Operator]:
    """The operators with named results by the names of their result types; of one face, or all."""
    return {_named(op): op for op in operators if face in (None, *op.faces) and _result(op, "functional") == _named(op)}


def _result_imports(operators: list[Operator], face: str | None = None) -> str:
    names = sorted(_named_results(operators, face))
    return "from flambeau._results import " + ", ".join(f"{t} as {t}" for t in names) if names else ""


def results_stub(operators: list[Operator]) -> str:
    """python/flambeau/_results.pyi: the named tuples that operators give."""
    lines = [
        "# Printed from the operator table by `./dev headers`, not to be edited.",
        "from typing import NamedTuple",
        "",
        "from flambeau._C import Tensor",
        "",
    ]
    for name, op in sorted(_named_results(operators).items()):
        lines.append(f"class {name}(NamedTuple):")
        lines += [f"    {part}: Tensor" for part in op.result_names]
    return "\n".join([*lines, ""])


def methods_stub(operators: list[Operator]) -> str:
    """python/flambeau/_tensor_methods.pyi: Tensor's methods that are operators, up to ``_MIDDLE``; a part of its own
    because a file of all of them would be long."""
    methods = {n: t for n, t in _operator_methods(operators).items() if n < _MIDDLE}
    lines = [_PREAMBLE, _core_imports(operators, "method"), "", "class TensorMethods:", *_stubs(methods, "    ")]
    return "\n".join([*lines, ""])


def core_stub(operators: list[Operator]) -> str:
    """python/flambeau/_C.pyi: the compiled core: Tensor, dtypes and the small types."""
    lines = [
        _PREAMBLE,
        "_bool = builtins.bool",
        "_int = builtins.int",
        "_float = builtins.float",
        "_complex = builtins.complex",
        "Number = builtins.int | builtins.float | builtins.bool",
        "",
    ]
    for kind in _TYPES:
        lines.append(f"class {kind}{'(tuple[_int, ...])' if kind == 'Size' else ''}:")
        members = [n for n in sorted(vars(getattr(_C, kind))) if not n.startswith("_")]
        texts = [_CONSTRUCTORS[kind]] if kind in _CONSTRUCTORS else []
        texts += [_MEMBERS.get(kind, {}).get(n, f"{n}: Any") for n in members]
        lines += [f"    {text}" for text in texts] or ["    ..."]
    lines += ["_dtype = dtype", "_layout = layout", "_memory_format = memory_format", "_device = device"]
    lines += ["DeviceLike = device | str | builtins.int", ""]
    lines.append(_result_imports(operators))
    lines.append("from flambeau._tensor_methods import TensorMethods as _TensorMethods")
    lines += ["", "class Tensor(_TensorMethods):", *_tensor_members(operators), ""]
    for name in sorted(n for n in vars(_C) if not n.startswith("__")):
        value = getattr(_C, name)
        if name == "Tensor" or name in _TYPES or not _usable(name):
            continue
        if isinstance(value, type) and issubclass(value, BaseException):
            bases = [b.__name__ for b in value.__bases__ if hasattr(builtins, b.__name__)]
            lines.append(f"class {name}({', '.join(bases) or 'Exception'}): ...")
        else:
            lines.append(f"{name}: {_kind_of(value)}")
    return "\n".join([*lines, ""])


_CORE_NAMES = ("Tensor", *_TYPES, "DeviceLike", "Number", "_bool", "_int", "_float", "_complex", "_dtype", "_layout",
               "_memory_format", "_device")  # fmt: skip


def _core_imports(operators: list[Operator], face: str, names: Iterable[str] = _CORE_NAMES) -> str:
    core = "from flambeau._C import " + ", ".join(f"{t} as {t}" for t in names)
    return f"{core}\n{_result_imports(operators, face)}".rstrip()


def functions_stub(operators: list[Operator], first: bool) -> str:
    """python/flambeau/_functions_a.pyi and _m.pyi: the package's functions over tensors, in two alphabetical parts."""
    entries = {n: t for n, t in _public_functions(operators).items() if (n < _MIDDLE) == first}
    return "\n".join([_PREAMBLE, _core_imports(operators, "torch"), "", *_stubs(entries, ""), ""])


def _public_functions(operators: list[Operator]) -> dict[str, list[str]]:
    from_python = {name for part in _WRITTEN_OUT for name in _all_of(part)}
    functions = _functions(operators, "torch")
    return {n: t for n, t in functions.items() if n not in from_python and not n.startswith("_")}


def package_stub(operators: list[Operator]) -> str:
    """python/flambeau/__init__.pyi: functions over tensors, and the names the package gives beside them."""
    from_python = {name for part in _WRITTEN_OUT for name in _all_of(part)}
    entries = {n: t for n, t in _functions(operators, "torch").items() if n not in from_python}
    lines = [_PREAMBLE]
    rooms = sorted(r for r in flambeau._ROOMS if (PACKAGE / r).is_dir() or (PACKAGE / f"{r}.py").exists())
    lines.append("from flambeau import " + ", ".join(f"{r} as {r}" for r in rooms))
    lines.append(_core_imports(operators, "torch"))
    lines += [f"from flambeau.{part} import *" for part in _WRITTEN_OUT]
    lines.append("from flambeau._functions_a import *")
    lines.append("from flambeau._functions_m import *")
    modes = ("enable_grad", "inference_mode", "no_grad", "set_grad_enabled")
    lines.append("from flambeau.autograd.grad_mode import " + ", ".join(f"{m} as {m}" for m in modes))
    given = {*_CORE_NAMES, *rooms, *modes, *from_python, *entries}
    for name, module in sorted(flambeau._LAZY.items()):
        path = module.replace(".", "/")
        if name not in given and ((PACKAGE / f"{path}.py").exists() or (PACKAGE / path).is_dir()):
            lines.append(f"from flambeau.{module} import {name} as {name}" if _static(module, name) else f"{name}: Any")
            given.add(name)
    lines += [
        "from flambeau import _C as _C",
        "",
        "__version__: str",
        "_LAZY: dict[str, str]",
        "_ROOMS: frozenset[str]",
    ]
    for name in sorted(vars(flambeau)):
        if name.startswith("_") or name in given or not _usable(name):
            continue
        value = vars(flambeau)[name]
        if inspect.ismodule(value):
            continue
        if name in _FACTORIES:
            lines.append(_FACTORIES[name])
        elif inspect.isclass(value) and value.__name__ == name and getattr(_C, name, None) is value:
            lines.append(f"from flambeau._C import {name} as {name}")
        else:
            lines.append(f"{name}: {'_float' if isinstance(value, float) else _kind_of(value)}")
    for name in _made_when_asked():
        if name not in given:
            lines.append(f"{name}: Any")
    private = {n: t for n, t in entries.items() if n.startswith("_")}
    return "\n".join([*lines, *_stubs(private, ""), ""])


def _made_when_asked() -> list[str]:
    """What the package's `__getattr__` gives beside the names of its tables."""
    from flambeau import _tensor, storage

    autocast = {name for name in vars(_C) if "autocast" in name}
    return sorted(autocast | set(storage.legacy_classes()) | {n for n in _tensor.LEGACY_TYPES if n.endswith("Tensor")})


_OPTIONS = "dtype: _dtype | None = None, device: DeviceLike | None = None"
_FACTORIES = {
    "tensor": f"def tensor(data: Any, *, {_OPTIONS}, requires_grad: _bool = False, pin_memory: _bool = False) "
    "-> Tensor: ...",
    "as_tensor": f"def as_tensor(data: Any, {_OPTIONS}) -> Tensor: ...",
    "asarray": f"def asarray(obj: Any, *, {_OPTIONS}, copy: _bool | None = None, requires_grad: _bool = False) "
    "-> Tensor: ...",
    "from_numpy": "def from_numpy(ndarray: Any) -> Tensor: ...",
    "from_dlpack": "def from_dlpack(ext_tensor: Any, *args: Any, **kwargs: Any) -> Tensor: ...",
    "frombuffer": "def frombuffer(buffer: Any, *, dtype: _dtype, count: _int = -1, offset: _int = 0, "
    "requires_grad: _bool = False) -> Tensor: ...",
    "get_default_dtype": "def get_default_dtype() -> _dtype: ...",
    "set_default_dtype": "def set_default_dtype(d: _dtype, /) -> None: ...",
    "get_num_threads": "def get_num_threads() -> _int: ...",
    "set_num_threads": "def set_num_threads(n: _int, /) -> None: ...",
    "promote_types": "def promote_types(type1: _dtype, type2: _dtype) -> _dtype: ...",
    "can_cast": "def can_cast(from_: _dtype, to: _dtype) -> _bool: ...",
    "result_type": "def result_type(tensor1: Tensor | Number | _complex, tensor2: Tensor | Number | _complex) "
    "-> _dtype: ...",
    "is_grad_enabled": "def is_grad_enabled() -> _bool: ...",
}


def _module_stub(operators: list[Operator], module: str, face: str) -> str:
    """The stub of a module whose functions come from the operator table, with what its own text adds."""
    loaded = importlib.import_module(f"flambeau.{module}")
    source = PACKAGE / (module.replace(".", "/") + ".py")
    entries = _functions(operators, face, f"{face}_")
    lines = [_PREAMBLE, _core_imports(operators, face)]
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            place = ".".join(["flambeau", *module.split(".")[:-1], node.module])
            shown = ", ".join(f"{n.name} as {n.asname or n.name}" for n in node.names)
            lines.append(f"from {place} import {shown}")
            for n in node.names:
                entries.pop(n.asname or n.name, None)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            entries[node.name] = [_python_function(node.name, getattr(loaded, node.name), False)]
        elif isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name):
            value = getattr(loaded, target.id, None)
            if target.id.startswith("_") or target.id in _CORE_NAMES:
                continue
            if isinstance(value, type) and getattr(_C, target.id, None) is value:
                lines.append(f"from flambeau._C import {target.id} as {target.id}")
            elif getattr(value, "__name__", None) in {op.base for op in operators}:
                same = [op for op in operators if op.base == getattr(value, "__name__", "")]
                entries[target.id] = [text for op in same for text in _forms(op, target.id, False, "out")]
            else:
                lines.append(f"{target.id}: {_kind_of(value)}")
    return "\n".join([*lines, "", *_stubs(entries, ""), ""])


def _all_of(module: str) -> list[str]:
    return list(importlib.import_module(f"flambeau.{module}").__all__)


def _static(module: str, name: str) -> bool:
    """Whether a module defines a name in its text (rather than when asked)."""
    base = PACKAGE / module.replace(".", "/")
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    return bool(re.search(rf"^(def|class) {name}\b|^{name}\b.*=|\bimport .*\b{name}\b", path.read_text(), re.M))


def printed(operators: list[Operator]) -> dict[str, str]:
    """Every stub by its path in the package."""
    return {
        "_C.pyi": core_stub(operators),
        "_results.pyi": results_stub(operators),
        "_tensor_methods.pyi": methods_stub(operators),
        "__init__.pyi": package_stub(operators),
        "_functions_a.pyi": functions_stub(operators, first=True),
        "_functions_m.pyi": functions_stub(operators, first=False),
        "linalg.pyi": _module_stub(operators, "linalg", "linalg"),
        "special.pyi": _module_stub(operators, "special", "special"),
        "fft.pyi": _module_stub(operators, "fft", "fft"),
        "nn/functional.pyi": _module_stub(operators, "nn.functional", "functional"),
    }
