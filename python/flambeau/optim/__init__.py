"""Optimizers and what goes with them: schedules of the learning rate, averages of weights.

>>> model = flambeau.nn.Linear(3, 1)
>>> optimizer = flambeau.optim.AdamW(model.parameters(), lr=0.01)
>>> model(flambeau.ones(4, 3)).sum().backward()
>>> optimizer.step()
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .optimizer import Optimizer as Optimizer

if TYPE_CHECKING:
    from . import lr_scheduler as lr_scheduler
    from . import swa_utils as swa_utils
    from ._adafactor import Adafactor as Adafactor
    from ._muon import Muon as Muon
    from .adadelta import Adadelta as Adadelta
    from .adagrad import Adagrad as Adagrad
    from .adam import Adam as Adam
    from .adamax import Adamax as Adamax
    from .adamw import AdamW as AdamW
    from .asgd import ASGD as ASGD
    from .lbfgs import LBFGS as LBFGS
    from .nadam import NAdam as NAdam
    from .radam import RAdam as RAdam
    from .rmsprop import RMSprop as RMSprop
    from .rprop import Rprop as Rprop
    from .sgd import SGD as SGD
    from .sparse_adam import SparseAdam as SparseAdam

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SparseAdam",
    "lr_scheduler",
    "swa_utils",
]

_HOMES = {
    "Adafactor": "_adafactor",
    "Muon": "_muon",
    "Adadelta": "adadelta",
    "Adagrad": "adagrad",
    "Adam": "adam",
    "Adamax": "adamax",
    "AdamW": "adamw",
    "ASGD": "asgd",
    "LBFGS": "lbfgs",
    "NAdam": "nadam",
    "RAdam": "radam",
    "RMSprop": "rmsprop",
    "Rprop": "rprop",
    "SGD": "sgd",
    "SparseAdam": "sparse_adam",
}


def __getattr__(name: str) -> Any:
    # A program uses one or two optimizers; the others are read when asked for.
    from importlib import import_module

    if name in ("lr_scheduler", "swa_utils"):
        return import_module(f"flambeau.optim.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'flambeau.optim' has no attribute {name!r}")
    value = getattr(import_module(f"flambeau.optim.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))


def _show_all() -> None:
    """Read every optimizer, for programs that look for them in ``vars(torch.optim)``."""
    for name in __all__:
        if name not in globals():
            globals()[name] = __getattr__(name)


if sys.modules.get("torch") is sys.modules["flambeau"]:
    _show_all()
