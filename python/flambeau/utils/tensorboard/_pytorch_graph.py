"""The graph of a model for TensorBoard: each call of one forward pass becomes a node in its module's scope."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

import flambeau
from flambeau.overrides import TorchFunctionMode

from . import _need_tensorboard

_need_tensorboard()
from tensorboard.compat.proto.attr_value_pb2 import AttrValue  # noqa: E402
from tensorboard.compat.proto.config_pb2 import RunMetadata  # noqa: E402
from tensorboard.compat.proto.graph_pb2 import GraphDef  # noqa: E402
from tensorboard.compat.proto.node_def_pb2 import NodeDef  # noqa: E402
from tensorboard.compat.proto.step_stats_pb2 import DeviceStepStats, StepStats  # noqa: E402
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto  # noqa: E402
from tensorboard.compat.proto.versions_pb2 import VersionDef  # noqa: E402

__all__ = ["graph"]


def _tensors_in(value: Any, strict: bool = False) -> list[Any]:
    if isinstance(value, flambeau.Tensor):
        return [value]
    if isinstance(value, dict):
        if strict:
            raise RuntimeError(
                "SummaryWriter.add_graph: the model gives a dict; with use_strict_trace=False its values are outputs"
            )
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [t for each in value for t in _tensors_in(each, strict)]
    return []


class _Watch(TorchFunctionMode):
    """Notes each call that takes or gives tensors. `scope` is the path of the module that runs."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.scope = type(model).__name__
        self.nodes: list[Any] = []
        self.names: dict[str, int] = {}
        self.made_by: dict[int, str] = {}  # id of a tensor -> its node
        self.alive: list[Any] = []  # so that no id is used twice
        self.state = {id(t): name for name, t in (*model.named_parameters(), *model.named_buffers())}

    def node(self, name: str, op: str, inputs: list[str], results: list[Any], text: str = "") -> str:
        """Adds a node, under a name of its own."""
        seen = self.names[name] = self.names.get(name, 0) + 1
        name = name if seen == 1 else f"{name}.{seen}"
        attributes = {"attr": AttrValue(s=text.encode())}
        if results:
            shapes = [TensorShapeProto(dim=[TensorShapeProto.Dim(size=n) for n in t.shape]) for t in results]
            attributes["_output_shapes"] = AttrValue(list=AttrValue.ListValue(shape=shapes))
        self.nodes.append(NodeDef(name=name, op=op, input=inputs, attr=attributes))
        for t in results:
            self.made_by[id(t)] = name
            self.alive.append(t)
        return name

    def source(self, tensor: Any) -> str:
        """The node that made a tensor; for one that was there before, a node is made."""
        if id(tensor) not in self.made_by:
            path = self.state.get(id(tensor))
            if path is None:
                return self.node(f"{self.scope}/constant", "prim::Constant", [], [tensor])
            return self.node(
                f"{self.scope}/{path.rpartition('.')[2]}", "prim::GetAttr", [], [tensor], f"{{name:{path}}}"
            )
        return self.made_by[id(tensor)]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        made = _tensors_in(result)
        name = getattr(func, "__name__", "")
        if made and name not in ("", "__get__"):
            given = [*args, *kwargs.values()]
            inputs = [self.source(t) for t in _tensors_in(given)]
            numbers = [str(v) for v in given if isinstance(v, (int, float, str, bool))]
            self.node(f"{self.scope}/{name}", f"aten::{name}", inputs, made, "{" + ", ".join(numbers) + "}")
        return result


@contextlib.contextmanager
def _scopes(model: Any, watch: _Watch) -> Iterator[None]:
    """Within the block the watch knows which submodule runs; modules are in evaluation mode."""
    handles, before = [], []
    modes = [(module, module.training) for module in model.modules()]

    def enters(attribute: str) -> Any:
        def hook(module: Any, args: Any) -> None:
            before.append(watch.scope)
            watch.scope += f"/{type(module).__name__}[{attribute}]"

        return hook

    def leaves(module: Any, args: Any, result: Any) -> None:
        watch.scope = before.pop()

    for path, module in model.named_modules():
        if path:
            handles.append(module.register_forward_pre_hook(enters(path.rpartition(".")[2])))
            handles.append(module.register_forward_hook(leaves))
    model.eval()
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training


def graph(model: Any, args: Any, verbose: bool = False, use_strict_trace: bool = True) -> tuple[Any, Any]:
    """The graph of one forward pass, and an empty profile of it.

    Args:
        model: a module.
        args: its argument, or a tuple of them.
        verbose: print the graph.
        use_strict_trace: refuse a dict among the model's outputs (RuntimeError).
    """
    args = args if isinstance(args, tuple) else (args,)
    watch = _Watch(model)
    names = [p.name for p in inspect.signature(model.forward).parameters.values()]
    for i, given in enumerate(args):
        for tensor in _tensors_in(given):
            watch.node(f"input/{names[i] if i < len(names) else i}", "IO Node", [], [tensor])
    with flambeau.no_grad(), _scopes(model, watch), watch:
        result = model(*args)
    for i, tensor in enumerate(_tensors_in(result, use_strict_trace)):
        watch.node(f"output/output.{i + 1}", "IO Node", [watch.source(tensor)], [tensor])
    made = GraphDef(node=watch.nodes, versions=VersionDef(producer=22))
    if verbose:
        print(made)
    profile = RunMetadata(step_stats=StepStats(dev_stats=[DeviceStepStats(device="/device:CPU:0")]))
    return made, profile
