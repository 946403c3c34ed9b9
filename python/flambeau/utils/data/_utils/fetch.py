"""From an index, or a list of them, to a sample or a batch."""

from __future__ import annotations

from typing import Any


class Exhausted(Exception):
    """An iterable dataset has no more samples. (No StopIteration: one that escapes a user's code must be seen.)"""


class MapFetcher:
    """Samples by index."""

    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Any, drop_last: bool) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn

    def fetch(self, index: Any) -> Any:
        """The batch of these indices, or the sample of this one."""
        if not self.auto_collation:
            return self.collate_fn(self.dataset[index])
        several = getattr(self.dataset, "__getitems__", None)
        if several:
            return self.collate_fn(several(index))
        dataset = self.dataset
        return self.collate_fn([dataset[place] for place in index])


class IterableFetcher:
    """Samples by iteration; of an index only the length counts."""

    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Any, drop_last: bool) -> None:
        self.iterator = iter(dataset)
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.ended = False

    def fetch(self, index: Any) -> Any:
        """The next batch, or the next sample."""
        if self.ended:
            raise Exhausted
        end = object()
        if not self.auto_collation:
            sample = next(self.iterator, end)
            if sample is end:
                self.ended = True
                raise Exhausted
            return self.collate_fn(sample)
        samples = []
        for _ in index:
            sample = next(self.iterator, end)
            if sample is end:
                self.ended = True
                break
            samples.append(sample)
        if not samples or (self.drop_last and len(samples) < len(index)):
            self.ended = True
            raise Exhausted
        return self.collate_fn(samples)
