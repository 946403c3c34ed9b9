"""From a graph to Python source.

The source is one function. Functions of the library stand in it under their public names; everything else that it
mentions gets a name in `globals`. A value is let go in the line after its last use.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import GenericAlias, NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

import flambeau
from flambeau.utils import _pytree as pytree

from . import _naming
from . import _pytree as fx_pytree
from ._tensor_text import describe
from .node import Argument, Node

if TYPE_CHECKING:
    from .graph import _node_list

TransformCodeFunc = Callable[[list[str]], list[str]]

magic_methods = {
    "eq": "{} == {}",
    "ne": "{} != {}",
    "lt": "{} < {}",
    "gt": "{} > {}",
    "le": "{} <= {}",
    "ge": "{} >= {}",
    "pos": "+{}",
    "neg": "-{}",
    "invert": "~{}",
}
reflectable_magic_methods = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "floordiv": "{} // {}",
    "truediv": "{} / {}",
    "div": "{} / {}",
    "mod": "{} % {}",
    "pow": "{} ** {}",
    "lshift": "{} << {}",
    "rshift": "{} >> {}",
    "and_": "{} & {}",
    "or_": "{} | {}",
    "xor": "{} ^ {}",
    "getitem": "{}[{}]",
    "matmul": "{} @ {}",
}
magic_methods.update(reflectable_magic_methods)
inplace_methods = {
    f"i{name}": "{} " + symbol + "= {}"
    for name, symbol in [
        ("add", "+"), ("and", "&"), ("floordiv", "//"), ("lshift", "<<"), ("mod", "%"), ("mul", "*"), ("matmul", "@"),
        ("or", "|"), ("pow", "**"), ("rshift", ">>"), ("sub", "-"), ("truediv", "/"), ("xor", "^"),
    ]
}  # fmt: skip
inplace_methods["setitem"] = "{}[{}] = {}"


class _CustomBuiltin(NamedTuple):
    """A name that all generated code may use, and the statement that imports it."""

    import_str: str
    obj: Any


_custom_builtins: dict[str, _CustomBuiltin] = {}


def _register_custom_builtin(name: str, import_str: str, obj: Any) -> None:
    _custom_builtins[name] = _CustomBuiltin(import_str, obj)


_ALWAYS_THERE: dict[str, tuple[Any, str]] = {
    "flambeau": (flambeau, "import flambeau"),
    "torch": (flambeau, "import torch"),
    "pytree": (pytree, "import torch.utils._pytree as pytree"),
    "fx_pytree": (fx_pytree, "import torch.fx._pytree as fx_pytree"),
    "NoneType": (NoneType, "NoneType = type(None)"),
    "device": (flambeau.device, "from torch import device"),
    "nan": (math.nan, "from math import nan"),
    "inf": (math.inf, "from math import inf"),
}
for _word, (_value, _statement) in _ALWAYS_THERE.items():
    _register_custom_builtin(_word, _statement, _value)


@dataclass
class PythonCode:
    """Source of a function.

    Attributes:
        src: the source.
        globals: the names it uses.
    """

    src: str
    globals: dict[str, Any]
    _lineno_map: dict[int, int | None] | None
    _prologue_start: int = 0


def _attribute(base: str, path: str) -> str:
    """`self.a.b`; where a part is no identifier, `getattr(self.a, "0")`."""
    for part in path.split("."):
        base = f"{base}.{part}" if part.isidentifier() else f'getattr({base}, "{part}")'
    return base


class _Globals:
    """The names that a function's source uses, and how objects are written with them."""

    def __init__(self, namespace: _naming.Namespace) -> None:
        self.namespace = namespace
        self.names: dict[str, Any] = {}

    def add(self, name_hint: str, obj: Any) -> str:
        """How the object is written; adds a global where it has no public name of the library."""
        if obj is not flambeau.device and (path := _naming.library_path(obj)) is not None:
            return f"{_naming.library()}.{path}"
        wish = name_hint.replace(".", "_")
        if wish in self.names and self.names[wish] is obj:
            return wish
        name = self.namespace.create_name(wish, obj)
        self.names[name] = obj
        return name

    def type(self, o: Any) -> str:
        """A type annotation as source."""
        if o == ():
            return "()"
        if o is ...:
            return "..."
        arguments = getattr(o, "__args__", None)
        origin = getattr(o, "__origin__", None)
        if origin is not None:
            if not isinstance(o, GenericAlias):
                origin = _naming.SPECIAL_FORMS.get(origin, origin)
            base = self.add(_naming.type_repr(origin), origin)
            return f"{base}[{','.join(map(self.type, arguments))}]" if arguments else base
        if arguments and _naming.type_repr(type(o)) == "types.UnionType":
            return "|".join(map(self.type, arguments))
        if o is None or o is NoneType:
            return self.add("NoneType", NoneType)
        return self.add(_naming.type_repr(o), o)

    def value(self, arg: Any) -> str:
        """An argument as source."""
        if isinstance(arg, Node):
            return repr(arg)
        if isinstance(arg, tuple):
            items = [self.value(item) for item in arg]
            inside = "(" + ", ".join(items) + (",)" if len(items) == 1 else ")")
            if hasattr(arg, "_fields"):
                return self.add(_naming.type_repr(type(arg)), type(arg)) + "(" + ", ".join(items) + ")"
            return f"{_naming.library()}.Size({inside})" if isinstance(arg, flambeau.Size) else inside
        if isinstance(arg, list):
            return "[" + ", ".join(self.value(item) for item in arg) + "]"
        if isinstance(arg, dict):
            return "{" + ", ".join(f"{self.value(key)}: {self.value(item)}" for key, item in arg.items()) + "}"
        if isinstance(arg, slice):
            return f"slice({self.value(arg.start)}, {self.value(arg.stop)}, {self.value(arg.step)})"
        if isinstance(arg, enum.Enum):
            cls = type(arg)
            return f"{self.add(_naming.type_repr(cls), cls)}.{arg.name}"
        if isinstance(arg, (flambeau.dtype, flambeau.layout, flambeau.memory_format)):
            return f"{_naming.library()}.{str(arg).rpartition('.')[2]}"
        if isinstance(arg, flambeau.device):
            self.add("device", flambeau.device)
            return repr(arg)
        if isinstance(arg, float) and not math.isfinite(arg):
            return "nan" if math.isnan(arg) else "inf" if arg > 0 else "-inf"
        if isinstance(arg, type) or (callable(arg) and isinstance(getattr(arg, "__name__", None), str)):
            return self.add(_naming.type_repr(arg) if isinstance(arg, type) else _naming.qualified_name(arg), arg)
        return repr(arg)

    def call(self, args: Iterable[Any], kwargs: dict[str, Any]) -> str:
        """The arguments of a call, without the parentheses."""
        words = [self.value(arg) for arg in args]
        words += [f"{name} = {self.value(arg)}" for name, arg in kwargs.items()]
        return ", ".join(words)


