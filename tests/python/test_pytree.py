"""Trees of containers, and the limits of element types."""

from __future__ import annotations

import collections
import dataclasses

import pytest

import flambeau
from flambeau.utils import _pytree as pytree

Pair = collections.namedtuple("Pair", "x y")


def test_flatten_and_back():
    trees = [
        1,
        [1, (2, None)],
        {"b": 1, "a": [2]},
        Pair(1, [2]),
        collections.OrderedDict(a=1),
        collections.defaultdict(list, a=1),
        collections.deque([1, 2], 3),
        (),
        {},
        None,
    ]
    for tree in trees:
        leaves, spec = pytree.tree_flatten(tree)
        assert pytree.tree_unflatten(leaves, spec) == tree and spec.num_leaves == len(leaves)
        if not isinstance(tree, Pair):
            assert pytree.treespec_loads(pytree.treespec_dumps(spec)) == spec
    assert pytree.tree_leaves({"b": 1, "a": [2, None]}) == [1, 2, None]


def test_text_and_paths():
    spec = pytree.tree_structure({"a": [1, (2, None)], "b": 3})
    assert repr(spec) == (
        "TreeSpec(dict, ['a', 'b'], [TreeSpec(list, None, [*,\n    TreeSpec(tuple, None, [*,\n      *])]),\n  *])"
    )
    assert pytree.tree_map_with_path(lambda path, leaf: pytree.keystr(path), {"a": [1, (2,)], "p": Pair(1, 2)}) == {
        "a": ["['a'][0]", ("['a'][1][0]",)],
        "p": Pair("['p'].x", "['p'].y"),
    }


def test_map_and_errors():
    assert pytree.tree_map(lambda a, b: a + b, {"x": 1, "y": [2]}, {"y": [20], "x": 10}) == {"x": 11, "y": [22]}
    assert pytree.tree_map_only(int, str, [1, "a", 2.0]) == ["1", "a", 2.0]
    assert pytree.tree_map(len, [[1], [2, 3]], is_leaf=lambda x: x in ([1], [2, 3])) == [1, 2]
    assert pytree._broadcast_to_and_flatten([1, 2], pytree.tree_structure([(1, 2), 3])) == [1, 1, 2]
    with pytest.raises(ValueError, match="children"):
        pytree.tree_map(max, [1, 2], [1])
    with pytest.raises(ValueError, match="leaves"):
        pytree.tree_unflatten([1], pytree.tree_structure([1, 2]))


def test_registered_classes():
    @dataclasses.dataclass
    class Point:
        x: int
        y: int | None = None

    pytree.register_dataclass(Point)
    try:
        assert pytree.tree_map(lambda v: v + 1, Point(1, 2)) == Point(2, 3)
        assert pytree.tree_leaves(Point(1)) == [1]
        with pytest.raises(ValueError, match="already"):
            pytree.register_dataclass(Point)
    finally:
        pytree._deregister_pytree_node(Point)


def test_limits_of_types():
    from flambeau._dtype_info import finfo, iinfo

    assert repr(finfo(flambeau.float16)) == (
        "finfo(resolution=0.001, min=-65504, max=65504, eps=0.000976562, "
        "smallest_normal=6.10352e-05, tiny=6.10352e-05, dtype=float16)"
    )
    assert iinfo(flambeau.uint64).max == 2**64 - 1 and finfo(flambeau.complex64) == finfo(flambeau.float32)
    for wrong in (
        lambda: finfo(flambeau.int32),
        lambda: iinfo(flambeau.float32),
        lambda: iinfo(flambeau.bool),
        lambda: finfo("x"),
    ):
        with pytest.raises(TypeError):
            wrong()


def test_limits_are_pytorchs():
    torch = pytest.importorskip("torch")
    from flambeau._dtype_info import finfo, iinfo

    for name in (
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "complex32",
        "complex64",
        "complex128",
        "float8_e4m3fn",
        "float8_e5m2",
        "float8_e4m3fnuz",
        "float8_e5m2fnuz",
    ):
        ours, theirs = finfo(getattr(flambeau, name)), torch.finfo(getattr(torch, name))
        assert repr(ours) == repr(theirs)
        for part in ("bits", "min", "max", "eps", "tiny", "smallest_normal", "resolution", "dtype"):
            assert getattr(ours, part) == getattr(theirs, part), (name, part)
    for name in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"):
        ours, theirs = iinfo(getattr(flambeau, name)), torch.iinfo(getattr(torch, name))
        assert (repr(ours), ours.min, ours.max, ours.bits) == (repr(theirs), theirs.min, theirs.max, theirs.bits)


@pytest.mark.parametrize("name", [name for name in dir(flambeau.return_types) if not name.startswith("_")])
def test_named_results_are_containers(name: str) -> None:
    kind = getattr(flambeau.return_types, name)
    assert kind.__module__ == "torch.return_types" and pytree.is_structseq(kind)
    result = kind([flambeau.tensor(float(i)) for i in range(kind.n_fields)])
    leaves, spec = pytree.tree_flatten(result)
    assert [float(leaf) for leaf in leaves] == list(range(kind.n_fields)) and spec.num_leaves == kind.n_fields
    mapped = pytree.tree_map(lambda t: t + 1, {"results": [result]})["results"][0]
    assert type(mapped) is kind and float(mapped[0]) == 1
    assert pytree.tree_flatten_with_path(result)[0][1][0] == (pytree.SequenceKey(1),)


def test_results_of_operators_are_of_the_listed_types() -> None:
    values, indices = pytree.tree_leaves(flambeau.ones(2, 2).max(0))
    assert values.shape == indices.shape
    assert isinstance(flambeau.linalg.eigh(flambeau.eye(2)), flambeau.return_types.linalg_eigh)
    assert flambeau.return_types.max in flambeau.return_types.all_return_types
