"""Passes: shapes, splitting, merging, drawing, sizes, support, managers."""

from __future__ import annotations

import operator

import pytest

import flambeau
from flambeau import fx, nn
from flambeau.fx.passes import graph_manipulation, operator_support, tools_common
from flambeau.fx.passes.annotate_getitem_nodes import annotate_getitem_nodes
from flambeau.fx.passes.dialect.common.cse_pass import CSEPass, get_CSE_banned_ops
from flambeau.fx.passes.fake_tensor_prop import FakeTensorProp
from flambeau.fx.passes.graph_transform_observer import GraphTransformObserver
from flambeau.fx.passes.infra.partitioner import CapabilityBasedPartitioner
from flambeau.fx.passes.infra.pass_base import PassBase, PassResult
from flambeau.fx.passes.infra.pass_manager import PassManager, pass_result_wrapper, this_before_that_pass_constraint
from flambeau.fx.passes.net_min_base import _MinimizerBase
from flambeau.fx.passes.param_fetch import extract_attrs_for_lowering, lift_lowering_attrs_to_nodes
from flambeau.fx.passes.reinplace import reinplace
from flambeau.fx.passes.shape_prop import ShapeProp
from flambeau.fx.passes.split_module import split_module
from flambeau.fx.passes.split_utils import split_by_tags
from flambeau.fx.passes.splitter_base import _SplitterBase, _SplitterSettingBase
from flambeau.fx.passes.utils.common import compare_graphs
from flambeau.fx.passes.utils.fuser_utils import fuse_by_partitions, validate_partition
from flambeau.fx.passes.utils.source_matcher_utils import check_subgraphs_connected, get_source_partitions


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)
        self.p = nn.Parameter(flambeau.ones(2))

    def forward(self, x, y=3):
        z = self.a(x) + self.p
        w = self.b(z) * self.p
        return w + z + y, x


X = flambeau.randn(4, 2)


def same(first, second, *inputs):
    a, b = first(*inputs), second(*inputs)
    assert all(flambeau.equal(x, y) for x, y in zip(a, b)) if isinstance(a, tuple) else flambeau.equal(a, b)


def test_shapes():
    traced = fx.symbolic_trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten()))
    x = flambeau.randn(1, 3, 8, 8).to(memory_format=flambeau.channels_last)
    result = ShapeProp(traced).propagate(x)
    metas = {node.name: node.meta["tensor_meta"] for node in traced.graph.nodes}
    assert metas["input_1"].shape == (1, 3, 8, 8)
    assert metas["input_1"].memory_format == flambeau.channels_last
    assert metas["input_1"].stride == (192, 1, 24, 3)
    assert metas["_2"].shape == result.shape == (1, 144)
    assert metas["_1"].requires_grad and metas["_1"].dtype == flambeau.float32
    pair = fx.symbolic_trace(lambda x: flambeau.max(x, 1))
    ShapeProp(pair).propagate(X)
    assert [meta.dtype for meta in pair.graph.output_node().meta["tensor_meta"]] == [flambeau.float32, flambeau.int64]
    with pytest.raises(NotImplementedError, match="fake_mode"):
        ShapeProp(pair, fake_mode=object())


def test_shapes_alone():
    traced = fx.symbolic_trace(Two())
    FakeTensorProp(traced).propagate(X)
    value = traced.graph.find_nodes(op="call_module", target="a")[0].meta["val"]
    assert (value.shape, value.device.type, type(value).__name__) == ((4, 2), "cpu", "FakeTensor")
    assert traced.a.weight.device.type == "cpu"


def test_split_module():
    module = Two()
    traced = fx.symbolic_trace(module)
    parts = {"a": 0, "add": 0, "b": 0, "mul": 1, "add_1": 1, "add_2": 1}
    names: dict[str, str] = {}
    split = split_module(traced, module, lambda node: parts[node.name], names)
    assert split.code == (
        "\n\n\ndef forward(self, x, y = 3):\n"
        "    p = self.p\n"
        "    submod_0 = self.submod_0(x, p)\n"
        "    getitem = submod_0[0]\n"
        "    getitem_1 = submod_0[1];  submod_0 = None\n"
        "    submod_1 = self.submod_1(getitem, p, getitem_1, y);  getitem = p = getitem_1 = y = None\n"
        "    return (submod_1, x)\n    "
    )
    assert "return (b, add)" in split.submod_0.code
    assert names == {"submod_0.a": "a", "submod_0.b": "b"}
    same(split, module, X)
    affixed = split_module(traced, module, lambda node: parts[node.name], partition_affix="pp", tuple_return=True)
    assert [name for name, _ in affixed.named_children()] == ["submod_pp_0", "submod_pp_1"]
    same(affixed, module, X, 5)
    with pytest.raises(RuntimeError, match="cycle"):
        split_module(traced, module, lambda node: {"b": 1}.get(node.name, 0))


