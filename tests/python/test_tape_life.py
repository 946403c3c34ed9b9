"""Who keeps whom: contexts and nodes, tensors and their Python objects, what a training step leaves behind; and
gradients that several threads add to one leaf."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import textwrap
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import flambeau
from flambeau import nn
from flambeau.autograd import Function
from flambeau.utils.checkpoint import checkpoint
from flambeau.utils.data import DataLoader, TensorDataset

Tensor = flambeau.Tensor


def resident() -> float:
    """MiB of this process's memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


def grows(step: Callable[[], Any], steps: int, warm: int = 20) -> float:
    """MiB by which the process has grown after further steps."""
    for _ in range(warm):
        step()
    gc.collect()
    before = resident()
    for _ in range(steps):
        step()
    gc.collect()
    return resident() - before


# --- contexts ---------------------------------------------------------------------------------------------------------
class Keeps(Function):
    seen: Any = None

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any) -> Any:
        ctx.note = "mine"
        r = x * 2
        ctx.save_for_backward(x, r)
        return r, y * 3

    @staticmethod
    def backward(ctx: Any, g: Any, h: Any) -> Any:
        Keeps.seen = ctx
        return g * 2, h * 3


def test_the_context_is_the_node() -> None:
    x, y = (flambeau.ones(2, requires_grad=True) for _ in range(2))
    a, b = Keeps.apply(x, y)
    node = a.grad_fn
    assert node is b.grad_fn is a.grad_fn and node.note == "mine" and type(node).__name__ == "KeepsBackward"
    assert node.needs_input_grad == (True, True) and node.name() == "KeepsBackward"
    assert isinstance(node, flambeau.autograd.graph.Node)
    saved = node.saved_tensors
    assert saved[0] is x and saved[1].grad_fn is node and saved[1].output_nr == 0
    (a + b).sum().backward()
    assert Keeps.seen is node
    with pytest.raises(RuntimeError, match="freed"):
        _ = node.saved_tensors


def test_a_context_outlives_its_results() -> None:
    x, y = (flambeau.ones(2, requires_grad=True) for _ in range(2))
    a, b = Keeps.apply(x, y)
    (a + b).sum().backward(retain_graph=True)
    ctx, Keeps.seen = Keeps.seen, None
    del a, b
    gc.collect()
    for _ in range(100):
        flambeau.ones(2, requires_grad=True) * 2
    assert ctx.note == "mine" and [t.tolist() for t in ctx.saved_tensors] == [[1.0, 1.0], [2.0, 2.0]]
    assert ctx.saved_tensors[1].grad_fn is ctx
    assert [edge[0].variable for edge in ctx.next_functions] == [x, y] or len(ctx.next_functions) == 2
    ctx.saved_tensors[1].sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]


def test_a_context_without_a_node() -> None:
    contexts: list[Any] = []

    class Plain(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            contexts.append(ctx)
            ctx.save_for_backward(x)
            return x * 2

    Plain.apply(flambeau.ones(2))
    (ctx,) = contexts
    assert ctx.saved_tensors[0].tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="no node"):
        _ = ctx.next_functions


