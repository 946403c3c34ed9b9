"""Sparse tensors in coordinate form, compared with strided ones: construction, arithmetic, products, gradients,
training with nn.Embedding(sparse=True), and what is said where there is no sparse form."""

import copy
import io
import pickle

import pytest

import flambeau
from flambeau import nn

INDICES = [[0, 1, 1], [2, 0, 0]]


def repeated(dtype=None, grad=False):
    """2×3, not coalesced: 3 at (0, 2), 4 and 5 at (1, 0)."""
    return flambeau.sparse_coo_tensor(INDICES, [3.0, 4.0, 5.0], (2, 3), dtype=dtype, requires_grad=grad)


def hybrid():
    """4×3×2 with one sparse dimension."""
    return flambeau.sparse_coo_tensor([[2, 0, 2]], flambeau.arange(18.0).reshape(3, 3, 2), (4, 3, 2))


def same(a, b):
    flambeau.testing.assert_close(a.to_dense(), b.to_dense())


# --- construction and parts ---
def test_parts_and_attributes():
    s = repeated()
    assert s.layout is flambeau.sparse_coo and s.is_sparse and not s.is_coalesced()
    assert (s.shape, s.dim(), s.numel(), s._nnz(), s.sparse_dim(), s.dense_dim()) == ((2, 3), 2, 6, 3, 2, 0)
    assert s._indices().tolist() == INDICES and s._values().tolist() == [3, 4, 5]
    for part in (s.indices, s.values):
        with pytest.raises(RuntimeError, match="coalesce"):
            part()
    c = s.coalesce()
    assert c.is_coalesced() and c.indices().tolist() == [[0, 1], [2, 0]] and c.values().tolist() == [3, 9]
    assert c.coalesce() is c
    assert s.to_dense().tolist() == [[0, 0, 3], [9, 0, 0]]
    assert flambeau.ones(2, 3).layout is flambeau.strided and flambeau.ones(2, 3).dense_dim() == 2


def test_sizes_are_inferred():
    assert flambeau.sparse_coo_tensor([[0, 4], [1, 0]], [1, 2]).shape == (5, 2)
    assert flambeau.sparse_coo_tensor([[3]], flambeau.ones(1, 7)).shape == (4, 7)
    empty = flambeau.sparse_coo_tensor((3, 4))
    assert empty.shape == (3, 4) and empty._nnz() == 0 and empty.is_coalesced()
    assert flambeau.sparse_coo_tensor([[0]], [1], dtype=flambeau.float64).dtype is flambeau.float64


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([[0, 5]], [1.0, 2.0], (3,)), "index 5 is too large for dim 0 of size 3"),
        (([[0, -1]], [1.0, 2.0]), "negative index -1"),
        (([[0, -1]], [1.0, 2.0], (3,)), "negative index -1"),
        (([[0, 1]], [1.0, 2.0], (3, 4)), "2 dimensions"),
        (([[0, 1, 2]], [1.0, 2.0], (3,)), "nnz from indices: 3, nnz from values: 2"),
        (([0, 1], [1.0, 2.0], (3,)), "sparse_dim x nnz"),
    ],
)
def test_bad_parts_are_refused(arguments, message):
    with pytest.raises(RuntimeError, match=f"sparse_coo_tensor: .*{message}"):
        flambeau.sparse_coo_tensor(*arguments)


def test_claimed_coalescing_is_checked_on_demand():
    with flambeau.sparse.check_sparse_tensor_invariants(), pytest.raises(RuntimeError, match="is_coalesced"):
        flambeau.sparse_coo_tensor([[1, 0]], [1.0, 2.0], (2,), is_coalesced=True)
    assert flambeau.sparse_coo_tensor([[0, 1]], [1.0, 2.0], (2,), is_coalesced=True).is_coalesced()


def test_from_dense():
    d = flambeau.tensor([[0.0, 2.0, 0.0], [3.0, 0.0, 4.0]])
    assert d.to_sparse().indices().tolist() == [[0, 1, 1], [1, 0, 2]]
    assert d.to_sparse(1).values().tolist() == d.tolist()
    for s in (d.to_sparse(), d.to_sparse(1), flambeau.tensor(3.0).to_sparse()):
        assert s.is_coalesced()
    same(d.to_sparse(), d)
    assert flambeau.zeros(2, 2).to_sparse()._nnz() == 0


def test_printing():
    assert repr(repeated()) == (
        "tensor(indices=tensor([[0, 1, 1],\n                       [2, 0, 0]]),\n       values=tensor([3., 4., 5.]),\n"
        "       size=(2, 3), nnz=3, layout=torch.sparse_coo)"
    ).replace("torch.", str(flambeau.sparse_coo).rpartition("sparse_coo")[0])


