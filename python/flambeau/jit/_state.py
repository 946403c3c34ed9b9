"""What PyTorch remembers of compiled functions and classes; nothing is compiled here."""

from __future__ import annotations


def _clear_class_state() -> None:
    """Forget the classes that were compiled; there are none."""