def test_split_by_tags():
    module = Two()
    traced = fx.symbolic_trace(module)
    for node in traced.graph.nodes:
        if node.op in ("call_module", "call_function"):
            node.tag = "first" if node.name in ("a", "add") else "second"
    split, paths = split_by_tags(traced, ["first", "second"], return_fqn_mapping=True)
    assert [name for name, _ in split.named_children()] == ["first", "second"]
    assert paths == {"a": "first.a", "p": "second.p", "b": "second.b"}
    same(split, module, X)
    with pytest.raises(ValueError, match="is needed by the earlier"):
        split_by_tags(traced, ["second", "first"])
    with pytest.raises(ValueError, match="none of"):
        split_by_tags(traced, ["first"])


def only_modules(submodules, node):
    return node.op == "call_module"


def test_splitting_for_a_backend(capsys):
    module = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    traced = fx.symbolic_trace(module)
    relu = operator_support.create_op_support(lambda submodules, node: str(node.target) != "2")
    splitter = _SplitterBase(traced, [X], relu, _SplitterSettingBase())
    assert "torch.nn.modules.activation.ReLU" in splitter.node_support_preview().replace("flambeau", "torch")
    result = splitter.generate_split_results()
    assert [name for name, _ in result.split_module.named_children()] == [
        "_run_on_acc_0",
        "_run_on_cpu_1",
        "_run_on_acc_2",
    ]
    assert result.submodule_inputs["_run_on_acc_2"][0].shape == (4, 2)
    same(result.split_module, module, X)
    small = _SplitterBase(traced, [X], relu, _SplitterSettingBase(min_acc_module_size=2))()
    assert [name for name, _ in small.named_children()] == ["_run_on_acc_0", "_run_on_cpu_1"]
    with pytest.raises(ValueError, match="max_acc_splits is 1"):
        _SplitterBase(traced, [X], relu, _SplitterSettingBase(max_acc_splits=1))()


def test_partitions():
    module = Two()
    traced = fx.symbolic_trace(module)
    support = operator_support.OperatorSupport({"_operator.add": None})
    partitioner = CapabilityBasedPartitioner(traced, support, allows_single_node_partition=True)
    groups = partitioner.propose_partitions()
    assert sorted(sorted(node.name for node in group.nodes) for group in groups) == [["add"], ["add_1", "add_2"]]
    fused = partitioner.fuse_partitions(groups)
    assert [str(n.target) for n in fused.graph.nodes if n.op == "call_module"] == ["a", "fused_1", "b", "fused_0"]
    same(fused, module, X)
    alone = CapabilityBasedPartitioner(fx.symbolic_trace(module), support).propose_partitions()
    assert [group.size() for group in alone] == [2]


def test_what_can_be_one_module():
    traced = fx.symbolic_trace(lambda x: (x + 1) * flambeau.neg(x + 1 - x))
    nodes = {node.name: node for node in traced.graph.nodes}
    assert not validate_partition([nodes["add"], nodes["mul"]]) or nodes["add"].users
    chain = fx.symbolic_trace(lambda x: flambeau.neg(flambeau.relu(x + 1)) * (x + 1))
    by_name = {node.name: node for node in chain.graph.nodes}
    assert not validate_partition([by_name["add"], by_name["neg"]])
    with pytest.raises(AssertionError, match="leads out"):
        fuse_by_partitions(chain, [dict.fromkeys([by_name["add"], by_name["neg"]])])


