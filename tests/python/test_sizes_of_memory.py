"""Sizes whose bytes no memory has, and tensors without bytes: refused by name, before anything is touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from samples import map_tensors, samples_of, tables

import flambeau
from flambeau import _C


def wide() -> Any:
    return flambeau.ones(1).expand(2**31, 2**31)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.resize_(2**31, 2**31),
        lambda x: x.double().resize_(2**61 + 1),
        lambda x: x.resize_(2**62),
        lambda x: x.resize_as_(wide()),
        lambda x: x.resize_as_(wide(), memory_format=flambeau.preserve_format),
        lambda x: x.set_(x.untyped_storage(), 0, (2**62,), (2,)),
        lambda x: x.set_(x.untyped_storage(), 2**63 - 1, (2,), (1,)),
        lambda x: x.as_strided((2,), (1,), 2**63 - 1),
        lambda x: x.as_strided((2**40, 2**40), (2**40, 1)),
        lambda x: flambeau.empty(2**62),
        lambda x: flambeau.empty_strided((2, 2), (2**62, 1)),
        lambda x: flambeau.zeros(2**31, 2**31, dtype=flambeau.float64),
        lambda x: flambeau.mul(x[:1].view(1, 1), wide(), out=x.clone()),
        lambda x: flambeau.bincount(flambeau.tensor([2**63 - 1])),
        lambda x: flambeau.bincount(flambeau.tensor([2**63 - 1]), minlength=4),
        lambda x: flambeau.bincount(flambeau.tensor([2**62])),
        lambda x: flambeau.range(0, 2**62, 1, dtype=flambeau.int64),
    ],
)
def test_refused(call: Callable[[Any], Any]) -> None:
    x = flambeau.tensor([1.0, 2.0])
    storage = x.untyped_storage()
    with pytest.raises((RuntimeError, MemoryError)):
        call(x)
    assert x.tolist() == [1.0, 2.0] and storage.nbytes() == 8


def test_wrong_formats_leave_the_tensor() -> None:
    x = flambeau.tensor([1.0, 2.0])
    for memory_format in (flambeau.channels_last, flambeau.preserve_format):
        with pytest.raises(RuntimeError, match="resize_"):
            x.resize_(3, memory_format=memory_format)
        assert x.tolist() == [1.0, 2.0]


def test_resize_grows_and_keeps() -> None:
    x = flambeau.arange(4.0)
    x.resize_(2, 3)
    assert x.shape == (2, 3) and x.flatten()[:4].tolist() == [0, 1, 2, 3]
    part = flambeau.arange(4.0)[2:]
    part.resize_(3)
    assert part.storage_offset() == 2 and part[:2].tolist() == [2, 3]


def first_words(error: Exception) -> str:
    return str(error).split(":")[0].split("(")[0]


SPARSE_CALLS = sorted(op["name"] for op in _C.list_operators() if op["name"] in tables()["SAMPLES"])


@pytest.mark.parametrize("name", SPARSE_CALLS)
def test_sparse_tensors_in_any_place(name: str) -> None:
    """Each tensor argument in turn sparse: a result, or an error of ours; never a read past the end."""
    function = getattr(_C.aten, name.partition(".")[0])
    for args, kwargs in samples_of(name, "float32")[:2]:
        count = 0

        def number(t: Any) -> Any:
            nonlocal count
            count += 1
            return t

        map_tensors((args, kwargs), number)
        for chosen in range(count):
            at = -1

            def one_sparse(t: Any, chosen: int = chosen) -> Any:
                nonlocal at
                at += 1
                return t.detach().to_sparse() if at == chosen and t.dim() > 0 and not t.is_sparse else t

            changed, options = map_tensors((args, kwargs), one_sparse)
            try:
                function(*changed, **options)
            except (RuntimeError, TypeError, ValueError, IndexError) as error:
                assert str(error)


@pytest.mark.parametrize(
    "call",
    [
        lambda i: flambeau.index_select(flambeau.ones(3), 0, i),
        lambda i: flambeau.gather(flambeau.ones(3), 0, i),
        lambda i: flambeau.ones(3)[i],
        lambda i: flambeau.ones(3).index_add(0, i, flambeau.ones(2)),
        lambda i: flambeau.nn.functional.embedding(i, flambeau.ones(3, 2)),
    ],
)
def test_a_sparse_index(call: Callable[[Any], Any]) -> None:
    with pytest.raises((NotImplementedError, IndexError), match="sparse"):
        call(flambeau.tensor([0, 1]).to_sparse())
