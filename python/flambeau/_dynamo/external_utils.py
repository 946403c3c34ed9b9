"""What compiled programs call."""

from flambeau.compiler import is_compiling

__all__ = ["is_compiling"]
