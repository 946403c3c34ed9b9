"""Files that are changed at random: `load` gives a value or one of its errors, within limits of memory and of time.

Records of an archive are changed under a right checksum, too, so that what reads them sees the change.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from scripts import run_script

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory limits are Linux's")
LARGE = os.environ.get("FLAMBEAU_TEST_ALL") == "1"

MUTATE = """
import collections, io, pickle, random, resource, signal, sys, zipfile
import flambeau

draw = random.Random(int(sys.argv[2]))
path = sys.argv[3]

def saved(obj, **options):
    stream = io.BytesIO()
    flambeau.save(obj, stream, **options)
    return stream.getvalue()

TYPES = flambeau.bfloat16, flambeau.int64, flambeau.bool, flambeau.complex64

def sample():
    base = flambeau.arange(24.0).reshape(4, 6)
    state = flambeau.nn.Sequential(flambeau.nn.Linear(3, 2), flambeau.nn.BatchNorm1d(2)).state_dict()
    return {
        "state": state, "views": [base, base[1:3], base.t(), base.view(flambeau.int32)],
        "types": [flambeau.ones(2).to(d) for d in TYPES],
        "empty": flambeau.empty(0, 3), "meta": flambeau.empty(2, 3, device="meta"),
        "parameter": flambeau.nn.Parameter(flambeau.ones(2)), "storage": base.untyped_storage(),
        "sparse": flambeau.eye(3).to_sparse(), "plain": [1, -2, 1 << 80, 1.5, 2j, "text", b"bytes", None, {1, 2}, (3,)],
        "size": base.shape, "dtype": flambeau.float64, "device": flambeau.device("cpu"),
        "ordered": collections.OrderedDict(a=1), "nested": {"a": {"b": [[[]]]}},
    }

def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}

def archive_of(parts, method):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()

INTERESTING = [
    b"\\0", b"\\xff", b"\\x7f", b"\\x80", b"\\xff" * 4, b"\\xff" * 8, b"\\0" * 8, b"\\x7f" + b"\\xff" * 7,
    b"(", b".", b"R", b"Q", b"b", b"t", b"}", b"0", b"1", b"2", b"h\\x00", b"q\\x00", b"K\\x00", b"M\\xff\\xff",
    b"J\\xff\\xff\\xff\\x7f", b"\\x8a\\x08" + b"\\xff" * 7 + b"\\x7f",
    b"ctorch\\nFloatStorage\\n", b"ctorch._utils\\n_rebuild_tensor_v2\\n", b"ccollections\\nOrderedDict\\n",
]

def mutated(data):
    data = bytearray(data)
    for _ in range(draw.choice([1, 1, 1, 2, 4, 16])):
        at = draw.randrange(len(data) + 1) if data else 0
        kind = draw.randrange(8)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << draw.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = draw.randrange(256)
        elif kind == 2:
            piece = draw.choice(INTERESTING)
            data[at : at + len(piece)] = piece
        elif kind == 3:
            data[at:at] = draw.choice(INTERESTING)
        elif kind == 4:
            del data[at : at + draw.choice([1, 1, 4, 64, 1000])]
        elif kind == 5:
            del data[at:]
        elif kind == 6:
            start = draw.randrange(len(data) + 1)
            data[at:at] = data[start : start + draw.choice([1, 8, 100])]
        else:
            start = draw.randrange(len(data) + 1)
            piece = data[start : start + draw.choice([1, 8, 100])]
            data[at : at + len(piece)] = piece
    return bytes(data)

whole = {"zip": saved(sample()), "old": saved(sample(), _use_new_zipfile_serialization=False)}
parts = parts_of(whole["zip"])
names = list(parts)

def one():
    kind = draw.randrange(5)
    if kind < 2:
        return mutated(whole["zip" if kind else "old"])
    changed = dict(parts)
    if kind == 2:
        name = "archive/data.pkl"
    elif kind == 3:
        name = draw.choice(names)
    else:
        other = draw.choice(names)
        name = draw.choice(names)
        changed[name] = parts[other]
    changed[name] = mutated(changed[name])
    if draw.random() < 0.05:
        del changed[draw.choice(names)]
    return archive_of(changed, draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))

def use(value, depth=0):
    if isinstance(value, flambeau.Tensor):
        if value.layout == flambeau.strided and value.device.type == "cpu" and value.numel() < 1 << 20:
            value.clone().sum()
        repr(value) if value.numel() < 1000 else None
    elif isinstance(value, flambeau.UntypedStorage):
        value.nbytes()
    elif depth < 50 and isinstance(value, dict):
        for item in list(value.values()):
            use(item, depth + 1)
    elif depth < 50 and isinstance(value, (list, tuple, set, frozenset)):
        for item in list(value):
            use(item, depth + 1)

use(flambeau.load(io.BytesIO(whole["zip"])))
in_use = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (in_use + (256 << 20),) * 2)
outcomes = collections.Counter()
for number in range(int(sys.argv[1])):
    data = one()
    signal.alarm(20)  # nothing hangs
    options = {}
    if draw.random() < 0.2:
        options["map_location"] = draw.choice(["cpu", "meta", {"cpu": "meta"}])
    where = io.BytesIO(data)
    if draw.random() < 0.2:
        with open(path, "wb") as file:
            file.write(data)
        where, options["mmap"] = path, draw.random() < 0.5
    try:
        value = flambeau.load(where, **options)
    except (pickle.UnpicklingError, RuntimeError, EOFError, NotImplementedError) as error:
        assert not isinstance(error, RecursionError), number
        assert str(error).startswith("load: "), (number, repr(error))
        outcomes["refused"] += 1
        continue
    outcomes["loaded"] += 1
    use(value)
print(outcomes["refused"] + outcomes["loaded"], min(outcomes["refused"], outcomes["loaded"]) > int(sys.argv[1]) // 50)
"""


def test_changed_files_give_a_value_or_an_error(tmp_path: Path) -> None:
    count, seeds = (20_000, 3) if LARGE else (600, 1)
    for seed in range(seeds):
        assert run_script(tmp_path, MUTATE, count, seed, tmp_path / "file", timeout=900) == f"{count} True"