def _last_uses(nodes: _node_list) -> dict[Node, list[Node]]:
    """For each node, the values that nobody wants after it; a value nobody wants at all ends with itself."""
    ends: dict[Node, Node] = {}
    dying: dict[Node, list[Node]] = {}
    for user in reversed(nodes):
        if user not in ends:
            ends[user] = user
        for value in user.all_input_nodes:
            if value not in ends:
                ends[value] = user
                dying.setdefault(user, []).append(value)
    for node, end in ends.items():
        if node is end and not node.users:
            dying.setdefault(node, []).append(node)
    return dying


class CodeGen:
    """Writes the source of a graph. Subclasses change the signature and what goes in and out.

    Overriding `gen_fn_def` changes the ``def`` line, `generate_output` the ``return``; `process_inputs` and
    `process_outputs` do for an Interpreter what those do in the source; `additional_globals` names what they need.
    """

    def __init__(self) -> None:
        self._body_transformer: TransformCodeFunc | None = None
        self._func_name = "forward"

    def gen_fn_def(self, free_vars: list[str], maybe_return_annotation: str, *, expanded_def: bool = False) -> str:
        """The line (or lines) that open the function.

        Args:
            free_vars: the parameters with annotations and defaults; "self" is put in front.
            maybe_return_annotation: " -> type", or "".
            expanded_def: one parameter a line.
        """
        if not free_vars or free_vars[0] != "self":
            free_vars.insert(0, "self")
        if expanded_def:
            inside = "".join(f"\n    {variable}," for variable in free_vars)
            return f"def {self._func_name}({inside}\n){maybe_return_annotation}:"
        return f"def {self._func_name}({', '.join(free_vars)}){maybe_return_annotation}:"

    def generate_output(self, output_args: Argument, **options: Any) -> str:
        """The return statement. Nodes in `output_args` print as their variables."""
        write = options.get("repr_fn") or repr
        return f"return {write(output_args)}"

    def process_inputs(self, *args: Any) -> Any:
        """The arguments of a call as the values of the placeholders."""
        return args

    def process_outputs(self, outputs: Any) -> Any:
        """What the output node returns as the result of a call."""
        return outputs

    def additional_globals(self) -> list[tuple[str, Any]]:
        """Names, with their values, that the source uses beside those of the graph."""
        return []

    def _gen_python_code(
        self,
        nodes: _node_list,
        root_module: str,
        namespace: _naming.Namespace,
        *,
        verbose: bool = False,
        include_stride: bool = False,
        include_device: bool = False,
        expanded_def: bool = False,
        **accepted: Any,
    ) -> PythonCode:
        names = _Globals(namespace)
        for name, builtin in _custom_builtins.items():
            names.add(name, builtin.obj) if name not in ("torch", "flambeau", "fx_pytree", "pytree") else None
            names.names[name] = builtin.obj
            namespace._used_names.add(name)
        for name, value in self.additional_globals():
            names.add(name, value)
        writer = _Writer(names, root_module, _last_uses(nodes), self)
        numbered: list[tuple[int | None, str]] = []
        origin = _Origins() if verbose else None
        for number, node in enumerate(nodes):
            if origin is not None and node.op not in ("placeholder", "output") and (comment := origin.comment(node)):
                numbered.append((None, comment))
            note = describe(node.meta.get("val", node.meta.get("tensor_meta")), include_stride, include_device)
            for line in writer.lines(node, note if verbose else ""):
                numbered.append((number, line))
        if not any(node.op not in ("placeholder",) for node in nodes):
            numbered.append((None, "pass"))
        body = [line + "\n" for _, line in numbered]
        if self._body_transformer is not None:
            body = self._body_transformer(body)
        head = self._head(writer, expanded_def)
        opening = "".join(f'\n{_naming.library()}.fx._symbolic_trace.wrap("{name}")' for name in writer.wrapped)
        text = "".join("    " + line for line in "".join(body).splitlines(keepends=True))
        text = re.sub(r"(?m)^[ ]+\n", "\n", text)
        src = f"{opening}\n\n{head}\n{text}    " if opening else f"\n\n\n{head}\n{text}    "
        start = src.count("\n", 0, src.index(head)) + 1 + head.count("\n")
        lineno_map = {start + 1 + at: number for at, (number, _) in enumerate(numbered)}
        return PythonCode(src, names.names, lineno_map, start)

    def _head(self, writer: _Writer, expanded_def: bool) -> str:
        variables = _in_order_of_kind(writer.free_vars)
        if expanded_def:
            return self.gen_fn_def(variables, writer.returns, expanded_def=True)
        return self.gen_fn_def(variables, writer.returns)


