"""GraphModule: code, copies, files, submodules, errors; Interpreter and Transformer; replace_pattern."""

from __future__ import annotations

import copy
import gc
import importlib
import inspect
import io
import linecache
import operator
import pickle
import sys
import traceback

import pytest

import flambeau
from flambeau import fx, nn
from flambeau.fx.subgraph_rewriter import replace_pattern_with_filters

functional = nn.functional


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        self.weight = nn.Parameter(flambeau.randn(4))
        self.register_buffer("shift", flambeau.ones(4), persistent=False)

    def forward(self, x):
        return flambeau.sigmoid(self.inner(x) * self.weight + self.shift)


def traced(module=None):
    module = Block() if module is None else module
    return module, fx.symbolic_trace(module)


X = flambeau.randn(2, 3)


def same(a, b, *inputs):
    inputs = inputs or (X,)
    assert flambeau.equal(a(*inputs), b(*inputs))


def test_it_is_a_module():
    module, graph_module = traced()
    same(module, graph_module)
    assert type(graph_module).__name__ == "Block"
    assert isinstance(graph_module, fx.GraphModule)
    assert isinstance(graph_module, nn.Module)
    assert graph_module.get_submodule("inner.0").weight is module.inner[0].weight
    assert graph_module.state_dict().keys() == module.state_dict().keys()
    assert repr(graph_module).startswith("Block(\n  (inner): Module(")
    assert graph_module.code in str(graph_module)
    seen = []
    graph_module.register_forward_hook(lambda *a: seen.append(1))
    graph_module(X).sum().backward()
    assert seen == [1]
    assert module.weight.grad is not None
    other = fx.symbolic_trace(Block())
    assert type(other) is not type(graph_module)


def test_changes_show_after_recompile():
    module, graph_module = traced()
    for node in graph_module.graph.find_nodes(op="call_function", target=flambeau.sigmoid):
        node.target = flambeau.tanh
    same(module, graph_module)
    code = graph_module.recompile()
    assert "tanh" in code.src
    assert flambeau.equal(graph_module(X), flambeau.tanh(module.inner(X) * module.weight + 1))
    graph_module.graph = fx.symbolic_trace(lambda x: x).graph
    assert graph_module(3) == 3


def test_roots():
    graph = fx.Graph()
    x = graph.placeholder("x")
    graph.output(graph.call_function(operator.add, (graph.call_module("a.b", (x,)), graph.get_attr("c.d"))))
    made = fx.GraphModule({"a.b": nn.ReLU(), "c.d": flambeau.ones(1)}, graph, "Made")
    assert made(flambeau.tensor([-1.0])).tolist() == [1.0]
    assert list(dict(made.named_buffers())) == ["c.d"]
    with pytest.raises(RuntimeError, match=r"wants 'c\.d'"):
        fx.GraphModule({"a.b": nn.ReLU()}, graph)
    with pytest.raises(AttributeError):
        fx.GraphModule(nn.Linear(1, 1), graph)
    with pytest.raises(RuntimeError, match="root is 3"):
        fx.GraphModule(3, graph)
    with pytest.raises(AssertionError, match="a Graph is wanted"):
        made.graph = 3


def test_one_graph_two_modules():
    module, graph_module = traced()
    other = fx.GraphModule(module, graph_module.graph)
    assert other.graph is not graph_module.graph
    other.graph.find_nodes(op="call_function", target=flambeau.sigmoid)[0].target = flambeau.tanh
    other.recompile()
    same(module, graph_module)


@pytest.mark.parametrize(
    "make",
    [
        copy.deepcopy,
        copy.copy,
        lambda m: pickle.loads(pickle.dumps(m)),
        lambda m: fx.symbolic_trace(m),
        lambda m: fx.Transformer(m).transform(),
    ],
)
def test_copies(make):
    module, graph_module = traced()
    graph_module.eval()
    graph_module.meta["kept"] = 1
    copied = make(graph_module)
    same(module, copied)
    assert str(copied.graph) == str(graph_module.graph)
    assert type(copied).__name__ == "Block"
    assert not copied.shift.requires_grad
    assert "shift" not in copied.state_dict()
    if make is copy.deepcopy:
        assert copied.meta == {"kept": 1}
        assert copied.weight is not graph_module.weight
        assert not copied.training


