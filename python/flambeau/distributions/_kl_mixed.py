"""Kullback–Leibler divergences between distributions of different types.

Where p has values outside the support of q the divergence is infinite.
"""

from __future__ import annotations

import math
from typing import Any

import flambeau

from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import _infinite_like, register_kl
from .laplace import Laplace
from .normal import Normal
from .poisson import Poisson
from .uniform import Uniform
from .utils import euler_constant

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


@register_kl(Bernoulli, Poisson)
def _kl_bernoulli_poisson(p: Any, q: Any) -> Any:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Beta, Exponential)
def _kl_beta_exponential(p: Any, q: Any) -> Any:
    return -p.entropy() - q.rate.log() + q.rate * (p.concentration1 / (p.concentration1 + p.concentration0))


@register_kl(Beta, Gamma)
def _kl_beta_gamma(p: Any, q: Any) -> Any:
    total = p.concentration1 + p.concentration0
    mean_log = p.concentration1.digamma() - total.digamma()
    return (
        -p.entropy()
        + q.concentration.lgamma()
        - q.concentration * q.rate.log()
        - (q.concentration - 1) * mean_log
        + q.rate * p.concentration1 / total
    )


@register_kl(Beta, Normal)
def _kl_beta_normal(p: Any, q: Any) -> Any:
    squared = p.variance + (p.mean - q.loc).pow(2)
    return -p.entropy() + q.scale.log() + _HALF_LOG_2PI + 0.5 * squared / q.scale.pow(2)


@register_kl(Beta, Uniform)
def _kl_beta_uniform(p: Any, q: Any) -> Any:
    return flambeau.where((q.high < 1) | (q.low > 0), math.inf, -p.entropy() + (q.high - q.low).log())


