"""Datasets made of steps: pipes, whose steps are methods by the names that `functional_datapipe` gives them."""

from __future__ import annotations

from .datapipe import IterDataPipe, MapDataPipe, functional_datapipe

__all__ = ["IterDataPipe", "MapDataPipe", "functional_datapipe"]