@pytest.mark.parametrize("again", ["pickle", "copy", "deepcopy", "save", "clone"])
def test_copies(again):
    s = repeated()
    if again == "pickle":
        t = pickle.loads(pickle.dumps(s))
    elif again == "save":
        file = io.BytesIO()
        flambeau.save(s, file)
        file.seek(0)
        t = flambeau.load(file)
    else:
        t = s.clone() if again == "clone" else getattr(copy, again)(s)
    assert t.layout is flambeau.sparse_coo and t._nnz() == 3 and not t.is_coalesced()
    same(s, t)


def test_conversions():
    s = repeated()
    assert s.double().dtype is flambeau.float64 and s.to(flambeau.int64)._values().tolist() == [3, 4, 5]
    assert s.to(s.dtype) is s and s.detach()._nnz() == 3
    s.detach().mul_(2)
    assert s._values().tolist() == [6, 8, 10]


# --- arithmetic ---
@pytest.mark.parametrize("make", [repeated, lambda: repeated().coalesce(), hybrid])
def test_arithmetic(make):
    s, d = make(), make().to_dense()
    dense = flambeau.arange(float(s.numel())).reshape(s.shape) - 5
    for sparse, strided in [
        (s + s, d + d), (s - 2 * s, -d), (s * 3, d * 3), (s / 4, d / 4), (-s, -d), (s * s, d * d),
        (s * dense, d * dense),
        (dense * s, d * dense), (s.abs(), d.abs()), (s.sqrt(), d.sqrt()), (s**2, d**2), (s.sin(), d.sin()),
        (s.add(s.coalesce(), alpha=2), 3 * d), (s * flambeau.tensor(2.0), d * 2),
        (s.div(2, rounding_mode="floor"), d // 2),
    ]:  # fmt: skip
        assert sparse.is_sparse
        same(sparse, strided)
    for strided, expected in [(dense + s, dense + d), (dense - s, dense - d), (dense.add(s, alpha=3), dense + 3 * d)]:
        assert not strided.is_sparse
        flambeau.testing.assert_close(strided, expected)
    into = dense.clone()
    assert into.add_(s, alpha=-2) is into
    flambeau.testing.assert_close(into, dense - 2 * d)
    assert flambeau.testing.assert_close(s.sum(), d.sum()) is None
    flambeau.testing.assert_close(s.norm(), d.norm())


def test_in_place():
    s = repeated()
    version = s._version
    s.mul_(2).add_(repeated())
    assert s._version > version
    same(s, repeated() * 3)
    s.copy_(repeated().coalesce())
    assert s.is_coalesced()
    s.zero_()
    assert s._nnz() == 0 and s.shape == (2, 3)
    with pytest.raises(RuntimeError, match="add"):
        s.add_(flambeau.ones(2, 3))


@pytest.mark.parametrize("dims", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2), (-1,)])
@pytest.mark.parametrize("keepdim", [False, True])
def test_sum(dims, keepdim):
    for s in (hybrid(), hybrid().to_dense().to_sparse()):
        same(s.sum(dims, keepdim), s.to_dense().sum(dims, keepdim))


def test_rearranging():
    s = flambeau.arange(-6.0, 6).reshape(3, 4).clamp(min=0).to_sparse()
    d = s.to_dense()
    pick = flambeau.tensor([2, 0, 2])
    for sparse, strided in [
        (s.t(), d.t()), (s.T, d.T), (s.transpose(0, 1), d.t()), (s.permute(1, 0), d.t()),
        (s[2], d[2]), (s[:, 1], d[:, 1]),
        (s[1:], d[1:]), (s[:, ::2], d[:, ::2]), (s.index_select(1, pick), d.index_select(1, pick)),
        (s.index_select(0, pick), d.index_select(0, pick)), (s.unsqueeze(0), d.unsqueeze(0)),
        (s.unsqueeze(2), d.unsqueeze(2)),
        (flambeau.cat([s, s], 1), flambeau.cat([d, d], 1)), (flambeau.stack([s, s]), flambeau.stack([d, d])),
    ]:  # fmt: skip
        assert sparse.is_sparse and sparse.shape == strided.shape
        same(sparse, strided)
        same(sparse.coalesce(), strided)
    h = hybrid()
    same(h.transpose(1, 2), h.to_dense().transpose(1, 2))
    same(h.select(2, 1), h.to_dense().select(2, 1))
    with pytest.raises(RuntimeError, match="not of one kind"):
        h.transpose(0, 1)


