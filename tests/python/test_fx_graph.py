"""Graphs by hand: order, users, copies, checks, and the code that comes out."""

from __future__ import annotations

import copy
import operator
import pickle

import pytest

import flambeau
from flambeau import fx, nn
from flambeau.fx.immutable_collections import immutable_dict, immutable_list


def simple():
    graph = fx.Graph()
    x = graph.placeholder("x")
    y = graph.placeholder("y", default_value=2)
    total = graph.call_function(operator.add, (x, y))
    relu = graph.call_method("relu", (total,))
    graph.output((relu, x))
    return graph


def names(graph):
    return [node.name for node in graph.nodes]


def test_code_and_text():
    graph = simple()
    assert graph.python_code("self").src == (
        "\n\n\ndef forward(self, x, y = 2):\n"
        "    add = x + y;  y = None\n"
        "    relu = add.relu();  add = None\n"
        "    return (relu, x)\n    "
    )
    assert str(graph) == (
        "graph():\n"
        "    %x : [num_users=2] = placeholder[target=x]\n"
        "    %y : [num_users=1] = placeholder[target=y](default=2)\n"
        "    %add : [num_users=1] = call_function[target=operator.add](args = (%x, %y), kwargs = {})\n"
        "    %relu : [num_users=1] = call_method[target=relu](args = (%add,), kwargs = {})\n"
        "    return (relu, x)"
    )
    module = fx.GraphModule({}, graph)
    assert module(flambeau.tensor([-3.0, 1.0]))[0].tolist() == [0.0, 3.0]


def test_table(capsys):
    simple().print_tabular()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["opcode", "name", "target", "args", "kwargs"]
    assert lines[4].split() == ["call_function", "add", "<built-in", "function", "add>", "(x,", "y)", "{}"]


@pytest.mark.parametrize(
    ("wishes", "given"),
    [
        (["x", "x", "x_1", "x_1", "x_2"], ["x", "x_1", "x_2", "x_3", "x_4"]),
        (["1a", "a.b", "a-b", ""], ["_1a", "a_b", "a_b_1", "_unnamed"]),
        (["for", "int", "torch", "inf", "Tensor"], ["for_1", "int_1", "torch_1", "inf_1", "Tensor"]),
        (["add_3", "add_3", "add", "a_1_1", "a_1_1"], ["add_3", "add_4", "add", "a_1_1", "a_1_2"]),
    ],
)
def test_names(wishes, given):
    namespace = fx.graph._Namespace()
    assert [namespace.create_name(wish, None) for wish in wishes] == given


def test_names_of_nodes_follow_their_targets():
    graph = fx.Graph()
    x = graph.placeholder("x")
    assert graph.call_method("__getitem__", (x, 0)).name == "getitem"
    assert graph.call_module("layers.0.Conv2d", (x,)).name == "layers_0_conv2d"
    assert graph.call_function(flambeau.relu, (x,), name="x").name == "x_1"
    assert graph.placeholder("*args").name == "_args"


def test_users_follow_arguments():
    graph = simple()
    x, y, add, relu, output = graph.nodes
    assert list(x.users) == [add, output]
    add.args = (y, 1)
    assert list(x.users) == [output]
    assert list(y.users) == [add]
    add.kwargs = {"deep": [{"er": (x, slice(x, None))}]}
    assert add.all_input_nodes == [y, x]
    assert list(x.users) == [output, add]
    add.update_kwarg("deep", 3)
    add.update_arg(1, x)
    add.insert_arg(0, 5)
    assert add.args == (5, y, x)
    assert relu.replace_all_uses_with(y) == [output]
    assert output.args == ((y, x),)
    assert not relu.users
    output.replace_input_with(x, y)
    assert output.args == ((y, y),)
    with pytest.raises(AssertionError, match="tuple"):
        add.args = x


def test_arguments_do_not_change_in_place():
    graph = simple()
    output = graph.output_node()
    node = graph.create_node("call_function", flambeau.cat, ([output.args[0][0]],), {"a": {"b": 1}})
    for change in (
        lambda: node.args[0].append(1),
        lambda: node.args[0].__setitem__(0, 1),
        lambda: node.kwargs.__setitem__("a", 1),
        lambda: node.kwargs["a"].update(c=1),
    ):
        with pytest.raises(TypeError, match="arguments of a node"):
            change()
    assert pickle.loads(pickle.dumps(immutable_list([1, {"a": 2}]))) == [1, {"a": 2}]
    assert copy.deepcopy(immutable_dict({"a": [1]})) == {"a": [1]}
    assert len({immutable_list([1]), immutable_list([1]), immutable_dict(a=1)}) == 2


