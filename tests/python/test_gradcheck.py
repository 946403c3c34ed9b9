"""`gradcheck`, `gradgradcheck`: that they find one wrong element, whatever they compare, and are fast when asked to."""

import importlib

import pytest

import flambeau
from flambeau.autograd import gradcheck, gradgradcheck

GradcheckError = importlib.import_module("flambeau.autograd.gradcheck").GradcheckError


class Cube(flambeau.autograd.Function):
    """x cubed, with a gradient that is off by `fault` at one element."""

    fault = 0.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        wrong = flambeau.zeros_like(x)
        wrong.view(-1)[-1] = Cube.fault
        return grad * (3 * x**2 + wrong).conj()


@pytest.fixture
def fault():
    yield
    Cube.fault = 0.0


def point(dtype, shape=(3, 4)):
    flambeau.manual_seed(0)
    return flambeau.randn(shape, dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("dtype", [flambeau.float64, flambeau.complex128])
@pytest.mark.parametrize("size", [1.0, 1e-1])
def test_one_wrong_element_is_found(fast, dtype, size, fault):
    x = point(dtype)
    assert gradcheck(Cube.apply, x, fast_mode=fast)
    Cube.fault = size
    with pytest.raises(GradcheckError, match="Jacobian mismatch for output 0 with respect to input 0"):
        gradcheck(Cube.apply, x, fast_mode=fast)
    assert not gradcheck(Cube.apply, x, fast_mode=fast, raise_exception=False)


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize("dtype", [flambeau.float64, flambeau.complex128])
def test_fast_mode_asks_for_a_number_of_calls_that_does_not_grow(check, dtype):
    counts = []
    for elements in (4, 64):
        calls = 0

        def f(x):
            nonlocal calls
            calls += 1
            return (x.sin() * x).sum(0)

        assert check(f, point(dtype, (elements, 2)), fast_mode=True)
        counts.append(calls)
    assert counts[0] == counts[1] < 30


@pytest.mark.parametrize("fast", [False, True])
def test_outputs_that_are_views_of_the_input(fast):
    x = point(flambeau.float64)
    assert gradcheck(lambda x: (x, x.t(), x[0]), x, fast_mode=fast)
    assert gradgradcheck(lambda x: x.t() * 2, x, fast_mode=fast)


@pytest.mark.parametrize("fast", [False, True])
def test_the_input_is_left_as_it_was(fast):
    x = point(flambeau.float64)
    kept, version = x.detach().clone(), x._version
    gradcheck(flambeau.sin, x, fast_mode=fast, check_forward_ad=True)
    assert flambeau.equal(x, kept) and x._version == version
    Cube.fault, calls = 0.0, []

    def fails_when_moved(x):
        calls.append(None)
        if len(calls) > 1:
            raise ValueError("moved")
        return x.sin()

    with pytest.raises(ValueError, match="moved"):
        gradcheck(fails_when_moved, x, fast_mode=fast)
    assert flambeau.equal(x, kept)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("dtype", [flambeau.float64, flambeau.complex128])
def test_forward_mode(fast, dtype):
    dual = flambeau.autograd.forward_ad
    factor = 1.0

    def doubled(x):
        out, tangent = dual.unpack_dual(x * 2)
        return out if tangent is None else dual.make_dual(out, tangent * factor)

    arguments = {"check_forward_ad": True, "check_backward_ad": False, "fast_mode": fast}
    assert gradcheck(doubled, point(dtype), **arguments)
    factor = 1.01
    with pytest.raises(GradcheckError, match="in forward mode"):
        gradcheck(doubled, point(dtype), **arguments)


def test_forward_derivatives_along_several_directions(monkeypatch):
    arguments = {"check_forward_ad": True, "check_backward_ad": False, "check_batched_forward_grad": True}

    def f(x):
        return x.logsumexp(0), x @ x.t()

    assert gradcheck(f, point(flambeau.float64), **arguments)
    right = flambeau.func.jvp
    monkeypatch.setattr(flambeau.func, "jvp", lambda *a: (None, tuple(t * 2 for t in right(*a)[1])))
    with pytest.raises(GradcheckError, match="batched forward derivatives"):
        gradcheck(f, point(flambeau.float64), **arguments)


def test_weights_of_the_first_pass_may_be_strided():
    seen = []

    def f(x):
        out = x * x
        out.register_hook(lambda grad: seen.append(grad.is_contiguous()))
        return out

    gradgradcheck(f, point(flambeau.float64), fast_mode=True, gen_non_contig_grad_outputs=True)
    assert not seen[0]
    seen.clear()
    gradgradcheck(f, point(flambeau.float64), fast_mode=True)
    assert seen[0]


def test_a_difference_that_no_output_records():
    x = point(flambeau.float64)
    for fast in (False, True):
        with pytest.raises(GradcheckError, match="expected to be zero"):
            gradcheck(lambda x: x.detach() * 2, x, fast_mode=fast)