def test_pickled_structures_and_wrapped_functions():
    graph_module = fx.symbolic_trace(
        lambda d: {"x": d["a"] + d["b"][0]}, concrete_args={"d": {"a": fx.PH, "b": [fx.PH]}}
    )
    copied = pickle.loads(pickle.dumps(graph_module))
    assert copied({"a": 1, "b": [2]}) == {"x": 3}
    assert copy.deepcopy(graph_module)({"a": 1, "b": [2]}) == {"x": 3}


def test_stored_code_speaks_of_torch():
    _, graph_module = traced()
    assert b"torch.sigmoid" in pickle.dumps(graph_module)
    assert b"flambeau.sigmoid" not in pickle.dumps(graph_module)
    file = io.BytesIO()
    flambeau.save(graph_module, file)
    file.seek(0)
    same(graph_module, flambeau.load(file, weights_only=False))


def test_what_has_no_name_cannot_be_stored():
    graph = fx.Graph()
    graph.output(graph.call_function(lambda: 3))
    module = fx.GraphModule({}, graph)
    assert module() == 3
    with pytest.raises(RuntimeError, match="imported by name"):
        pickle.dumps(module)


def test_folder(tmp_path, monkeypatch):
    module, graph_module = traced(nn.Sequential(nn.Linear(3, 4), nn.GELU()))
    with pytest.warns(UserWarning, match="pickled"):
        graph_module.to_folder(tmp_path / "stored_module", "Stored")
    monkeypatch.syspath_prepend(str(tmp_path))
    stored = importlib.import_module("stored_module").Stored()
    same(module, stored)
    sys.modules.pop("stored_module")


def test_submodules():
    _, graph_module = traced()
    assert graph_module.add_submodule("extra.deep.conv", nn.Linear(1, 1))
    assert isinstance(graph_module.extra.deep.conv, nn.Linear)
    assert not graph_module.add_submodule("weight.under", nn.Linear(1, 1))
    assert not graph_module.delete_submodule("absent.one")
    assert not graph_module.delete_submodule("weight")
    graph_module.add_submodule("whole", nn.Sequential(nn.ReLU()))
    with graph_module.graph.inserting_before(graph_module.graph.output_node()):
        graph_module.graph.call_module("whole", (next(iter(graph_module.graph.nodes)),))
    graph_module.delete_all_unused_submodules()
    assert [name for name, _ in graph_module.named_modules()] == ["", "inner", "inner.0", "inner.1", "whole", "whole.0"]
    assert graph_module.delete_submodule("inner.0")
    with pytest.raises(AttributeError):
        graph_module(X)


def test_errors_show_the_generated_line():
    _, graph_module = traced()
    with pytest.raises(RuntimeError) as caught:
        graph_module(flambeau.ones(2, 2))
    text = "".join(traceback.format_exception(caught.value))
    assert 'inner_0 = getattr(self.inner, "0")(x);  x = None' in text
    assert "of the traced module's generated code" in text
    assert f"from {inspect.getsourcefile(Block)}:" in graph_module.forward.__code__.co_filename
    assert "def forward(self, x):" in inspect.getsource(type(graph_module).forward)


def test_source_goes_with_the_module():
    _, graph_module = traced()
    filename = graph_module.forward.__code__.co_filename
    assert filename in linecache.cache
    graph_module.recompile()
    gc.collect()
    assert filename not in linecache.cache
    newer = graph_module.forward.__code__.co_filename
    assert "sigmoid" in "".join(linecache.getlines(newer))
    del graph_module
    gc.collect()
    assert newer not in linecache.cache


def test_readable(capsys):
    _, graph_module = traced()
    for node in graph_module.graph.nodes:
        node.meta["val"] = flambeau.ones(2, 3)
    text = graph_module.print_readable()
    assert capsys.readouterr().out.strip() == text.strip()
    assert text.startswith("class Block(flambeau.nn.Module):\n    def forward(self, x):\n")
    assert '        add: "f32[2, 3]" = mul + shift;  mul = shift = None\n' in text
    assert '"f32[2, 3][3, 1]"' in graph_module.print_readable(print_output=False, include_stride=True)


