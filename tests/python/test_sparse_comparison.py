"""assert_close of sparse tensors: the parts are compared, not what they stand for."""

from __future__ import annotations

import pytest

import flambeau
from flambeau.testing import assert_close


def sparse(indices: list[list[int]], values: list[float], size: tuple[int, ...] = (2, 2)) -> flambeau.Tensor:
    return flambeau.sparse_coo_tensor(flambeau.tensor(indices), flambeau.tensor(values), size)


def test_equal_parts_are_close() -> None:
    one = sparse([[0, 1], [1, 0]], [1.0, 2.0])
    assert_close(one, sparse([[0, 1], [1, 0]], [1.0, 2.0 + 1e-7]))
    assert_close(one.coalesce(), one)  # both are coalesced then
    assert_close(one, one.to_dense(), check_layout=False)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (sparse([[0, 1], [1, 0]], [1.0, 2.5]), r"values[\s\S]*2\.5|2\.5[\s\S]*values"),
        (sparse([[0, 1], [1, 1]], [1.0, 2.0]), "indices"),
        (sparse([[0, 1, 1], [1, 0, 0]], [1.0, 1.0, 1.0]), "number of specified elements.* 2, expected 3"),
        (flambeau.tensor([[0.0, 1.0], [2.0, 0.0]]).to_sparse(1), "number of sparse dimensions.* 2, expected 1"),
        (flambeau.tensor([[0.0, 1.0], [2.0, 0.0]]), "layout"),
    ],
)
def test_what_differs_is_named(other: flambeau.Tensor, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        assert_close(sparse([[0, 1], [1, 0]], [1.0, 2.0]), other)