def _in_order_of_kind(variables: list[str]) -> list[str]:
    """Parameters as Python wants them: plain ones, *args, **kwargs."""
    return sorted(variables, key=lambda text: 2 if text.startswith("**") else 1 if text.startswith("*") else 0)


class _Writer:
    """Writes node after node, and collects parameters, the type of the result, and wrapped functions."""

    def __init__(self, names: _Globals, root: str, dying: dict[Node, list[Node]], codegen: CodeGen) -> None:
        self.names = names
        self.root = root
        self.dying = dying
        self.codegen = codegen
        self.free_vars: list[str] = []
        self.returns = ""
        self.wrapped: dict[str, None] = {}

    def lines(self, node: Node, note: str) -> list[str]:
        if node.op == "placeholder":
            return self._placeholder(node)
        if node.op == "output":
            if node.type is not None:
                self.returns = f" -> {self.names.type(node.type)}"
            if type(self.codegen).generate_output in (CodeGen.generate_output, _PyTreeCodeGen.generate_output):
                return [self.codegen.generate_output(node.args[0], repr_fn=self.names.value)]
            return [self.codegen.generate_output(node.args[0])]
        annotation = f" : {self.names.type(node.type)}" if node.type is not None else f': "{note}"' if note else ""
        return [self._statement(node, annotation) + self._let_go(node)]

    def _placeholder(self, node: Node) -> list[str]:
        target = str(node.target)
        stars = target[: len(target) - len(target.lstrip("*"))]
        plain = target[len(stars) :]
        annotation = "" if node.type is None else f" : {self.names.type(node.type)}"
        default = f" = {self.names.value(node.args[0])}" if node.args else ""
        self.free_vars.append(f"{stars}{plain}{annotation}{default}")
        return [f"{node!r} = {plain}"] if repr(node) != plain else []

    def _let_go(self, node: Node) -> str:
        dying = [value for value in self.dying.get(node, ()) if value.op != "placeholder" or value is not node]
        return f";  {' = '.join(map(repr, dying))} = None" if dying else ""

    def _statement(self, node: Node, annotation: str) -> str:
        names, target, args = self.names, node.target, node.args
        if node.op == "get_attr":
            return f"{node!r}{annotation} = {_attribute(self.root, str(target))}"
        if node.op == "call_module":
            return f"{node!r}{annotation} = {_attribute(self.root, str(target))}({names.call(args, node.kwargs)})"
        if node.op == "call_method":
            receiver = names.value(args[0])
            if not isinstance(args[0], Node):
                receiver = f"({receiver})"
            return f"{node!r}{annotation} = {_attribute(receiver, str(target))}({names.call(args[1:], node.kwargs)})"
        name = getattr(target, "__name__", "")
        if getattr(target, "__module__", None) == "_operator" and not node.kwargs:
            if name in magic_methods:
                return f"{node!r}{annotation} = {magic_methods[name].format(*map(names.value, args))}"
            if name in inplace_methods:
                changed = names.value(args[0])
                return f"{inplace_methods[name].format(*map(names.value, args))};  {node!r}{annotation} = {changed}"
        if target is getattr and len(args) == 2 and isinstance(args[1], str) and args[1].isidentifier():
            return f"{node!r}{annotation} = {_attribute(names.value(args[0]), args[1])}"
        if not name:
            name = type(target).__name__
            shown = names.add(f"{type(target).__module__}.{name}", target)
        else:
            shown = names.add(_naming.qualified_name(target), target)
        if node.meta.get("is_wrapped"):
            self.wrapped.setdefault(shown)
        return f"{node!r}{annotation} = {shown}({names.call(args, node.kwargs)})"


