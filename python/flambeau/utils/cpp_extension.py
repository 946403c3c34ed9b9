"""Building C++ extensions: compiled and imported at once (`load`, `load_inline`), or by setuptools (`CppExtension`).

An extension includes <flambeau/extension.h> and calls the library through a versioned table of C functions, so it links
with nothing of Flambeau.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = [
    "BuildExtension",  # noqa: F822  (made when asked for)
    "CppExtension",
    "get_default_build_root",
    "include_paths",
    "library_paths",
    "load",
    "load_inline",
]

_FLAGS = ("-std=c++20", "-O2", "-fPIC", "-shared", "-fvisibility=hidden")


def include_paths(device_type: str = "cpu", torch_include_dirs: bool = True) -> list[str]:
    """The folders that hold Flambeau's public headers."""
    package = Path(__file__).resolve().parent.parent
    found = [
        p for p in (package / "include", package.parent.parent / "include") if (p / "flambeau" / "extension.h").exists()
    ]
    if not found:
        raise RuntimeError(
            f"cpp_extension: flambeau/extension.h is neither in {package / 'include'} nor beside the package's sources"
        )
    return [str(found[0])]


def library_paths(device_type: str = "cpu", torch_include_dirs: bool = True) -> list[str]:
    """Folders to link from: none, as extensions reach the library through a table of functions."""
    return []


def get_default_build_root() -> str:
    """Where `load` keeps what it built: TORCH_EXTENSIONS_DIR, or the user's cache folder."""
    given = os.environ.get("TORCH_EXTENSIONS_DIR")
    return given or str(Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "flambeau" / "extensions")


