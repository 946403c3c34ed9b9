"""Collectives with gradients; not there, see `functional`."""

from . import functional

__all__ = ["functional"]
