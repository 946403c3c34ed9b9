"""PassManager: passes in an order that keeps given constraints, several times over."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from flambeau import nn

from ..._compatibility import unstable
from .pass_base import PassResult

__all__ = ["PassManager", "pass_result_wrapper", "this_before_that_pass_constraint"]

Pass = Callable[..., PassResult | None]
Constraint = Callable[[Callable[..., Any], Callable[..., Any]], bool]


@unstable
def pass_result_wrapper(fn: Callable[..., Any]) -> Pass:
    """Let a pass that changes a module in place, or gives another, give a `PassResult`."""

    @wraps(fn)
    def wrapped(gm: nn.Module) -> PassResult | None:
        result = fn(gm)
        if isinstance(result, PassResult):
            return result
        if result is None or isinstance(result, nn.Module):
            return PassResult(gm if result is None else result, True)
        raise TypeError(f"fx: the pass {fn} gave {result!r}; a PassResult, a module or None is wanted")

    if not inspect.isfunction(fn):
        wrapped.__name__ = type(fn).__name__
    return wrapped


def _validate_pass_schedule_constraint(constraint: Constraint, passes: list[Pass]) -> None:
    for at, first in enumerate(passes):
        for later in passes[at + 1 :]:
            if not constraint(first, later):
                raise RuntimeError(
                    f"fx.PassManager: {_name(first)} runs before {_name(later)}, which a constraint forbids"
                )


def _name(fn: Any) -> str:
    return getattr(fn, "__name__", type(fn).__name__)


def _topological_sort_passes(passes: list[Pass], constraints: list[Constraint]) -> list[Pass]:
    """An order of passes that all constraints allow, as near to the given one as that leaves.

    Raises:
        RuntimeError: there is none.
    """
    if not constraints:
        return passes
    waiting = list(range(len(passes)))
    before: dict[int, set[int]] = {at: set() for at in waiting}
    for first in waiting:
        for second in waiting:
            if first != second and any(not allows(passes[second], passes[first]) for allows in constraints):
                before[second].add(first)
    ordered: list[Pass] = []
    while waiting:
        ready = next((at for at in waiting if not before[at] & set(waiting)), None)
        if ready is None:
            names = [_name(passes[at]) for at in waiting]
            raise RuntimeError(
                f"fx.PassManager: the constraints leave no order for the passes {names}: a circular dependency"
            )
        waiting.remove(ready)
        ordered.append(passes[ready])
    return ordered


@unstable
def this_before_that_pass_constraint(this: Callable[..., Any], that: Callable[..., Any]) -> Constraint:
    """The constraint that one pass does not run after another."""

    def allows(a: Callable[..., Any], b: Callable[..., Any]) -> bool:
        return not (a is that and b is this)

    return allows


@unstable
class PassManager:
    """Runs passes in turn.

    Args:
        passes: functions of a module that give a `PassResult` (`pass_result_wrapper` makes such ones).
        constraints: functions of two passes: whether the first may run before the second.
        steps: how often all of them run; fewer times if nothing changes any more.
        run_checks_after_each_pass: call the function of `add_checks` then.
        suppress_check_failures: do not call it at all.
    """

    def __init__(
        self,
        passes: list[Pass] | None = None,
        constraints: list[Constraint] | None = None,
        steps: int | None = None,
        run_checks_after_each_pass: bool = False,
        suppress_check_failures: bool = False,
    ) -> None:
        self.passes = [] if passes is None else passes
        self.constraints = [] if constraints is None else constraints
        self.steps = 1 if steps is None else steps
        self.run_checks_after_each_pass = run_checks_after_each_pass
        self.suppress_check_failures = suppress_check_failures
        self._validated = False

    def add_pass(self, _pass: Callable[..., Any]) -> None:
        """Add a pass at the end."""
        self._validated = False
        self.passes.append(_pass)

    def add_constraint(self, constraint: Constraint) -> None:
        """Add a constraint."""
        self.constraints.append(constraint)
        self._validated = False

    def validate_constraints(self) -> None:
        """Check the order. Raises RuntimeError where a constraint forbids it."""
        if not self._validated:
            for constraint in self.constraints:
                _validate_pass_schedule_constraint(constraint, self.passes)
            self._validated = True

    def solve_constraints(self) -> None:
        """Put the passes into an order that the constraints allow. Raises RuntimeError where there is none."""
        self.passes = _topological_sort_passes(self.passes, self.constraints)
        self._validated = True

    def add_checks(self, check: Callable[..., Any]) -> None:
        """Set the function of a module that raises if something is wrong with it."""
        parameters = list(inspect.signature(check).parameters.values())
        if len(parameters) != 1:
            raise TypeError(
                f"fx.PassManager.add_checks: {_name(check)} takes {len(parameters)} arguments; one module is given"
            )
        self.check = check  # type: ignore[method-assign]

    def check(self, module: nn.Module) -> None:
        """The check; nothing until `add_checks`."""

    def __call__(self, module: nn.Module) -> PassResult:
        if not self._validated:
            self.solve_constraints()
        self.check(module)
        changed = False
        for _ in range(self.steps):
            step_changed = False
            for fn in self.passes:
                result = self._run(fn, module)
                module = result.graph_module
                step_changed = step_changed or result.modified
                if self.run_checks_after_each_pass:
                    self.check(module)
            changed = changed or step_changed
            if not step_changed:
                break
        if not self.suppress_check_failures:
            self.check(module)
        return PassResult(module, changed)

    @staticmethod
    def _run(fn: Pass, module: nn.Module) -> PassResult:
        try:
            result = fn(module)
        except Exception as error:
            error.add_note(f"in the pass {_name(fn)}")
            raise
        if not isinstance(result, PassResult):
            raise TypeError(
                f"fx.PassManager: the pass {_name(fn)} gave {result!r}; a PassResult is wanted "
                "(pass_result_wrapper makes one)"
            )
        return result
