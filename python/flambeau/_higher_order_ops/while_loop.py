"""`while_loop` by the place from which programs import it."""

from flambeau._higher_order_ops import while_loop

__all__ = ["while_loop"]
