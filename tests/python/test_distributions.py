"""Distributions against their own definition: densities against integrals and sums, cumulative functions against
densities, draws against both, moments, entropies, divergences and slopes of draws against quadrature, transforms
against difference quotients. No number here comes from another library."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from golden_cases.distributions import DISTRIBUTIONS, PAIRS, TRANSFORMS, names_of, split

import flambeau

D = flambeau.distributions
C = D.constraints
Nodes = tuple[Any, Any]  # places and weights of a quadrature, (n)


@pytest.fixture(autouse=True)
def in_double() -> Iterator[None]:
    flambeau.set_default_dtype(flambeau.float64)
    D.Distribution.set_default_validate_args(False)  # nodes at an end may lie outside by a rounding
    with flambeau.no_grad():
        yield
    D.Distribution.set_default_validate_args(True)
    flambeau.set_default_dtype(flambeau.float32)


def made(expression: str) -> Any:
    return eval(expression, names_of(flambeau))


# --- quadrature: double exponential (Takahasi and Mori, 1974), which bears singular ends ------------------------------
def interval(low: Any, high: Any, count: int = 400) -> Nodes:
    """Over (low, high), tensors of one shape: nodes (n, *shape)."""
    t = flambeau.linspace(-3.4, 3.4, count).reshape(-1, *[1] * low.dim())
    inner = math.pi / 2 * flambeau.sinh(t)
    # Distances from the nearer end keep all digits there.
    share = flambeau.exp(inner) / (2 * flambeau.cosh(inner))
    x = flambeau.where(
        t < 0, low + (high - low) * share, high - (high - low) * flambeau.exp(-inner) / (2 * flambeau.cosh(inner))
    )
    weights = (high - low) * math.pi / 4 * flambeau.cosh(t) / flambeau.cosh(inner) ** 2 * (6.8 / (count - 1))
    return x, weights


def half_line(low: Any, count: int = 600) -> Nodes:
    t = flambeau.linspace(-4.6, 4.6, count).reshape(-1, *[1] * low.dim())
    x = flambeau.exp(math.pi / 2 * flambeau.sinh(t))
    return low + x, x * math.pi / 2 * flambeau.cosh(t) * (9.2 / (count - 1))


def line(middle: Any, count: int = 600) -> Nodes:
    """Over all numbers, either side of a middle on its own: the density may have a kink there."""
    x, w = half_line(flambeau.zeros_like(middle), count // 2)
    return flambeau.cat((middle - x, middle + x)), flambeau.cat((w, w))


def bounds(d: Any) -> tuple[Any, Any]:
    """The ends of the support, None where there is none."""
    if isinstance(d, D.VonMises):
        return -math.pi, math.pi
    if isinstance(d, D.TransformedDistribution) and any(isinstance(t, D.TanhTransform) for t in d.transforms):
        return -1.5, 2.5  # the support of [TanhTransform(), AffineTransform(0.5, 2.0)], which does not say so
    return getattr(d.support, "lower_bound", None), getattr(d.support, "upper_bound", None)


def over_support(d: Any) -> Nodes:
    """Nodes over the support of a distribution of numbers."""
    zeros = flambeau.zeros(d.batch_shape)
    low, high = bounds(d)
    if low is None:
        return line(zeros + getattr(d, "loc", 0.0))
    return half_line(zeros + low) if high is None else interval(zeros + low, zeros + high)


def total(values: Any, weights: Any) -> Any:
    """The sum over nodes; where the density is 0, nothing."""
    return flambeau.where((weights == 0) | values.isnan() | values.isinf(), 0.0, values * weights).sum(0)


def close(a: Any, b: Any, relative: float = 1e-6, floor: float = 1e-9) -> bool:
    return bool(((a - b).abs() <= relative * b.abs() + floor).all())


def is_discrete(d: Any) -> bool:
    return bool(getattr(d.support, "is_discrete", False))


SCALAR, DISCRETE, REST = [], [], []
for _expression in split(DISTRIBUTIONS):
    _before = flambeau.get_default_dtype()
    flambeau.set_default_dtype(flambeau.float64)
    _d = made(_expression)
    flambeau.set_default_dtype(_before)
    (DISCRETE if is_discrete(_d) and not _d.event_shape else REST if _d.event_shape else SCALAR).append(_expression)

# Tails too heavy for the quadrature of a moment, or moments that are not there.
NO_MOMENTS = ("Cauchy", "HalfCauchy", "VonMises")


@pytest.mark.parametrize("expression", SCALAR)
def test_density(expression: str) -> None:
    """Its integral is 1; mean, variance, entropy and mode are the density's."""
    d = made(expression)
    x, w = over_support(d)
    log_p = d.log_prob(x)
    p = log_p.exp()
    assert close(total(p, w), flambeau.ones(d.batch_shape))
    try:
        finite = d.variance.isfinite() & d.mean.isfinite()
    except NotImplementedError:
        finite = None
    if finite is not None and not expression.startswith(NO_MOMENTS):
        mean = total(p * x, w)
        assert bool(finite.any())
        assert close(mean[finite], d.mean[finite], 1e-5)
        assert close(total(p * (x - d.mean) ** 2, w)[finite], d.variance[finite], 1e-4)
        assert close(d.stddev[finite], d.variance[finite].sqrt())
    if expression.startswith("VonMises"):
        assert close(1 - total(p * (x - d.mean).cos(), w), d.variance)
    try:
        entropy = d.entropy()
    except NotImplementedError:
        pass
    else:
        assert close(total(-p * log_p, w), entropy, 1e-5, 1e-7)
    try:
        mode = d.mode
    except NotImplementedError:
        return
    inside = mode.isfinite() & (d.support.check(mode)) & d.log_prob(mode).isfinite()
    assert bool((log_p.nan_to_num(-math.inf).amax(0) <= d.log_prob(mode) + 1e-9)[inside].all())