@pytest.mark.parametrize(
    ("program", "before", "after"),
    [
        (lambda x: flambeau.cos(x) + flambeau.cos(x), 3, 2),
        (lambda x: x.sum(1) + x.sum(dim=1, keepdim=False) + x.sum(1, True), 5, 4),
        (lambda x: flambeau.rand(2) + flambeau.rand_like(x) + flambeau.rand_like(x), 4, 4),
        (lambda x: x.add_(1) + x.add_(1), 3, 3),
        (lambda x: flambeau.add(x, 1) + flambeau.add(x, 1.0), 3, 3),
        (lambda x: flambeau.cat([x, x]) + flambeau.cat([x, x]), 3, 2),
    ],
)
def test_equal_calls_are_one(program, before, after):
    traced = fx.symbolic_trace(program)
    result = CSEPass()(traced)

    def calls(module):
        return sum(node.op.startswith("call") for node in module.graph.nodes)

    assert (calls(traced), calls(result.graph_module)) == (before, after)
    assert result.modified is (before != after)


def test_calls_that_are_not_merged():
    program = lambda x: x.add(1) + x.add(1) + flambeau.cos(x) + flambeau.cos(x)  # noqa: E731
    banned = [flambeau.ops.aten.add, flambeau.ops.aten.cos.default]
    assert not CSEPass(banned)(fx.symbolic_trace(program)).modified
    assert CSEPass(banned[:1])(fx.symbolic_trace(program)).modified
    drawn = fx.symbolic_trace(lambda x: flambeau.rand_like(x) + flambeau.rand_like(x))
    assert not CSEPass(get_CSE_banned_ops())(drawn).modified


def test_legal_order():
    traced = fx.symbolic_trace(lambda x: flambeau.relu(x + 1) * 2)
    _, add, _, mul, _ = traced.graph.nodes
    mul.append(add)
    with pytest.raises(RuntimeError):
        traced.graph.lint()
    tools_common.stable_topological_sort(traced)
    traced.graph.lint()
    mul.append(add)
    tools_common.legalize_graph(traced).graph.lint()
    assert traced(flambeau.ones(1)).tolist() == [4]
    _, add, *_ = traced.graph.nodes
    add.args = (traced.graph.output_node().args[0], 1)
    with pytest.raises(RuntimeError, match="circle"):
        tools_common.legalize_graph(traced)


def test_sizes_and_targets():
    traced = fx.symbolic_trace(nn.Sequential(nn.Linear(2, 3), nn.ReLU()))
    graph_manipulation.get_size_of_all_nodes(traced, [X])
    sizes = [node.size_bytes for node in traced.graph.nodes if node.op != "output"]
    assert sizes == [(32, 32), (48, 48 + 36), (48, 48)]
    other = fx.symbolic_trace(lambda x: flambeau.relu(x))
    graph_manipulation.replace_target_nodes_with(other, "call_function", flambeau.relu, "call_method", "neg")
    assert other(flambeau.ones(1)).tolist() == [-1]
    with pytest.raises(RuntimeError, match="run ShapeProp"):
        graph_manipulation.get_tensor_meta(next(iter(other.graph.nodes)))


def test_options_of_modules():
    traced = fx.symbolic_trace(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU()))
    lift_lowering_attrs_to_nodes(traced)
    found = traced.graph.find_nodes(op="call_module", target="0")[0].attrs_for_lowering
    assert found["padding"] == (1, 1)
    assert found["weight"] is getattr(traced, "0").weight
    with pytest.raises(RuntimeError, match="module_fetch_book"):
        extract_attrs_for_lowering(nn.GELU())


def test_operator_support():
    traced = fx.symbolic_trace(lambda x, y: flambeau.add(x, y) + flambeau.relu(y))
    ShapeProp(traced).propagate(X, X.double())
    nodes = {node.name: node for node in traced.graph.nodes}
    table = operator_support.OperatorSupport(
        {fx.node._get_qualified_name(flambeau.add): (((flambeau.float32,), (flambeau.float64,)), {})}
    )
    no_double = operator_support.OpSupports.decline_if_input_dtype(flambeau.float64)
    named = operator_support.OpSupports.decline_if_node_in_names({"relu"})
    both, either = operator_support.chain(table, no_double), operator_support.any_chain(table, named)
    answers = {
        name: [support.is_node_supported({}, nodes[name]) for support in (table, no_double, named, both, either)]
        for name in ("add", "relu")
    }
    assert answers == {"add": [True, False, True, False, True], "relu": [False, False, False, False, False]}


