"""What a function for shapes alone may ask for while it runs: `get_ctx`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, NoReturn


class FakeImplCtx:
    """The context of a function that computes shapes alone."""

    def __init__(self, operator: Any) -> None:
        self._op = operator.overload
        self._name = operator.name

    def new_dynamic_size(self, *, min: int = 0, max: int | None = None) -> NoReturn:
        """Not available: a size that depends on data has no number on 'meta', and sizes are numbers here."""
        raise NotImplementedError(
            f"{self._name}: the size of a result depends on data, and there are no symbolic sizes here; "
            "such an operator runs on 'cpu' alone"
        )

    new_unbacked_symint = create_unbacked_symint = new_dynamic_size


class _Contexts(threading.local):
    def __init__(self) -> None:
        self.stack: list[FakeImplCtx] = []


_contexts = _Contexts()


@contextlib.contextmanager
def fake_context(operator: Any) -> Iterator[None]:
    """While the function of an operator for shapes alone runs."""
    _contexts.stack.append(FakeImplCtx(operator))
    try:
        yield
    finally:
        _contexts.stack.pop()


def get_ctx() -> FakeImplCtx | None:
    """The context of the function for shapes alone that is running; None elsewhere."""
    return _contexts.stack[-1] if _contexts.stack else None
