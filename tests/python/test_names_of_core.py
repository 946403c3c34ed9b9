"""Names around the core that libraries touch: present, truthful, and refused in words where they are used."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import pytest

import flambeau as torch


def test_guards_of_the_core() -> None:
    for name in ("DisableTorchFunctionSubclass", "DisableTorchFunction", "_AutoDispatchBelowAutograd"):
        with getattr(torch._C, name)():
            assert torch.ones(1).item() == 1.0
    keys = torch._C.DispatchKeySet(torch.DispatchKey["AutocastCPU"])
    with torch.autocast("cpu"), torch._C._ExcludeDispatchKeyGuard(keys):
        assert torch.mm(torch.ones(2, 2), torch.ones(2, 2)).dtype == torch.float32
    x = torch.ones(1, requires_grad=True)
    with torch._C._AutoDispatchBelowAutograd():
        assert not (x * 2).requires_grad


def test_truthful_answers() -> None:
    assert torch._C._get_tracing_state() is None and torch._C._log_api_usage_once("x") is None
    assert torch._C._get_accelerator() == torch.device("cpu")
    assert torch._C._get_privateuse1_backend_name() == "privateuseone"
    assert torch._C._are_functorch_transforms_active() is False
    assert isinstance(torch.ones(1), torch._C.TensorBase) and isinstance(torch.Tensor, torch._C._TensorMeta)
    assert torch._C._jit_set_profiling_mode(False) is True and torch._C._jit_set_profiling_mode(True) is False
    assert torch._C._jit_set_texpr_fuser_enabled(False) is None and torch._C._jit_texpr_fuser_enabled() is False
    torch._C._jit_set_texpr_fuser_enabled(True)
    functorch = torch._C._functorch
    assert functorch.is_batchedtensor(torch.ones(1)) is False and functorch.maybe_current_level() is None
    with pytest.raises(RuntimeError, match="No wrappers"):
        functorch.get_unwrapped(torch.ones(1))
    with pytest.raises(NotImplementedError, match="Graph"):
        torch._C.Graph()


def test_parse_to_of_the_core() -> None:
    parse = torch._C._nn._parse_to
    cpu = torch.device("cpu")
    assert parse("cpu") == (cpu, None, False, None)
    assert parse(torch.float32, non_blocking=True) == (None, torch.float32, True, None)
    assert parse(torch.ones(1)) == (cpu, torch.float32, False, None)
    assert parse("meta", torch.half, memory_format=torch.channels_last) == (
        torch.device("meta"), torch.half, False, torch.channels_last,
    )  # fmt: skip
    assert torch._C._nn.gelu(torch.zeros(1)).item() == 0.0


def test_symbolic_classes_have_no_instances() -> None:
    for cls in (torch.SymInt, torch.SymFloat, torch.SymBool):
        assert not isinstance(3, cls)
        with pytest.raises(NotImplementedError, match="plain numbers"):
            cls(3)


def test_streams_and_events() -> None:
    stream = torch.Stream("cpu")
    assert stream.query() and stream == torch.Stream() and repr(stream).startswith("torch.Stream device_type=cpu")
    first, second = (torch.Event(enable_timing=True) for _ in range(2))
    first.record()
    second.record(stream)
    assert first.elapsed_time(second) >= 0.0 and first.query()
    with pytest.raises(ValueError, match="enable_timing"):
        torch.Event().elapsed_time(first)
    with pytest.raises(RuntimeError, match="cuda"):
        torch.Stream("cuda")


def test_nested_tensors_are_refused_by_name() -> None:
    for name in torch.nested.__all__:
        with pytest.raises(NotImplementedError, match=rf"nested\.{name}"):
            getattr(torch.nested, name)([torch.ones(1)], *[0] * {"narrow": 3, "masked_select": 1}.get(name, 1))
    assert repr(torch.jagged) == "torch.jagged" and pickle.loads(pickle.dumps(torch.jagged)) is torch.jagged


# --- graph capture and compiling --------------------------------------------------------------------------------------
def test_settings_are_kept() -> None:
    import flambeau._dynamo.config as config

    assert config is torch._dynamo.config and config.cache_size_limit == 8
    with config.patch(cache_size_limit=3, newly_known=1):
        assert (config.cache_size_limit, config.newly_known) == (3, 1)
    assert config.cache_size_limit == 8 and not hasattr(config, "newly_known")
    with config.patch("suppress_errors", True):
        assert config.suppress_errors
    with pytest.raises(AttributeError, match=r"torch\._dynamo\.config\.nope does not exist"):
        _ = config.nope
    inductor = torch._inductor.config
    with inductor.patch({"triton.cudagraphs": True}):
        assert inductor.triton.cudagraphs
    assert not inductor.triton.cudagraphs and torch._functorch.config.donated_buffer

    @config.patch(verbose=True)
    def verbose() -> bool:
        return config.verbose

    assert verbose() and not config.verbose


def test_functions_of_graph_capture() -> None:
    dynamo = torch._dynamo

    def f(x: Any) -> Any:
        return x

    for decorate in (dynamo.disable, dynamo.allow_in_graph, dynamo.optimize(), dynamo.run, dynamo.forbid_in_graph):
        assert decorate(f) is f
    assert not dynamo.is_compiling() and issubclass(dynamo.exc.Unsupported, RuntimeError)
    dynamo.mark_dynamic(torch.ones(1), 0)
    dynamo.reset()
    with pytest.raises(NotImplementedError, match=r"_dynamo\.explain"):
        dynamo.explain(f)
    for name in dynamo.__all__:
        assert hasattr(dynamo, name), name


# --- branches and loops -----------------------------------------------------------------------------------------------
def test_cond_and_loops() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.cond(x.sum() > 1, lambda a: a * 2, lambda a: a * 3, (x,))
    y.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [2.0, 2.0]
    i, total = torch.while_loop(lambda i, t: i < 4, lambda i, t: (i + 1, t + i), (torch.tensor(0), torch.tensor(0)))
    assert (i.item(), total.item()) == (4, 6)
    from flambeau._higher_order_ops import associative_scan, map, scan

    carry, ys = scan(lambda c, v: (c + v, c * v), torch.tensor(1.0), torch.tensor([1.0, 2.0, 3.0]))
    assert carry.item() == 7.0 and ys.tolist() == [1.0, 4.0, 12.0]
    carry, ys = scan(lambda c, v: (c + v, c * v), torch.tensor(1.0), torch.tensor([1.0, 2.0, 3.0]), reverse=True)
    assert carry.item() == 7.0 and ys.tolist() == [6.0, 8.0, 3.0]
    sums = associative_scan(lambda a, b: a + b, torch.arange(4.0), 0)
    assert sums.tolist() == [0.0, 1.0, 3.0, 6.0]
    assert map(lambda v, k: v * k, torch.arange(3.0), 2).tolist() == [0.0, 2.0, 4.0]
    assert torch.ops.higher_order.cond is torch._higher_order_ops.cond
    with pytest.raises(RuntimeError, match="2 elements"):
        torch.cond(torch.ones(2), lambda: 1, lambda: 2)
    with pytest.raises(RuntimeError, match="1 values"):
        torch.while_loop(lambda i: True, lambda i: (i, i), (torch.tensor(0),))


# --- TorchScript ------------------------------------------------------------------------------------------------------
def _double(x: Any) -> Any:
    return x * 2


def test_script_and_trace_answer_what_they_got(tmp_path: Any) -> None:
    module = torch.nn.Linear(2, 2)
    for made in (torch.jit.script(module), torch.jit.trace(module, torch.ones(1, 2))):
        assert made is module
        with pytest.raises(NotImplementedError, match=r"jit\.save"):
            made.save(tmp_path / "m.pt")
    assert "save" not in module.state_dict() and pickle.loads(pickle.dumps(module)).weight.equal(module.weight)
    assert torch.jit.script(_double) is _double and torch.jit.trace(_double, (torch.ones(1),)) is _double
    with pytest.raises(NotImplementedError, match=r"jit\.save"):
        torch.jit.save(module, tmp_path / "m.pt")
    with pytest.raises(NotImplementedError, match=r"jit\.load"):
        torch.jit.load(tmp_path / "m.pt")
    assert not isinstance(module, torch.jit.ScriptModule) and torch.jit.freeze(module.eval()) is module
    with pytest.raises(RuntimeError, match="training"):
        torch.jit.freeze(module.train())
    with pytest.raises(NotImplementedError, match="ScriptModule"):
        torch.jit.ScriptModule()
    with pytest.raises(RuntimeError):  # the example does not fit
        torch.jit.trace(module, torch.ones(1, 3))
    assert not torch.jit.is_scripting() and not torch.jit.is_tracing()


def test_marks_of_torchscript() -> None:
    from flambeau._jit_internal import boolean_dispatch
    from flambeau.jit.annotations import BroadcastingList2, List  # noqa: F401

    assert issubclass(torch.jit.TracerWarning, Warning)
    for mark in (torch.jit.export, torch.jit.unused, torch.jit.ignore, torch.jit.interface, torch.jit.script_method):
        assert mark(_double) is _double
    chosen = boolean_dispatch("flag", 1, False, lambda x, flag=False: "yes", lambda x, flag=False: "no", "m", "f")
    assert [chosen(1), chosen(1, True), chosen(1, flag=True)] == ["no", "yes", "yes"]
    assert issubclass(torch.jit.TracedModule, torch.jit.ScriptModule)


# --- the drop-in ------------------------------------------------------------------------------------------------------
def test_names_under_the_drop_in() -> None:
    code = """