_FRAME = re.compile(r'File "(?P<file>.*?)", line (?P<line>\d+), in (?P<name>\S+)\s*\n\s*(?P<code>[^\n]*)')


class _Origins:
    """Comments that say where in the program the following nodes come from."""

    def __init__(self) -> None:
        self.last: str | None = None

    def comment(self, node: Node) -> str:
        trace = node.stack_trace
        if trace:
            frames = list(_FRAME.finditer(trace))
            if not frames:
                return ""
            found = frames[-1]
            text = f"# File: {found['file']}:{found['line']} in {found['name']}, code: {found['code']}"
        else:
            text = "# No stack trace was recorded for the following nodes"
        if text == self.last:
            return ""
        self.last = text
        return "\n" + text


class _PyTreeInfo(NamedTuple):
    """How arguments and results that are structures come apart.

    Attributes:
        orig_args: the names of the arguments as the program passes them.
        in_spec: the structure of the tuple of them.
        out_spec: the structure of the result; None if it is handed on as it is.
    """

    orig_args: list[str]
    in_spec: pytree.TreeSpec
    out_spec: pytree.TreeSpec | None


class _PyTreeCodeGen(CodeGen):
    """Source of a function whose arguments are structures: it takes them apart, and puts the result together."""

    def __init__(self, pytree_info: _PyTreeInfo) -> None:
        super().__init__()
        self.pytree_info = pytree_info

    def process_inputs(self, *inputs: Any) -> Any:
        return pytree.arg_tree_leaves(*inputs)

    def process_outputs(self, out: Any) -> Any:
        spec = self.pytree_info.out_spec
        if spec is None:
            return out
        return pytree.tree_unflatten(list(out) if isinstance(out, (list, tuple)) else [out], spec)

    def gen_fn_def(self, free_vars: list[str], maybe_return_annotation: str, *, expanded_def: bool = False) -> str:
        if self.pytree_info is None:
            return super().gen_fn_def(free_vars, maybe_return_annotation)
        arguments = list(self.pytree_info.orig_args)
        has_self = bool(arguments) and arguments[0] == "self"
        passed = arguments[1:] if has_self else arguments
        head = super().gen_fn_def(arguments if has_self else ["self", *passed], maybe_return_annotation)
        leaves = [re.split(r"[ :=]", variable, maxsplit=1)[0] for variable in free_vars]
        if not leaves:
            return head
        return head + f"\n    {', '.join(leaves)}, = {self._take_apart(passed)}"

    def _take_apart(self, passed: list[str]) -> str:
        spec = self.pytree_info.in_spec
        children = spec.children_specs
        if spec.type is tuple and len(children) == 2 and [c.type for c in children] == [tuple, dict]:
            positional, named = children  # a signature of (args, kwargs)
            if positional.num_children + named.num_children == len(passed):
                first = passed[: positional.num_children]
                rest = zip(named.context, passed[positional.num_children :], strict=True)
                args = "(" + "".join(f"{name}, " for name in first) + ")"
                kwargs = "{" + ", ".join(f"'{key}': {name}" for key, name in rest) + "}"
                return f"fx_pytree.tree_flatten_spec(({args}, {kwargs}), self._in_spec)"
        return f"fx_pytree.tree_flatten_spec([{', '.join(passed)}], self._in_spec)"

    def generate_output(self, output_args: Argument, **options: Any) -> str:
        write = options.get("repr_fn") or repr
        if self.pytree_info is not None and self.pytree_info.out_spec is not None:
            return f"return pytree.tree_unflatten({write(output_args)}, self._out_spec)"
        return super().generate_output(output_args, **options)
