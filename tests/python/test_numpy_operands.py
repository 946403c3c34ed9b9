"""NumPy arrays, NumPy numbers and tensors of one integer where an index, a size or a number may stand."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from samples import samples_of, tables

import flambeau as torch
from flambeau import _C

np = pytest.importorskip("numpy")
Y = torch.arange(12).view(3, 4)
ROWS = Y.tolist()

# --- indices ---------------------------------------------------------------------------------------------------------
INDICES: list[tuple[Any, Any]] = [
    (np.array([1, 2]), ROWS[1:]),
    (np.array([True, False, True]), [ROWS[0], ROWS[2]]),
    (np.array([1.0]), [ROWS[1]]),
    (np.array([1, 2], dtype=np.uint16), ROWS[1:]),
    (np.array([1, 0, 1], dtype=np.uint8), [ROWS[0], ROWS[2]]),
    (np.int64(1), ROWS[1]),
    (np.int8(-1), ROWS[2]),
    (np.array(1), ROWS[1]),
    (np.array(True), [ROWS]),
    (np.bool_(True), [ROWS]),
    ((np.array([1, 2]), 1), [5, 9]),
    ((np.array([1, 2]), np.array([0, 1])), [4, 9]),
    ((np.int64(1), np.int32(2)), 6),
    (slice(np.int64(1), np.int64(2)), [ROWS[1]]),
    (slice(torch.tensor(1), torch.tensor(2)), [ROWS[1]]),
    ([1, 2], ROWS[1:]),
    ([np.int64(1), np.int64(2)], ROWS[1:]),
    ([[1, 2], [0, 2]], [4, 10]),
    ([[1, 2]], ROWS[1:]),
    ([(0, 1), (1, 2)], [1, 6]),
    ([range(2), range(2)], [0, 5]),
    ([torch.tensor([1, 2]), [0, 2]], [4, 10]),
    ([torch.tensor(1), torch.tensor(2)], 6),
    ([np.array([0, 1]), np.array([1, 2])], [1, 6]),
    ([slice(0, 2), 1], [1, 5]),
    ([None, 1], [ROWS[1]]),
    ([..., 1], [1, 5, 9]),
    ([[0] * 40], [ROWS[0]] * 40),
    ([True, False, True], [ROWS[0], ROWS[2]]),
    ([[True, False, True]], [ROWS[0], ROWS[2]]),
    ([1.0, 2.0], ROWS[1:]),
    ([], []),
    (([[0, 1], [1, 2]], [[0, 1], [1, 2]]), [[0, 5], [5, 10]]),
    (range(2), ROWS[:2]),
    ((range(3), torch.tensor([0, 1, 2])), [0, 5, 10]),
    (torch.tensor(1, dtype=torch.uint8), [ROWS]),
    (torch.tensor(0, dtype=torch.uint8), []),
    (torch.tensor(True), [ROWS]),
    (torch.tensor(1, dtype=torch.int16), ROWS[1]),
    ((..., ...), ROWS),
]


@pytest.mark.parametrize("index, expected", INDICES, ids=lambda v: repr(v)[:40])
def test_index(index: Any, expected: Any) -> None:
    assert Y[index].tolist() == expected
    marked = torch.zeros(3, 4)
    marked[index] = 1
    assert marked.sum() == Y[index].unique().numel()
    assert marked.flatten()[Y[index].flatten()].tolist() == [1] * Y[index].numel()


@pytest.mark.parametrize(
    "index, error",
    [
        ({1}, IndexError),
        ({1: 2}, IndexError),
        (1.0, IndexError),
        ("a", TypeError),
        (b"a", TypeError),
        (np.float64(1), IndexError),
        (torch.tensor(1.0), IndexError),
        (torch.tensor([1], dtype=torch.int16), IndexError),
        (np.array([3]), IndexError),
        ([[0, 1], [0, 1], [0, 1]], IndexError),
    ],
    ids=repr,
)
def test_no_index(index: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Y[index]


def test_assigned_arrays_take_the_type_of_the_tensor() -> None:
    x = torch.zeros(3)
    x[np.array([0, 2])] = np.array([1.5, 2.5])
    x[range(1, 2)] = [7]
    assert x.tolist() == [1.5, 7.0, 2.5]


# --- operands --------------------------------------------------------------------------------------------------------
def test_comparisons_with_arrays_are_elementwise() -> None:
    t, a = torch.tensor([1, 2, 5]), np.array([1, 3, 4])
    for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        expected = compare(np.array([1, 2, 5]), a).tolist()
        for result in (compare(t, a), compare(t, np.asarray(a, order="F"))):
            assert isinstance(result, torch.Tensor) and result.dtype is torch.bool
            assert result.tolist() == expected
        assert compare(a, t).tolist() == compare(a, np.array([1, 2, 5])).tolist()


def test_arithmetic_with_an_array_behind_is_numpys() -> None:
    t, a = torch.tensor([1, 2]), np.array([1, 4])
    for name, expected in {"add": [2, 6], "sub": [0, -2], "mul": [1, 8], "truediv": [1.0, 0.5], "pow": [1, 16]}.items():
        result = getattr(operator, name)(t, a)
        assert isinstance(result, torch.Tensor) and result.tolist() == expected
    assert (torch.ones(2) + np.array([1.0, 2.0])).dtype is torch.float64


# --- sizes and numbers, over the signatures of the table -----------------------------------------------------------
def as_numpy(v: int) -> Any:
    return np.int64(v)


def as_zero_dimensional(v: int) -> Any:
    return torch.tensor(v)


def replaced(values: list[Any], make: Callable[[int], Any]) -> list[Any]:
    """The arguments with each integer, also in lists of integers, made by `make`."""

    def one(v: Any) -> Any:
        if type(v) is int and abs(v) < 2**31:
            return make(v)
        if type(v) in (list, tuple) and v and all(type(i) is int for i in v):
            return type(v)(make(i) for i in v)
        return v

    return [one(v) for v in values]


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        return type(error)


# A tensor without dimensions is the argument of another overload there.
AMBIGUOUS = ("histogram.bin_ct", "scatter.value", "scatter.value_reduce")
INTEGER_OPERATORS = sorted(
    op["name"]
    for op in _C.list_operators()
    if op["name"] in tables()["SAMPLES"]
    and not op["random"]
    and any(word in op["signature"] for word in ("int ", "int[", "SymInt ", "SymInt["))
)


@pytest.mark.parametrize("make", [as_numpy, as_zero_dimensional])
@pytest.mark.parametrize("name", INTEGER_OPERATORS)
def test_integers_of_any_kind(name: str, make: Callable[[int], Any]) -> None:
    if make is as_zero_dimensional and name in AMBIGUOUS:
        pytest.skip("a tensor means something else there")
    function = getattr(_C.aten, name.partition(".")[0])
    for sample in samples_of(name, "float32"):
        args, kwargs = sample[0], sample[1]
        changed, changed_kwargs = replaced(args, make), dict(zip(kwargs, replaced(list(kwargs.values()), make)))
        if all(a is b for a, b in zip(args, changed)) and all(kwargs[k] is changed_kwargs[k] for k in kwargs):
            continue
        expected = outcome(lambda: function(*args, **kwargs))
        if isinstance(expected, type) or name.endswith("_"):
            continue
        got = outcome(lambda: function(*changed, **changed_kwargs))
        assert not isinstance(got, type), f"{name}{tuple(changed)} {changed_kwargs}: {got}"


@pytest.mark.parametrize("make", [as_numpy, as_zero_dimensional])
def test_sizes(make: Callable[[int], Any]) -> None:
    two, three = make(2), make(3)
    x = torch.arange(6)
    for shape in (
        torch.zeros(two, 3), torch.zeros((two, 3)), torch.ones(2, three), torch.empty(two, three),
        torch.rand(two, three), torch.full((two, three), 1.0), x.view(two, 3), x.view((two, three)),
        x.reshape(two, -1), x.new_zeros(two, three), torch.ones(3).expand(two, 3), torch.eye(two, three),
        torch.ones(1, 1).repeat(two, three), x.unflatten(0, (two, 3)),
    ):  # fmt: skip
        assert shape.shape == (2, 3)
    assert torch.zeros(two).shape == (2,)
    assert torch.ones(2, 3).permute(make(1), make(0)).shape == (3, 2)
    assert torch.ones(2, 3).sum(make(0)).shape == (3,)
    assert torch.nn.Linear(two, three).weight.shape == (3, 2)
    assert torch.nn.Conv1d(two, three, 1)(torch.ones(1, 2, 4)).shape == (1, 3, 4)
    assert torch.arange(three).tolist() == [0, 1, 2]
    assert torch.Size([two, three]) == (2, 3)


def test_what_is_no_size() -> None:
    for bad in (np.array([2, 3]), np.float64(2), torch.tensor([2, 3]), torch.tensor(2.0), "2", 2.0):
        with pytest.raises(TypeError):
            torch.zeros(bad)


def test_a_tensor_is_a_count_and_a_list_are_indices() -> None:
    x = torch.arange(12).view(2, 6)
    for split in (torch.tensor_split(x, torch.tensor(3), 1), x.tensor_split(torch.tensor(3), 1), x.tensor_split(3, 1)):
        assert [tuple(p.shape) for p in split] == [(2, 2)] * 3
    cut = torch.tensor_split(x, torch.tensor([1, 3]), 1)
    assert [p.size(1) for p in cut] == [1, 2, 3]


def test_numbers_of_python() -> None:
    assert int(torch.tensor([2.5])) == 2 and complex(torch.tensor(1j)) == 1j
    for convert in (int, float, complex):
        with pytest.raises(ValueError, match="one element"):
            convert(torch.ones(2))
    for convert in (int, float):
        with pytest.raises(RuntimeError):
            convert(torch.tensor(1j))
    with pytest.raises(TypeError):
        [0][torch.ones(1)]
