"""`associative_scan` by the place from which programs import it."""

from flambeau._higher_order_ops import associative_scan

__all__ = ["associative_scan"]
