"""Weight normalization by a forward pre-hook (Salimans and Kingma 2016).

The newer form is utils.parametrizations.weight_norm.
"""

from __future__ import annotations

import warnings
from typing import Any

from flambeau._C import aten

from ..modules.module import Module
from ..parameter import Parameter


class WeightNorm:
    """The hook: computes ``name`` from ``name_g`` (length) and ``name_v`` (direction) before each forward."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Any) -> Any:
        """The weight of now."""
        return aten._weight_norm(getattr(module, self.name + "_v"), getattr(module, self.name + "_g"), self.dim)

    @staticmethod
    def apply(module: Any, name: str, dim: int | None) -> WeightNorm:
        """Splits the weight and registers the hook. RuntimeError when it is there already."""
        if any(isinstance(h, WeightNorm) and h.name == name for h in module._forward_pre_hooks.values()):
            raise RuntimeError(f"weight_norm: cannot register two weight_norm hooks on the same parameter {name}")
        self = WeightNorm(name, dim)
        weight = getattr(module, name)
        del module._parameters[name]
        module.register_parameter(name + "_g", Parameter(aten.norm_except_dim(weight, 2, self.dim).data))
        module.register_parameter(name + "_v", Parameter(weight.data))
        setattr(module, name, self.compute_weight(module))
        module.register_forward_pre_hook(self)
        return self

    def remove(self, module: Any) -> None:
        """Makes the weight a single parameter again."""
        value = Parameter(self.compute_weight(module).data)
        for suffix in ("_v", "_g", ""):
            delattr(module, self.name + suffix)
        setattr(module, self.name, value)

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Learns length and direction of a weight separately; lengths are taken along all dimensions but ``dim``."""
    warnings.warn(
        "`nn.utils.weight_norm` is deprecated in favor of `nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Undoes :func:`weight_norm`. ValueError when there is none."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
