"""The public place of HalfNormal; it is written in `_of_normal.py`."""

from ._of_normal import HalfNormal as HalfNormal

__all__ = ["HalfNormal"]
