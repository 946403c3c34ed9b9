"""`__torch_function__` for functions written in Python."""

from __future__ import annotations

import pytest

import flambeau
from flambeau import overrides


class Like:
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return function.__name__, [kind.__name__ for kind in types]


class Closer(Like):
    pass


class Unwilling:
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return NotImplemented


@overrides.wrap_torch_function(lambda a, b=None: (a, b))
def join(a, b=None):
    return "own"


def test_arguments_take_over():
    assert join(1) == join(flambeau.ones(1)) == "own"
    assert join(Like()) == ("join", ["Like"])
    assert join(Like(), Closer()) == ("join", ["Closer", "Like"])
    assert join(Unwilling(), Like()) == ("join", ["Unwilling", "Like"])
    with pytest.raises(TypeError, match=r"join.*Unwilling"):
        join(Unwilling())


def test_questions():
    assert overrides.is_tensor_like(Like()) and overrides.is_tensor_like(flambeau.ones(1))
    assert not overrides.is_tensor_like(3)
    assert overrides.has_torch_function_unary(Like()) and not overrides.has_torch_function_variadic(1, "a")


def test_the_catalogue_knows_functions_and_methods():
    assert overrides.resolve_name(flambeau.add) == "torch.add"
    assert overrides.resolve_name(flambeau.Tensor.add) == "torch.Tensor.add"
    assert flambeau.add in overrides.get_overridable_functions()[flambeau]
    assert overrides.is_tensor_method_or_property(flambeau.Tensor.add)
    assert not overrides.is_tensor_method_or_property(flambeau.add)
    assert flambeau.zeros in overrides.get_ignored_functions()