def test_inserting_and_moving():
    graph = simple()
    x, y, add, relu, output = graph.nodes
    with graph.inserting_before(relu):
        graph.call_function(operator.neg, (add,))
        graph.call_function(operator.pos, (add,))
    with graph.inserting_after(x):
        graph.call_method("a")
        graph.call_method("b")
    assert names(graph) == ["x", "a", "b", "y", "add", "neg", "pos", "relu", "output"]
    relu.append(y)
    x.prepend(relu)
    assert names(graph) == ["relu", "x", "a", "b", "add", "neg", "pos", "y", "output"]
    assert relu < x < y
    assert sorted([y, x, output, relu]) == [relu, x, y, output]
    assert [node.name for node in reversed(graph.nodes)] == names(graph)[::-1]
    with pytest.warns(UserWarning, match="before itself"):
        x.prepend(x)
    with pytest.raises(AssertionError, match="another graph"):
        x.prepend(fx.Graph().placeholder("z"))


def test_erasing_while_iterating():
    graph = simple()
    extra = [graph.call_function(operator.neg, (node,)) for node in list(graph.nodes)[:3]]
    for node in graph.nodes:
        if node in extra:
            graph.erase_node(node)
    assert names(graph) == ["x", "y", "add", "relu", "output"]
    with pytest.raises(RuntimeError, match=r"x still has 2 users.*add.*output"):
        graph.erase_node(next(iter(graph.nodes)))
    with pytest.warns(UserWarning, match="already"):
        graph.erase_node(extra[0])


def test_finding():
    graph = simple()
    x, y, add, relu, _ = graph.nodes
    with graph.inserting_before(relu):
        second = graph.call_function(operator.add, (x, x))
    add.prepend(second)
    assert graph.find_nodes(op="call_function", target=operator.add) == [second, add]
    assert graph.find_nodes(op="placeholder") == [x, y]
    assert graph.find_nodes(op="call_method", target="neg") == []
    add.target = operator.mul
    assert graph.find_nodes(op="call_function", target=operator.add) == [second]
    assert graph.find_nodes(op="call_function", target=operator.mul) == [add]


def test_dead_code():
    graph = simple()
    x, *_, output = graph.nodes
    with graph.inserting_before(output):
        dead = graph.call_function(operator.neg, (x,))
        graph.call_function(operator.mul, (dead, 2))
        graph.call_function(operator.setitem, (x, 0, 1))
        graph.call_method("add_", (x, 1))
        graph.call_function(flambeau.rand, (2,))
        graph.call_function(flambeau._assert, (x, "no"))
    assert graph.eliminate_dead_code()
    assert names(graph) == ["x", "y", "add", "relu", "setitem", "add_", "rand", "_assert", "output"]
    assert not graph.eliminate_dead_code()
    assert graph.eliminate_dead_code(is_impure_node=lambda node: node.op == "call_method")
    assert names(graph) == ["x", "y", "add", "relu", "add_", "output"]


def other_graph_is_used(graph):
    graph.call_function(operator.neg, (fx.Graph().placeholder("z"),))


def used_before_there(graph):
    x, _, add, *_ = graph.nodes
    x.prepend(add)


def after_output(graph):
    graph.call_method("a")


@pytest.mark.parametrize("spoil", [other_graph_is_used, used_before_there, after_output])
def test_lint(spoil):
    graph = simple()
    graph.lint()
    spoil(graph)
    with pytest.raises(RuntimeError, match=r"fx\.Graph\.lint"):
        graph.lint()


