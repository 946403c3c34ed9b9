"""GraphModule: a Module whose forward is generated from a graph.

Compiling and storing source is in _source.py.
"""

from __future__ import annotations

import contextlib
import copy
import os
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flambeau
from flambeau import nn
from flambeau.nn.modules.module import _HOOK_DICTIONARIES

from . import _naming, _source
from ._codegen import PythonCode, _PyTreeCodeGen
from ._compatibility import stable, unstable
from .graph import Graph

__all__ = ["GraphModule", "reduce_graph_module"]

_USER_PRESERVED_ATTRIBUTES_KEY = "_user_preserved_attributes"
FX_GRAPH_MODULE_FILE_PREFIX = "fx_generated_"
# What belongs to every Module and is not copied from the root of a graph.
_HOOK_NAMES = ("_create_node_hooks", "_erase_node_hooks", "_replace_hooks", "_deepcopy_hooks")


def _parent(module: nn.Module, path: str, create: bool = False) -> tuple[Any, str]:
    """The module that holds the last part of a path, and that part."""
    *parents, last = path.split(".")
    at: Any = module
    for part in parents:
        if create and not hasattr(at, part):
            setattr(at, part, nn.Module())
        at = getattr(at, part)
    return at, last


def _get_attr(model: nn.Module, attr_name: str) -> Any:
    at, last = _parent(model, attr_name)
    return getattr(at, last)


def _has_attr(model: nn.Module, attr_name: str) -> bool:
    try:
        _get_attr(model, attr_name)
    except AttributeError:
        return False
    return True


def _del_attr(model: nn.Module, attr_name: str) -> None:
    at, last = _parent(model, attr_name)
    delattr(at, last)


def _assign_attr(from_obj: Any, to_module: nn.Module, target: str) -> None:
    """Set an attribute by its path, with modules made on the way; tensors become buffers."""
    at, last = _parent(to_module, target, create=True)
    is_buffer = isinstance(from_obj, flambeau.Tensor) and not isinstance(from_obj, nn.Parameter)
    if is_buffer and (last in at._buffers or not hasattr(at, last)):
        at.register_buffer(last, from_obj)
    else:
        setattr(at, last, from_obj)


def _copy_attr(from_module: nn.Module, to_module: nn.Module, target: str) -> None:
    """Copy an attribute by its path; buffers stay as persistent as they are."""
    source, last = _parent(from_module, target)
    value = getattr(source, last)
    if isinstance(value, flambeau.Tensor) and not isinstance(value, nn.Parameter):
        at, last = _parent(to_module, target, create=True)
        persistent = last not in getattr(source, "_non_persistent_buffers_set", ())
        if hasattr(at, last) and last not in at._buffers:
            setattr(at, last, value)
        else:
            at.register_buffer(last, value, persistent=persistent)
        return
    _assign_attr(value, to_module, target)


