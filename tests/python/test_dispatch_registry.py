"""Every operator of the table on tensors whose class runs its calls, and under a mode: results and gradients are those
of plain tensors, and every call that is seen is an overload of `flambeau.ops`."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from samples import map_tensors, samples_of
from test_operators import OPERATORS, SAMPLED, attempt, copied, function, plain, same, tensors_in, tolerance, unstable
from wrapped_tensors import Held, Notes, unheld

import flambeau

pytestmark = pytest.mark.long
each = pytest.mark.parametrize("name", SAMPLED)
# Gradients that a class with no elements of its own cannot have, and is refused: parts that read elements (first),
# conjugation kept as a bit (then), forms in place without a name of ATen's, formulas of other formulas (last).
NO_GRADIENT_SEEN = {
    "ctc_loss.Tensor", "embedding_bag", "embedding_bag.padding_idx", "gru.data", "inverse", "linalg_cholesky",
    "linalg_inv", "linalg_ldl_factor", "linalg_lu_factor", "linalg_solve", "linalg_tensorinv", "linalg_tensorsolve",
    "lstm.data", "nanquantile", "quantile", "rnn_relu.data", "rnn_tanh.data", "tensor_split.tensor_indices_or_sections",
    "_pad_packed_sequence", "_pack_padded_sequence", "_embedding_bag", "cholesky", "det", "linalg_det",
    "multi_margin_loss", "binary_cross_entropy",
    "fft_ifft", "fft_ihfft", "fft_ihfft2", "fft_ihfftn", "_conj",
    "_polygamma", "polygamma", "special_polygamma", "as_strided_", "_foreach_maximum_.List", "_foreach_minimum_.List",
}  # fmt: skip


def strided_samples(name: str) -> list[Any]:
    """Samples without sparse tensors and without lazy bits, which a wrapper of sizes alone does not have."""
    return [
        sample
        for sample in samples_of(name)
        if (found := tensors_in(sample)) and not any(t.is_sparse or t.is_conj() or t.is_neg() for t in found)
    ]


def call(name: str, args: Any, kwargs: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = function(name)(*args, **kwargs)
    return args[0] if out is None else out


def shown(result: Any) -> Any:
    """What a result is, without who holds it."""
    return plain(map_tensors(unheld(result), lambda t: t.detach()))


@each
def test_wrappers_give_what_plain_tensors_give(name: str) -> None:
    if unstable(name):
        pytest.skip("the values are not determined")
    for args, kwargs in strided_samples(name):
        expected = attempt(lambda: call(name, copied(args), copied(kwargs)))
        if isinstance(expected, Exception):
            continue
        got = call(name, map_tensors(copied(args), Held), map_tensors(copied(kwargs), Held))
        difference = same(shown(expected), shown(got), rtol=tolerance(name))
        assert not difference, f"{name}{args}: {difference}"


@each
def test_gradients_of_wrappers_are_wrappers(name: str) -> None:
    if unstable(name) or not OPERATORS[name]["differentiable"]:
        pytest.skip("no gradient, or values that are not determined")
    for args, kwargs in strided_samples(name):

        def grads(wrap: Any, args: Any = args, kwargs: Any = kwargs) -> Any:
            leaves: list[Any] = []

            def leaf(t: Any) -> Any:
                t = wrap(t)
                if t.is_floating_point() or t.is_complex():
                    leaves.append(t.requires_grad_())
                    return t * 1
                return t

            given, named = map_tensors(copied(args), leaf), map_tensors(copied(kwargs), leaf)
            outs = [t for t in tensors_in([call(name, given, named)]) if t.requires_grad]
            if not outs:
                return None
            total = sum((flambeau.real(o) if o.is_complex() else o).sum() for o in outs)
            return flambeau.autograd.grad(total, leaves, allow_unused=True)

        expected = attempt(lambda: grads(lambda t: t))
        if isinstance(expected, Exception) or expected is None:
            continue
        if name in NO_GRADIENT_SEEN:
            with pytest.raises((RuntimeError, NotImplementedError)):
                grads(Held)
            continue
        got = grads(Held)
        assert all(g is None or isinstance(g, Held) for g in got), name
        for e, g in zip(expected, got, strict=True):
            assert (e is None) == (g is None), name
            difference = "" if e is None else same(shown(e), shown(g), rtol=max(tolerance(name) or 0, 1e-4))
            assert not difference, f"gradient of {name}{args}: {difference}"


@each
def test_a_mode_sees_overloads(name: str) -> None:
    if OPERATORS[name]["random"]:
        pytest.skip("drawn")
    for args, kwargs in strided_samples(name):
        given = copied(args), copied(kwargs)
        with Notes() as notes:
            result = attempt(lambda given=given: call(name, *given))
        if isinstance(result, Exception):
            continue
        assert notes.calls or OPERATORS[name]["kind"] == "composite", f"{name}: nothing was seen"
        for seen, seen_args, _ in notes.calls:
            assert seen.startswith("aten."), seen
            assert isinstance(seen_args, tuple)
