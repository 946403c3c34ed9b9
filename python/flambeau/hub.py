"""`flambeau.hub`: state dicts from URLs and local repositories; models from GitHub are refused in words.

Downloading a state dict uses the standard library alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
import tempfile
from typing import Any
from urllib.parse import urlparse

import flambeau

__all__ = ["download_url_to_file", "get_dir", "help", "list", "load", "load_state_dict_from_url", "set_dir"]

HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")
READ_DATA_CHUNK = 1 << 17
ENV_TORCH_HOME = "TORCH_HOME"
ENV_XDG_CACHE_HOME = "XDG_CACHE_HOME"
_directory: str | None = None


def _get_torch_home() -> str:
    """The folder of downloaded files: TORCH_HOME, or "torch" in the user's cache folder (shared with PyTorch)."""
    cache = os.environ.get(ENV_XDG_CACHE_HOME, "~/.cache")
    return os.path.expanduser(os.environ.get(ENV_TORCH_HOME, os.path.join(cache, "torch")))


def get_dir() -> str:
    """Where downloads go."""
    return _directory if _directory is not None else os.path.join(_get_torch_home(), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    """Send downloads to another folder."""
    global _directory
    _directory = os.path.expanduser(os.fspath(d))


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Download a file; it appears under its name once it is whole and its SHA-256 begins with `hash_prefix`."""
    from urllib.request import Request, urlopen

    target = os.path.realpath(os.path.expanduser(dst))
    digest = hashlib.sha256()
    descriptor, beside = tempfile.mkstemp(prefix=".download.", dir=os.path.dirname(target))
    try:
        request = Request(url, headers={"User-Agent": "flambeau.hub"})
        with os.fdopen(descriptor, "wb") as stream, urlopen(request) as answer:
            total, done = int(answer.headers.get("Content-Length") or 0), 0
            while piece := answer.read(READ_DATA_CHUNK):
                stream.write(piece)
                digest.update(piece)
                done += len(piece)
                if progress and total:
                    sys.stderr.write(f"\r{os.path.basename(target)}: {100 * done // total} %")
            if progress and total:
                sys.stderr.write("\n")
        if hash_prefix is not None and not digest.hexdigest().startswith(hash_prefix):
            raise RuntimeError(
                f"download_url_to_file: SHA-256 of {url} is {digest.hexdigest()}, a hash that begins "
                f"with {hash_prefix!r} was expected"
            )
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = True,
) -> Any:
    """Load a saved object from a URL, downloading it unless it is there already."""

    folder = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    os.makedirs(folder, exist_ok=True)
    name = file_name or os.path.basename(urlparse(url).path)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        match = HASH_REGEX.search(name) if check_hash else None
        download_url_to_file(url, path, match.group(1) if match else None, progress)
    return flambeau.load(path, map_location=map_location, weights_only=weights_only)


def _entries(repo_or_dir: str, source: str, what: str) -> Any:
    if source != "local":
        raise NotImplementedError(
            f"hub.{what}: repositories on GitHub are not fetched and run; clone "
            f"{repo_or_dir!r} yourself and pass its folder with source='local', or load the "
            "weights with hub.load_state_dict_from_url"
        )
    import importlib.util

    path = os.path.join(os.path.expanduser(repo_or_dir), "hubconf.py")
    if not os.path.isfile(path):
        raise FileNotFoundError(f"hub.{what}: no {path}")
    specification = importlib.util.spec_from_file_location("hubconf", path)
    if specification is None or specification.loader is None:
        raise ImportError(f"hub.{what}: {path} cannot be imported")
    module = importlib.util.module_from_spec(specification)
    sys.path.insert(0, os.path.dirname(path))
    try:
        specification.loader.exec_module(module)
    finally:
        sys.path.remove(os.path.dirname(path))
    return module


def _entry(module: Any, name: str, what: str) -> Any:
    found = getattr(module, name, None)
    if not callable(found):
        raise RuntimeError(f"hub.{what}: hubconf.py has no callable {name!r}")
    return found


def load(
    repo_or_dir: str,
    model: str,
    *args: Any,
    source: str = "github",
    trust_repo: Any = None,
    force_reload: bool = False,
    verbose: bool = True,
    skip_validation: bool = False,
    **kwargs: Any,
) -> Any:
    """Call an entry point of a local repository's ``hubconf.py``."""
    return _entry(_entries(repo_or_dir, source, "load"), model, "load")(*args, **kwargs)


def list(
    github: str,
    force_reload: bool = False,
    skip_validation: bool = False,
    trust_repo: Any = None,
    verbose: bool = True,
) -> Any:
    """The entry points of a folder's ``hubconf.py``."""
    module = _entries(github, "local" if os.path.isdir(os.path.expanduser(github)) else "github", "list")
    return [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]


def help(
    github: str,
    model: str,
    force_reload: bool = False,
    skip_validation: bool = False,
    trust_repo: Any = None,
) -> str | None:
    """The docstring of an entry point."""
    module = _entries(github, "local" if os.path.isdir(os.path.expanduser(github)) else "github", "help")
    return _entry(module, model, "help").__doc__
