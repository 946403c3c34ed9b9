"""The sampler that gives each process of a group its share of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flambeau

from .sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Every ``num_replicas``-th index of one common order, starting at ``rank``.

    Args:
        dataset: of which the length counts.
        num_replicas, rank: number of processes and number of this one, by default those of the process group.
        shuffle: permute the order with ``seed + epoch``, equal in all processes.
        seed: see shuffle.
        drop_last: leave out samples so that all shares are equal; otherwise some samples are repeated.

    Call :meth:`set_epoch` before each pass, or every pass has the same order.
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            distributed = getattr(flambeau, "distributed", None)
            if distributed is None or not distributed.is_available():
                raise RuntimeError("DistributedSampler: there are no process groups here; give num_replicas and rank")
            num_replicas = distributed.get_world_size() if num_replicas is None else num_replicas
            rank = distributed.get_rank() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(f"DistributedSampler: Invalid rank {rank}, it must be in [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last else -(-size // num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        size = len(self.dataset)
        if self.shuffle:
            generator = flambeau.Generator()
            generator.manual_seed(self.seed + self.epoch)
            order = flambeau.randperm(size, generator=generator).tolist()
        else:
            order = list(range(size))
        while order and len(order) < self.total_size:
            order += order[: self.total_size - len(order)]
        return iter(order[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the permutation of the next pass."""
        self.epoch = epoch
