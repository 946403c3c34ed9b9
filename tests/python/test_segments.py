"""segment_reduce: values and gradients at ties, nan, zeros, with an initial value and places that no segment holds."""

import math

import pytest

import flambeau
from flambeau.autograd import gradcheck, gradgradcheck

NAN, INF = math.nan, math.inf
LENGTHS = [4, 0, 2, 3]
DATA = {
    "ties": [1, 3, 3, 2, 5, 5, 0, 1, 0],
    "nan": [NAN, NAN, 1, 2, 4, 4, NAN, -INF, INF],
    "zeros": [0, 2, 0, 3, 0, 5, 1, 1, 1],
    "zeros and nan": [0, NAN, 0, 3, NAN, 5, 1, 0, 1],
}


def expected(data, reduce, initial):
    """Results, and the gradients of data where the results' are 1, 10, 100, 1000."""
    results, grads, start = [], [], 0
    for s, length in enumerate(LENGTHS):
        items, weight = data[start : start + length], 10.0**s
        start += length
        if reduce in ("max", "min"):
            pick = max if reduce == "max" else min
            candidates = items + ([] if initial is None else [initial])
            neutral = -INF if reduce == "max" else INF
            value = NAN if any(math.isnan(i) for i in candidates) else pick(candidates, default=neutral)
            hits = [i == value or math.isnan(i) for i in items]
            grads += [weight * hit / max(sum(hits), 1) for hit in hits]
        elif reduce == "prod":
            first = 1.0 if initial is None else initial
            value = first * math.prod(items)
            grads += [weight * first * math.prod(items[:i] + items[i + 1 :]) for i in range(length)]
        else:
            value = sum(items, 0.0 if initial is None else initial)
            part = weight
            if reduce == "mean":
                value = value / length if length else (NAN if initial is None else initial)
                part = weight / max(length, 1)
            grads += [part] * length
        results.append(value)
    return results, grads


@pytest.mark.parametrize("reduce", ["sum", "mean", "max", "min", "prod"])
@pytest.mark.parametrize("initial", [None, 3.0, 5.0])
@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("dtype", [flambeau.float64, flambeau.float32, flambeau.bfloat16])
def test_values_and_gradients(reduce, initial, kind, dtype):
    x = flambeau.tensor(DATA[kind], dtype=dtype, requires_grad=True)
    bounds = flambeau.tensor([0, *LENGTHS]).cumsum(0)
    results, grads = expected([float(i) for i in DATA[kind]], reduce, initial)
    tolerance = {"rtol": 1e-2 if dtype == flambeau.bfloat16 else 1e-6, "atol": 0, "equal_nan": True}
    for given in ({"lengths": flambeau.tensor(LENGTHS)}, {"offsets": bounds}):
        out = flambeau.segment_reduce(x, reduce, initial=initial, **given)
        flambeau.testing.assert_close(out, flambeau.tensor(results, dtype=dtype), **tolerance)
        weights = flambeau.tensor([1, 10, 100, 1000], dtype=dtype)
        for create_graph in (False, True):
            (grad,) = flambeau.autograd.grad(out, x, weights, retain_graph=True, create_graph=create_graph)
            flambeau.testing.assert_close(grad.detach(), flambeau.tensor(grads, dtype=dtype), **tolerance)


@pytest.mark.parametrize("reduce", ["sum", "mean", "max", "min", "prod"])
@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_derivatives_of_any_order(reduce, zeros):
    flambeau.manual_seed(3)
    x = flambeau.randn(2, 7, 3, dtype=flambeau.float64)
    if reduce == "prod":
        x[0, :zeros] = 0
    x.requires_grad_()
    offsets = flambeau.tensor([[0, 4, 4, 7], [0, 1, 5, 7]])

    def f(x):
        return flambeau.segment_reduce(x, reduce, offsets=offsets, axis=1, initial=0.5)

    assert gradcheck(f, x) and gradgradcheck(f, x) and gradcheck(f, x, check_forward_ad=True, check_backward_ad=False)


@pytest.mark.parametrize("reduce", ["sum", "mean", "max", "min", "prod"])
def test_places_that_no_segment_holds(reduce):
    x = flambeau.tensor([9.0, 1.0, 0.0, 3.0, 9.0, NAN], requires_grad=True)
    outside = flambeau.tensor([1, 2, 4])
    with pytest.raises(RuntimeError, match="sum to"):
        flambeau.segment_reduce(x, reduce, offsets=outside)
    out = flambeau.segment_reduce(x, reduce, offsets=outside, unsafe=True)
    inside = flambeau.segment_reduce(x[1:4], reduce, offsets=outside - 1)
    assert flambeau.equal(out, inside)
    for create_graph in (False, True):
        (grad,) = flambeau.autograd.grad(out.sum(), x, retain_graph=True, create_graph=create_graph)
        (wanted,) = flambeau.autograd.grad(inside.sum(), x, retain_graph=True)
        assert flambeau.equal(grad, wanted)
    # Bounds that lie outside of the data are brought inside: nothing else is read.
    assert flambeau.segment_reduce(x, "sum", offsets=flambeau.tensor([-5, 2, 1, 99]), unsafe=True)[0].item() == 10.0


def test_each_entry_of_a_batch_has_segments_of_its_own():
    x = flambeau.randn(4, 6, 2)
    lengths = flambeau.tensor([[1, 5], [6, 0], [3, 3], [2, 4]])
    for axis in (0, -2):
        got = flambeau.vmap(lambda x, n, axis=axis: flambeau.segment_reduce(x, "max", lengths=n, axis=axis))(x, lengths)
        one_by_one = [flambeau.segment_reduce(a, "max", lengths=n) for a, n in zip(x, lengths, strict=True)]
        assert flambeau.equal(got, flambeau.stack(one_by_one))
