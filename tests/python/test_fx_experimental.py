"""Experimental parts: folding of constants, normal forms, rewriting, fusing, recording runs, tracing with shapes."""

from __future__ import annotations

import operator

import pytest

import flambeau
from flambeau import fx, nn
from flambeau.fx.experimental import symbolic_shapes
from flambeau.fx.experimental.const_fold import split_const_subgraphs
from flambeau.fx.experimental.debug import set_trace
from flambeau.fx.experimental.merge_matmul import merge_matmul
from flambeau.fx.experimental.meta_tracer import symbolic_trace as meta_trace
from flambeau.fx.experimental.normalize import NormalizeArgs, NormalizeOperators
from flambeau.fx.experimental.optimization import fuse, optimize_for_inference, remove_dropout
from flambeau.fx.experimental.proxy_tensor import get_proxy_mode, make_fx
from flambeau.fx.experimental.rewriter import RewritingTracer
from flambeau.fx.experimental.schema_type_annotation import AnnotateTypesWithSchema
from flambeau.fx.experimental.unification import Var, reify, unifiable, unify, variables
from flambeau.fx.operator_schemas import (
    create_type_hint,
    get_signature_for_torch_op,
    normalize_function,
    normalize_module,
    type_matches,
)
from flambeau.fx.tensor_type import Dyn, TensorType, is_consistent, is_more_precise

functional = nn.functional
X = flambeau.randn(4, 2)


class Constants(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(flambeau.ones(2)), nn.Parameter(flambeau.full((2,), 2.0))
        self.linear = nn.Linear(2, 2)

    def forward(self, x):
        c = self.a + self.b
        return self.linear(x) + c * 2 - c


def test_constant_folding():
    module = Constants()
    folded = split_const_subgraphs(module)
    assert folded.code == (
        "\n\n\ndef forward(self, x):\n"
        "    _fx_const_folded_attrs = self._FX_CONST_FOLDED_ATTRS\n"
        "    getitem = _fx_const_folded_attrs[0]\n"
        "    getitem_1 = _fx_const_folded_attrs[1];  _fx_const_folded_attrs = None\n"
        "    linear = self.linear(x);  x = None\n"
        "    add_1 = linear + getitem_1;  linear = getitem_1 = None\n"
        "    sub = add_1 - getitem;  add_1 = getitem = None\n"
        "    return sub\n    "
    )
    assert not folded.has_folding_been_run
    assert flambeau.equal(folded(X), module(X))
    assert folded.has_folding_been_run
    assert [p.tolist() for p in folded._FX_CONST_FOLDED_ATTRS] == [[3, 3], [6, 6]]
    kept = split_const_subgraphs(module, skip_folding_node_fn=lambda node: node.target is operator.mul)
    assert flambeau.equal(kept(X), module(X))
    assert kept._FX_CONST_FOLDED_ATTRS.tolist() == [3, 3]
    nothing = split_const_subgraphs(nn.Sequential(nn.ReLU()))
    assert nothing.const_subgraph_module is None
    assert flambeau.equal(nothing(X), flambeau.relu(X))


def test_random_numbers_are_not_constants():
    folded = split_const_subgraphs(fx.symbolic_trace(lambda x: x))
    assert folded(1) == 1
    graph = fx.Graph()
    graph.output(graph.call_function(flambeau.rand, (2,)))
    module = split_const_subgraphs(fx.GraphModule({}, graph))
    assert not flambeau.equal(module(), module())


def checked(x):
    assert x.sum() > 0, "positive"
    y: flambeau.Tensor = x + 1
    return y


def test_rewritten_source():
    scale = 3

    def with_closure(x):
        assert x.dim() == 2
        return x * scale

    class Inside(nn.Module):
        def forward(self, x):
            assert x.sum() > 0
            return x

    class Outside(nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = Inside()

        def forward(self, x, n=2):
            assert n
            return self.inside(x)

    code = fx.GraphModule({}, RewritingTracer().trace(checked)).code
    assert "_assert = flambeau._assert(gt, 'positive')" in code
    assert "add : flambeau.Tensor = x + 1" in code
    module = fx.GraphModule({}, RewritingTracer().trace(with_closure))
    assert module(flambeau.ones(1, 1)).tolist() == [[3]]
    with pytest.raises(AssertionError):
        module(flambeau.ones(1))
    outside = Outside()
    graph = RewritingTracer().trace(outside)
    assert flambeau._assert in [node.target for node in graph.nodes]
    assert type(outside) is Outside


def test_fused_for_inference():
    module = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Dropout(), nn.ReLU())
    for _ in range(3):
        module(flambeau.randn(2, 2, 5, 5) * 3 + 1)
    with pytest.raises((RuntimeError, AssertionError)):
        fuse(module)
    module.eval()
    x = flambeau.randn(1, 2, 5, 5)
    fused = fuse(module)
    assert [type(child) for child in fused.children()] == [nn.Conv2d, nn.Dropout, nn.ReLU]
    assert flambeau.allclose(fused(x), module(x), atol=1e-5)
    assert isinstance(module[1], nn.BatchNorm2d)
    assert not [m for m in remove_dropout(module).modules() if isinstance(m, nn.Dropout)]
    whole = optimize_for_inference(module)
    assert [type(child) for child in whole.children()] == [nn.Conv2d, nn.ReLU]
    assert flambeau.allclose(whole(x), module(x), atol=1e-5)


def test_normal_arguments():
    traced = fx.symbolic_trace(lambda x: flambeau.cat([x, x]).sum() + flambeau.flatten(x, 1).sum() + functional.relu(x))
    normal = NormalizeArgs(traced).transform()
    assert "cat = flambeau.cat(tensors = [x, x], dim = 0)" in normal.code
    assert "flatten = flambeau.flatten(input = x, start_dim = 1, end_dim = -1)" in normal.code
    assert "relu = flambeau.nn.functional.relu(input = x, inplace = False)" in normal.code
    assert flambeau.equal(normal(X), traced(X))
    layered = fx.symbolic_trace(nn.Sequential(nn.ReLU()))
    assert 'getattr(self, "0")(input = input_1)' in NormalizeArgs(layered).transform().code
    operators = NormalizeOperators(fx.symbolic_trace(lambda x: flambeau.add(x, 1) + flambeau.add(x, x, alpha=2)))
    code = operators.transform().code
    assert "add = x + 1" in code and "alpha = 2" in code
    typed = AnnotateTypesWithSchema(fx.symbolic_trace(nn.Sequential(nn.Linear(2, 2)))).transform()
    assert '_0 : flambeau.Tensor = getattr(self, "0")(input_1)' in typed.code


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "expected"),
    [
        (lambda: flambeau.cat, (["a"],), {}, {"tensors": ["a"], "dim": 0}),
        (lambda: flambeau.add, (X, 1), {}, {"input": X, "other": 1, "alpha": 1}),
        (lambda: flambeau.sum, (X, 1), {}, {"input": X, "dim": 1, "keepdim": False, "dtype": None}),
        (lambda: functional.dropout, (X,), {"p": 0.1}, {"input": X, "p": 0.1, "training": True, "inplace": False}),
        (lambda: functional.conv2d, (X, X), {}, None),
    ],
)
def test_normalizing_functions(function, args, kwargs, expected):
    pair = normalize_function(function(), args, kwargs, normalize_to_only_use_kwargs=True)
    if expected is None:
        return
    assert pair.args == ()
    assert {k: v for k, v in pair.kwargs.items() if k != "input"} == {k: v for k, v in expected.items() if k != "input"}


