"""A line search that fulfils the strong Wolfe conditions (Nocedal and Wright, section 3.5), used by L-BFGS.

A bracket is found by growing the step, then narrowed by cubic interpolation with a guard against creeping along one
of its ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Point(NamedTuple):
    """A step length with the loss, the gradient and the slope along the direction there."""

    t: Any
    loss: Any
    grad: Any
    slope: Any


def cubic_minimum(a: Point, b: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """The minimum, inside the bounds, of the cubic that has the losses and slopes of two points."""
    low, high = bounds if bounds is not None else ((a.t, b.t) if a.t <= b.t else (b.t, a.t))
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2.0
    d2 = square.sqrt() if hasattr(square, "sqrt") else square**0.5
    left, right = (a, b) if a.t <= b.t else (b, a)
    best = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return min(max(best, low), high)


def strong_wolfe(
    evaluate: Callable[[Any, Any], tuple[float, Any]],
    t: Any,
    direction: Any,
    loss: float,
    grad: Any,
    slope: Any,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance_change: float = 1e-9,
    max_steps: int = 25,
) -> tuple[float, Any, Any, int]:
    """Find a step length; returns loss and gradient there, the length, and the number of evaluations.

    Args:
        evaluate: gives loss and gradient at a length along the direction.
        t: first length tried.
        direction: where to search, with ``slope = grad·direction < 0``.
        loss, grad, slope: values at length 0.
        c1, c2: constants of the decrease and the curvature condition.
        tolerance_change: a bracket smaller than this ends the search.
        max_steps: most evaluations of the first phase, and of both together.
    """
    largest = direction.abs().max()

    def look(length: Any) -> Point:
        value, gradient = evaluate(length, direction)
        return Point(length, value, gradient, gradient.dot(direction))

    origin = Point(0, loss, grad.clone(), slope)
    before, point = origin, look(t)
    calls, steps = 1, 0
    bracket: list[Point] = []
    done = False
    while steps < max_steps:
        if point.loss > loss + c1 * point.t * slope or (steps > 1 and point.loss >= before.loss):
            bracket = [before, point]
            break
        if abs(point.slope) <= -c2 * slope:
            bracket, done = [point], True
            break
        if point.slope >= 0:
            bracket = [before, point]
            break
        reach = (point.t + 0.01 * (point.t - before.t), point.t * 10)
        following = cubic_minimum(before, point, reach)
        before = Point(point.t, point.loss, point.grad.clone(), point.slope)
        point = look(following)
        calls += 1
        steps += 1
    if not bracket:
        bracket = [origin, point]

    low, high = (0, -1) if bracket[0].loss <= bracket[-1].loss else (-1, 0)
    stuck = False
    while not done and steps < max_steps:
        width = abs(bracket[1].t - bracket[0].t)
        if width * largest < tolerance_change:
            break
        length = cubic_minimum(bracket[0], bracket[1])
        left, right = min(bracket[0].t, bracket[1].t), max(bracket[0].t, bracket[1].t)
        margin = 0.1 * (right - left)
        if min(right - length, length - left) < margin:
            # Near an end twice, or past it: go a tenth of the bracket inside that end.
            if stuck or length >= right or length <= left:
                length = right - margin if abs(length - right) < abs(length - left) else left + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        point = look(length)
        calls += 1
        steps += 1
        if point.loss > loss + c1 * point.t * slope or point.loss >= bracket[low].loss:
            bracket[high] = Point(point.t, point.loss, point.grad.clone(), point.slope)
            low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
            continue
        if abs(point.slope) <= -c2 * slope:
            done = True
        elif point.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = Point(point.t, point.loss, point.grad.clone(), point.slope)
    best = bracket[low]
    return best.loss, best.grad, best.t, calls