def _folder(name: str, given: str | None) -> Path:
    folder = (
        Path(given)
        if given
        else Path(get_default_build_root()) / f"py{sys.version_info[0]}{sys.version_info[1]}" / name
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _signature(command: Sequence[str], sources: Sequence[Path]) -> str:
    """What decides whether an earlier build will do: command, sources, and the headers."""
    text = hashlib.sha256("\0".join(command).encode())
    headers = sorted(Path(include_paths()[0]).joinpath("flambeau").glob("*.h"))
    for path in (*sources, *headers):
        text.update(path.read_bytes())
    return text.hexdigest()


def load(
    name: str,
    sources: str | Sequence[str],
    extra_cflags: Sequence[str] | None = None,
    extra_cuda_cflags: Sequence[str] | None = None,
    extra_ldflags: Sequence[str] | None = None,
    extra_include_paths: Sequence[str] | None = None,
    build_directory: str | None = None,
    verbose: bool = False,
    with_cuda: bool | None = None,
    is_python_module: bool = True,
    **unused: Any,
) -> ModuleType | str:
    """Compile C++ sources to a Python module and import it; what was built before from the same text is used again.

    Args:
        name: the module's name, the one given to FLAMBEAU_EXTENSION.
        sources: C++ files.
        extra_cflags, extra_ldflags, extra_include_paths: added to the compiler's command.
        build_directory: where to build, instead of a folder in the user's cache.
        is_python_module: False gives the path of the library rather than the imported module.

    Raises:
        RuntimeError: the compiler's messages, when it fails.
    """
    files = [Path(s).resolve() for s in ([sources] if isinstance(sources, str) else sources)]
    if with_cuda or any(f.suffix == ".cu" for f in files):
        raise NotImplementedError(f"cpp_extension.load: {name} has CUDA sources; only C++ is compiled so far")
    if not name.isidentifier():
        raise ValueError(f"cpp_extension.load: {name!r} is no name of a module")
    folder = _folder(name, build_directory)
    library = folder / f"{name}{sysconfig.get_config_var('EXT_SUFFIX') or '.so'}"
    includes = [*include_paths(), sysconfig.get_path("include"), *(extra_include_paths or ())]
    compiler = shlex.split(os.environ.get("CXX", "g++"))
    command = [
        *compiler, *_FLAGS, f"-DFLAMBEAU_EXTENSION_NAME={name}", *(f"-I{i}" for i in includes), *(extra_cflags or ()),
        *map(str, files),
    ]  # fmt: skip
    signature = _signature([*command, *(extra_ldflags or ())], files)
    mark = library.with_suffix(".built")
    if not (library.exists() and mark.exists() and mark.read_text() == signature):
        _compile(name, [*command, *(extra_ldflags or ())], library, verbose)
        mark.write_text(signature)
    return _import(name, library) if is_python_module else str(library)


def check_compiler_ok_for_platform(compiler: str) -> bool:
    """Whether the compiler is there and one that builds extensions on this system: GCC or Clang."""
    try:
        done = subprocess.run([*shlex.split(compiler), "-v"], capture_output=True, text=True)
    except OSError:
        return False
    return done.returncode == 0 and any(name in done.stderr for name in ("gcc version", "clang version"))


def _compile(name: str, command: list[str], library: Path, verbose: bool) -> None:
    # Built beside its place and moved there, so that two processes may build at once.
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        target = Path(folder) / library.name
        full = [*command, "-o", str(target)]
        if verbose:
            print(shlex.join(full))
        try:
            done = subprocess.run(full, capture_output=True, text=True)
        except FileNotFoundError:
            raise RuntimeError(
                f"cpp_extension.load: no compiler {command[0]!r}; install g++ or name one in CXX"
            ) from None
        if done.returncode != 0:
            raise RuntimeError(f"cpp_extension.load: building {name} failed\n{shlex.join(full)}\n{done.stderr}")
        target.replace(library)


def _import(name: str, library: Path) -> ModuleType:
    loader = importlib.machinery.ExtensionFileLoader(name, str(library))
    spec = importlib.util.spec_from_file_location(name, library, loader=loader)
    if spec is None:
        raise ImportError(f"cpp_extension.load: cannot import {library}")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def load_inline(
    name: str,
    cpp_sources: str | Sequence[str],
    cuda_sources: str | Sequence[str] | None = None,
    functions: Sequence[str] | dict[str, str] | str | None = None,
    extra_cflags: Sequence[str] | None = None,
    extra_cuda_cflags: Sequence[str] | None = None,
    extra_ldflags: Sequence[str] | None = None,
    extra_include_paths: Sequence[str] | None = None,
    build_directory: str | None = None,
    verbose: bool = False,
    with_cuda: bool | None = None,
    is_python_module: bool = True,
    **unused: Any,
) -> ModuleType | str:
    """`load` for sources given as text. `functions` names those to be reached from Python (or maps them to their docs).

    >>> from flambeau.utils.cpp_extension import load_inline  # doctest: +SKIP
    >>> m = load_inline("twice", "Tensor twice(const Tensor& x) { return x * 2; }", functions="twice")  # doctest: +SKIP
    """
    if cuda_sources or with_cuda:
        raise NotImplementedError(f"cpp_extension.load_inline: {name} has CUDA sources; only C++ is compiled so far")
    texts = [cpp_sources] if isinstance(cpp_sources, str) else list(cpp_sources)
    head = "#include <flambeau/extension.h>\nusing namespace flambeau;\n"
    tail = ""
    if functions is not None:
        named = [functions] if isinstance(functions, str) else functions
        docs = named if isinstance(named, dict) else dict.fromkeys(named, "")
        lines = [f'  m.def("{f}", &{f}, R"doc({doc})doc");' for f, doc in docs.items()]
        tail = "\nFLAMBEAU_EXTENSION(" + name + ", m) {\n" + "\n".join(lines) + "\n}\n"
    folder = _folder(name, build_directory)
    source = folder / f"{name}.cpp"
    text = head + "\n".join(texts) + tail
    if not source.exists() or source.read_text() != text:
        source.write_text(text)
    return load(
        name,
        [str(source)],
        extra_cflags,
        None,
        extra_ldflags,
        extra_include_paths,
        str(folder),
        verbose,
        False,
        is_python_module,
    )


def CppExtension(name: str, sources: Sequence[str], *args: Any, **kwargs: Any) -> Any:
    """A setuptools.Extension with Flambeau's headers and the language standard they want."""
    import setuptools

    kwargs["include_dirs"] = [*kwargs.get("include_dirs", ()), *include_paths()]
    flags = kwargs.get("extra_compile_args") or []
    flags = flags.get("cxx", []) if isinstance(flags, dict) else list(flags)
    kwargs["extra_compile_args"] = ["-std=c++20", "-fvisibility=hidden", *flags]
    kwargs["language"] = "c++"
    return setuptools.Extension(name, list(sources), *args, **kwargs)


def CUDAExtension(name: str, sources: Sequence[str], *args: Any, **kwargs: Any) -> Any:
    """Not there yet: CUDA sources are not compiled."""
    raise NotImplementedError(
        f"cpp_extension.CUDAExtension: {name}: CUDA sources are not compiled; the nearest is CppExtension"
    )


def __getattr__(name: str) -> Any:
    if name == "BuildExtension":  # setuptools is imported only where it is used
        from setuptools.command.build_ext import build_ext

        class BuildExtension(build_ext):
            """The setuptools command that builds `CppExtension`: `cmdclass={"build_ext": BuildExtension}`."""

            @classmethod
            def with_options(cls, **options: Any) -> Any:
                """The command itself; options of other builders have no meaning here."""
                return cls

        globals()[name] = BuildExtension
        return BuildExtension
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
