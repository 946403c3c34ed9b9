"""Ten programs of the kinds that people write with fx, each checked against the module it began with."""

from __future__ import annotations

import copy
import operator
import pickle
import time

import pytest

import flambeau
from flambeau import fx, nn
from flambeau.fx.experimental.optimization import fuse
from flambeau.fx.passes.shape_prop import ShapeProp
from flambeau.fx.passes.split_module import split_module

functional = nn.functional


class Block(nn.Module):
    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.skip = nn.Conv2d(width, width, 1, stride) if stride != 1 else None

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.skip is None else self.skip(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.blocks = nn.Sequential(Block(8), Block(8, 2), Block(8))
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = functional.relu(self.stem(x))
        x = self.blocks(x)
        x = functional.adaptive_avg_pool2d(x, 1).flatten(1)
        return functional.log_softmax(self.head(x), dim=-1)


def network():
    flambeau.manual_seed(0)
    module = Net()
    with flambeau.no_grad():
        for _ in range(3):
            module(flambeau.randn(4, 3, 9, 9) * 2 + 1)
    return module.eval()


X = flambeau.randn(2, 3, 9, 9)


def close(a, b, tolerance=1e-5):
    return flambeau.allclose(a, b, atol=tolerance, rtol=tolerance)


def test_module_surgery():
    """Every ReLU, module or function, becomes a GELU."""
    module = network()
    traced = fx.symbolic_trace(module)
    changed = 0
    for node in traced.graph.nodes:
        called = traced.get_submodule(node.target) if node.op == "call_module" else None
        if isinstance(called, nn.ReLU):
            with traced.graph.inserting_after(node):
                new = traced.graph.call_function(functional.gelu, node.args)
        elif node.op == "call_function" and node.target is functional.relu:
            with traced.graph.inserting_after(node):
                new = traced.graph.call_function(functional.gelu, node.args[:1])
        else:
            continue
        node.replace_all_uses_with(new)
        traced.graph.erase_node(node)
        changed += 1
    traced.graph.lint()
    traced.recompile()
    traced.delete_all_unused_submodules()
    assert changed == 7
    assert not [m for m in traced.modules() if isinstance(m, nn.ReLU)]
    expected = copy.deepcopy(module)
    for block in expected.blocks:
        block.relu = nn.GELU()
    y = functional.gelu(expected.stem(X))
    y = functional.adaptive_avg_pool2d(expected.blocks(y), 1).flatten(1)
    assert close(traced(X), functional.log_softmax(expected.head(y), dim=-1))
    traced(X).sum().backward()
    assert module.stem.weight.grad is not None


def test_fusing_convolutions_and_normalizations():
    module = network()
    fused = fuse(module)
    assert not [m for m in fused.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len([n for n in fused.graph.nodes if n.op == "call_module"]) == 15
    assert close(fused(X), module(X), 1e-4)


class Profiler(fx.Interpreter):
    """Seconds for each node, over several runs."""

    def __init__(self, module):
        super().__init__(module)
        self.seconds: dict[fx.Node, list[float]] = {}
        self.whole: list[float] = []

    def run(self, *args):
        start = time.perf_counter()
        result = super().run(*args)
        self.whole.append(time.perf_counter() - start)
        return result

    def run_node(self, n):
        start = time.perf_counter()
        result = super().run_node(n)
        self.seconds.setdefault(n, []).append(time.perf_counter() - start)
        return result

    def summary(self):
        rows = sorted(((sum(times), node.op, node.name) for node, times in self.seconds.items()), reverse=True)
        return [f"{name:20} {op:14} {1e3 * total:8.3f} ms" for total, op, name in rows]


def test_profiling():
    module = network()
    profiler = Profiler(fx.symbolic_trace(module))
    for _ in range(3):
        assert close(profiler.run(X), module(X))
    assert {len(times) for times in profiler.seconds.values()} == {3}
    assert sum(map(sum, profiler.seconds.values())) <= sum(profiler.whole)
    assert len(profiler.summary()) == len(profiler.module.graph.nodes)


class BlocksAreLeaves(fx.Tracer):
    """Does not look into blocks, but into everything else, with parameters as numbers of known shape."""

    def is_leaf_module(self, m, module_qualified_name):
        return isinstance(m, Block)


def test_custom_tracer():
    module = network()
    tracer = BlocksAreLeaves(param_shapes_constant=True)
    graph = tracer.trace(module)
    graph_module = fx.GraphModule(tracer.root, graph, "Coarse")
    called = [node.target for node in graph.nodes if node.op == "call_module"]
    assert called == ["blocks.0", "blocks.1", "blocks.2"]
    assert {"stem.weight", "stem.bias", "head.weight"} <= {n.target for n in graph.nodes if n.op == "get_attr"}
    assert close(graph_module(X), module(X))
    assert graph_module.blocks.get_submodule("0") is module.blocks[0]


def test_shape_propagation():
    module = network()
    traced = fx.symbolic_trace(module)
    ShapeProp(traced).propagate(X)
    seen = {}
    for name, child in module.named_modules():
        child.register_forward_hook(lambda m, args, result, name=name: seen.setdefault(name, []).append(result.shape))
    module(X)
    for node in traced.graph.nodes:
        if node.op == "call_module":
            assert node.meta["tensor_meta"].shape == seen[node.target][0]
    macs = 0
    for node in traced.graph.nodes:
        called = traced.get_submodule(node.target) if node.op == "call_module" else None
        if isinstance(called, nn.Conv2d):
            macs += node.meta["tensor_meta"].shape.numel() * called.weight[0].numel()
    assert macs == 2 * (81 * 8 * 27 + 2 * 81 * 8 * 72 + 25 * 8 * (72 + 72 + 8 + 72 + 72))


def test_subgraph_rewriting():
    """Written-out attention becomes one call."""

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x):
            q, k, v = self.q(x), self.k(x), self.v(x)
            weights = functional.softmax(flambeau.matmul(q, k.transpose(-2, -1)) / 8**0.5, dim=-1)
            return flambeau.matmul(weights, v)

    def pattern(q, k, v):
        return flambeau.matmul(functional.softmax(flambeau.matmul(q, k.transpose(-2, -1)) / 8**0.5, dim=-1), v)

    def replacement(q, k, v):
        return functional.scaled_dot_product_attention(q, k, v)

    module = nn.Sequential(Attention(), Attention())
    traced = fx.symbolic_trace(module)
    assert len(fx.replace_pattern(traced, pattern, replacement)) == 2
    assert len(traced.graph.find_nodes(op="call_function", target=functional.scaled_dot_product_attention)) == 2
    assert not traced.graph.find_nodes(op="call_function", target=flambeau.matmul)
    x = flambeau.randn(2, 5, 8)
    assert close(traced(x), module(x))


INVERSES = {
    flambeau.exp: flambeau.log,
    flambeau.sinh: flambeau.asinh,
    flambeau.tanh: flambeau.atanh,
    operator.neg: operator.neg,
}


def invert(module):
    """The inverse of a chain of invertible functions and linear steps, as a new graph module."""
    result = fx.Graph()
    value = fx.Proxy(result.placeholder("y"))
    for node in reversed(module.graph.nodes):
        if node.op in ("output", "placeholder"):
            continue
        if node.target in INVERSES:
            value = INVERSES[node.target](value)
        elif node.target in (operator.mul, operator.add):
            value = (value / node.args[1]) if node.target is operator.mul else (value - node.args[1])
        else:
            raise ValueError(f"no inverse of {node.format_node()}")
    result.output(value.node)
    return fx.GraphModule({}, result)


def test_inverse():
    traced = fx.symbolic_trace(lambda x: -flambeau.tanh(flambeau.exp(x * 0.5 + 1.0) * 0.1))
    inverse = invert(traced)
    x = flambeau.linspace(-2, 1, 7, dtype=flambeau.float64)
    assert close(inverse(traced(x)), x, 1e-9)
    assert close(invert(type(inverse)(inverse, fx.symbolic_trace(lambda x: x + 3).graph))(x), x - 3)
    with pytest.raises(ValueError, match="no inverse of %relu"):
        invert(fx.symbolic_trace(lambda x: flambeau.relu(x)))


class Observer(nn.Module):
    """Notes the range of what passes through, and rounds to 8 bits once that is known."""

    def __init__(self):
        super().__init__()
        self.register_buffer("low", flambeau.tensor(0.0))
        self.register_buffer("high", flambeau.tensor(0.0))
        self.rounding = False

    def forward(self, x):
        if not self.rounding:
            self.low, self.high = flambeau.minimum(self.low, x.min()), flambeau.maximum(self.high, x.max())
            return x
        scale = ((self.high - self.low) / 255).clamp_min(1e-8)
        return flambeau.round((x - self.low) / scale).clamp(0, 255) * scale + self.low


def test_wrapping_as_for_quantization():
    module = network()
    traced = fx.symbolic_trace(fuse(module))
    kinds = (nn.Conv2d, nn.Linear)
    chosen = [
        n for n in traced.graph.nodes if n.op == "call_module" and isinstance(traced.get_submodule(n.target), kinds)
    ]
    for at, node in enumerate(chosen):
        traced.add_submodule(f"observers.o{at}", Observer())
        with traced.graph.inserting_before(node):
            observed = traced.graph.call_module(f"observers.o{at}", (node.args[0],))
        node.replace_input_with(node.args[0], observed)
    traced.graph.lint()
    traced.recompile()
    assert len(chosen) == 9
    with flambeau.no_grad():
        before = traced(X)
        assert close(before, module(X), 1e-4)
        for child in traced.modules():
            if isinstance(child, Observer):
                child.rounding = True
        after = traced(X)
    assert not flambeau.equal(before, after)
    assert (before - after).abs().max() < 0.05


def test_splitting_into_stages():
    """Three stages of about as many parameters, run one after the other, then stored and loaded."""
    module = network()
    traced = fx.symbolic_trace(module)
    total = sum(p.numel() for p in module.parameters())
    so_far, stage = 0, {}
    for node in traced.graph.nodes:
        stage[node] = min(3 * so_far // total, 2)
        if node.op == "call_module":
            so_far += sum(p.numel() for p in traced.get_submodule(node.target).parameters())
    split = split_module(traced, module, stage.__getitem__)
    stages = [child for name, child in split.named_children() if name.startswith("submod")]
    assert len(stages) == 3
    assert sum(p.numel() for s in stages for p in s.parameters()) == total
    assert close(split(X), module(X))
    assert close(pickle.loads(pickle.dumps(split))(X), module(X))
    value = X
    for one in stages:
        value = one(*value) if isinstance(value, tuple) else one(value)
    assert close(value, module(X))


class Invariants(fx.Interpreter):
    """Checks every value: finite, of a known type, and probabilities that sum to one."""

    def run_node(self, n):
        value = super().run_node(n)
        if isinstance(value, flambeau.Tensor):
            assert value.isfinite().all(), f"{n} is not finite"
            assert value.dtype == flambeau.float32, f"{n} is {value.dtype}"
        if n.op == "call_function" and n.target is functional.log_softmax:
            assert close(value.exp().sum(-1), flambeau.ones(value.shape[0]))
        return value


def test_invariants():
    module = network()
    traced = fx.symbolic_trace(module)
    Invariants(traced).run(X)
    with pytest.raises(AssertionError, match=r"input_1|x is not finite") as caught:
        Invariants(traced).run(X / 0)
    assert "in graph node %x" in caught.value.__notes__[0]
    for node in traced.graph.nodes:  # what every graph has
        assert all(node in used.users for used in node.all_input_nodes)
        assert all(node in user.all_input_nodes for user in node.users)
    assert traced.graph.output_node() is list(traced.graph.nodes)[-1]
