"""Kullback–Leibler divergences: a table of formulas by the two types, and the function that looks there."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import flambeau

from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .dirichlet import Dirichlet
from .distribution import Distribution
from .exp_family import ExponentialFamily
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import Gumbel
from .half_normal import HalfNormal
from .independent import Independent
from .laplace import Laplace
from .multivariate_normal import MultivariateNormal, _batch_mahalanobis
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .poisson import Poisson
from .transformed_distribution import TransformedDistribution
from .uniform import Uniform
from .utils import _sum_rightmost, euler_constant

__all__ = ["kl_divergence", "register_kl"]

_KL_REGISTRY: dict[tuple[type, type], Callable[..., Any]] = {}
_KL_MEMOIZE: dict[tuple[type, type], Callable[..., Any]] = {}


def register_kl(type_p: type, type_q: type) -> Callable[..., Any]:
    """Decorator that enters a function of (p, q) for two classes, distributions of Flambeau or others.

    It serves their subclasses too. Where several entries fit, the nearest to the types wins, p's before q's.
    """
    for type_ in (type_p, type_q):
        if not isinstance(type_, type):
            raise TypeError(f"register_kl: {type_!r} is no class")

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        _KL_REGISTRY[type_p, type_q] = function
        _KL_MEMOIZE.clear()
        return function

    return enter


def _find(type_p: type, type_q: type) -> Callable[..., Any] | None:
    fitting = [(p, q) for p, q in _KL_REGISTRY if issubclass(type_p, p) and issubclass(type_q, q)]
    if not fitting:
        return None

    def far(pair: tuple[type, type]) -> tuple[int, int]:
        return type_p.__mro__.index(pair[0]), type_q.__mro__.index(pair[1])

    by_p = min(fitting, key=far)
    by_q = min(fitting, key=lambda pair: far(pair)[::-1])
    if _KL_REGISTRY[by_p] is not _KL_REGISTRY[by_q]:
        names = [f"({p.__name__}, {q.__name__})" for p, q in (by_p, by_q)]
        warnings.warn(
            f"kl_divergence: for ({type_p.__name__}, {type_q.__name__}) both {names[0]} and {names[1]} fit; "
            f"{names[0]} is taken",
            RuntimeWarning,
            stacklevel=3,
        )
    return _KL_REGISTRY[by_p]


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    r"""``∫ p(x)·log(p(x)/q(x)) dx`` of two distributions, over their batch.

    Raises:
        NotImplementedError: no formula is registered for the two types.
    """
    key = type(p), type(q)
    function = _KL_MEMOIZE.get(key)
    if function is None:
        function = _find(*key)
        if function is None:
            raise NotImplementedError(
                f"kl_divergence: no formula for {key[0].__name__} and {key[1].__name__}; register_kl adds one, "
                "or average p.log_prob(x) - q.log_prob(x) over samples of p"
            )
        _KL_MEMOIZE[key] = function
    return function(p, q)


def _infinite_like(tensor: Any) -> Any:
    return flambeau.full_like(tensor, math.inf)


def _x_log_x(tensor: Any) -> Any:
    return flambeau.special.xlogy(tensor, tensor)


@register_kl(Bernoulli, Bernoulli)
def _kl_bernoulli_bernoulli(p: Any, q: Any) -> Any:
    softplus = flambeau.nn.functional.softplus
    one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    one = flambeau.where(q.probs == 0, math.inf, one)
    one = flambeau.where(p.probs == 0, 0.0, one)
    zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    zero = flambeau.where(q.probs == 1, math.inf, zero)
    return one + flambeau.where(p.probs == 1, 0.0, zero)


@register_kl(Beta, Beta)
def _kl_beta_beta(p: Any, q: Any) -> Any:
    p_total, q_total = p.concentration1 + p.concentration0, q.concentration1 + q.concentration0
    lgamma, digamma = flambeau.lgamma, flambeau.digamma
    return (
        (q.concentration1.lgamma() + q.concentration0.lgamma() + lgamma(p_total))
        - (p.concentration1.lgamma() + p.concentration0.lgamma() + lgamma(q_total))
        + (p.concentration1 - q.concentration1) * digamma(p.concentration1)
        + (p.concentration0 - q.concentration0) * digamma(p.concentration0)
        + (q_total - p_total) * digamma(p_total)
    )


@register_kl(Binomial, Binomial)
def _kl_binomial_binomial(p: Any, q: Any) -> Any:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError("kl_divergence: no formula for a Binomial with fewer trials than the other")
    value = p.total_count * (p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p())
    more = p.total_count > q.total_count
    return flambeau.where(more.expand_as(value), math.inf, value)


@register_kl(Categorical, Categorical)
def _kl_categorical_categorical(p: Any, q: Any) -> Any:
    terms = p.probs * (p.logits - q.logits)
    terms = flambeau.where((q.probs == 0).expand_as(terms), math.inf, terms)
    return flambeau.where((p.probs == 0).expand_as(terms), 0.0, terms).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _kl_onehot_onehot(p: Any, q: Any) -> Any:
    return _kl_categorical_categorical(p._categorical, q._categorical)


@register_kl(Dirichlet, Dirichlet)
def _kl_dirichlet_dirichlet(p: Any, q: Any) -> Any:
    p_total, q_total = p.concentration.sum(-1), q.concentration.sum(-1)
    ratio = (q.concentration.lgamma() - p.concentration.lgamma()).sum(-1)
    spread = p.concentration.digamma() - p_total.digamma().unsqueeze(-1)
    return p_total.lgamma() - q_total.lgamma() + ratio + ((p.concentration - q.concentration) * spread).sum(-1)


@register_kl(Exponential, Exponential)
def _kl_exponential_exponential(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(ExponentialFamily, ExponentialFamily)
def _kl_expfamily_expfamily(p: Any, q: Any) -> Any:
    """The Bregman divergence of the log normalizer; both must be of one family."""
    if type(p) is not type(q):
        raise NotImplementedError(f"kl_divergence: no formula for {type(p).__name__} and {type(q).__name__}")
    natural = [param.detach().requires_grad_() for param in p._natural_params]
    with flambeau.enable_grad():
        normalizer = p._log_normalizer(*natural)
        gradients = flambeau.autograd.grad(normalizer.sum(), natural, create_graph=True)
    result = q._log_normalizer(*q._natural_params) - normalizer
    for of_p, of_q, gradient in zip(natural, q._natural_params, gradients, strict=True):
        result = result - _sum_rightmost((of_q - of_p) * gradient, len(q.event_shape))
    return result


@register_kl(Gamma, Gamma)
def _kl_gamma_gamma(p: Any, q: Any) -> Any:
    return (
        q.concentration * (p.rate / q.rate).log()
        + flambeau.lgamma(q.concentration)
        - flambeau.lgamma(p.concentration)
        + (p.concentration - q.concentration) * flambeau.digamma(p.concentration)
        + (q.rate - p.rate) * (p.concentration / p.rate)
    )


@register_kl(Gumbel, Gumbel)
def _kl_gumbel_gumbel(p: Any, q: Any) -> Any:
    ratio = p.scale / q.scale
    shift = (q.loc - p.loc) / q.scale
    return (
        -ratio.log()
        - shift
        + ratio * euler_constant
        + flambeau.exp(shift + (1 + ratio).lgamma())
        - (1 + euler_constant)
    )


@register_kl(Geometric, Geometric)
def _kl_geometric_geometric(p: Any, q: Any) -> Any:
    failing = flambeau.log1p(-q.probs)  # p.probs.reciprocal() trials fail or succeed on the average
    return -(q.logits + p.entropy() + failing / p.probs)


@register_kl(HalfNormal, HalfNormal)
def _kl_halfnormal_halfnormal(p: Any, q: Any) -> Any:
    return _kl_normal_normal(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _kl_laplace_laplace(p: Any, q: Any) -> Any:
    ratio, apart = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + apart / q.scale + ratio * flambeau.exp(-apart / p.scale) - 1


@register_kl(MultivariateNormal, MultivariateNormal)
def _kl_multivariatenormal_multivariatenormal(p: Any, q: Any) -> Any:
    if p.event_shape != q.event_shape:
        raise ValueError(f"kl_divergence: vectors have {p.event_shape[0]} and {q.event_shape[0]} elements")
    p_lower, q_lower = p._unbroadcasted_scale_tril, q._unbroadcasted_scale_tril
    half = q_lower.diagonal(dim1=-2, dim2=-1).log().sum(-1) - p_lower.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    batch = tuple(flambeau.broadcast_shapes(tuple(q_lower.shape[:-2]), tuple(p_lower.shape[:-2])))
    n = p.event_shape[0]
    solved = flambeau.linalg.solve_triangular(
        q_lower.expand((*batch, n, n)), p_lower.expand((*batch, n, n)), upper=False
    )
    trace = solved.pow(2).sum((-2, -1))
    return half + 0.5 * (trace + _batch_mahalanobis(q_lower, q.loc - p.loc) - n)


@register_kl(Normal, Normal)
def _kl_normal_normal(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(Poisson, Poisson)
def _kl_poisson_poisson(p: Any, q: Any) -> Any:
    return q.rate - p.rate + p.rate * flambeau.log(p.rate / q.rate)


@register_kl(TransformedDistribution, TransformedDistribution)
def _kl_transformed_transformed(p: Any, q: Any) -> Any:
    if p.transforms != q.transforms:
        raise NotImplementedError("kl_divergence: no formula for values transformed differently")
    if p.event_shape != q.event_shape:
        raise NotImplementedError(
            f"kl_divergence: values have shapes {tuple(p.event_shape)} and {tuple(q.event_shape)}"
        )
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Uniform, Uniform)
def _kl_uniform_uniform(p: Any, q: Any) -> Any:
    value = ((q.high - q.low) / (p.high - p.low)).log()
    return flambeau.where((q.low > p.low) | (q.high < p.high), math.inf, value)


@register_kl(Cauchy, Cauchy)
def _kl_cauchy_cauchy(p: Any, q: Any) -> Any:
    # Chyzak and Nielsen, "A closed-form formula for the Kullback-Leibler divergence between Cauchy distributions", 2019
    return ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log() - (4 * p.scale * q.scale).log()


@register_kl(Independent, Independent)
def _kl_independent_independent(p: Any, q: Any) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            "kl_divergence: the two Independent distributions take different numbers of dimensions"
        )
    return _sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


from . import _kl_mixed as _kl_mixed  # noqa: E402  (pairs of different types register themselves)
from . import _kl_more as _kl_more  # noqa: E402
