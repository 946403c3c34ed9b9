"""The public place of Weibull; it is written in `_of_uniform.py`."""

from ._of_uniform import Weibull as Weibull

__all__ = ["Weibull"]