@register_kl(Exponential, Gamma)
def _kl_exponential_gamma(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return (
        -q.concentration * ratio.log()
        + ratio
        + q.concentration.lgamma()
        + q.concentration * euler_constant
        - (1 + euler_constant)
    )


@register_kl(Exponential, Gumbel)
def _kl_exponential_gumbel(p: Any, q: Any) -> Any:
    product, shift = p.rate * q.scale, q.loc / q.scale
    return product.log() - 1 + product.reciprocal() - shift + shift.exp() * product / (product + 1)


@register_kl(Exponential, Normal)
def _kl_exponential_normal(p: Any, q: Any) -> Any:
    squared = p.rate.pow(-2) + (p.rate.reciprocal() - q.loc).pow(2)
    return p.rate.log() - 1 + q.scale.log() + _HALF_LOG_2PI + 0.5 * squared / q.scale.pow(2)


@register_kl(Gamma, Exponential)
def _kl_gamma_exponential(p: Any, q: Any) -> Any:
    return q.rate * p.mean - flambeau.log(q.rate) - p.entropy()


@register_kl(Gamma, Gumbel)
def _kl_gamma_gumbel(p: Any, q: Any) -> Any:
    product, shift = p.rate * q.scale, q.loc / q.scale
    return (
        (p.concentration - 1) * p.concentration.digamma()
        - p.concentration.lgamma()
        - p.concentration
        + product.log()
        + p.concentration / product
        - shift
        + shift.exp() * (1 + product.reciprocal()).pow(-p.concentration)
    )


@register_kl(Gamma, Normal)
def _kl_gamma_normal(p: Any, q: Any) -> Any:
    squared = p.variance + (p.mean - q.loc).pow(2)
    return -p.entropy() + q.scale.log() + _HALF_LOG_2PI + 0.5 * squared / q.scale.pow(2)


@register_kl(Gumbel, Normal)
def _kl_gumbel_normal(p: Any, q: Any) -> Any:
    squared = p.variance + (p.mean - q.loc).pow(2)
    return -p.entropy() + q.scale.log() + _HALF_LOG_2PI + 0.5 * squared / q.scale.pow(2)


@register_kl(Laplace, Normal)
def _kl_laplace_normal(p: Any, q: Any) -> Any:
    squared = p.variance + (p.loc - q.loc).pow(2)
    return -p.entropy() + q.scale.log() + _HALF_LOG_2PI + 0.5 * squared / q.scale.pow(2)


@register_kl(Normal, Gumbel)
def _kl_normal_gumbel(p: Any, q: Any) -> Any:
    shift, ratio = (p.loc - q.loc) / q.scale, (p.scale / q.scale).pow(2)
    return -p.entropy() + q.scale.log() + shift + flambeau.exp(-shift + 0.5 * ratio)


@register_kl(Normal, Laplace)
def _kl_normal_laplace(p: Any, q: Any) -> Any:
    off = p.loc - q.loc
    z = off / p.scale
    folded = math.sqrt(2 / math.pi) * p.scale * flambeau.exp(-0.5 * z.pow(2)) + off * flambeau.erf(math.sqrt(0.5) * z)
    return -p.entropy() + (2 * q.scale).log() + folded / q.scale


@register_kl(Poisson, Binomial)
@register_kl(Poisson, Bernoulli)
def _kl_poisson_bounded(p: Any, q: Any) -> Any:
    return _infinite_like(p.rate)


@register_kl(Uniform, Beta)
def _kl_uniform_beta(p: Any, q: Any) -> Any:
    width = p.high - p.low
    mean_log = (flambeau.xlogy(p.high, p.high) - flambeau.xlogy(p.low, p.low)) / width - 1
    up, down = 1 - p.low, 1 - p.high
    mean_log1m = (flambeau.xlogy(up, up) - flambeau.xlogy(down, down)) / width - 1
    normalizer = q.concentration1.lgamma() + q.concentration0.lgamma() - (q.concentration1 + q.concentration0).lgamma()
    value = -width.log() - (q.concentration1 - 1) * mean_log - (q.concentration0 - 1) * mean_log1m + normalizer
    return flambeau.where((p.high > 1) | (p.low < 0), math.inf, value)


@register_kl(Uniform, Exponential)
def _kl_uniform_exponential(p: Any, q: Any) -> Any:
    value = q.rate * (p.high + p.low) / 2 - ((p.high - p.low) * q.rate).log()
    return flambeau.where(p.low < 0, math.inf, value)


@register_kl(Uniform, Gamma)
def _kl_uniform_gamma(p: Any, q: Any) -> Any:
    width = p.high - p.low
    mean_log = (flambeau.xlogy(p.high, p.high) - flambeau.xlogy(p.low, p.low)) / width - 1
    value = (
        -width.log()
        + q.concentration.lgamma()
        - q.concentration * q.rate.log()
        - (q.concentration - 1) * mean_log
        + q.rate * (p.high + p.low) / 2
    )
    return flambeau.where(p.low < 0, math.inf, value)


@register_kl(Uniform, Gumbel)
def _kl_uniform_gumbel(p: Any, q: Any) -> Any:
    common = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    return common.log() + 0.5 * (high + low) - common * (flambeau.exp(-high) - flambeau.exp(-low))


@register_kl(Uniform, Normal)
def _kl_uniform_normal(p: Any, q: Any) -> Any:
    squared = p.variance + (p.mean - q.loc).pow(2)
    return -p.entropy() + q.scale.log() + _HALF_LOG_2PI + 0.5 * squared / q.scale.pow(2)


def _outside(tensor_of: str) -> Any:
    def infinite(p: Any, q: Any) -> Any:
        return _infinite_like(getattr(p, tensor_of))

    return infinite


for _p, _name in ((Exponential, "rate"), (Gamma, "concentration"), (Gumbel, "loc"), (Laplace, "loc"), (Normal, "loc")):
    register_kl(_p, Beta)(_outside(_name))
    register_kl(_p, Uniform)(_outside(_name))
for _p in (Gumbel, Laplace, Normal):
    register_kl(_p, Exponential)(_outside("loc"))
    register_kl(_p, Gamma)(_outside("loc"))
