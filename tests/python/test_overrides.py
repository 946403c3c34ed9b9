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


# --- a subclass with a table of handlers ---
F, nn = flambeau.nn.functional, flambeau.nn
HANDLERS = {}


class Labelled(flambeau.Tensor):
    """Functions with a handler go to it; others run on plain tensors and give plain tensors."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in HANDLERS:
            return HANDLERS[function](*args, **kwargs)
        with flambeau._C.DisableTorchFunctionSubclass():
            return function(*args, **kwargs)


@pytest.fixture
def labelled():
    HANDLERS.clear()
    yield flambeau.tensor([[1.0, 2.0], [3.0, 4.0]]).as_subclass(Labelled)
    HANDLERS.clear()


CALLS = {
    "softmax": (F.softmax, lambda x: F.softmax(x, dim=1)),
    "cross_entropy": (F.cross_entropy, lambda x: F.cross_entropy(x, flambeau.tensor([0, 1]))),
    "layer_norm": (F.layer_norm, lambda x: flambeau.nn.LayerNorm(2)(x)),
    "dropout": (F.dropout, lambda x: flambeau.nn.Dropout()(x)),
    "pad": (F.pad, lambda x: F.pad(x, (1, 1))),
    "embedding": (F.embedding, lambda x: F.embedding(flambeau.tensor([0]), x)),
    "linear": (F.linear, lambda x: flambeau.nn.Linear(2, 1)(x)),
    "einsum": (flambeau.einsum, lambda x: flambeau.einsum("ij->i", x)),
    "einsum of a list": (flambeau.einsum, lambda x: flambeau.einsum("ij,ij->i", [flambeau.ones(2, 2), x])),
    "tensordot": (flambeau.tensordot, lambda x: flambeau.tensordot(flambeau.ones(2, 2), x)),
    "vander": (flambeau.vander, lambda x: flambeau.vander(x)),
    "numel": (flambeau.numel, lambda x: flambeau.numel(x)),
    "is_floating_point": (flambeau.is_floating_point, lambda x: flambeau.is_floating_point(x)),
    "Tensor.numel": (flambeau.Tensor.numel, lambda x: x.numel()),
    "shape": (flambeau.Tensor.shape.__get__, lambda x: x.shape),
    "T": (flambeau.Tensor.T.__get__, lambda x: x.T),
    "grad": (flambeau.Tensor.grad.__get__, lambda x: x.grad),
    "set grad": (flambeau.Tensor.grad.__set__, lambda x: setattr(x, "grad", None)),
    "len": (flambeau.Tensor.__len__, lambda x: len(x)),
    "bool": (flambeau.Tensor.__bool__, lambda x: bool(x)),
    "item": (flambeau.Tensor.__getitem__, lambda x: x[0]),
    "cpu": (flambeau.Tensor.cpu, lambda x: x.cpu()),
    "repr": (flambeau.Tensor.__repr__, lambda x: repr(x)),
    "backward": (flambeau.Tensor.backward, lambda x: x.backward()),
    "rsub": (flambeau.Tensor.__rsub__, lambda x: 1 - x),
    "svd": (flambeau.linalg.svd, lambda x: flambeau.linalg.svd(x)),
    "uniform_": (flambeau.nn.init.uniform_, lambda x: flambeau.nn.init.uniform_(x)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_handler_is_called_once_and_nothing_else(name, labelled):
    function, call = CALLS[name]
    answer = {"len": 7, "bool": True, "repr": "seen"}.get(name, "seen")
    calls = []
    HANDLERS[function] = lambda *args, **kwargs: (calls.append(1), answer)[1]
    result = call(labelled)
    assert result == answer or name == "set grad"
    assert calls == [1]


def test_without_a_handler_the_result_is_that_of_plain_tensors(labelled):
    plain = flambeau.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert flambeau.equal(F.softmax(labelled, 1), F.softmax(plain, 1))
    assert tuple(labelled.shape) == (2, 2) and labelled.numel() == 4 and labelled.dtype is flambeau.float32
    assert flambeau.equal(flambeau.nn.Linear(2, 2).to(flambeau.float32)(labelled) * 0, flambeau.zeros(2, 2))


class Recorded(overrides.TorchFunctionMode):
    def __init__(self, log, name=""):
        super().__init__()
        self.log, self.name = log, name

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.log.append(self.name + overrides.resolve_name(function))
        return function(*args, **(kwargs or {}))


def test_modes_nest_innermost_first():
    log = []
    outer, inner = Recorded(log, "outer "), Recorded(log, "inner ")
    assert overrides._get_current_function_mode() is None
    with outer, inner:
        assert overrides._get_current_function_mode() is inner
        assert overrides._get_current_function_mode_stack() == [outer, inner]
        F.softmax(flambeau.ones(2), 0)
        with flambeau._C.DisableTorchFunctionSubclass():
            flambeau.ones(2)
        with flambeau._C.DisableTorchFunction():
            assert not overrides._is_torch_function_mode_enabled()
            flambeau.ones(2)
    seen = ["torch.ones", "torch.nn.functional.softmax", "torch.ones"]
    assert log == [place + name for name in seen for place in ("inner ", "outer ")]
    assert overrides._len_torch_function_stack() == 0


def test_a_mode_that_declines_leaves_it_to_the_arguments_and_then_it_is_an_error():
    class Declining(overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            return NotImplemented

    x = flambeau.ones(1)
    with Declining():
        assert flambeau.add(Like(), 1) == ("add", ["Like"])
        with pytest.raises(TypeError, match=r"torch\.add.*Declining"):
            flambeau.add(x, 1)


def test_the_mode_is_back_after_an_error():
    class Failing(overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            raise ZeroDivisionError

    with Failing() as mode:
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                F.relu(1)
        assert overrides._get_current_function_mode() is mode
    assert overrides._len_torch_function_stack() == 0


def test_modes_of_one_thread_are_not_seen_by_another():
    from concurrent.futures import ThreadPoolExecutor

    log = []
    with Recorded(log), ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: flambeau.numel(flambeau.ones(3))).result() == 3
    assert log == []


def test_no_tensors_take_functions_over_too():
    assert F.softmax(Like(), 0) == ("softmax", ["Like"])
    assert flambeau.einsum("i->i", Like()) == ("einsum", ["Like"])
    assert flambeau.nn.Linear(2, 2)(Like()) == ("linear", ["Like"])
    assert flambeau.atleast_2d([flambeau.ones(1), Closer()]) == ("atleast_2d", ["Closer"])


def test_overridable_functions_stay_what_they_are():
    import copy
    import inspect
    import pickle

    assert inspect.isfunction(F.softmax) and list(inspect.signature(F.softmax).parameters)[:2] == ["input", "dim"]
    assert F.softmax.__name__ == "softmax" and F.softmax.__doc__
    assert copy.deepcopy(F.softmax) is F.softmax and pickle.loads(pickle.dumps(F.softmax)) is F.softmax
    assert inspect.ismethod(flambeau.ones(1).cpu)
    with pytest.raises(TypeError, match=r"softmax\(\)"):
        F.softmax()
    with pytest.raises(TypeError, match=r"softmax\(\)"):
        F.softmax(Like(), 0, nothing=1)


def test_stand_ins_take_what_the_function_takes():
    import inspect

    table = overrides.get_testing_overrides()
    assert len(table) > 1200
    assert list(inspect.signature(table[flambeau.add]).parameters)[:2] == ["input", "other"]
    assert next(iter(inspect.signature(table[F.softmax]).parameters)) == "input"
    assert all(stand_in(1, 2, key=3) == -1 for stand_in in table.values())


def test_the_same_names_at_run_time():
    """`_C` shows them as PyTorch's does."""
    for name in ("DisableTorchFunction", "DisableTorchFunctionSubclass", "_disabled_torch_function_impl",
                 "_is_torch_function_enabled", "_len_torch_function_stack"):  # fmt: skip
        assert hasattr(flambeau._C, name)


