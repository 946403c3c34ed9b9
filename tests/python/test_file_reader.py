"""The reader of single records of saved files, and functions over kinds of tensors that are not there."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau as torch


def test_functions_over_absent_kinds_are_refused_by_name() -> None:
    for name in ("_nested_view_from_buffer", "_make_per_tensor_quantized_tensor"):
        with pytest.raises(NotImplementedError, match=name):
            getattr(torch, name)()
    assert torch._segment_reduce(torch.ones(3), "sum", lengths=torch.tensor([1, 2])).tolist() == [1.0, 2.0]


def test_records_of_a_file(tmp_path: Any) -> None:
    path = tmp_path / "x.pt"
    torch.save({"a": torch.arange(3.0), "b": torch.ones(2, 2)}, path)
    reader = torch.PyTorchFileReader(str(path))
    assert {"data.pkl", "byteorder", "data/0", "data/1", "version"} <= set(reader.get_all_records())
    assert reader.has_record("data/0") and not reader.has_record("nope") and reader.get_record_size("data/0") == 12
    made = reader.get_storage_from_record("data/0", 3, torch.float32)
    assert torch.FloatStorage(wrap_storage=made.untyped_storage()).tolist() == [0.0, 1.0, 2.0]
    offset = reader.get_record_offset("data/0")
    assert path.read_bytes()[offset : offset + 12] == reader.get_record("data/0")
    with open(path, "rb") as file:
        assert torch.PyTorchFileReader(file).has_record("data/1")
    for call in (lambda: reader.get_record("nope"), lambda: torch.PyTorchFileReader(str(tmp_path / "nope")),
                 lambda: reader.get_storage_from_record("data/0", 4, torch.float32)):  # fmt: skip
        with pytest.raises(RuntimeError):
            call()
