"""Turning calls into their in-place forms. Not available."""

from __future__ import annotations

from typing import Any, NoReturn

from .._compatibility import unstable

__all__ = ["reinplace"]


@unstable
def reinplace(gm: Any, *sample_args: Any) -> NoReturn:
    """Raises NotImplementedError: it needs a graph without aliases (functionalization), which is not available."""
    raise NotImplementedError(
        "fx.passes.reinplace: it needs a graph whose values are no views of one another, which functionalization would "
        "make; change the targets of chosen nodes (node.target = torch.relu_) instead"
    )