def test_hooks_on_changes():
    _, graph_module = traced()
    made, gone, replaced = [], [], []
    graph_module._register_create_node_hook(made.append)
    graph_module._register_erase_node_hook(gone.append)
    graph = graph_module.graph
    sigmoid = graph.find_nodes(op="call_function", target=flambeau.sigmoid)[0]
    with graph.inserting_after(sigmoid):
        new = graph.call_function(flambeau.tanh, sigmoid.args)
    with graph_module._set_replace_hook(lambda old, new, user: replaced.append((old, new, user))):
        sigmoid.replace_all_uses_with(new)
    graph.erase_node(sigmoid)
    assert (made, gone, replaced) == ([new], [sigmoid], [(sigmoid, "tanh", graph.output_node())])


# Interpreter and Transformer. -----------------------------------------------------------------------------------------


def test_interpreter():
    module, graph_module = traced()
    seen = []

    class Watching(fx.Interpreter):
        def run_node(self, n):
            result = super().run_node(n)
            seen.append(n.op)
            return result

        def call_function(self, target, args, kwargs):
            return super().call_function(flambeau.tanh if target is flambeau.sigmoid else target, args, kwargs)

    interpreter = Watching(graph_module)
    assert flambeau.equal(interpreter.run(X), flambeau.tanh(module.inner(X) * module.weight + 1))
    assert seen.count("call_module") == 2
    assert len(interpreter.env) == 1
    assert len(Watching(graph_module, garbage_collect_values=False).run(X)) == 2
    x = next(iter(graph_module.graph.nodes))
    assert fx.Interpreter(graph_module).run(initial_env={x: X}).shape == (2, 4)
    given = [X]
    assert fx.Interpreter(graph_module).boxed_run(given).shape == (2, 4)
    assert given == []


def test_interpreter_arguments():
    graph_module = fx.symbolic_trace(lambda x, *rest, flag=5, **named: (x, rest, flag))
    assert fx.Interpreter(graph_module).run(1) == (1, [], 5)
    assert fx.Interpreter(graph_module).run(1, 2, 3) == (1, [3], 2)
    with pytest.raises(RuntimeError, match="no positional argument was given for the input 'x'"):
        fx.Interpreter(graph_module).run()


def test_interpreter_errors_name_the_node():
    graph_module = fx.symbolic_trace(lambda x: flambeau.relu(x + 1))
    with pytest.raises(TypeError) as caught:
        fx.Interpreter(graph_module).run(1)
    assert "in graph node %relu : " in caught.value.__notes__[0]
    graph_module.graph.output_node().args[0].target = operator.neg
    broken = fx.GraphModule(nn.Module(), fx.Graph())
    with pytest.raises(RuntimeError, match="no 'absent'"):
        fx.Interpreter(broken).fetch_attr("absent.one")


def test_called_functions_may_change_their_lists():
    def appends(values):
        values.append(1)
        return len(values)

    graph = fx.Graph()
    graph.output(graph.call_function(appends, ([graph.placeholder("x")],)))
    assert fx.Interpreter(fx.GraphModule({}, graph)).run(0) == 2


def test_transformer():
    module, graph_module = traced()

    class Swap(fx.Transformer):
        def call_function(self, target, args, kwargs):
            if target is flambeau.sigmoid:
                return flambeau.tanh(args[0]) * 2
            return super().call_function(target, args, kwargs)

        def call_module(self, target, args, kwargs):
            return super().call_module(target, args, kwargs) + 1

    changed = Swap(graph_module).transform()
    expected = flambeau.tanh((functional.relu(module.inner[0](X) + 1) + 1) * module.weight + 1) * 2
    assert flambeau.allclose(changed(X), expected)
    structured = fx.symbolic_trace(lambda d: {"x": d["a"]}, concrete_args={"d": {"a": fx.PH}})
    assert fx.Transformer(structured).transform()({"a": 3}) == {"x": 3}


# Patterns. ------------------------------------------------------------------------------------------------------------


