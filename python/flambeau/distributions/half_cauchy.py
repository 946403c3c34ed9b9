"""The public place of HalfCauchy; it is written in `_of_normal.py`."""

from ._of_normal import HalfCauchy as HalfCauchy

__all__ = ["HalfCauchy"]
