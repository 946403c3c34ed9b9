"""Names that libraries take from the package's rooms, and that do what they say."""

from __future__ import annotations

import pytest

import flambeau
from flambeau.distributions import Normal, constraints, kl_divergence, register_kl
from flambeau.utils import _contextlib, _foreach_utils, checkpoint
from flambeau.utils import data as loading


def test_grouped_products_and_their_gradients():
    a, b = flambeau.randn(6, 4, requires_grad=True), flambeau.randn(2, 4, 3, requires_grad=True)
    ends = flambeau.tensor([2, 5], dtype=flambeau.int32)
    out = flambeau.nn.functional.grouped_mm(a, b, offs=ends)
    expected = flambeau.cat([a[:2] @ b[0], a[2:5] @ b[1], flambeau.zeros(1, 3)])
    assert flambeau.allclose(out, expected, atol=1e-6)
    got = flambeau.autograd.grad(out.pow(2).sum(), (a, b))
    wanted = flambeau.autograd.grad(expected.pow(2).sum(), (a, b))
    assert all(flambeau.allclose(x, y, atol=1e-5) for x, y in zip(got, wanted, strict=True))
    with flambeau.no_grad():
        by_columns = flambeau._grouped_mm(a.mT, flambeau.randn(6, 3), offs=ends)
        assert by_columns.shape == (2, 4, 3)
        wide = flambeau._grouped_mm(b.mT, a[:, :4].mT, offs=ends)
        assert wide.shape == (3, 6) and flambeau.allclose(wide[:, 2:5], b[1].mT @ a[2:5].mT, atol=1e-6)
    for bad in ({"offs": None}, {"offs": ends.long()}, {"offs": ends, "bias": a}, {"offs": ends + 2}):
        with pytest.raises(RuntimeError, match="grouped_mm"):
            flambeau.nn.functional.grouped_mm(a, b, **bad)


@pytest.mark.parametrize("largest", [True, False])
def test_lobpcg(largest):
    flambeau.manual_seed(0)
    q = flambeau.linalg.qr(flambeau.randn(40, 40, dtype=flambeau.float64)).Q
    values = flambeau.linspace(1, 40, 40, dtype=flambeau.float64)
    a = ((q * values) @ q.mT).requires_grad_()
    found, vectors = flambeau.lobpcg(a, k=3, n=6, largest=largest)
    expected = [40, 39, 38] if largest else [1, 2, 3]
    assert found.tolist() == pytest.approx(expected, rel=1e-9)
    assert flambeau.allclose(a @ vectors, vectors * found, atol=1e-4)
    found.sum().backward()
    x = q[:, -3:] if largest else q[:, :3]
    assert flambeau.allclose(a.grad, x @ x.mT, atol=1e-6)
    weights = flambeau.diag(flambeau.linspace(1, 2, 40, dtype=flambeau.float64))
    general, vectors = flambeau.lobpcg(a.detach(), k=2, n=5, B=weights, largest=largest)
    assert flambeau.allclose(a @ vectors, weights @ vectors * general, atol=1e-4)
    sparse = flambeau.diag(flambeau.arange(1.0, 31)).to_sparse()
    assert flambeau.lobpcg(sparse, k=2)[0].tolist() == pytest.approx([30, 29], rel=1e-4)
    with pytest.raises(ValueError, match="lobpcg"):
        flambeau.lobpcg(flambeau.eye(4), k=2)


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_lobpcg_has_gradients(largest, batch):
    flambeau.manual_seed(4)
    a = flambeau.rand(*batch, 9, 9, dtype=flambeau.float64)
    a = (a @ a.mT).requires_grad_()
    start = flambeau.eye(9, 3, dtype=flambeau.float64).expand(*batch, 9, 3)

    def pairs(function):
        values, vectors = function(a)
        sign = vectors.gather(-2, vectors.abs().argmax(-2, keepdim=True)).sign().detach()
        return values, vectors * sign

    def by_eigh(matrix):
        values, vectors = flambeau.linalg.eigh((matrix + matrix.mT) / 2)
        return (values.flip(-1)[..., :2], vectors.flip(-1)[..., :2]) if largest else (values[..., :2], vectors[..., :2])

    def derivatives(values, vectors):
        weights = flambeau.arange(vectors.numel(), dtype=flambeau.float64).reshape(vectors.shape).sin()
        (first,) = flambeau.autograd.grad(values.exp().sum() * 1e-3 + (vectors * weights).sum(), a, create_graph=True)
        (second,) = flambeau.autograd.grad(first.square().sum(), a)
        return first, second

    iterated = pairs(lambda m: flambeau.lobpcg(m, k=2, X=start, tol=1e-13, niter=5000, largest=largest))
    for ours, exact in zip(derivatives(*iterated), derivatives(*pairs(by_eigh)), strict=True):
        assert flambeau.allclose(ours, ours.mT)
        assert flambeau.allclose(ours, exact, rtol=1e-4, atol=1e-4 * exact.abs().max().item())


