"""Call number n of a seed: an operator of the table (or a public function or method beside it) and its arguments, made
from a sample by a few changes, or from nothing. The same on every machine."""

# ruff: noqa: SIM905 (tables of words)
from __future__ import annotations

import functools
import random
import re
from dataclasses import dataclass, field
from typing import Any

import flambeau as f
from flambeau import _C

from . import values
from .values import evaluate, some_tensor, some_value

# Public names that change the process for the calls after them, wait for something, or run the caller's own code.
LEFT_OUT = re.compile(
    r"^(_.*|set_.*|use_.*|save|load|compile|seed|exit|install_as_torch|get_device_module|fork|wait|import_ir_module|autocast.*"
    r"|is_warn_always_enabled|from_file|unify_type_list|mock.*|register_.*|apply_|map_|map2_|map|vmap|func|checkpoint.*|typename)$"
)
CLASSES = (
    "Tensor Size Generator device finfo iinfo UntypedStorage FloatTensor LongTensor BoolTensor nn.Parameter".split()
)


@dataclass
class Call:
    """The source of a call."""

    function: str
    args: list[str]
    kwargs: dict[str, str] = field(default_factory=dict)
    backward: bool = False
    setting: bool = False

    def __str__(self) -> str:
        if self.setting:
            return f"setattr({', '.join(self.args)})"
        text = f"{self.function}({', '.join([*self.args, *(f'{k}={v}' for k, v in self.kwargs.items())])})"
        return f"backward({text})" if self.backward else text

    def prepare(self) -> tuple[Any, list[Any], dict[str, Any]]:
        """Function and arguments."""
        function = setattr if self.setting else evaluate(self.function)
        made: dict[str, Any] = {}
        args = []
        for i, source in enumerate(self.args):
            args.append(evaluate(source, **made))
            made[f"arg{i}"] = args[i]
        return function, args, {k: evaluate(v, **made) for k, v in self.kwargs.items()}


def backward(result: Any) -> None:
    """Goes back from whatever can."""
    for t in result if isinstance(result, (list, tuple)) else [result]:
        if isinstance(t, f.Tensor) and t.requires_grad and t.numel() <= 1 << 20:
            t.backward(f.ones_like(t))


values.NAMES["backward"] = backward


@functools.cache
def operators() -> list[dict[str, Any]]:
    return sorted(_C.list_operators(), key=lambda op: str(op["name"]))


@functools.cache
def parameters(signature: str) -> list[tuple[str, str]]:
    """(type, name) of each parameter."""
    inside = signature[signature.index("(") + 1 : signature.rindex(") ->")]
    found, depth, start = [], 0, 0
    for i, c in enumerate(inside + ","):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            found.append(inside[start:i].strip())
            start = i + 1
    split = [p.split("=")[0].split() for p in found if p and p != "*"]
    return [(words[0], words[-1]) for words in split if len(words) > 1]


@functools.cache
def surface() -> list[str]:
    """Public functions and methods, from the namespaces themselves."""
    found = [f"f.{name}" for name in CLASSES]
    for prefix, module in (
        ("f", f),
        ("f.linalg", f.linalg),
        ("f.fft", f.fft),
        ("f.special", f.special),
        ("f.nn.functional", f.nn.functional),
        ("f.Tensor", f.Tensor),
    ):
        for name in dir(module):
            if prefix == "f.Tensor" and (name.startswith("__") and name not in ("__init__", "__new__", "__class__")):
                special = name not in (
                    "__dict__",
                    "__subclasshook__",
                    "__init_subclass__",
                    "__dir__",
                    "__getattribute__",
                )
                if special and callable(getattr(module, name)):
                    found.append(f"{prefix}.{name}")
                continue
            if LEFT_OUT.match(name):
                continue
            item = getattr(module, name, None)
            if callable(item) and not isinstance(item, type):
                found.append(f"{prefix}.{name}")
    return sorted(found)


@functools.cache
def attributes() -> list[str]:
    return sorted(n for n in dir(f.Tensor) if not n.startswith("__") and not callable(getattr(f.Tensor, n)))


@functools.cache
def _sampled(name: str, dtype: str) -> list[tuple[list[Any], dict[str, Any]]]:
    try:
        return values.samples_of(name, dtype)
    except Exception:  # no samples for this type
        return []


def _argument(name: str, dtype: str, which: int, value: Any, place: str) -> str:
    """The source of a sample's argument."""
    if isinstance(value, (int, str, type(None))):
        return repr(value)
    return f"sample({name!r}, {dtype!r}, {which}){place}"


