"""Calls that once killed the process or never came back: each must raise, or end. Found by the fuzzer (tests/fuzz)."""

from __future__ import annotations

import contextlib

import pytest

import flambeau as f
from flambeau import _C

aten = _C.aten
OOM = f.OutOfMemoryError


class Shrinking(list):  # type: ignore[type-arg]
    """A list whose items empty it when they are read."""

    def __init__(self, kind: type) -> None:
        shrinking = self

        class Item(kind):  # type: ignore[misc, valid-type]
            def __index__(self) -> int:
                shrinking.clear()
                return 1

            def __float__(self) -> float:
                shrinking.clear()
                return 1.0

        super().__init__([Item() for _ in range(50)])


class Subclass(f.Tensor):
    """Passes through ``__torch_function__``."""

    @staticmethod
    def of(t: f.Tensor) -> f.Tensor:
        return t.as_subclass(Subclass)


def x(*shape: int, dtype: f.dtype = f.float32) -> f.Tensor:
    return f.ones(shape, dtype=dtype)


RAISES = {
    "a norm of booleans": (lambda: aten._vector_norm(f.tensor([True]), 2.0, [0], False), RuntimeError),
    # Text that has no UTF-8 form.
    "device text": (lambda: f.zeros(3, device="\ud800"), UnicodeEncodeError),
    "device factory text": (lambda: aten.triu_indices(3, 4, device="\ud800"), UnicodeEncodeError),
    "keyword": (lambda: f.sin(x(2), **{"\ud800": 1}), TypeError),
    "keyword of several overloads": (lambda: f.add(x(2), x(2), **{"\ud800": 1}), TypeError),
    "operator name": (lambda: getattr(aten, "\ud800"), UnicodeEncodeError),
    "device number": (lambda: f.zeros(3, device=2**70), RuntimeError),
    # A tensor without elements where a number is read.
    "amp scale": (lambda: aten._amp_update_scale_(x(1), x(1, dtype=f.int32), x(0), 2.0, 0.5, 10), RuntimeError),
    "learning rate": (
        lambda: aten._fused_adagrad_(
            [x(2)], [x(2)], [x(2)], [x()], lr=x(0), lr_decay=0.0, weight_decay=0.0, eps=1e-8, maximize=False
        ),
        RuntimeError,
    ),
    "in place on a number": (lambda: aten.float_power_(2, x(3)), TypeError),
    "mask of another length": (lambda: aten.linear_backward(x(2, 3), x(2, 4), x(4, 3), []), TypeError),
    "dimensions of a view": (lambda: f.kron(f.ones((1,) * 64), x(2)), RuntimeError),
    "dimensions of a reshape": (lambda: x(4).reshape((1,) * 70 + (4,)), RuntimeError),
    "dimensions of strided memory": (lambda: f.empty_strided((1,) * 65, (1,) * 65), RuntimeError),
    # Counts that no memory holds.
    "mvlgamma": (lambda: f.mvlgamma(x(3) + 1, 2**53 + 1), RuntimeError),
    "combinations": (lambda: f.combinations(f.ones(2**20), 7), RuntimeError),
    "combinations on meta": (lambda: f.combinations(f.empty(2**31, device="meta")), RuntimeError),
    "triu_indices": (lambda: f.triu_indices(2**53 + 1, 4, -(2**60)), RuntimeError),
    "tril_indices": (lambda: f.tril_indices(2**62, 2**62, 2**62), RuntimeError),
    "vander": (lambda: f.vander(x(3), N=2**62), RuntimeError),
    "tensor_split": (lambda: x(3).tensor_split(2**31 - 1), RuntimeError),
    "split on meta": (lambda: f.empty(2**62, device="meta", dtype=f.uint8).split(1), RuntimeError),
    "pixel_shuffle": (lambda: f.pixel_shuffle(x(1, 4, 2, 2), 2**62), RuntimeError),
    # Helpers of gradients, called by hand.
    "frames": (lambda: aten._frames(x(2, 5), 9, 0), RuntimeError),
    "frames of a vector": (lambda: aten._frames(x(5), 2, 1), RuntimeError),
    "overlap_add": (lambda: aten._overlap_add(x(1, 3, 4), 2, 5), RuntimeError),
    "window_scatter": (lambda: aten._window_scatter(x(4), x(2), [2**31], [1], 0, [1], 0), RuntimeError),
    "window_gather": (lambda: aten._window_gather(x(4), [2], [2**40], 0, [4], [1], 0), RuntimeError),
    "cross_entropy_rows_backward": (
        lambda: aten._cross_entropy_rows_backward(x(5), x(2, 3), x(2, dtype=f.int64), None, -100, 0.0, x(1)),
        RuntimeError,
    ),
    "layer_norm_backward": (
        lambda: aten.native_layer_norm_backward(x(2), x(3, 3), [3], x(1), x(1), None, None, [True, True, True]),
        RuntimeError,
    ),
    "unfold_backward": (lambda: aten.unfold_backward(x(2, 3), [5], 7, 3, 1), IndexError),
    "pool dimensions": (
        lambda: aten._max_pool(x(1, 1, 4), [2], [2], [0], [1], True, 2**63 - 1, False),
        RuntimeError,
    ),
    "pinv": (lambda: f.linalg.pinv(x(5, 3), rtol=x(2, 0, 3)), RuntimeError),
    "embedding_dense_backward": (
        lambda: aten.embedding_dense_backward(x(2, 3), x(9, dtype=f.int64), 4, -1, False),
        RuntimeError,
    ),
    "linear_backward": (lambda: aten.linear_backward(x(9, 3), x(2, 4), x(4, 3), [True] * 3), RuntimeError),
    "linear_backward of two types": (
        lambda: aten.linear_backward(x(2, 3), x(2, 4, dtype=f.bool), x(4, 3), [True] * 3),
        RuntimeError,
    ),
    "multilabel_margin_loss_backward": (
        lambda: aten.multilabel_margin_loss_backward(x(), x(2, 3), x(2, 3, dtype=f.int64) * 3, 1, x(2, 3)),
        RuntimeError,
    ),
    "multilabel_margin_loss_backward of no flags": (
        lambda: aten.multilabel_margin_loss_backward(x(), x(2, 3), x(2, 3, dtype=f.int64), 1, x(0)),
        RuntimeError,
    ),
    "native_batch_norm_backward": (
        lambda: aten.native_batch_norm_backward(x(2, 3), x(2, 3), None, None, None, x(1), x(3), True, 0.1, [True] * 3),
        RuntimeError,
    ),
    "nll_loss_backward": (
        lambda: aten.nll_loss_backward(x(0), x(2, 3), x(2, dtype=f.int64), None, 1, -100, x()),
        RuntimeError,
    ),
    "nll_loss_backward of no class": (
        lambda: aten.nll_loss_backward(x(), x(2, 3), x(2, dtype=f.int64) * 99, None, 1, -100, x()),
        IndexError,
    ),
    "permutation_matrix": (lambda: aten._permutation_matrix(x(3, dtype=f.float8_e4m3fn), 3, f.float32), RuntimeError),
    "permutation_matrix of few rows": (
        lambda: aten._permutation_matrix(x(3, dtype=f.int32), 1, f.float32),
        RuntimeError,
    ),
    "view_as_complex": (lambda: f.view_as_complex(x(3, 2, dtype=f.float8_e5m2)), RuntimeError),
    "strides of no elements": (lambda: f.empty(0, 2**62, 2**62), RuntimeError),
    # Numbers that a library would take for places in memory.
    "pivots": (lambda: f.linalg.lu_solve(f.eye(3), x(3, dtype=f.int32) * 99, x(3, 1)), RuntimeError),
    **{
        f"pivots {pivots} of blocks": (
            lambda pivots=pivots: f.linalg.ldl_solve(f.eye(3), f.tensor(pivots, dtype=f.int64), x(3, 1)),
            RuntimeError,
        )
        for pivots in (
            [0, 2, 3],
            [1, 2, 4],
            [1, 2, 2**31 - 1],
            [-(2**31)] * 2 + [3],
            [1, 2, -3],
            [-1, 2, 3],
            [-2, -2, -3],
            [-2, -4, 3],
            [-4, -2, 3],
            [1, -2, 3],
        )
    },
    "pivots of another size": (
        lambda: aten._lu_solve(f.eye(3), x(1, dtype=f.int32), x(3, 1), False),
        RuntimeError,
    ),
    "labels of another batch": (
        lambda: aten._ctc_loss_gradient(x(2), x(4, 2, 3), x(1, 3, dtype=f.int64), [4, 4], [3, 3], 0, False),
        RuntimeError,
    ),
    "label counts that overflow": (
        lambda: f.ctc_loss(x(4, 2, 3), x(8, dtype=f.int64), [4, 4], [2**62, 2**62]),
        RuntimeError,
    ),
    "sparse indices": (lambda: aten._check_sparse_indices(x(2, 3), [4, 4]), RuntimeError),
    "sparse indices of more dimensions": (
        lambda: aten._check_sparse_indices(x(3, 2, dtype=f.int64), [4]),
        RuntimeError,
    ),
    "layouts": (lambda: aten._between_layouts(x(4), [1], 0, [2], [-9], 0, True), RuntimeError),
    "factors of another size": (lambda: aten._recurrence(x(4, 2), x(2), 0, False), RuntimeError),
    "stft of bytes": (
        lambda: f.stft(x(16, dtype=f.float8_e5m2), 8, return_complex=True),
        NotImplementedError,
    ),
    "a dimension transformed twice": (lambda: f.fft.fftn(x(4, 4), dim=(0, 0)), RuntimeError),
    "retain_grad of a list": (lambda: f.Tensor.retain_grad([x(2)]), TypeError),
    # Sizes beyond int64.
    "unflatten": (lambda: x(4).unflatten(0, (2, 2**62)), RuntimeError),
    "convolution padding": (lambda: f.conv1d(x(1, 1, 4), x(1, 1, 2), padding=2**62), RuntimeError),
    "diagonal": (lambda: f.diag_embed(x(3), offset=-(2**63)), RuntimeError),
    "tile": (lambda: x(3).tile(2**62), RuntimeError),
    "repeat_interleave": (lambda: x(3).repeat_interleave(2**62), RuntimeError),
    "arange": (lambda: f.arange(2**62, -(2**62), -1), RuntimeError),
    "replication_pad": (lambda: f.nn.functional.pad(x(1, 2, 3), (2**62, 2**62), "replicate"), RuntimeError),
    "one_hot": (lambda: f.nn.functional.one_hot(f.tensor([2**63 - 1])), RuntimeError),
    "rows of a long tensor": (lambda: f.ones(1).expand(2**31).unbind(), OOM),
    # Subclasses whose methods fail on their way through __torch_function__.
    "dlpack of a subclass": (lambda: Subclass.of(x(2)).__dlpack__(1, 2, 3, 4), TypeError),
}


