"""`scan` by the place from which programs import it."""

from flambeau._higher_order_ops import scan

__all__ = ["scan"]
