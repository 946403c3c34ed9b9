"""The public place of LogisticNormal; it is written in `_of_normal.py`."""

from ._of_normal import LogisticNormal as LogisticNormal

__all__ = ["LogisticNormal"]
