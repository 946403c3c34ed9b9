"""Places in a model where numbers would become integers and back; in a model that is not converted they do nothing."""

from __future__ import annotations

from typing import Any

from flambeau import nn

__all__ = ["DeQuantStub", "QuantStub", "QuantWrapper"]


class QuantStub(nn.Module):
    """Where integers would begin. Gives its input."""

    def __init__(self, qconfig: Any = None) -> None:
        super().__init__()
        if qconfig:
            self.qconfig = qconfig

    def forward(self, x: Any) -> Any:
        return x


class DeQuantStub(QuantStub):
    """Where integers would end. Gives its input."""


class QuantWrapper(nn.Module):
    """A module between the two stubs, ``quant`` and ``dequant``; what it computes is the module's."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.add_module("quant", QuantStub())
        self.add_module("dequant", DeQuantStub())
        self.add_module("module", module)
        self.train(module.training)

    def forward(self, X: Any) -> Any:
        return self.dequant(self.module(self.quant(X)))