def below(d: Any, x: Any) -> Any:
    """The probability of values under x, by quadrature of the density."""
    low, zeros = bounds(d)[0], flambeau.zeros_like(x)
    if low is not None:
        nodes = interval(zeros + low, x)
    else:
        middle = flambeau.minimum(x, zeros + getattr(d, "loc", 0.0))
        (back, w), (inner, v) = half_line(zeros), interval(middle, x)
        nodes = flambeau.cat((middle - back, inner)), flambeau.cat((w.expand(back.shape), v))
    return total(d.log_prob(nodes[0]).exp(), nodes[1])


def quantile_bound(count: int) -> float:
    """Kolmogorov and Smirnov's bound that chance passes once in 10,000 times."""
    return 2.23 / math.sqrt(count)


@pytest.mark.parametrize("expression", SCALAR)
def test_cumulative_and_draws(expression: str) -> None:
    d = made(expression)
    flambeau.manual_seed(11)
    draws = d.sample((3000,)).sort(dim=0).values
    some = draws[150::300]
    share = below(d, some)
    ranks = flambeau.arange(150.0, 3000.0, 300.0).reshape(-1, *[1] * len(d.batch_shape)) / 3000
    assert bool(((share - ranks).abs() <= quantile_bound(3000)).all()), "draws are not of the density"
    if expression.startswith("ContinuousBernoulli(torch.tensor"):
        return  # close to 1/2 it is taken for uniform
    try:
        cumulative = d.cdf(some)
    except NotImplementedError:
        return
    assert close(cumulative, share, 1e-5, 1e-5)
    try:
        back = d.icdf(cumulative)
    except NotImplementedError:
        return
    assert close(back, some, 1e-6, 1e-7)


# These draw several numbers each, whose own quantiles are held; at some parameters the formula is another.
SEVERAL = (
    "StudentT",
    "FisherSnedecor",
    "GeneralizedPareto(0.0",
    "ContinuousBernoulli(torch.tensor",
    "TransformedDistribution",
    "MixtureSameFamily",
)
REPARAMETRIZED = [e for e in SCALAR if made(e).has_rsample and not e.startswith(SEVERAL)]