class _CodeOnlyModule(nn.Module):
    """A module with given contents; its forward is set from outside."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__()
        self.__dict__ = body


def _note_generated_line(error: BaseException) -> None:
    """Say in the exception which line of generated code was running, if it came out of one directly."""
    frames = traceback.extract_tb(error.__traceback__)
    generated = [frame for frame in frames if _source.PREFIX in frame.filename]
    if generated and not any("of the traced module" in note for note in getattr(error, "__notes__", ())):
        frame = generated[-1]
        error.add_note(f"in line {frame.lineno} of the traced module's generated code: {frame.line}")


class GraphModule(nn.Module):
    """A Module that computes what a graph says.

    The attributes that the graph mentions are taken over from `root`. `code` is the source of `forward`; after a
    change of the graph, `recompile` makes it anew.

    Args:
        root: a Module, or a dict from paths ("layer.weight") to attributes.
        graph: the graph; it is copied if it belongs to another module already.
        class_name: the name of the class, for printing.

    Raises:
        RuntimeError: `root` is neither, or the dict lacks what the graph mentions.
        AttributeError: the module lacks it.
    """

    _graph: Graph
    meta: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        # Each has a class of its own, which holds its forward.
        base = next(c for c in cls.__mro__ if not c.__dict__.get("_holds_generated_code", False))
        own = type(base.__name__, (base,), {"__module__": base.__module__, "__qualname__": base.__qualname__})
        own._holds_generated_code = True  # type: ignore[attr-defined]
        made: Any = super().__new__(own)
        if not issubclass(own, cls) and (args or kwargs):  # called as type(other)(…): Python leaves this out then
            made.__init__(*args, **kwargs)
        return made

    @stable
    def __init__(self, root: nn.Module | dict[str, Any], graph: Graph, class_name: str = "GraphModule") -> None:
        super().__init__()
        type(self).__name__ = class_name
        if not isinstance(root, (nn.Module, dict)):
            raise RuntimeError(f"fx.GraphModule: root is {root!r}; a Module or a dict of attributes is wanted")
        self.meta = {}
        for name in _HOOK_NAMES:
            self.__dict__[name] = []
        if isinstance(root, nn.Module):
            self._take_from_module(root, graph)
        else:
            self._take_from_dict(root, graph)
        self.graph = graph
        self._tracer_cls = graph._tracer_cls if _importable(graph._tracer_cls) else None
        self._tracer_extras = graph._tracer_extras or {}

    def _take_from_module(self, root: nn.Module, graph: Graph) -> None:
        if hasattr(root, "training"):
            self.training = root.training
        for name in ("_state_dict_hooks", "_load_state_dict_pre_hooks"):
            if isinstance(root, GraphModule) and (hooks := root.__dict__.get(name)):
                self.__dict__[name] = copy.copy(hooks)
        if isinstance(root, (_CodeOnlyModule, GraphModule)):
            self.meta.update(root.__dict__.get("meta", {}))
            for name, value in self.meta.get(_USER_PRESERVED_ATTRIBUTES_KEY, {}).items():
                setattr(self, name, value)
        for node in graph.nodes:
            if node.op in ("get_attr", "call_module"):
                _copy_attr(root, self, str(node.target))

    def _take_from_dict(self, root: dict[str, Any], graph: Graph) -> None:
        wanted = dict.fromkeys(str(n.target) for n in graph.nodes if n.op in ("get_attr", "call_module"))
        for target in sorted(wanted, key=lambda t: t.count(".")):  # parents before what they hold
            if target not in root:
                raise RuntimeError(f"fx.GraphModule: the graph wants {target!r}, which the dict of attributes lacks")
            _assign_attr(root[target], self, target)

    # The graph and its code. -----------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The graph. Assigning another one compiles it."""
        return self._graph

    @graph.setter
    def graph(self, g: Graph) -> None:
        if not isinstance(g, Graph):
            raise AssertionError(f"fx.GraphModule.graph: a Graph is wanted, but got {g!r} of type {type(g).__name__}")
        owner = g.owning_module
        if owner is not None and owner is not self:
            g = copy.deepcopy(g)
        self._graph = g
        g.owning_module = self
        self.recompile()

    @property
    def code(self) -> str:
        """The source of forward."""
        if "_code" not in self.__dict__:
            raise RuntimeError("fx.GraphModule.code: there is none yet; recompile makes it")
        return self._code

    @stable
    def recompile(self) -> PythonCode:
        """Make `forward` anew from the graph; to be called after changing it."""
        python_code = self._python_code()
        self._code = python_code.src
        self._lineno_map = python_code._lineno_map
        self._prologue_start = python_code._prologue_start
        function = _source.compile_function(
            python_code.src, python_code.globals, self._graph._codegen._func_name, self._graph._co_fields
        )
        type(self).forward = function
        return python_code

    def _python_code(self) -> PythonCode:
        codegen = self._graph._codegen
        if isinstance(codegen, _PyTreeCodeGen):
            self._in_spec = codegen.pytree_info.in_spec
            self._out_spec = codegen.pytree_info.out_spec
        return self._graph.python_code(root_module="self")

    def _recompile_submodules(self) -> list[tuple[str, PythonCode]]:
        return [
            (name, m.recompile()) for name, m in self.named_modules() if isinstance(m, GraphModule) and m is not self
        ]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except Exception as error:
            _note_generated_line(error)
            raise

    @unstable
    def print_readable(
        self,
        print_output: bool = True,
        include_stride: bool = False,
        include_device: bool = False,
        colored: bool = False,
        *,
        fast_sympy_print: bool = False,
        expanded_def: bool = False,
        additional_meta: list[str] | None = None,
    ) -> str:
        """The source of this module and of the graph modules in it, with types and origins; printed, too.

        Args:
            print_output: whether to print it.
            include_stride, include_device: in the types.
            expanded_def: one parameter a line.
            colored, fast_sympy_print, additional_meta: accepted; they change nothing.
        """
        text = self._readable(type(self).__name__, include_stride, include_device, expanded_def)
        if print_output:
            print(text)
        return text

    def _readable(self, name: str, include_stride: bool, include_device: bool, expanded_def: bool) -> str:
        code = self._graph.python_code(
            "self",
            verbose=True,
            include_stride=include_stride,
            include_device=include_device,
            expanded_def=expanded_def,
        ).src
        inside = "".join("    " + line if line.strip() else "\n" for line in code.strip().splitlines(keepends=True))
        parts = [f"class {name}({_naming.library()}.nn.Module):\n{inside}\n"]
        for child_name, child in self.named_children():
            if isinstance(child, GraphModule):
                text = child._readable(child_name, include_stride, include_device, expanded_def)
                parts.append(
                    "".join("    " + line if line.strip() else line for line in text.splitlines(keepends=True))
                )
        return "\n".join(parts)

    def __str__(self) -> str:
        hint = "# print_readable() shows more: types, and where lines come from"
        return "\n".join([super().__str__(), self._code, hint])

    # Submodules. -----------------------------------------------------------------------------------------------

    @unstable
    def add_submodule(self, target: str, m: nn.Module) -> bool:
        """Put a module at a path, with empty modules made on the way.

        Returns:
            False if something on the way is no module.
        """
        at: Any = self
        *parents, last = target.split(".")
        for part in parents:
            if not hasattr(at, part):
                setattr(at, part, nn.Module())
            at = getattr(at, part)
            if not isinstance(at, nn.Module):
                return False
        at.add_module(last, m)
        return True

    @unstable
    def delete_submodule(self, target: str) -> bool:
        """Remove the module at a path.

        Returns:
            False if there is none. The calls of it stay in the graph; it fails when it is run with them.
        """
        try:
            at, last = _parent(self, target)
            found = getattr(at, last)
        except AttributeError:
            return False
        if not isinstance(found, nn.Module):
            return False
        delattr(at, last)
        return True

    @unstable
    def delete_all_unused_submodules(self) -> None:
        """Remove the modules that the graph neither calls nor reads from, and that hold none it does."""
        used: set[str] = set()
        for node in self.graph.nodes:
            if node.op not in ("call_module", "get_attr"):
                continue
            path = str(node.target).split(".")
            used.update(".".join(path[: count + 1]) for count in range(len(path)))
            if node.op == "call_module":
                try:
                    called = self.get_submodule(str(node.target))
                except AttributeError:
                    continue
                used.update(f"{node.target}.{name}" for name, _ in called.named_modules() if name)
        for name in [name for name, _ in self.named_modules() if name and name not in used]:
            self.delete_submodule(name)

    # Copies and files. -----------------------------------------------------------------------------------------

    @unstable
    def to_folder(self, folder: str | os.PathLike[str], module_name: str = "FxModule") -> None:
        """Write the module as a Python package: its code, its parameters and the modules it calls.

        Args:
            folder: where; it is made.
            module_name: the name of the class.

        The module is pickled where Python source for it cannot be given; loading it then needs its class.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        flambeau.save(self.state_dict(), place / "state_dict.pt")
        library = _naming.library()
        lines = []
        blobs: dict[str, nn.Module] = {}
        for name, child in self.named_children():
            source = _constructor(child)
            if source is None:
                blobs[name] = child
                source = f'{library}.load(folder / "{name}.pt", weights_only=False)'
            lines.append(
                f"        self.{name} = {source}"
                if name.isidentifier()
                else f'        self.add_module("{name}", {source})'
            )
        if blobs:
            warnings.warn(
                f"fx.GraphModule.to_folder: the modules {list(blobs)} are pickled: their text is not their constructor",
                stacklevel=2,
            )
        for name, child in blobs.items():
            flambeau.save(child, place / f"{name}.pt")
        for name, parameter in self._parameters.items():
            if parameter is not None:
                made = _empty(parameter, library)
                lines.append(
                    f"        self.{name} = {library}.nn.Parameter({made}, requires_grad={parameter.requires_grad})"
                )
        for name, buffer in self._buffers.items():
            if buffer is not None:
                made = _empty(buffer, library)
                keep = name not in self._non_persistent_buffers_set
                lines.append(f'        self.register_buffer("{name}", {made}, persistent={keep})')
        code = self.code
        body = "".join("    " + line if line.strip() else "\n" for line in code.strip().splitlines(keepends=True))
        imports = _source.import_block(self._python_code().globals)
        if library != "torch":
            imports = imports.replace("import torch\n", "").replace("torch", library)
        nothing = "        pass"
        text = (
            f"from pathlib import Path\n\nimport {library}\n{imports}\nfrom {library}.nn import *\n\n\n"
            f"class {module_name}({library}.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        folder = Path(__file__).resolve().parent\n"
            + ("\n".join(lines) or nothing)
            + f'\n        self.load_state_dict({library}.load(folder / "state_dict.pt"))\n\n{body}\n'
        )
        (place / "module.py").write_text(text)
        (place / "__init__.py").write_text("from .module import *\n")

    def __reduce__(self) -> Any:
        contents = self.__dict__.copy()
        with _naming.written_as_torch():
            code = self._python_code()
        contents["_code"] = code.src
        del contents["_graph"]
        for name in _HOOK_NAMES:
            contents.pop(name, None)
        contents["_graphmodule_cls_name"] = type(self).__name__
        return reduce_graph_module, (contents, _source.import_block(code.globals))

    def __deepcopy__(self, memo: dict[int, Any]) -> GraphModule:
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        body = _CodeOnlyModule({})
        skipped = {"_graph", *_HOOK_NAMES}
        body.__dict__ = copy.deepcopy({k: v for k, v in self.__dict__.items() if k not in skipped}, memo)
        self._deepcopy_init()(made, body, copy.deepcopy(self._graph, memo), type(self).__name__)
        for name in (*_MODULE_STATE, "_tracer_cls", "_tracer_extras"):
            if name in body.__dict__:
                made.__dict__[name] = body.__dict__[name]
        _keep_rest(body, made)
        for hook in self.__dict__.get("_deepcopy_hooks", ()):
            hook(made)
        return made

    def _deepcopy_init(self) -> Callable[..., None]:
        return GraphModule.__init__

    def __copy__(self) -> GraphModule:
        made = GraphModule(self, copy.deepcopy(self._graph), type(self).__name__)
        made.meta = copy.copy(self.meta)
        return made

    def _replicate_for_data_parallel(self) -> GraphModule:
        return self.__copy__()

    # Hooks on changes of the graph. ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def _set_replace_hook(self, f: Callable[..., Any]) -> Iterator[None]:
        self._register_replace_node_hook(f)
        try:
            yield
        finally:
            self._unregister_replace_node_hook(f)

    def _register_replace_node_hook(self, f: Callable[..., Any]) -> None:
        self.__dict__["_replace_hooks"].append(f)

    def _unregister_replace_node_hook(self, f: Callable[..., Any]) -> None:
        self.__dict__["_replace_hooks"].remove(f)

    def _register_create_node_hook(self, f: Callable[..., Any]) -> None:
        self.__dict__["_create_node_hooks"].append(f)

    def _unregister_create_node_hook(self, f: Callable[..., Any]) -> None:
        self.__dict__["_create_node_hooks"].remove(f)

    def _register_erase_node_hook(self, f: Callable[..., Any]) -> None:
        self.__dict__["_erase_node_hooks"].append(f)

    def _unregister_erase_node_hook(self, f: Callable[..., Any]) -> None:
        self.__dict__["_erase_node_hooks"].remove(f)

    def _register_deepcopy_hook(self, f: Callable[..., Any]) -> None:
        self.__dict__["_deepcopy_hooks"].append(f)

    def _unregister_deepcopy_hook(self, f: Callable[..., Any]) -> None:
        self.__dict__["_deepcopy_hooks"].remove(f)


_MODULE_STATE = (*_HOOK_DICTIONARIES, "training", "_non_persistent_buffers_set", "_is_full_backward_hook")


def _keep_rest(body: nn.Module, made: nn.Module) -> None:
    """Parameters, buffers and modules that no node mentions stay, too."""
    for group in ("_parameters", "_buffers", "_modules"):
        for name, value in body.__dict__.get(group, {}).items():
            if name not in made.__dict__[group]:
                made.__dict__[group][name] = value


def _empty(tensor: flambeau.Tensor, library: str) -> str:
    """The source that makes a tensor of the same shape and type."""
    return f"{library}.empty({list(tensor.shape)}, dtype={library}.{str(tensor.dtype).rpartition('.')[2]})"


def _importable(cls: Any) -> bool:
    """Whether a class can be found again by its name, so that it can be pickled."""
    return cls is not None and "<locals>" not in cls.__qualname__


def _constructor(module: nn.Module) -> str | None:
    """The source that makes a module like this one; None where its text does not say so."""
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return repr(module) if type(module) in kinds else None


@stable
def reduce_graph_module(body: dict[str, Any], import_block: str) -> nn.Module:
    """A graph module from what a pickle holds: its attributes, its code, and the imports that the code needs.

    The code is traced anew, without looking into the modules it calls.
    """
    source = body.get("_code") or body["code"]
    return _deserialize_graph_module(_source.load_function(import_block, source), body)


def _deserialize_graph_module(
    forward: Callable[..., Any], body: dict[str, Any], graph_module_cls: type[GraphModule] | None = None
) -> nn.Module:
    from ._symbolic_trace import Tracer

    tracer_cls: type[Any] = body.get("_tracer_cls") or Tracer
    class_name = body.get("_graphmodule_cls_name", "GraphModule")
    holder = _CodeOnlyModule(body)
    holder.__class__ = type("_Stored", (_CodeOnlyModule,), {"forward": forward})

    class KeepModules(tracer_cls):
        """Calls of modules stay calls."""

        def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
            return True

    graph = KeepModules().trace(holder, **body.get("_tracer_extras", {}))
    graph._tracer_cls = tracer_cls
    made = (graph_module_cls or GraphModule)(holder, graph, class_name)
    for name, value in body.items():
        if name not in made.__dict__:
            made.__dict__[name] = value
    _keep_rest(holder, made)
    for name in _MODULE_STATE:
        if name in body:
            made.__dict__[name] = body[name]
    return made
