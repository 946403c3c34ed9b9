"""A short run of the fuzzer of programs (tests/fuzz/programs.py), and what longer ones have found, made small."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import flambeau

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.fuzz.program_runs import findings
from tests.fuzz.programs import Program, Wrong


def told(found: list[tuple[int, str]]) -> str:
    return "\n".join(f"program {number}: {text}" for number, text in found)


def test_programs() -> None:
    found = findings(seed=0, programs=400)
    assert not found, told(found)


@pytest.mark.long
def test_50000_programs() -> None:
    found = findings(seed=1, programs=50_000, jobs=min(os.cpu_count() or 1, 4))
    assert not found, told(found)


def test_the_model_notices() -> None:
    """The fuzzer itself: values, versions and gradients that are not the model's are found."""
    program = Program(0, 0)
    program.start()
    program.names[program.variables[0].name].detach().add_(1)
    with pytest.raises(Wrong, match=r"is .* not"):
        program.compare()
    program = Program(0, 1)
    program.start()
    program.names[program.variables[-1].name].detach().mul_(1)
    with pytest.raises(Wrong, match="has version 1, not 0"):
        program.compare()
    program = Program(0, 2)
    program.start()
    program.names[program.leaves[0][0]].register_hook(lambda g: g * 2)
    with pytest.raises(Wrong, match="the gradient of"):
        program.gradients()


def test_gradient_of_an_expanded_view_whose_base_is_changed() -> None:
    x = flambeau.tensor([1.0, 2.0, 3.0], requires_grad=True)
    base = x * 1
    view = base.expand(2, 3)
    base.mul_(2)
    assert flambeau.autograd.grad(view.sum(), x)[0].tolist() == [4.0, 4.0, 4.0]
    constant = flambeau.ones(2, 3)
    view = constant.expand(4, 2, 3)
    constant.mul_(x)
    assert flambeau.autograd.grad(view.sum(), x)[0].tolist() == [8.0, 8.0, 8.0]
    base = x * 1
    view = base.unfold(0, 2, 1)  # 2 × 2, the middle one twice
    base.mul_(2)
    assert flambeau.autograd.grad(view.sum(), x)[0].tolist() == [2.0, 4.0, 2.0]


def test_a_detached_alias_has_no_history_when_its_storage_gets_one() -> None:
    x = flambeau.tensor(2.0, requires_grad=True)
    constant = flambeau.ones(2, 2)
    alias = constant.detach()
    constant[0] = x.clone()
    assert not alias.requires_grad
    assert flambeau.autograd.grad((constant * (alias + 1)).sum(), x)[0].item() == 6.0


def test_second_gradient_through_a_checkpoint() -> None:
    x = flambeau.tensor([0.3, -0.7], dtype=flambeau.float64, requires_grad=True)
    y = flambeau.utils.checkpoint.checkpoint(lambda v: v.tanh() * v, x, use_reentrant=False)
    (first,) = flambeau.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = flambeau.autograd.grad(first.sum(), x)
    plain = (x.tanh() * x).sum()
    (expected,) = flambeau.autograd.grad(plain, x, create_graph=True)
    (expected,) = flambeau.autograd.grad(expected.sum(), x)
    assert flambeau.allclose(second, expected)


def test_views_with_other_strides_of_single_elements_are_the_same_memory() -> None:
    x = flambeau.tensor([[1.0, 2.0, 3.0]]).unfold(0, 1, 1)
    x.addcmul_(x.view_as(x), x.view_as(x), value=0.5)
    assert x.flatten().tolist() == [1.5, 4.0, 7.5]


def test_a_tensor_that_came_back_by_a_weak_reference() -> None:
    source = """if True:
    import gc, weakref, flambeau as f
    for trial in range(50):
        base = f.ones(3, 2)
        view = base.unfold(0, 1, 1)
        there = weakref.ref(base)
        del base
        gc.collect()
        back = there()
        gone = weakref.ref(view)
        del view
        gc.collect()
        if back is not None:
            back.add_(1)
            assert back.sum().item() == 12
            del back
        h = f.ones(2)
        h.grad = f.ones(2)
        grad = weakref.ref(h.grad)
        back = grad()
        del h
        assert back.sigmoid().shape == (2,)
    """
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-500:]