@pytest.mark.parametrize("name", RAISES)
def test_raises(name: str) -> None:
    call, error = RAISES[name]
    with pytest.raises(error):
        call()


def test_an_argument_that_takes_another_size_as_out() -> None:
    t = f.arange(12).reshape(3, 4)[:, ::2]
    wanted = f.constant_pad_nd(t.clone(), (1, 1))
    try:
        got = aten.constant_pad_nd(t, [1, 1], out=t)
    except RuntimeError:
        return
    assert got.tolist() == wanted.tolist()


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear"])
def test_scales_that_lead_far_outside(mode: str) -> None:
    t = f.arange(4.0).reshape(1, 1, 4)
    call = {"nearest": aten.upsample_nearest1d, "nearest-exact": aten._upsample_nearest_exact1d}
    got = (
        aten.upsample_linear1d(t, [5], False, scales=1e-300) if mode == "linear" else call[mode](t, [5], scales=1e-300)
    )
    assert set(got.flatten().tolist()) <= {0.0, 1.0, 2.0, 3.0}


def test_random_counts_of_nan_end() -> None:
    nan, inf = float("nan"), float("inf")
    p = f.full((3,), 0.5)
    assert f.binomial(f.tensor([nan, inf, 4.0]), p)[0].isnan() and f.binomial(f.tensor([inf] * 3), p)[0] == inf
    gamma = f._standard_gamma(f.tensor([nan, inf, 1.0]))
    assert gamma[0].isnan() and gamma[1] == inf and gamma[2] > 0
    assert f.poisson(f.tensor([inf])).item() > 2.0**60


