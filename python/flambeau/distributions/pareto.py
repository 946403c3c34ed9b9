"""The public place of Pareto; it is written in `_of_uniform.py`."""

from ._of_uniform import Pareto as Pareto

__all__ = ["Pareto"]
