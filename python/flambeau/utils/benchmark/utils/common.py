"""What was measured, the measurement itself, and numbers as text."""

from __future__ import annotations

import contextlib
import math
import statistics
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Measurement",
    "TaskSpec",
    "ordered_unique",
    "select_unit",
    "set_torch_threads",
    "trim_sigfig",
    "unit_to_english",
]

_UNITS = (("ns", "nanosecond", 1e-9), ("us", "microsecond", 1e-6), ("ms", "millisecond", 1e-3), ("s", "second", 1.0))


def _on_lines_of_its_own(code: str) -> str:
    return "\n" + textwrap.indent(code, "  ")


@dataclass(frozen=True)
class TaskSpec:
    """A statement with its setup, and the texts that name it."""

    stmt: str
    setup: str
    global_setup: str = field(default="")
    label: str | None = field(default=None)
    sub_label: str | None = field(default=None)
    description: str | None = field(default=None)
    env: str | None = field(default=None)
    num_threads: int = field(default=1)

    @property
    def title(self) -> str:
        """The label, with the sub-label; the statement where there is none."""
        below = self.sub_label or ""
        if self.label is None and "\n" in self.stmt:
            return "stmt:" + (f" ({below})" if below else "") + _on_lines_of_its_own(self.stmt)
        return (self.stmt if self.label is None else self.label) + (f": {below}" if below else "")

    def setup_str(self) -> str:
        """The setup as text; empty where there is none."""
        if self.setup in ("", "pass"):
            return ""
        return "setup:" + (_on_lines_of_its_own(self.setup) if "\n" in self.setup else " " + self.setup)

    def summarize(self) -> str:
        """Title, description and setup, a line each."""
        return "\n".join(text for text in (self.title, self.description or "", self.setup_str()) if text)


class Measurement:
    """Times of blocks of runs.

    Args:
        number_per_run: runs in a block.
        raw_times: seconds of each block.
        task_spec: what was measured.
        metadata: whatever else belongs to it.
    """

    def __init__(
        self, number_per_run: int, raw_times: list[float], task_spec: Any = None, metadata: dict[Any, Any] | None = None
    ) -> None:
        self.number_per_run, self.raw_times = number_per_run, raw_times
        self.task_spec = TaskSpec("pass", "pass") if task_spec is None else task_spec
        self.metadata = metadata

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and "task_spec" in self.__dict__:
            return getattr(self.task_spec, name)
        raise AttributeError(f"'Measurement' object has no attribute {name!r}")

    @property
    def times(self) -> list[float]:
        """Seconds of a run, for each block."""
        return [seconds / self.number_per_run for seconds in self.raw_times]

    @property
    def median(self) -> float:
        """Their median."""
        return statistics.median(self.times)

    @property
    def mean(self) -> float:
        """Their mean."""
        return statistics.fmean(self.times)

    @property
    def iqr(self) -> float:
        """The range of their middle half."""
        if len(self.times) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.times, n=4, method="inclusive")
        return high - low

    @property
    def significant_figures(self) -> int:
        """How many digits of the median mean something: a normal distribution's confidence of 95 % of it, from the
        range of the middle half.
        """
        count = len(self.raw_times)
        if count < 2 or not self.iqr:
            return 3
        deviation = self.iqr / 1.349  # the middle half of a normal distribution is 1.349 deviations wide
        interval = 2 * 1.645 * max(deviation / math.sqrt(count), self.median / 1e6)
        return max(1, min(3, int(math.floor(math.log10(self.median / interval)) + 1)))

    def meets_confidence(self, threshold: float = 0.1) -> bool:
        """Whether the middle half is narrow beside the median."""
        return self.iqr / self.median < threshold

    @property
    def has_warnings(self) -> bool:
        """Whether the times differ much from each other."""
        return bool(self.iqr / self.median > 0.1) if self.median else False

    @property
    def title(self) -> str:
        """What was measured."""
        return self.task_spec.title

    @property
    def env(self) -> str | None:
        """Where it was measured, if that was said."""
        return self.task_spec.env

    @property
    def as_row_name(self) -> str:
        """The name of its row in a comparison."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[unknown]"

    def __repr__(self) -> str:
        unit, scale = select_unit(self.median)
        blocks = len(self.raw_times)
        shown = trim_sigfig(self.median / scale, max(3, self.significant_figures))
        lines = [repr_of_object(self), self.task_spec.summarize()]
        if blocks > 1:
            lines.append(f"  Median: {shown:g} {unit}")
            lines.append(f"  IQR:    {self.iqr / scale:.2f} {unit}")
        else:
            lines.append(f"  {shown:g} {unit}")
        threads = f"{self.task_spec.num_threads} thread{'s' if self.task_spec.num_threads > 1 else ''}"
        lines.append(f"  {blocks} measurement{'s' if blocks > 1 else ''}, {self.number_per_run} runs, {threads}")
        if self.has_warnings:
            lines.append("  The times of the blocks differ by more than a tenth.")
        return "\n".join(lines)

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One measurement for each task, of all its blocks; times become those of single runs."""
        groups: dict[TaskSpec, list[Measurement]] = {}
        for measurement in measurements:
            groups.setdefault(measurement.task_spec, []).append(measurement)
        return [Measurement(1, [t for m in group for t in m.times], spec, None) for spec, group in groups.items()]


def repr_of_object(value: Any) -> str:
    """The plain form, with class and address."""
    return object.__repr__(value)


def select_unit(t: float) -> tuple[str, float]:
    """The unit that suits a number of seconds, and its length in seconds."""
    unit, _, scale = next((row for row in reversed(_UNITS) if t >= row[2]), _UNITS[0])
    return unit, scale


def unit_to_english(u: str) -> str:
    """The name of a unit."""
    return {short: name for short, name, _ in _UNITS}[u]


def trim_sigfig(x: float, n: int) -> float:
    """A number rounded to `n` digits."""
    if n != int(n):
        raise ValueError(f"trim_sigfig: n is {n}, a whole number is wanted")
    if not x:
        return x
    magnitude = math.ceil(math.log10(abs(x)))
    scale = 10 ** (magnitude - n)
    return float(round(x / scale) * scale)


def ordered_unique(elements: Iterable[Any]) -> list[Any]:
    """The elements without repetitions, in order."""
    return list(dict.fromkeys(elements))


@contextlib.contextmanager
def set_torch_threads(n: int) -> Iterator[None]:
    """A context in which operators use `n` threads."""
    import flambeau

    before = flambeau.get_num_threads()
    try:
        flambeau.set_num_threads(n)
        yield
    finally:
        flambeau.set_num_threads(before)
