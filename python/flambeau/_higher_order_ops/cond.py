"""`cond` by the place from which programs import it."""

from flambeau._higher_order_ops import cond

__all__ = ["cond"]
