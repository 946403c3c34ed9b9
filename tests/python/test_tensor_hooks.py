"""Hooks of tensors as dictionaries by id: which value they see, and that they are garbage in time."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections import OrderedDict
from typing import Any

import pytest

import flambeau
from flambeau.utils.hooks import RemovableHandle


class Token:
    """Something to watch."""


def leaf() -> Any:
    return flambeau.ones(2, requires_grad=True)


def non_leaf() -> Any:
    return leaf() * 2


@pytest.mark.parametrize("make", [leaf, non_leaf])
def test_hooks_are_a_dictionary_by_id(make: Any) -> None:
    x = make()
    assert x._backward_hooks is None
    first, second = x.register_hook(lambda g: g * 2), x.register_hook(lambda g: g + 1)
    assert isinstance(x._backward_hooks, OrderedDict)
    assert list(x._backward_hooks) == [first.id, second.id]
    assert isinstance(first, RemovableHandle) and first.hooks_dict_ref() is x._backward_hooks
    first.remove()
    first.remove()
    assert list(x._backward_hooks) == [second.id]
    with pytest.raises(AttributeError):
        del first.nothing


@pytest.mark.parametrize("make", [leaf, non_leaf])
@pytest.mark.parametrize("by", ["backward", "grad"])
def test_what_is_in_the_dictionary_is_what_runs(make: Any, by: str) -> None:
    x = make()
    x.retain_grad()
    x._backward_hooks = {7: lambda g: g * 5, 3: lambda g: g + 1}

    def gradient() -> list[float]:
        if by == "grad":
            return flambeau.autograd.grad((x * 1).sum(), x, retain_graph=True)[0].tolist()
        x.grad = None
        (x * 1).sum().backward(retain_graph=True)
        return x.grad.tolist()

    assert gradient() == [6, 6]
    x._backward_hooks[9] = lambda g: g * 2
    del x._backward_hooks[7]
    assert gradient() == [4, 4]
    x._backward_hooks = {1: lambda g: g * 3}  # in the place of the former
    assert gradient() == [3, 3]
    x._backward_hooks = None
    assert x._backward_hooks is None and gradient() == [1, 1]
    with pytest.raises(TypeError, match="dictionary"):
        x._backward_hooks = [lambda g: g]


def test_hooks_belong_to_the_value_of_their_time() -> None:
    seen = []
    x = non_leaf()
    x.register_hook(lambda g: seen.append(("before", g.tolist())))
    x.mul_(3)
    assert x._backward_hooks is None
    x.register_hook(lambda g: seen.append(("after", g.tolist())))
    assert len(x._backward_hooks) == 1
    x.sum().backward()
    assert seen == [("after", [1, 1]), ("before", [3, 3])]


def test_hooks_of_a_view_whose_base_changes() -> None:
    seen = []
    base = non_leaf()
    view = base[:1]
    view.register_hook(lambda g: seen.append(g.tolist()))
    used = view * 1
    base.mul_(2)
    assert view._backward_hooks is None  # the view has another history now
    (used.sum() + view.sum()).backward()
    assert seen == [[1]]


def test_a_hook_may_take_itself_away_or_add_another() -> None:
    x = leaf()
    calls = []

    def once(g: Any) -> None:
        calls.append("once")
        handle.remove()
        x.register_hook(lambda g: calls.append("added"))

    handle = x.register_hook(once)
    (x * 1).sum().backward()
    (x * 1).sum().backward()
    assert calls == ["once", "added"]


def test_an_error_in_a_hook_comes_out_as_it_is() -> None:
    x = leaf()

    def hook(g: Any) -> None:
        raise KeyError("mine")

    x.register_hook(hook)
    with pytest.raises(KeyError, match="mine"):
        x.sum().backward()
    x._backward_hooks = None
    for wrong, error in (
        (lambda g: 3, TypeError),
        (lambda g: g.double(), RuntimeError),
        (lambda g: g[:1], RuntimeError),
    ):
        handle = x.register_hook(wrong)
        with pytest.raises(error, match="register_hook"):
            x.sum().backward()
        handle.remove()


def test_hooks_after_accumulation() -> None:
    x = leaf()
    assert x._post_accumulate_grad_hooks is None
    seen = []
    handle = x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.tolist())))
    x.sum().backward()
    (x * 2).sum().backward()
    assert seen == [(True, [1, 1]), (True, [3, 3])]
    assert list(x._post_accumulate_grad_hooks) == [handle.id]
    handle.remove()
    x.register_post_accumulate_grad_hook(lambda t: 1)
    with pytest.raises(RuntimeError, match="None"):
        x.sum().backward()
    with pytest.raises(RuntimeError, match="leaf"):
        (x * 1).register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError, match="require"):
        flambeau.ones(1).register_hook(print)


def _cycle(make: Any, attach: Any) -> bool:
    """Whether a tensor and a hook that refer to each other are freed together."""
    x, token = make(), Token()
    token.tensor = x
    attach(x, lambda *given, token=token: None)
    watch = weakref.ref(token)
    del x, token
    gc.collect()
    return watch() is None


def test_hooks_that_refer_to_their_tensor_are_garbage_with_it() -> None:
    assert _cycle(leaf, lambda x, f: x.register_hook(f))
    assert _cycle(non_leaf, lambda x, f: x.register_hook(f))
    assert _cycle(leaf, lambda x, f: x.register_post_accumulate_grad_hook(f))


def test_a_context_that_refers_to_its_result_is_garbage_with_it() -> None:
    class Copy(flambeau.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    x, token = Copy.apply(leaf()), Token()
    x.grad_fn.mine = (x, token)
    watch = weakref.ref(token)
    del x, token
    gc.collect()
    assert watch() is None


def test_what_a_graph_holds_is_not_garbage() -> None:
    seen = []
    x, token = leaf(), Token()
    token.tensor = x
    x.register_hook(lambda g, token=token: seen.append(g.tolist()))
    loss = (x * 3).sum()
    del x, token
    gc.collect()
    loss.backward()
    assert seen == [[3, 3]]
    y = non_leaf()
    y.register_hook(lambda g, y=y: seen.append(g.tolist()))
    loss = (y * 5).sum()
    del y
    gc.collect()
    loss.backward()
    assert seen == [[3, 3], [5, 5]]


def test_copies_carry_no_hooks_and_pickling_warns() -> None:
    x = leaf()
    x.register_hook(print)
    assert copy.deepcopy(x)._backward_hooks is None
    with pytest.warns(UserWarning, match="hook"):
        flambeau.utils.hooks.warn_if_has_hooks(x)
    assert pickle.loads(pickle.dumps(x.detach())).tolist() == [1, 1]
