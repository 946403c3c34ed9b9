"""Tracing: what becomes a node, what a tracer decides, what cannot be traced."""

from __future__ import annotations

import math
import operator
import pickle
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass

import pytest

import flambeau
from flambeau import fx, nn
from flambeau.fx.annotate import annotate
from flambeau.fx.proxy import Attribute, ParameterProxy, TraceError

functional = nn.functional
Pair = namedtuple("Pair", "left right")


@fx.wrap
def leaf(a, b=0):
    assert not isinstance(a, fx.Proxy)
    return a + b


def named_leaf(a):
    return 2 * a


fx.wrap("named_leaf")
fx.wrap("len")


def code_of(root, **options):
    return fx.symbolic_trace(root, **options).code


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        self.scale = nn.Parameter(flambeau.full((4,), 2.0))
        self.register_buffer("shift", flambeau.ones(4))
        self.constant = flambeau.full((4,), 3.0)

    def forward(self, x, *, deep: bool = False):
        y = self.layers(x) * self.scale + self.shift
        return {"y": y, "z": (self.constant - y, flambeau.tensor([1.0]) * y)}


def test_module():
    module = Network()
    traced = fx.symbolic_trace(module)
    assert traced.code == (
        "\n\n\ndef forward(self, x, deep : bool = False):\n"
        '    layers_0 = getattr(self.layers, "0")(x);  x = None\n'
        '    layers_1 = getattr(self.layers, "1")(layers_0);  layers_0 = None\n'
        "    scale = self.scale\n"
        "    mul = layers_1 * scale;  layers_1 = scale = None\n"
        "    shift = self.shift\n"
        "    add = mul + shift;  mul = shift = None\n"
        "    constant = self.constant\n"
        "    sub = constant.sub(add);  constant = None\n"
        "    _tensor_constant0 = self._tensor_constant0\n"
        "    mul_1 = _tensor_constant0.mul(add);  _tensor_constant0 = None\n"
        "    return {'y': add, 'z': (sub, mul_1)}\n    "
    )
    x = flambeau.randn(5, 3)
    expected, got = module(x), traced(x)
    assert flambeau.equal(expected["y"], got["y"])
    assert flambeau.equal(expected["z"][0], got["z"][0])
    assert traced.scale is module.scale
    assert set(traced.state_dict()) >= {"layers.0.weight", "scale", "shift"}