def test_what_a_context_holds_dies_with_the_graph() -> None:
    class Note:
        pass

    class Holds(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.note = notes[0]
            ctx.itself = ctx
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    notes = [Note()]
    ref = weakref.ref(notes[0])
    out = Holds.apply(flambeau.ones(2, requires_grad=True))
    node = weakref.ref(out.grad_fn)
    notes.clear()
    gc.collect()
    assert ref() is not None and node() is out.grad_fn
    out.sum().backward()
    del out
    gc.collect()
    assert ref() is None and node() is None


def test_a_long_chain_of_functions_comes_down() -> None:
    class One(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            ctx.x = x
            return x + 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    y = flambeau.ones((), requires_grad=True)
    for _ in range(20_000):
        y = One.apply(y)
    del y
    gc.collect()


# --- Python objects of tensors ----------------------------------------------------------------------------------------
def held(t: Any) -> Any:
    holder = flambeau.ones(2)
    holder.grad = t
    return holder


class Sub(Tensor):
    pass


MAKE = {
    "plain": lambda: flambeau.ones(2),
    "parameter": lambda: nn.Parameter(flambeau.ones(2), requires_grad=False),
    "subclass": lambda: flambeau.ones(2).as_subclass(Sub),
}


@pytest.mark.parametrize("kind", MAKE)
def test_an_object_that_came_back_by_a_weak_reference(kind: str) -> None:
    x = MAKE[kind]()
    x.note = "mine"
    ref = weakref.ref(x)
    holder = held(x)
    del x
    y = ref()
    assert y is not None and y is holder.grad and y.note == "mine"
    del holder
    gc.collect()
    assert y.sigmoid().shape == (2,) and ref() is y and y.note == "mine"
    holder = held(y)  # and once more, the other way about
    del y
    z = holder.grad
    del holder
    assert z.note == "mine" and z.tolist() == [1.0, 1.0]
    del z
    gc.collect()
    assert ref() is None


def test_an_object_that_came_back_takes_part_in_swaps() -> None:
    x = flambeau.ones(2)
    ref = weakref.ref(x)
    holder = held(x)
    del x
    y, other = ref(), flambeau.zeros(2)
    flambeau._C._swap_contents(y, other)
    assert y.tolist() == [0.0, 0.0] and other.tolist() == [1.0, 1.0]
    del holder
    gc.collect()
    assert y.tolist() == [0.0, 0.0] and other.tolist() == [1.0, 1.0]


def test_objects_come_back_while_other_threads_let_go() -> None:
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(300):
            x = flambeau.ones(2)
            ref = weakref.ref(x)
            graph = (x.requires_grad_() * 2).exp()
            del x
            y = ref()
            del graph
            if y is not None and y.sigmoid().shape != (2,):
                wrong.append(y)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


# --- leaks ------------------------------------------------------------------------------------------------------------
SIZE = 100_000  # 400 KB in float32


class Saves(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.saved_tensors[1]


class Dirty(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        x.relu_()
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class Frozen(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        mask, y = x > 0, x * 2
        ctx.mark_non_differentiable(mask)
        ctx.save_for_backward(mask)
        return y, mask

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        return g * ctx.saved_tensors[0]


class View(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.shape = x.shape
        return x.view(-1)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.view(ctx.shape)


class Identity(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class SetUp(Function):
    @staticmethod
    def forward(x: Any) -> Any:
        return x * 2

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs, output)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2


class Fails(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        raise ValueError("on purpose")


def leaf() -> Any:
    return flambeau.ones(SIZE, requires_grad=True)


def backward(y: Any) -> None:
    with contextlib.suppress(ValueError):
        y.sum().backward()


FORMS: dict[str, Callable[[], Any]] = {
    "saves": lambda: backward(Saves.apply(leaf())),
    "saves, no backward": lambda: Saves.apply(leaf()),
    "second derivative": lambda: flambeau.autograd.grad(
        flambeau.autograd.grad(Saves.apply(x := leaf()).sum(), x, create_graph=True)[0].sum(), x
    ),
    "dirty": lambda: backward(Dirty.apply(leaf() * 1)),
    "dirty, no backward": lambda: Dirty.apply(leaf() * 1),
    "dirty view": lambda: backward(Dirty.apply((leaf() * 1)[1:])),
    "dirty, kept by its base": lambda: Dirty.apply((y := leaf() * 1)[1:]) is y,
    "not differentiable": lambda: backward(Frozen.apply(leaf())[0]),
    "view": lambda: backward(View.apply(leaf() * 1)),
    "identity": lambda: backward(Identity.apply(leaf())),
    "setup_context": lambda: backward(SetUp.apply(leaf())),
    "error in backward": lambda: backward(Fails.apply(leaf())),
    "no gradient": lambda: Saves.apply(flambeau.ones(SIZE)),
    "hook on the result": lambda: (y := Saves.apply(leaf())).register_hook(lambda g: g * 2) and backward(y),
    "retained": lambda: (y := Saves.apply(leaf())).retain_grad() or backward(y),
    "hook on the node": lambda: (y := Saves.apply(leaf())).grad_fn.register_hook(lambda i, o: None) and backward(y),
    "node kept": lambda: Saves.apply(leaf()).grad_fn.saved_tensors,
    "hook that knows its result": lambda: cycle((y := Saves.apply(leaf())), y.register_hook(lambda g, y=y: None)),
    "hook that knows its leaf": lambda: cycle((x := leaf()), x.register_hook(lambda g, x=x: None)),
    "hook after accumulation that knows its leaf": lambda: cycle(
        (x := leaf()), x.register_post_accumulate_grad_hook(lambda t, x=x: None)
    ),
    "context that knows its result": lambda: cycle((y := Saves.apply(leaf())), setattr(y.grad_fn, "mine", y)),
    "hook that fails": lambda: (y := leaf() * 1).register_hook(raises) and backward(y),
    "packed": lambda: backward(packed(leaf())),
    "packed, no backward": lambda: packed(leaf()),
    "anomaly mode": lambda: anomalous(leaf()),
    "recomputed": lambda: backward(checkpoint(lambda x: x.exp().exp(), leaf(), use_reentrant=False)),
    "recomputed by a function": lambda: backward(checkpoint(lambda x: x.exp().exp(), leaf(), use_reentrant=True)),
}


def cycle(y: Any, made: Any) -> None:
    backward(y * 1)
    del y, made


def raises(grad: Any) -> None:
    raise ValueError("on purpose")


def packed(x: Any) -> Any:
    with flambeau.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        return x * x


def anomalous(x: Any) -> None:
    with warnings.catch_warnings(), flambeau.autograd.detect_anomaly():
        warnings.simplefilter("ignore")
        backward(x * x)
        with contextlib.suppress(RuntimeError):
            backward((x - 1).sqrt() * 0)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_function_leaks(form: str) -> None:
    def step() -> None:
        FORMS[form]()
        if "knows" in form:
            gc.collect()

    assert grows(step, 60, warm=10) < 8, "60 steps of 400 KB and more"


def test_training_steps_leave_nothing_behind() -> None:
    """The short form of ten thousand steps: hooks, functions in place and of views, errors in backward, new loaders."""
    assert grows(training_step(), 300, warm=60) < 4


def training_step() -> Callable[[], None]:
    flambeau.manual_seed(0)
    net = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.BatchNorm1d(64), nn.Linear(64, 4))
    optimizer = flambeau.optim.Adam(net.parameters(), lr=1e-3)
    data = TensorDataset(flambeau.randn(64, 32), flambeau.randint(0, 4, (64,)))
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        loader = DataLoader(data, batch_size=32, shuffle=True)
        x, y = next(iter(loader))
        optimizer.zero_grad()
        handles = [
            net[0].register_forward_hook(lambda m, i, o: o * 1),
            net[3].register_full_backward_hook(lambda *a: None),
        ]
        h = net[0](x)
        handles.append(h.register_hook(lambda g: g * 1.0))
        h = Identity.apply(View.apply(Dirty.apply(h * 1)).view(32, 64))
        out = net[3](net[2](h))
        out.retain_grad()
        if count % 5 == 0:
            out = Fails.apply(out)
        with contextlib.suppress(ValueError):
            nn.functional.cross_entropy(out, y).backward()
        optimizer.step()
        for handle in handles:
            handle.remove()

    return step


# --- threads ----------------------------------------------------------------------------------------------------------
THREADS = """
import threading, sys
import flambeau
def trial(first, size, rounds=20):
    w = flambeau.ones(size, requires_grad=True)
    if not first:
        w.grad = flambeau.zeros(size)
    start = threading.Barrier(4)
    def work():
        start.wait()
        for _ in range(rounds):
            (w * 1.0).sum().backward()
    threads = [threading.Thread(target=work) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return w.grad.min().item() == w.grad.max().item() == 4.0 * rounds
wrong = sum(not trial(first, size) for _ in range(int(sys.argv[1])) for first in (True, False) for size in (3, 100_000))
print("wrong", wrong)
"""


def test_four_threads_add_to_one_leaf() -> None:
    """In a process of its own, so that a deadlock ends as a failure."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(THREADS), "5"], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "wrong 0", done.stdout + done.stderr


def test_threads_with_hooks_and_differentiable_gradients() -> None:
    w = flambeau.ones(70_000, requires_grad=True)
    w.register_hook(lambda g: g * 2)
    seen: list[int] = []
    w.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.shape[0]))

    def work(create: bool) -> None:
        for _ in range(10):
            (w * 1.0).sum().backward(create_graph=create)

    threads = [threading.Thread(target=work, args=(i % 2 == 1,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert w.grad.min().item() == w.grad.max().item() == 80.0 and len(seen) == 40
    w.grad = None


# --- where gradients lie ----------------------------------------------------------------------------------------------
LEAVES = {
    "channels last": lambda: flambeau.ones(2, 3, 4, 5).contiguous(memory_format=flambeau.channels_last),
    "transposed": lambda: flambeau.ones(4, 3).t(),
    "permuted": lambda: flambeau.ones(4, 3, 2).permute(2, 0, 1),
    "plain": lambda: flambeau.ones(4, 3),
    "with gaps": lambda: flambeau.ones(4, 3, 2)[:, :2],
    "expanded": lambda: flambeau.ones(3).expand(2, 3),
    "one column": lambda: flambeau.ones(4, 1),
}
STRIDES = {  # PyTorch's
    "channels last": (60, 1, 15, 3),
    "transposed": (1, 3),
    "permuted": (1, 6, 2),
    "plain": (3, 1),
    "with gaps": (4, 2, 1),
    "expanded": (3, 1),
    "one column": (1, 1),
}
USES: dict[str, Callable[[Any], Any]] = {
    "mul": lambda x: x * 2,
    "contiguous": lambda x: x.contiguous().sin(),
    "turned": lambda x: x.transpose(0, 1).contiguous().exp(),
    "twice": lambda x: x * 2 + x.transpose(0, 1).contiguous().transpose(0, 1),
    "sum": lambda x: x.sum(),
}


@pytest.mark.parametrize("kind", LEAVES)
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_lies_as_its_leaf(kind: str, create_graph: bool) -> None:
    for name, use in USES.items():
        x = LEAVES[kind]().requires_grad_()
        for _ in range(2):
            use(x).sum().backward(create_graph=create_graph)
            assert x.grad.stride() == STRIDES[kind], name
        x.grad = None


def test_weights_in_channels_last() -> None:
    net = nn.Conv2d(3, 8, 3).to(memory_format=flambeau.channels_last)
    net(flambeau.randn(2, 3, 8, 8)).sum().backward()
    assert net.weight.grad.stride() == net.weight.stride() == (27, 1, 9, 3)
