"""Losses. ``reduction`` is "mean", "sum" or "none" (the elementwise loss); ``size_average`` and ``reduce`` are the
flags that preceded it and override it, with a warning, when given."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau._C import Tensor, aten, overridable

from .. import _reduction
from .._reduction import get_enum

# Operators of the functions that are called most: read as a global, not as an attribute.
_cross_entropy_loss = aten.cross_entropy_loss
_mse_loss = aten.mse_loss


def _chosen(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    if size_average is None and reduce is None:
        return reduction
    return _reduction.legacy_get_string(size_average, reduce)


def _reduced(loss: Tensor, reduction: str) -> Tensor:
    number = get_enum(reduction)
    return loss if number == 0 else loss.mean() if number == 1 else loss.sum()


@overridable
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy of scores ``input`` (N, C, …) with class indices (N, …) or probabilities (N, C, …)."""
    if size_average is not None or reduce is not None:
        reduction = _reduction.legacy_get_string(size_average, reduce)
    return _cross_entropy_loss(input, target, weight, get_enum(reduction), ignore_index, label_smoothing)


@overridable
def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """Cross entropy of the scores of a linear layer: ``input`` (N, in) or (in), ``linear_weight`` (C, …, in).

    Scores are (N, C, …), the target as in :func:`cross_entropy`. ``options`` tune memory use and change no value.
    """
    if input.dim() not in (1, 2):
        raise RuntimeError(f"linear_cross_entropy: expected input with dimensionality 1 or 2, got {input.dim()}")
    if linear_weight.dim() < 2:
        raise RuntimeError(f"linear_cross_entropy: linear_weight has to be a matrix or more, got {linear_weight.shape}")
    if input.dim() == 1 and linear_weight.dim() > 2:
        raise RuntimeError(
            f"linear_cross_entropy: linear_weight of shape {tuple(linear_weight.shape)} wants a batch of inputs, "
            f"(N, in), but got one of shape {tuple(input.shape)}"
        )
    if ignore_index is not None and target.is_floating_point():
        raise RuntimeError(
            f"linear_cross_entropy: ignore_index={ignore_index} cannot be combined with a target of probabilities"
        )
    outputs = list(linear_weight.shape[:-1])
    flat_bias = None if linear_bias is None else linear_bias.reshape(-1)
    scores = aten.linear(input, linear_weight.reshape(-1, linear_weight.shape[-1]), flat_bias)
    scores = scores.reshape([*input.shape[:-1], *outputs])
    ignored = -100 if ignore_index is None else ignore_index
    return _cross_entropy_loss(scores, target, weight, get_enum(reduction), ignored, label_smoothing)


@overridable
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative of the log probabilities ``input`` (N, C, …) at the class indices ``target`` (N, …)."""
    return aten.nll_loss_nd(input, target, weight, get_enum(_chosen(size_average, reduce, reduction)), ignore_index)


def _broadcast_to_each_other(name: str, input: Tensor, target: Tensor) -> Any:
    if target.size() == input.size():
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). {name} "
        "broadcasts them, which is seldom what is meant. Please ensure they have the same size.",
        stacklevel=3,
    )
    return flambeau.broadcast_tensors(input, target)


def _weighted(loss: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """Elementwise weights; the mean is the weighted one."""
    if weight.size() != loss.size():
        raise ValueError(f"Weights and input must have the same size, got {weight.size()} and {loss.size()}.")
    loss = loss * weight
    number = get_enum(reduction)
    return loss if number == 0 else loss.sum() if number == 2 else loss.sum() / weight.sum()


@overridable
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Squared difference."""
    reduction = _chosen(size_average, reduce, reduction)
    input, target = _broadcast_to_each_other("mse_loss", input, target)
    if weight is not None:
        return _weighted(_mse_loss(input, target, 0), weight, reduction)
    return _mse_loss(input, target, get_enum(reduction))


@overridable
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Absolute difference."""
    reduction = _chosen(size_average, reduce, reduction)
    input, target = _broadcast_to_each_other("l1_loss", input, target)
    if weight is not None:
        return _weighted(aten.l1_loss(input, target, 0), weight, reduction)
    return aten.l1_loss(input, target, get_enum(reduction))


@overridable
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """``d²/(2·beta)`` for differences below ``beta``, ``|d| - beta/2`` above."""
    number = get_enum(_chosen(size_average, reduce, reduction))
    input, target = _broadcast_to_each_other("smooth_l1_loss", input, target)
    return aten.l1_loss(input, target, number) if beta == 0.0 else aten.smooth_l1_loss(input, target, number, beta)


@overridable
def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """``d²/2`` for differences up to ``delta``, ``delta·(|d| - delta/2)`` above."""
    input, target = _broadcast_to_each_other("huber_loss", input, target)
    if weight is not None:
        if weight.size() != input.size():
            raise ValueError(f"Weights and input must have the same size, got {weight.size()} and {input.size()}.")
        # unlike the weighted mean of the other losses, this one divides by the number of elements
        return _reduced(aten.huber_loss(input, target, 0, delta) * weight, reduction)
    return aten.huber_loss(input, target, get_enum(reduction), delta)


@overridable
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """``target * (log(target) - input)`` with ``input`` log probabilities; "batchmean" divides the sum by N."""
    reduction = _chosen(size_average, reduce, reduction)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by the number of all elements; 'batchmean' divides by the batch "
            "size, as the definition of the divergence has it.",
            stacklevel=2,
        )
    batch_mean = reduction == "batchmean"
    result = aten.kl_div(input, target, 2 if batch_mean else get_enum(reduction), log_target=log_target)
    return result / input.size(0) if batch_mean and input.dim() != 0 else result


@overridable
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of counts: ``exp(input) - target * input`` (``full`` adds Stirling's term)."""
    number = get_enum(_chosen(size_average, reduce, reduction))
    return aten.poisson_nll_loss(input, target, log_input, full, eps, number)


