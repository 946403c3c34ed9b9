"""The public place of LogNormal; it is written in `_of_normal.py`."""

from ._of_normal import LogNormal as LogNormal

__all__ = ["LogNormal"]
