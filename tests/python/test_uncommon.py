"""The functions that few programs use: checks, symbolic numbers, low-rank factorizations."""

from __future__ import annotations

import pytest

import flambeau


@pytest.mark.parametrize(
    ("check", "error"),
    [
        ("_check", RuntimeError),
        ("_check_index", IndexError),
        ("_check_value", ValueError),
        ("_check_type", TypeError),
        ("_check_not_implemented", NotImplementedError),
    ],
)
def test_checks(check, error):
    getattr(flambeau, check)(True)
    with pytest.raises(error, match="so it is 3"):
        getattr(flambeau, check)(False, lambda: "so it is 3")
    with pytest.raises(TypeError):
        getattr(flambeau, check)(flambeau.tensor(True))


def test_checks_of_sizes_and_tensors():
    flambeau._check_is_size(3, max=3)
    with pytest.raises(RuntimeError):
        flambeau._check_is_size(4, max=3)
    flambeau._check_tensor_all(flambeau.ones(2) > 0)
    with pytest.raises(RuntimeError):
        flambeau._check_tensor_all(flambeau.arange(2) > 0)
    flambeau._assert(flambeau.ones(1) > 0, "no")
    with pytest.raises(AssertionError, match="no"):
        flambeau._assert(flambeau.zeros(1) > 0, "no")


def test_numbers():
    assert flambeau.sym_int(-2.5) == -2 and flambeau.sym_max(1, 2.0) == 2.0 and flambeau.sym_ite(False, 1, 2) == 2
    assert isinstance(flambeau.sym_min(1, 2.0), float) and flambeau.sym_sum([1, 2]) == 3
    assert flambeau.scalar_tensor(3).dtype == flambeau.float32
    assert flambeau._shape_as_tensor(flambeau.ones(2, 3)).tolist() == [2, 3]


@pytest.mark.parametrize("shape", [(7, 5), (5, 7), (2, 6, 4)])
@pytest.mark.parametrize("dtype", [flambeau.float64, flambeau.complex128])
def test_low_rank_is_exact_for_low_rank(shape, dtype):
    flambeau.manual_seed(0)
    left = flambeau.randn(*shape[:-1], 2, dtype=dtype)
    right = flambeau.randn(*shape[:-2], 2, shape[-1], dtype=dtype)
    u, s, v = flambeau.svd_lowrank(left @ right + 1, q=2, M=flambeau.ones(shape[-1], dtype=dtype))
    flambeau.testing.assert_close((u * s[..., None, :]) @ v.mH, left @ right)
    _, s, v = flambeau.pca_lowrank(left @ right, q=3)
    assert s.shape[-1] == v.shape[-1] == 3 and bool((s[..., 2] < 1e-10).all())


def test_tensor_methods():
    x = flambeau.ones(2, dtype=flambeau.int32)
    assert x.storage_type() is flambeau.IntStorage
    assert x.dequantize().dtype == flambeau.float32
    assert flambeau.ones(1).is_nonzero() and not flambeau.zeros(1).is_nonzero()
    with pytest.raises(NotImplementedError, match=r"Tensor\.index"):
        x.index((0,), ())


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("celu", ()),
        ("elu", (0.5,)),
        ("hardtanh", (-0.5, 0.5)),
        ("leaky_relu", (0.2,)),
        ("relu", ()),
        ("rrelu", (0.1, 0.3)),
        ("selu", ()),
        ("threshold", (0.1, 20.0)),
    ],
)
def test_activations_in_place(name, arguments):
    functional = flambeau.nn.functional
    x = flambeau.linspace(-1, 1, 9)
    expected = getattr(functional, name)(x, *arguments)
    assert getattr(functional, name + "_")(x, *arguments) is x
    assert x.tolist() == expected.tolist()


def test_record_function_under_its_older_name():
    from flambeau.autograd import profiler

    assert profiler.record_function is flambeau.profiler.record_function


@pytest.mark.parametrize("room", ["fft", "special"])
def test_star_imports_bring_the_operators(room):
    names: dict = {}
    exec(f"from flambeau.{room} import *", names)
    module = getattr(flambeau, room)
    public = {n for n in dir(module) if callable(getattr(module, n)) and not n.startswith("_")}
    assert public and public <= set(names)


def test_operands_that_operators_do_not_take():
    class Other:
        def __rmul__(self, left):
            return "asked"

    x = flambeau.tensor([1.0, 2.0])
    for method in ("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__truediv__", "__rtruediv__", "__rdiv__"):
        assert getattr(x, method)(Other()) is NotImplemented
    assert x * Other() == "asked"
    with pytest.raises(TypeError, match="unsupported operand"):
        Other() - x
    assert x.__rsub__(3).tolist() == [2.0, 1.0] and x.__rdiv__(3).tolist() == [3.0, 1.5]


def test_sizes_that_broadcast():
    size = flambeau.Size
    assert flambeau._C._infer_size(size([1, 3]), size([2, 1])) == (2, 3)
    with pytest.raises(RuntimeError):
        flambeau._C._infer_size(size([2]), size([3]))
    with pytest.raises(RuntimeError, match="Size"):
        flambeau._C._infer_size((1,), size([3]))


def test_an_empty_dimension_has_no_kth_value():
    with pytest.raises(IndexError, match="non-zero size"):
        flambeau.empty(2, 0, 4).kthvalue(1, dim=1)
    assert flambeau.empty(2, 0, 4).kthvalue(1, dim=2).values.shape == (2, 0)
    with pytest.raises(RuntimeError, match="out of range"):
        flambeau.ones(3).kthvalue(4)


def test_older_comparison_takes_numbers():
    with pytest.warns(FutureWarning):
        flambeau.testing.assert_allclose(flambeau.tensor(float("inf")), float("inf"))
    with pytest.warns(FutureWarning), pytest.raises(AssertionError):
        flambeau.testing.assert_allclose(1.0, flambeau.tensor(2.0))


def test_older_sparse_constructors_keep_the_values_type():
    made = flambeau.sparse.DoubleTensor(flambeau.tensor([[0, 1]]), flambeau.ones(2), flambeau.Size([2]))
    assert made.dtype == flambeau.float32 and made.to_dense().tolist() == [1.0, 1.0]


@pytest.mark.parametrize("name", ["prod", "cumprod", "sum", "cumsum", "mean", "nansum"])
def test_out_of_another_type_than_the_one_asked_for(name):
    x, operator = flambeau.ones(3), getattr(flambeau, name)
    for kind in (flambeau.float64, flambeau.complex64):
        if name == "nansum" and kind.is_complex:
            continue
        out = flambeau.empty(0, dtype=kind)
        assert operator(x, 0, dtype=kind, out=out) is out
    for wanted, given in (
        (flambeau.float32, flambeau.complex64),
        (flambeau.float32, flambeau.float64),
        (flambeau.float64, flambeau.int64),
    ):
        with pytest.raises(RuntimeError, match=r"dtype|cast"):
            operator(x, 0, dtype=wanted, out=flambeau.empty(0, dtype=given))
    # The norm of complex numbers is real: dtype= is the type to compute in.
    out = flambeau.empty((), dtype=flambeau.float64)
    flambeau.linalg.vector_norm(x + 0j, dtype=flambeau.complex128, out=out)
    assert out.item() == pytest.approx(3**0.5)


def test_a_linear_combination_takes_real_weights_of_complex_entries():
    entries = flambeau.tensor([[1 + 1j], [2.0 + 0j]])
    got = flambeau._compute_linear_combination(entries, flambeau.tensor([[2.0, 3.0]]))
    assert got.tolist() == [[8 + 2j]]
