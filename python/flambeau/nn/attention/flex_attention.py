"""Attention with a function of one's own on the scores, and masks given as functions.

The functions are called once, with tensors of indices that broadcast against each other: batch (B, 1, 1, 1), head
(H, 1, 1), query (Q, 1) and key (K). What PyTorch maps over single numbers is the same computation, elementwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypedDict

import flambeau

from ._block_mask import DEFAULT_BLOCK_SIZE as _DEFAULT_SPARSE_BLOCK_SIZE
from ._block_mask import BlockMask, _pair, noop_mask, ordered

__all__ = [
    "AuxOutput",
    "AuxRequest",
    "BlockMask",
    "FlexKernelOptions",
    "and_masks",
    "create_block_mask",
    "create_mask",
    "flex_attention",
    "noop_mask",
    "or_masks",
]

_FLEX_ATTENTION_DISABLE_COMPILE_DEBUG = False
_mask_mod_signature = Callable[[Any, Any, Any, Any], Any]
_score_mod_signature = Callable[[Any, Any, Any, Any, Any], Any]


class AuxRequest(NamedTuple):
    """What `flex_attention` gives beside its output."""

    lse: bool = False
    max_scores: bool = False


class AuxOutput(NamedTuple):
    """What was asked for: logarithms of the sums of exponentials, largest scores; both (B, H, Q)."""

    lse: Any = None
    max_scores: Any = None


class FlexKernelOptions(TypedDict, total=False):
    """Settings of GPU kernels; accepted, and of no effect here."""

    num_warps: int
    num_stages: int
    BLOCK_M: int
    BLOCK_N: int
    BACKEND: str


def _identity(score: Any, batch: Any, head: Any, token_q: Any, token_kv: Any) -> Any:
    return score


def _indices(sizes: tuple[int, ...], device: Any) -> list[Any]:
    """Numbers along each dimension, shaped to broadcast against the others."""
    count = len(sizes)
    numbers = [flambeau.arange(size, device=device) for size in sizes]
    return [each.reshape(-1, *[1] * (count - 1 - place)) for place, each in enumerate(numbers)]


def _arguments(function: Callable[..., Any]) -> int:
    """How many arguments without a default a function takes by position."""
    import inspect

    parameters = inspect.signature(function).parameters.values()
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


def create_mask(
    mod_fn: Callable[..., Any], B: int | None, H: int | None, Q_LEN: int, KV_LEN: int, device: Any = None
) -> Any:
    """The mask (B, H, Q_LEN, KV_LEN) of truth values that a function says.

    Args:
        mod_fn: of (batch, head, query, key), giving truth values; or a score function, of which 0 is the score, giving
            minus infinity where a score does not count.
        B, H: numbers of batches and heads; None for one.
    """
    sizes = (1 if B is None else B, 1 if H is None else H, Q_LEN, KV_LEN)
    indices = _indices(sizes, device)
    wanted = _arguments(mod_fn)
    if wanted not in (4, 5):
        raise AssertionError(f"create_mask: the function takes {wanted} arguments, 4 (mask) or 5 (score) are wanted")
    if wanted == 5:
        scores = mod_fn(flambeau.zeros(sizes, device=device), *indices)
        return (scores != -math.inf).expand(sizes).contiguous()
    return flambeau.as_tensor(mod_fn(*indices), device=device).expand(sizes).contiguous()


def create_block_mask(
    mask_mod: Callable[..., Any],
    B: int | None,
    H: int | None,
    Q_LEN: int,
    KV_LEN: int,
    device: Any = None,
    BLOCK_SIZE: int | tuple[int, int] = _DEFAULT_SPARSE_BLOCK_SIZE,
    _compile: bool = False,
    separate_full_blocks: bool = True,
    compute_dq_write_order: bool = False,
    dq_kv_order: bool = True,
) -> BlockMask:
    """The blocks in which a mask function lets scores count.

    Args:
        mask_mod: of (batch, head, query, key), elementwise; true where a score counts.
        B, H: numbers of batches and heads, or None where the function doesn't depend on them.
        Q_LEN, KV_LEN: numbers of queries and keys.
        BLOCK_SIZE: queries and keys of a block.
        separate_full_blocks: list the blocks that count throughout for themselves.

    The other arguments are those of GPU kernels.
    """
    wanted = _arguments(mask_mod)
    if wanted != 4:
        raise AssertionError(f"create_block_mask: mask_mod takes {wanted} arguments; (b, h, q_idx, kv_idx) are wanted")
    rows, columns = _pair(BLOCK_SIZE)
    mask = create_mask(mask_mod, B, H, Q_LEN, KV_LEN, device)
    mask = flambeau.nn.functional.pad(mask, (0, -KV_LEN % columns, 0, -Q_LEN % rows))
    blocks = mask.unflatten(-1, (-1, columns)).unflatten(-3, (-1, rows))  # (B, H, rows, row, columns, column)
    count = blocks.sum((-1, -3))
    full = count == rows * columns
    partial = (count > 0) & ~full if separate_full_blocks else count > 0
    of_partial, of_full = ordered(partial), ordered(full) if separate_full_blocks else (None, None)
    return BlockMask.from_kv_blocks(
        of_partial[0],
        of_partial[1],
        of_full[0],
        of_full[1],
        BLOCK_SIZE=(rows, columns),
        mask_mod=mask_mod,
        seq_lengths=(Q_LEN, KV_LEN),
    )


def _joined(name: str, masks: tuple[Callable[..., Any], ...], start: bool, join: Any) -> Callable[..., Any]:
    if not all(callable(mask) for mask in masks):
        raise RuntimeError(f"{name}: mask functions are wanted, got {masks}")

    def mask_mod(b: Any, h: Any, q_idx: Any, kv_idx: Any) -> Any:
        result = b.new_full((), start, dtype=flambeau.bool)
        for mask in masks:
            result = join(result, mask(b, h, q_idx, kv_idx))
        return result

    return mask_mod


def or_masks(*mask_mods: Callable[..., Any]) -> Callable[..., Any]:
    """A mask function that lets a score count where any of these does."""
    return _joined("or_masks", mask_mods, False, lambda a, b: a | b)


def and_masks(*mask_mods: Callable[..., Any]) -> Callable[..., Any]:
    """A mask function that lets a score count where all of these do."""
    return _joined("and_masks", mask_mods, True, lambda a, b: a & b)


def _check(query: Any, key: Any, value: Any, enable_gqa: bool, block_mask: BlockMask | None) -> None:
    shapes = f"query {tuple(query.shape)}, key {tuple(key.shape)}, value {tuple(value.shape)}"
    if not query.dim() == key.dim() == value.dim() == 4:
        raise NotImplementedError(f"flex_attention: {shapes}; (batch, heads, tokens, features) are wanted")
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"flex_attention: {shapes}: query and key have different numbers of features")
    heads, kv_heads = query.shape[1], key.shape[1]
    if not enable_gqa and heads != kv_heads:
        raise ValueError(f"flex_attention: {shapes}: numbers of heads differ; enable_gqa=True shares keys")
    if kv_heads == 0 or heads % kv_heads:
        raise ValueError(f"flex_attention: {shapes}: {heads} heads are no multiple of the keys' {kv_heads}")
    if key.shape[2] != value.shape[2]:
        raise RuntimeError(f"flex_attention: {shapes}: there are not as many keys as values")
    if query.shape[0] != key.shape[0] and key.shape[0] != 1:
        raise ValueError(f"flex_attention: {shapes}: the batch of the keys is neither the queries' nor 1")
    if block_mask is not None and block_mask.shape[-2:] != (query.shape[2], key.shape[2]):
        raise ValueError(
            f"flex_attention: {shapes}, but block_mask is one of {block_mask.shape[-2]} queries and "
            f"{block_mask.shape[-1]} keys; create one for these, or adjust it by block_mask._adjust"
        )


def flex_attention(
    query: Any,
    key: Any,
    value: Any,
    score_mod: Callable[..., Any] | None = None,
    block_mask: BlockMask | None = None,
    scale: float | None = None,
    enable_gqa: bool = False,
    return_lse: bool = False,
    kernel_options: FlexKernelOptions | None = None,
    *,
    return_aux: AuxRequest | None = None,
) -> Any:
    r"""``softmax(score_mod(q·kᵀ·scale))·v`` over the scores that the mask lets count; differentiable.

    Args:
        query: (B, Hq, Q, E).
        key, value: (B, Hkv, K, E) and (B, Hkv, K, V); a batch of 1 serves all.
        score_mod: of (score, batch, head, query, key), elementwise.
        block_mask: which scores count; queries for which none does get 0.
        scale: ``1/√E`` by default.
        enable_gqa: ``Hq`` may be a multiple of ``Hkv``.
        return_lse: give the logarithms of the sums too, (B, Hq, Q).
        return_aux: give an `AuxOutput` too.

    Scores are computed in float32 at least. All of them are held at once: (B, Hq, Q, K).
    """
    _check(query, key, value, enable_gqa, block_mask)
    scale = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    if return_lse and return_aux is not None:
        raise ValueError("flex_attention: return_lse and return_aux ask for the same in two ways; give one")
    share = query.shape[1] // key.shape[1]
    if share > 1:
        key, value = key.repeat_interleave(share, 1), value.repeat_interleave(share, 1)
    working = flambeau.promote_types(query.dtype, flambeau.float32)
    scores = (query.to(working) @ key.to(working).mT) * scale
    indices = _indices(tuple(scores.shape), query.device)
    if score_mod is not None:
        scores = score_mod(scores, *indices).to(working).expand(scores.shape)
    if block_mask is not None:
        scores = flambeau.where(block_mask.scores_meant(*indices), scores, -math.inf)
    largest = scores.detach().amax(-1, keepdim=True)
    largest = flambeau.where(largest == -math.inf, 0.0, largest)
    powers = (scores - largest).exp()
    total = powers.sum(-1, keepdim=True)
    out = (powers / flambeau.where(total == 0, 1.0, total)) @ value.to(working)
    out = out.to(query.dtype)
    if not return_lse and return_aux is None:
        return out
    lse = (total.log() + largest).squeeze(-1)
    if return_lse:
        return out, lse
    assert return_aux is not None
    return out, AuxOutput(lse if return_aux.lse else None, scores.amax(-1) if return_aux.max_scores else None)
