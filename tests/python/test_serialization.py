"""`save` and `load`: round trips, PyTorch's files both ways, damaged files, hostile files, whole replacement."""

from __future__ import annotations

import collections
import io
import itertools
import os
import pickle
import pickletools
import random
import struct
import subprocess
import sys
import zipfile

import pytest

import flambeau
from flambeau import serialization

DTYPES = [
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
    "bfloat16",
    "float32",
    "float64",
    "complex32",
    "complex64",
    "complex128",
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e4m3fnuz",
    "float8_e5m2fnuz",
]


def saved(obj, **options) -> bytes:
    stream = io.BytesIO()
    flambeau.save(obj, stream, **options)
    return stream.getvalue()


def loaded(data: bytes, **options):
    return flambeau.load(io.BytesIO(data), **options)


def archive_with(pickled: bytes, entries=()) -> bytes:
    """An archive around a hand-written pickle."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")
        for name, data in entries:
            archive.writestr(f"archive/{name}", data)
    return stream.getvalue()


def bytes_of(tensor) -> list[int]:
    return list(flambeau.storage.storage_bytes(tensor.untyped_storage()))


def sample():
    base = flambeau.arange(6, dtype=flambeau.float32)
    state = collections.OrderedDict(weight=base, row=base[2:4])
    state._metadata = {"": {"version": 1}}
    return {"state": state, "step": 3, "lr": 0.1, "names": ["a", "b"], "shape": (1, (2, 3))}


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("as_zip", [True, False])
def test_round_trip_of_containers_and_views(protocol, as_zip):
    data = saved(sample(), pickle_protocol=protocol, _use_new_zipfile_serialization=as_zip)
    result = loaded(data)
    assert result["state"]["weight"].tolist() == [0, 1, 2, 3, 4, 5]
    assert result["state"]["row"].tolist() == [2, 3]
    assert result["state"]._metadata == {"": {"version": 1}}
    assert type(result["state"]) is collections.OrderedDict
    assert (result["step"], result["lr"], result["names"], result["shape"]) == (3, 0.1, ["a", "b"], (1, (2, 3)))
    result["state"]["weight"][2] = 9
    assert result["state"]["row"].tolist() == [9, 3]
    again = loaded(data, weights_only=False)
    assert again["state"]["row"].tolist() == [2, 3]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_keeps_its_bits(dtype):
    dtype = getattr(flambeau, dtype)
    if dtype == flambeau.bool:
        tensor = flambeau.tensor([True, False, True, True])
    else:
        raw = flambeau.tensor([(37 * n + 11) % 251 for n in range(4 * dtype.itemsize)], dtype=flambeau.uint8)
        tensor = flambeau.empty(0, dtype=dtype).set_(raw.untyped_storage(), 0, (4,), (1,))
    for as_zip in (True, False):
        result = loaded(saved(tensor, _use_new_zipfile_serialization=as_zip))
        assert result.dtype == dtype and result.shape == tensor.shape
        assert bytes_of(result) == bytes_of(tensor)


def test_values_of_the_core():
    objects = [
        flambeau.float32,
        flambeau.bfloat16,
        flambeau.device("cpu"),
        flambeau.Size([2, 3]),
        flambeau.strided,
        flambeau.channels_last,
        1 + 2j,
        {1, 2},
        b"bytes",
        bytearray(b"x"),
        None,
        2**80,
        slice(1, 2),
    ]
    assert loaded(saved(objects)) == objects
    generator = flambeau.Generator()
    generator.manual_seed(7)
    again = loaded(saved(generator))
    assert again.get_state().tolist() == generator.get_state().tolist()


def test_shapes_strides_and_flags():
    base = flambeau.arange(24, dtype=flambeau.float32)
    tensors = [
        base.reshape(2, 3, 4).transpose(0, 2),
        base[3],
        base[:0],
        base.expand(2, 24),
        base[::5],
        flambeau.zeros(0, 3),
        flambeau.tensor(1.5),
        flambeau.zeros(2, requires_grad=True),
    ]
    for tensor, result in zip(tensors, loaded(saved(tensors)), strict=True):
        assert (result.shape, result.stride(), result.storage_offset()) == (
            tensor.shape,
            tensor.stride(),
            tensor.storage_offset(),
        )
        assert result.tolist() == tensor.tolist() and result.requires_grad == tensor.requires_grad


def test_one_storage_under_two_types():
    base = flambeau.arange(4, dtype=flambeau.float32)
    first, second = loaded(saved([base, base.view(flambeau.int32)]))
    assert first.data_ptr() == second.data_ptr() and second.dtype == flambeau.int32


def test_conjugate_and_meta():
    value = flambeau.tensor([1 + 2j, 3 - 1j]).conj()
    result = loaded(saved(value))
    assert result.is_conj() and result.tolist() == value.tolist()
    meta = loaded(saved(flambeau.empty(2, 3, device="meta")))
    assert meta.device.type == "meta" and tuple(meta.shape) == (2, 3)


def test_parameter():
    parameter = flambeau.nn.Parameter(flambeau.ones(2))
    result = loaded(saved(parameter))
    assert type(result) is type(parameter) and result.requires_grad and result.tolist() == [1, 1]


def test_format_of_the_archive():
    with zipfile.ZipFile(io.BytesIO(saved(sample()))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == [
            "archive/data.pkl",
            "archive/.format_version",
            "archive/.storage_alignment",
            "archive/byteorder",
            "archive/data/0",
            "archive/version",
            "archive/.data/serialization_id",
        ]
        assert archive.read("archive/version") == b"3\n"
        assert archive.read("archive/byteorder") == sys.byteorder.encode()
        assert b"ctorch._utils\n_rebuild_tensor_v2\n" in archive.read("archive/data.pkl")
        assert b"flambeau" not in archive.read("archive/data.pkl")
        raw = saved(sample())
        for info in archive.infolist():
            name_size, extra_size = struct.unpack_from("<2H", raw, info.header_offset + 26)
            assert (info.header_offset + 30 + name_size + extra_size) % 64 == 0


def test_path_names_folder_and_mmap(tmp_path):
    path = tmp_path / "model.tar.pt"
    flambeau.save(sample(), path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[0] == "model.tar/data.pkl"
    assert sorted(os.listdir(tmp_path)) == ["model.tar.pt"]
    for mmap in (True, False):
        assert flambeau.load(path, mmap=mmap)["state"]["row"].tolist() == [2, 3]
    with pytest.raises(ValueError, match="path"):
        flambeau.load(io.BytesIO(path.read_bytes()), mmap=True)


def test_map_location():
    data = saved({"x": flambeau.ones(3)})
    for location in (
        "cpu",
        flambeau.device("cpu"),
        {"cpu": "cpu"},
        lambda storage, where: storage,
        lambda storage, where: None,
    ):
        assert loaded(data, map_location=location)["x"].tolist() == [1, 1, 1]
    for location in ("meta", {"cpu": "meta"}):
        assert loaded(data, map_location=location)["x"].device.type == "meta"
    with pytest.raises(RuntimeError, match="nowhere"):
        loaded(data, map_location="nowhere")
    with pytest.raises(TypeError, match="map_location"):
        loaded(data, map_location=3)


def test_pytorch_reads_ours():
    torch = pytest.importorskip("torch")
    for as_zip in (True, False):
        data = saved(sample(), _use_new_zipfile_serialization=as_zip)
        result = torch.load(io.BytesIO(data), weights_only=True)
        assert result["state"]["row"].tolist() == [2, 3] and result["state"]._metadata == {"": {"version": 1}}
        assert result["state"]["row"].untyped_storage().data_ptr() == result["state"]["weight"].data_ptr()
    for name in DTYPES:
        tensor = flambeau.empty(3, dtype=getattr(flambeau, name))
        result = torch.load(io.BytesIO(saved(tensor)), weights_only=True)
        assert result.dtype == getattr(torch, name)
        assert list(result.untyped_storage().tolist()) == bytes_of(tensor)


def test_ours_reads_pytorchs():
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.randn(5, 3)).sum().backward()
    optimizer.step()
    content = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
    for as_zip in (True, False):
        stream = io.BytesIO()
        torch.save(content, stream, _use_new_zipfile_serialization=as_zip)
        result = loaded(stream.getvalue())
        assert result["epoch"] == 3 and list(result["model"]) == list(content["model"])
        for name, tensor in content["model"].items():
            assert result["model"][name].tolist() == tensor.tolist()
        state = content["optimizer"]["state"]
        for key, values in result["optimizer"]["state"].items():
            assert values["exp_avg"].tolist() == state[key]["exp_avg"].tolist()


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_storage_beside_tensors_of_other_types(as_zip):
    x = flambeau.tensor([1.5, -2.0, 3.0])
    parts = {"tensor": x, "bits": x.view(flambeau.int32), "bytes": x.untyped_storage(), "half": x.view(flambeau.int16)}
    for order in itertools.permutations(parts):
        got = loaded(saved({name: parts[name] for name in order}, _use_new_zipfile_serialization=as_zip))
        assert list(got) == list(order)
        for name in ("tensor", "bits", "half"):
            assert got[name].dtype == parts[name].dtype and flambeau.equal(got[name], parts[name])
            assert got[name].untyped_storage()._cdata == got["bytes"]._cdata
        assert got["bytes"].tolist() == x.untyped_storage().tolist()


@pytest.mark.parametrize("as_zip", [True, False])
def test_truncation_at_every_byte(as_zip):
    data = saved({"x": flambeau.arange(4), "y": [1, "two"]}, _use_new_zipfile_serialization=as_zip)
    for size in range(len(data)):
        with pytest.raises((pickle.UnpicklingError, RuntimeError, EOFError)):
            loaded(data[:size])


@pytest.mark.parametrize("as_zip", [True, False])
def test_bit_flips_never_do_more_than_raise(as_zip):
    data = saved(sample(), _use_new_zipfile_serialization=as_zip)
    draw = random.Random(5)
    outcomes = collections.Counter()
    for _ in range(3000):
        damaged = bytearray(data)
        for _ in range(draw.choice([1, 1, 1, 8])):
            damaged[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        try:
            loaded(bytes(damaged))
            outcomes["loaded"] += 1
        except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
            assert str(error).startswith("load: "), error
            outcomes["refused"] += 1
    assert outcomes["refused"] > 300


def test_damaged_tensor_data_are_noticed():
    data = bytearray(saved(flambeau.arange(1000, dtype=flambeau.float32)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.getinfo("archive/data/0").header_offset + 200
    data[start] ^= 1
    with pytest.raises(RuntimeError, match=r"archive/data/0.*checksum"):
        loaded(bytes(data))


HOSTILE = {
    "os.system": b"cos\nsystem\n(S'true'\ntR.",
    "posix.system": b"cposix\nsystem\n(X\x04\x00\x00\x00truetR.",
    "builtins.eval": b"cbuiltins\neval\n(X\x01\x00\x00\x001tR.",
    "builtins.getattr": b"c__builtin__\ngetattr\n(]X\x06\x00\x00\x00appendtR.",
    "copyreg._reconstructor": b"ccopy_reg\n_reconstructor\n(c__builtin__\nobject\nc__builtin__\nobject\nNtR.",
    "stack global": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "nested name": b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93.",
    "instance": b"(S'true'\nios\nsystem\n.",
    "object": b"(cos\nsystem\nS'true'\no.",
    "extension": b"\x80\x02\x82\x01.",
    "call of a list": b"])R.",
    "call of text": b"X\x01\x00\x00\x00a)R.",
    "call of a type": b"cbuiltins\nint\n(X\x01\x00\x00\x001tR.",
    "new tensor": b"ctorch\nTensor\n)\x81.",
    "state of a dict": b"}}X\x01\x00\x00\x00aNsb.",
    "method shadowed": b"ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsNsb.",
    "class replaced": b"ccollections\nOrderedDict\n)R}X\x09\x00\x00\x00__class__Nsb.",
    "no storage": b"ctorch._utils\n_rebuild_tensor_v2\n(NK\x00K\x01\x85K\x01\x85\x89NtR.",
    "numpy objects": b"cnumpy\ndtype\nX\x01\x00\x00\x00O\x89\x88\x87R.",
    "codec": b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.",
    "huge text": b"X\xff\xff\xff\xffabc.",
    "huge bytes": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
    "huge number": b"I" + b"9" * 100_000 + b"\n.",
    "huge memo index": b"\x80\x02Nr\xff\xff\xff\xff0j\xfe\xff\xff\xff.",
    "unknown memo": b"h\x05.",
    "mark as value": b"(.",
    "pop of nothing": b"0.",
    "odd items": b"}(K\x01u.",
    "list as key": b"}]K\x01s.",
    "protocol": b"\x80\x09N.",
    "left over": b"K\x01K\x02.",
    "no stop": b"K\x01",
    "empty": b"",
    "generator": b"ctorch._C\nGenerator\n)R(K\x01NNtb.",
    "persistent text": b"Pfile\n.",
    "size": b"ctorch\nSize\n((J\xff\xff\xff\xffttR.",
    "deep key": b"}" + b"N" + b"\x85" * 100_000 + b"Ns.",
    "wide key": b"})" + b"q\x00h\x00\x86" * 60 + b"Ns.",
    "colliding keys": b"}\x8a\x14" + b"\xff" * 19 + b"\x00Ns.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_are_refused(name, monkeypatch):
    called = []
    monkeypatch.setattr(os, "system", lambda command: called.append(command))
    with pytest.raises((pickle.UnpicklingError, RuntimeError)) as caught:
        loaded(archive_with(HOSTILE[name]))
    assert "load: " in str(caught.value) and not called


def test_deep_nesting_does_not_overflow():
    result = loaded(archive_with(b"]" * 200_000 + b"a" * 199_999 + b"."))
    depth = 0
    while result:
        result = result[0]
        depth += 1
    assert depth == 199_999


def rebuild(sizes, strides, offset=0, count=4, key="0", kind="FloatStorage", location="cpu"):
    """The pickle of one tensor with numbers of our choice."""

    def number(value):
        return b"\x8a\x09" + value.to_bytes(9, "little", signed=True)

    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    module = "torch.storage" if kind == "UntypedStorage" else "torch"
    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(("
        + text("storage")
        + f"c{module}\n{kind}\n".encode()
        + text(key)
        + text(location)
        + number(count)
        + b"tQ"
        + number(offset)
        + b"("
        + b"".join(map(number, sizes))
        + b"t("
        + b"".join(map(number, strides))
        + b"t\x89ccollections\nOrderedDict\n)RtR."
    )


def test_views_must_lie_within_their_storage():
    entries = [("data/0", b"\0" * 16)]
    assert loaded(archive_with(rebuild((2, 2), (2, 1)), entries)).shape == (2, 2)
    assert loaded(archive_with(rebuild((10**6, 2), (0, 1)), entries)).shape == (10**6, 2)
    for bad in (
        rebuild((5,), (1,)),
        rebuild((4,), (1,), 1),
        rebuild((2,), (4,)),
        rebuild((2,), (-1,), 1),
        rebuild((-1,), (1,)),
        rebuild((2**62, 2**62), (0, 0)),
        rebuild((2,), (2**62,)),
        rebuild((1,), (1,), 2**63),
        rebuild((2,), (1, 1)),
        rebuild((1,) * 100, (1,) * 100),
        rebuild((0,), (1,), 99),
        rebuild((4,), (1,), count=5),
        rebuild((4,), (1,), count=2**40),
        rebuild((4,), (1,), count=-1),
        rebuild((4,), (1,), key="1"),
        rebuild((4,), (1,), key="../version"),
        rebuild((4,), (1,), kind="QInt8Storage"),
        rebuild((4,), (1,), location="cuda:0"),
        rebuild((4,), (1,), location="nowhere"),
    ):
        with pytest.raises((pickle.UnpicklingError, RuntimeError)):
            loaded(archive_with(bad, entries))


def test_hostile_containers():
    good = saved({"x": flambeau.ones(4)})
    directory = good.rindex(b"PK\x05\x06")
    for offset, form, value in ((8, "<H", 60000), (10, "<H", 9), (12, "<I", 2**31), (16, "<I", 2**31)):
        bad = bytearray(good)
        struct.pack_into(form, bad, directory + offset, value)
        with pytest.raises(RuntimeError, match="load: "):
            loaded(bytes(bad))
    central = good.index(b"PK\x01\x02")
    for offset, value in ((20, 2**30), (24, 2**31), (42, 2**31), (42, 1)):
        bad = bytearray(good)
        struct.pack_into("<I", bad, central + offset, value)
        with pytest.raises(RuntimeError, match="load: "):
            loaded(bytes(bad))
    stream = io.BytesIO()
    with (  # a repacked file still loads
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        zipfile.ZipFile(io.BytesIO(good)) as original,
    ):
        for name in original.namelist():
            archive.writestr(name, original.read(name))
    assert loaded(stream.getvalue())["x"].tolist() == [1, 1, 1, 1]


class Point:
    def __init__(self, x):
        self.x = x


def test_classes_are_refused_by_name_and_can_be_allowed():
    data = saved(Point(3))
    with pytest.raises(pickle.UnpicklingError, match=r"test_serialization\.Point.*add_safe_globals"):
        loaded(data)
    assert [name.rpartition(".")[2] for name in serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(data))] == [
        "Point"
    ]
    with serialization.safe_globals([Point]):
        assert loaded(data).x == 3
        assert Point in serialization.get_safe_globals()
    with pytest.raises(pickle.UnpicklingError):
        loaded(data)
    assert loaded(data, weights_only=False).x == 3


def test_other_errors(tmp_path):
    with pytest.raises(EOFError):
        loaded(b"")
    with pytest.raises(FileNotFoundError):
        flambeau.load(tmp_path / "missing.pt")
    with pytest.raises(RuntimeError, match="does not exist"):
        flambeau.save(1, tmp_path / "missing" / "x.pt")
    with pytest.raises(AttributeError, match="write"):
        flambeau.save(1, 3)
    with pytest.raises(AttributeError, match="seek"):
        flambeau.load(type("Stream", (), {"read": lambda self, size=-1: b""})())
    with pytest.raises(pickle.UnpicklingError):
        loaded(pickle.dumps({"a": 1}))


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.pt"
    flambeau.save([1], path)
    with pytest.raises(Exception, match=r"lambda|pickle"):
        flambeau.save([flambeau.ones(3), lambda: 0], path)
    assert flambeau.load(path) == [1] and os.listdir(tmp_path) == ["x.pt"]


def test_a_killed_save_leaves_a_whole_file(tmp_path):
    path = tmp_path / "x.pt"
    flambeau.save([1], path)
    script = "import os, sys, flambeau\nos.fsync = lambda descriptor: os._exit(9)\nflambeau.save([2], sys.argv[1])\n"
    result = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert result.returncode == 9 and flambeau.load(path) == [1]


KILLED = """
import os, sys, flambeau
def stop(descriptor):
    print("writing", flush=True)
    sys.stdin.read(1)
    {how}
