"""Find oneDNN and OpenBLAS in the Python packages that carry them.

`find_libraries.py` prints a CMake list: oneDNN's headers and library, OpenBLAS's headers and library, then the
libraries that OpenBLAS needs. `find_libraries.py --licenses FOLDER` gathers the licences of all that a wheel carries.
"""

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


def find(package: str, *names: str) -> list[Path]:
    """All files of these names in an installed package."""
    try:
        listed = distribution(package).files or []
    except PackageNotFoundError:
        sys.exit(
            f"The Python package {package} is missing from {sys.executable}: "
            "run ./dev build, or pip install -r requirements/build.txt"
        )
    paths = [Path(str(entry.locate())).resolve() for name in names for entry in listed if entry.match(name)]
    if not paths:
        sys.exit(f"The Python package {package} holds no file {' or '.join(names)}")
    return paths


def print_libraries() -> None:
    onednn_header = find("onednn-devel-cpu-gomp", "dnnl.hpp")[0]
    onednn_folder = find("onednn-cpu-gomp", "libdnnl.so.*")[0].parent
    blas_header = find("scipy-openblas32", "*cblas.h")[0]
    blas = find("scipy-openblas32", "libscipy_openblas.so")[0]
    needed = sorted(blas.parent.glob("libgfortran*.so*")) + sorted(blas.parent.glob("libquadmath*.so*"))
    found = [onednn_header.parent, onednn_folder / "libdnnl.so.3", blas_header.parent, blas, *needed]
    print(";".join(str(path) for path in found))


def gather_licenses(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in find("onednn-devel-cpu-gomp", "onednn/LICENSE", "onednn/THIRD-PARTY-PROGRAMS"):
        (folder / f"oneDNN-{path.name}.txt").write_bytes(path.read_bytes())
    text = distribution("scipy-openblas32").metadata["License"]
    (folder / "OpenBLAS-LICENSE.txt").write_text(text, encoding="utf-8")
    for package, library in [("libgomp1", "libgomp"), ("libhwy1", "Highway"), ("libhwy1t64", "Highway")]:
        source = Path("/usr/share/doc", package, "copyright")
        if source.exists():
            (folder / f"{library}-LICENSE.txt").write_bytes(source.read_bytes())


if sys.argv[1:2] == ["--licenses"]:
    gather_licenses(Path(sys.argv[2]))
else:
    print_libraries()
