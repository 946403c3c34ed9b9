"""nn.utils.prune; golden masks are PyTorch 2.13's from the same seed."""

from __future__ import annotations

import pytest

import flambeau
from flambeau import nn
from flambeau.nn.utils import prune


def test_masks_one_after_the_other():
    flambeau.manual_seed(0)
    layer = nn.Linear(5, 4)
    prune.random_unstructured(layer, "weight", 0.3)
    prune.ln_structured(layer, "weight", 1, 2, 0)
    prune.random_structured(layer, "weight", 0.4, 1)
    prune.l1_unstructured(layer, "weight", 3)
    wanted = [[0, 0, 0, 1, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]
    assert layer.weight_mask.int().tolist() == wanted
    assert sorted(layer.state_dict()) == ["bias", "weight_mask", "weight_orig"]
    (hook,) = layer._forward_pre_hooks.values()
    assert isinstance(hook, prune.PruningContainer) and len(hook) == 4
    assert isinstance(hook[1], prune.LnStructured)


def test_pruned_parameters_train_and_become_permanent():
    flambeau.manual_seed(2)
    layer = nn.Linear(3, 2)
    prune.l1_unstructured(layer, "weight", 0.5)
    optimizer = flambeau.optim.SGD(layer.parameters(), 0.1)
    layer(flambeau.ones(1, 3)).sum().backward()
    assert flambeau.equal(layer.weight_orig.grad, layer.weight_mask)
    optimizer.step()
    layer(flambeau.ones(1, 3))
    assert ((layer.weight == 0) == (layer.weight_mask == 0)).all()
    assert prune.is_pruned(nn.Sequential(layer))
    values = layer.weight.detach().clone()
    prune.remove(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter) and flambeau.equal(layer.weight.detach(), values)
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight"] and not prune.is_pruned(layer)


def test_over_several_parameters():
    flambeau.manual_seed(1)
    a, b = nn.Linear(3, 2), nn.Linear(2, 3)
    prune.global_unstructured([(a, "weight"), (b, "weight")], prune.L1Unstructured, amount=0.5)
    assert a.weight_mask.int().tolist() == [[1, 0, 0], [1, 1, 1]]
    assert b.weight_mask.int().tolist() == [[0, 0], [0, 0], [1, 1]]


def test_given_masks_scores_and_methods():
    layer = nn.Linear(2, 2)
    prune.custom_from_mask(layer, "weight", flambeau.eye(2))
    assert flambeau.equal(layer.weight_mask, flambeau.eye(2))
    layer = prune.l1_unstructured(nn.Linear(2, 2), "weight", 1, importance_scores=flambeau.tensor([[1.0, 2], [3, 0.5]]))
    assert layer.weight_mask.tolist() == [[1, 1], [1, 0]]
    assert prune.identity(nn.Linear(2, 2), "bias").bias_mask.tolist() == [1, 1]
    assert prune.L1Unstructured(2).prune(flambeau.tensor([1.0, -3, 2])).tolist() == [0, -3, 0]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda m: prune.l1_unstructured(m, "weight", 1.5), ValueError),
        (lambda m: prune.l1_unstructured(m, "weight", -1), ValueError),
        (lambda m: prune.l1_unstructured(m, "weight", 5), ValueError),
        (lambda m: prune.l1_unstructured(m, "weight", "a"), TypeError),
        (lambda m: prune.ln_structured(m, "bias", 1, 2, 0), ValueError),
        (lambda m: prune.ln_structured(m, "weight", 1, 2, 5), IndexError),
        (lambda m: prune.remove(m, "weight"), ValueError),
        (lambda m: prune.global_unstructured(m, prune.L1Unstructured, amount=1), TypeError),
        (lambda m: prune.global_unstructured([(m, "weight")], prune.LnStructured, amount=1, n=1), TypeError),
        (lambda m: prune.l1_unstructured(m, "weight", 1, importance_scores=flambeau.ones(3)), AssertionError),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_the_module(call, error):
    layer = nn.Linear(2, 2)
    with pytest.raises(error, match=r"prune|global_unstructured"):
        call(layer)
    assert [name for name, _ in layer.named_parameters()] in (["weight", "bias"], ["bias", "weight"])
