"""Sparse forms of operators against strided tensors: products, matrices in batches, changes in place, sizes;
which arguments are refused, and with which exception, is PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau
from flambeau.autograd import gradcheck

INDICES, VALUES = [[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0]


def matrix(dtype: Any = None, twice: bool = False) -> Any:
    """[[0, 0, 3], [4, 0, 5]]; or the same with an element given in two parts."""
    if twice:
        return flambeau.sparse_coo_tensor([[0, 1, 1, 0], [2, 0, 2, 2]], [1.0, 4.0, 5.0, 2.0], (2, 3), dtype=dtype)
    return flambeau.sparse_coo_tensor(INDICES, VALUES, (2, 3), dtype=dtype)


def hybrid() -> Any:
    return flambeau.sparse_coo_tensor([[1, 0]], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], (2, 3))


def column() -> Any:
    return flambeau.sparse_coo_tensor([[1, 0]], [[2.0], [-3.0]], (2, 1))


def no_elements(*sizes: int) -> Any:
    return flambeau.zeros(*sizes, layout=flambeau.sparse_coo)


def close(got: Any, expected: Any) -> None:
    flambeau.testing.assert_close(got.to_dense() if got.is_sparse else got, expected)


PRODUCTS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "dense dimensions": (hybrid, column),
    "sparse dimensions": (matrix, lambda: flambeau.sparse_coo_tensor([[0, 0], [0, 2]], [2.0, 7.0], (1, 3))),
    "number": (matrix, lambda: flambeau.tensor(2.5).to_sparse()),
    "number in parts": (matrix, lambda: flambeau.sparse_coo_tensor([[], []], [], (1, 1)).sum(0).sum(0).to_sparse()),
    "strided": (matrix, lambda: flambeau.arange(1.0, 7).reshape(2, 3)),
    "strided row": (hybrid, lambda: flambeau.arange(1.0, 4)),
    "strided batch": (matrix, lambda: flambeau.arange(1.0, 25).reshape(4, 2, 3)),
    "strided column": (lambda: matrix(twice=True), lambda: flambeau.tensor([[2.0], [3.0]])),
    "no elements": (matrix, lambda: no_elements(2, 3)),
}


@pytest.mark.parametrize("case", PRODUCTS)
def test_products_of_elements(case: str) -> None:
    a, b = (make() for make in PRODUCTS[case])
    expected = a.to_dense() * b.to_dense()
    for got in (a * b, b * a):
        assert got.is_sparse
        close(got, expected)


def test_patterns_that_do_not_fit_are_refused() -> None:
    for call in (
        lambda: matrix() * hybrid(),
        lambda: matrix() + hybrid(),
        lambda: matrix() + flambeau.ones(2, 3),
        lambda: matrix() * flambeau.ones(2, 4),
        lambda: matrix(flambeau.int64).add_(matrix()),
    ):
        with pytest.raises(RuntimeError):
            call()


def test_sums_with_tensors_without_elements() -> None:
    for got in (hybrid() + no_elements(2, 3), no_elements(2, 3) + hybrid()):
        assert (got.sparse_dim(), got._nnz()) == (1, 2)
        close(got, hybrid().to_dense())
    close(no_elements(2, 3) - hybrid(), -hybrid().to_dense())
    assert (matrix(flambeau.int64) + no_elements(2, 3)).dtype == flambeau.float32


def test_types_meet_before_a_value_is_negated() -> None:
    small = flambeau.tensor([[100, 0], [3, 200]], dtype=flambeau.uint8)
    other = flambeau.tensor([[0, 5], [7, 1]], dtype=flambeau.int8)
    for a, b in ((small, other), (other, small)):
        close(a.to_sparse() - b.to_sparse(), a - b)
    one, many = flambeau.tensor(3), flambeau.sparse_coo_tensor(flambeau.zeros(0, 4).long(), [1, 2, 3, 4], ())
    for got in (one.to_sparse() * many.to(flambeau.int16), many.to(flambeau.int16) * one.to_sparse()):
        assert got.dtype == flambeau.int64 and got.to_dense() == 30


@pytest.mark.parametrize("sizes", [(4, 2, 3), (2, 3), (0, 2, 3), (2, 2, 2, 3)])
def test_repetition(sizes: tuple[int, ...]) -> None:
    for t in (matrix(), matrix(twice=True), hybrid()):
        close(flambeau._sparse_broadcast_to(t, sizes), t.to_dense().expand(sizes))
    one = flambeau.sparse_coo_tensor([[0], [1]], [2.0], (1, 2), dtype=flambeau.float64).requires_grad_()
    wide = flambeau._sparse_broadcast_to(one, (3, 4, 2))
    assert wide.sparse_dim() == 3 and wide._nnz() == 12
    wide.to_dense().sum().backward()
    assert one.grad.to_dense().tolist() == [[0, 12]]


def test_repetition_in_order_stays_coalesced() -> None:
    t = flambeau.sparse_coo_tensor([[0, 2]], [1.0, 2.0], (3,)).coalesce()
    wide = flambeau._sparse_broadcast_to(t, (2, 3))
    assert wide.is_coalesced() and wide.indices().tolist() == [[0, 0, 1, 1], [0, 2, 0, 2]]
    tall = flambeau._sparse_broadcast_to(t.unsqueeze(1).coalesce(), (3, 2))
    close(tall, flambeau.tensor([[1.0, 1], [0, 0], [2, 2]]))
    assert not tall.is_coalesced() or flambeau.equal(tall.coalesce()._indices(), tall._indices())


def test_matrices_in_batches() -> None:
    batch = flambeau.stack([matrix(), matrix(twice=True) * 2])
    right = flambeau.arange(12.0).reshape(2, 3, 2)
    close(batch.bmm(right), batch.to_dense().bmm(right))
    for wrong in (lambda: batch.bmm(batch), lambda: right.bmm(batch), lambda: batch.bmm(right[:1])):
        with pytest.raises(RuntimeError):
            wrong()
    values, indices = flambeau.arange(1.0, 5, dtype=flambeau.float64), batch.coalesce().indices()[:, :4]

    def run(values: Any, right: Any) -> Any:
        return flambeau.sparse_coo_tensor(indices, values, (2, 2, 3)).bmm(right)

    assert gradcheck(run, (values.requires_grad_(), right.double().requires_grad_()))


def test_sparse_products() -> None:
    left, right = matrix(twice=True), flambeau.arange(6.0).reshape(3, 2) - 2
    added = flambeau.sparse_coo_tensor([[0], [1]], [1.5], (2, 2))
    product = left.to_dense() @ right
    for got, expected in (
        (flambeau.smm(left, right), product),
        (left.smm(right), product),
        (flambeau.sspaddmm(added, left, right, beta=2, alpha=3), 2 * added.to_dense() + 3 * product),
        (added.sspaddmm(left, right), added.to_dense() + product),
        (flambeau.saddmm(added, left, right), added.to_dense() + product),
        (flambeau.hspmm(left, right), product),
    ):
        assert got.is_sparse
        close(got, expected)
    assert flambeau.hspmm(left, right).sparse_dim() == 1
    one_row = flambeau.sparse_coo_tensor([[4], [0]], [1.0], (6, 3))
    assert flambeau.smm(one_row, right)._nnz() == 2  # of the row that is there
    for call in (lambda: flambeau.saddmm(flambeau.ones(2, 2), left, right), lambda: flambeau.smm(left, left)):
        with pytest.raises(RuntimeError):
            call()
    values = flambeau.tensor(VALUES, dtype=flambeau.float64, requires_grad=True)

    def run(values: Any, right: Any) -> Any:
        return flambeau.smm(flambeau.sparse_coo_tensor(INDICES, values, (2, 3)), right).to_dense()

    assert gradcheck(run, (values, right.double().requires_grad_()))


# --- in place, and out= ---
def test_views_in_place_change_the_sizes() -> None:
    for change, view in (
        (lambda t: t.t_(), lambda t: t.t()),
        (lambda t: t.transpose_(0, 1), lambda t: t.transpose(0, 1)),
        (lambda t: t.unsqueeze_(0), lambda t: t.unsqueeze(0)),
    ):
        t = matrix()
        assert change(t) is t and t.shape == view(matrix()).shape
        close(t, view(matrix().to_dense()))
    x = flambeau.sparse_coo_tensor(INDICES, VALUES, (2, 3), requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        x.t_()
    assert x.shape == (2, 3)
    y = x * 2
    y.t_()
    (y.to_dense() * flambeau.arange(6.0).reshape(3, 2)).sum().backward()
    assert x.grad.to_dense().tolist() == [[0, 0, 8], [2, 0, 10]]


def test_out_takes_other_sizes() -> None:
    for make in (flambeau.zeros, flambeau.empty):
        out = matrix()
        assert make(4, 5, out=out) is out and out.shape == (4, 5) and out._nnz() == 0
    out = no_elements(1, 1)
    flambeau.mul(matrix(), 2, out=out)
    close(out, matrix().to_dense() * 2)
    for layout, out in ((flambeau.sparse_coo, flambeau.ones(2)), (flambeau.strided, matrix())):
        with pytest.raises(RuntimeError, match="layout"):
            flambeau.zeros(2, out=out, layout=layout)


def test_sizes_of_tensors_with_elements_only_grow() -> None:
    t = matrix()
    assert t.resize_as_(no_elements(3, 4)) is t
    close(t, flambeau.tensor([[0.0, 0, 3, 0], [4, 0, 5, 0], [0, 0, 0, 0]]))
    grown = hybrid().sparse_resize_((5, 4), 1, 1)
    assert grown.shape == (5, 4) and grown._values().shape == (2, 4)
    for sizes, rows, dense, message in (
        ((1, 3), 2, 0, "shrinking the size of sparse dimensions"),
        ((2, 3), 1, 1, "changing the number of sparse dimensions"),
        ((2, 3, 1), 2, 1, "changing the number of dense dimensions"),
    ):
        with pytest.raises(RuntimeError, match=message):
            matrix().sparse_resize_(sizes, rows, dense)
    with pytest.raises(RuntimeError, match="shrinking the size of dense dimensions"):
        hybrid().sparse_resize_((2, 2), 1, 1)
    assert matrix().new().resize_as_(hybrid()).sparse_dim() == 1
    with pytest.raises(RuntimeError):
        flambeau.sparse_coo_tensor([[0]] * 4, [1.0], (2**20,) * 4)  # more elements than can be counted


def test_assignment_to_parts_is_refused() -> None:
    for value in (1.0, flambeau.ones(3), matrix()[0]):
        with pytest.raises(TypeError, match="__setitem__"):
            matrix()[0] = value


# --- parts, numbers, makers ---
def test_parts_of_complex_tensors() -> None:
    t = matrix(flambeau.complex64) * (1 + 2j)
    dense = t.to_dense()
    close(t.conj(), dense.conj().resolve_conj())
    close(t.real, dense.real)
    close(t.imag, dense.imag)
    assert matrix().real.dtype == flambeau.float32
    assert flambeau.zeros((), layout=flambeau.sparse_coo).to(flambeau.complex64).conj().to_dense() == 0


def test_single_elements_are_numbers() -> None:
    one = flambeau.sparse_coo_tensor([[0, 0]], [1.0, 2.0], (1,))
    assert one.item() == 3.0 and float(one) == 3.0 and bool(one) and one.is_nonzero()
    assert not flambeau.sparse_coo_tensor([[0, 0]], [1.0, -1.0], (1,)).is_nonzero()
    assert not flambeau.sparse_coo_tensor((1, 1)).is_nonzero() and flambeau.tensor(2).to_sparse().item() == 2
    with pytest.raises(RuntimeError):
        bool(matrix())
    bytes_ = flambeau.sparse_coo_tensor([[0], [1]], [200], (2, 2), dtype=flambeau.uint8)
    assert bytes_[0, 1].dtype == flambeau.uint8 and bytes_[0, 1] == 200


def test_rows_and_selections() -> None:
    assert [row.to_dense().tolist() for row in matrix()] == [[0, 0, 3], [4, 0, 5]]
    close(matrix().unbind(1)[2], flambeau.tensor([3.0, 5]))
    close(matrix().index_select(0, flambeau.tensor([-1, 0, -1])), matrix().to_dense()[[-1, 0, -1]])
    close(matrix().narrow_copy(1, 1, 2), matrix().to_dense()[:, 1:])
    for arguments in ((-1, 0, 2), (2, 0, 1), (0, 3, 1), (0, 1, 2)):
        with pytest.raises(RuntimeError, match="narrow_copy"):
            matrix().narrow_copy(*arguments)


def test_tensors_like_sparse_ones() -> None:
    for make in (flambeau.zeros_like, flambeau.empty_like):
        assert make(hybrid()).sparse_dim() == 1
        assert make(hybrid(), layout=flambeau.strided).layout == flambeau.strided
        for format in (flambeau.preserve_format, flambeau.contiguous_format):
            with pytest.raises(RuntimeError, match="memory format"):
                make(hybrid(), memory_format=format)
    for make in (matrix().new_zeros, matrix().new_empty):
        assert make((4, 5)).is_sparse and not make((4, 5), layout=flambeau.strided).is_sparse
    s = matrix(flambeau.float64)
    indices, values = flambeau.tensor(INDICES), flambeau.tensor(VALUES)
    assert s.new().shape == (0,) and s.new(2, 3).is_sparse and s.new(flambeau.Size([2, 3])).shape == (2, 3)
    made = s.new(indices, values, (4, 4))
    assert made.dtype == values.dtype and made.shape == (4, 4)
    for arguments in ((values,), ([6],), (values.storage(),)):
        with pytest.raises(TypeError):
            s.new(*arguments)
        with pytest.raises(TypeError):
            flambeau.sparse.FloatTensor(*arguments)
    with pytest.raises(RuntimeError):
        flambeau.sparse.FloatTensor(indices, values, device="cuda")
    assert flambeau.sparse_coo_tensor(size=(3, 4)).shape == (3, 4)


def test_few_elements_are_in_order() -> None:
    assert flambeau.sparse_coo_tensor([[], []], [], (2, 2)).is_coalesced()
    assert flambeau.sparse_coo_tensor([[0], [0]], [1], (2, 2)).is_coalesced()
    assert not flambeau.sparse_coo_tensor([[0, 1], [0, 1]], [1, 1], (2, 2)).is_coalesced()
    assert not no_elements(2)._coalesced_(False).clone().is_coalesced()
