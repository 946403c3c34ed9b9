"""The public place of Kumaraswamy; it is written in `_of_uniform.py`."""

from ._of_uniform import Kumaraswamy as Kumaraswamy

__all__ = ["Kumaraswamy"]