def test_signatures_of_operators():
    signatures = get_signature_for_torch_op(flambeau.sum)
    assert list(signatures[0].parameters) == ["input", "dtype"]
    assert get_signature_for_torch_op(lambda x: x) is None
    for name in dir(flambeau):
        value = getattr(flambeau, name) if not name.startswith("_") and name in vars(flambeau) else None
        if isinstance(value, flambeau._C.Operator):
            assert get_signature_for_torch_op(value), name
    assert normalize_module(nn.Sequential(nn.Linear(1, 1)), "0", (X,), None, True).kwargs == {"input": X}
    with pytest.raises(RuntimeError, match="no submodule 'b'"):
        normalize_module(nn.Sequential(), "b", (X,))
    assert type_matches(float | None, int)
    assert not type_matches(int, float)
    assert create_type_hint([int, int]).__args__ == (int,)
    assert create_type_hint((int, bool)).__args__ == (int, ...)
    assert create_type_hint(int) is int


# Recording runs. ------------------------------------------------------------------------------------------------------


def test_recording_a_run():
    def program(x, y):
        z = functional.gelu(x) + y.T @ y
        z[0] = 1.5
        z.mul_(x.shape[0])
        values, _ = flambeau.max(z, 1)
        return {"out": values, "list": [flambeau.zeros(3) + z[1]]}

    x, y = flambeau.randn(3, 3), flambeau.randn(2, 3)
    graph_module = make_fx(program)(x, y)
    assert "gelu = flambeau.ops.aten.gelu.default(x_1)" in graph_module.code
    x, y = flambeau.randn(3, 3), flambeau.randn(2, 3)
    expected, got = program(x, y), graph_module(x, y)
    assert flambeau.allclose(expected["out"], got["out"])
    assert flambeau.allclose(expected["list"][0], got["list"][0])
    first = graph_module.graph.find_nodes(op="call_function", target=flambeau.ops.aten.gelu.default)[0]
    assert first.meta["val"].shape == (3, 3)
    assert get_proxy_mode() is None


