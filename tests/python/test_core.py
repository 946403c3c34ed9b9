"""The Tensor object: identity, resurrection, subclasses, overrides, copies, threads, fork, and import without NumPy."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import weakref
from typing import Any

import pytest

import flambeau
from flambeau.overrides import TorchFunctionMode

Tensor = flambeau.Tensor


# --- identity and resurrection ----------------------------------------------------------------------------------------
def test_grad_is_one_object() -> None:
    x = flambeau.ones(3, requires_grad=True)
    (x * 2).backward(flambeau.ones(3))
    assert x.grad is x.grad
    x.grad.note = "kept"
    gc.collect()
    assert x.grad.note == "kept"


def test_parameter_comes_back_with_attributes() -> None:
    x = flambeau.ones(2, requires_grad=True)
    x.note = ["a"]
    y = x * 3
    number = id(x.note)
    del x
    gc.collect()
    leaf = y.grad_fn.next_functions[0][0].variable
    assert leaf.note == ["a"] and id(leaf.note) == number


@pytest.mark.parametrize("rounds", [1, 5])
def test_subclass_comes_back(rounds: int) -> None:
    class Named(Tensor):
        pass

    x = flambeau.ones(2).as_subclass(Named)
    x.requires_grad_()
    x.note = "named"
    y = Tensor.mul(x, 2.0)
    del x
    for _ in range(rounds):
        gc.collect()
        node = y.grad_fn
        while node.next_functions:
            node = node.next_functions[0][0]
        leaf = node.variable
        del node
        assert type(leaf) is Named and leaf.note == "named"
        del leaf


def test_real_parameter_comes_back() -> None:
    p = flambeau.nn.Parameter(flambeau.ones(2))
    p.note = 1
    y = p * 2
    del p
    gc.collect()
    leaf = y.grad_fn.next_functions[0][0].variable
    assert isinstance(leaf, flambeau.nn.Parameter) and leaf.note == 1


def test_weak_references() -> None:
    x = flambeau.ones(2)
    seen: list[int] = []
    ref = weakref.ref(x, lambda _: seen.append(1))
    assert ref() is x
    del x
    gc.collect()
    assert ref() is None and seen == [1]


def test_weak_reference_survives_while_the_graph_holds_the_tensor() -> None:
    x = flambeau.ones(2, requires_grad=True)
    ref = weakref.ref(x)
    y = x * x
    del x
    gc.collect()
    assert ref() is not None and ref() is y.grad_fn.next_functions[0][0].variable
    del y
    gc.collect()
    assert ref() is None


def test_cycles_are_collected() -> None:
    class Mark:
        pass

    x = flambeau.ones(2)
    x.me, x.mark = x, Mark()
    ref = weakref.ref(x.mark)
    del x
    gc.collect()
    assert ref() is None


def test_hook_cycles_are_collected() -> None:
    x = flambeau.ones(2, requires_grad=True)
    y = x * 2
    mark = lambda: None  # noqa: E731
    y.register_hook(lambda grad, y=y, mark=mark: None)
    ref = weakref.ref(mark)
    del x, y, mark
    gc.collect()
    if ref() is not None:
        pytest.xfail("a hook that refers to its own tensor keeps it alive")


def test_tensor_class_takes_attributes() -> None:
    Tensor.twice_ = lambda self: self.mul_(2)
    try:
        assert flambeau.ones(1).twice_().item() == 2
    finally:
        del Tensor.twice_


def test_hash_and_equality() -> None:
    a, b = flambeau.ones(2), flambeau.ones(2)
    assert len({a, b, a}) == 2 and (a == b).tolist() == [True, True]
    assert (a == "x") is False and (a != None) is True  # noqa: E711


def test_data_and_swap_keep_identity() -> None:
    x = flambeau.zeros(2, requires_grad=True)
    version = x._version
    x.data = flambeau.ones(3)
    assert x.tolist() == [1.0] * 3 and x.requires_grad and x._version == version
    x.data.add_(1)
    assert x.tolist() == [2.0] * 3


# --- __torch_function__ -----------------------------------------------------------------------------------------------
class Logged(Tensor):
    calls: list[Any] = []

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        cls.calls.append(func)
        return super().__torch_function__(func, types, args, kwargs or {})


@pytest.fixture
def logged() -> Any:
    Logged.calls.clear()
    return flambeau.ones(2).as_subclass(Logged)


def test_subclass_sees_function_and_method(logged: Any) -> None:
    flambeau.add(logged, 1)
    logged.add(1)
    logged + 1
    1 + logged
    assert Logged.calls[0] is flambeau.add and Logged.calls[1] is Tensor.add
    assert flambeau.add is not Tensor.add
    assert [f.__name__ for f in Logged.calls[2:]] in (["add", "__radd__"], ["__add__", "__radd__"], ["add", "add"])


def test_subclass_results(logged: Any) -> None:
    assert type(logged + 1) is Logged and type(flambeau.add(flambeau.ones(2), logged)) is Logged
    assert type(logged[0]) is Logged and type(logged.neg()) is Logged and type(logged.detach()) is Logged
    assert type(logged.add_(1)) is Logged and isinstance(logged.tolist(), list)


def test_tensor_like_without_tensor() -> None:
    class Like:
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return ("handled", func, types)

    assert flambeau.add(Like(), 1) == ("handled", flambeau.add, (Like,))
    assert flambeau.add(flambeau.ones(1), other=Like())[0] == "handled"


def test_not_implemented_is_an_error() -> None:
    class Refuses:
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return NotImplemented

    with pytest.raises(TypeError):
        flambeau.add(flambeau.ones(1), Refuses())


def test_mode_sees_everything() -> None:
    class Mode(TorchFunctionMode):
        def __init__(self) -> None:
            super().__init__()
            self.names: list[str] = []

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.names.append(func.__name__)
            return func(*args, **(kwargs or {}))

    with Mode() as outer, Mode() as inner:
        flambeau.ones(2) * 2
    assert "ones" in inner.names and any("mul" in n for n in inner.names)
    assert outer.names == inner.names
    assert flambeau._C._len_torch_function_stack() == 0


# --- deep graphs ------------------------------------------------------------------------------------------------------
def test_a_million_nodes_come_down() -> None:
    x = flambeau.zeros((), requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    del y
    assert (x + 1).requires_grad


def test_backward_through_a_hundred_thousand() -> None:
    x = flambeau.zeros((), requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1.0


# --- copies -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))], ids=["deepcopy", "pickle"])
def test_copies(way: Any) -> None:
    x = flambeau.tensor([[1.0, 2.0], [3.0, 4.0]]).t()
    x.requires_grad_()
    y = way(x)
    assert y.tolist() == x.tolist() and y.stride() == x.stride() and y.requires_grad and y.dtype is x.dtype
    with flambeau.no_grad():
        y.add_(1)
    assert x.tolist() == [[1.0, 3.0], [2.0, 4.0]]


def test_copies_share_what_was_shared() -> None:
    x = flambeau.zeros(4)
    a, b = copy.deepcopy([x, x[1:3]])
    b.fill_(5)
    assert a.tolist() == [0.0, 5.0, 5.0, 0.0]


def test_deepcopy_of_a_result_is_refused() -> None:
    x = flambeau.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError):
        copy.deepcopy(x * 2)
    assert copy.copy(x).tolist() == x.tolist()


@pytest.mark.parametrize("value", ["float32", "strided", "contiguous_format"])
def test_small_types_pickle_to_themselves(value: str) -> None:
    thing = getattr(flambeau, value)
    assert pickle.loads(pickle.dumps(thing)) is thing and copy.deepcopy(thing) is thing


# --- threads and fork -------------------------------------------------------------------------------------------------
def test_four_threads() -> None:
    errors: list[Any] = []

    def work(seed: int) -> None:
        try:
            x = flambeau.full((50_000,), float(seed), requires_grad=True)
            for _ in range(20):
                y = (x * 2 + seed).relu()
                (g,) = flambeau.autograd.grad(y, x, flambeau.ones_like(y))
                assert y[0].item() == 3.0 * seed and g[-1].item() == 2.0
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i + 1,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors


def test_grad_mode_is_per_thread() -> None:
    seen: list[bool] = []
    with flambeau.no_grad():
        thread = threading.Thread(target=lambda: seen.append(flambeau.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


WORK = {
    "pointwise": "x = flambeau.ones(1_000_000); assert (x * 2 + 1)[-1].item() == 3",
    "backward": "x = flambeau.ones(1_000_000, requires_grad=True); (x * 3).sum().backward(); assert x.grad[7] == 3",
    "matmul": "x = flambeau.ones(300, 300); assert (x @ x)[5, 5].item() == 300",
}


@pytest.mark.parametrize("parent", WORK)
@pytest.mark.parametrize("child", WORK)
def test_fork(parent: str, child: str) -> None:
    if "matmul" in (parent, child) and not hasattr(Tensor, "matmul"):
        pytest.skip("matmul is missing")
    program = f"""
        import os, sys, faulthandler
        faulthandler.dump_traceback_later(30, exit=True)
        import flambeau
        flambeau.set_num_threads(2)
        {WORK[parent]}
        for _ in range(5):
            pid = os.fork()
            if pid == 0:
                {WORK[child]}
                assert flambeau.get_num_threads() == 2
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            {WORK[parent]}
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60)


def test_without_numpy() -> None:
    program = """
        import sys
        class Block:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] == "numpy":
                    raise ModuleNotFoundError("No module named 'numpy'", name="numpy")
        sys.meta_path.insert(0, Block())
        import flambeau
        t = flambeau.tensor([[1.0, 2.0], [3.0, 4.0]])
        assert (t + t).tolist() == [[2.0, 4.0], [6.0, 8.0]] and repr(t)
        import flambeau.nn, flambeau.optim, flambeau.utils.data
        try:
            t.numpy()
        except (RuntimeError, ImportError, ModuleNotFoundError) as error:
            assert "numpy" in str(error).lower(), error
        else:
            raise AssertionError("numpy() without NumPy")
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60, env=environment)
