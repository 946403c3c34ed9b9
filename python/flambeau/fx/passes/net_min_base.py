"""Finding the part of a graph that two ways of running it disagree on. Not available."""

from __future__ import annotations

from typing import Any

from .._compatibility import unstable

__all__ = [
    "FxNetMinimizerBadModuleError",
    "FxNetMinimizerResultMismatchError",
    "FxNetMinimizerRunFuncError",
]


@unstable
class FxNetMinimizerBadModuleError(Exception):
    """A part of the graph cannot be made into a module."""


@unstable
class FxNetMinimizerRunFuncError(Exception):
    """A part of the graph cannot be run."""


@unstable
class FxNetMinimizerResultMismatchError(Exception):
    """The results of the two ways differ."""


class _MinimizerBase:
    """The search. Making one raises NotImplementedError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "fx.passes.net_min_base: searching for the part of a graph that goes wrong; an Interpreter that runs each "
            "node in two ways (run_node) and compares finds it, too"
        )


_MinimizerSettingBase = _MinimizerBase
