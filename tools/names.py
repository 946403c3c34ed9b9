"""Which names of PyTorch's that programs use are missing: ``python tools/names.py LIST.tsv [--projects 3]``.

LIST has rows of kind, name, number of projects and number of files (kind ``name`` for dotted names such as
``torch.nn.Linear``, ``method`` for names of methods of Tensor, Module or Optimizer); lines with # are left out.
"""

from __future__ import annotations

import argparse
import importlib
from typing import Any

import flambeau


def reach(name: str) -> Any:
    """The object of a dotted name whose first part is ``torch``."""
    place: Any = flambeau
    path = "flambeau"
    for part in name.split(".")[1:]:
        path += "." + part
        try:
            place = getattr(place, part)
        except AttributeError:
            place = importlib.import_module(path)  # raises ImportError if it isn't one
    return place


def is_method(name: str) -> bool:
    owners = (flambeau.Tensor, flambeau.nn.Module, flambeau.optim.Optimizer)
    return any(hasattr(owner, name) for owner in owners)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list")
    parser.add_argument("--projects", type=int, default=3)
    options = parser.parse_args()
    missing: list[tuple[int, str]] = []
    total = 0
    with open(options.list) as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if line.startswith("#") or len(fields) < 3 or not fields[2].isdigit() or int(fields[2]) < options.projects:
                continue
            kind, name, projects = fields[0], fields[1], int(fields[2])
            total += 1
            try:
                present = is_method(name.split(".")[-1]) if kind == "method" else (reach(name), True)[1]
            except Exception:
                present = False
            if not present:
                missing.append((projects, f"{kind} {name}"))
    for projects, name in sorted(missing, reverse=True):
        print(f"{projects:3} projects: {name}")
    print(f"{total - len(missing)} of {total} names are there")


if __name__ == "__main__":
    main()
