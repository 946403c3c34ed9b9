"""Datasets: collections of samples by index or by iteration, and what is built of other datasets."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from math import isclose
from typing import Any, Generic, TypeVar

import flambeau
from flambeau import Tensor

T_co = TypeVar("T_co", covariant=True)
_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]


class Dataset(Generic[T_co]):
    """Samples by index: a subclass gives ``__getitem__`` and mostly ``__len__``.

    It may give ``__getitems__(indices)`` too, a list of samples at once, which loaders then use for batches.
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__}.__getitem__: not defined; a dataset gives its samples there")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """Samples in the order of iteration: a subclass gives ``__iter__``.

    With several worker processes each has a copy, so ``__iter__`` looks at :func:`get_worker_info` to give its share
    only.
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(
            f"{type(self).__name__}.__iter__: not defined; an iterable dataset gives its samples there"
        )

    def __add__(self, other: Any) -> Any:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Rows of tensors: sample ``i`` is the tuple of ``tensor[i]``.

    Args:
        tensors: all of the same size in their first dimension.
    """

    def __init__(self, *tensors: Tensor) -> None:
        sizes = [tensor.size(0) for tensor in tensors]
        if any(size != sizes[0] for size in sizes):
            raise AssertionError(f"TensorDataset: first dimensions are {sizes}, they must be equal")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].size(0)


class StackDataset(Dataset[Any]):
    """Several datasets side by side: a sample is the tuple, or the dict, of their samples.

    Args:
        args: datasets of equal length, for tuples.
        kwargs: named datasets of equal length, for dicts.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError("StackDataset: datasets come with and without names; give all or none a name")
        parts = list(args or kwargs.values())
        if not parts:
            raise ValueError("StackDataset: no dataset given")
        lengths = [len(part) for part in parts]
        if any(length != lengths[0] for length in lengths):
            raise ValueError(f"StackDataset: datasets have lengths {lengths}, they must be equal")
        self._length = lengths[0]
        self.datasets: Any = args if args else kwargs

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: part[index] for name, part in self.datasets.items()}
        return tuple(part[index] for part in self.datasets)

    def __getitems__(self, indices: list[int]) -> list[Any]:
        named = isinstance(self.datasets, dict)
        columns = []
        for part in self.datasets.values() if named else self.datasets:
            several = getattr(part, "__getitems__", None)
            column = several(indices) if callable(several) else [part[index] for index in indices]
            if len(column) != len(indices):
                raise ValueError(
                    f"StackDataset: {type(part).__name__}.__getitems__ gave {len(column)} samples for "
                    f"{len(indices)} indices"
                )
            columns.append(column)
        rows = zip(*columns, strict=False)
        return [dict(zip(self.datasets, row, strict=False)) for row in rows] if named else list(rows)

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T_co]):
    """Datasets one after another.

    Args:
        datasets: at least one, none of them iterable.
    """

    datasets: list[Any]
    cumulative_sizes: list[int]

    @staticmethod
    def cumsum(sequence: Iterable[Any]) -> list[int]:
        """Running sums of the lengths."""
        return list(accumulate(len(part) for part in sequence))

    def __init__(self, datasets: Iterable[Dataset[Any]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("ConcatDataset: no dataset given")
        for part in self.datasets:
            if isinstance(part, IterableDataset):
                raise AssertionError(
                    f"ConcatDataset does not support IterableDataset, which {type(part).__name__} is; ChainDataset does"
                )
        self.cumulative_sizes = self.cumsum(self.datasets)

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: int) -> Any:
        if idx < 0:
            if -idx > len(self):
                raise ValueError(f"ConcatDataset: index {idx} is out of range, the length is {len(self)}")
            idx += len(self)
        part = bisect_right(self.cumulative_sizes, idx)
        start = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][idx - start]

    @property
    def cummulative_sizes(self) -> list[int]:
        """Misspelt older name of ``cumulative_sizes``."""
        warnings.warn("ConcatDataset.cummulative_sizes: use cumulative_sizes", DeprecationWarning, stacklevel=2)
        return self.cumulative_sizes


class ChainDataset(IterableDataset[Any]):
    """Iterable datasets one after another."""

    def __init__(self, datasets: Iterable[Dataset[Any]]) -> None:
        super().__init__()
        self.datasets = datasets

    def _parts(self) -> Iterator[Any]:
        for part in self.datasets:
            if not isinstance(part, IterableDataset):
                raise AssertionError(
                    f"ChainDataset only supports IterableDataset, which {type(part).__name__} is not; ConcatDataset "
                    "joins indexed datasets"
                )
            yield part

    def __iter__(self) -> Iterator[Any]:
        for part in self._parts():
            yield from part

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts())


class Subset(Dataset[T_co]):
    """Some samples of a dataset.

    Args:
        dataset: where they are taken from.
        indices: which ones, in this order.
    """

    dataset: Any
    indices: Sequence[int]

    def __init__(self, dataset: Dataset[Any], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, list):
            return self.dataset[[self.indices[i] for i in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        chosen = [self.indices[i] for i in indices]
        several = getattr(self.dataset, "__getitems__", None)
        return several(chosen) if callable(several) else [self.dataset[i] for i in chosen]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[int | float], generator: Any = None) -> list[Subset[Any]]:
    """Deal the samples of a dataset at random into disjoint subsets.

    Args:
        dataset: what is split.
        lengths: sizes that sum to the dataset's, or fractions that sum to 1; left-over samples go one each to the first
            subsets.
        generator: source of random numbers, by default the global one.

    Raises:
        ValueError: the lengths don't sum to that.
    """
    total = len(dataset)
    if isclose(sum(lengths), 1) and sum(lengths) <= 1:
        for number, fraction in enumerate(lengths):
            if fraction < 0 or fraction > 1:
                raise ValueError(f"random_split: fraction {number} is {fraction}, it must be in [0, 1]")
        sizes = [int(total * fraction) for fraction in lengths]
        for number in range(total - sum(sizes)):
            sizes[number % len(sizes)] += 1
        for number, size in enumerate(sizes):
            if size == 0:
                warnings.warn(f"random_split: subset {number} of {len(sizes)} is empty", stacklevel=2)
    else:
        sizes = list(lengths)  # type: ignore[arg-type]
    if sum(sizes) != total:
        raise ValueError(f"random_split: lengths {list(lengths)} sum to {sum(sizes)}, the dataset has {total} samples")
    order = flambeau.randperm(total, generator=generator or flambeau.default_generator).tolist()
    ends = list(accumulate(sizes))
    return [Subset(dataset, order[end - size : end]) for end, size in zip(ends, sizes, strict=False)]
