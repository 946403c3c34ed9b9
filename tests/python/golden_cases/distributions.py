"""Every distribution and transform: densities, moments, draws from a seed, gradients, divergences.

The tests beside this one (test_distributions.py) check the same against integrals and derivatives; these numbers see
what those cannot: draws, bounds, which gradients there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import wave

# A distribution with parameters that have a gradient: p(...) are positive, r(...) real, q(...) in (0, 1).
DISTRIBUTIONS = """
Bernoulli(q(3)) | Bernoulli(logits=r(3)) | Beta(p(3), 2 * p(3)) | Binomial(7, q(3)) | Binomial(torch.tensor([3., 9., 4.]), logits=r(3)) | Categorical(p(2, 4)) | Categorical(logits=r(2, 4))
Cauchy(r(3), p(3)) | Chi2(3 * p(3)) | ContinuousBernoulli(q(3)) | ContinuousBernoulli(torch.tensor([0.4995, 0.5, 0.2])) | Dirichlet(p(2, 3)) | Exponential(p(3)) | FisherSnedecor(5 * p(3), 6 + p(3)) | Gamma(p(3), 2 * p(3))
GeneralizedPareto(r(3), p(3), q(3) / 3) | GeneralizedPareto(r(3), p(3), -q(3) / 3) | GeneralizedPareto(0.0, 1.5, 0.0) | Geometric(q(3)) | Geometric(logits=r(3)) | Gumbel(r(3), p(3)) | HalfCauchy(p(3)) | HalfNormal(p(3)) | Independent(Normal(r(2, 3), p(2, 3)), 1) | InverseGamma(2 + p(3), p(3))
Kumaraswamy(p(3), 2 * p(3)) | LKJCholesky(3, p(2)) | LKJCholesky(4, 0.7) | Laplace(r(3), p(3)) | LogNormal(r(3), p(3)) | LogisticNormal(r(2, 3), p(2, 3)) | LowRankMultivariateNormal(r(3), r(3, 2), p(3))
MixtureSameFamily(Categorical(p(3)), Normal(r(3), p(3))) | MixtureSameFamily(Categorical(p(2)), Independent(Normal(r(2, 3), p(2, 3)), 1)) | Multinomial(6, p(4)) | Multinomial(5, logits=r(2, 3)) | MultivariateNormal(r(3), L(3) @ L(3).mT) | MultivariateNormal(r(3), scale_tril=L(3)) | MultivariateNormal(r(2, 3), precision_matrix=L(3) @ L(3).mT)
NegativeBinomial(4, q(3)) | NegativeBinomial(p(3), logits=r(3)) | Normal(r(3), p(3)) | OneHotCategorical(p(2, 4)) | OneHotCategoricalStraightThrough(p(2, 4)) | Pareto(p(3), 3 * p(3)) | Poisson(p(3)) | Poisson(40 * p(3)) | RelaxedBernoulli(torch.tensor(0.7), q(3)) | RelaxedOneHotCategorical(torch.tensor(0.7), p(2, 3))
StudentT(2 + p(3), r(3), p(3)) | TransformedDistribution(Normal(r(3), p(3)), [TanhTransform(), AffineTransform(0.5, 2.0)]) | TransformedDistribution(Gamma(p(3), p(3)), PowerTransform(torch.tensor(2.0))) | Uniform(r(3), r(3) + p(3)) | VonMises(r(3), p(3)) | VonMises(r(3), 20 * p(3)) | Weibull(p(3), 2 * p(3)) | Wishart(3 + p(2), L(3) @ L(3).mT) | Wishart(torch.tensor(4.0), scale_tril=L(2))
"""
# Further values whose density is asked for, beside one draw: bounds and what lies outside.
VALUES = {
    "Uniform": "torch.tensor([[-9.0, 0.0, 9.0]])", "Gamma": "torch.tensor([[0.01, 1.0, 30.0]])", "Beta": "torch.tensor([[0.01, 0.5, 0.99]])",
    "Poisson": "torch.tensor([[0.0, 1.0, 17.0]])", "Geometric": "torch.tensor([[0.0, 1.0, 7.0]])", "StudentT": "torch.tensor([[-9.0, 0.0, 90.0]])",
    "Normal": "torch.tensor([[-9.0, 0.0, 90.0]])", "Laplace": "torch.tensor([[-9.0, 0.0, 90.0]])", "HalfNormal": "torch.tensor([[0.0, 1.0, 9.0]])",
    "NegativeBinomial": "torch.tensor([[0.0, 1.0, 17.0]])", "VonMises": "torch.tensor([[-3.0, 0.0, 3.1]])", "Binomial": "torch.tensor([[0.0, 1.0, 3.0]])",
}  # fmt: skip
TRANSFORMS = """
AbsTransform() | AffineTransform(0.3, -2.0) | AffineTransform(0.3, torch.tensor([1.5, -0.5, 2.0]), event_dim=1) | ComposeTransform([ExpTransform(), AffineTransform(0.3, 2.0)]) | CorrCholeskyTransform() | CumulativeDistributionTransform(Normal(0.2, 1.3))
ExpTransform() | IndependentTransform(ExpTransform(), 1) | LowerCholeskyTransform() | PositiveDefiniteTransform() | PowerTransform(torch.tensor(1.7)) | ReshapeTransform((3,), (3, 1)) | SigmoidTransform() | SoftmaxTransform() | SoftplusTransform() | StackTransform([ExpTransform(), SigmoidTransform(), TanhTransform()], dim=-1)
StickBreakingTransform() | TanhTransform() | CatTransform([ExpTransform(), AffineTransform(0.1, 3.0)], dim=0, lengths=[1, 2])
"""
PAIRS = """
Bernoulli(q(2, 3)), Bernoulli(q(2, 3) ** 2) | Bernoulli(q(3)), Poisson(p(3)) | Beta(p(3), p(3) + 1), Beta(2 * p(3), p(3)) | Beta(p(3), p(3)), Normal(r(3), p(3)) | Beta(p(3), p(3)), Exponential(p(3)) | Beta(p(3), p(3)), Gamma(p(3), p(3)) | Beta(p(3), p(3)), Uniform(-1.0, 2.0) | Binomial(5, q(3)), Binomial(5, q(3, 1)) | Categorical(p(4)), Categorical(p(2, 4) ** 2) | Cauchy(r(3), p(3)), Cauchy(r(1), p(1))
ContinuousBernoulli(q(3)), ContinuousBernoulli(q(2, 3)) | ContinuousBernoulli(q(3)), Exponential(p(3)) | ContinuousBernoulli(q(3)), Normal(r(3), p(3)) | ContinuousBernoulli(q(3)), Uniform(-1.0, 2.0) | ContinuousBernoulli(q(3)), Pareto(0.1, p(3)) | Dirichlet(p(3)), Dirichlet(p(3) ** 2 + 1) | Exponential(p(3)), Exponential(2 + p(3)) | Exponential(p(3)), Gamma(p(3), p(3) + 1) | Exponential(p(3)), Gumbel(r(3), p(3)) | Exponential(p(3)), Normal(r(3), p(3)) | Exponential(p(3)), Beta(p(3), p(3))
Gamma(p(3), p(3) + 1), Gamma(2 * p(3), p(3)) | Gamma(p(3), p(3) + 1), Exponential(p(3)) | Gamma(p(3), p(3) + 1), Gumbel(r(3), p(3)) | Gamma(p(3), p(3)), Normal(r(3), p(3)) | Geometric(q(3)), Geometric(q(3, 1)) | Gumbel(r(3), p(3)), Gumbel(r(3) + 1, 2 * p(3)) | Gumbel(r(3), p(3)), Normal(r(3), p(3)) | HalfNormal(p(3)), HalfNormal(2 * p(3)) | Independent(Normal(r(3), p(3)), 1), Independent(Normal(r(3) + 1, p(3)), 1) | Laplace(r(3), p(3)), Laplace(r(3) + 1, 2 * p(3)) | Laplace(r(3), p(3)), Normal(r(3), p(3))
LogNormal(r(3), p(3)), LogNormal(r(3) + 1, 2 * p(3)) | LowRankMultivariateNormal(r(3), r(3, 2), p(3)), LowRankMultivariateNormal(r(3) + 1, r(3, 2), 2 * p(3)) | LowRankMultivariateNormal(r(3), r(3, 2), p(3)), MultivariateNormal(r(3) + 1, scale_tril=L(3)) | MultivariateNormal(r(3), scale_tril=L(3)), LowRankMultivariateNormal(r(3) + 1, r(3, 2), p(3)) | MultivariateNormal(r(3), scale_tril=L(3)), MultivariateNormal(r(3) + 1, L(3) @ L(3).mT * 2)
Normal(r(3), p(3)), Normal(r(3) + 1, 2 * p(3)) | Normal(r(3), p(3)), Gumbel(r(3), p(3)) | Normal(r(3), p(3)), Laplace(r(3), p(3)) | Normal(r(3), p(3)), Uniform(-1.0, 2.0) | OneHotCategorical(p(4)), OneHotCategorical(p(4) ** 2) | Pareto(2 + p(3), 3 * p(3)), Pareto(p(3), 2 * p(3)) | Pareto(p(3), 3 + p(3)), Exponential(p(3)) | Pareto(p(3), 3 + p(3)), Gamma(p(3), p(3)) | Pareto(p(3), 3 + p(3)), Normal(r(3), p(3)) | Poisson(p(3)), Poisson(2 * p(3)) | Poisson(p(3)), Binomial(4, q(3))
TransformedDistribution(Normal(r(3), p(3)), [ExpTransform()]), TransformedDistribution(Normal(r(3) + 1, p(3)), [ExpTransform()]) | Uniform(0.2, 0.2 + p(3)), Uniform(-1.0, 9.0) | Uniform(0.2, 0.2 + p(3)), Beta(p(3), p(3)) | Uniform(0.1, 0.1 + q(3) / 2), Beta(p(3), p(3)) | Uniform(0.1, 0.1 + q(3) / 2), ContinuousBernoulli(q(3)) | Uniform(0.2, 0.2 + p(3)), Exponential(p(3)) | Uniform(0.2, 0.2 + p(3)), Gamma(p(3), p(3)) | Uniform(r(3), r(3) + p(3)), Gumbel(r(3), p(3)) | Uniform(r(3), r(3) + p(3)), Normal(r(3), p(3)) | Uniform(2.0, 2 + p(3)), Pareto(0.1, p(3)) | MultivariateNormal(r(2), scale_tril=L(2)), MultivariateNormal(r(2) + 1, scale_tril=2 * L(2))
"""


def split(table: str) -> list[str]:
    return [e.strip() for line in table.strip().splitlines() for e in line.split(" | ")]


def names_of(torch: Any, leaves: list[Any] | None = None) -> dict[str, Any]:
    """The namespace of the expressions; the parameters made in it are kept in `leaves`."""
    D = torch.distributions
    names = {name: getattr(D, name) for name in dir(D) if not name.startswith("_")}
    names |= {name: getattr(D.transforms, name) for name in D.transforms.__all__}

    def made(*shape: int) -> Any:
        t = wave(torch, *shape, dtype=torch.float64).requires_grad_()
        if leaves is not None:
            leaves.append(t)
        return t

    def lower(n: int) -> Any:
        return (made(n, n) / 4).tril(-1) + torch.diag_embed(made(n).abs() + 0.4)

    names |= {
        "torch": torch, "r": made, "p": lambda *s: made(*s).exp() + 0.05, "q": lambda *s: made(*s).sigmoid(), "L": lower,
    }  # fmt: skip
    return names


def attempt(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (NotImplementedError, AttributeError) as error:
        return type(error).__name__
    except Exception as error:
        return type(error).__name__


def facts(expression: str) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        leaves: list[Any] = []
        names = names_of(torch, leaves)
        d = eval(expression, names)
        family = expression.split("(")[0]
        torch.manual_seed(7)
        # PyTorch draws every Wishart matrix several times.
        value = (d.mean.detach() * 1.1).expand(2, *d.mean.shape) if family == "Wishart" else d.sample((2,))
        value = value.double() if value.is_floating_point() else value
        density = d.log_prob(value)
        got: dict[str, Any] = {
            "shapes": [list(d.batch_shape), list(d.event_shape)],
            "sample": value,
            "log_prob": density,
        }
        got["gradient"] = (
            attempt(lambda: torch.autograd.grad(density.sum(), leaves, allow_unused=True, retain_graph=True))
            if leaves
            else []
        )
        for name in ("mean", "variance", "stddev", "mode"):
            got[name] = attempt(lambda name=name: getattr(d, name))
        for name in ("entropy", "perplexity"):
            got[name] = attempt(lambda name=name: getattr(d, name)())
        got["cdf"] = attempt(lambda: d.cdf(value))
        got["icdf"] = attempt(lambda: d.icdf(torch.full((2, *value.shape[1:]), 0.3, dtype=torch.float64)))
        got["support"] = attempt(lambda: d.support.check(value))
        got["enumerate"] = attempt(lambda: d.enumerate_support())
        got["expanded"] = attempt(lambda: d.expand((2, *d.batch_shape)).log_prob(value))
        if family == "Kumaraswamy":
            del got["mode"]  # NaN in PyTorch, whatever the parameters
        if d.has_rsample and family != "Wishart":
            torch.manual_seed(8)
            drawn = d.rsample((2,))
            weights = wave(torch, *drawn.shape, phase=0.9)
            ends = [t for t in leaves if drawn.requires_grad]
            grads = (
                attempt(lambda: torch.autograd.grad((drawn * weights).sum(), ends, allow_unused=True)) if ends else []
            )
            got["rsample"] = drawn, grads
        if family in VALUES:
            unchecked = eval(
                f"{family}(" + expression.removeprefix(f"{family}(")[:-1] + ", validate_args=False)", names
            )
            more = eval(VALUES[family], names).double()
            got["more"] = (
                unchecked.log_prob(more),
                attempt(lambda: unchecked.cdf(more)),
                attempt(lambda: d.support.check(more)),
            )
        return got

    return run


def transform(expression: str) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        t = eval(expression, names_of(torch))
        x = wave(torch, 2, 3, 3) if t.domain.event_dim == 2 else wave(torch, 3, 3 if "Corr" not in expression else 6)
        if "Power" in expression:
            x = x.abs()
        if "Cat" in expression:
            x = wave(torch, 3, 2)
        y = t(x)
        back = t.inv(y)
        shapes = [list(t.forward_shape(x.shape)), list(t.inverse_shape(y.shape))]
        return y, back, attempt(lambda: t.log_abs_det_jacobian(x, y)), shapes, attempt(lambda: t.sign), t.bijective

    return run


def divergence(expression: str) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        leaves: list[Any] = []
        p, q = eval(f"({expression})", names_of(torch, leaves))
        value = torch.distributions.kl_divergence(p, q)
        if not value.requires_grad:
            return value
        finite = value[value.isfinite()]
        return value, torch.autograd.grad(finite.sum(), leaves, allow_unused=True)

    return run


def in_double(case: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def run(torch: Any) -> Any:
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            return case(torch)
        finally:
            torch.set_default_dtype(before)

    return run


CASES: dict[str, Callable[[Any], Any]] = {e: in_double(facts(e)) for e in split(DISTRIBUTIONS)}
CASES |= {f"transform {e}": in_double(transform(e)) for e in split(TRANSFORMS)}
CASES |= {f"divergence of {e}": in_double(divergence(e)) for e in split(PAIRS)}
