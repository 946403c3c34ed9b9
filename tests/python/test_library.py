"""Operators of one's own: `flambeau.library`. What is expected of each case is what PyTorch 2.13 does with it."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import flambeau as torch
from flambeau import Tensor
from flambeau.library import Library, custom_op, infer_schema, opcheck


@pytest.fixture
def lib() -> Iterator[Library]:
    made = Library("tests_of_library", "FRAGMENT")
    yield made
    made._destroy()


ops = torch.ops.tests_of_library


# --- Library: schemas, arguments, results -----------------------------------------------------------------------------
def test_kernels_get_arguments_without_defaults_at_the_end(lib: Library) -> None:
    assert lib.define("f(Tensor x, int k=3, *, float s=1.0) -> Tensor") == "f"
    calls: list[Any] = []

    def kernel(*args: Any, **kwargs: Any) -> Tensor:
        calls.append((args[1:], kwargs))
        return args[0] * 2

    lib.impl("f", kernel, "CPU")
    x = torch.ones(2)
    for args, kwargs in (((), {}), ((4,), {"s": 2}), ((4,), {"s": 1}), ((), {"k": 3, "s": 2})):
        assert ops.f(x, *args, **kwargs).tolist() == [2.0, 2.0]
    assert calls == [((), {}), ((4,), {"s": 2.0}), ((4,), {}), ((), {"s": 2.0})]


def test_values_reach_the_kernel_in_the_schemas_types(lib: Library) -> None:
    lib.define(
        "f(Tensor x, float f, int[] l, str s, Device d, ScalarType t, Scalar c, bool b, Tensor? o, Tensor[] tl, "
        "MemoryFormat mf, float[] fl, int? oi=None) -> ()"
    )
    seen: list[Any] = []
    lib.impl("f", lambda *args: seen.extend(args), "CPU")
    y = torch.ones(1)
    ops.f(y, 1, (1, 2), "s", "cpu", torch.float32, 3, True, None, (y,), torch.channels_last, [1, 2])
    assert seen[0] is y
    assert seen[1:9] == [1.0, [1, 2], "s", torch.device("cpu"), torch.float32, 3, True, None]
    assert type(seen[1]) is float and seen[9][0] is y and type(seen[9]) is list
    assert seen[10:] == [torch.channels_last, [1.0, 2.0]]


@pytest.mark.parametrize(
    ("schema", "given", "expected"),
    [
        ("f(Tensor x) -> Tensor", 3, RuntimeError),
        ("f(Tensor x) -> Tensor", None, None),
        ("f(Tensor x) -> int", 3.5, RuntimeError),
        ("f(Tensor x) -> int", 3, 3),
        ("f(Tensor x) -> float", 3, 3.0),
        ("f(Tensor x) -> (int, int)", [1, 2], (1, 2)),
        ("f(Tensor x) -> (int, int)", (1,), RuntimeError),
        ("f(Tensor x) -> int[]", (1, 2), [1, 2]),
        ("f(Tensor x) -> Tensor[]", (1, 2), RuntimeError),
        ("f(Tensor x) -> ()", 5, None),
    ],
)
def test_results_are_checked_by_the_schema(lib: Library, schema: str, given: Any, expected: Any) -> None:
    lib.define(schema)
    lib.impl("f", lambda x: given, "CPU")
    if expected is RuntimeError:
        with pytest.raises(RuntimeError, match=r"tests_of_library::f: the schema gives"):
            ops.f(torch.ones(1))
    else:
        result = ops.f(torch.ones(1))
        assert result == expected and type(result) is type(expected)


def test_an_exception_of_the_kernel_comes_through(lib: Library) -> None:
    lib.define("f(Tensor x) -> Tensor")
    lib.impl("f", lambda x: 1 / 0, "CPU")
    with pytest.raises(ZeroDivisionError):
        ops.f(torch.ones(1))


def test_overloads(lib: Library) -> None:
    lib.define("f.a(Tensor x) -> Tensor")
    lib.define("f.b(int x) -> int")
    lib.impl("f.a", lambda x: x * 2, "CPU")
    lib.impl("f.b", lambda x: x * 2, "CompositeExplicitAutograd")
    assert ops.f.overloads() == ["a", "b"] and ops.f(3) == 6 and ops.f(torch.ones(1)).item() == 2.0
    assert str(ops.f.b._schema) == "tests_of_library::f.b(int x) -> int"
    lib.define("f(str x) -> str")
    assert ops.f.overloads() == ["a", "b", "default"]


# --- which kernel a call takes ----------------------------------------------------------------------------------------
def _given(lib: Library, **kernels: float) -> Callable[[Tensor], Any]:
    lib.define("f(Tensor x) -> Tensor")
    for key, factor in kernels.items():
        lib.impl("f", lambda x, factor=factor: x * factor, key)
    return lambda x: ops.f(x)


@pytest.mark.parametrize(
    ("kernels", "factor"),
    [
        ({"CPU": 2}, 2),
        ({"CPU": 2, "AutogradCPU": 7}, 7),
        ({"CPU": 2, "Autograd": 5, "AutogradCPU": 7}, 7),
        ({"CPU": 2, "Autograd": 5}, 5),
        ({"CompositeImplicitAutograd": 2, "CPU": 7}, 7),
        ({"CompositeImplicitAutograd": 2, "Autograd": 7}, 7),
        ({"CompositeImplicitAutograd": 2, "CompositeExplicitAutograd": 7}, 7),
        ({"CompositeExplicitAutograd": 2, "CPU": 7, "Meta": 9}, 7),
    ],
)
def test_order_of_kernels(lib: Library, kernels: dict[str, float], factor: float) -> None:
    call = _given(lib, **kernels)
    assert call(torch.ones(1)).item() == factor
    assert call(torch.ones(1, requires_grad=True)).item() == factor
    with torch.no_grad():
        assert call(torch.ones(1)).item() == factor
    below = {**kernels, "Autograd": None, "AutogradCPU": None}
    backend = next(below[k] for k in ("CPU", "CompositeExplicitAutograd", "CompositeImplicitAutograd") if below.get(k))
    with torch._C._AutoDispatchBelowAutograd():
        assert call(torch.ones(1)).item() == backend
    with torch.inference_mode():
        assert call(torch.ones(1)).item() == backend


def test_meta_goes_before_other_devices(lib: Library) -> None:
    lib.define("f(Tensor x, Tensor y) -> Tensor")
    lib.impl("f", lambda x, y: x, "CPU")
    with pytest.raises(NotImplementedError, match="register_fake"):
        ops.f(torch.ones(2), torch.ones(2, device="meta"))
    torch.library.register_fake("tests_of_library::f", lambda x, y: torch.empty(3, device="meta"), lib=lib)
    assert ops.f(torch.ones(2), torch.ones(2, device="meta")).shape == (3,)
    assert ops.f(torch.ones(2), torch.ones(2)).shape == (2,)


def test_calls_without_tensors(lib: Library) -> None:
    lib.define("f(int n) -> Tensor")
    lib.impl("f", lambda n: torch.zeros(n), "CPU")
    with pytest.raises(NotImplementedError, match="no tensors among the arguments"):
        ops.f(3)
    lib.impl("f", lambda n: torch.ones(n), "CompositeExplicitAutograd")
    assert ops.f(3).tolist() == [1.0, 1.0, 1.0]
    lib.impl("f", lambda n: torch.ones(1), "BackendSelect")
    assert ops.f(3).tolist() == [1.0]


def test_no_kernel(lib: Library) -> None:
    lib.define("f(Tensor x) -> Tensor")
    with pytest.raises(NotImplementedError, match=r"Could not run with arguments from the 'CPU' backend.*none"):
        ops.f(torch.ones(1))
    lib.impl("f", lambda x: x.to_dense() * 2, "SparseCPU")
    assert ops.f(torch.eye(2).to_sparse()).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    with pytest.raises(NotImplementedError):
        ops.f(torch.eye(2))


def test_keys_are_handed_to_those_that_want_them(lib: Library) -> None:
    lib.define("f(Tensor x) -> Tensor")
    lib.impl("f", lambda x: x * 2, "CPU")

    def kernel(keys: Any, x: Tensor) -> Any:
        assert torch.DispatchKey["AutogradCPU"] in keys
        return ops.f.default.redispatch(keys & torch._C._after_autograd_keyset, x)

    lib.impl("f", kernel, "Autograd", with_keyset=True)
    x = torch.ones(1, requires_grad=True)
    ops.f(x).sum().backward()
    assert x.grad is not None and x.grad.item() == 2.0


def test_fallthrough_is_no_kernel(lib: Library) -> None:
    lib.define("f(Tensor x) -> Tensor")
    lib.impl("f", lambda x: x * 2, "CPU")
    lib.impl("f", torch.library.fallthrough_kernel, "AutogradCPU")
    assert ops.f(torch.ones(1)).item() == 2.0


# --- gradients --------------------------------------------------------------------------------------------------------
def test_composites_are_differentiated_through(lib: Library) -> None:
    call = _given(lib, CompositeImplicitAutograd=3)
    x = torch.ones(2, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call(x).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [3.0, 3.0]


def test_without_a_formula_backward_warns(lib: Library) -> None:
    call = _given(lib, CPU=3)
    x = torch.ones(2, requires_grad=True)
    with pytest.warns(UserWarning, match="an autograd kernel was not registered"):
        call(x).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [3.0, 3.0]


def test_register_autograd_by_name(lib: Library) -> None:
    call = _given(lib, CPU=3)
    torch.library.register_autograd("tests_of_library::f", lambda ctx, grad: grad * 5, lib=lib)
    x = torch.ones(2, requires_grad=True)
    call(x).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [5.0, 5.0]


def test_what_is_written_counts(lib: Library) -> None:
    lib.define("f(Tensor(a!) x) -> ()")
    lib.impl("f", lambda x: x.add_(1) and None, "CPU")
    x = torch.ones(1)
    ops.f(x)
    assert x.item() == 2.0 and x._version == 1
    with pytest.raises(RuntimeError, match="leaf Variable"):
        ops.f(torch.ones(1, requires_grad=True))


# --- Library: refusals and lifetimes ----------------------------------------------------------------------------------
def test_what_a_library_refuses(lib: Library) -> None:
    lib.define("f(Tensor x) -> Tensor")
    with pytest.raises(RuntimeError, match="already"):
        lib.define("f(Tensor x) -> Tensor")
    with pytest.raises(RuntimeError, match="could not parse dispatch key 'Foo'"):
        lib.impl("f", lambda x: x, "Foo")
    with pytest.raises(TypeError, match="callable"):
        lib.impl("f", 3, "CPU")  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="namespace"):
        lib.define("other::f(Tensor x) -> Tensor")
    with pytest.raises(RuntimeError, match="Invalid alias_analysis"):
        lib.define("g(Tensor x) -> Tensor", "FOO")
    with pytest.raises(RuntimeError, match="expected"):
        lib.define("g Tensor x")
    with pytest.raises(ValueError, match="Unsupported kind: FOO"):
        Library("x", "FOO")
    with pytest.raises(ValueError, match="reserved"):
        Library("prim", "FRAGMENT")
    with pytest.raises(RuntimeError, match="IMPL"):
        Library("x", "IMPL").define("f(Tensor x) -> Tensor")
    with pytest.raises(NotImplementedError, match="aten::neg"):
        Library("aten", "IMPL").impl("neg", lambda x: x, "CPU")
    lib.impl("f", lambda x: x, "CPU")
    with pytest.warns(UserWarning, match="Overriding"):
        lib.impl("f", lambda x: x * 2, "CPU")


def test_one_library_defines_a_namespace() -> None:
    first = Library("tests_of_one", "DEF")
    with pytest.raises(RuntimeError, match="Only a single"):
        Library("tests_of_one", "DEF")
    first._destroy()
    Library("tests_of_one", "DEF")._destroy()


def test_operators_live_as_long_as_their_library() -> None:
    made = Library("tests_of_life", "FRAGMENT")
    made.define("f(Tensor x) -> Tensor")
    assert hasattr(torch.ops.tests_of_life, "f")
    del made
    gc.collect()
    assert not hasattr(torch.ops.tests_of_life, "f")
    with torch.library._scoped_library("tests_of_life", "FRAGMENT") as scoped:
        scoped.define("f(Tensor x) -> Tensor")
        assert hasattr(torch.ops.tests_of_life, "f")
    assert not hasattr(torch.ops.tests_of_life, "f")


def test_kernels_given_before_their_operator(lib: Library) -> None:
    lib.impl("late", lambda x: x * 2, "CPU")
    torch.library.register_fake("tests_of_library::late", lambda x: torch.empty_like(x))
    lib.define("late(Tensor x) -> Tensor")
    assert ops.late(torch.ones(1)).item() == 2.0 and ops.late(torch.ones(3, device="meta")).shape == (3,)


def test_functions_by_name() -> None:
    with torch.library._scoped_library("tests_by_name", "FRAGMENT") as scoped:
        torch.library.define("tests_by_name::f", "(Tensor x) -> Tensor", lib=scoped)

        @torch.library.impl("tests_by_name::f", "cpu", lib=scoped)
        def f(x: Tensor) -> Tensor:
            return x * 2

        @torch.library.define(scoped, "g(Tensor x) -> Tensor")
        def g(x: Tensor) -> Tensor:
            return x * 3

        scoped.define("h(Tensor x) -> Tensor")

        @torch.library.impl(scoped, "h", "CompositeImplicitAutograd")
        def h(x: Tensor) -> Tensor:
            return x * 4

        x = torch.ones(1)
        own = torch.ops.tests_by_name
        assert [own.f(x).item(), own.g(x).item(), own.h(x).item()] == [2.0, 3.0, 4.0]
        assert torch.library.get_kernel("tests_by_name::f", "CPU") is f
    with pytest.raises(ValueError, match="namespace::name"):
        torch.library.define("f", "(Tensor x) -> Tensor")
    with pytest.raises(ValueError, match="schema to look like"):
        torch.library.define("tests_by_name::f", "Tensor x -> Tensor")
    with pytest.raises(RuntimeError, match="device type"):
        torch.library.register_kernel("tests_by_name::f", "foo", lambda x: x)


# --- custom_op --------------------------------------------------------------------------------------------------------
@custom_op("tests_of_custom::scaled_sin", mutates_args=())
def scaled_sin(x: Tensor, k: int = 3, *, s: float = 1.0) -> Tensor:
    """k s sin x."""
    return x.sin() * k * s


def test_a_custom_op() -> None:
    assert repr(scaled_sin) == "<CustomOpDef(tests_of_custom::scaled_sin)>" and scaled_sin.__doc__ == "k s sin x."
    assert str(scaled_sin._opoverload._schema) == (
        "tests_of_custom::scaled_sin(Tensor x, SymInt k=3, *, float s=1.) -> Tensor"
    )
    x = torch.tensor([0.5])
    assert scaled_sin(x, 2, s=2).item() == pytest.approx(4 * x.sin().item())
    assert torch.ops.tests_of_custom.scaled_sin(x).item() == pytest.approx(3 * x.sin().item())
    assert scaled_sin._opoverload is torch.ops.tests_of_custom.scaled_sin.default
    with pytest.raises(RuntimeError, match="argument 'x'"):
        scaled_sin(3)


def test_a_custom_op_without_and_with_registrations() -> None:
    @custom_op("tests_of_custom::thrice", mutates_args=())
    def thrice(x: Tensor, k: int = 3, *, s: float = 1.0) -> Tensor:
        return x * k * s

    x = torch.ones(2, requires_grad=True)
    y = thrice(x)
    assert y.grad_fn is not None and "GeneratedBackwardFor_tests_of_custom_thrice_default" in str(y.grad_fn)
    with pytest.raises(RuntimeError, match="no autograd formula was registered"):
        y.sum().backward()
    with pytest.raises(RuntimeError, match="no fake impl registered"):
        thrice(x.to("meta"))
    thrice.register_fake(lambda x, k=3, *, s=1.0: torch.empty_like(x))
    assert thrice(x.to("meta")).shape == (2,)
    seen: list[Any] = []

    def setup(ctx: Any, inputs: Any, keyword_only_inputs: Any, output: Any) -> None:
        seen.append((inputs[1:], keyword_only_inputs, output.requires_grad))
        ctx.save_for_backward(inputs[0])
        ctx.k = inputs[1]

    def backward(ctx: Any, grad: Tensor) -> Any:
        seen.append((ctx.needs_input_grad, ctx.saved_tensors[0] is x))
        return grad * 10, None

    thrice.register_autograd(backward, setup_context=setup)
    thrice(x, 2).sum().backward()
    assert seen == [((2,), {"s": 1.0}, False), ((True, False), True)]
    assert x.grad is not None and x.grad.tolist() == [10.0, 10.0]
    with torch.no_grad():
        assert thrice(x).grad_fn is None


def test_gradients_of_lists_and_of_several_results() -> None:
    def doubled(xs: list[Tensor], w: Sequence[int], o: Tensor | None = None) -> list[Tensor]:
        return [x * 2 for x in xs]

    def halves(x: Tensor) -> tuple[Tensor, Tensor]:
        return x.clone(), x + 1

    made = custom_op("tests_of_custom::doubled", doubled, mutates_args=())
    needed: list[Any] = []

    def backward(ctx: Any, grads: Any) -> Any:
        needed.append(ctx.needs_input_grad)
        return [grad * 2 for grad in grads], None

    made.register_autograd(backward)
    x = torch.ones(2, requires_grad=True)
    a, b = made([x, x * 2], [1, 2])
    (a.sum() + b.sum()).backward()
    assert needed == [([True, True], False)] and x.grad is not None and x.grad.tolist() == [6.0, 6.0]
    made.register_autograd(lambda ctx, grads: (grads[0], None))
    with pytest.raises(RuntimeError, match="same structure as the inputs"):
        made([x], [1])[0].sum().backward()
    two = custom_op("tests_of_custom::halves", halves, mutates_args=())
    two.register_autograd(lambda ctx, a, b: a + 10 * b)
    x.grad = None
    two(x)[0].sum().backward()
    assert x.grad is not None and x.grad.tolist() == [1.0, 1.0]
    two.register_autograd(lambda ctx, a, b: (a, b, a))
    with pytest.raises(RuntimeError, match="incorrect number of gradients"):
        two(x)[0].sum().backward()


def test_double_backward_and_gradcheck_of_a_formula() -> None:
    @custom_op("tests_of_custom::cubed", mutates_args=())
    def cubed(x: Tensor) -> Tensor:
        return x**3

    def setup(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(inputs[0])

    cubed.register_autograd(lambda ctx, grad: grad * 3 * ctx.saved_tensors[0] ** 2, setup_context=setup)
    x = torch.tensor([0.5, -2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(cubed, (x,)) and torch.autograd.gradgradcheck(cubed, (x,))


def test_arguments_that_are_written() -> None:
    @custom_op("tests_of_custom::added", mutates_args=("x",))
    def added(x: Tensor, y: Tensor) -> None:
        x.add_(y)

    assert str(added._opoverload._schema) == "tests_of_custom::added(Tensor(a0!) x, Tensor y) -> ()"
    x = torch.ones(2)
    added(x, x * 2)
    assert x.tolist() == [3.0, 3.0] and x._version > 0
    saved = torch.ones(2, requires_grad=True) * 1
    product = saved * saved
    added(saved, torch.ones(2))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        product.sum().backward()
    with pytest.raises(RuntimeError, match="non-functional operator"):
        added.register_autograd(lambda ctx, grad: None)


def test_results_that_share_memory_are_refused() -> None:
    for name, function in (("same", lambda x: x), ("view", lambda x: x[:1])):
        op = custom_op(f"tests_of_custom::{name}", function, mutates_args=(), schema="(Tensor x) -> Tensor")
        with pytest.raises(RuntimeError, match="may not alias"):
            op(torch.ones(2))


def test_devices() -> None:
    def cloned(x: Tensor) -> Tensor:
        return x.clone()

    op = custom_op("tests_of_custom::on_cuda", cloned, mutates_args=(), device_types="cuda")
    with pytest.raises(NotImplementedError, match="'CPU' backend"):
        op(torch.ones(1))
    op.register_kernel("cpu", lambda x: x + 1)
    assert op(torch.ones(1)).item() == 2.0
    with op.set_kernel_enabled("cpu", False):
        assert op(torch.ones(1)).item() == 1.0
    assert op(torch.ones(1)).item() == 2.0
    with pytest.raises(RuntimeError):
        op.register_kernel("foo", cloned)


def test_autocast() -> None:
    def of(x: Tensor) -> Tensor:
        return x.clone()

    op = custom_op("tests_of_custom::cast", of, mutates_args=())
    op.register_autocast("cpu", torch.bfloat16)
    assert op(torch.ones(1)).dtype == torch.float32
    with torch.autocast("cpu"):
        assert op(torch.ones(1)).dtype == torch.bfloat16


def test_custom_ops_are_seen_by_modes() -> None:
    seen: list[Any] = []

    class Mode(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func)
            return func(*args, **(kwargs or {}))

    x = torch.ones(1)
    with Mode():
        scaled_sin(x)
    assert seen[0] is torch.ops.tests_of_custom.scaled_sin.default


def test_schema_and_mutates_args_have_to_agree() -> None:
    with pytest.raises(ValueError, match="mutates_args"):
        custom_op("tests_of_custom::disagree", lambda x: x, mutates_args=("x",), schema="(Tensor x) -> Tensor")
    with pytest.raises(ValueError, match="namespace::name"):
        custom_op("nothing", lambda x: x, mutates_args=(), schema="(Tensor x) -> Tensor")


# --- schemas from annotations -----------------------------------------------------------------------------------------
def _schema(annotation: Any, default: Any = ..., result: Any = Tensor, mutates_args: Any = ()) -> str:
    def f(x: Any) -> Any: ...

    import inspect

    f.__annotations__ = {"x": annotation, "return": result}
    parameter = inspect.Parameter(
        "x",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        annotation=annotation,
        default=inspect.Parameter.empty if default is ... else default,
    )
    f.__signature__ = inspect.Signature([parameter], return_annotation=result)  # type: ignore[attr-defined]
    return infer_schema(f, mutates_args=mutates_args)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (Tensor, "Tensor"), (Tensor | None, "Tensor?"), (list[Tensor], "Tensor[]"), (Sequence[Tensor], "Tensor[]"),
        (Sequence[Tensor | None], "Tensor?[]"), (int, "SymInt"), (int | None, "SymInt?"), (list[int], "SymInt[]"),
        (list[int] | None, "SymInt[]?"), (float, "float"), (list[float], "float[]"), (bool, "bool"), (str, "str"),
        (str | None, "str?"), (torch.dtype, "ScalarType"), (torch.device | None, "Device?"),
        (int | float | bool, "Scalar"), (int | float | bool | None, "Scalar?"), (list[int | float | bool], "Scalar[]"),
        ("Tensor", "Tensor"), (list[bool] | None, "bool[]?"),
    ],
)  # fmt: skip
def test_types_of_arguments(annotation: Any, text: str) -> None:
    assert _schema(annotation) == f"({text} x) -> Tensor"


@pytest.mark.parametrize("annotation", [dict, Any, tuple[int, int], list, int | str, complex, list[str],
                                        list[Tensor] | None, torch.layout])  # fmt: skip
def test_types_that_schemas_do_not_know(annotation: Any) -> None:
    with pytest.raises(ValueError, match="unsupported type"):
        _schema(annotation)


@pytest.mark.parametrize(
    ("annotation", "default", "text"),
    [
        (int, 3, "SymInt x=3"), (float, 1.5, "float x=1.5"), (bool, True, "bool x=True"), (str, "a", 'str x="a"'),
        (int | None, None, "SymInt? x=None"), (torch.dtype, torch.float32, "ScalarType x=float32"),
        (torch.device, torch.device("cpu"), 'Device x="cpu"'), (float, 1e-5, "float x=1e-05"),
    ],
)  # fmt: skip
def test_defaults(annotation: Any, default: Any, text: str) -> None:
    assert _schema(annotation, default) == f"({text}) -> Tensor"


def test_defaults_that_schemas_do_not_know() -> None:
    for annotation, default in ((list[int], [1, 2]), (Tensor, torch.ones(1))):
        with pytest.raises(ValueError, match="unsupported default"):
            _schema(annotation, default)


@pytest.mark.parametrize(
    ("result", "text"),
    [(None, "()"), (int, "SymInt"), (float, "float"), (bool, "bool"), (list[Tensor], "Tensor[]"),
     (tuple[Tensor, int], "(Tensor, SymInt)"), (tuple[list[Tensor], Tensor], "(Tensor[], Tensor)")],
)  # fmt: skip
def test_types_of_results(result: Any, text: str) -> None:
    assert _schema(Tensor, result=result) == f"(Tensor x) -> {text}"


def test_marks_of_written_arguments() -> None:
    assert _schema(Tensor, mutates_args={"x"}) == "(Tensor(a0!) x) -> Tensor"
    assert _schema(list[Tensor], mutates_args=["x"]) == "(Tensor(a0!)[] x) -> Tensor"
    assert _schema(Tensor | None, mutates_args="unknown") == "(Tensor(a0!)? x) -> Tensor"
    for arguments, reason in (("x", "sequence of the names"), (("y",), "were not found")):
        with pytest.raises(ValueError, match=reason):
            _schema(Tensor, mutates_args=arguments)
    with pytest.raises(ValueError, match="can be mutated"):
        _schema(int, mutates_args=("x",))
    with pytest.raises(ValueError, match="unsupported type"):
        _schema(Tensor, result=Tensor | None)


def test_functions_without_annotations() -> None:
    def no_result(x: Tensor):  # type: ignore[no-untyped-def]
        return x

    def many(*xs: Tensor) -> Tensor:
        return xs[0]

    with pytest.raises(ValueError, match="must have a type annotation"):
        infer_schema(lambda x: x, mutates_args=())
    with pytest.raises(ValueError, match="No return type annotation"):
        infer_schema(no_result, mutates_args=())
    with pytest.raises(ValueError, match="varargs"):
        infer_schema(many, mutates_args=())


# --- opcheck ----------------------------------------------------------------------------------------------------------
def test_opcheck() -> None:
    @custom_op("tests_of_custom::good", mutates_args=())
    def good(x: Tensor) -> Tensor:
        return x * 2

    good.register_fake(torch.empty_like)
    good.register_autograd(lambda ctx, grad: grad * 2)
    results = opcheck(good, (torch.ones(3, requires_grad=True),))
    assert set(results.values()) == {"SUCCESS"} and len(results) == 4

    good.register_fake(lambda x: x.new_empty(1))
    with pytest.raises(torch.library.OpCheckError, match=r"test_faketensor failed.*shape"):
        opcheck(good, (torch.ones(3),))

    @custom_op("tests_of_custom::liar", mutates_args=())
    def liar(x: Tensor) -> Tensor:
        x.add_(1)
        return x * 2

    liar.register_fake(torch.empty_like)
    results = opcheck(liar, (torch.ones(3),), raise_exception=False)
    assert "was written" in str(results["test_schema"]) and results["test_faketensor"] == "SUCCESS"
    with torch.library._scoped_library("tests_of_custom", "FRAGMENT") as scoped:
        scoped.define("bare(Tensor x) -> Tensor")
        scoped.impl("bare", lambda x: x * 2, "CPU")
        with pytest.raises(torch.library.OpCheckError, match="test_autograd_registration"):
            opcheck(torch.ops.tests_of_custom.bare.default, (torch.ones(1, requires_grad=True),))
    with pytest.raises(ValueError, match="name one of them"):
        opcheck(torch.ops.aten.add, (torch.ones(1), 1))


def test_what_is_not_there() -> None:
    with pytest.raises(RuntimeError, match="register_torch_dispatch"):
        torch.library.register_torch_dispatch("a::b", object)
    with pytest.raises(NotImplementedError, match="wrap_triton"):
        torch.library.wrap_triton(print)
    with pytest.raises(NotImplementedError, match=r"fallthrough_kernel\(\) should never be called"):
        torch.library.fallthrough_kernel()
    with pytest.raises(NotImplementedError, match="aten::sin"):
        torch.library.register_kernel("aten::sin", "cpu", lambda x: x)
    assert torch.library.get_ctx() is None