def test_products():
    s, d = repeated(), flambeau.arange(12.0).reshape(3, 4)
    a = s.to_dense()
    for product in (s @ d, flambeau.mm(s, d), flambeau.sparse.mm(s, d), flambeau.matmul(s, d)):
        assert not product.is_sparse
        flambeau.testing.assert_close(product, a @ d)
    flambeau.testing.assert_close(d.t() @ s.t(), d.t() @ a.t())
    flambeau.testing.assert_close(s @ d[:, 0], a @ d[:, 0])
    m = flambeau.ones(2, 4)
    flambeau.testing.assert_close(flambeau.sparse.addmm(m, s, d, beta=2, alpha=3), 2 * m + 3 * (a @ d))
    assert (s @ s.t()).is_sparse
    same(s @ s.t(), a @ a.t())
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        s @ s


def test_softmax_over_given_elements():
    d = flambeau.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])
    hidden = flambeau.where(d != 0, d, flambeau.tensor(-float("inf")))
    same(flambeau.sparse.softmax(d.to_sparse(), 1), hidden.softmax(1))
    soft = flambeau.sparse.log_softmax(d.to_sparse(), 1)
    flambeau.testing.assert_close(soft.values(), hidden.log_softmax(1)[d != 0])


def test_spdiags():
    got = flambeau.sparse.spdiags(flambeau.arange(1.0, 7).reshape(2, 3), flambeau.tensor([0, 1]), (3, 3))
    assert got.to_dense().tolist() == [[1, 5, 0], [0, 2, 6], [0, 0, 3]]


def test_what_is_missing_says_so():
    s = repeated()
    with pytest.raises(NotImplementedError, match=r"^cos: .*sparse_coo \(float32\).*to_dense"):
        s.cos()
    with pytest.raises(NotImplementedError, match=r"^eq: "):
        _ = s == s
    with pytest.raises(RuntimeError, match=r"^data_ptr: "):
        s.data_ptr()
    with pytest.raises(NotImplementedError, match="to_dense"):
        s.tolist()
    with pytest.raises(TypeError, match="to_dense"):
        s.numpy()
    with pytest.raises(NotImplementedError, match="sparse_csr_tensor"):
        flambeau.sparse_csr_tensor([0, 1], [0], [1.0])
    with pytest.raises(NotImplementedError, match="layout"):
        flambeau.ones(2, layout=flambeau.sparse_coo)


# --- gradients ---
def test_gradient_of_a_leaf_is_sparse():
    s = repeated(grad=True)
    weight = flambeau.arange(6.0).reshape(2, 3)
    (s.to_dense() * weight).sum().backward()
    assert s.grad.is_sparse and s.grad._indices().tolist() == INDICES and s.grad._values().tolist() == [2, 3, 3]


