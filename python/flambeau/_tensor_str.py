"""Tensors as text: `repr`, `str`, `format` and `set_printoptions`, character for character as PyTorch prints them.

Values come from `tolist()` once; a tensor above the threshold hands over only its edges. All columns of one tensor have
one width and one notation, chosen from the values that will be shown.
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import flambeau

GAP = object()  # stands where a summary leaves elements out


@dataclass
class PrintOptions:
    """Digits, summary limits and line width of printed tensors."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


PRINT_OPTS = PrintOptions()
_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed.

    Args:
        precision: digits after the point (4).
        threshold: number of elements above which a summary is printed (1000).
        edgeitems: elements shown at each end of a summarised dimension (3).
        linewidth: characters in a line (80).
        profile: "default", "short" or "full"; the other arguments change it further.
        sci_mode: scientific notation always (True), never (False) or as the values ask (None).
    """
    global PRINT_OPTS
    chosen = PRINT_OPTS
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions: profile {profile!r}; {', '.join(_PROFILES)} are possible")
        chosen = _PROFILES[profile]
    changes = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    PRINT_OPTS = replace(chosen, sci_mode=sci_mode, **given)


def get_printoptions() -> dict[str, Any]:
    """The options in force, by name."""
    return asdict(PRINT_OPTS)


@contextlib.contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Context in which `set_printoptions` holds with the given options."""
    global PRINT_OPTS
    before = PRINT_OPTS
    try:
        set_printoptions(**{"sci_mode": before.sci_mode, **options})
        yield
    finally:
        PRINT_OPTS = before


class Column:
    """The common form of all numbers of one tensor."""

    def __init__(self, values: list[Any], floating: bool) -> None:
        self.floating = floating
        self.whole = True
        self.scientific = False
        self.width = 1
        if floating:
            self._choose(values)
        else:
            self.width = max((len(str(value)) for value in values), default=1)

    def _choose(self, values: list[float]) -> None:
        shown = [value for value in values if value and math.isfinite(value)]
        if not shown:
            return
        sizes = [abs(value) for value in shown]
        smallest, largest = min(sizes), max(sizes)
        self.whole = all(value == math.floor(value) for value in sizes)
        ratio = largest / smallest if smallest >= largest * 5e-324 else math.inf
        wide = ratio > 1000.0 or largest > 1.0e8
        self.scientific = wide if self.whole else wide or smallest < 1.0e-4
        if PRINT_OPTS.sci_mode is not None:
            self.scientific = PRINT_OPTS.sci_mode
        precision = PRINT_OPTS.precision
        if self.scientific:
            self.width = max(len(f"{value:.{precision}e}") for value in shown)
        elif self.whole:
            self.width = max(len(f"{value:.0f}") for value in shown) + 1
        else:
            self.width = max(len(f"{value:.{precision}f}") for value in shown)

    def text(self, value: Any) -> str:
        if not self.floating:
            return str(value).rjust(self.width)
        if self.scientific:
            result = f"{value:{self.width}.{PRINT_OPTS.precision}e}"
        elif self.whole:
            result = f"{value:.0f}"
            if math.isfinite(value):
                result += "."
        else:
            result = f"{value:.{PRINT_OPTS.precision}f}"
        return result.rjust(self.width)


class ComplexColumn:
    """Real and imaginary parts, each a column."""

    def __init__(self, values: list[complex]) -> None:
        self.real = Column([value.real for value in values], True)
        self.imag = Column([value.imag for value in values], True)
        self.width = self.real.width + self.imag.width + 1

    def text(self, value: complex) -> str:
        imag = self.imag.text(value.imag).lstrip()
        sign = "" if imag.startswith(("+", "-")) else "+"
        return f"{self.real.text(value.real)}{sign}{imag}j"


def _edges(tensor: Any, dim: int = 0) -> Any:
    """The nested list of what a summary shows of a tensor, without marks for the gaps."""
    edge = PRINT_OPTS.edgeitems
    for at in range(dim, tensor.dim()):
        size = tensor.size(at)
        if size > 2 * edge:
            head = _edges(tensor.narrow(at, 0, edge), at + 1)
            tail = _edges(tensor.narrow(at, size - edge, edge), at + 1)
            return _joined(head, tail, at)
    return tensor.tolist()


