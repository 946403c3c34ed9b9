"""Indexing against NumPy: seeded random basic, boolean, integer and mixed indices, read and assigned, and errors."""

from __future__ import annotations

import random
from typing import Any

import pytest

import flambeau

np = pytest.importorskip("numpy")

SHAPES = [(), (5,), (3, 4), (2, 3, 4), (2, 1, 3, 2)]


def random_index(rng: random.Random, shape: tuple[int, ...], advanced: bool) -> tuple[Any, ...]:
    """An index for both libraries: positive steps only, index arrays of one broadcastable shape."""
    index: list[Any] = []
    d, used = 0, 0
    common = rng.choice([(2,), (3,), (2, 1), ()])
    ellipsis = rng.random() < 0.2
    while d < len(shape):
        size, kind = shape[d], rng.random()
        if rng.random() < 0.15:
            index.append(None)
        if ellipsis and rng.random() < 0.3:
            index.append(...)
            ellipsis = False
            d += rng.randint(0, len(shape) - d)
            if any(i is ... for i in index) and d < len(shape):
                rest = len(shape) - d
                index += [slice(None)] * rest if rng.random() < 0.5 else [rng.randrange(-s, s) for s in shape[d:]]
            break
        if kind < 0.35:
            a, b = sorted(rng.randint(-size, size) for _ in range(2))
            index.append(slice(rng.choice([None, a]), rng.choice([None, b]), rng.choice([None, 1, 2])))
        elif kind < 0.6 or not advanced:
            index.append(rng.randrange(-size, size))
        elif kind < 0.85:
            shape_here = rng.choice([common, common[-1:]])
            index.append(
                np.array([rng.randrange(-size, size) for _ in range(int(np.prod(shape_here)))], dtype=np.int64).reshape(
                    shape_here
                )
            )
            used += 1
        elif used == 0:
            mask = np.array([rng.random() < 0.5 for _ in range(size)])
            index.append(mask)
            used += 1
        else:
            index.append(slice(None))
        d += 1
    if rng.random() < 0.2:
        index.append(None)
    return tuple(index)


def ours(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(ours(i) for i in index)
    return (
        flambeau.tensor(index.tolist(), dtype=flambeau.bool if index.dtype == np.bool_ else flambeau.int64)
        if isinstance(index, np.ndarray)
        else index
    )


def numpy_cannot(index: tuple[Any, ...]) -> bool:
    """Integers count as index arrays in NumPy where arrays are there too; PyTorch selects with them first."""
    return any(isinstance(i, np.ndarray) for i in index) and any(isinstance(i, int) for i in index)


@pytest.mark.parametrize("advanced", [False, True], ids=["basic", "advanced"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_read_and_assign(shape: tuple[int, ...], advanced: bool) -> None:
    rng = random.Random(f"{shape}{advanced}")
    for _ in range(60):
        index = random_index(rng, shape, advanced)
        if numpy_cannot(index):
            continue
        array = np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)
        tensor = flambeau.tensor(array.tolist(), dtype=flambeau.float32).reshape(shape)
        try:
            expected = array[index]
        except IndexError:
            with pytest.raises(IndexError):
                tensor[ours(index)]
            continue
        got = tensor[ours(index)]
        assert tuple(got.shape) == expected.shape and got.tolist() == expected.tolist(), f"{shape} {index}"
        value = rng.choice([7.0, None])
        filler = (
            np.arange(100, 100 + expected.size, dtype=np.float32).reshape(expected.shape) if value is None else value
        )
        array[index] = filler
        tensor[ours(index)] = flambeau.tensor(filler.tolist()).reshape(expected.shape) if value is None else filler
        if not (value is None and any(isinstance(i, np.ndarray) and i.dtype != np.bool_ for i in index)):
            assert tensor.tolist() == array.tolist(), f"{shape} {index} assigned"


def test_full_mask() -> None:
    t = flambeau.tensor([[1.0, -2.0], [-3.0, 4.0]])
    assert t[t > 0].tolist() == [1.0, 4.0]
    t[t < 0] = 0
    assert t.tolist() == [[1.0, 0.0], [0.0, 4.0]]
    t[flambeau.tensor([True, False])] = flambeau.tensor([9.0, 8.0])
    assert t.tolist() == [[9.0, 8.0], [0.0, 4.0]]


def test_lists_tuples_and_tensors_of_one_element() -> None:
    t = flambeau.tensor([[1, 2], [3, 4], [5, 6]])
    assert t[[0, 2]].tolist() == [[1, 2], [5, 6]]
    assert t[[0, 2], [1, 0]].tolist() == [2, 5]
    assert t[flambeau.tensor(1)].tolist() == [3, 4] and t[np.int64(2), 1].item() == 6
    assert t[True].tolist() == [t.tolist()] and t[False].shape == (0, 3, 2)


def test_basic_indices_are_views() -> None:
    t = flambeau.zeros(3, 4)
    for view in (t[1], t[:, 2], t[::2, 1:3], t[..., 0], t[None], t[1, 2]):
        view.fill_(1)
    assert t[1].tolist() == [1.0] * 4 and t._version == 6


def test_gradients_of_indexing() -> None:
    x = flambeau.tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], dtype=flambeau.float64, requires_grad=True)
    i = flambeau.tensor([2, 0, 2])
    check = flambeau.autograd.gradcheck
    assert (
        check(lambda x: x[i], (x,)) and check(lambda x: x[i, 1], (x,)) and check(lambda x: x[x.detach() > 0.25], (x,))
    )

    def assign(x: object) -> object:
        y = x * 1  # type: ignore[operator]
        y[i] = x[0] * 2  # type: ignore[index]
        return y

    assert check(assign, (x,))


@pytest.mark.parametrize(
    ("index", "error"),
    [
        (5, IndexError),
        (-4, IndexError),
        ((0, 0, 0), IndexError),
        ((0, 2), IndexError),
        ("x", TypeError),
        (1.5, IndexError),
        (slice(None, None, -1), ValueError),
        (slice(None, None, 0), ValueError),
        (flambeau.tensor([3]), IndexError),
        (flambeau.tensor([-4]), IndexError),
        (flambeau.tensor([True, False]), IndexError),
        (flambeau.tensor([0.5]), IndexError),
        ((flambeau.tensor([0, 1]), flambeau.tensor([0, 1, 1])), IndexError),
    ],
    ids=repr,
)
def test_bad_indices(index: Any, error: type[Exception]) -> None:
    t = flambeau.zeros(3, 2)
    with pytest.raises(error):
        t[index]
    with pytest.raises(error):
        t[index] = 1
    assert t.tolist() == [[0.0, 0.0]] * 3


def test_bad_values() -> None:
    t = flambeau.zeros(3, 2)
    with pytest.raises(RuntimeError):
        t[0] = flambeau.ones(3)
    with pytest.raises((RuntimeError, TypeError)):
        t[0] = "x"
    with pytest.raises(RuntimeError):
        t[flambeau.tensor([0, 1])] = flambeau.ones(3, 2)
    assert t.tolist() == [[0.0, 0.0]] * 3
