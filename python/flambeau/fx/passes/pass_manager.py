"""PassManager over plain functions of a module that give a module."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from inspect import unwrap
from typing import Any

from .infra.pass_manager import _validate_pass_schedule_constraint, this_before_that_pass_constraint

__all__ = [
    "PassManager",
    "inplace_wrapper",
    "log_hook",
    "loop_pass",
    "these_before_those_pass_constraint",
    "this_before_that_pass_constraint",
]

logger = logging.getLogger(__name__)


def inplace_wrapper(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function that changes its first argument give it back."""

    @wraps(fn)
    def wrapped(gm: Any, *args: Any, **kwargs: Any) -> Any:
        fn(gm, *args, **kwargs)
        return gm

    return wrapped


def log_hook(fn: Callable[..., Any], level: int = logging.INFO) -> Callable[..., Any]:
    """Log what a function gives."""

    @wraps(fn)
    def wrapped(gm: Any) -> Any:
        result = fn(gm)
        logger.log(level, "%s: %s", fn, result)
        return result

    return wrapped


def loop_pass(
    base_pass: Callable[[Any], Any], n_iter: int | None = None, predicate: Callable[[Any], bool] | None = None
) -> Callable[[Any], Any]:
    """Run a pass a number of times, or as long as a condition on the result holds."""
    if (n_iter is None) == (predicate is None):
        raise AssertionError("fx.loop_pass: give either n_iter or predicate")

    @wraps(base_pass)
    def looped(source: Any) -> Any:
        output = source
        if n_iter is not None:
            for _ in range(n_iter):
                output = base_pass(output)
            return output
        assert predicate is not None
        while predicate(output):
            output = base_pass(output)
        return output

    return looped


def these_before_those_pass_constraint(these: Callable[..., Any], those: Callable[..., Any]) -> Callable[..., bool]:
    """`this_before_that_pass_constraint` on what decorators wrap."""

    def allows(a: Callable[..., Any], b: Callable[..., Any]) -> bool:
        return unwrap(a) is not those or unwrap(b) is not these

    return allows


class PassManager:
    """Runs functions one after the other, each on what the last gave.

    Args:
        passes: the functions.
        constraints: functions of two passes: whether the first may run before the second.
    """

    def __init__(
        self, passes: list[Callable[..., Any]] | None = None, constraints: list[Callable[..., bool]] | None = None
    ) -> None:
        self.passes = passes or []
        self.constraints = constraints or []
        self._validated = False

    @classmethod
    def build_from_passlist(cls, passes: list[Callable[..., Any]]) -> PassManager:
        """A manager without constraints."""
        return cls(passes)

    def add_pass(self, _pass: Callable[..., Any]) -> None:
        """Add a pass at the end."""
        self.passes.append(_pass)
        self._validated = False

    def add_constraint(self, constraint: Callable[..., bool]) -> None:
        """Add a constraint."""
        self.constraints.append(constraint)
        self._validated = False

    def remove_pass(self, _passes: list[str]) -> None:
        """Leave out the passes of these names."""
        self.passes = [fn for fn in self.passes if fn.__name__ not in _passes]
        self._validated = False

    def replace_pass(self, _target: Callable[..., Any], _replacement: Callable[..., Any]) -> None:
        """Put one pass in the place of those of another's name."""
        self.passes = [_replacement if fn.__name__ == _target.__name__ else fn for fn in self.passes]
        self._validated = False

    def validate(self) -> None:
        """Check the order. Raises RuntimeError where a constraint forbids it."""
        if not self._validated:
            for constraint in self.constraints:
                _validate_pass_schedule_constraint(constraint, self.passes)
            self._validated = True

    def __call__(self, source: Any) -> Any:
        self.validate()
        for fn in self.passes:
            source = fn(source)
        return source
