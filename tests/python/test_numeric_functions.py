"""Functions written in Python over the operators (gradient, lu, histogramdd, cdist, masked), and the gradients and lazy
modules that the operator tests do not reach."""

from __future__ import annotations

import math

import pytest

import flambeau
from flambeau import masked, nn

F = nn.functional


def close(a, b):
    flambeau.testing.assert_close(a, b, check_dtype=False)


def test_gradient_of_a_parabola_is_exact_at_the_ends_too():
    x = flambeau.tensor([0.0, 1.0, 3.0, 4.0], dtype=flambeau.float64)
    (slope,) = flambeau.gradient(x * x, spacing=(x,), edge_order=2)
    close(slope, 2 * x)
    rows, columns = flambeau.gradient(flambeau.arange(8.0).reshape(2, 4), spacing=[2.0, 0.5])
    close(rows, flambeau.full((2, 4), 2.0))
    close(columns, flambeau.full((2, 4), 2.0))
    with pytest.raises(RuntimeError, match="edge_order=1 needs 2"):
        flambeau.gradient(flambeau.ones(1))
    with pytest.raises(IndexError, match="out of range"):
        flambeau.gradient(flambeau.ones(3), dim=1)


def test_lu_puts_a_matrix_together_again():
    a = flambeau.randn(2, 4, 4, dtype=flambeau.float64)
    factors, pivots, status = flambeau.lu(a, get_infos=True)
    p, lower, upper = flambeau.lu_unpack(factors, pivots)
    close(p @ lower @ upper, a)
    assert status.tolist() == [0, 0] and len(a.lu()) == 2


def test_histogramdd_counts_points_in_boxes():
    points = flambeau.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    found = flambeau.histogramdd(points, [2, 2])
    close(found.hist, flambeau.tensor([[0.0, 1.0], [1.0, 1.0]]))
    dense = flambeau.histogramdd(points, 2, range=[0.0, 1.0, 0.0, 2.0], density=True)
    close(dense.hist, flambeau.tensor([[0.0, 1.0], [1.0, 0.0]]))
    with pytest.raises(RuntimeError, match="3 dimensions"):
        flambeau.histogramdd(points, [2, 2, 2])


def test_cdist_knows_its_modes():
    a, b = flambeau.randn(3, 2), flambeau.randn(4, 2)
    close(flambeau.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist"), flambeau.cdist(a, b))
    with pytest.raises(ValueError, match="'other'"):
        flambeau.cdist(a, b, compute_mode="other")


def test_masked_reductions_see_the_selected_elements_alone():
    x = flambeau.tensor([[1.0, -2.0, 4.0], [8.0, 16.0, 32.0]])
    mask = flambeau.tensor([[True, False, True], [False, False, False]])
    close(masked.sum(x, 1, mask=mask), flambeau.tensor([5.0, 0.0]))
    close(masked.prod(x, 1, mask=mask), flambeau.tensor([4.0, 1.0]))
    close(masked.amax(x, 1, mask=mask), flambeau.tensor([4.0, -math.inf]))
    close(masked.mean(x, mask=mask), flambeau.tensor(2.5))
    close(masked.var(x, mask=mask), flambeau.tensor(4.5))
    close(masked.softmax(x, 1, mask=mask)[0].gt(0), mask[0])
    assert masked.argmin(x, 1, mask=mask).tolist()[0] == 0
    assert masked.median(x, 1, mask=mask)[1].isnan()
    with pytest.raises(ValueError, match="no selected element"):
        masked.median(x.long(), 1, mask=mask)
    with pytest.raises(RuntimeError, match="twice"):
        masked.sum(x, (0, 0))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.avg_pool1d(x, 2),
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.adaptive_avg_pool1d(x, 2),
        lambda x: F.adaptive_max_pool1d(x, 2),
    ],
)
def test_gradients_of_poolings_are_functions_of_the_input(function):
    x = flambeau.randn(2, 4, 4, requires_grad=True)
    (first,) = flambeau.autograd.grad(function(x).sum(), x, create_graph=True)
    (second,) = flambeau.autograd.grad((first * first).sum(), x)
    assert second.shape == x.shape and not second.any()