def test_operators_of_python():
    def program(x, y):
        a = -x + y - 1 * x @ y / 2
        b = 3 - (x // 2) % y ** (2**x)
        c = ~(x > 1) & (y <= 2) | (x == y) ^ (x != 1)
        return a, b, c, x[1:, None, y], x << 1, 2 >> y, abs(x), +x, x.T, x.T.mT, x.shape[0], x.add_(1), x(3)

    called = [node.target for node in fx.symbolic_trace(program).graph.nodes if node.op == "call_function"]
    assert called[:5] == [operator.neg, operator.add, operator.mul, operator.matmul, operator.truediv]
    assert {operator.rshift, operator.lshift, operator.invert, operator.xor, operator.getitem, getattr} <= set(called)
    code = code_of(program)
    assert "2 >> y" in code
    assert "x[(slice(1, None, None), None, y)]" in code
    assert "x.__call__(3)" in code


@pytest.mark.parametrize(
    ("program", "line"),
    [
        (lambda x: flambeau.cat([x, x], dim=1), "cat = flambeau.cat([x, x], dim = 1);  x = None"),
        (lambda x: flambeau.relu(x), "relu = flambeau.relu(x);  x = None"),
        (lambda x: x.view(-1, x.size(0)), "view = x.view(-1, size);  x = size = None"),
        (lambda x: functional.linear(x, x), "linear = flambeau.nn.functional.linear(x, x);  x = None"),
        (lambda x: functional.gelu(x), "gelu = flambeau.nn.functional.gelu(x);  x = None"),
        (lambda x: flambeau.linalg.norm(x, 2), "norm = flambeau.linalg.norm(x, 2);  x = None"),
        (lambda x: flambeau.full((x, 2), 1.0), "full = flambeau.full((x, 2), 1.0);  x = None"),
        (lambda x: flambeau.ones(2).mul(x), "mul = _tensor_constant0.mul(x);  _tensor_constant0 = x = None"),
        (lambda x: Pair(x, {"a": x}), "return {}_Pair(x, {{'a': x}})".format(Pair.__module__.replace(".", "_"))),
    ],
)
def test_calls(program, line):
    assert f"    {line}\n" in code_of(program)


def test_variable_arguments():
    def program(x, *rest, flag=True, **named):
        return x, rest[0], flag, named["a"]

    graph = fx.symbolic_trace(program).graph
    assert [node.target for node in graph.nodes if node.op == "placeholder"] == ["x", "flag", "*rest", "**named"]
    assert fx.symbolic_trace(program)(1, False, 3, a=4) == (1, 3, False, 4)
    assert code_of(lambda *a: a[0] + a[1]).startswith("\n\n\ndef forward(self, *a):\n    _a = a\n")


def test_annotations():
    def program(x: flambeau.Tensor, n: int = 2) -> list[flambeau.Tensor]:
        return [x + n]

    assert code_of(program).splitlines()[3] == (
        "def forward(self, x : flambeau.Tensor, n : int = 2) -> list[flambeau.Tensor]:"
    )
    traced = fx.symbolic_trace(lambda x: annotate(x + 1, flambeau.Tensor))
    assert "add : flambeau.Tensor = x + 1" in traced.code
    assert annotate(3, int) == 3
    refuses(lambda x: annotate(annotate(x, int), str), RuntimeError, "annotated with .* already")


def refuses(program, error, text):
    with pytest.raises(error, match=text):
        fx.symbolic_trace(program)


def test_what_cannot_be_traced():
    refuses(lambda x: x if x else 1, TraceError, "truth of the traced value 'x'")
    refuses(lambda x: x.sum() > 0 and x, TraceError, "truth of the traced value 'gt'")
    refuses(lambda x: [a for a in x], TraceError, "cannot be iterated")  # noqa: C416
    refuses(lambda x: {**x}, TraceError, "cannot be iterated")
    refuses(lambda x: x.__len__(), RuntimeError, "'len' of the traced value")
    refuses(lambda x: x.a(object()), NotImplementedError, "type object cannot be an argument")
    refuses(lambda x: x.a({x: 1}), RuntimeError, "keys of dicts")
    refuses(lambda x: range(x), TypeError, "integer")
    refuses(lambda x: flambeau.add(x, fx.Proxy(fx.Graph().placeholder("y"))), RuntimeError, "2 tracers")
    stranger = nn.Linear(2, 2)
    refuses(lambda x: stranger(x), NameError, "Linear is called that Module does not hold")
    refuses(lambda x: x + stranger.weight, NameError, r"shape \(2, 2\)")
    with pytest.raises(NotImplementedError, match="module scope"):
        fx.wrap("leaf")
    with pytest.raises(RuntimeError, match="neither"):
        fx.wrap(3)


def test_unpacking():
    def program(x):
        a, (b, c) = x
        return a + b + c

    traced = fx.symbolic_trace(program)
    assert traced((1, (2, 3))) == 6


def test_wrapped_functions():
    def program(x):
        return leaf(x, b=1) + named_leaf(x) + len(x) + leaf(1, 2)

    traced = fx.symbolic_trace(program)
    called = [node.target for node in traced.graph.nodes if node.op == "call_function"]
    assert called[0].__name__ == "leaf"
    assert len in called
    assert traced.code.startswith(f'\nflambeau.fx._symbolic_trace.wrap("{__name__.replace(".", "_")}_leaf")')
    x = flambeau.arange(3)
    assert traced(x).tolist() == program(x).tolist()
    again = fx.symbolic_trace(traced)
    assert [n.target for n in again.graph.nodes] == [n.target for n in traced.graph.nodes]
    assert leaf.__globals__["len"] is len if "len" in leaf.__globals__ else True


def test_math_is_recorded():
    def program(x):
        return math.sqrt(x.size(0)) + math.pi + math.floor(2.5)

    traced = fx.symbolic_trace(program)
    assert math.sqrt in [node.target for node in traced.graph.nodes]
    assert traced(flambeau.ones(4)) == 2 + math.pi + 2


def test_autowrapped_functions():
    def program(x):
        return named(x) + 1

    tracer = fx.Tracer(autowrap_functions=(named,))
    assert [n.target for n in tracer.trace(program).nodes if n.op == "call_function"] == [named, operator.add]


def named(x):
    return int(x)


def test_call_and_attributes_are_as_before():
    calls, reads = nn.Module.__call__, nn.Module.__getattr__
    fx.symbolic_trace(Network())
    refuses(lambda x: bool(x), TraceError, "truth")
    assert nn.Module.__call__ is calls
    assert nn.Module.__getattr__ is reads
    assert not fx._symbolic_trace.is_fx_tracing()


def test_concrete_arguments():
    def program(x, flag, n=3):
        return x * n if flag else x

    traced = fx.symbolic_trace(program, concrete_args={"flag": True})
    assert traced(flambeau.ones(1), True).tolist() == [3.0]
    with pytest.raises(AssertionError, match="flag has been specialized to the value True"):
        traced(flambeau.ones(1), False)
    assert fx.symbolic_trace(program, concrete_args={"flag": None})(2, None) == 2


def test_structures():
    def program(x, d):
        return {"sum": d["a"] + x, "rest": [d["b"][0], (x, 7)]}

    given = {"a": fx.PH, "b": (fx.PH, 3)}
    traced = fx.symbolic_trace(program, concrete_args={"x": fx.PH, "d": given})
    assert traced.code.splitlines()[3:5] == [
        "def forward(self, x, d):",
        "    x_1, d_1, d_2, d_3, = fx_pytree.tree_flatten_spec([x, d], self._in_spec)",
    ]
    result = traced(1, {"a": 2, "b": (5, 3)})
    assert result == {"sum": 3, "rest": [5, (1, 7)]}
    assert fx.Interpreter(traced).run(1, {"a": 2, "b": (5, 3)}) == result


def test_custom_tracer():
    class Everything(fx.Tracer):
        def is_leaf_module(self, m, module_qualified_name):
            return False

        def to_bool(self, obj):
            return True

        def iter(self, obj):
            return iter([obj[0], obj[1]])

        def keys(self, obj):
            return ["k"]

        def create_arg(self, a):
            return "text" if isinstance(a, bytes) else super().create_arg(a)

    class Inner(nn.Module):
        def forward(self, x, d):
            first, second = [item for item in x]  # noqa: C416
            return functional.linear(first, second) if x else None, dict(**d), x.use(b"bytes")

    graph = Everything().trace(Inner())
    targets = [node.target for node in graph.nodes]
    assert functional.linear in targets
    assert "use" in targets
    assert graph.output_node().args[0][1].keys() == {"k"}


def test_scope_and_module_stack():
    graph = fx.Tracer().trace(nn.Sequential(nn.Sequential(nn.Linear(1, 1), nn.ReLU())))
    node = graph.find_nodes(op="call_module", target="0.1")[0]
    assert list(node.meta["nn_module_stack"].values()) == [("0", nn.Sequential), ("0.1", nn.ReLU)]


def test_buffers_and_shapes_of_parameters():
    class Shaped(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(flambeau.ones(2, 3))
            self.register_buffer("mean", flambeau.zeros(3))

        def forward(self, x):
            y = x + self.mean.abs()
            return y * 2 if self.weight.shape[0] < 3 and self.weight.dim() == 2 else y

    class Buffers(fx.Tracer):
        proxy_buffer_attributes = True

    refuses(Shaped(), TraceError, "truth")
    graph = Buffers(param_shapes_constant=True).trace(Shaped())
    assert [n.target for n in graph.nodes if n.op == "get_attr"] == ["mean", "weight"]
    assert operator.mul in [n.target for n in graph.nodes]
    proxy = ParameterProxy(fx.proxy.GraphAppendingTracer(graph), next(iter(graph.nodes)), "w", Shaped().weight)
    assert (proxy.shape, proxy.ndim, proxy.numel(), proxy.size(1)) == (flambeau.Size([2, 3]), 2, 6, 3)


def test_asserts():
    class Asserting(fx.Tracer):
        trace_asserts = True

    found = {}
    exec(
        "def program(x):\n    assert x.sum() > 0, 'positive'\n    return x\n", found
    )  # pytest rewrites asserts it sees
    program = found["program"]
    graph = Asserting().trace(program)
    assert flambeau._assert in [node.target for node in graph.nodes]
    refuses(program, TraceError, "truth")


def test_mutable_operations():
    class Checked(fx.Tracer):
        check_mutable_operations = True

    Checked().trace(lambda x: flambeau.relu(x))
    with pytest.raises(RuntimeError, match="'relu_' changes"):
        Checked().trace(lambda x: flambeau.relu_(x))
    with pytest.raises(RuntimeError, match="'add' changes"):
        Checked().trace(lambda x: flambeau.add(x, x, out=x))


def test_stack_traces():
    class Tracing(fx.Tracer):
        record_stack_traces = True

    def program(x):
        y = x + 1
        return y * 2

    nodes = [node for node in Tracing().trace(program).nodes if node.op == "call_function"]
    assert nodes[0].stack_trace.endswith("y = x + 1")
    assert __file__ in nodes[1].stack_trace


def test_objects_as_arguments():
    @dataclass
    class Options:
        scale: object
        name: str

    class Point(metaclass=fx.ProxyableClassMeta):
        def __init__(self, x, y):
            self.x, self.y = x, y

    graph = fx.Tracer().trace(lambda x: (x.use(Options(x, "a")), x.use(Point(x, 1))))
    made = [(node.target, node.args, dict(node.kwargs)) for node in graph.nodes if node.target in (Options, Point)]
    x = next(iter(graph.nodes))
    assert made == [(Options, (), {"scale": x, "name": "a"}), (Point, (x, 1), {})]


def test_proxies_by_hand():
    graph = fx.Graph()
    x = fx.Proxy(graph.placeholder("x"))
    graph.output((flambeau.relu(x) + x.size(0)).node)
    assert isinstance(x.shape, Attribute)
    assert fx.GraphModule({}, graph)(flambeau.tensor([-1.0])).tolist() == [1.0]


def test_recorded_once_attributes_are_read_once():
    def program(x):
        shape = x.shape
        return shape[0] + shape[1]

    targets = [node.target for node in fx.symbolic_trace(program).graph.nodes]
    assert targets.count(getattr) == 1


def test_what_is_traced_has_to_be_python():
    refuses(len, AssertionError, "no function of Python")
    tracer = fx.Tracer()
    tracer.traced_func_name = "absent"
    with pytest.raises(AssertionError, match="no method 'absent'"):
        tracer.trace(Network())


def test_other_methods_can_be_traced():
    class Two(nn.Module):
        def other(self, x):
            return x + 1

    tracer = fx.Tracer()
    tracer.traced_func_name = "other"
    module = fx.GraphModule(Two(), tracer.trace(Two()))
    assert module(1) == 2


def test_drop_in_names():
    program = (
        "import torch, torch.fx\n"
        "print(torch.fx.symbolic_trace(lambda x: torch.add(torch.nn.functional.gelu(x), 1, alpha=2)).code)\n"
    )
    run = subprocess.run([sys.executable, "-m", "flambeau", "-c", program], capture_output=True, text=True, check=True)
    assert "gelu = torch.nn.functional.gelu(x)" in run.stdout
    assert "add = torch.add(gelu, 1, alpha = 2)" in run.stdout


def test_loaded_on_first_use():
    program = "import sys, flambeau\nassert 'flambeau.fx' not in sys.modules\nflambeau.fx.Graph\n"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_harnesses_reset():
    """Test harnesses of programs set hooks for compiled functions, and clear what was compiled."""
    core, jit = flambeau._C, flambeau.jit
    core._jit_set_emit_hooks(print, len)
    assert core._jit_get_emit_hooks() == (print, len)
    core._jit_set_emit_hooks(None, None)
    core._jit_clear_class_registry()
    jit.TracerWarning.ignore_lib_warnings()
    jit._state._clear_class_state()
    assert jit._recursive.ConcreteTypeStore().type_store == {}
    with pytest.raises(NotImplementedError, match="TorchScript"):
        core.ScriptObject()


def test_operators_by_name():
    def program(x):
        return flambeau.ops.aten.add.Tensor(x, flambeau.ops.aten.relu(x))

    traced = fx.symbolic_trace(program)
    assert "relu = flambeau.ops.aten.relu(x)" in traced.code
    assert "= flambeau.ops.aten.add.Tensor(x, relu);  x = relu = None" in traced.code
    x = flambeau.tensor([-1.0, 2.0])
    assert traced(x).tolist() == [-1, 4]
    assert pickle.loads(pickle.dumps(traced))(x).tolist() == [-1, 4]
    graph = fx.Graph()
    given = graph.placeholder("x")
    assert graph.call_function(flambeau.ops.aten.add_.Tensor, (given, 1)).is_impure()
    assert not graph.call_function(flambeau.ops.aten.add.Tensor, (given, 1)).is_impure()


def test_einsum_in_every_form():
    def program(x, y):
        return (
            flambeau.einsum("ij,jk->ik", x, y)
            + flambeau.einsum("ij,jk->ik", [x, y])
            + flambeau.einsum("ij,jk->ik", (x, y))
        )

    traced = fx.symbolic_trace(program)
    line = "flambeau.functional.einsum('ij,jk->ik', x, y)"
    assert traced.code.count(line) == 3
    x, y = flambeau.randn(2, 3), flambeau.randn(3, 4)
    assert flambeau.equal(traced(x, y), program(x, y))