def _changed(r: random.Random, value: Any, source: str, kind: str) -> str:
    """Something else for an argument; a tensor often only in part."""
    if not isinstance(value, f.Tensor) or r.random() < 0.4:
        return some_value(r, kind)
    shape = list(value.shape)
    change = r.randrange(8)
    if change == 0 and shape:
        shape[r.randrange(len(shape))] = r.choice([0, 1, 2, 3, 7, 33])
    elif change == 1 and shape:
        del shape[r.randrange(len(shape))]
    elif change == 2:
        shape.insert(r.randrange(len(shape) + 1), r.choice([0, 1, 2]))
    elif change == 3:
        return f"{source}.to('meta')"
    elif change == 4:
        return f"{source}.to(f.{r.choice(values.TYPES)})"
    elif change == 5:
        return f"{source}.transpose({r.choice([0, -1])}, {r.choice([0, -1, -2])})"
    kind = str(value.dtype).rsplit(".", 1)[-1] if r.random() < 0.6 else r.choice(values.TYPES)
    return f"T({tuple(shape)}, {kind!r}, {r.choice(values.FILLS)!r}, {r.choice(values.FORMS)!r})"


def operator_call(r: random.Random, op: dict[str, Any]) -> Call:
    name, base = op["name"], op["base"]
    suffix = "_" if op["inplace"] and r.random() < 0.15 else ""
    call = Call(f"f._C.aten.{base}{suffix}", [], {}, backward=r.random() < 0.3)
    declared = parameters(op["signature"])
    dtype = "float32" if r.random() < 0.6 else r.choice("float64 int64 bool complex64 bfloat16 uint8".split())
    found = _sampled(name, dtype)
    if found and r.random() < 0.9:
        which = r.randrange(len(found))
        args, kwargs = found[which]
        held: list[Any] = list(args)
        call.args = [_argument(name, dtype, which, a, f"[0][{i}]") for i, a in enumerate(args)]
        call.kwargs = {k: _argument(name, dtype, which, v, f"[1][{k!r}]") for k, v in kwargs.items()}
        for _ in range(r.choice([0, 1, 1, 1, 2, 2, 3])):
            place = r.randrange(len(args) + len(declared) + 1)
            if place < len(call.args):
                kind = declared[place][0] if place < len(declared) else "other"
                call.args[place] = _changed(r, held[place] if place < len(held) else None, call.args[place], kind)
            elif declared:
                index = r.randrange(len(declared))
                kind, key = declared[index]
                if index >= len(call.args) and key.isidentifier():
                    call.kwargs[key] = some_value(r, kind)
                elif r.random() < 0.1:
                    call.args.append(some_value(r, "other"))
    else:
        count = r.randrange(len(declared) + 1) if r.random() < 0.3 else sum(1 for _ in declared)
        call.args = [some_value(r, kind) for kind, _ in declared[:count]]
    if r.random() < 0.3:  # every tensor in another form or type
        form = r.choice(
            [".to('meta')", ".requires_grad_()", ".as_subclass(Sub)", f".to(f.{r.choice(values.TYPES)})", ".mT"]
        )
        call.args = [f"tensors({a}, lambda t: t{form})" if a.startswith(("sample", "[T")) else a for a in call.args]
    if op["out"] and not suffix and r.random() < 0.12:
        overlap = [f"arg{i}" for i, a in enumerate(call.args) if a.startswith(("sample", "T("))]
        choices = [some_tensor(r), *overlap, *(f"{o}[:1]" for o in overlap), f"({some_tensor(r)}, {some_tensor(r)})"]
        call.kwargs["out"] = r.choice(choices)
    return call


def make_call(seed: int, n: int, match: str = "") -> Call:
    """Call number n; only of operators whose name matches, if so wished."""
    r = random.Random(f"{seed}/{n}")
    table = operators()
    if match:
        table = [op for op in table if re.search(match, op["name"])]
    if not table or (not match and r.random() < 0.15):
        names = [s for s in surface() if not match or re.search(match, s)]
        if not match and r.random() < 0.05:
            return Call("", [some_tensor(r), repr(r.choice(attributes())), some_value(r, "other")], setting=True)
        function = r.choice(names)
        first = ["Tensor"] if function.startswith("f.Tensor.") or r.random() < 0.6 else []
        kinds = [r.choice(["Tensor", "int", "int[]", "float", "other"]) for _ in range(r.choice([0, 0, 1, 1, 2, 3, 4]))]
        return Call(function, [some_value(r, kind) for kind in first + kinds], backward=r.random() < 0.2)
    return operator_call(r, table[(n + seed) % len(table)])