def test_lint_looks_at_the_module():
    module = fx.symbolic_trace(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    module.graph.lint()
    del module._modules["1"]
    with pytest.raises(RuntimeError, match="Sequential lacks"):
        module.graph.lint()


def test_bad_nodes():
    graph = fx.Graph()
    with pytest.raises(AssertionError, match="none of call_function"):
        graph.create_node("call", "x")
    with pytest.raises(ValueError, match="wants a callable"):
        graph.call_function("relu")
    with pytest.raises(ValueError, match="wants a str"):
        graph.call_method(len)
    owner = fx.GraphModule(nn.Module(), fx.Graph())
    with pytest.warns(UserWarning, match=r"no 'weight' yet"):
        owner.graph.get_attr("weight")


def test_copies():
    graph = simple()
    next(iter(graph.nodes)).meta["kept"] = 1
    copied = copy.deepcopy(graph)
    assert str(copied) == str(graph)
    assert next(iter(copied.nodes)).meta == {"kept": 1}
    assert not set(copied.nodes) & set(graph.nodes)
    copied.call_method("more")
    assert len(graph.nodes) == 5
    both = fx.Graph()
    first = both.graph_copy(graph, {})
    x = both.placeholder("z")
    second = both.graph_copy(graph, {next(iter(graph.nodes)): x})
    both.output((first, second))
    assert names(both) == ["x", "y", "add", "relu", "z", "y_1", "add_1", "relu_1", "output"]


def test_pickled_graph():
    graph = simple()
    copied = pickle.loads(pickle.dumps(graph))
    assert str(copied) == str(graph)
    copied.lint()
    x, y, *_ = copied.nodes
    with copied.inserting_after(y):
        assert copied.call_function(operator.neg, (x,)).name == "neg"
    assert [node.name for node in copied.find_nodes(op="call_function", target=operator.add)] == ["add"]


def test_python_operators_in_code():
    graph = fx.Graph()
    x = graph.placeholder("input")
    item = graph.call_function(operator.getitem, (x, (slice(None, 2), None, ...)))
    graph.call_function(operator.setitem, (x, 0, 1.5))
    changed = graph.call_function(operator.imul, (item, float("inf")))
    shape = graph.call_function(getattr, (changed, "shape"))
    other = graph.call_function(getattr, (changed, "shape", None))
    listed = graph.call_function(operator.not_, (x,))
    graph.output({"a": [shape, other], 2: (listed,)})
    assert graph.python_code("self").src == (
        "\n\n\ndef forward(self, input):\n"
        "    input_1 = input\n"
        "    getitem = input_1[(slice(None, 2, None), None, Ellipsis)]\n"
        "    input_1[0] = 1.5;  setitem = input_1;  setitem = None\n"
        "    getitem *= inf;  imul = getitem;  getitem = None\n"
        "    getattr_1 = imul.shape\n"
        "    getattr_2 = getattr(imul, 'shape', None);  imul = None\n"
        "    not_ = _operator_not_(input_1);  input_1 = None\n"
        "    return {'a': [getattr_1, getattr_2], 2: (not_,)}\n    "
    )


def test_values_of_the_library_in_code():
    graph = fx.Graph()
    given = (
        flambeau.float32,
        flambeau.device("cpu"),
        flambeau.channels_last,
        flambeau.strided,
        flambeau.Size([2, 3]),
        float("nan"),
        -float("inf"),
        range(3),
        None,
    )
    graph.output(graph.call_function(flambeau.nn.functional.relu, given, type_expr=flambeau.Tensor))
    module = fx.GraphModule({}, graph)
    assert (
        "relu : flambeau.Tensor = flambeau.nn.functional.relu(flambeau.float32, device(type='cpu'), "
        "flambeau.channels_last, flambeau.strided, flambeau.Size((2, 3)), nan, -inf, range(0, 3), None)\n"
    ) in module.code


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda: flambeau.add, "flambeau.add"),
        (lambda: flambeau.Tensor.add, "flambeau.Tensor.add"),
        (lambda: nn.functional.linear, "flambeau.nn.functional.linear"),
        (lambda: nn.functional.logsigmoid, "flambeau.nn.functional.logsigmoid"),
        (lambda: flambeau.linalg.norm, "flambeau.linalg.norm"),
        (lambda: flambeau.fft.rfft, "flambeau.fft.rfft"),
        (lambda: nn.init.ones_, "flambeau.nn.init.ones_"),
        (lambda: nn.Linear, "flambeau.nn.modules.linear.Linear"),
        (lambda: operator.add, "_operator.add"),
        (lambda: len, "len"),
    ],
)
def test_names_of_functions(function, name):
    assert fx.node._get_qualified_name(function()) == name


def test_code_generator_of_ones_own():
    class Boxed(fx.CodeGen):
        def gen_fn_def(self, free_vars, maybe_return_annotation):
            head = f"def forward(self, values){maybe_return_annotation}:"
            return head + f"\n    {', '.join(free_vars)} = unpack(values)"

        def additional_globals(self):
            return [("unpack", list)]

        def process_inputs(self, *inputs):
            return list(inputs[0])

    graph = fx.symbolic_trace(lambda x, y: x - y).graph
    graph.set_codegen(Boxed())
    module = fx.GraphModule({}, graph)
    assert "x, y = unpack(values)" in module.code
    assert module([5, 3]) == 2
    assert fx.Interpreter(module).run([5, 3]) == 2
    assert copy.deepcopy(module)([5, 3]) == 2


def test_transforming_generated_lines():
    module = fx.symbolic_trace(lambda x: (x + 1) * 2)

    def doubled(lines):
        return [line.replace("* 2", "* 4") for line in lines]

    with module.graph.on_generate_code(lambda before: doubled):
        module.recompile()
        assert module(1) == 8
    module.recompile()
    assert module(1) == 4
    module.graph.on_generate_code(lambda before: lambda lines: [*(before or list)(lines)[:-1], "return mul + 1\n"])
    module.recompile()
    assert module(1) == 5


def test_impurity_of_modules():
    class Counts(nn.Module):
        _is_impure = True

    root = nn.Module()
    root.counts, root.plain = Counts(), nn.ReLU()
    graph = fx.Graph()
    called = [graph.call_module(name) for name in ("counts", "plain")]
    graph.output(None)
    module = fx.GraphModule(root, graph)
    assert [node.is_impure() for node in called] == [True, False]
    module.graph.eliminate_dead_code()
    assert names(module.graph) == ["counts", "output"]


def test_walking_by_hand():
    graph = simple()
    node, seen = next(iter(graph.nodes)), []
    while node.op != "root":
        seen.append(node.name)
        node = node.next
    assert seen == names(graph)
    assert node.next is next(iter(graph.nodes))
    assert node.prev is graph.output_node()