def test_replace_pattern():
    def program(x, w):
        a = flambeau.relu(x + w) + 1
        return flambeau.relu(a + w) * flambeau.relu(w + 2)

    graph_module = fx.symbolic_trace(program)
    found = fx.replace_pattern(
        graph_module, lambda a, b: flambeau.relu(a + b), lambda a, b: functional.gelu(a) - b * -1
    )
    assert len(found) == 3
    graph_module.graph.lint()
    assert flambeau.relu not in [node.target for node in graph_module.graph.nodes]
    x, w = flambeau.randn(3), flambeau.randn(3)

    def new(a, b):
        return functional.gelu(a) + b

    assert flambeau.allclose(graph_module(x, w), new(new(x, w) + 1, w) * new(w, 2))
    assert {node.name for node in found[0].nodes_map} == {"a", "b", "add", "relu"}


@pytest.mark.parametrize(
    ("program", "pattern", "count"),
    [
        (lambda x: flambeau.cat([x, x + 1]), lambda x: flambeau.cat([x, x + 1]), 1),
        (lambda x: flambeau.sum(x, dim=1), lambda x: flambeau.sum(x, dim=0), 0),
        (lambda x: (flambeau.neg(x) + 1, flambeau.neg(x)), lambda x: flambeau.neg(x) + 1, 1),
        (lambda x: flambeau.neg(flambeau.neg(flambeau.neg(x))), lambda x: flambeau.neg(flambeau.neg(x)), 1),
        (lambda x, y: x + y, lambda x: x + x, 0),
        (lambda x: x.view(2, -1).relu(), lambda x: x.view(2, -1).relu(), 1),
        (lambda x: flambeau.relu(x), lambda x: flambeau.relu(input=x), 1),
    ],
)
def test_what_matches(program, pattern, count):
    assert len(fx.replace_pattern(fx.symbolic_trace(program), pattern, lambda x: x.new())) == count


def test_values_used_outside_stay():
    def program(x):
        y = flambeau.neg(x)
        return flambeau.relu(y) + y

    graph_module = fx.symbolic_trace(program)
    assert not fx.replace_pattern(graph_module, lambda x: flambeau.relu(flambeau.neg(x)), flambeau_identity)


def flambeau_identity(x):
    return x.clone()


def test_patterns_with_several_results():
    graph_module = fx.symbolic_trace(lambda x: flambeau.relu(x + 1) * flambeau.tanh(x + 1))

    def pattern(x, y):
        return flambeau.relu(x), flambeau.tanh(y)

    assert fx.replace_pattern(graph_module, pattern, lambda x, y: (x.a(), y.b()))
    assert [str(node.target) for node in graph_module.graph.nodes if node.op == "call_method"] == ["a", "b"]
    graph_module.graph.lint()


def test_modules_of_the_replacement():
    class New(nn.Module):
        def __init__(self):
            super().__init__()
            self.fresh = nn.Linear(3, 3)

        def forward(self, x):
            return self.fresh(x)

    graph_module = fx.symbolic_trace(lambda x: flambeau.relu(x) + 1)
    new = fx.symbolic_trace(New())
    fx.replace_pattern(graph_module, lambda x: flambeau.relu(x), new)
    assert flambeau.equal(graph_module(X), new(X) + 1)


def test_filters_and_callbacks():
    graph_module = fx.symbolic_trace(lambda x: (x + 1) * (x + 2))

    def only_two(match, original, pattern):
        return any(2 in node.args for node in match.nodes_map.values() if isinstance(node, fx.Node))

    def by_match(match, original, pattern):
        return fx.symbolic_trace(lambda x: x - 10).graph

    found = replace_pattern_with_filters(
        graph_module,
        lambda x: x + 1,
        match_filters=[only_two],
        ignore_literals=True,
        replacement_callback=by_match,
    )
    assert [str(node) for node in found[0].replacements] == ["sub"]
    assert graph_module(1) == 2 * -9
    with pytest.raises(AssertionError, match="neither a replacement"):
        replace_pattern_with_filters(graph_module, lambda x: x + 1)
    with pytest.raises(AssertionError, match="inputs"):
        fx.replace_pattern(graph_module, lambda x: x + 1, lambda x, y: x + y)
