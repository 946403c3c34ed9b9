"""Data parallelism in one process: modules run, pieces on the CPU work, GPUs and process groups are refused by name."""

from __future__ import annotations

import collections

import pytest

import flambeau
from flambeau import nn
from flambeau.nn import parallel
from flambeau.nn.parallel import comm, distributed, scatter_gather


def test_a_wrapped_module_runs():
    layer = nn.Linear(2, 3)
    wrapped = parallel.DataParallel(layer, device_ids=[0, 1])
    assert flambeau.equal(wrapped(flambeau.ones(4, 2)), layer(flambeau.ones(4, 2)))
    assert wrapped.module is layer and list(wrapped.state_dict()) == ["module.weight", "module.bias"]
    assert flambeau.equal(parallel.data_parallel(layer, flambeau.ones(4, 2)), layer(flambeau.ones(4, 2)))


def test_pieces_copies_and_joined_results_with_gradients():
    layer, x = nn.Linear(2, 3), flambeau.randn(5, 2)
    copies = parallel.replicate(layer, ["cpu", "cpu"])
    out = parallel.gather(parallel.parallel_apply(copies, parallel.scatter(x, ["cpu", "cpu"])), "cpu")
    assert flambeau.allclose(out, layer(x), atol=1e-6)
    out.sum().backward()
    assert flambeau.allclose(layer.weight.grad, x.sum(0).expand(3, 2), atol=1e-5)


def test_structures():
    Pair = collections.namedtuple("Pair", "a b")
    given = {"x": flambeau.arange(4), "y": [Pair(flambeau.arange(4.0), "text"), None]}
    first, second = parallel.scatter(given, ["cpu", "cpu"])
    assert first["x"].tolist() == [0, 1] and second["y"][0].a.tolist() == [2, 3] and second["y"][0].b == "text"
    joined = parallel.gather(
        [Pair(flambeau.tensor(1), flambeau.ones(2)), Pair(flambeau.tensor(2), flambeau.ones(1))], "cpu"
    )
    assert joined.a.tolist() == [1, 2] and joined.b.shape == (3,)
    args, kwargs = scatter_gather.scatter_kwargs((flambeau.arange(2),), None, ["cpu", "cpu"])
    assert [a[0].tolist() for a in args] == [[0], [1]] and kwargs == ({}, {})
    assert comm.reduce_add([flambeau.ones(2), flambeau.ones(2)]).tolist() == [2, 2]


def test_an_error_in_a_thread_is_raised():
    with pytest.raises(RuntimeError, match="linear"):
        parallel.parallel_apply([nn.Linear(2, 2)] * 2, [flambeau.ones(1, 2), flambeau.ones(1, 3)])


@pytest.mark.parametrize(
    "call",
    [
        lambda m: parallel.replicate(m, [0, 1]),
        lambda m: parallel.scatter(flambeau.ones(4), [0, 1]),
        lambda m: parallel.data_parallel(m, flambeau.ones(1, 2), device_ids=[0]),
    ],
)
def test_gpus_are_refused(call):
    with pytest.raises(RuntimeError, match="no GPUs"):
        call(nn.Linear(2, 2))


def test_processes_are_refused():
    with pytest.raises(ValueError, match="process group"):
        parallel.DistributedDataParallel(nn.Linear(2, 2))
    assert distributed.DistributedDataParallel is parallel.DistributedDataParallel
