"""`custom_op` and what it makes; they are in `flambeau.library`."""

from flambeau.library import CustomOpDef, custom_op

__all__ = ["CustomOpDef", "custom_op"]