def test_as_strided_reaches_the_argument_through_the_storage():
    base = flambeau.arange(10.0, requires_grad=True)
    part = base[2:6]
    # Of elements 1 to 4 of the storage the argument shows 2, 3 and 4.
    (grad,) = flambeau.autograd.grad(part.as_strided((2, 2), (2, 1), 1).sum(), part)
    assert grad.tolist() == [1.0, 1.0, 1.0, 0.0]
    spread = flambeau.ones(1, requires_grad=True)
    (grad,) = flambeau.autograd.grad(spread.expand(3).as_strided((1,), (1,)).sum(), spread)
    assert grad.tolist() == [1.0]


@pytest.mark.filterwarnings("ignore:Lazy modules")
@pytest.mark.parametrize("kind", [nn.LazyConv1d, nn.LazyConvTranspose1d, nn.LazyLinear])
def test_lazy_modules_change_type_before_they_know_their_shapes(kind):
    module = kind(5) if kind is nn.LazyLinear else kind(5, 3)
    module = module.to(dtype=flambeau.float64).train()
    assert module(flambeau.randn(2, 4, 8, dtype=flambeau.float64)).dtype == flambeau.float64


def test_normal_of_complex_numbers_has_its_mean_in_both_parts():
    z = flambeau.empty(20000, dtype=flambeau.complex64).normal_(-2, 0.5, generator=flambeau.Generator().manual_seed(1))
    assert abs(z.real.mean() + 2) < 0.02 and abs(z.imag.mean() + 2) < 0.02
    assert abs(z.real.std() - 0.5 / math.sqrt(2)) < 0.01


FAR = 1 << 20  # from this degree on polynomials come from expansions


@pytest.mark.parametrize("x", [-0.999, -0.3, 1e-9, 0.5, 0.9999, 1 + 1e-9, -1 - 1e-9, 1 + 1e-7])
def test_high_legendre_polynomials_go_on_with_the_recurrence(x):
    x = flambeau.tensor(x, dtype=flambeau.float64)
    p, d = flambeau.special.legendre_polynomial_p, FAR - 1
    expected = ((2 * d + 1) * x * p(x, d) - d * p(x, d - 1)) / (d + 1)
    flambeau.testing.assert_close(p(x, FAR), expected, rtol=1e-6, atol=1e-8)
    assert p(x, 1e15).isfinite() or abs(x) > 1


@pytest.mark.parametrize("x", [-0.01, -1e-7, 1e-9, 1e-3, 0.7, 5.0, 40.0])
def test_high_laguerre_polynomials_go_on_with_the_recurrence(x):
    x = flambeau.tensor(x, dtype=flambeau.float64)
    p, d = flambeau.special.laguerre_polynomial_l, FAR - 1
    expected = ((2 * d + 1 - x) * p(x, d) - d * p(x, d - 1)) / (d + 1)
    flambeau.testing.assert_close(p(x, FAR), expected, rtol=1e-4, atol=float(1e-6 * (x / 2).exp()))


@pytest.mark.parametrize("kind", "tuvw")
@pytest.mark.parametrize("x", [1 + 1e-9, -1 - 1e-9, 1 + 1e-11])
def test_high_chebyshev_polynomials_go_on_with_the_recurrence(kind, x):
    x = flambeau.tensor(x, dtype=flambeau.float64)
    p = getattr(flambeau.special, f"chebyshev_polynomial_{kind}")
    flambeau.testing.assert_close(p(x, FAR), 2 * x * p(x, FAR - 1) - p(x, FAR - 2), rtol=1e-6, atol=0.0)


def test_batch_norm_subtracts_before_it_multiplies():
    # Of a constant gradient nothing is left but what the rounded mean leaves, a multiple of x - mean: no rounding
    # errors of the gradient itself. The mean is the exact one, rounded.
    x = 3 + flambeau.randn(8, 1, 28, 28)
    module = nn.BatchNorm2d(1)
    leaf = x.clone().requires_grad_()
    module(leaf).backward(flambeau.full_like(x, 0.5))
    assert module.bias.grad.item() == 0.5 * x.numel()
    mean = flambeau.native_batch_norm(x, None, None, None, None, True, 0.1, 1e-5)[1]
    assert mean.tolist() == x.double().mean((0, 2, 3)).float().tolist()
    grad, centered = leaf.grad.double(), (x - mean).double()
    multiple = (grad * centered).sum() / (centered * centered).sum()
    assert (grad - multiple * centered).abs().max() <= 1e-5 * grad.abs().max()