os.fsync, sync = stop, os.fsync
flambeau.save([2], sys.argv[1])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="locks of another kind there")
def test_what_killed_saves_leave_goes_at_the_next(tmp_path):
    path = tmp_path / "x.pt"

    def start(how):
        command = [sys.executable, "-c", KILLED.format(how=how), str(path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout.read(7) == b"writing"
        return process

    for _ in range(3):
        dead = start("pass")
        dead.kill()
        dead.wait()
    assert len(os.listdir(tmp_path)) == 1  # each has removed what the one before it left
    living = start("sync(descriptor)")
    flambeau.save([3], tmp_path / "other.pt")
    left = sorted(name for name in os.listdir(tmp_path) if name.startswith("."))
    assert len(left) == 1 and flambeau.load(tmp_path / "other.pt") == [3]  # the one that is being written
    living.communicate(b"x")
    assert living.returncode == 0 and flambeau.load(path) == [2]
    assert sorted(os.listdir(tmp_path)) == ["other.pt", "x.pt"]


def test_saves_into_one_folder_at_once(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: flambeau.save([i], tmp_path / f"{i % 3}.pt"), range(60)))
    assert sorted(os.listdir(tmp_path)) == ["0.pt", "1.pt", "2.pt"]


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_is_flushed(tmp_path, zipped):
    with open(tmp_path / "x.pt", "wb", buffering=1 << 20) as stream:
        flambeau.save([1, 2], stream, _use_new_zipfile_serialization=zipped)
        assert flambeau.load(tmp_path / "x.pt") == [1, 2]


def test_symbolic_links_and_modes_are_kept(tmp_path):
    real = tmp_path / "real.pt"
    flambeau.save([1], real)
    os.chmod(real, 0o640)
    link = tmp_path / "link.pt"
    link.symlink_to(real)
    flambeau.save([2], link)
    assert link.is_symlink() and flambeau.load(real) == [2] and os.stat(real).st_mode & 0o777 == 0o640


def test_files_one_after_another_in_the_older_format():
    stream = io.BytesIO()
    for value in (1, 2):
        flambeau.save({"x": flambeau.full((3,), value)}, stream, _use_new_zipfile_serialization=False)
    stream.seek(0)
    assert [flambeau.load(stream)["x"].tolist() for _ in range(2)] == [[1, 1, 1], [2, 2, 2]]


def test_archive_behind_other_bytes():
    stream = io.BytesIO(b"head" + saved([1, 2]))
    stream.seek(4)
    assert flambeau.load(stream) == [1, 2]


def test_typed_storages():
    storage = flambeau.FloatStorage([1, 2, 3])
    assert isinstance(storage, flambeau.FloatStorage) and len(storage) == 3 and storage[1] == 2
    result = loaded(saved({"s": storage, "u": storage.untyped()}))
    assert result["s"].tolist() == [1, 2, 3] and result["s"].data_ptr() == result["u"].data_ptr()
    assert storage.double().dtype == flambeau.float64
    with pytest.raises(IndexError, match="3"):
        storage[3]


def test_numpy_values():
    numpy = pytest.importorskip("numpy")
    arrays = [
        numpy.arange(6.0).reshape(2, 3),
        numpy.asfortranarray(numpy.arange(6).reshape(2, 3)),
        numpy.array(["a", "bc"]),
        numpy.float32(2.5),
        numpy.bool_(True),
        numpy.dtype("int16"),
    ]
    for value, result in zip(arrays, loaded(saved(arrays)), strict=True):
        assert type(result) is type(value) and numpy.array_equal(result, value)
    with pytest.raises(pickle.UnpicklingError, match="numpy"):
        loaded(saved(numpy.array([object()], dtype=object), pickle_module=pickle))


def of_python_2(data):
    """A file of the older format as Python 2 wrote it: its texts are byte strings."""
    stream, out = io.BytesIO(data), bytearray()
    for _ in range(5):  # number, version, system, object, storage keys
        start, texts = stream.tell(), []
        for operation, argument, position in pickletools.genops(stream):
            if operation.name == "BINUNICODE":
                texts.append((position, argument.encode()))
        at = start
        for position, text in texts:
            out += data[at:position] + b"U" + bytes([len(text)]) + text
            at = position + 5 + len(text)
        out += data[at : stream.tell()]
    return bytes(out) + data[stream.tell() :]


@pytest.mark.parametrize("weights_only", [True, False])
def test_checkpoints_of_python_2(weights_only):
    x = flambeau.arange(6.0).reshape(2, 3)
    data = of_python_2(saved({"x": x, "view": x[1], "n": ["caf", 3]}, _use_new_zipfile_serialization=False))
    as_text = loaded(data, weights_only=weights_only)
    assert as_text["x"].tolist() == x.tolist() and as_text["n"] == ["caf", 3]
    as_bytes = loaded(data, weights_only=weights_only, encoding="bytes")
    assert as_bytes[b"x"].tolist() == x.tolist() and as_bytes[b"n"] == [b"caf", 3]
    assert as_bytes[b"x"].data_ptr() + 12 == as_bytes[b"view"].data_ptr()
    latin = of_python_2(saved({"k": "e"}, _use_new_zipfile_serialization=False)).replace(b"U\x01e", b"U\x01\xe9")
    assert loaded(latin, weights_only=weights_only, encoding="latin1") == {"k": "é"}


class WithState(flambeau.Tensor):
    def __getstate__(self):
        return ("mine", self.extra)

    def __setstate__(self, state):
        assert state[0] == "mine"
        self.extra = state[1]


@pytest.mark.parametrize("module", [pickle, "other"])
def test_subclasses_that_say_their_state_themselves(module):
    x = flambeau.ones(2).as_subclass(WithState)
    x.extra = "kept"
    again = pickle.loads(pickle.dumps(x))
    assert type(again) is WithState and again.extra == "kept" and again.tolist() == [1, 1]
    keywords = {} if module is pickle else {"pickle_module": OtherPickle}
    again = loaded(saved(x, **keywords), weights_only=False, **keywords)
    assert type(again) is WithState and again.extra == "kept" and again.tolist() == [1, 1]


class OtherPickle:
    """A pickle module of somebody else's, which writes the names as they are."""

    Pickler, Unpickler, load = pickle._Pickler, pickle._Unpickler, pickle.load


def test_other_pickle_modules():
    x = flambeau.arange(4.0)
    for zipped in (True, False):
        data = saved({"x": x, "half": x[2:]}, pickle_module=OtherPickle, _use_new_zipfile_serialization=zipped)
        again = loaded(data, pickle_module=OtherPickle, weights_only=False)
        assert again["x"].tolist() == [0, 1, 2, 3] and again["half"].tolist() == [2, 3]
        assert again["half"].data_ptr() == again["x"].data_ptr() + 8


def test_functions_put_into_the_standard_pickler_by_others(monkeypatch):
    def save_type(pickler, obj):
        raise AssertionError("another library's function was asked")

    monkeypatch.setitem(pickle._Pickler.dispatch, type, save_type)
    monkeypatch.delitem(sys.modules, "flambeau.serialization._archive")
    from flambeau.serialization import _archive

    collector = _archive.StorageCollector()
    assert _archive.pickle_object({"class": dict, "x": flambeau.ones(1)}, pickle, 2, collector)


def test_dill_round_trip():
    dill = pytest.importorskip("dill")
    x = flambeau.arange(3.0)
    assert dill.loads(dill.dumps(x)).tolist() == [0, 1, 2]
    data = saved({"x": x, "f": lambda y: y + 1}, pickle_module=dill)
    again = loaded(data, pickle_module=dill, weights_only=False)
    assert again["x"].tolist() == [0, 1, 2] and again["f"](1) == 2


def test_tensors_over_files(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(struct.pack("<4i", 1, 2, 3, 4))
    private = flambeau.from_file(str(path), size=3, dtype=flambeau.int32)
    private.fill_(9)
    assert private.tolist() == [9, 9, 9] and path.read_bytes()[:4] == b"\1\0\0\0"
    shared = flambeau.from_file(str(path), shared=True, size=6, dtype=flambeau.int32)
    assert shared.tolist() == [1, 2, 3, 4, 0, 0] and shared.is_shared() and path.stat().st_size == 24
    shared[0] = 7
    assert path.read_bytes()[:4] == b"\7\0\0\0" and shared.untyped_storage().filename == str(path)
    assert flambeau.from_file(str(path)).shape == (0,)
    assert flambeau.IntStorage.from_file(str(path), shared=False, size=2).tolist() == [7, 2]
    with pytest.raises(RuntimeError, match="24 bytes"):
        flambeau.from_file(str(path), size=100)
    with pytest.raises(RuntimeError, match="missing"):
        flambeau.from_file(str(tmp_path / "missing"), size=1)
    with pytest.raises(RuntimeError, match="negative"):
        flambeau.from_file(str(path), size=-1)


def test_dlpack_capsules():
    from flambeau.utils import dlpack

    x = flambeau.arange(6.0).reshape(2, 3)
    for make in (flambeau.to_dlpack, dlpack.to_dlpack):
        for take in (flambeau.from_dlpack, dlpack.from_dlpack):
            y = take(make(x.t()))
            assert y.tolist() == x.t().tolist() and y.stride() == (1, 3) and y.data_ptr() == x.data_ptr()
    assert dlpack.from_dlpack(x, copy=True).data_ptr() != x.data_ptr()


def test_an_empty_storage_has_no_one_type():
    x = flambeau.empty(0)
    other = flambeau.TypedStorage(wrap_storage=x.untyped_storage(), dtype=flambeau.float64)
    a, b, c = loaded(saved([x, other, flambeau.empty(0, dtype=flambeau.int64)]))
    assert (a.dtype, b.dtype, c.dtype) == (flambeau.float32, flambeau.float64, flambeau.int64)
