"""What programs ask behind a guard answers truthfully; what cannot be done says so by name."""

from __future__ import annotations

import importlib

import pytest

cuda = importlib.import_module("flambeau.cuda")
distributed = importlib.import_module("flambeau.distributed")
jit = importlib.import_module("flambeau.jit")
compiler = importlib.import_module("flambeau.compiler")
backends = importlib.import_module("flambeau.backends")


@pytest.mark.parametrize(
    "name",
    [
        "cuda",
        "xpu",
        "mps",
        "accelerator",
        "backends.mps",
        "backends.cudnn",
        "backends.mkl",
        "backends.opt_einsum",
        "backends.nnpack",
        "distributed",
    ],
)
def test_nothing_that_is_absent_is_available(name):
    assert importlib.import_module(f"flambeau.{name}").is_available() is False


@pytest.mark.parametrize("name", ["cuda", "xpu", "mps", "accelerator"])
def test_no_devices(name):
    module = importlib.import_module(f"flambeau.{name}")
    assert module.device_count() == 0
    with pytest.raises((AssertionError, RuntimeError), match=f"{name}.synchronize.*not available"):
        module.synchronize()


def test_bookkeeping_of_cuda_does_nothing():
    cuda.manual_seed_all(3)
    cuda.empty_cache()
    cuda.reset_peak_memory_stats()
    assert cuda.memory_allocated() == cuda.max_memory_allocated() == cuda.memory_reserved() == 0
    assert cuda.get_rng_state_all() == [] and cuda.default_generators == ()
    cuda.set_rng_state_all([])
    with cuda.stream(None), cuda.device(None), cuda.device(-1):
        pass
    with pytest.raises(RuntimeError, match="0 cuda devices"):
        cuda.set_device(0)
    with pytest.raises(RuntimeError, match="0 cuda devices"), cuda.device(0):
        pass
    with pytest.raises(RuntimeError, match="Stream"):
        cuda.Stream()
    assert not isinstance(3, cuda.FloatTensor)
    with pytest.raises(AssertionError, match="get_device_name"):
        cuda.get_device_name(0)


def test_switches_keep_what_was_set():
    cudnn = backends.cudnn
    before = cudnn.benchmark
    with cudnn.flags(enabled=True, benchmark=not before):
        assert cudnn.benchmark is not before
    assert cudnn.benchmark is before
    backends.cuda.matmul.allow_tf32 = True
    assert backends.cuda.matmul.allow_tf32
    backends.cuda.matmul.allow_tf32 = False
    backends.cuda.enable_flash_sdp(False)
    assert not backends.cuda.flash_sdp_enabled()
    backends.cuda.enable_flash_sdp(True)
    assert backends.cpu.get_cpu_capability() in ("AVX512", "AVX2", "DEFAULT", "NO AVX")


def test_distributed_refuses_by_name():
    assert not distributed.is_initialized() and not distributed.is_nccl_available()
    assert distributed.ReduceOp.SUM == 0 and distributed.group.WORLD is None
    for name in ("get_rank", "get_world_size", "all_reduce", "barrier", "broadcast_object_list"):
        with pytest.raises(ValueError, match=name):
            getattr(distributed, name)()
    with pytest.raises(NotImplementedError, match="init_process_group"):
        distributed.init_process_group("gloo")


def test_compile_answers_its_argument():
    def function(x):
        return x

    assert compiler.compile(function) is function and compiler.compile(mode="default")(function) is function
    assert compiler.disable(function) is function and compiler.is_compiling() is False
    with pytest.raises(RuntimeError, match="cannot be called"):
        compiler.compile(3)


def test_jit_marks_pass_and_graphs_are_refused():
    def function(x):
        return x

    assert jit.ignore(function) is jit.unused(function) is jit.export(function) is function
    assert jit.ignore(drop=True)(function) is function
    assert not jit.is_scripting() and not jit.is_tracing()
    assert jit.isinstance([1, 2], list[int]) and not jit.isinstance([1, "a"], list[int])
    assert jit.wait(jit.fork(function, 4)) == 4
    for name in ("save", "load"):
        with pytest.raises(NotImplementedError, match=f"jit.{name}"):
            getattr(jit, name)(function, "file")
    with pytest.raises(NotImplementedError, match=r"onnx.export"):
        importlib.import_module("flambeau.onnx").export(None)


def test_versions_compare():
    version = importlib.import_module("flambeau.torch_version").__version__
    assert version == "2.13.0+flambeau" and version >= (2, 1) and version > "2.9" and version < "3.0.dev1"
    assert version.split("+")[0] == "2.13.0" and version != "2.12.1" and version < "2.14.0rc1"
    assert importlib.import_module("flambeau.version").cuda is None
