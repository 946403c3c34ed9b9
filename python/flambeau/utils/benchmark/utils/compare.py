"""`Compare`: measurements side by side. A table for each label, a row for each sub-label, a column for each
description; rows of different numbers of threads stand below each other.
"""

from __future__ import annotations

import enum
from typing import Any

from .common import Measurement, ordered_unique, select_unit, trim_sigfig, unit_to_english

__all__ = ["Colorize", "Compare"]

_BEST, _GOOD, _BAD, _PLAIN = "\033[92m\033[1m", "\033[92m", "\033[91m", "\033[0m\033[0m"


class Colorize(enum.Enum):
    """What colours compare with each other."""

    NONE = "none"
    COLUMNWISE = "columnwise"
    ROWWISE = "rowwise"


class Compare:
    """A table of measurements; ``print`` shows it."""

    def __init__(self, results: list[Measurement]) -> None:
        self._results: list[Measurement] = []
        self._trim = self._warn = False
        self._colorize = Colorize.NONE
        self.extend_results(results)

    def extend_results(self, results: Any) -> None:
        """Add measurements."""
        for result in results:
            if not isinstance(result, Measurement):
                raise ValueError(f"Compare: {type(result).__name__} given, Measurements are wanted")
        self._results.extend(results)

    def trim_significant_figures(self) -> None:
        """Show only digits that mean something."""
        self._trim = True

    def colorize(self, rowwise: bool = False) -> None:
        """Show the best green and the worst red, in each column or each row."""
        self._colorize = Colorize.ROWWISE if rowwise else Colorize.COLUMNWISE

    def highlight_warnings(self) -> None:
        """Mark measurements whose blocks differ much."""
        self._warn = True

    def print(self) -> None:
        """Show the tables."""
        print(str(self))

    def __str__(self) -> str:
        groups: dict[str | None, list[Measurement]] = {}
        for result in Measurement.merge(self._results):
            groups.setdefault(result.task_spec.label, []).append(result)
        return "\n".join(self._table(label, results) for label, results in groups.items())

    def _table(self, label: str | None, results: list[Measurement]) -> str:
        unit, scale = select_unit(min(result.median for result in results))
        columns = ordered_unique(result.task_spec.description for result in results)
        rows = ordered_unique((result.task_spec.num_threads, result.env, result.as_row_name) for result in results)
        values: dict[Any, Measurement] = {
            ((r.task_spec.num_threads, r.env, r.as_row_name), r.task_spec.description): r for r in results
        }
        body, thread_count = [], None
        texts: list[tuple[int | None, str, list[tuple[str, str]]]] = []
        for row in rows:
            threads, env, name = row
            cells = []
            for column in columns:
                found = values.get((row, column))
                if found is None:
                    cells.append(("", ""))
                    continue
                value = found.median / scale
                value = trim_sigfig(value, found.significant_figures) if self._trim else value
                text = f"{value:.0f}" if self._trim and value >= 100 else f"{value:.1f}"
                text += " !" if self._warn and found.has_warnings else ""
                cells.append((text, self._colour(found, row, column, values)))
            texts.append((threads, name + (f" ({env})" if env else ""), cells))
        widths = [
            max([len(str(column or "")), *(len(cells[place][0]) for _, _, cells in texts)])
            for place, column in enumerate(columns)
        ]
        first = max([len(name) + 6 for _, name, _ in texts] + [12])
        for threads, name, cells in texts:
            if threads != thread_count:
                thread_count = threads
                body.append(f"{threads} threads: ")
            shown = (
                f"{colour}{text:>{width}}{_PLAIN if colour else ''}"
                for (text, colour), width in zip(cells, widths, strict=True)
            )
            body.append(f"{'      ' + name:{first}} |  " + "  |  ".join(shown))
        head = (
            " " * first
            + " |  "
            + "  |  ".join(f"{column or '':>{w}}" for column, w in zip(columns, widths, strict=True))
        )
        length = len(head)
        body = [line + "-" * (length - len(line)) if line.endswith("threads: ") else line for line in body]
        title = f" {label or ''} " if label else ""
        lines = ["[" + title.center(length - 2, "-") + "]", head, *body, ""]
        lines.append(f"Times are in {unit_to_english(unit)}s ({unit}).")
        if self._warn and any(result.has_warnings for result in results):
            lines.append("(!) The times of the blocks differ by more than a tenth.")
        return "\n".join(lines) + "\n"

    def _colour(self, found: Measurement, row: Any, column: Any, values: dict[Any, Measurement]) -> str:
        if self._colorize is Colorize.NONE:
            return ""
        place = 0 if self._colorize is Colorize.ROWWISE else 1
        rivals = [m.median for key, m in values.items() if key[place] == (row, column)[place]]
        best = min(rivals)
        if len(rivals) < 2 or found.median > 1.3 * best:
            return _BAD if len(rivals) > 1 and found.median > 2 * best else ""
        return _BEST if found.median <= 1.03 * best else _GOOD
