"""Data parallelism in one process. Without several GPUs a wrapped module simply runs.

`scatter`, `gather`, `replicate` and `parallel_apply` work on the devices there are: the CPU, once or several times.
"""

from __future__ import annotations

from .data_parallel import DataParallel, data_parallel
from .distributed import DistributedDataParallel
from .parallel_apply import parallel_apply
from .replicate import replicate
from .scatter_gather import gather, scatter

__all__ = [
    "DataParallel",
    "DistributedDataParallel",
    "data_parallel",
    "gather",
    "parallel_apply",
    "replicate",
    "scatter",
]
