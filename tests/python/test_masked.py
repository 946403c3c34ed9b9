"""`masked`: sparse tensors and masks against the same in dense form, the masks of results, `_where`."""

import itertools

import pytest

import flambeau
from flambeau import masked

REDUCTIONS = ["sum", "prod", "amax", "amin"]


def example(dtype=flambeau.float64):
    flambeau.manual_seed(1)
    shape = (3, 4, 2)
    x = flambeau.randint(-3, 4, shape).to(dtype) * (flambeau.rand(shape) > 0.4).to(dtype)
    mask = flambeau.rand(shape) > 0.4
    mask[1] = False
    return x, mask


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("sparse_dims", [1, 2, 3])
@pytest.mark.parametrize("dtype", [flambeau.float64, flambeau.int8, flambeau.bfloat16])
def test_sparse_reductions_are_those_of_the_dense_tensor(name, sparse_dims, dtype):
    x, mask = example(dtype)
    operation = getattr(masked, name)
    dims = [None, *(c for n in (1, 2, 3) for c in itertools.combinations(range(3), n)), -1]
    for dim, keepdim, sparse_mask in itertools.product(dims, (False, True), (False, True)):
        given = mask.to_sparse(sparse_dims) if sparse_mask else mask
        got = operation(x.to_sparse(sparse_dims), dim, keepdim=keepdim, mask=given)
        expected = operation(x, dim, keepdim=keepdim, mask=mask)
        assert got.layout == flambeau.sparse_coo and got.dtype == expected.dtype and got.shape == expected.shape
        where = masked._output_mask(operation, x, dim, keepdim=keepdim, mask=mask)
        assert flambeau.equal(got.to_dense()[where], expected[where]), (dim, keepdim, sparse_mask)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_sparse_numbers(name):
    x, mask = flambeau.tensor(3.0), flambeau.tensor(True)
    for dim, keepdim in itertools.product((None, 0, -1), (False, True)):
        got = getattr(masked, name)(x.to_sparse(), dim, keepdim=keepdim, mask=mask)
        assert got.shape == () and got.to_dense().item() == 3.0


def test_without_a_mask_a_sparse_sum_takes_what_is_stored_and_the_others_ask_for_one():
    x, mask = example()
    assert flambeau.equal(masked.sum(x.to_sparse(), 1).to_dense(), x.sum(1))
    for name in ("prod", "amax", "amin"):
        with pytest.raises(ValueError, match="mask"):
            getattr(masked, name)(x.to_sparse(), 1)
    for name in ("mean", "argmax", "logsumexp", "softmax", "var", "cumsum"):
        with pytest.raises(ValueError, match="strided"):
            getattr(masked, name)(x.to_sparse(), 1, mask=mask)


@pytest.mark.parametrize("name", [*REDUCTIONS, "mean", "var", "softmax", "cumsum", "median"])
def test_sparse_masks_of_dense_tensors(name):
    x, mask = example()
    operation = getattr(masked, name)
    close = flambeau.testing.assert_close
    close(operation(x, 1, mask=mask.to_sparse()), operation(x, 1, mask=mask), equal_nan=True)


def test_masks_of_results():
    x, mask = example()
    out = masked._output_mask
    assert flambeau.equal(out(masked.sum, x, 1, mask=mask), mask.any(1))
    assert flambeau.equal(out(masked.norm, x, 2, 1, mask=mask), mask.any(1))
    assert flambeau.equal(out(masked.amax, x, dim=(0, 2), keepdim=True, mask=mask), mask.any((0, 2), True))
    assert flambeau.equal(out(masked.argmin, x, mask=mask), mask.any())
    assert flambeau.equal(out(masked.softmax, x, 1, mask=mask[0, 0]), mask[0, 0].expand(x.shape))
    assert flambeau.equal(out(masked.cumprod, x, 1, mask=mask), mask)
    sparse = out(masked.prod, x.to_sparse(), 1, mask=mask)
    assert sparse.layout == flambeau.sparse_coo and flambeau.equal(sparse.to_dense(), mask.any(1))
    with pytest.raises(ValueError, match="sin"):
        out(flambeau.sin, x, mask=mask)
    with pytest.raises(ValueError, match="no mask"):
        masked._input_mask(x)
    with pytest.raises(IndexError, match="more than the input"):
        masked._input_mask(x, mask=mask[None])


@pytest.mark.parametrize("sparse_dims", [1, 3])
def test_where_keeps_the_places_of_the_mask(sparse_dims):
    x, mask = example()
    fill = flambeau.tensor(7.0, dtype=flambeau.float64)
    got = masked._where(mask.to_sparse(sparse_dims), x.to_sparse(sparse_dims), fill)
    dense = flambeau.where(mask, x, fill)
    rows = mask.any((1, 2)).reshape(-1, 1, 1) if sparse_dims == 1 else mask
    assert flambeau.equal(got.to_dense(), flambeau.where(rows, dense, flambeau.zeros_like(dense)))
    assert got.is_coalesced() and got._nnz() == int(rows.sum())
    assert flambeau.equal(masked._where(mask, x, fill), dense)
