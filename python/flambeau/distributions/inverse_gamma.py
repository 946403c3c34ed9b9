"""The public place of InverseGamma; it is written in `_of_uniform.py`."""

from ._of_uniform import InverseGamma as InverseGamma

__all__ = ["InverseGamma"]