def test_recording_a_module():
    module = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    recorded = make_fx(module)(X)
    assert flambeau.allclose(recorded(X), module(X))
    names = [node.target for node in recorded.graph.nodes if node.op == "get_attr"]
    assert names == ["_param_constant0", "_param_constant1"]
    calls = [node.name for node in recorded.graph.nodes if node.op == "call_function"]
    assert calls == ["t", "addmm", "tanh", "detach"]  # the last: of what the tape keeps
    fake = make_fx(lambda x: flambeau.relu(x), tracing_mode="fake")(X)
    assert flambeau.equal(fake(X), flambeau.relu(X))
    structured = make_fx(lambda d: d["a"] + d["b"][0])({"a": X, "b": [X]})
    assert flambeau.equal(structured({"a": X, "b": [X]}), 2 * X)
    taken_apart = make_fx(module, {flambeau.ops.aten.tanh.default: lambda x: 2 * flambeau.sigmoid(2 * x) - 1})(X)
    calls = [n.name for n in taken_apart.graph.nodes if n.op == "call_function"]
    assert [name for name in calls[2:] if "detach" not in name] == ["mul", "sigmoid", "mul_1", "sub"]
    assert flambeau.allclose(taken_apart(X), module(X), atol=1e-6)
    with pytest.raises(RuntimeError, match="value out of a tracing tensor"):
        make_fx(lambda x: x if x.sum() > 0 else -x)(X)
    with pytest.raises(NotImplementedError, match="symbolic"):
        make_fx(module, tracing_mode="symbolic")


# Tracing with shapes. -------------------------------------------------------------------------------------------------


def test_shapes_decide_control_flow():
    class Program(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 4)

        def forward(self, x):
            y = self.linear(x)
            if y.shape[0] > 1 and y.dim() == 2:
                y = y * 2
            for at in range(x.size(1)):
                y = y + at
            return y.view(y.size(0), -1)

    module = Program()
    traced = meta_trace(module, {"x": flambeau.empty(2, 3, device="meta")})
    x = flambeau.randn(2, 3)
    assert flambeau.equal(traced(x), module(x))
    assert traced.linear.weight is module.linear.weight
    assert [n.args[1] for n in traced.graph.find_nodes(op="call_function", target=operator.add)] == [0, 1, 2]
    with pytest.raises(fx.proxy.TraceError):
        meta_trace(module)


# The rest. ------------------------------------------------------------------------------------------------------------


def test_merged_products():
    def program(x, y, w):
        return flambeau.matmul(x, w), flambeau.matmul(y, w)

    x, y, w = flambeau.randn(2, 3), flambeau.randn(4, 3), flambeau.randn(3, 5)
    merged = merge_matmul(program)
    assert len(merged.graph.find_nodes(op="call_function", target=flambeau.matmul)) == 1
    for first, second in zip(merged(x, y, w), program(x, y, w)):
        assert flambeau.allclose(first, second)


def test_unification():
    x, y = Var("x"), Var("y")
    assert unify((1, x, [y]), (1, 2, [x])) == {x: 2, y: 2}
    assert unify((x, x), (1, 2)) is False
    assert unify({"a": x}, {"b": 1}) is False
    assert reify((x, {"k": y}, slice(x, None)), {x: y, y: 3}) == (3, {"k": 3}, slice(3, None))

    @unifiable
    class Point:
        def __init__(self, a, b):
            self.a, self.b = a, b

    assert unify(Point(x, 2), Point(1, y)) == {x: 1, y: 2}
    assert reify(Point(x, y), {x: 5}).a == 5
    with variables("token"):
        assert unify("token", 4) == {"token": 4}
    assert unify("token", 4) is False


def test_types_of_tensors():
    assert is_consistent(TensorType((1, Dyn)), TensorType((1, 3)))
    assert not is_consistent(TensorType((1, 2)), TensorType((1, 3)))
    assert is_more_precise(TensorType((1, 2)), TensorType((1, Dyn)))
    assert not is_more_precise(TensorType((1, Dyn)), TensorType((1, 2)))
    assert TensorType[1, Dyn] == TensorType((1, Dyn))


def test_sizes_are_numbers():
    assert symbolic_shapes.guard_or_false(3 > 2)
    assert symbolic_shapes.statically_known_true(2 == 2)
    assert symbolic_shapes.sym_eq([1, 2], (1, 2))
    assert symbolic_shapes.free_symbols(3) == set()
    with pytest.raises(NotImplementedError, match="ShapeEnv"):
        symbolic_shapes.ShapeEnv()
    with pytest.raises(AttributeError, match="DimDynamic"):
        symbolic_shapes.DimDynamic


def test_breakpoint_in_generated_code():
    module = set_trace(fx.symbolic_trace(lambda x: x + 1))
    assert "import pdb; pdb.set_trace()\n    add = x + 1" in module.code
