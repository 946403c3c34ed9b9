"""Kullback–Leibler divergences with Pareto, continuous Bernoulli and low-rank normal distributions."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from ._kl_mixed import _HALF_LOG_2PI, _outside
from .beta import Beta
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import kl_divergence, register_kl
from .laplace import Laplace
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal
from .normal import Normal
from .pareto import Pareto
from .uniform import Uniform


def _mean_log_continuous(mean: Any, q: Any) -> Any:
    """The mean of q's log density over values with this mean; it is linear in the value."""
    return mean * q.logits + flambeau.log1p(-q.probs) + q._cont_bern_log_norm()


def _against_normal(p: Any, q: Any) -> Any:
    squared = p.variance + (p.mean - q.loc).pow(2)
    return -p.entropy() + q.scale.log() + _HALF_LOG_2PI + 0.5 * squared / q.scale.pow(2)


@register_kl(Pareto, Pareto)
def _kl_pareto_pareto(p: Any, q: Any) -> Any:
    ratio = q.alpha / p.alpha
    value = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return flambeau.where(p.scale < q.scale, math.inf, value)


@register_kl(Pareto, Exponential)
def _kl_pareto_exponential(p: Any, q: Any) -> Any:
    value = -p.entropy() - q.rate.log() + q.rate * p.mean
    return flambeau.where(p.alpha <= 1, math.inf, value)


@register_kl(Pareto, Gamma)
def _kl_pareto_gamma(p: Any, q: Any) -> Any:
    mean_log = p.scale.log() + p.alpha.reciprocal()
    density = q.concentration * q.rate.log() - q.concentration.lgamma() + (q.concentration - 1) * mean_log
    return flambeau.where(p.alpha <= 1, math.inf, -p.entropy() - density + q.rate * p.mean)


@register_kl(Pareto, Normal)
def _kl_pareto_normal(p: Any, q: Any) -> Any:
    return flambeau.where(p.alpha <= 2, math.inf, _against_normal(p, q))


@register_kl(Uniform, Pareto)
def _kl_uniform_pareto(p: Any, q: Any) -> Any:
    width = p.high - p.low
    mean_log = (flambeau.xlogy(p.high, p.high) - flambeau.xlogy(p.low, p.low)) / width - 1
    value = -width.log() - q.alpha.log() - q.alpha * q.scale.log() + (q.alpha + 1) * mean_log
    return flambeau.where(p.low < q.scale, math.inf, value)


@register_kl(Beta, ContinuousBernoulli)
def _kl_beta_continuous(p: Any, q: Any) -> Any:
    return -p.entropy() - _mean_log_continuous(p.mean, q)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _kl_continuous_continuous(p: Any, q: Any) -> Any:
    return _mean_log_continuous(p.mean, p) - _mean_log_continuous(p.mean, q)


@register_kl(Uniform, ContinuousBernoulli)
def _kl_uniform_continuous(p: Any, q: Any) -> Any:
    value = -p.entropy() - _mean_log_continuous(p.mean, q)
    return flambeau.where((p.high > 1) | (p.low < 0), math.inf, value)


@register_kl(ContinuousBernoulli, Exponential)
def _kl_continuous_exponential(p: Any, q: Any) -> Any:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(ContinuousBernoulli, Normal)
def _kl_continuous_normal(p: Any, q: Any) -> Any:
    return _against_normal(p, q)


@register_kl(ContinuousBernoulli, Uniform)
def _kl_continuous_uniform(p: Any, q: Any) -> Any:
    return flambeau.where((q.high < 1) | (q.low > 0), math.inf, -p.entropy() + (q.high - q.low).log())


def _whole(distribution: Any) -> Any:
    if isinstance(distribution, MultivariateNormal):
        return distribution
    return MultivariateNormal(distribution.loc, scale_tril=distribution.scale_tril, validate_args=False)


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _kl_lowrank(p: Any, q: Any) -> Any:
    return kl_divergence(_whole(p), _whole(q))


for _p, _name in ((Exponential, "rate"), (Gamma, "concentration"), (Gumbel, "loc"), (Laplace, "loc"), (Normal, "loc")):
    register_kl(_p, Pareto)(_outside(_name))
    register_kl(_p, ContinuousBernoulli)(_outside(_name))
register_kl(Beta, Pareto)(_outside("concentration1"))
register_kl(ContinuousBernoulli, Pareto)(_outside("probs"))
for _q in (Beta, ContinuousBernoulli, Uniform):
    register_kl(Pareto, _q)(_outside("scale"))
