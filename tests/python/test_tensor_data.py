"""Tensors from what other objects hold: storages, capsules, buffers, sequences that misbehave; warnings about data."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest

import flambeau
from flambeau.utils.dlpack import to_dlpack


@pytest.mark.parametrize("dtype", ["float32", "int16", "bool", "complex64", "bfloat16"])
def test_storages_are_data(dtype: str) -> None:
    kind = getattr(flambeau, dtype)
    x = flambeau.arange(6).to(kind)
    for source in (x.storage(), x.untyped_storage()):
        made = flambeau.tensor(source, dtype=kind)
        assert flambeau.equal(made, x) and made.data_ptr() != x.data_ptr()
    assert flambeau.tensor(flambeau.ones(2).untyped_storage()).tolist() == [1, 1]  # of the default type


def test_old_constructors_share_storages() -> None:
    x = flambeau.arange(4.0)
    for source in (x.storage(), x.untyped_storage()):
        made = flambeau.FloatTensor(source)
        made[0] += 1
    assert x[0] == 2
    assert flambeau.FloatTensor(size=(2, 3)).shape == (2, 3) and x.new(size=(3, 1)).shape == (3, 1)
    for call in (lambda: flambeau.FloatTensor(device="cuda"), lambda: x.new((2, 3), device="cuda")):
        with pytest.raises(RuntimeError, match="cuda"):
            call()


def test_asarray_of_capsules() -> None:
    x = flambeau.arange(3.0)
    shared = flambeau.asarray(to_dlpack(x), copy=False)
    assert shared.data_ptr() == x.data_ptr()
    assert flambeau.asarray(to_dlpack(x), copy=True).data_ptr() != x.data_ptr()
    assert flambeau.asarray(to_dlpack(x), dtype=flambeau.float64).dtype == flambeau.float64


def test_lists_that_hold_themselves() -> None:
    inner: list[Any] = [0]
    inner += [inner]
    around: list[Any] = []
    around.append([around])
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    for make in (flambeau.tensor, flambeau.as_tensor):
        for data, error in ((inner, TypeError), (around, TypeError), (deep, ValueError)):
            with pytest.raises(error):
                make(data)


def test_sequences_whose_items_fail() -> None:
    class Broken:
        def __init__(self, length: int) -> None:
            self.length = length

        def __len__(self) -> int:
            return self.length

        def __getitem__(self, index: int) -> float:
            if index == self.length - 1:
                raise TypeError
            return 1.0

    for length in (1, 3):
        with pytest.raises(ValueError, match="could not determine the shape"):
            flambeau.tensor(Broken(length))


@pytest.mark.parametrize("dtype", [flambeau.float16, flambeau.bfloat16, flambeau.float32, flambeau.float64])
def test_integers_that_a_type_does_not_hold(dtype: Any) -> None:
    t, exact = flambeau.empty(4, dtype=dtype), {10: 2**11, 7: 2**8, 23: 2**24, 52: 2**53}
    limit = exact[round(-math.log2(flambeau.finfo(dtype).eps))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        t.random_(-limit, limit + 1)
        with pytest.raises(UserWarning, match="from is out of bounds"):
            t.random_(-limit - 1, 0)
        with pytest.raises(UserWarning, match="to - 1 is out of bounds"):
            t.random_(0, limit + 2)


def test_warnings_about_arguments() -> None:
    with pytest.warns(UserWarning, match="indexing"):
        flambeau.meshgrid(flambeau.ones(2), flambeau.ones(3))
    with pytest.raises(RuntimeError, match="indexing"):
        flambeau.meshgrid(flambeau.ones(2), indexing="")
    mask = flambeau.tensor([1, 0, 1], dtype=flambeau.uint8)
    x = flambeau.arange(3.0)
    for use in (lambda: x[mask], lambda: x.index_put_((mask,), flambeau.zeros(2)), lambda: x.index_put((mask,), x[:2])):
        with pytest.warns(UserWarning, match="uint8") as caught:
            use()
        assert len(caught) == 1
    out = flambeau.zeros(1, 49)
    with pytest.warns(UserWarning, match="will be resized"):
        flambeau.arange(0, 50, out=out)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flambeau.arange(0, 49, out=flambeau.zeros(7, 7))
        flambeau.meshgrid(flambeau.ones(2), indexing="ij")


def test_types_of_arguments() -> None:
    for call in (
        lambda: flambeau.use_deterministic_algorithms(1),
        lambda: flambeau.use_deterministic_algorithms(False, warn_only=1),
        lambda: flambeau.set_default_tensor_type(flambeau.float32),
        lambda: flambeau.ones(2).apply_(lambda k: "text"),
    ):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError, match="not an acceptable base type"):

        class Kind(flambeau.FloatTensor):  # type: ignore[misc, valid-type]
            pass

    for call in (
        lambda: flambeau.nonzero(flambeau.ones(2), as_tuple=True, out=flambeau.ones(2).long()),
        lambda: flambeau.quint8.is_signed,
        lambda: flambeau.empty(3, 3, 3, memory_format=flambeau.channels_last),
        lambda: flambeau.empty(3, 3, 3, 3, memory_format=flambeau.channels_last_3d),
    ):
        with pytest.raises(RuntimeError):
            call()
