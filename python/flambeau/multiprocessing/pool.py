"""The standard pool, under the name that programs import from here; it sends tensors as well."""

from multiprocessing.pool import Pool

__all__ = ["Pool"]