@overridable
def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """``(log(var) + (input - target)² / var) / 2`` with ``var`` at least ``eps``; ``full`` adds ``log(2π)/2``.

    Raises ValueError for a negative or wrongly shaped variance and for an unknown reduction.
    """
    var = var if isinstance(var, Tensor) else flambeau.full_like(input, var)
    if var.numel() and bool(var.lt(0).any()):
        raise ValueError(f"gaussian_nll_loss: var has negative entry/entries, the smallest is {var.min().item()}")
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        elif not (input.dim() == var.dim() and all(v in (n, 1) for v, n in zip(var.size(), input.size(), strict=True))):
            raise ValueError(f"var is of incorrect size: {tuple(var.size())} for an input of {tuple(input.size())}")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    var = var.clone()
    with flambeau.no_grad():
        var.clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduced(loss, reduction)


@overridable
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``-(target·log(input) + (1-target)·log(1-input))`` with probabilities ``input``; sizes must be equal."""
    number = get_enum(_chosen(size_average, reduce, reduction))
    if target.size() != input.size():
        raise ValueError(
            f"binary_cross_entropy: Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()})"
        )
    if weight is not None:
        weight = weight.expand(flambeau.broadcast_shapes(target.size(), weight.size()))
    return aten.binary_cross_entropy(input, target, weight, number)


@overridable
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross entropy of ``sigmoid(input)``, without forming it; ``pos_weight`` multiplies positive targets."""
    number = get_enum(_chosen(size_average, reduce, reduction))
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    return aten.binary_cross_entropy_with_logits(input, target, weight, pos_weight, number)


@overridable
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The distance ``input`` where ``target`` is 1, ``max(0, margin - input)`` where it is -1."""
    return aten.hinge_embedding_loss(input, target, margin, get_enum(_chosen(size_average, reduce, reduction)))


@overridable
def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Hinge loss between scores (N, C) and lists of labels (N, C), each list ended by -1."""
    return aten.multilabel_margin_loss(input, target, get_enum(_chosen(size_average, reduce, reduction)))


@overridable
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``log(1 + exp(-target * input))`` with targets 1 and -1."""
    return aten.soft_margin_loss(input, target, get_enum(_chosen(size_average, reduce, reduction)))


@overridable
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean over classes (last dimension) of the binary cross entropy of ``sigmoid(input)``."""
    reduction = _chosen(size_average, reduce, reduction)
    loss = -(target * aten.log_sigmoid(input) + (1 - target) * aten.log_sigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return _reduced(loss.sum(-1) / input.size(-1), reduction)


@overridable
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Sum over the other classes of ``max(0, margin - input[target] + input[i]) ** p`` over C, ``p`` being 1 or 2."""
    number = get_enum(_chosen(size_average, reduce, reduction))
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    return aten.multi_margin_loss(input, target, p, margin, weight, number)


@overridable
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos`` of the two inputs where ``target`` is 1, ``max(0, cos - margin)`` where it is -1."""
    number = get_enum(_chosen(size_average, reduce, reduction))
    return aten.cosine_embedding_loss(input1, input2, target, margin, number)


@overridable
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, -target * (input1 - input2) + margin)``."""
    number = get_enum(_chosen(size_average, reduce, reduction))
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            f"margin_ranking_loss: numbers of dimensions differ: input1 {tuple(input1.shape)}, "
            f"input2 {tuple(input2.shape)}, target {tuple(target.shape)}"
        )
    return aten.margin_ranking_loss(input1, input2, target, margin, number)


@overridable
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, margin + d(anchor, positive) - d(anchor, negative))`` with p-norm distances over the last dimension."""
    number = get_enum(_chosen(size_average, reduce, reduction))
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return aten.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, number)


@overridable
def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """:func:`triplet_margin_loss` with any distance function."""
    get_enum(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "triplet_margin_with_distance_loss: numbers of dimensions differ: "
            f"anchor {anchor.dim()}, positive {positive.dim()}, negative {negative.dim()}"
        )
    distance: Any = aten.pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = flambeau.minimum(far, distance(positive, negative))
    return _reduced((margin + near - far).clamp_min(0), reduction)


@overridable
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Negative log likelihood of label sequences under all alignments (Graves et al. 2006).

    ``log_probs`` is (T, N, C) or (T, C), ``targets`` (N, S) or all sequences in a row.
    """
    return aten.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, get_enum(reduction), zero_infinity)
