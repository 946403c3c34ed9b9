"""Methods of storages, whichever is asked for first; values are what PyTorch gives for them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import flambeau as torch

KINDS = {"float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "long": "int64",
         "int": "int32", "short": "int16", "char": "int8", "byte": "uint8", "bool": "bool",
         "complex_float": "complex64", "complex_double": "complex128", "float8_e5m2": "float8_e5m2"}  # fmt: skip


@pytest.mark.parametrize(
    "code",
    ["s.untyped() is s", "repr(s).endswith('of size 2]')", "list(s) == [1, 2]", "s.tolist() == [1, 2]",
     "copy.deepcopy(s).tolist() == [1, 2]", "pickle.loads(pickle.dumps(s)).tolist() == [1, 2]", "not hasattr(s, 'x')",
     "s.float().tolist() == [1.0, 2.0]", "copy.copy(s) is not s"],
)  # fmt: skip
def test_each_method_is_there_in_a_fresh_process(code: str) -> None:
    program = f"import copy, pickle, flambeau as torch; s = torch.UntypedStorage([1, 2]); assert {code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_conversions() -> None:
    storage: Any = torch.UntypedStorage([0, 1, 2])
    typed = torch.tensor([0.0, 1.0, 2.0]).storage()
    for name, dtype in KINDS.items():
        for made in (getattr(storage, name)(), getattr(typed, name)()):
            assert isinstance(made, torch.TypedStorage) and str(made.dtype) == f"torch.{dtype}"
            assert [complex(v) for v in made.tolist()] == ([0, 1, 1] if name == "bool" else [0, 1, 2])
    assert storage.byte()._cdata != storage._cdata and typed.float() is typed
    assert storage.type() == "torch.storage.UntypedStorage" and storage.type(torch.int16).tolist() == [0, 1, 2]
    assert storage.new().nbytes() == 0 and storage.get_device() == -1
    swapped: Any = torch.UntypedStorage([1, 0, 0, 0])
    swapped.byteswap(torch.int32)
    assert swapped.tolist() == [0, 0, 0, 1]


def test_buffers() -> None:
    data = b"12345678"
    from_buffer: Any = torch.UntypedStorage.from_buffer
    assert from_buffer(data, dtype=torch.int32, byte_order="little", count=1, offset=4).tolist() == [53, 54, 55, 56]
    assert from_buffer(data, dtype=torch.int16, byte_order="big", count=1).tolist() == [50, 49]
    assert from_buffer(data, dtype=torch.uint8).tolist() == list(data)
    assert torch.FloatStorage.from_buffer(data, "native").size() == 2
    assert torch.FloatStorage.from_buffer(data, "little", 1, 4).tolist() == [4.368108420749195e-05]
    assert torch.ByteStorage._from_buffer(b"ab").tolist() == [97, 98]
    for kwargs, error in (
        ({}, RuntimeError),
        ({"dtype": torch.float32}, RuntimeError),
        ({"dtype": torch.float32, "byte_order": "odd"}, ValueError),
        ({"dtype": torch.float32, "byte_order": "little", "offset": 1}, ValueError),
        ({"dtype": torch.uint8, "count": 9}, ValueError),
        ({"dtype": torch.uint8, "offset": 9}, ValueError),
    ):
        with pytest.raises(error, match="from_buffer"):
            from_buffer(data, **kwargs)


def test_typed_names(tmp_path: Any) -> None:
    typed = torch.tensor([1.0, 2.0]).storage()
    assert (typed._dtype, typed._size(), typed._nbytes(), typed._element_size()) == (torch.float32, 2, 8, 4)
    assert typed._pickle_storage_type() == "FloatStorage" and typed._get_legacy_storage_class() is torch.FloatStorage
    assert typed._getitem(-1) == 2.0 and typed._maybe_wrap_index(-1) == 1 and not typed.is_pinned()
    typed._setitem(0, 5)
    assert typed._to(torch.int32).tolist() == [5, 2] and typed._data_ptr() == typed.data_ptr()
    assert typed._new_wrapped_storage(torch.UntypedStorage(4)).size() == 1 and typed.filename is None
    assert torch.DoubleStorage.dtype is torch.float64
    path = tmp_path / "floats"
    path.write_bytes(bytes(8))
    mapped = torch.FloatStorage.from_file(str(path), True, 2)
    mapped[1] = 3.0
    assert torch.FloatStorage.from_file(str(path), False, 2).tolist() == [0.0, 3.0]
    with pytest.raises(RuntimeError, match="element type"):
        torch.TypedStorage.from_file(str(path), False, 2)
    for storage in (typed, typed.untyped()):
        for name in ("hpu", "pin_memory"):
            with pytest.raises(RuntimeError, match=name):
                getattr(storage, name)()
    from flambeau import storage as module

    assert module._get_dtype_from_pickle_storage_type("LongStorage") is torch.int64
    assert module._dtype_to_storage_type_map()[torch.float32] == "FloatStorage"
    with pytest.raises(KeyError):
        module._get_dtype_from_pickle_storage_type("OddStorage")