@pytest.mark.parametrize("expression", REPARAMETRIZED)
def test_slopes_of_draws(expression: str) -> None:
    """How a draw follows a parameter when its quantile is held: −∂F/∂θ ÷ density, by difference quotients."""
    with flambeau.enable_grad():
        found = made(expression)
        kind = type(found)
        names = [n for n in found.arg_constraints if isinstance(getattr(found, n, None), flambeau.Tensor)]
        given = {n: getattr(found, n).detach().clone().requires_grad_() for n in names}
        if "probs" in given:
            given.pop("logits", None)
        given |= {"temperature": found.temperature} if hasattr(found, "temperature") else {}
        d = kind(**given, validate_args=False)
        flambeau.manual_seed(5)
        x = d.rsample()
        leaves = {n: t for n, t in given.items() if t.requires_grad}
        slopes = dict(zip(leaves, flambeau.autograd.grad(x.sum(), list(leaves.values()), allow_unused=True)))
    x = x.detach()
    density = kind(**{n: t.detach() for n, t in given.items()}, validate_args=False).log_prob(x).exp()
    for name, slope in slopes.items():
        step = 1e-5
        either = []
        for sign in (1, -1):
            moved = {n: t.detach() + (sign * step if n == name else 0) for n, t in given.items()}
            either.append(below(kind(**moved, validate_args=False), x))
        expected = -(either[0] - either[1]) / (2 * step) / density
        got = flambeau.zeros_like(x) if slope is None else slope
        assert close(got, expected, 1e-4, 1e-5), (name, got, expected)


@pytest.mark.parametrize("expression", DISCRETE)
def test_mass(expression: str) -> None:
    d = made(expression)
    if d.has_enumerate_support and not isinstance(d, D.Binomial):
        x = d.enumerate_support().to(flambeau.float64)
    elif isinstance(d, D.Binomial):
        x = flambeau.arange(float(d.total_count.max()) + 1).reshape(-1, 1).expand(-1, *d.batch_shape)
    else:
        x = flambeau.arange(400.0).reshape(-1, 1).expand(-1, *d.batch_shape)
    inside = x <= d.total_count if isinstance(d, D.Binomial) else x >= 0
    log_p = flambeau.where(inside, d.log_prob(x), -math.inf)
    p = log_p.exp()
    assert close(p.sum(0), flambeau.ones(d.batch_shape))
    if not isinstance(d, D.Categorical):
        assert close((p * x).sum(0), d.mean)
        assert close((p * (x - d.mean) ** 2).sum(0), d.variance, 1e-5)
    at_mode = d.log_prob(d.mode.to(flambeau.float64))
    assert bool((log_p.amax(0) <= at_mode + 1e-9).all())
    try:
        entropy = d.entropy()
    except NotImplementedError:
        pass
    else:
        assert close(flambeau.where(p > 0, -p * log_p, 0.0).sum(0), entropy)
    flambeau.manual_seed(2)
    draws = d.sample((4000,)).to(flambeau.float64)
    for k in range(min(6, x.shape[0])):
        share = (draws == x[k]).double().mean(0)
        room = 4.5 * (p[k] * (1 - p[k]) / 4000).sqrt() + 1e-9
        assert bool(((share - p[k]).abs() <= room).all()), (k, share, p[k])


# --- several coordinates: a map from numbers to values, over ranges that cover all ---------------------------------
def on_simplex(x: Any) -> Any:
    return flambeau.stack((x, 1 - x), -1)


def in_plane(x: Any, y: Any) -> Any:
    return flambeau.stack((x, y), -1)


def correlation(x: Any) -> Any:
    zero, one = flambeau.zeros_like(x), flambeau.ones_like(x)
    return flambeau.stack((one, zero, x, (1 - x * x).clamp(min=0).sqrt()), -1).reshape(-1, 2, 2)


UNIT, SIGNED, WHOLE, ABOVE = "unit", "signed", "whole", "above"
EMBEDDED: dict[str, tuple[Any, list[str]]] = {
    "Dirichlet(p(2))": (on_simplex, [UNIT]),
    "LogisticNormal(r(1), p(1))": (on_simplex, [UNIT]),
    "RelaxedOneHotCategorical(torch.tensor(0.7), p(2))": (on_simplex, [UNIT]),
    "LKJCholesky(2, 1.7)": (correlation, [SIGNED]),
    "Wishart(torch.tensor(2.6), scale_tril=L(1))": (lambda x: x.reshape(-1, 1, 1), [ABOVE]),
    "MultivariateNormal(r(2), scale_tril=L(2))": (in_plane, [WHOLE, WHOLE]),
    "MultivariateNormal(r(2), precision_matrix=L(2) @ L(2).mT)": (in_plane, [WHOLE, WHOLE]),
    "MultivariateNormal(r(2), L(2) @ L(2).mT)": (in_plane, [WHOLE, WHOLE]),
    "LowRankMultivariateNormal(r(2), r(2, 1), p(2))": (in_plane, [WHOLE, WHOLE]),
    "Independent(Gumbel(r(2), p(2)), 1)": (in_plane, [WHOLE, WHOLE]),
    "Dirichlet(2 * p(3))": (None, [UNIT, UNIT]),
    "MixtureSameFamily(Categorical(p(2)), Independent(Normal(r(2, 2), p(2, 2)), 1))": (
        in_plane, [WHOLE, WHOLE],
    ),
}  # fmt: skip