def _joined(head: Any, tail: Any, depth: int) -> Any:
    if depth == 0:
        return head + tail
    return [_joined(first, second, depth - 1) for first, second in zip(head, tail, strict=True)]


def _flat(values: Any, depth: int) -> list[Any]:
    for _ in range(depth - 1):
        values = [inner for outer in values for inner in outer]
    return values if depth else [values]


def _with_gap(values: list[Any], size: int, summarize: bool) -> list[Any]:
    edge = PRINT_OPTS.edgeitems
    if not summarize or size <= 2 * edge:
        return values
    return [*values[:edge], GAP, *values[edge:]]


def _layout(values: Any, sizes: tuple[int, ...], column: Any, indent: int, summarize: bool) -> str:
    if not sizes:
        return column.text(values)
    parts = _with_gap(values, sizes[0], summarize)
    if len(sizes) == 1:
        texts = [" ..." if value is GAP else column.text(value) for value in parts]
        per_line = max(1, int((PRINT_OPTS.linewidth - indent) / (column.width + 2)))
        lines = [", ".join(texts[at : at + per_line]) for at in range(0, len(texts), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    texts = ["..." if value is GAP else _layout(value, sizes[1:], column, indent + 1, summarize) for value in parts]
    return "[" + ("," + "\n" * (len(sizes) - 1) + " " * (indent + 1)).join(texts) + "]"


def _values_text(tensor: Any, indent: int) -> str:
    sizes = tuple(tensor.size())
    if tensor.numel() == 0:
        return "[]"
    summarize = tensor.numel() > PRINT_OPTS.threshold
    values = _edges(tensor) if summarize else tensor.tolist()
    flat = _flat(values, len(sizes))
    column: Any
    if tensor.dtype.is_complex:
        column = ComplexColumn(flat)
    else:
        column = Column(flat, tensor.dtype.is_floating_point)
    return _layout(values, sizes, column, indent, summarize)


def _with_suffixes(text: str, suffixes: list[str], indent: int, on_new_line: bool) -> str:
    parts = [text]
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        needed = len(suffix) + 2
        if on_new_line or length + needed > PRINT_OPTS.linewidth:
            parts.append(",\n" + " " * indent + suffix)
            length = indent + needed
            on_new_line = False
        else:
            parts.append(", " + suffix)
            length += needed
    return "".join(parts) + ")"


def _has_default_dtype(dtype: Any) -> bool:
    default = flambeau.get_default_dtype()
    complex_default = flambeau.complex128 if default == flambeau.float64 else flambeau.complex64
    return dtype in (default, complex_default, flambeau.int64, flambeau.bool)


def _device_suffix(tensor: Any) -> list[str]:
    return [] if tensor.device.type == "cpu" else [f"device='{tensor.device}'"]


def _graph_suffix(tensor: Any) -> list[str]:
    try:
        node = tensor.grad_fn
    except RuntimeError:  # a view whose base changed under no_grad: its history cannot be rebuilt
        return ["grad_fn=<Invalid>"]
    if node is not None:
        name = type(node).__name__
        if name == "CppFunction":
            name = node.name().rpartition("::")[2]
        return [f"grad_fn=<{name}>"]
    return ["requires_grad=True"] if tensor.requires_grad else []


_COMPRESSED_PARTS = {
    "sparse_csr": ("crow_indices", "col_indices"),
    "sparse_bsr": ("crow_indices", "col_indices"),
    "sparse_csc": ("ccol_indices", "row_indices"),
    "sparse_bsc": ("ccol_indices", "row_indices"),
}


def _sparse_repr(tensor: Any, prefix: str) -> str:
    """Indices and values, each on lines of its own."""
    indent = len(prefix)
    layout = str(tensor.layout).rpartition(".")[2]
    data = tensor.detach()
    if layout == "sparse_coo":
        parts = {"indices": data._indices(), "values": data._values()}
    else:
        parts = {name: getattr(data, name)() for name in (*_COMPRESSED_PARTS[layout], "values")}
    texts = []
    for name, part in parts.items():
        text = _values_text(part, indent + len(name) + 8)
        suffixes = [f"size={tuple(part.shape)}"] if part.numel() == 0 else []
        texts.append(f"{name}=tensor(" + _with_suffixes(text, suffixes, indent + len(name) + 8, False))
    suffixes = [*_device_suffix(tensor), f"size={tuple(tensor.shape)}", f"nnz={tensor._nnz()}"]
    if not _has_default_dtype(tensor.dtype):
        suffixes.append(f"dtype={tensor.dtype}")
    suffixes += [f"layout={tensor.layout}", *_graph_suffix(tensor)]
    body = (",\n" + " " * indent).join(texts)
    return _with_suffixes(prefix + body, suffixes, indent, layout == "sparse_coo")


def _wrapped_repr(tensor: Any) -> str | None:
    """A tensor inside of a transform shows what it stands for."""
    found = flambeau._C._wrapped_value(tensor)
    if found is None:
        return None
    value, depth, kind = found
    inner = tensor_repr(value)
    if kind == "batch":
        return f"BatchedTensor(lvl={depth}, bdim=0, value=\n    " + inner.replace("\n", "\n    ") + "\n)"
    return f"GradTrackingTensor(lvl={depth}, value=\n    " + inner.replace("\n", "\n    ") + "\n)"


def tensor_repr(tensor: Any, *, tensor_contents: str | None = None) -> str:
    """What `Tensor.__repr__` answers."""
    wrapped = _wrapped_repr(tensor) if tensor_contents is None else None
    if wrapped is not None:
        return wrapped
    kind = type(tensor)
    is_plain = kind is flambeau.Tensor or kind.__module__.startswith("flambeau.nn.")
    prefix = "tensor(" if is_plain else f"{kind.__name__}("
    with flambeau.no_grad():
        text = _tensor_repr(tensor, prefix, tensor_contents)
    return text if is_plain or not _is_parameter(tensor) else f"Parameter({text})"


def _tensor_repr(tensor: Any, prefix: str, contents: str | None) -> str:
    if tensor.layout != flambeau.strided and contents is None:
        return _sparse_repr(tensor, prefix)
    indent = len(prefix)
    shape = tuple(tensor.size())
    suffixes = _device_suffix(tensor)
    shows_dtype = not _has_default_dtype(tensor.dtype)
    if tensor.device.type == "meta":
        suffixes.append(f"size={shape}")
        text = "..."
    elif tensor.numel() == 0:
        if tensor.dim() != 1:
            suffixes.append(f"size={shape}")
        shows_dtype = tensor.dtype != flambeau.get_default_dtype()
        text = "[]"
    elif contents is None:
        text = _values_text(tensor.detach(), indent)
    if contents is not None:
        text = contents
    if shows_dtype:
        suffixes.append(f"dtype={tensor.dtype}")
    suffixes += _graph_suffix(tensor)
    return _with_suffixes(prefix + text, suffixes, indent, False)


def _is_parameter(tensor: Any) -> bool:
    module = sys.modules.get("flambeau.nn.parameter")  # until it has been loaded there is no parameter
    return module is not None and isinstance(tensor, module.Parameter)


def parameter_repr(parameter: Any) -> str:
    """What `nn.Parameter.__repr__` answers."""
    return "Parameter containing:\n" + tensor_repr(parameter)


def tensor_format(tensor: Any, spec: str) -> str:
    """What `Tensor.__format__` answers: a tensor without dimensions is formatted as its number."""
    if tensor.dim() == 0 and tensor.device.type != "meta" and type(tensor) is flambeau.Tensor:
        return format(tensor.item(), spec)
    if spec:
        raise TypeError(
            f"unsupported format string passed to Tensor.__format__: {spec!r}, for a tensor of shape "
            f"{tuple(tensor.size())}; tensor.item() or tolist() give what can be formatted"
        )
    return str(tensor)


def _tensor_str(self: Any, indent: int) -> str:
    """The numbers of a tensor, as they stand in its text, with lines after the first indented."""
    return _values_text(self.detach(), indent)


def _add_suffixes(tensor_str: str, suffixes: list[str], indent: int, force_newline: bool) -> str:
    """A text with further parts and the closing bracket, broken where it gets too long."""
    return _with_suffixes(tensor_str, suffixes, indent, force_newline)


def _str_intern(inp: Any, *, tensor_contents: str | None = None) -> str:
    """The text of a tensor, with other contents if they are given."""
    return tensor_repr(inp, tensor_contents=tensor_contents)
