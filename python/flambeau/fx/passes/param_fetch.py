"""Options of modules as attributes of the nodes that call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import nn

from .._compatibility import unstable
from ..graph_module import GraphModule

__all__ = ["default_matching", "extract_attrs_for_lowering", "lift_lowering_attrs_to_nodes"]


@unstable
def default_matching(name: str, target_version: int) -> str:
    """Names of options are what they are."""
    return name


_CONVOLUTION = [
    "weight", "bias", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode",
]  # fmt: skip
_NORM = ["weight", "bias", "running_mean", "running_var", "eps"]
# For each class: the version its options are known for, their names, and what they are called in another version.
module_fetch_book: dict[type[nn.Module], tuple[int, list[str], Callable[[str, int], str]]] = {
    nn.Linear: (1, ["weight", "bias"], default_matching),
    nn.Conv2d: (1, _CONVOLUTION, default_matching),
    nn.BatchNorm2d: (2, _NORM, default_matching),
    nn.AdaptiveAvgPool2d: (1, [], default_matching),
    nn.MaxPool2d: (
        1,
        ["kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"],
        default_matching,
    ),
    nn.ReLU: (1, ["inplace"], default_matching),
}


@unstable
def extract_attrs_for_lowering(mod: nn.Module) -> dict[str, Any]:
    """The options of a module, with "name" for its class.

    Raises:
        RuntimeError: a class that `module_fetch_book` lacks, or of a newer version.
    """
    kind = type(mod)
    if kind not in module_fetch_book:
        raise RuntimeError(f"fx.extract_attrs_for_lowering: {kind.__name__} is not in module_fetch_book")
    version, names, renamed = module_fetch_book[kind]
    if version < mod._version:
        raise RuntimeError(
            f"fx.extract_attrs_for_lowering: {kind.__name__} has version {mod._version}; "
            f"options are known up to {version}"
        )
    found: dict[str, Any] = {"name": f"{kind.__module__}.{kind.__qualname__}"}
    for name in names:
        found[name] = getattr(mod, renamed(name, mod._version))
    return found


@unstable
def lift_lowering_attrs_to_nodes(fx_module: GraphModule) -> None:
    """Set `attrs_for_lowering` of every node that calls a module, in graph modules inside, too."""
    modules = dict(fx_module.named_modules())
    for node in fx_module.graph.nodes:
        if node.op != "call_module":
            continue
        called = modules[str(node.target)]
        if isinstance(called, GraphModule):
            lift_lowering_attrs_to_nodes(called)
        else:
            node.attrs_for_lowering = extract_attrs_for_lowering(called)