def test_operators_are_builtins_to_inspect():
    import inspect
    import types

    assert isinstance(flambeau.add, types.BuiltinFunctionType)
    assert isinstance(flambeau.nn.functional.gelu, types.BuiltinFunctionType)
    assert isinstance(flambeau.Tensor.add, types.MethodDescriptorType)
    assert inspect.isbuiltin(flambeau.add)
    assert inspect.isroutine(flambeau.Tensor.add_)
    assert not isinstance(flambeau.add, types.FunctionType)
    assert type(flambeau.add) is flambeau._C.Operator


# --- operators, indices, derivatives ---
class Index(flambeau.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return function.__name__, len(args)


def test_an_index_takes_over():
    x, index = flambeau.arange(3.0), flambeau.tensor(1).as_subclass(Index)
    assert x[index] == x[None, index] == ("__getitem__", 2)
    assert x[Like()] == ("__getitem__", ["Like"])
    x[index] = 5
    x[0] = index
    assert x.tolist() == [0, 1, 2]


class Declines(flambeau.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return NotImplemented


class TakesReflected(flambeau.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return function.__name__ if function.__name__.startswith("__r") else NotImplemented


def test_the_right_side_is_asked_when_the_left_declines():
    left, right = flambeau.ones(1).as_subclass(Declines), flambeau.ones(1).as_subclass(TakesReflected)
    assert left**right == "__rpow__" and left - right == "__rsub__" and left // right == "__rfloordiv__"
    assert left / right == "__rtruediv__" and left @ right == "__rmatmul__"
    for expression in (lambda: left + left, lambda: left * 2, lambda: left < left, lambda: -left):
        with pytest.raises(TypeError):
            expression()


def test_gradients_are_seen_with_their_tensors_in_tuples():
    log = []

    class Watching(overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            log.append((function, args, sorted(kwargs or {})))
            return function(*args, **(kwargs or {}))

    x = flambeau.ones(2, requires_grad=True)
    y = (x * 3).sum()
    with Watching():
        grads = flambeau.autograd.grad(y, x, retain_graph=True, only_inputs=True)
        flambeau.autograd.backward(y)
    assert grads[0].tolist() == [3, 3] and x.grad.tolist() == [3, 3]
    assert [f for f, _, _ in log] == [flambeau.autograd.grad, flambeau.autograd.backward]
    assert log[0][1] == ((y,), (x,)) and log[1][1] == (y,)
    assert log[1][2] == ["create_graph", "grad_tensors", "inputs", "retain_graph"]


def test_overrides_are_switched_on_again_within():
    log = []
    with Recorded(log), flambeau._C.DisableTorchFunction():
        flambeau.ones(1)
        with flambeau._C._EnableTorchFunction():
            flambeau.zeros(1)
        flambeau.ones(1)
    assert log == ["torch.zeros"]


def test_values_that_only_look_like_tensors_are_broadcast():
    from flambeau.distributions.utils import broadcast_all

    assert broadcast_all(Like(), flambeau.ones(2), 3) == ("broadcast_tensors", ["Like"])


# --- subclasses of Tensor ---
class Sub(flambeau.Tensor):
    pass


class SubSub(Sub):
    pass


class Other(flambeau.Tensor):
    pass


def test_the_class_goes_through_functions_methods_and_modules():
    x = flambeau.ones(2, 3).as_subclass(Sub)
    net = nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.GELU())
    for result in (x + 1, 1 - x, x.sum(), x[0], x.T, x.clone(), flambeau.add(x, 1), F.softmax(x, 1), x.detach(),
                   nn.Linear(3, 2)(x), net(x), x.to(flambeau.float64),
                   flambeau.stack([x, flambeau.ones(2, 3)]), flambeau.einsum("ij->j", x)):  # fmt: skip
        assert type(result) is Sub
    values, indices = x.max(1)
    assert type(values) is type(indices) is Sub
    assert [type(part) for part in x.split(1)] == [Sub, Sub]
    assert isinstance(x.shape, flambeau.Size) and x.dtype is flambeau.float32 and x.numel() == 6


def test_the_more_derived_class_wins_and_strangers_do_not_mix():
    x, y = flambeau.ones(2).as_subclass(Sub), flambeau.ones(2).as_subclass(SubSub)
    assert type(x + y) is type(y + x) is SubSub
    with pytest.raises(TypeError):
        x + flambeau.ones(2).as_subclass(Other)


def test_the_gradient_of_a_subclass_is_what_backward_made():
    x = flambeau.ones(2).as_subclass(Sub).requires_grad_()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2] and x.grad is x.grad
    x.grad = None
    assert x.grad is None


def test_subclasses_are_copied_pickled_and_made_parameters():
    import copy
    import pickle

    x = flambeau.arange(3.0).as_subclass(Sub)
    x.note = "kept"
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert type(twin) is Sub and twin.note == "kept" and twin.tolist() == [0, 1, 2]
    p = nn.Parameter(flambeau.ones(2).as_subclass(Sub))
    assert isinstance(p, nn.Parameter) and type(p) is Sub and p.requires_grad
    module = nn.Module()
    module.p = p
    assert next(module.parameters()) is p
    assert type(copy.deepcopy(module).p) is Sub
    made = flambeau.Tensor._make_subclass(Sub, flambeau.ones(2), True)
    assert type(made) is Sub and made.requires_grad and made.is_leaf


class Weight(nn.Parameter):
    pass


def test_subclasses_of_parameter():
    import copy
    import pickle

    w = Weight(flambeau.ones(2))
    assert type(w) is Weight and w.requires_grad and type(w + 1) is flambeau.Tensor
    layer = nn.Linear(2, 1)
    layer.weight = Weight(flambeau.ones(1, 2))
    assert type(layer.weight) is Weight and type(copy.deepcopy(layer).weight) is Weight
    layer(flambeau.ones(2)).sum().backward()
    assert layer.weight.grad.tolist() == [[1, 1]]
    assert type(pickle.loads(pickle.dumps(w))) is nn.Parameter  # as in PyTorch


def test_the_constructor_shows_a_tensor_by_a_view():
    a = flambeau.ones(1)
    b = Sub(a)
    assert type(b) is Sub and b._base is a and b._is_view()
    assert flambeau.Tensor(flambeau.ones(1, dtype=flambeau.int64)).dtype is flambeau.int64
    with pytest.raises(TypeError, match="Tensor"):
        flambeau.FloatTensor(flambeau.ones(1, dtype=flambeau.int64))


def test_wrappers_have_to_run_their_calls():
    with pytest.raises(RuntimeError, match=r"_make_wrapper_subclass.*has to define __torch_dispatch__"):
        flambeau.Tensor._make_wrapper_subclass(Sub, (2,))
