"""Reader and writer of single records of saved files, and functions over kinds of tensors that are not there."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
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


RECORDS = {"a": b"12039", "c/d": b"", "e": bytes(range(256)) * 300}


@pytest.mark.parametrize("kind", ["path", "stream"])
def test_records_written_one_by_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "mine.bin"
    file: Any = io.BytesIO() if kind == "stream" else path
    with torch.serialization._open_zipfile_writer(file) as writer:
        for name, data in RECORDS.items():
            writer.write_record(name, data, len(data))
        writer.write_record("text", "äb", 3)
        writer.write_record("some", b"12345", 2)
        writer.write_record("storage", torch.arange(3).untyped_storage(), 24)
        assert writer.get_all_written_records() == {*RECORDS, "text", "some", "storage"}
        with pytest.raises(RuntimeError, match="'a' is written already"):
            writer.write_record("a", b"", 0)
        with pytest.raises(RuntimeError, match="5 bytes, not 6"):
            writer.write_record("more", b"12345", 6)
    folder = "archive" if kind == "stream" else "mine"
    assert writer.archive_name() == folder and len(writer.serialization_id()) == 40
    for late in (lambda: writer.write_record("z", b"", 0), writer.write_end_of_file):
        with pytest.raises(RuntimeError, match="finished"):
            late()
    with zipfile.ZipFile(file) as plain:
        assert plain.testzip() is None and plain.read(f"{folder}/e") == RECORDS["e"]
    if kind == "stream":
        file.seek(0)
    with torch.serialization._open_zipfile_reader(file) as reader:
        assert {name: reader.get_record(name) for name in RECORDS} == RECORDS
        assert reader.get_record("text") == "äb".encode() and reader.get_record("some") == b"12"
        assert reader.get_record("storage") == bytes([0] * 8 + [1] + [0] * 7 + [2] + [0] * 7)
        assert reader.get_record("byteorder").decode() == sys.byteorder
        assert reader.serialization_id() == writer.serialization_id()
    with pytest.raises(RuntimeError, match="cannot open"):
        torch.PyTorchFileWriter(str(tmp_path / "none" / "x"))


def test_a_writer_left_by_an_error_finishes_its_file(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    with pytest.raises(KeyError), torch.serialization._open_zipfile_writer(path) as writer:
        writer.write_record("a", b"1", 1)
        raise KeyError("inside")
    assert torch.PyTorchFileReader(path).get_record("a") == b"1"


def test_what_is_an_archive() -> None:
    for data, said in ((b"", False), (b"PK\x03", False), (b"PK\x03\x04", True), (b"PK\x05\x06rest", False)):
        file = io.BytesIO(b"--" + data)
        file.seek(2)
        assert torch.serialization._is_zipfile(file) is said and file.tell() == 2
    file = io.BytesIO()
    torch.save(torch.ones(2), file, _use_new_zipfile_serialization=False)
    file.seek(0)
    assert not torch.serialization._is_zipfile(file)
