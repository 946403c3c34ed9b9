"""The loader: takes a dataset and a sampler, gives batches, in this process or from worker processes.

The worker processes are handled in `_workers.py`, collation in `_utils/collate.py`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import flambeau

from ._utils.collate import default_collate as default_collate
from ._utils.collate import default_convert as default_convert
from ._utils.fetch import Exhausted, IterableFetcher, MapFetcher
from ._utils.worker import get_worker_info as get_worker_info
from .dataset import Dataset as Dataset
from .dataset import IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

T_co = TypeVar("T_co", covariant=True)

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]


def __getattr__(name: str) -> Any:
    if name == "_MultiProcessingDataLoaderIter":  # loaded by the first loader with workers
        from ._workers import _MultiProcessingDataLoaderIter

        return _MultiProcessingDataLoaderIter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Indexed(Protocol[T_co]):
    """All that a dataset needs for its samples to be had by index."""

    def __getitem__(self, index: Any, /) -> T_co: ...


class _DatasetKind:
    Map = 0
    Iterable = 1

    @staticmethod
    def create_fetcher(kind: int, dataset: Any, auto_collation: bool, collate_fn: Any, drop_last: bool) -> Any:
        maker = MapFetcher if kind == _DatasetKind.Map else IterableFetcher
        return maker(dataset, auto_collation, collate_fn, drop_last)


class _InfiniteConstantSampler(Sampler[Any]):
    """The sampler of iterable datasets, where only the number of indices in a batch counts."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader(Generic[T_co]):
    """Iterates over a dataset in batches.

    Args:
        dataset: samples by index, or an :class:`IterableDataset`.
        batch_size: samples in a batch; None gives single samples, uncollated.
        shuffle: visit samples in random order.
        sampler: order of the indices, instead of shuffle.
        batch_sampler: gives lists of indices, instead of batch_size, shuffle, sampler and drop_last.
        num_workers: processes that fetch ahead; 0 fetches in this process.
        collate_fn: makes a batch of a list of samples.
        pin_memory: copy tensors to pinned memory; without an accelerator nothing is done.
        drop_last: leave out a last batch that is smaller.
        timeout: most seconds to wait for a worker; 0 waits for ever (and warns once, naming the worker).
        worker_init_fn: called in each worker with its number, after seeding.
        multiprocessing_context: ``"fork"``, ``"spawn"``, ``"forkserver"`` or a context of multiprocessing.
        generator: source of the sampler's random numbers and of the workers' seeds.
        prefetch_factor: batches fetched ahead by each worker, by default 2.
        persistent_workers: keep the processes for the next pass.
        pin_memory_device: deprecated, ignored.
        in_order: give batches in the order of the sampler; otherwise as they come.

    Each pass draws a base seed from the generator; worker ``i`` is seeded with that plus ``i``.
    """

    dataset: Any
    batch_size: int | None
    num_workers: int
    pin_memory: bool
    drop_last: bool
    timeout: float
    sampler: Any
    prefetch_factor: int | None
    _iterator: Any = None
    __initialized = False

    def __init__(
        self,
        dataset: Dataset[T_co] | _Indexed[T_co] | Iterable[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError(f"DataLoader: num_workers option should be non-negative, but is {num_workers}")
        if timeout < 0:
            raise ValueError(f"DataLoader: timeout option should be non-negative, but is {timeout}")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError(
                f"DataLoader: prefetch_factor is {prefetch_factor}, but without workers nothing is fetched ahead"
            )
        if num_workers > 0 and prefetch_factor is None:
            prefetch_factor = 2
        elif prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError(f"DataLoader: prefetch_factor is {prefetch_factor}, it must be ≥ 0")
        if persistent_workers and num_workers == 0:
            raise ValueError("DataLoader: persistent_workers wants num_workers > 0")
        self.dataset, self.in_order, self.timeout = dataset, in_order, timeout
        self.num_workers, self.worker_init_fn = num_workers, worker_init_fn
        self.prefetch_factor, self.multiprocessing_context = prefetch_factor, multiprocessing_context
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        if isinstance(dataset, IterableDataset):
            self._dataset_kind = _DatasetKind.Iterable
            for option, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None:
                    raise ValueError(
                        f"DataLoader with IterableDataset: expected unspecified {option} (the dataset has its own "
                        f"order), but got {value!r}"
                    )
        else:
            self._dataset_kind = _DatasetKind.Map
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "DataLoader: batch_sampler option is mutually exclusive with batch_size, shuffle, "
                    "sampler and drop_last"
                )
            batch_size = None
            drop_last = False
        elif batch_size is None and drop_last:
            raise ValueError(
                "DataLoader: batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
            )
        if sampler is None:
            if self._dataset_kind == _DatasetKind.Iterable:
                sampler = _InfiniteConstantSampler()
            elif shuffle:
                sampler = RandomSampler(self.dataset, generator=generator)
            else:
                sampler = SequentialSampler(self.dataset)
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.generator, self.sampler, self.batch_sampler = generator, sampler, batch_sampler
        self.batch_size, self.drop_last = batch_size, drop_last
        if collate_fn is None:
            collate_fn = default_collate if self._auto_collation else default_convert
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        self.__initialized = True
        self._IterableDataset_len_called: int | None = None
        self._iterator = None
        self.check_worker_number_rationality()

    @property
    def multiprocessing_context(self) -> Any:
        """How worker processes are started."""
        return self.__multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None:
            import multiprocessing
            from multiprocessing.context import BaseContext

            if self.num_workers == 0:
                raise ValueError(
                    "DataLoader: multiprocessing_context is for multi-process loading (num_workers > 0), but got "
                    f"num_workers=0 and {context!r}"
                )
            if isinstance(context, str):
                methods = multiprocessing.get_all_start_methods()
                if context not in methods:
                    raise ValueError(
                        f"DataLoader: multiprocessing_context should specify a valid start method in {methods}, but "
                        f"got {context!r}"
                    )
                context = multiprocessing.get_context(context)
            if not isinstance(context, BaseContext):
                raise TypeError(
                    "DataLoader: multiprocessing_context option should be a valid context object of multiprocessing "
                    f"or the name of a start method, but got a {type(context).__name__}"
                )
        self.__multiprocessing_context = context

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
        if self.__initialized and name in fixed:
            raise ValueError(f"DataLoader: {name} cannot be changed later; make a new loader")
        super().__setattr__(name, value)

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.batch_sampler if self._auto_collation else self.sampler

    def _get_iterator(self) -> _BaseDataLoaderIter:
        if self.num_workers == 0:
            return _SingleProcessDataLoaderIter(self)
        from ._workers import _MultiProcessingDataLoaderIter

        self.check_worker_number_rationality()
        return _MultiProcessingDataLoaderIter(self)

    def __iter__(self) -> Any:
        if not (self.persistent_workers and self.num_workers > 0):
            return self._get_iterator()
        if self._iterator is None or self._iterator.broken:
            self._iterator = self._get_iterator()
        else:
            self._iterator._reset(self)
        return self._iterator

    def __len__(self) -> int:
        if self._dataset_kind == _DatasetKind.Map:
            return len(self._index_sampler)
        length = self._IterableDataset_len_called = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Warn if there are more workers than processors."""
        if not self.num_workers:
            return
        try:
            processors: int | None = len(os.sched_getaffinity(0))
        except AttributeError:
            processors = os.cpu_count()
        if processors is not None and self.num_workers > processors:
            warnings.warn(
                f"DataLoader: {self.num_workers} worker processes on {processors} processors are slower than fewer "
                "would be",
                stacklevel=3,
            )


class _BaseDataLoaderIter:
    """One pass over a loader."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._dataset = loader.dataset
        self._dataset_kind = loader._dataset_kind
        self._auto_collation = loader._auto_collation
        self._drop_last = loader.drop_last
        self._num_workers = loader.num_workers
        self._timeout = loader.timeout
        self._collate_fn = loader.collate_fn
        self._persistent_workers = loader.persistent_workers
        self._pin_memory = _pins(loader)
        self._begin(loader)
        self._base_seed = int(flambeau.empty((), dtype=flambeau.int64).random_(generator=loader.generator).item())

    def _begin(self, loader: DataLoader[Any]) -> None:
        self._index_sampler = loader._index_sampler
        self._sampler_iter = iter(self._index_sampler)
        self._IterableDataset_len_called = loader._IterableDataset_len_called
        self._num_yielded = 0

    def _reset(self, loader: DataLoader[Any], first_iter: bool = False) -> None:
        self._begin(loader)

    def _make_fetcher(self) -> Callable[[Any], Any]:
        return partial(_make_fetcher, self._dataset_kind, self._auto_collation, self._collate_fn, self._drop_last)

    def __iter__(self) -> _BaseDataLoaderIter:
        return self

    def _next_index(self) -> Any:
        return next(self._sampler_iter)

    def _next_data(self) -> Any:
        raise NotImplementedError

    def __next__(self) -> Any:
        data = self._next_data()
        self._num_yielded += 1
        told = self._IterableDataset_len_called
        if told is not None and self._dataset_kind == _DatasetKind.Iterable and self._num_yielded > told:
            more = "; with workers, each must give its own share only (get_worker_info)" if self._num_workers else ""
            warnings.warn(
                f"DataLoader: len({type(self._dataset).__name__}) is {told}, but batch {self._num_yielded} was "
                f"fetched{more}",
                stacklevel=2,
            )
        return data

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __getstate__(self) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__}: a pass that has begun cannot be pickled; pickle the DataLoader"
        )


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """A pass in this process."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self._dataset_fetcher = self._make_fetcher()(self._dataset)

    def _next_data(self) -> Any:
        index = self._next_index()
        try:
            data = self._dataset_fetcher.fetch(index)
        except Exhausted:
            raise StopIteration from None
        return pin(data) if self._pin_memory else data


def _make_fetcher(kind: int, auto_collation: bool, collate_fn: Any, drop_last: bool, dataset: Any) -> Any:
    return _DatasetKind.create_fetcher(kind, dataset, auto_collation, collate_fn, drop_last)


def _pins(loader: DataLoader[Any]) -> bool:
    if not loader.pin_memory:
        return False
    accelerator = getattr(flambeau, "cuda", None)
    if accelerator is not None and accelerator.is_available():
        return True
    warnings.warn("DataLoader: pin_memory is set, but there is no accelerator; memory stays as it is", stacklevel=4)
    return False


def pin(data: Any) -> Any:
    """A copy of a batch whose tensors lie in pinned memory."""
    if hasattr(data, "pin_memory"):
        return data.pin_memory()
    if isinstance(data, dict):
        return {key: pin(value) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(pin, data))
    if isinstance(data, (list, tuple)):
        return [pin(item) for item in data]
    return data