def replace(old, new):
    def change(module):
        for node in module.graph.find_nodes(op="call_function", target=old):
            node.target = new
        module.recompile()

    change.__name__ = f"{old.__name__}_to_{new.__name__}"
    return pass_result_wrapper(change)


def test_pass_manager():
    first, second = replace(flambeau.relu, flambeau.tanh), replace(flambeau.tanh, flambeau.neg)
    checked = []
    manager = PassManager(
        [second, first], [this_before_that_pass_constraint(first, second)], run_checks_after_each_pass=True
    )
    manager.add_checks(lambda module: checked.append(module))
    with pytest.raises(RuntimeError, match="which a constraint forbids"):
        manager.validate_constraints()
    result = manager(fx.symbolic_trace(lambda x: flambeau.relu(x)))
    assert result.modified
    assert result.graph_module(flambeau.ones(1)).tolist() == [-1]
    assert len(checked) == 4
    with pytest.raises(TypeError, match="PassResult"):
        PassManager([lambda module: 3])(result.graph_module)
    with pytest.raises(RuntimeError, match="no order"):
        PassManager(
            [first, second],
            [this_before_that_pass_constraint(first, second), this_before_that_pass_constraint(second, first)],
        )(result.graph_module)


def test_pass_objects():
    class Refusing(PassBase):
        def requires(self, graph_module):
            raise ValueError("no")

        def call(self, graph_module):
            return PassResult(graph_module, False)

    with pytest.raises(ValueError, match="no"):
        Refusing()(fx.symbolic_trace(lambda x: x))


def test_observer():
    traced = fx.symbolic_trace(lambda x: flambeau.relu(x))
    observer = GraphTransformObserver(traced, "swap")

    def swap(graph):
        relu = graph.find_nodes(op="call_function", target=flambeau.relu)[0]
        with graph.inserting_after(relu):
            new = graph.call_function(flambeau.tanh, relu.args)
        relu.replace_all_uses_with(new)
        graph.erase_node(relu)

    observer.apply_graph_pass(swap)
    assert (observer.created_nodes, observer.erased_nodes) == ({"tanh"}, {"relu"})
    assert observer.replaced == [("relu", "tanh", "output")]


def test_types_of_items():
    graph = fx.Graph()
    x = graph.placeholder("x", tuple[int, str])
    y = graph.placeholder("y", list[flambeau.Tensor])
    items = [graph.call_function(operator.getitem, (value, 1)) for value in (x, y)]
    annotate_getitem_nodes(graph)
    assert [item.type for item in items] == [str, flambeau.Tensor]


def test_sources():
    traced = fx.symbolic_trace(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)))
    found = get_source_partitions(traced.graph, [nn.Linear, nn.ReLU])
    assert [len(found[kind]) for kind in (nn.Linear, nn.ReLU)] == [2, 1]
    assert check_subgraphs_connected(found[nn.Linear][0], found[nn.ReLU][0])
    assert not check_subgraphs_connected(found[nn.ReLU][0], found[nn.Linear][0])


def test_comparing_graphs():
    first, second, other = (
        fx.symbolic_trace(program).graph
        for program in (lambda x: flambeau.relu(x + 1), lambda y: flambeau.relu(y + 1), lambda x: flambeau.relu(x + 2))
    )
    assert compare_graphs(first, second)
    assert not compare_graphs(first, other)


def test_drawing():
    drawer = pytest.importorskip("flambeau.fx.passes.graph_drawer")
    if not drawer.HAS_PYDOT:
        with pytest.raises(RuntimeError, match="pydot"):
            drawer.FxGraphDrawer(fx.symbolic_trace(Two()), "two")
        return
    text = drawer.FxGraphDrawer(fx.symbolic_trace(Two()), "two").get_dot_graph().to_string()
    assert "name=%add_2" in text


def test_what_is_refused():
    with pytest.raises(NotImplementedError, match="reinplace"):
        reinplace(fx.symbolic_trace(lambda x: x))
    with pytest.raises(NotImplementedError, match="net_min_base"):
        _MinimizerBase()
