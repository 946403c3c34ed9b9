"""flex_attention, its masks, and causal biases; golden values are PyTorch 2.13's."""

from __future__ import annotations

import math

import pytest

import flambeau
from flambeau import nn
from flambeau.nn.attention import (
    SDPBackend,
    activate_flash_attention_impl,
    current_flash_attention_impl,
    sdpa_kernel,
)
from flambeau.nn.attention.bias import causal_lower_right, causal_upper_left
from flambeau.nn.attention.flex_attention import (
    AuxRequest,
    BlockMask,
    and_masks,
    create_block_mask,
    create_mask,
    flex_attention,
    noop_mask,
    or_masks,
)


def _inputs(dtype=None):
    flambeau.manual_seed(3)
    return flambeau.randn(2, 2, 5, 4), flambeau.randn(2, 2, 6, 4), flambeau.randn(2, 2, 6, 3)


def test_score_and_mask_functions_that_index_tensors():
    q, k, v = _inputs()
    slope, document = flambeau.tensor([0.5, -0.25]), flambeau.tensor([0, 0, 1, 1, 2, 2])
    mask = create_block_mask(lambda b, h, i, j: (document[i] == document[j]) & (i > j), None, None, 5, 6, BLOCK_SIZE=4)
    out, lse = flex_attention(
        q, k, v, lambda s, b, h, i, j: flambeau.tanh(s / 2) * 2 + slope[h] * (i - j), mask, return_lse=True
    )
    assert out.sum().item() == pytest.approx(5.884848117828369, rel=1e-5)
    row = [0.4259638786315918, 0.17134132981300354, -0.46279391646385193]
    assert out[1, 1, 3].tolist() == pytest.approx(row, rel=1e-5)
    assert out[1, 1, 2].tolist() == [0, 0, 0]  # no score counts
    assert lse[0, 0].tolist() == pytest.approx([-math.inf, 1.083426952, -math.inf, 0.56669277, -math.inf])


def test_against_attention_with_a_mask_and_its_gradients():
    q, k, v = (t.requires_grad_() for t in _inputs())
    for _ in range(2):
        mask = create_mask(lambda b, h, i, j: (i + 1 >= j) | (h == 0), 2, 2, 5, 6)
        block = create_block_mask(lambda b, h, i, j: (i + 1 >= j) | (h == 0), 2, 2, 5, 6, BLOCK_SIZE=(2, 3))
        expected = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        out = flex_attention(q, k, v, block_mask=block)
        assert flambeau.allclose(out, expected, atol=1e-6)
        wanted = flambeau.autograd.grad(expected.pow(2).sum(), (q, k, v))
        got = flambeau.autograd.grad(out.pow(2).sum(), (q, k, v))
        assert all(flambeau.allclose(a, b, atol=1e-5) for a, b in zip(got, wanted, strict=True))


def test_shared_heads_and_half_precision():
    q = flambeau.randn(1, 4, 3, 8)
    k, v = flambeau.randn(2, 1, 2, 5, 8).unbind()
    expected = nn.functional.scaled_dot_product_attention(q, k.repeat_interleave(2, 1), v.repeat_interleave(2, 1))
    assert flambeau.allclose(flex_attention(q, k, v, enable_gqa=True), expected, atol=1e-6)
    low = flex_attention(q.bfloat16(), k.bfloat16(), v.bfloat16(), enable_gqa=True)
    assert low.dtype == flambeau.bfloat16 and flambeau.allclose(low.float(), expected, atol=0.03)
    _, aux = flex_attention(q, k, v, enable_gqa=True, return_aux=AuxRequest(lse=True, max_scores=True))
    assert aux.lse.shape == aux.max_scores.shape == (1, 4, 3)