def embedded(expression: str) -> tuple[Any, Any]:
    """Values (n, *event_shape) and weights of a quadrature over a distribution of several coordinates."""
    embed, ranges = EMBEDDED[expression]
    zero = flambeau.tensor(0.0)
    count = 160 if len(ranges) > 1 else 500
    of = {
        UNIT: lambda: interval(zero, zero + 1, count), SIGNED: lambda: interval(zero - 1, zero + 1, count),
        WHOLE: lambda: line(zero, count), ABOVE: lambda: half_line(zero, count),
    }  # fmt: skip
    parts = [of[r]() for r in ranges]
    if len(parts) == 1:
        return embed(parts[0][0]), parts[0][1]
    x, y = (g.reshape(-1) for g in flambeau.meshgrid(parts[0][0], parts[1][0], indexing="ij"))
    w = (parts[0][1].unsqueeze(1) * parts[1][1]).reshape(-1)
    if embed is None:  # a triangle: the second coordinate takes a share of what the first leaves
        return flambeau.stack((x, (1 - x) * y, (1 - x) * (1 - y)), -1), w * (1 - x)
    return embed(x, y), w


@pytest.mark.parametrize("expression", EMBEDDED)
def test_density_of_several(expression: str) -> None:
    d = made(expression)
    x, w = embedded(expression)
    log_p = d.log_prob(x)
    p = log_p.exp()
    assert close(total(p, w), flambeau.tensor(1.0), 1e-5)
    tail = [1] * len(d.event_shape)
    flambeau.manual_seed(4)
    draws = d.sample((4000,))
    mean = total(p.reshape(-1, *tail) * x, w.reshape(-1, *tail))
    variance = total(p.reshape(-1, *tail) * (x - mean) ** 2, w.reshape(-1, *tail))
    assert bool(((draws.mean(0) - mean).abs() <= 4.5 * (variance / 4000).sqrt() + 1e-9).all())
    fourth = total(p.reshape(-1, *tail) * (x - mean) ** 4, w.reshape(-1, *tail))
    assert bool(((draws.var(0) - variance).abs() <= 4.5 * (fourth / 4000).sqrt() + 1e-9).all())
    for name, expected in (("mean", mean), ("variance", variance)):
        try:
            got = getattr(d, name)
        except NotImplementedError:
            continue
        assert close(got, expected, 1e-4, 1e-6), name
    if hasattr(d, "covariance_matrix") and isinstance(d, (D.MultivariateNormal, D.LowRankMultivariateNormal)):
        off = x - mean
        assert close(flambeau.einsum("n,ni,nj->ij", p * w, off, off), d.covariance_matrix, 1e-4, 1e-6)
        assert close(d.precision_matrix @ d.covariance_matrix, flambeau.eye(2), 1e-6, 1e-9)
    try:
        entropy = d.entropy()
    except NotImplementedError:
        return
    assert close(total(-p * log_p, w), entropy, 1e-4, 1e-6)


def test_counts_of_several() -> None:
    """Multinomial and one-hot values, all of them."""
    d = made("Multinomial(4, torch.tensor([0.2, 0.5, 0.3]))")
    all_counts = [(a, b, 4 - a - b) for a in range(5) for b in range(5 - a)]
    x = flambeau.tensor(all_counts, dtype=flambeau.float64)
    p = d.log_prob(x).exp()
    assert close(p.sum(), flambeau.tensor(1.0))
    assert close(p @ x, d.mean)
    assert close(p @ (x - d.mean) ** 2, d.variance)
    assert close(-(p * p.log()).sum(), d.entropy())
    one = made("OneHotCategorical(torch.tensor([0.2, 0.5, 0.3]))")
    p = one.log_prob(one.enumerate_support()).exp()
    assert close(p, flambeau.tensor([0.2, 0.5, 0.3]))
    assert close(-(p * p.log()).sum(), one.entropy())
    assert close(p * (1 - p), one.variance)


