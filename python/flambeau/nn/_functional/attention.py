"""Multi-head attention as one function, and the mask handling that it shares with the transformer modules."""

from __future__ import annotations

import math
import warnings
from typing import Any

import flambeau
from flambeau._C import Tensor, aten, overridable


def _none_or_dtype(input: Tensor | None) -> Any:
    return None if input is None else input.dtype


def _canonical_mask(
    mask: Tensor | None,
    mask_name: str,
    other_type: Any,
    other_name: str,
    target_type: Any,
    check_other: bool = True,
) -> Tensor | None:
    """A mask to be added to scores: True of a boolean mask becomes minus infinity. AssertionError for other
    dtypes."""
    if mask is None:
        return None
    if mask.dtype != flambeau.bool and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {mask_name} are supported, got {mask.dtype}")
    if check_other and other_type is not None and mask.dtype != other_type:
        warnings.warn(
            f"{mask_name} has dtype {mask.dtype} and {other_name} {other_type}: give both the same dtype", stacklevel=3
        )
    if mask.dtype == flambeau.bool:
        return flambeau.zeros_like(mask, dtype=target_type).masked_fill_(mask, -math.inf)
    return mask


def _in_projection_packed(q: Tensor, k: Tensor, v: Tensor, w: Tensor, b: Tensor | None = None) -> list[Tensor]:
    """Projects query, key and value with the three stacked matrices ``w`` (3E, E), in as few products as possible."""
    width = q.size(-1)
    if k is v:
        if q is k:
            projected = aten.linear(q, w, b)
            # (…, 3E) -> three contiguous (…, E)
            split = projected.unflatten(-1, (3, width)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
            return [split[0], split[1], split[2]]
        w_q, w_kv = w.split([width, width * 2])
        b_q, b_kv = (None, None) if b is None else b.split([width, width * 2])
        projected = aten.linear(k, w_kv, b_kv)
        split = projected.unflatten(-1, (2, width)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
        return [aten.linear(q, w_q, b_q), split[0], split[1]]
    w_q, w_k, w_v = w.chunk(3)
    b_q, b_k, b_v = (None, None, None) if b is None else b.chunk(3)
    return [aten.linear(q, w_q, b_q), aten.linear(k, w_k, b_k), aten.linear(v, w_v, b_v)]


def _in_projection(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    w_q: Tensor,
    w_k: Tensor,
    w_v: Tensor,
    b_q: Tensor | None = None,
    b_k: Tensor | None = None,
    b_v: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Projects query, key and value with a matrix of its own each."""
    for name, weight, source in (("query", w_q, q), ("key", w_k, k), ("value", w_v, v)):
        if tuple(weight.shape) != (q.size(-1), source.size(-1)):
            raise AssertionError(
                f"multi_head_attention: {name} weights of shape {tuple(weight.shape)}, expecting "
                f"{(q.size(-1), source.size(-1))}"
            )
    return aten.linear(q, w_q, b_q), aten.linear(k, w_k, b_k), aten.linear(v, w_v, b_v)


def _mha_shape_check(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    num_heads: int,
) -> bool:
    """Whether the inputs are batched (3-D). AssertionError when the numbers of dimensions disagree."""
    ndim = query.dim()
    if ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor")
    batched = ndim == 3
    kind = "batched (3-D)" if batched else "unbatched (2-D)"
    if key.dim() != ndim or value.dim() != ndim:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {ndim}-D but found {key.dim()}-D and "
            f"{value.dim()}-D tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.dim() != ndim - 1:
        raise AssertionError(
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {ndim - 1}-D but found "
            f"{key_padding_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None:
        if attn_mask.dim() not in (2, 3):
            raise AssertionError(
                f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D "
                "tensor instead"
            )
        if not batched and attn_mask.dim() == 3:
            expected = (num_heads, query.shape[0], key.shape[0])
            if tuple(attn_mask.shape) != expected:
                raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {tuple(attn_mask.shape)}")
    return batched


def _check_width(query: Tensor, embed_dim: Any, num_heads: int) -> int:
    width = query.size(-1)
    if width != embed_dim:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim}, but got {width}")
    if width // num_heads * num_heads != width:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {num_heads}")
    return width // num_heads


def _prepared_mask(attn_mask: Tensor | None, batch: int, num_heads: int, tgt_len: int, src_len: int) -> Tensor | None:
    if attn_mask is None:
        return None
    expected = (tgt_len, src_len) if attn_mask.dim() == 2 else (batch * num_heads, tgt_len, src_len)
    if tuple(attn_mask.shape) != expected:
        raise RuntimeError(
            f"The shape of the {attn_mask.dim()}D attn_mask is {tuple(attn_mask.shape)}, but should be {expected}."
        )
    return attn_mask.unsqueeze(0) if attn_mask.dim() == 2 else attn_mask


def _static(given: Tensor, name: str, rows: int, head_dim: int) -> Tensor:
    if given.size(0) != rows or given.size(2) != head_dim:
        raise AssertionError(f"expecting {name} of shape ({rows}, *, {head_dim}), but got {tuple(given.shape)}")
    return given


@overridable
def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Multi-head attention (Vaswani et al. 2017) with projections of input and output.

    Shapes, with L target and S source positions, N the batch and E the width: ``query`` (L, N, E), ``key`` and
    ``value`` (S, N, E), without N when unbatched; ``key_padding_mask`` (N, S), ``attn_mask`` (L, S) or
    (N·heads, L, S), boolean (True hides) or added to the scores. Returns the output (L, N, E) and, if
    ``need_weights``, the attention weights (N, L, S), averaged over heads or (N, heads, L, S).
    """
    batched = _mha_shape_check(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    tgt_len, batch, width = query.shape
    src_len = key.shape[0]

    key_padding_mask = _canonical_mask(
        key_padding_mask, "key_padding_mask", _none_or_dtype(attn_mask), "attn_mask", query.dtype
    )
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None  # the operator applies the causal mask by itself
    else:
        attn_mask = _canonical_mask(attn_mask, "attn_mask", None, "", query.dtype, False)
        if key_padding_mask is not None:
            is_causal = False  # both masks are merged below

    head_dim = _check_width(query, embed_dim_to_check, num_heads)
    if use_separate_proj_weight:
        if key.shape[:2] != value.shape[:2]:
            raise AssertionError(
                f"key's sequence and batch dims {tuple(key.shape[:2])} do not match value's {tuple(value.shape[:2])}"
            )
        if q_proj_weight is None or k_proj_weight is None or v_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is True but a projection weight is None")
        b_q, b_k, b_v = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
        q, k, v = _in_projection(query, key, value, q_proj_weight, k_proj_weight, v_proj_weight, b_q, b_k, b_v)
    else:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {tuple(key.shape)} does not match value shape {tuple(value.shape)}")
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _in_projection_packed(query, key, value, in_proj_weight, in_proj_bias)

    attn_mask = _prepared_mask(attn_mask, batch, num_heads, tgt_len, src_len)

    def extended(mask: Tensor | None) -> Tensor | None:
        return None if mask is None else aten.pad(mask, [0, 1])

    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError("bias cannot be added to static key or value.")
        k = flambeau.cat([k, bias_k.repeat(1, batch, 1)])
        v = flambeau.cat([v, bias_v.repeat(1, batch, 1)])
        attn_mask, key_padding_mask = extended(attn_mask), extended(key_padding_mask)
    elif bias_k is not None or bias_v is not None:
        raise AssertionError("bias_k and bias_v are given together or not at all")

    # (positions, N, E) -> (N * heads, positions, head_dim)
    rows = batch * num_heads
    q = q.view(tgt_len, rows, head_dim).transpose(0, 1)
    if static_k is None:
        k = k.view(k.shape[0], rows, head_dim).transpose(0, 1)
    else:
        k = _static(static_k, "static_k", rows, head_dim)
    if static_v is None:
        v = v.view(v.shape[0], rows, head_dim).transpose(0, 1)
    else:
        v = _static(static_v, "static_v", rows, head_dim)
    if add_zero_attn:
        nothing = flambeau.zeros((rows, 1, head_dim), dtype=k.dtype, device=k.device)
        k, v = flambeau.cat([k, nothing], dim=1), flambeau.cat([v, nothing], dim=1)
        attn_mask, key_padding_mask = extended(attn_mask), extended(key_padding_mask)
    src_len = k.size(1)

    if key_padding_mask is not None:
        if tuple(key_padding_mask.shape) != (batch, src_len):
            raise AssertionError(
                f"expecting key_padding_mask shape of {(batch, src_len)}, but got {tuple(key_padding_mask.shape)}"
            )
        per_head = key_padding_mask.view(batch, 1, 1, src_len).expand(-1, num_heads, -1, -1).reshape(rows, 1, src_len)
        attn_mask = per_head if attn_mask is None else attn_mask + per_head

    dropout_p = dropout_p if training else 0.0
    if need_weights:
        scaled = q * math.sqrt(1.0 / float(head_dim))
        if attn_mask is not None:
            scores = aten.baddbmm(attn_mask, scaled, k.transpose(-2, -1))
        else:
            scores = aten.bmm(scaled, k.transpose(-2, -1))
        weights = aten.softmax(scores, -1)
        if dropout_p > 0.0:
            weights = aten.dropout(weights, dropout_p, True)
        mixed = aten.bmm(weights, v)
        output = mixed.transpose(0, 1).contiguous().view(tgt_len * batch, width)
        output = aten.linear(output, out_proj_weight, out_proj_bias)
        output = output.view(tgt_len, batch, output.shape[1])
        weights = weights.view(batch, num_heads, tgt_len, src_len)
        if average_attn_weights:
            weights = weights.mean(dim=1)
        if not batched:
            return output.squeeze(1), weights.squeeze(0)
        return output, weights

    if attn_mask is not None:
        shared = attn_mask.dim() == 3 and attn_mask.size(0) == 1
        attn_mask = attn_mask.unsqueeze(0) if shared else attn_mask.view(batch, num_heads, attn_mask.shape[-2], src_len)
    q = q.view(batch, num_heads, tgt_len, head_dim)
    k = k.view(batch, num_heads, src_len, head_dim)
    v = v.view(batch, num_heads, src_len, head_dim)
    mixed = aten.scaled_dot_product_attention(q, k, v, attn_mask, dropout_p, is_causal)
    output = mixed.permute(2, 0, 1, 3).contiguous().view(batch * tgt_len, width)
    output = aten.linear(output, out_proj_weight, out_proj_bias)
    output = output.view(tgt_len, batch, output.shape[1])
    return (output if batched else output.squeeze(1)), None