def test_blocks_of_a_mask():
    mask = create_block_mask(lambda b, h, i, j: (i >= j) & (j > b * 2), 2, None, 10, 13, BLOCK_SIZE=(4, 5))
    assert mask.shape == (2, 1, 10, 13) and mask.numel() == 260
    assert mask.kv_num_blocks.tolist() == [[[1, 2, 2]], [[1, 2, 2]]]
    assert mask.q_num_blocks.tolist() == [[[3, 2, 0]], [[3, 2, 0]]]
    assert mask.full_kv_num_blocks.tolist() == [[[0, 0, 0]], [[0, 0, 0]]]
    assert mask.sparsity() == pytest.approx(23.076923076923073)
    assert mask.to_dense()[1, 0].tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 0]]
    causal = create_block_mask(lambda b, h, i, j: i >= j, None, None, 300, 300)
    assert causal.kv_indices[0, 0, 1].tolist() == [1, 0, 2] and causal.full_kv_num_blocks[0, 0].tolist() == [0, 1, 0]
    again = BlockMask.from_kv_blocks(
        causal.kv_num_blocks, causal.kv_indices, causal.full_kv_num_blocks, causal.full_kv_indices
    )
    assert again.shape == (1, 1, 384, 384) and flambeau.equal(again.q_num_blocks, causal.q_num_blocks)
    assert causal._adjust(200, 500).to_dense()[0, 0].tolist() == [[1, 0, 0, 0], [1, 1, 0, 0]]
    assert causal[:, :, 1].kv_num_blocks.tolist() == [[[1]]]
    assert len(causal.as_tuple()) == 16 and "sparsity" in repr(causal) and "██" in str(causal)
    assert causal.to("cpu").mask_mod is causal.mask_mod


def test_blocks_that_are_not_listed_do_not_count():
    q, k, v = flambeau.randn(3, 1, 1, 4, 8).unbind()
    counts = flambeau.ones(1, 1, 2, dtype=flambeau.int32)
    order = flambeau.tensor([[[[0, 1], [1, 0]]]], dtype=flambeau.int32)
    out = flex_attention(q, k, v, block_mask=BlockMask.from_kv_blocks(counts, order, BLOCK_SIZE=2))
    diagonal = flambeau.block_diag(flambeau.ones(2, 2), flambeau.ones(2, 2)).bool()
    expected = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=diagonal)
    assert flambeau.allclose(out, expected, atol=1e-6)


def test_masks_joined():
    low, high = (lambda b, h, i, j: i > j), (lambda b, h, i, j: i < j)
    assert create_mask(or_masks(low, high), None, None, 3, 3)[0, 0].logical_not().equal(flambeau.eye(3).bool())
    assert not create_mask(and_masks(low, high), None, None, 3, 3).any()
    assert create_mask(noop_mask, None, None, 2, 2).all() and create_mask(and_masks(), 1, 1, 2, 2).all()
    scores = create_mask(lambda s, b, h, i, j: flambeau.where(i >= j, s, -math.inf), None, None, 2, 2)
    assert scores[0, 0].tolist() == [[True, False], [True, True]]
    with pytest.raises(RuntimeError, match="and_masks"):
        and_masks(3)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda q, k, v: flex_attention(q[0], k, v), NotImplementedError),
        (lambda q, k, v: flex_attention(q[..., :3], k, v), ValueError),
        (lambda q, k, v: flex_attention(q, k[:, :1], v), ValueError),
        (lambda q, k, v: flex_attention(q, k[:, :, :4], v), RuntimeError),
        (lambda q, k, v: flex_attention(q, k, v, block_mask=create_block_mask(noop_mask, 1, 1, 5, 9)), ValueError),
        (lambda q, k, v: create_block_mask(lambda i, j: i > j, 1, 1, 5, 9), AssertionError),
        (lambda q, k, v: causal_upper_left(3), AssertionError),
        (lambda q, k, v: activate_flash_attention_impl("FA4"), NotImplementedError),
        (lambda q, k, v: activate_flash_attention_impl("mine"), ValueError),
        (lambda q, k, v: sdpa_kernel("math").__enter__(), AssertionError),
    ],
)
def test_what_does_not_fit_is_refused(call, error):
    with pytest.raises(error, match=r"^[a-z_]+: "):
        call(*_inputs())


def test_causal_biases():
    q, k = flambeau.randn(1, 2, 3, 8), flambeau.randn(1, 2, 5, 8)
    attention = nn.functional.scaled_dot_product_attention
    lower, upper = causal_lower_right(3, 5), causal_upper_left(3, 5)
    assert lower.shape == (3, 5) and lower._materialize().long().sum(1).tolist() == [3, 4, 5]
    assert upper._materialize().long().sum(1).tolist() == [1, 2, 3]
    for bias in (lower, upper):
        assert flambeau.allclose(attention(q, k, k, bias), attention(q, k, k, bias._materialize()), atol=1e-6)
    with pytest.raises(ValueError, match="is_causal"):
        attention(q, k, k, attn_mask=lower, is_causal=True)


def test_choice_of_an_implementation_changes_nothing():
    q = flambeau.randn(1, 2, 3, 8)
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        a = nn.functional.scaled_dot_product_attention(q, q, q)
    assert flambeau.equal(a, nn.functional.scaled_dot_product_attention(q, q, q))
    assert current_flash_attention_impl() is None