def test_the_gradient_scaler_sees_what_is_not_finite_in_any_layout() -> None:
    for t in (f.tensor([[1.0, 2.0], [float("inf"), 3.0]]).mT, f.full((100, 100), float("nan")).mT):
        found = f.zeros(1)
        aten._amp_foreach_non_finite_check_and_unscale_([t], found, f.ones(1))
        assert found.item() == 1


def test_many_matrices_without_elements() -> None:
    q, r = f.linalg.qr(f.empty(2**31, 0, 2**31))
    assert q.shape == (2**31, 0, 0) and r.shape == (2**31, 0, 2**31)


def test_lists_that_change_while_they_are_read() -> None:
    for call in (
        lambda: x(2, 3).reshape(Shrinking(int)),
        lambda: f.zeros(Shrinking(int)),
        lambda: aten._foreach_add_([x(2)], Shrinking(float)),
    ):
        with contextlib.suppress(RuntimeError, TypeError):
            call()


def test_triangles_have_the_same_elements_as_by_counting() -> None:
    for rows in range(5):
        for columns in range(5):
            for offset in range(-6, 7):
                lower = [(r, c) for r in range(rows) for c in range(columns) if c - r <= offset]
                upper = [(r, c) for r in range(rows) for c in range(columns) if c - r >= offset]
                for function, wanted in ((f.tril_indices, lower), (f.triu_indices, upper)):
                    got = function(rows, columns, offset)
                    assert got.shape == (2, len(wanted))
                    assert list(zip(*got.tolist())) == wanted, (rows, columns, offset)