# --- divergences ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("expression", split(PAIRS))
def test_divergence(expression: str) -> None:
    p, q = made(f"({expression})")
    got = D.kl_divergence(p, q)
    p, q = p.expand(got.shape), q.expand(got.shape)
    if p.event_shape:
        # An estimate from draws; the integral has too many coordinates.
        flambeau.manual_seed(3)
        x = p.sample((20_000,))
        ratios = p.log_prob(x) - q.log_prob(x)
        assert bool(((ratios.mean(0) - got).abs() <= 4.5 * ratios.std(0) / math.sqrt(20_000) + 1e-9).all())
        return
    if is_discrete(p):
        x = p.enumerate_support() if p.has_enumerate_support else flambeau.arange(300.0)
        x = x.reshape(-1, *[1] * got.dim()) if x.dim() == 1 else x
        x = x.expand(-1, *p.batch_shape)
        w = flambeau.ones_like(x)
    else:
        x, w = over_support(p)
    mass = p.log_prob(x).exp()
    expected = total(mass * (p.log_prob(x) - q.log_prob(x)), w)
    finite = got.isfinite()
    kinked = any(isinstance(d, (D.Laplace, D.Uniform, D.Pareto)) for d in (p, q))
    assert close(got[finite], expected[finite], 1e-3 if kinked else 1e-5, 1e-7)
    # An infinite divergence: q gives nothing to some of what p gives.
    outside = (mass > 0) & ~q.support.check(x)
    assert bool((finite | outside.any(0)).all())


# --- transforms -------------------------------------------------------------------------------------------------------
def free_coordinates(y: Any, t: Any) -> Any:
    """The coordinates of a value that can be chosen freely."""
    if isinstance(t, D.StickBreakingTransform):
        return y[:-1]
    if isinstance(t, D.CorrCholeskyTransform):
        n = y.shape[-1]
        return flambeau.cat([y[i, :i] for i in range(n)])
    return y.reshape(-1)


@pytest.mark.parametrize("expression", split(TRANSFORMS))
def test_transform(expression: str) -> None:
    t = made(expression)
    flambeau.manual_seed(1)
    event = t.domain.event_dim
    if event == 2:
        pytest.skip("a matrix that is not free")
    width = 6 if isinstance(t, D.CorrCholeskyTransform) else 3
    x = flambeau.randn(width)
    if isinstance(t, (D.PowerTransform, D.AbsTransform)):
        x = x.abs() + 0.1
    y = t(x)
    if not t.bijective:
        # Softmax and absolute value: the inverse gives one of the origins.
        assert close(t(t.inv(y)), y)
        return
    assert close(t.inv(y), x, 1e-6, 1e-9)
    step = 1e-6
    moved = flambeau.eye(width) * step
    columns = [(free_coordinates(t(x + m), t) - free_coordinates(t(x - m), t)) / (2 * step) for m in moved]
    jacobian = flambeau.stack(columns, 1)
    got = t.log_abs_det_jacobian(x, y)
    expected = flambeau.linalg.slogdet(jacobian).logabsdet if got.dim() == 0 else jacobian.diagonal().abs().log()
    assert got.shape == expected.shape
    assert close(got, expected, 1e-5, 1e-7)
    assert close(t.inv.log_abs_det_jacobian(y, x), -expected, 1e-5, 1e-7)
    if event == 0 and not isinstance(t, (D.CatTransform, D.StackTransform)):
        assert bool((jacobian.diagonal().sign() == t.sign).all())
    assert t.forward_shape(x.shape) == y.shape
    assert t.inverse_shape(y.shape) == x.shape


@flambeau.enable_grad()
def test_continuous_bernoulli_at_extreme_odds():
    # The probability is kept eps away from 0, where the normalization is log(|log1p(-p) - log(p)|) - log1p(-2 p).
    p = flambeau.finfo(flambeau.float32).eps
    normalization = math.log(math.log1p(-p) - math.log(p)) - math.log1p(-2 * p)
    for odds in (-1e4, -200.0, 200.0, 1e4):
        logits = flambeau.tensor([odds], dtype=flambeau.float32, requires_grad=True)
        d = flambeau.distributions.ContinuousBernoulli(logits=logits)
        likely, unlikely = (0.0, 1.0) if odds < 0 else (1.0, 0.0)
        for value, expected in ((likely, normalization), (unlikely, normalization - abs(odds))):
            got = d.log_prob(flambeau.tensor([value], dtype=flambeau.float32))
            assert got.item() == pytest.approx(expected, rel=1e-5)
            (grad,) = flambeau.autograd.grad(got, logits, retain_graph=True)
            assert grad.isfinite().all()
