"""Beside the transforms: looking into a wrapped tensor, batch norms that vmap can take, dimensions by name."""

from __future__ import annotations

import math
from typing import Any

import flambeau
from flambeau import _C


def debug_unwrap(tensor: Any, *, recurse: bool = True) -> Any:
    """The value behind a tensor of a transform: of `vmap` the whole batch, with its dimension in front.

    It is to be looked at only: computing with it inside of the transformed function leaves the transform.

    Args:
        tensor: any tensor; one that is not of a transform comes back as it is.
        recurse: go on through the levels outside; otherwise one level.
    """
    inside = _C._wrapped_value(tensor)
    while inside is not None:
        tensor = inside[0]
        inside = _C._wrapped_value(tensor) if recurse else None
    return tensor


def replace_all_batch_norm_modules_(root: Any) -> Any:
    """Take the running statistics from all batch norms of a module, in place, so that `vmap` can run it.

    With them a batch norm normalizes by its own batch in training and evaluation; without, entries would share them.
    """
    for module in root.modules():
        if isinstance(module, flambeau.nn.modules.batchnorm._BatchNorm):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root


def _axes(pattern: str, side: str) -> list[list[str]]:
    """The groups of names on one side of a pattern; a name alone is a group of its own."""
    groups: list[list[str]] = []
    inside = False
    for word in side.replace("(", " ( ").replace(")", " ) ").replace("...", " ... ").split():
        if word == "(":
            if inside:
                raise ValueError(f"rearrange: brackets in brackets in {pattern!r}")
            groups.append([])
            inside = True
        elif word == ")":
            if not inside:
                raise ValueError(f"rearrange: brackets don't match in {pattern!r}")
            inside = False
        elif not (word in ("...", "1") or word.isidentifier()):
            raise ValueError(f"rearrange: {word!r} in {pattern!r} is no name of a dimension")
        elif inside:
            groups[-1] += [] if word == "1" else [word]
        else:
            groups.append([] if word == "1" else ["all others" if word == "..." else word])
    if inside:
        raise ValueError(f"rearrange: brackets don't match in {pattern!r}")
    names = [name for group in groups for name in group]
    if len(set(names)) != len(names):
        raise ValueError(f"rearrange: a name stands twice on one side of {pattern!r}")
    return groups


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Dimensions named, split, merged and put in another order, as einops writes it.

    Args:
        tensor: a tensor, or a list of tensors of one shape, which are stacked.
        pattern: names on both sides of ``->``; brackets stand for one dimension made of several, ``...`` for any
            others, ``1`` and ``()`` for one of size 1.
        axes_lengths: sizes of names that are split off; at most one in a bracket may be left out.

    >>> rearrange(flambeau.ones(2, 6), "b (h w) -> w (b h)", w=3).shape
    torch.Size([3, 4])
    """
    tensor = flambeau.stack(list(tensor)) if isinstance(tensor, (list, tuple)) else tensor
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError(f"rearrange: a pattern has two sides and one '->', got {pattern!r}")
    left, right = (_axes(pattern, side) for side in sides)
    others = ["all others"]  # an ellipsis that is not in brackets
    rest = tensor.dim() - (len(left) - (others in left))
    if rest < 0 or (rest > 0 and others not in left):
        raise ValueError(f"rearrange: {pattern!r} does not fit a tensor of shape {tuple(tensor.shape)}")
    hidden = [f"...{i}" for i in range(rest)]
    left = [g for group in left for g in ([[h] for h in hidden] if group == others else [group])]
    right = [g for group in right for g in ([[h] for h in hidden] if group == others else [group])]
    right = [[n for name in group for n in (hidden if name == "..." else [name])] for group in right]
    names = [n for group in left for n in group]
    if sorted(names) != sorted(n for group in right for n in group) or not set(axes_lengths) <= set(names):
        raise ValueError(f"rearrange: the names on both sides of {pattern!r} and the given sizes are not the same")
    sizes = dict(axes_lengths)
    for group, size in zip(left, tensor.shape, strict=True):
        unknown = [n for n in group if n not in sizes]
        known = math.prod(sizes[n] for n in group if n in sizes)
        if len(unknown) > 1 or size % max(known, 1) or (not unknown and known != size):
            raise ValueError(f"rearrange: {pattern!r} with {axes_lengths} does not fit the shape {tuple(tensor.shape)}")
        for n in unknown:
            sizes[n] = size // max(known, 1)
    split = tensor.reshape([sizes[n] for n in names])
    order = [names.index(n) for group in right for n in group]
    return split.permute(order).reshape([math.prod(sizes[n] for n in group) for group in right])
