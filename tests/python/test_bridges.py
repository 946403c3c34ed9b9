"""Data into and out of tensors: nested lists, NumPy, buffers, DLPack, storages, and the states of generators."""

from __future__ import annotations

import array
import copy
import gc
import pickle
import weakref
from pathlib import Path
from typing import Any

import pytest

import flambeau
from flambeau import _C

try:
    import numpy as np
except ImportError:  # NumPy is optional
    np = None  # type: ignore[assignment]

needs_numpy = pytest.mark.skipif(np is None, reason="NumPy is not installed")
INF = float("inf")


# --- nested lists ---
@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (3, "int64"),
        (2.5, "float32"),
        (True, "bool"),
        (1j, "complex64"),
        ([], "float32"),
        ([[], []], "float32"),
        ([1, 2, 3], "int64"),
        ([1.0, 2.0], "float32"),
        ([1, True], "int64"),
        ([1, 2.5, True], "float32"),
        ([True, 1j], "complex64"),
        ([[1, 2], [3, 4]], "int64"),
        (((1.0,), (2,)), "float32"),
        (range(4), "int64"),
        ([range(2), [2.0, 3.0]], "float32"),
        (bytearray(b"ab"), "int64"),
        (array.array("d", [1.0, 2.0]), "float32"),
    ],
)
def test_tensor_infers_dtype(data: Any, dtype: str) -> None:
    t = _C.tensor(data)
    assert t.dtype is getattr(flambeau, dtype)

    def plain(x: Any) -> Any:
        return [plain(i) for i in x] if hasattr(x, "__len__") else x

    assert t.tolist() == plain(data)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ([[1, 2], [3]], ValueError),
        ([[1, 2], [3, 4, 5]], ValueError),
        ([[1], 2], TypeError),
        ([1, [2]], TypeError),
        ("abc", TypeError),
        (b"abc", TypeError),
        (["a"], ValueError),
        ([1, "a"], TypeError),
        (None, RuntimeError),
        ([None], RuntimeError),
        ({1, 2}, RuntimeError),
        ({}, RuntimeError),
        (2**63, ValueError),
        ([-(2**63) - 1], ValueError),
    ],
)
def test_tensor_refuses(data: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        _C.tensor(data)


@pytest.mark.parametrize(
    ("data", "dtype", "error"),
    [
        (300, "uint8", RuntimeError),
        (-256, "uint8", RuntimeError),
        ([300], "int8", RuntimeError),
        ([-129], "int8", RuntimeError),
        ([float("nan")], "int64", RuntimeError),
        (INF, "int8", RuntimeError),
        (1e300, "int64", RuntimeError),
        (1j, "float32", TypeError),
        ([1j], "int32", TypeError),
        (-1, "uint64", OverflowError),
        (2**64, "uint64", OverflowError),
        (10**400, "float32", OverflowError),
        ([object()], "int32", TypeError),
        ([object()], "float32", TypeError),
    ],
)
def test_tensor_checks_range(data: Any, dtype: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        _C.tensor(data, dtype=getattr(flambeau, dtype))


def test_tensor_of_a_given_dtype() -> None:
    assert _C.tensor([1.7, -1.7], dtype=flambeau.int32).tolist() == [1, -1]
    assert _C.tensor(-1, dtype=flambeau.uint8).item() == 255
    assert _C.tensor([0, 2, 0.5], dtype=flambeau.bool).tolist() == [False, True, True]
    assert _C.tensor(2**64 - 1, dtype=flambeau.uint64).item() == 2**64 - 1
    assert _C.tensor(2**70, dtype=flambeau.float32).item() == 2.0**70
    assert _C.tensor(1e40).item() == INF
    assert _C.tensor([1], dtype=float).dtype is flambeau.float64


def test_list_that_contains_itself() -> None:
    data: list[Any] = [1]
    data[0] = data
    with pytest.raises(TypeError, match="self-referential"):
        _C.tensor(data)


def test_tensors_inside_lists() -> None:
    t = _C.tensor([_C.tensor(1), _C.tensor(2.5)])
    assert t.tolist() == [1.0, 2.5]
    with pytest.raises(ValueError, match="only one element"):
        _C.tensor([_C.tensor([1, 2]), _C.tensor([3, 4])])


def test_tensor_arguments() -> None:
    for call in (
        lambda: _C.tensor(),
        lambda: _C.tensor([1], 2),
        lambda: _C.tensor([1], foo=1),
        lambda: _C.tensor([1], dtype=3),
        lambda: _C.tensor([1], requires_grad=1),
    ):
        with pytest.raises(TypeError):
            call()
    t = _C.tensor(data=[1.0], requires_grad=True)
    assert t.requires_grad and t.is_leaf
    with pytest.raises(RuntimeError):
        _C.tensor([1], requires_grad=True)
    assert _C.tensor([1, 2], device="meta").shape == (2,)
    with pytest.raises(NotImplementedError):
        _C.tensor([1.0]).new_tensor(_C.tensor([1.0], device="meta"), device="cpu")


def test_tensor_of_a_tensor_warns_and_copies() -> None:
    source = _C.tensor([1.0, 2.0])
    with pytest.warns(UserWarning):
        t = _C.tensor(source)
    assert t is not source and t.data_ptr() != source.data_ptr() and t.tolist() == source.tolist()


def test_as_tensor_and_new_tensor() -> None:
    x = _C.tensor([1.0, 2.0])
    assert _C.as_tensor(x) is x
    assert _C.as_tensor([1, 2]).dtype is flambeau.int64
    assert x.new_tensor([1, 2]).dtype is flambeau.float32
    assert x.new_tensor([1, 2], dtype=flambeau.int64).dtype is flambeau.int64
    assert _C.asarray(x) is x
    assert _C.asarray([1, 2]).tolist() == [1, 2]
    with pytest.raises(ValueError, match="alias"):
        _C.asarray([1, 2], copy=False)


def test_tolist_and_item() -> None:
    x = _C.tensor([[1, 2, 3], [4, 5, 6]])
    assert x.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert _C.tensor([[], []]).tolist() == [[], []]
    assert _C.tensor(3).tolist() == 3
    assert _C.tensor([[7]]).item() == 7
    for bad in (_C.tensor([]), x, _C.tensor([1], device="meta")):
        with pytest.raises(RuntimeError):
            bad.item()
    with pytest.raises(NotImplementedError):
        _C.tensor([1], device="meta").tolist()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e5m2", "complex32"])
def test_narrow_types_round_trip(dtype: str) -> None:
    values = [0.0, 1.0, -1.5, INF, 0.25] if dtype != "complex32" else [1 + 0.5j, -2j]
    assert _C.tensor(values, dtype=getattr(flambeau, dtype)).tolist() == values


# --- buffers ---
def test_frombuffer() -> None:
    raw = bytearray(b"abcdefgh")
    t = _C.frombuffer(raw, dtype=flambeau.uint8, offset=2, count=3)
    assert t.tolist() == list(b"cde")
    raw[2] = 0
    assert t.tolist()[0] == 0
    assert _C.frombuffer(raw, dtype=flambeau.int16).shape == (4,)
    with pytest.raises(BufferError):
        raw.clear()  # taken as long as the tensor lives
    del t
    gc.collect()
    raw.clear()
    with pytest.warns(UserWarning):
        _C.frombuffer(b"ab", dtype=flambeau.uint8)


@pytest.mark.parametrize(
    ("raw", "options"),
    [
        (b"", {}),
        (b"abc", {}),
        (b"abcd", {"offset": 4}),
        (b"abcd", {"offset": -1}),
        (b"abcd", {"count": 3}),
        (b"abcd", {"count": 0}),
        (b"abcd", {"count": 2**62}),
    ],
)
def test_frombuffer_checks(raw: bytes, options: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        _C.frombuffer(bytearray(raw), dtype=flambeau.int16, **options)


# --- NumPy ---
NUMPY_DTYPES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]


@needs_numpy
@pytest.mark.parametrize("dtype", NUMPY_DTYPES)
def test_numpy_round_trip(dtype: str) -> None:
    a = np.arange(6).reshape(2, 3).astype(dtype)
    t = _C.from_numpy(a)
    assert t.dtype is getattr(flambeau, dtype) and t.shape == (2, 3) and t.data_ptr() == a.ctypes.data
    assert t.tolist() == a.tolist()
    b = t.numpy()
    assert b.dtype == a.dtype and b.ctypes.data == a.ctypes.data and np.array_equal(a, b)
    assert _C.from_numpy(a.T).stride() == (1, 3)


@needs_numpy
def test_numpy_memory_is_shared_and_kept() -> None:
    a = np.zeros(3, dtype=np.float32)
    t = _C.from_numpy(a)
    a[1] = 5
    assert t.tolist() == [0, 5, 0]
    alive = weakref.ref(a)
    del a
    gc.collect()
    assert alive() is not None and t.tolist() == [0, 5, 0]
    del t
    gc.collect()
    assert alive() is None
    b = _C.tensor([1.0, 2.0]).numpy()
    gc.collect()
    assert b.tolist() == [1.0, 2.0] and isinstance(b.base, _C.Tensor)


@needs_numpy
def test_from_numpy_refuses() -> None:
    for array_, error in (
        (np.arange(4.0)[::-1], ValueError),
        (np.arange(4).astype(">i8"), ValueError),
        (np.array(["a"]), TypeError),
        (np.zeros(3, dtype=[("a", "i1"), ("b", "f4")])["b"], ValueError),
        ([1, 2], TypeError),
        (np.float32(2), TypeError),
    ):
        with pytest.raises(error):
            _C.from_numpy(array_)
    fixed = np.arange(3)
    fixed.flags.writeable = False
    with pytest.warns(UserWarning):
        _C.from_numpy(fixed)


@needs_numpy
def test_numpy_refuses() -> None:
    with pytest.raises(RuntimeError, match="grad"):
        _C.tensor([1.0], requires_grad=True).numpy()
    assert _C.tensor([1.0], requires_grad=True).numpy(force=True).tolist() == [1.0]
    with pytest.raises(TypeError):
        _C.tensor([1.0], dtype=flambeau.bfloat16).numpy()
    with pytest.raises(TypeError):
        _C.tensor([1.0], device="meta").numpy()
    with pytest.raises(TypeError):
        _C.tensor([1.0]).numpy(True)
    with pytest.raises(TypeError):
        _C.tensor([1.0]).numpy(force=1)


@needs_numpy
def test_numpy_protocols() -> None:
    t = _C.tensor([1.0, 2.0])
    assert np.asarray(t).dtype == np.float32 and np.asarray(t).ctypes.data == t.data_ptr()
    assert np.asarray(t, dtype=np.float64).dtype == np.float64
    assert t.__array__(np.float64).tolist() == [1.0, 2.0]
    assert _C.Tensor.__array_priority__ == 1000
    assert isinstance(t.__array_wrap__(np.ones(2)), _C.Tensor)
    assert t.__array_wrap__(np.array([True])).dtype is flambeau.uint8


@needs_numpy
def test_numpy_inside_lists_and_scalars() -> None:
    assert _C.tensor(np.float64(1)).dtype is flambeau.float64
    assert _C.tensor([np.int32(3)]).dtype is flambeau.int32
    assert _C.tensor([np.int8(3), 2.0]).dtype is flambeau.float32
    assert _C.tensor([np.bool_(True)]).dtype is flambeau.bool
    assert _C.tensor([np.array([1.0, 2]), [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert _C.tensor(np.array([1, 2], dtype=np.uint16)).dtype is flambeau.uint16
    a = np.arange(3.0)
    assert _C.tensor(a).data_ptr() != a.ctypes.data
    assert _C.as_tensor(a).data_ptr() == a.ctypes.data
    assert _C.asarray(a, copy=True).data_ptr() != a.ctypes.data


# --- DLPack ---
def test_dlpack_round_trip() -> None:
    x = _C.tensor([[1.0, 2.0], [3.0, 4.0]])
    for capsule in (x.__dlpack__(), x.__dlpack__(max_version=(1, 0)), _C._to_dlpack(x)):
        y = _C.from_dlpack(capsule)
        assert y.data_ptr() == x.data_ptr() and y.tolist() == x.tolist()
        with pytest.raises(RuntimeError):
            _C.from_dlpack(capsule)  # each is consumed once
    assert _C.from_dlpack(x).data_ptr() == x.data_ptr()
    assert _C.from_dlpack(x, copy=True).data_ptr() != x.data_ptr()
    assert tuple(x.__dlpack_device__()) == (1, 0)
    y = _C.from_dlpack(_C.tensor([1, 2, 3]))
    gc.collect()
    assert y.tolist() == [1, 2, 3]


@needs_numpy
def test_dlpack_with_numpy() -> None:
    a = np.arange(6.0).reshape(2, 3)
    t = _C.from_dlpack(a)
    assert t.data_ptr() == a.ctypes.data and t.shape == (2, 3)
    assert np.from_dlpack(t).ctypes.data == a.ctypes.data
    with pytest.raises(ValueError):
        _C.from_dlpack(a[:, ::-1])


def test_dlpack_refuses() -> None:
    with pytest.raises(BufferError):
        _C.tensor([1.0], requires_grad=True).__dlpack__()
    with pytest.raises(BufferError):
        _C.tensor([1.0], device="meta").__dlpack__()
    with pytest.raises(ValueError):
        _C.tensor([1.0], device="meta").__dlpack_device__()
    with pytest.raises(RuntimeError):
        _C.from_dlpack(3)
    with pytest.raises(TypeError):
        _C.tensor([1.0]).__dlpack__(stream="a")


# --- storages ---
def test_storage() -> None:
    s = _C.UntypedStorage(5)
    assert s.nbytes() == len(s) == s.size() == 5 and s.device.type == "cpu"
    s.fill_(3)
    s[1] = 7
    s[-1] = 300 - 256
    assert bytes(s) == bytes([3, 7, 3, 3, 44]) and s[1] == 7 and s[-1] == 44
    part = s[1:3]
    part[0] = 9
    assert s[1] == 9 and len(part) == 2 and part.data_ptr() == s.data_ptr() + 1
    memoryview(s)[0] = 1
    assert s[0] == 1
    copied = s.clone()
    copied[0] = 0
    assert s[0] == 1 and bytes(_C.UntypedStorage(5).copy_(s)) == bytes(s)
    with pytest.raises(RuntimeError, match="resize_"):  # its bytes were handed out above
        s.resize_(8)
    s = s.clone()
    assert s.resize_(8).nbytes() == 8 and bytes(s)[:5] == bytes([1, 9, 3, 3, 44])
    assert _C.UntypedStorage([1, 2]).nbytes() == 2 and _C.UntypedStorage(1 << 40, device="meta").nbytes() == 1 << 40
    for call, error in (
        (lambda: s[8], IndexError),
        (lambda: s["a"], TypeError),
        (lambda: s[::2], RuntimeError),
        (lambda: s.copy_(part), RuntimeError),
        (lambda: part.resize_(9), RuntimeError),
        (lambda: _C.UntypedStorage(-1), RuntimeError),
        (lambda: memoryview(_C.UntypedStorage(3, device="meta")), BufferError),
    ):
        with pytest.raises(error):
            call()


def test_storage_identity() -> None:
    t = _C.tensor([1.0, 2.0])
    s = t.untyped_storage()
    assert s is t.untyped_storage() and s == t.untyped_storage() and s._cdata == t.untyped_storage()._cdata
    del t
    assert s.nbytes() == 8
    part = s[4:]
    del s
    gc.collect()
    assert len(bytes(part)) == 4


def test_storage_from_file(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(b"x" * 10)
    private = _C.UntypedStorage.from_file(str(path), False, 10)
    private[0] = ord("y")
    assert path.read_bytes() == b"x" * 10 and not private.is_shared()
    shared = _C.UntypedStorage.from_file(path, shared=True, nbytes=20)
    shared[0] = ord("y")
    assert path.read_bytes()[:2] == b"yx" and path.stat().st_size == 20
    assert shared.is_shared() and shared.filename == str(path) and not shared.resizable()
    for name, size in ((path, 1000), (tmp_path / "none", 10), (path, -1)):
        with pytest.raises(RuntimeError):
            _C.UntypedStorage.from_file(str(name), False, size)


def test_set() -> None:
    x = _C.tensor([0.0, 1.0, 2.0, 3.0])
    s = x.untyped_storage()
    t = _C.tensor([])
    assert t.set_(s) is t and t.tolist() == [0, 1, 2, 3]
    assert t.set_(s, 1, (2,), (2,)).tolist() == [1, 3]
    assert t.set_(source=s, storage_offset=2, size=(1, 2)).tolist() == [[2, 3]]
    assert t.set_(x).data_ptr() == x.data_ptr()
    assert t.set_().shape == (0,)
    for arguments in (
        (s, 0, (9,), (1,)),
        (s, -1, (1,), (1,)),
        (s, 0, (2,), (-1,)),
        (s, 0, (2,), (2**62,)),
        (s, 0, (-1,)),
    ):
        with pytest.raises(RuntimeError):
            t.set_(*arguments)
    with pytest.raises(RuntimeError):
        t.set_(_C.tensor([1]))
    with pytest.raises(TypeError):
        t.set_(3)


# --- generators ---
def test_generator() -> None:
    g = _C.Generator()
    assert g.initial_seed() == 67280421310721 and g.device.type == "cpu"
    assert g.manual_seed(5) is g and g.initial_seed() == 5
    assert g.manual_seed(-1).initial_seed() == 2**64 - 1
    state = g.get_state()
    assert state.shape == (5056,) and state.dtype is flambeau.uint8
    g.manual_seed(7)
    assert g.get_state().tolist() != state.tolist()
    assert g.set_state(state).get_state().tolist() == state.tolist()
    for twin in (g.clone_state(), copy.deepcopy(g)):
        assert twin is not g and twin.get_state().tolist() == state.tolist()
    assert g.seed() == g.initial_seed()
    for bad, error in ((2**64, ValueError), (-(2**63) - 1, ValueError), (1.5, RuntimeError), ("a", RuntimeError)):
        with pytest.raises(error):
            g.manual_seed(bad)
    for bad_state, error in (([1], TypeError), (_C.tensor([1.0]), TypeError), (state[:3], RuntimeError)):
        with pytest.raises(error):
            g.set_state(bad_state)
    assert isinstance(_C.default_generator, _C.Generator)


def test_generator_pickles() -> None:
    g = _C.Generator().manual_seed(3)
    make, arguments, state = g.__reduce__()
    again = make(*arguments)
    again.__setstate__(state)
    assert again.get_state().tolist() == g.get_state().tolist()
    assert pickle.loads(pickle.dumps(g)).initial_seed() == 3


# --- lists of parameters ---
def test_gradient_lists() -> None:
    a, b = _C.tensor([1.0], requires_grad=True), _C.tensor([2.0], requires_grad=True)
    a.grad = _C.tensor([3.0])
    assert _C.gather_grads([a, b]) == [a.grad, None]
    _C.clear_grads([a, b])
    assert a.grad is None
    with pytest.raises(TypeError):
        _C.gather_grads([1])
