"""The rooms of CONTRIBUTING.md's table: a file includes only rooms that stand above its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
ROOMS = re.findall(r"^\| `src/(\w+)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
FOLDERS = sorted(p.name for p in SOURCE.iterdir() if p.is_dir())


def included(path: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include "([^"]+)"', path.read_text(), re.MULTILINE)


def test_every_folder_is_in_the_table() -> None:
    assert sorted(ROOMS) == FOLDERS


@pytest.mark.parametrize("room", FOLDERS)
def test_includes_only_rooms_above(room: str) -> None:
    below = ROOMS[ROOMS.index(room) + 1 :] if room in ROOMS else []
    files = [p for p in (SOURCE / room).rglob("*") if p.suffix in (".h", ".cpp")]
    assert files
    wrong = [f"{p.relative_to(SOURCE)}: {name}" for p in files for name in included(p) if name.split("/")[0] in below]
    assert not wrong