import torch, torch.optim, flambeau
assert torch is flambeau and torch.__name__ == "torch" and torch.torch is torch
assert {"SGD", "Adam", "AdamW", "LBFGS", "lr_scheduler"} <= set(vars(torch.optim))
from torch._C import DispatchKey, _TensorMeta, DisableTorchFunctionSubclass
from torch._C._functorch import is_batchedtensor
from torch._dynamo.utils import is_compile_supported
import torch._dynamo.exc, torch._inductor.config, torch._prims_common, torch._subclasses.fake_tensor, torch.library
from torch._ops import OpOverload, OpOverloadPacket
from torch._higher_order_ops import cond
from torch.jit.annotations import BroadcastingList2, List
from torch import nn
import torch.nn.functional as F
try:
    torch.nothing
except AttributeError as error:
    assert "nothing" in str(error)
else:
    raise AssertionError
print("fine")
"""
    done = subprocess.run([sys.executable, "-m", "flambeau", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr


@pytest.mark.parametrize("name", ["qint8", "quint4x2", "float4_e2m1fn_x2", "bits8", "uint3"])
def test_types_of_elements_that_are_not_there(name: str) -> None:
    """Tables of types may mention them, and ask whether they are types; no tensor has one."""
    kind = getattr(torch, name)
    assert isinstance(kind, torch.dtype) and repr(kind) == f"torch.{name}"
    assert {kind: 1}[getattr(torch, name)] == 1 and kind != torch.int8
    for make in (torch.finfo, torch.iinfo, lambda kind: torch.zeros(2, dtype=kind), torch.ones(2).to):
        with pytest.raises(TypeError):
            make(kind)
