"""The drop-in: `install_as_torch` makes `import torch` give this package, in this process and those it spawns.

A finder at the head of `sys.meta_path` answers for "torch" and everything below with the module objects of Flambeau
themselves, and for the distribution "torch" with our version. A PyTorch that is installed is left alone.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

OWN, THEIRS = "flambeau", "torch"
_METADATA = "Metadata-Version: 2.1\nName: torch\nVersion: {version}\nSummary: Flambeau, standing in for PyTorch\n"


def _own_name(name: str) -> str | None:
    """The name of ours behind a name below "torch", or None."""
    if name == THEIRS or name.startswith(THEIRS + "."):
        return OWN + name[len(THEIRS) :]
    return None


class _SameModule(importlib.abc.Loader):
    """Loads nothing: the module is the one that has, or gets, its own name."""

    def __init__(self, own: str) -> None:
        self.own = own
        self.attributes: dict[str, Any] = {}

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.own)
        self.attributes = {name: getattr(module, name, None) for name in ("__spec__", "__loader__", "__package__")}
        return module

    def exec_module(self, module: ModuleType) -> None:
        for name, value in self.attributes.items():  # the import system has put this loader's spec there
            setattr(module, name, value)


class _Distribution(importlib.metadata.Distribution):
    """What `importlib.metadata` says about "torch"."""

    def read_text(self, filename: str) -> str | None:
        if filename in ("METADATA", "PKG-INFO"):
            from flambeau.version import __version__

            return _METADATA.format(version=__version__)
        return THEIRS + "\n" if filename == "top_level.txt" else None

    def locate_file(self, path: Any) -> Any:
        return os.path.join(_package_folder(), os.fspath(path))


class _TorchFinder(importlib.abc.MetaPathFinder):
    """Answers for "torch" before any other finder."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        own = _own_name(fullname)
        if own is None:
            return None
        found = sys.modules.get(own)
        if found is None:
            original = importlib.util.find_spec(own)
            if original is None:
                return None
            is_package, origin = original.submodule_search_locations is not None, original.origin
        else:
            is_package, origin = hasattr(found, "__path__"), getattr(found, "__file__", None)
        spec = importlib.machinery.ModuleSpec(fullname, _SameModule(own), origin=origin, is_package=is_package)
        if is_package and found is not None:
            spec.submodule_search_locations = list(found.__path__)
        spec.has_location = origin is not None
        return spec

    def find_distributions(self, context: Any = None) -> Iterable[importlib.metadata.Distribution]:
        name = getattr(context, "name", None)
        return [_Distribution()] if name is None or name.lower() == THEIRS else []


def _package_folder() -> str:
    """The folder from which this package is imported."""
    return os.path.dirname(os.path.dirname(os.path.abspath(sys.modules[OWN].__file__ or "")))


def is_installed() -> bool:
    """Whether `import torch` gives this package here."""
    return any(isinstance(finder, _TorchFinder) for finder in sys.meta_path)


def install_as_torch() -> None:
    """Make `import torch`, and every `torch.…`, give Flambeau's modules from here on.

    Processes that multiprocessing starts, by any start method, do so too. Calling it again changes nothing.

    Raises:
        RuntimeError: PyTorch itself has been imported in this process.
    """
    present = sys.modules.get(THEIRS)
    package = importlib.import_module(OWN)
    if present is not None and present is not package:
        raise RuntimeError(
            f"install_as_torch: PyTorch has been imported already from "
            f"{getattr(present, '__file__', '?')}; call this before anything imports torch"
        )
    if is_installed():
        return
    sys.meta_path.insert(0, _TorchFinder())
    sys.modules[THEIRS] = package
    package.__name__ = THEIRS  # some programs ask; imports go by the spec, which keeps our name
    _hand_on_to_children()


def hand_on_to_programs() -> None:
    """Have Python programs that this process starts find Flambeau as "torch", through the PYTHONPATH they inherit."""
    folder = str(Path(__file__).resolve().parent / "_drop_in")
    present = os.environ.get("PYTHONPATH", "")
    if folder not in present.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join([folder, present] if present else [folder])


def _hand_on_to_children() -> None:
    """Have the interpreters that multiprocessing starts install the finder before they import anything.

    All of them, the fork server too, are started by one function with ``-c CODE``; the installation goes in front of
    that code. Forked children inherit everything.
    """
    from multiprocessing import util

    start = util.spawnv_passfds
    if getattr(start, "_installs_flambeau", False):
        return
    folder = _package_folder()
    prefix = (
        f"import sys; sys.path.append({folder!r}); from flambeau._as_torch import install_as_torch; "
        "sys.path.pop(); install_as_torch(); "
    )

    def spawnv_passfds(path: Any, args: Sequence[Any], passfds: Any) -> Any:
        arguments = list(args)
        for at, argument in enumerate(arguments[:-1]):
            code = arguments[at + 1]
            if argument in ("-c", b"-c") and "multiprocessing.resource_tracker" not in str(code):
                arguments[at + 1] = prefix.encode() + code if isinstance(code, bytes) else prefix + code
                break
        return start(path, arguments, passfds)

    spawnv_passfds._installs_flambeau = True  # type: ignore[attr-defined]
    util.spawnv_passfds = spawnv_passfds