def test_functions_of_old():
    x = flambeau.tensor([1.5, -2.5])
    assert flambeau._cast_Long(x).tolist() == [1, -2] and flambeau._cast_Half(x).dtype == flambeau.float16
    rows = flambeau.tensor([0, 0, 2])
    assert flambeau._convert_indices_from_coo_to_csr(rows, 4).tolist() == [0, 2, 2, 3, 3]
    back = flambeau._convert_indices_from_csr_to_coo(flambeau.tensor([0, 2, 2, 3]), flambeau.tensor([1, 2, 0]))
    assert back.tolist() == [[0, 0, 2], [1, 2, 0]]
    sparse = flambeau.eye(2).to_sparse()
    assert flambeau.equal(flambeau.spmm(sparse, flambeau.ones(2, 2)), flambeau.ones(2, 2))
    made = flambeau.sparse.FloatTensor(flambeau.tensor([[0, 1]]), flambeau.tensor([1.0, 2]), (3,))
    assert made.to_dense().tolist() == [1, 2, 0] and isinstance(made, flambeau.sparse.FloatTensor)
    assert not isinstance(made, flambeau.sparse.DoubleTensor)
    with pytest.raises(RuntimeError, match="solve"):
        flambeau.solve(x, x)


def test_checks():
    with pytest.raises(ValueError, match="told"):
        flambeau._check_with(ValueError, False, lambda: "told")
    with pytest.raises(KeyError):
        flambeau._check_tensor_all_with(KeyError, flambeau.tensor([True, False]))
    flambeau._assert_async(flambeau.tensor(1))
    with pytest.raises(RuntimeError, match="why"):
        flambeau._assert_async(flambeau.tensor(0), "why")


def test_files_as_tensors(tmp_path):
    path = str(tmp_path / "numbers")
    shared = flambeau.from_file(path, shared=True, size=3)
    shared.copy_(flambeau.tensor([1.0, 2, 3]))
    copy = flambeau.from_file(path, size=2)
    assert copy.tolist() == [1, 2]
    copy.zero_()
    assert flambeau.from_file(path, size=3).tolist() == [1, 2, 3]
    with pytest.raises(RuntimeError, match="12 bytes"):
        flambeau.from_file(path, size=4)


def test_types_that_are_not_there_have_names():
    table = {flambeau.qint8: 1, flambeau.uint4: 2, flambeau.float32: 3}
    assert len(table) == 3 and repr(flambeau.quint4x2) == "torch.quint4x2" and flambeau.qint32.itemsize == 4
    with pytest.raises((TypeError, RuntimeError)):
        flambeau.ones(2, dtype=flambeau.qint8)


def test_constraints_by_name_and_divergences_of_any_class():
    bounded = constraints.interval(lower_bound=0, upper_bound=2)
    assert bounded.check(flambeau.tensor([1.0, 3])).tolist() == [True, False]
    for wrong in (lambda: constraints.interval(0), lambda: constraints.greater_than(1, lower_bound=2)):
        with pytest.raises(TypeError):
            wrong()

    class Mine:
        pass

    @register_kl(Mine, Normal)
    def mine_normal(p, q):
        return 7

    assert kl_divergence(Mine(), Normal(0.0, 1.0)) == 7
    with pytest.raises(TypeError):
        register_kl("x", Normal)


def test_pipes():
    @loading.functional_datapipe("doubled_for_the_test")
    class Doubled(loading.IterDataPipe):
        def __init__(self, source):
            self.source = source

        def __iter__(self):
            return (2 * item for item in self.source)

    class Source(loading.IterDataPipe):
        def __iter__(self):
            return iter(range(3))

    assert list(Source().doubled_for_the_test()) == [0, 2, 4]
    with pytest.raises(AttributeError):
        Source().no_such_step()
    with pytest.raises(Exception, match="registered"):
        loading.functional_datapipe("doubled_for_the_test")(Doubled)
    assert loading.dataloader._MultiProcessingDataLoaderIter.__name__ == "_MultiProcessingDataLoaderIter"


def test_contexts_that_decorate():
    seen = []

    class Marks(_contextlib._DecoratorContextManager):
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            seen.append(self.name)

        def __exit__(self, *exception):
            seen.append("-" + self.name)

        def clone(self):
            return Marks(self.name)

    @Marks("a")
    def function():
        return len(seen)

    @Marks("g")
    def generator():
        got = yield 1
        yield got

    assert function() == 1 and seen == ["a", "-a"]
    steps = generator()
    assert next(steps) == 1 and steps.send(5) == 5
    assert seen[2:] == ["g", "-g"] * 2


def test_small_ones():
    assert checkpoint.get_device_states(flambeau.ones(1)) == ([], [])
    checkpoint.set_device_states([], [])
    groups = _foreach_utils._group_tensors_by_device_and_dtype(
        [[flambeau.ones(1), flambeau.ones(1).double()], [None, None]], with_indices=True
    )
    assert [indices for _, indices in groups.values()] == [[0], [1]]
    assert flambeau.futures.Future[int] is not None and flambeau.Future is flambeau.futures.Future
    flat = flambeau._utils._flatten_dense_tensors([flambeau.ones(2, 2), flambeau.zeros(3)])
    parts = flambeau._utils._unflatten_dense_tensors(flat, [flambeau.empty(2, 2), flambeau.empty(3)])
    assert [part.shape for part in parts] == [(2, 2), (3,)]
    assert flambeau._tensor_str._tensor_str(flambeau.tensor([1, 2]), 0) == "[1, 2]"
    assert flambeau.mtia.is_available() is False and flambeau.cuda.random.get_rng_state_all() == []
    with pytest.raises(RuntimeError, match="nvtx"):
        flambeau.cuda.nvtx.range_push("x")
