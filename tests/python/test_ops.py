"""`flambeau.ops`: operators by their full names. Schemas and attributes are PyTorch's, as it prints them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import flambeau as torch
from flambeau import _C
from flambeau._ops import OpOverload, OpOverloadPacket

aten = torch.ops.aten


def test_a_packet_and_its_overloads() -> None:
    assert isinstance(aten.add, OpOverloadPacket) and isinstance(aten.add.Tensor, OpOverload)
    assert aten.add is aten.add and aten.add.Tensor is aten.add.Tensor
    assert aten.add.Tensor.overloadpacket is aten.add
    assert "Tensor" in aten.add.overloads() and list(aten.relu) == ["default", "out"]
    assert aten.relu_.overloads() == ["default"]
    assert aten.relu.default._overloadname == "default"


def test_names_are_those_of_pytorch() -> None:
    op = aten.add.Tensor
    assert (op.name(), op.namespace, op._opname, op._overloadname) == ("aten::add.Tensor", "aten", "add", "Tensor")
    assert (op.__name__, op.__qualname__, op.__module__) == ("add.Tensor", "aten::add.Tensor", "torch._ops.aten")
    assert (aten.add.__name__, aten.add.__module__) == ("add", "torch._ops.aten")
    assert (str(op), str(aten.add)) == ("aten.add.Tensor", "aten.add")
    assert repr(op) == "<OpOverload(op='aten.add', overload='Tensor')>"
    assert repr(aten.add) == "<OpOverloadPacket(op='aten.add')>"
    assert (aten.relu.default.name(), aten.relu.default.__name__) == ("aten::relu", "relu.default")
    assert repr(torch.ops) == "<module 'torch.ops' from '_ops.py'>"


@pytest.mark.parametrize(
    ("packet", "overload", "schema"),
    [
        ("add", "Tensor", "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"),
        ("add_", "Tensor", "aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)"),
        ("gelu", "default", 'aten::gelu(Tensor self, *, str approximate="none") -> Tensor'),
        ("gelu", "out", 'aten::gelu.out(Tensor self, *, str approximate="none", Tensor(a!) out) -> Tensor(a!)'),
        ("max", "dim", "aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)"),
        ("add", "Scalar", "aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor"),
        ("add", "out", "aten::add.out(Tensor self, Tensor other, *, Scalar alpha=1, Tensor(a!) out) -> Tensor(a!)"),
        ("add_", "Scalar", "aten::add_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)"),
        ("eq", "Scalar_out", "aten::eq.Scalar_out(Tensor self, Scalar other, *, Tensor(a!) out) -> Tensor(a!)"),
        ("bitwise_and", "Scalar_Tensor", "aten::bitwise_and.Scalar_Tensor(Scalar self, Tensor other) -> Tensor"),
        ("pow", "Tensor_Scalar", "aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor"),
        ("pow_", "Scalar", "aten::pow_.Scalar(Tensor(a!) self, Scalar exponent) -> Tensor(a!)"),
        ("where", "ScalarOther", "aten::where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor"),
        ("clamp_min", "default", "aten::clamp_min(Tensor self, Scalar min) -> Tensor"),
        ("clamp_min_", "Tensor", "aten::clamp_min_.Tensor(Tensor(a!) self, Tensor min) -> Tensor(a!)"),
        ("unsqueeze_", "default", "aten::unsqueeze_(Tensor(a!) self, int dim) -> Tensor(a!)"),
        (
            "max",
            "dim_max",
            "aten::max.dim_max(Tensor self, int dim, bool keepdim=False, *, Tensor(a!) max, Tensor(b!) max_values) -> "
            "(Tensor(a!) values, Tensor(b!) indices)",
        ),
        ("max", "out", "aten::max.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)"),
        ("view", "default", "aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)"),
        (
            "conv2d",
            "default",
            "aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], "
            "SymInt[2] padding=[0, 0], SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor",
        ),
        (
            "isclose",
            "default",
            "aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, "
            "bool equal_nan=False) -> Tensor",
        ),
    ],
)
def test_schemas(packet: str, overload: str, schema: str) -> None:
    assert str(getattr(getattr(aten, packet), overload)._schema) == schema


def test_a_schema_taken_apart() -> None:
    schema = aten.add_.Tensor._schema
    assert (schema.name, schema.overload_name, schema.is_mutable) == ("aten::add_", "Tensor", True)
    names = [(a.name, str(a.type), a.default_value, a.has_default_value(), a.kwarg_only) for a in schema.arguments]
    assert names == [
        ("self", "Tensor", None, False, False),
        ("other", "Tensor", None, False, False),
        ("alpha", "number", 1, True, True),
    ]
    info = schema.arguments[0].alias_info
    assert info is not None and info.is_write and info.before_set == {"a"}
    assert schema.arguments[1].alias_info is None
    assert str(schema.returns[0].type) == "Tensor"
    assert schema == torch._C.parse_schema(str(schema)) and hash(schema) == hash(torch._C.parse_schema(str(schema)))
    assert copy.deepcopy(schema) == schema == pickle.loads(pickle.dumps(schema))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("f(int[2] x=[1,1]) -> Tensor", "f(int[2] x=1) -> Tensor"),
        ("f(int[1] x=1) -> Tensor", "f(int[1] x=[1]) -> Tensor"),
        ("f(SymInt[2] x=1) -> Tensor", "f(SymInt[2] x=[1, 1]) -> Tensor"),
        ("f(float[2] x=[1.5,2]) -> Tensor", "f(float[2] x=[1.5, 2.]) -> Tensor"),
        ("f(str x='a') -> Tensor", 'f(str x="a") -> Tensor'),
        ("f(Scalar x=1e-5) -> Tensor", "f(Scalar x=1.0000000000000001e-05) -> Tensor"),
        ("f(bool[2] x=[True,False]) -> Tensor", "f(bool[2] x=[True, False]) -> Tensor"),
        ("f(ScalarType x=float) -> Tensor", "f(ScalarType x=6) -> Tensor"),
        ("f(ScalarType x=int32) -> Tensor", "f(ScalarType x=3) -> Tensor"),
        ("f(Device x='cpu') -> Tensor", "f(Device x=cpu) -> Tensor"),
        ("f(MemoryFormat x=contiguous_format) -> Tensor", "f(MemoryFormat x=0) -> Tensor"),
        ("f(int x=Mean) -> Tensor", "f(int x=1) -> Tensor"),
        ("f(Tensor(a!)? x) -> ()", "f(Tensor(a!)? x) -> ()"),
        ("f(Tensor x, *) -> Tensor", "f(Tensor x) -> Tensor"),
        ("ns::f.o(Any x) -> Any", "ns::f.o(Any x) -> Any"),
        ("f( Tensor  x , int   y =  3 )  ->  Tensor", "f(Tensor x, int y=3) -> Tensor"),
        ("f(float x=1e30)->()", "f(float x=1e+30) -> ()"),
        ("f(Tensor(a -> *) x) -> Tensor(a)[]", "f(Tensor(a -> *) x) -> Tensor(a)[]"),
    ],
)
def test_schemas_are_written_as_pytorch_writes_them(text: str, shown: str) -> None:
    assert str(torch._C.parse_schema(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "f", "f(", "f(Tensor x", "f(Tensor x)", "f(int x=) -> ()", "f.a.b(int x) -> ()", "a::b::f(int x) -> ()",
     "f(Foo x) -> Tensor", "f(Tensor x=1) -> ()", "f(int x=99999999999999999999) -> ()", "f(str[] x=['a']) -> Tensor",
     "f(str x='a) -> ()", "f(Tensor(a x) -> ()", "f(int[2 x) -> ()", "f(int[x] y) -> ()", "f(int x=[1,) -> ()",
     "f(int[] x=[1 2]) -> ()", "f(Tensor x Tensor y) -> ()", "f(int x=1, int y) -> ()", "f(int x) -> () rest"],
)  # fmt: skip
def test_what_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(RuntimeError, match="expected"):
        torch._C.parse_schema(text)


def test_every_name_of_the_table_has_overloads_with_schemas() -> None:
    for name in _C._names_with_overloads():
        for overload in getattr(aten, name).op_overloads:
            schema = overload._schema
            assert schema.name == f"aten::{name}"
            assert str(torch._C.parse_schema(str(schema))) == str(schema)


def test_calls_take_arguments_by_the_schema() -> None:
    x = torch.tensor([1.0, 2.0])
    assert aten.add.Tensor(x, x, alpha=3).tolist() == [4.0, 8.0]
    assert aten.add.Tensor(self=x, other=x).tolist() == [2.0, 4.0]
    assert aten.add.Tensor(x, 2).tolist() == [3.0, 4.0]
    assert aten.sum.dim_IntList(torch.ones(2, 3), 0).tolist() == [2.0, 2.0, 2.0]
    values, indices = aten.max.dim(torch.tensor([[1.0, 3.0]]), 1)
    assert (values.tolist(), indices.tolist()) == ([3.0], [1])
    assert type(aten.max.dim(torch.ones(2, 2), 0)) is tuple
    out = torch.empty(2)
    assert aten.relu.out(x, out=out) is out and out.tolist() == [1.0, 2.0]
    assert aten.relu_(torch.tensor([-1.0])).tolist() == [0.0]
    assert aten.add.Scalar(x, 2, 3).tolist() == [7.0, 8.0] and aten.add(x, 2).tolist() == [3.0, 4.0]
    assert aten.pow.Scalar(2, x).tolist() == [2.0, 4.0] and aten.clamp_min(x, 1.5).tolist() == [1.5, 2.0]
    assert aten.clamp_min.Tensor(x, torch.tensor(1.5)).tolist() == [1.5, 2.0]
    values, indices = torch.empty(0), torch.empty(0, dtype=torch.int64)
    given = aten.max.dim_max(torch.tensor([[1.0, 3.0]]), 1, max=values, max_values=indices)
    assert given[0] is values and values.tolist() == [3.0] and indices.tolist() == [1]
    y = x.clone()
    assert aten.add_.Tensor(y, x) is y and y.tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda x: aten.add.Tensor(x), "argument 'other' is missing"),
        (lambda x: aten.add.Tensor(x, "x"), "argument 'other'.*Tensor.*str 'x'"),
        (lambda x: aten.add.Tensor(x, x, 3), "takes 2 positional arguments, but 3"),
        (lambda x: aten.add.Tensor(x, x, foo=3), "no argument 'foo'"),
        (lambda x: aten.add.Tensor(x, x, other=x), "'other' was given twice"),
        (lambda x: aten.add.Tensor(input=x, other=x), "no argument 'input'"),
        (lambda x: aten.relu.out(x), "argument 'out' is missing"),
        (lambda x: aten.relu.out(x, out=3), "argument 'out'"),
        (lambda x: aten.view.default(x, 1, 2), "takes 2 positional"),
        (lambda x: aten.add(x, "x"), "aten::add: no overload takes these arguments"),
    ],
)
def test_calls_that_do_not_fit(call: Any, reason: str) -> None:
    with pytest.raises(RuntimeError, match=reason) as caught:
        call(torch.ones(2))
    assert str(caught.value).startswith("aten::")


def test_calls_are_put_on_the_tape() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    aten.mul.Tensor(x, x).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [2.0, 4.0]
    assert aten.add.Tensor(torch.ones(2, device="meta"), 1).device.type == "meta"


def test_torch_function_sees_the_object_that_was_called() -> None:
    seen = []

    class Sub(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func)
            return super().__torch_function__(func, types, args, kwargs)

    class Mode(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func)
            return func(*args, **(kwargs or {}))

    x = torch.ones(2).as_subclass(Sub)
    assert isinstance(aten.add.Tensor(x, 1), Sub)
    aten.add(x, 1)
    plain = torch.ones(2)
    with Mode():
        aten.relu.default(plain)
    assert seen == [aten.add.Tensor, aten.add, aten.relu.default]


def test_what_is_not_there() -> None:
    assert not hasattr(aten, "nope") and not hasattr(aten.add, "nope") and not hasattr(torch.ops.nothing, "x")
    with pytest.raises(AttributeError, match="'_OpNamespace' 'aten' object has no attribute 'nope'"):
        _ = aten.nope
    with pytest.raises(AttributeError, match=r"The underlying op of 'aten\.add' has no overload name 'nope'"):
        _ = aten.add.nope
    assert not hasattr(torch.ops.prims, "add")
    with pytest.raises(NotImplementedError, match=r"prims\.add"):
        _ = torch.ops.prims.add
    with pytest.raises(OSError, match="Could not load this library"):
        torch.ops.load_library("/nowhere/libnone.so")
    assert torch.ops.loaded_libraries == set() and torch.classes.loaded_libraries == set()
    with pytest.raises(RuntimeError, match=r"Tried to instantiate class 'foo\.Bar'"):
        _ = torch.classes.foo.Bar


def test_schemas_of_the_core() -> None:
    found = torch._C._jit_get_schemas_for_operator("aten::relu_")
    assert [str(schema) for schema in found] == ["aten::relu_(Tensor(a!) self) -> Tensor(a!)"]
    assert torch._C._get_schema("aten::add", "Tensor") == aten.add.Tensor._schema
    assert torch._C._jit_get_schemas_for_operator("aten::nope") == []
    with pytest.raises(RuntimeError, match="Found no matching schema"):
        torch._C._get_schema("aten::add", "nope")
    assert not hasattr(torch._C, "nope") and isinstance(aten.add.Tensor._schema, torch._C.FunctionSchema)


def test_operators_of_aten_that_are_written_in_python() -> None:
    x = torch.ones(2, 3)
    assert aten.size(x) == [2, 3] and aten.size.int(x, 1) == aten.sym_size.int(x, -1) == 3
    assert aten.stride(x) == [3, 1] and aten.sym_numel(x) == aten.numel(x) == 6 and aten.dim(x) == 2
    assert aten.is_contiguous(x) and not aten.is_contiguous(x.t()) and not aten.is_complex(x)
    assert str(aten._pin_memory.default._schema) == "aten::_pin_memory(Tensor self, Device? device=None) -> Tensor"
    with pytest.raises(RuntimeError, match="pin_memory"):
        aten._pin_memory(x)
    with pytest.raises(RuntimeError, match="wrong"):
        aten._assert_async.msg(torch.zeros(1), "wrong")
    y = torch.ones(1, requires_grad=True)
    aten.copy(torch.zeros(3), y * 2).sum().backward()
    assert y.grad is not None and y.grad.item() == 6.0
    assert aten._sparse_addmm(torch.zeros(2, 2), torch.eye(2).to_sparse(), torch.ones(2, 2)).sum().item() == 4.0


def test_copies_and_pickles_are_the_object_itself() -> None:
    for op in (aten.add.Tensor, aten.relu.default, aten.add):
        assert copy.copy(op) is op and copy.deepcopy(op) is op and pickle.loads(pickle.dumps(op)) is op
    assert {aten.add.Tensor: 1}[aten.add.Tensor] == 1


def test_tags_and_views() -> None:
    assert torch.Tag.pointwise in aten.add.Tensor.tags
    assert torch.Tag.nondeterministic_seeded in aten.bernoulli.default.tags
    assert torch.Tag.dynamic_output_shape in aten.nonzero.default.tags
    assert aten.view.default.is_view and not aten.add.Tensor.is_view
