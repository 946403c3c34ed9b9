"""There is no MPS backend."""

from __future__ import annotations


def is_built() -> bool:
    """False: there is no MPS backend."""
    return False


def is_available() -> bool:
    """False: there is no MPS backend."""
    return False


def is_macos_or_newer(major: int, minor: int) -> bool:
    """Whether this is macOS of at least this version."""
    import platform

    release = platform.mac_ver()[0]
    return bool(release) and tuple(map(int, release.split(".")[:2])) >= (major, minor)


def is_macos13_or_newer(minor: int = 0) -> bool:
    """Whether this is macOS 13 or newer."""
    return is_macos_or_newer(13, minor)
