"""Every operator of the table under vmap, jvp and both: against a loop over the entries, and finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samples import map_tensors, samples_of
from test_operators import (
    OPERATORS,
    SAMPLED,
    attempt,
    function,
    gradient_cases,
    has,
    plain,
    same,
    skip_gradient,
    tensors_in,
    tolerance,
    unstable,
)

import flambeau
from flambeau import _C, func

each = pytest.mark.parametrize("name", SAMPLED)
BATCH = 3


def variants(t: Any, k: int) -> list[Any]:
    """Entries of a batch that differ: the tensor, and its elements in another order."""
    flat = t.reshape(-1)
    return [flat.roll(k * i).reshape(t.shape) for i in range(BATCH)]


def results(value: Any) -> list[Any]:
    return tensors_in(list(value) if isinstance(value, (tuple, list)) else [value])


def batched_calls(name: str) -> list[tuple[Callable[..., Any], list[Any], list[list[Any]]]]:
    """The operator as a function of one tensor argument, or of all; with the entries of each."""
    found = []
    for args, kwargs in samples_of(name):
        leaves = [t for t in tensors_in((args, kwargs)) if not t.is_sparse and t.layout == flambeau.strided]
        if not leaves or len(leaves) != len(tensors_in((args, kwargs))):
            continue
        ids = {id(t): i for i, t in enumerate(leaves)}

        def call(*given: Any, args: Any = args, kwargs: Any = kwargs, ids: Any = ids) -> Any:
            place = lambda t: given[ids[id(t)]]  # noqa: E731
            placed = map_tensors(args, place)
            if OPERATORS[name]["base"].endswith("_"):
                placed[0] = placed[0].clone() if not isinstance(placed[0], list) else [t.clone() for t in placed[0]]
            out = function(name)(*placed, **map_tensors(kwargs, place))
            return tuple(results(placed[0])) if out is None else out

        places = [[i] for i in range(min(len(leaves), 4))] + ([list(range(len(leaves)))] if len(leaves) > 1 else [])
        found += [(call, leaves, p) for p in places]
    return found


def entries_of(
    call: Callable[..., Any], leaves: list[Any], places: list[int]
) -> tuple[list[list[Any]], list[Any]] | None:
    """Arguments and results for each entry; entries that differ where the operator takes them."""
    for k in (1, 0):
        rows = [[variants(t, k)[b] if i in places else t for i, t in enumerate(leaves)] for b in range(BATCH)]
        outs = [attempt(lambda row=row: call(*[t.clone() for t in row])) for row in rows]
        if not any(isinstance(o, Exception) for o in outs):
            shapes = [[tuple(t.shape) for t in results(o)] for o in outs]
            if all(s == shapes[0] for s in shapes) and shapes[0]:
                return rows, outs
    return None


@each
def test_batches(name: str) -> None:
    """vmap over each argument, and over all: what a loop gives."""
    if unstable(name) or OPERATORS[name]["random"]:
        pytest.skip("the values are not determined")
    seen = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call, leaves, places in batched_calls(name):
            expected = entries_of(call, leaves, places)
            if expected is None or any(t.is_sparse for o in expected[1] for t in results(o)):
                continue
            rows, outs = expected
            stacked = [
                flambeau.stack([row[i] for row in rows]) if i in places else leaves[i] for i in range(len(leaves))
            ]
            dims = tuple(0 if i in places else None for i in range(len(leaves)))
            wanted = [flambeau.stack([results(o)[r] for o in outs]) for r in range(len(results(outs[0])))]
            for last in (False, True):
                if last:
                    stacked = [t.movedim(0, -1) if i in places else t for i, t in enumerate(stacked)]
                    dims = tuple(-1 if i in places else None for i in range(len(leaves)))
                mapped = func.vmap(lambda *g: tuple(results(call(*g))), in_dims=dims)
                got = attempt(lambda: mapped(*[t.clone() for t in stacked]))
                if isinstance(got, RuntimeError) and (
                    "dynamic shapes" in str(got) or "one by one" in str(got) or "shared by all" in str(got)
                ):
                    continue
                if isinstance(got, Exception):
                    raise AssertionError(f"{name} {dims}: {type(got).__name__}: {got}") from got
                for w, g in zip(wanted, got, strict=True):
                    difference = same(plain(w), plain(g), rtol=max(tolerance(name) or 0, 1e-4))
                    assert not difference, f"{name} {dims}: {difference}"
                seen += 1
    if not seen:
        pytest.skip("no sample to batch")


def numeric(call: Callable[..., Any], leaves: list[Any], tangents: list[Any], step: float = 1e-6) -> list[Any]:
    def at(h: float) -> list[Any]:
        return results(call(*[(x + h * t).detach() for x, t in zip(leaves, tangents, strict=True)]))

    pairs = zip(at(step), at(-step), strict=True)
    return [(a - b) / (2 * step) if a.is_floating_point() or a.is_complex() else a for a, b in pairs]


@each
def test_tangents(name: str) -> None:
    """The forward derivative against finite differences, of the results that have a gradient."""
    skip_gradient(name)
    if has("NO_SECOND_GRADIENT", name):
        pytest.skip("its gradient cannot be differentiated, and it has no forward derivative of its own")
    cases = gradient_cases(name)
    if not cases:
        pytest.skip("no sample with a gradient")
    for call, given in cases:
        tracked = [r.requires_grad for r in results(call(*given))]
        leaves = [t.detach() for t in given]
        flambeau.manual_seed(1)
        tangents = [flambeau.randn(t.shape, dtype=t.dtype) for t in leaves]
        wanted = numeric(call, leaves, tangents)
        primals, found = func.jvp(lambda *x: tuple(results(call(*x))), tuple(leaves), tuple(tangents))
        for w, g, p, has_gradient in zip(wanted, found, primals, tracked, strict=True):
            if not has_gradient or not (p.is_floating_point() or p.is_complex()):
                continue
            scale = max(1.0, float(w.abs().max()) if w.numel() else 0.0)
            assert flambeau.allclose(w, g, rtol=1e-4, atol=1e-5 * scale, equal_nan=True), f"{name}: {w} against {g}"


def test_few_operators_run_entry_by_entry() -> None:
    """Those without a rule for batches are few, and docs/coverage.md lists them (tools/coverage.py writes it)."""
    table = _C.list_operators()
    slow = {entry["name"] for entry in table if entry["entry_by_entry"]}
    assert len(slow) <= 0.05 * len(table)
    page = (Path(__file__).parents[2] / "docs" / "coverage.md").read_text()
    assert set(page.partition("## Entry by entry")[2].split("`")[3::2]) == slow