def test_combinations_have_the_same_rows_as_by_itertools() -> None:
    import itertools

    for n in range(5):
        for r in range(1, 6):
            for replacement in (False, True):
                every = itertools.combinations_with_replacement if replacement else itertools.combinations
                wanted = [list(row) for row in every(range(n), r)]
                got = f.combinations(f.arange(n), r, replacement)
                assert got.shape == (len(wanted), r) and got.tolist() == wanted


def test_mvlgamma_is_the_sum_that_defines_it() -> None:
    import math

    for p in (1, 2, 63, 64, 65, 100):
        value = 60.0
        wanted = p * (p - 1) / 4 * math.log(math.pi) + sum(math.lgamma(value - j / 2) for j in range(p))
        assert f.mvlgamma(f.tensor(value, dtype=f.float64), p).item() == pytest.approx(wanted, rel=1e-12)


def test_vander_is_powers() -> None:
    t = f.tensor([2, 3, 5])
    assert f.vander(t).tolist() == [[4, 2, 1], [9, 3, 1], [25, 5, 1]]
    assert f.vander(t, N=2, increasing=True).tolist() == [[1, 2], [1, 3], [1, 5]]
    assert f.vander(t, N=1).tolist() == [[1], [1], [1]] and f.vander(t, N=0).shape == (3, 0)
    assert f.vander(t.to(f.uint8)).dtype == f.int64
