"""`TorchVersion`: a version that is text and compares as a version."""

from __future__ import annotations

import re
from typing import Any

from flambeau.version import __version__ as _text

_PRE = {"dev": -4, "a": -3, "alpha": -3, "b": -2, "beta": -2, "rc": -1}


def _key(version: Any) -> tuple[tuple[int, ...], int, int]:
    """Release numbers without trailing zeros, stage and number of a pre-release. The part behind "+" is left out."""
    if isinstance(version, (tuple, list)):
        version = ".".join(map(str, version))
    match = re.match(r"\s*v?(\d+(?:\.\d+)*)(?:[.\-_]?(dev|alpha|beta|a|b|rc)[.\-_]?(\d*))?", str(version))
    if match is None:
        raise ValueError(f"TorchVersion: {version!r} is no version")
    numbers = [int(part) for part in match[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), _PRE.get(match[2] or "", 0), int(match[3] or 0)


class TorchVersion(str):
    """Version text that compares with versions as text or tuple: ``flambeau.__version__ >= (2, 1)``."""

    __slots__ = ()

    def __lt__(self, other: Any) -> bool:
        return _key(str(self)) < _key(other)

    def __le__(self, other: Any) -> bool:
        return _key(str(self)) <= _key(other)

    def __gt__(self, other: Any) -> bool:
        return _key(str(self)) > _key(other)

    def __ge__(self, other: Any) -> bool:
        return _key(str(self)) >= _key(other)

    def __eq__(self, other: object) -> bool:
        if str.__eq__(self, other) is True:
            return True
        try:
            return _key(str(self)) == _key(other)
        except ValueError:
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


__version__ = TorchVersion(_text)
