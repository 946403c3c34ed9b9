"""Which names of PyTorch's that programs use are missing: ``python tools/names.py LIST.tsv [--projects 3]``.

LIST has rows of kind, name, number of projects and number of files (kind ``name`` for dotted names such as
``torch.nn.Linear``, ``method`` for names of methods of Tensor, Module or Optimizer); lines with # are left out.

With ``--write``, in an environment with PyTorch, the names go to tests/golden/names.txt, each with what it gives there:
the described result of its call in tests/python/name_calls.py, ``operator`` for operators of the table (which
tests/python/test_operators.py calls by their samples), or ``name`` for names outside of `NAMESPACES`, which only have to
be there.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

import flambeau

TESTS = Path(__file__).resolve().parents[1] / "tests"
GOLDEN = TESTS / "golden" / "names.txt"
NAMESPACES = {
    "torch", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils", "torch.nn.utils.rnn",
    "torch.nn.parallel", "torch.optim", "torch.optim.lr_scheduler", "torch.autograd", "torch.utils.data",
    "torch.utils.data.distributed", "torch.linalg", "torch.fft", "torch.special", "torch.distributions", "torch.amp",
    "torch.testing", "torch.random",
}  # fmt: skip


def owners(torch: Any) -> dict[str, Any]:
    """The classes whose methods the list counts. `index` and `count` are also those of lists, of sizes and devices."""
    return {"Tensor": torch.Tensor, "Module": torch.nn.Module, "Optimizer": torch.optim.Optimizer}


def reach(name: str, torch: Any = flambeau) -> Any:
    """The object of a dotted name whose first part is ``torch``, or the method of ``Tensor.name`` and the like."""
    first, *rest = name.split(".")
    if first in owners(torch):
        return getattr(owners(torch)[first], rest[0])
    place, path = torch, torch.__name__
    for part in rest:
        path += "." + part
        try:
            place = getattr(place, part)
        except AttributeError:
            place = importlib.import_module(path)  # raises ImportError if it isn't one
    return place


def listed(path: str, projects: int) -> list[tuple[str, int]]:
    """Names of the list with their number of projects; methods as ``Tensor.name``."""
    found = []
    for line in Path(path).read_text().splitlines():
        fields = line.split("\t")
        if line.startswith("#") or len(fields) < 3 or not fields[2].isdigit() or int(fields[2]) < projects:
            continue
        name = fields[1]
        if fields[0] == "method":
            name = name.split(".")[-1]
            owner = next((o for o, kind in owners(flambeau).items() if hasattr(kind, name)), "Tensor")
            name = f"{owner}.{name}"
        found.append((name, int(fields[2])))
    return found


def is_operator(value: Any) -> bool:
    """Whether a function or method stands in the operator table."""
    return type(value) is type(flambeau.add)


def write(names: list[str]) -> None:
    """Writes the golden list with PyTorch's results."""
    import torch

    sys.path.insert(0, str(TESTS / "python"))
    from name_calls import CALLS, call

    lines = []
    for name in sorted(names):
        if name in CALLS:
            result = call(name, torch)
        elif is_operator(reach(name)):
            result = "operator"
        elif name.rpartition(".")[0] not in {*NAMESPACES, *owners(flambeau)}:
            result = "name"
        else:
            sys.exit(f"names: {name} has no call in tests/python/name_calls.py")
        lines.append(f"{name}\t{result}")
    GOLDEN.write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list")
    parser.add_argument("--projects", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    names = listed(options.list, options.projects)
    missing = []
    for name, projects in names:
        try:
            reach(name)
        except Exception:
            missing.append((projects, name))
    for projects, name in sorted(missing, reverse=True):
        print(f"{projects:3} projects: {name}")
    print(f"{len(names) - len(missing)} of {len(names)} names are there")
    if options.write:
        write([name for name, _ in names])


if __name__ == "__main__":
    main()