FUNCTIONS = {
    "to_dense": lambda s, d: s.to_dense(),
    "coalesce": lambda s, d: s.coalesce().values(),
    "add": lambda s, d: (s + 2 * s.coalesce()).to_dense(),
    "same": lambda s, d: (s + s).to_dense(),
    "mul": lambda s, d: (s * s).to_dense(),
    "mul_dense": lambda s, d: (s * d.t()).to_dense(),
    "add_dense": lambda s, d: d.t() + s,
    "add_dense_": lambda s, d: (d.t() * 1).add_(s, alpha=2),
    "mul_": lambda s, d: (s * 1).mul_(3).to_dense(),
    "sum": lambda s, d: s.sum(0).to_dense(),
    "total": lambda s, d: s.sum(),
    "mm": lambda s, d: s @ d,
    "mm_right": lambda s, d: d @ s,
    "mm_sparse": lambda s, d: (s @ s.t()).to_dense(),
    "addmm": lambda s, d: flambeau.sparse.addmm(flambeau.ones(2, 2, dtype=flambeau.float64), s, d, alpha=2),
    "mv": lambda s, d: s @ d[:, 0],
    "select": lambda s, d: s[1].to_dense(),
    "cat": lambda s, d: flambeau.cat([s, s]).to_dense(),
    "sin": lambda s, d: s.sin().to_dense(),
    "mask": lambda s, d: (s.sparse_mask(s.detach().coalesce())).to_dense(),
    "to_sparse": lambda s, d: (d.to_sparse() * d.to_sparse()).to_dense() + 0 * s.sum(),
    "softmax": lambda s, d: flambeau.sparse.softmax(s, 1).to_dense(),
    "norm": lambda s, d: s.norm(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_by_finite_differences(name):
    values = flambeau.tensor([3.0, 4.0, 5.0], dtype=flambeau.float64, requires_grad=True)
    dense = (flambeau.arange(6.0, dtype=flambeau.float64).reshape(3, 2) + 1).requires_grad_()

    def function(v, d):
        return FUNCTIONS[name](flambeau.sparse_coo_tensor(INDICES, v, (2, 3)), d)

    assert flambeau.autograd.gradcheck(function, (values, dense))
    assert flambeau.autograd.gradgradcheck(function, (values, dense))


def test_accumulation():
    s, d = repeated(), flambeau.ones(2, 3)
    p = flambeau.zeros(2, 3, requires_grad=True)
    for first, second in [(s, s.coalesce()), (s, d), (d, s)]:
        p.grad = first.clone()
        node = p.expand_as(p)
        node.backward(second)
        flambeau.testing.assert_close(p.grad.to_dense(), first.to_dense() + second.to_dense())
        assert p.grad.is_sparse == (first.is_sparse and second.is_sparse)


def test_hooks_see_sparse_gradients():
    table = nn.Embedding(5, 2, sparse=True)
    seen = []
    table.weight.register_hook(lambda g: seen.append(g.is_sparse) or g * 2)
    table(flambeau.tensor([1, 1])).sum().backward()
    assert seen == [True] and table.weight.grad.to_dense()[1].tolist() == [4, 4]


# --- embeddings and optimizers ---
@pytest.mark.parametrize("padding", [None, 1])
def test_embedding(padding):
    rows = flambeau.tensor([[1, 3], [3, 0]])
    weight = flambeau.randn(5, 2)
    grads = []
    for sparse in (False, True):
        w = weight.clone().requires_grad_()
        out = nn.functional.embedding(rows, w, padding_idx=padding, sparse=sparse)
        (out**2).sum().backward()
        grads.append(w.grad)
    assert grads[1].is_sparse and grads[1]._nnz() == (4 if padding is None else 3)
    same(*grads)


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_embedding_bag(mode):
    rows, offsets = flambeau.tensor([1, 3, 3, 0]), flambeau.tensor([0, 1])
    weight = flambeau.randn(5, 2)
    grads = []
    for sparse in (False, True):
        w = weight.clone().requires_grad_()
        (nn.functional.embedding_bag(rows, w, offsets, mode=mode, sparse=sparse) ** 2).sum().backward()
        grads.append(w.grad)
    assert grads[1].is_sparse
    same(*grads)


def trained(sparse, make, steps=5, clip=None):
    flambeau.manual_seed(3)
    table = nn.Embedding(7, 3, sparse=sparse)
    optimizer = make(table.parameters())
    target = flambeau.randn(7, 3)
    rows = flambeau.arange(7).repeat(2)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((table(rows) - target[rows]) ** 2).sum()
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(table.parameters(), clip)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    return table.weight.detach()


@pytest.mark.parametrize(
    "make",
    [
        lambda p: flambeau.optim.SGD(p, lr=0.05),
        lambda p: flambeau.optim.SGD(p, lr=0.05, momentum=0.9),
        lambda p: flambeau.optim.Adagrad(p, lr=0.1),
    ],
)
@pytest.mark.parametrize("clip", [None, 0.5])
def test_optimizers_take_sparse_gradients(make, clip):
    flambeau.testing.assert_close(trained(True, make, clip=clip), trained(False, make, clip=clip))


def test_sparse_adam_is_adam_where_every_row_is_met():
    flambeau.testing.assert_close(
        trained(True, lambda p: flambeau.optim.SparseAdam(list(p), lr=0.1)),
        trained(False, lambda p: flambeau.optim.Adam(p, lr=0.1)),
    )


def test_zero_grad_keeps_the_layout():
    table = nn.Embedding(5, 2, sparse=True)
    table(flambeau.tensor([1])).sum().backward()
    table.zero_grad(set_to_none=False)
    assert table.weight.grad.is_sparse and table.weight.grad._nnz() == 0


def test_assert_close():
    s = repeated()
    flambeau.testing.assert_close(s, s.clone())
    with pytest.raises(AssertionError):
        flambeau.testing.assert_close(s, s * 2)
    with pytest.raises(AssertionError):
        flambeau.testing.assert_close(s, s.to_dense())


def test_wild_indices_raise_instead_of_crashing():
    s = flambeau.sparse_coo_tensor([[0, 1], [0, 1]], [1.0, 2.0], (2, 2), is_coalesced=True)
    s._indices().fill_(1000000)
    for use in (
        lambda: s.to_dense(),
        lambda: s @ s,
        lambda: s @ flambeau.ones(2, 2),
        lambda: s.index_select(0, flambeau.tensor([0])),
    ):
        with pytest.raises((RuntimeError, IndexError)):
            use()
